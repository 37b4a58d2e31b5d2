"""PURE. 8: the certificate stands in its issuer's journal, and enough witnesses saw it there; who else signed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from openkimberley.certificates.statements.codes import from_days, iso
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trust import jws
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.proof import PREFIX, Proof
from openkimberley.trust.times import Bounds, backdated, logged_between
from openkimberley.verification.facts import Check, Claims, Result
from openkimberley.verification.statements import MAX_LOG_DELAY_H, Authority, Bundle

PASS, WARN, FAIL, UNKNOWN = Result.PASS, Result.WARN, Result.FAIL, Result.UNKNOWN

CID_BYTES = 32
COUNTERSIGN = "kp-countersign+jwt"


class Case(NamedTuple):
    """What the checks look at. ``day`` is today, ``seconds`` now; ``age`` the days since the bundle was issued."""

    claims: Claims
    bundle: Bundle
    day: int
    seconds: int
    age: int
    authority: str | None
    transit: bool
    proof: str = ""


class Logged(NamedTuple):
    """What the journal says of a certificate: the check, its proven place, and between which moments it came there."""

    check: Check
    place: int | None = None
    bounds: Bounds = Bounds(None, None)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The days (UTC) after and by which witnesses bound the entry; None where they do not."""
        first, last = (
            None if moment is None else datetime.fromtimestamp(moment, UTC).date()
            for moment in (self.bounds.after, self.bounds.by)
        )
        return first, last


UNLOGGED = Logged(Check(8, UNKNOWN, _("The issuer keeps no public journal that the list knows."), counts=False))


def entered(case: Case) -> Logged:
    """8: the proof leads from the certificate to a checkpoint that the journal signed and witnesses cosigned.

    Without a proof nothing can be told, and nothing is held against the certificate: the issuer is asked.
    """
    listed = case.bundle.authorities.get(case.claims.authority)
    if listed is None or listed.journal is None:
        return UNLOGGED
    brought = case.bundle.proof_of(case.claims.cid)
    written = case.proof or (brought.proof if brought else "")
    if not written:
        return Logged(_absent(case))
    try:
        proof = _read(written, case.bundle)
    except Untrusted as error:
        facts = {"reason": error.reason}
        return Logged(Check(8, UNKNOWN, _("The proof from the journal cannot be read: %(reason)s."), facts, ask=True))
    cid = case.claims.cid
    if len(cid) != CID_BYTES:
        if brought is None or brought.cid[: len(cid)] != cid:
            return Logged(Check(8, UNKNOWN, _("A label shows too little to be found in the journal.")))
        cid = brought.cid
    facts = {"index": str(proof.index), "authority": listed.code, "origin": proof.checkpoint.origin}
    try:
        _leads_to(proof, listed, case.claims, cid)
    except Untrusted as error:
        facts["reason"] = error.reason
        return Logged(Check(8, FAIL, _("The proof is not that of this certificate: %(reason)s."), facts))
    return _judged(case, listed, proof, facts)


def _read(written: str, bundle: Bundle) -> Proof:
    """The proof of its text or code."""
    if not written.startswith(PREFIX):
        written = written.replace("\r\n", "\n")  # as a browser sends what was pasted
        return Proof.parse(written if written.endswith("\n") else f"{written}\n")
    names = {key.id: key.name for key in bundle.policy.witnesses.values()} if bundle.policy else {}
    return Proof.from_code(written, names)


def _leads_to(proof: Proof, listed: Authority, claims: Claims, cid: bytes) -> None:
    """Raise ``Untrusted`` unless the journal of the authority signed a tree in which the certificate stands."""
    assert listed.journal is not None
    if proof.checkpoint.origin != listed.journal.name or not proof.note.verified([listed.journal]):
        raise Untrusted("8 log", f"it is not signed by the journal of {listed.code}")
    if claims.log_index not in (None, proof.index):
        raise Untrusted("8 log", f"the code names entry {claims.log_index}, the proof is of entry {proof.index}")
    reasons = []
    for day in _issued_on(claims):
        said = {"v": 1, "t": "kpc.issue", "n": claims.number, "h": b64u(cid), "d": iso(day)}
        try:
            return proof.verify(canonical(said))
        except Untrusted as error:
            reasons.append(error.reason)
    raise Untrusted("8 log", reasons[0] if reasons else "the date of issue is not known")


def _issued_on(claims: Claims) -> Iterator[int]:
    """The days on which it may have been issued: the one it shows, else the day it was signed and its neighbours."""
    if claims.issue_shown and claims.issued is not None:
        yield claims.issued
    elif claims.signed_on is not None:
        yield from (claims.signed_on, claims.signed_on - 1, claims.signed_on + 1)


def _judged(case: Case, listed: Authority, proof: Proof, facts: dict[str, str]) -> Logged:
    """What a proof that holds is worth: who cosigned, and whether the date of issue can be true."""
    policy = case.bundle.policy
    own = frozenset([listed.witness.public_key]) if listed.witness else frozenset[bytes]()
    try:
        seen = case.bundle.seen.get(proof.checkpoint.origin, ())
        bounds = logged_between(proof, policy, own=own, seen=seen) if policy else Bounds(None, None)
    except Untrusted as error:
        facts["reason"] = error.reason
        return Logged(Check(8, FAIL, _("A witness's signature on the proof is false: %(reason)s."), facts))
    if bounds.by is None:
        doubt = Check(
            8, WARN, _("The journal of %(authority)s vouches for it, but not enough witnesses do."), facts, ask=True
        )
        return Logged(doubt, proof.index)
    assert case.claims.issued is not None
    logged = Logged(UNLOGGED.check, proof.index, bounds)
    issued = from_days(case.claims.issued)
    if case.claims.issue_shown and backdated(issued, bounds, _delay(case)):
        first, last = logged.days
        facts |= {"date": issued.isoformat(), "after": str(first or ""), "by": str(last or "")}
        said = _("It is dated %(date)s, but was entered in the journal after %(after)s and by %(by)s.")
        return logged._replace(check=Check(8, FAIL, said, facts))
    facts["by"] = str(logged.days[1])
    said = _("It is entry %(index)s of the journal of %(authority)s; enough witnesses had seen it by %(by)s.")
    return logged._replace(check=Check(8, PASS, said, facts))


def _absent(case: Case) -> Check:
    hours = _delay(case)
    facts = {"hours": str(hours), "authority": case.claims.authority}
    age = case.day - case.claims.issued if case.claims.issued is not None else 0
    if age * 24 <= hours:
        return Check(
            8,
            UNKNOWN,
            _("No proof from the journal of %(authority)s is at hand yet; it has %(hours)s hours to enter it."),
            facts,
            ask=True,
        )
    return Check(
        8,
        UNKNOWN,
        _("No proof from the journal of %(authority)s is at hand: get it before you let the goods go."),
        facts,
        ask=True,
    )


def _delay(case: Case) -> int:
    listed = case.bundle.participants.get(case.claims.participant)
    return listed.max_log_delay_h if listed else MAX_LOG_DELAY_H


def countersigned(case: Case, wanted: Sequence[tuple[str, int]], facts: Mapping[str, str]) -> Check | None:
    """7, where the issuer trades under supervision: enough others have signed too. None where nothing is missing."""
    shown = case.claims.countersigned
    for role, least in wanted:
        about = {**facts, "role": role, "least": str(least)}
        if shown is None:
            return Check(
                7, UNKNOWN, _("%(name)s may export only with the signature of %(role)s; this does not show it."), about,
                ask=True,
            )  # fmt: skip
        if sum(one["role"] == role and _holds(one, case) for one in shown) < least:
            return Check(7, FAIL, _("%(name)s may export only with the signature of %(role)s: it is missing."), about)
    return None


def _holds(one: Mapping[str, str], case: Case) -> bool:
    """True where a key of the role signed this number for this destination."""
    try:
        statement = jws.parse(one.get("jws", ""), COUNTERSIGN)
        key = next(key for key in case.bundle.countersigners.get(one["role"], ()) if key.kid == statement.kid)
        statement.verify(key)
    except (Untrusted, StopIteration):
        return False
    said = {name: statement.payload.get(name) for name in ("role", "kpc_number", "destination")}
    return said == {"role": one["role"], "kpc_number": case.claims.number, "destination": case.claims.destination}
