"""The signing service itself: every call of ``trust.signing.SigningService``, in this process.

``LocalService`` is what the signing process runs behind its socket, and what tests and benchmarks run without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.certificates import statements
from openkimberley.documents.seal import attribute_bytes
from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, NotPermitted, Untrusted
from openkimberley.signer import approving, issuing
from openkimberley.signer.audit import Audit, remember
from openkimberley.signer.ledger import Ledger
from openkimberley.signer.policy import TRIAL, Policy
from openkimberley.trust import approval, jws, notes, statuslist
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import SIGNATURE_BYTES, PublicKey
from openkimberley.trust.notes import Checkpoint
from openkimberley.trust.signing import NODE, USES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from openkimberley.trust.keys import Signer
    from openkimberley.trust.statuslist import StatusList

STEP = "5 content"
VOID = "kp-void+jwt"
MAX_STATEMENT = 200
"""Names that a statement without a schema of its own (status list, bundle) may have at its top."""
DAY = 86_400
"""How far the moment that a statement tells may be from the signer's own clock."""
COSIGN_SECONDS = 60
"""How far the time that a witness signs may be from the signer's own clock."""


class LocalService:
    """``keys`` gives the signer of an authority and use, or None; ``x509`` the certificate (DER) of its seal key.

    Without a ``ledger`` everything lies in memory; without a ``clock`` the moments that callers tell are believed.
    """

    def __init__(
        self, keys: Callable[[str, str], Signer | None], *, ledger: Ledger | None = None, policy: Policy = TRIAL,
        clock: Callable[[], float] | None = None, audit: Audit | None = None,
        x509: Callable[[str], bytes] = lambda _authority: b"",
    ) -> None:  # fmt: skip
        self._keys, self._x509 = keys, x509
        self.ledger, self.policy, self.audit = ledger or Ledger(), policy, audit or Audit()
        self._clock = clock

    def _now(self, told: Any) -> int:
        """The moment that counts."""
        if type(told) is not int:
            raise Untrusted(STEP, "a moment is a whole number of seconds")
        return told if self._clock is None else int(self._clock())

    def _signer(self, authority: str, use: str) -> Signer:
        """The key of an authority for a use. Raises ``NotFound``."""
        signer = self._keys(authority, use)
        if signer is None:
            raise NotFound("signing key", f"{authority}/{use}")
        return signer

    def _act(self, call: str, **about: Any) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction of the ledger, with its line in the audit file whatever becomes of it."""
        return _Act(self, call, about)

    def note(self, **said: Any) -> None:
        """A line in the audit file; the ledger remembers how far that goes."""
        count, head = self.audit.append(**said)
        if self.audit.path is not None:
            with self.ledger.transaction() as rows:
                remember(rows, count, head)

    def public_key(self, *, authority: str, use: str) -> dict[str, Any] | None:
        """The newest key of an authority for a use, None where there is none."""
        signer = self._keys(authority, use)
        return None if signer is None else PublicKey(signer.kid, signer.alg, signer.public_key, use=use).as_json()

    def certificate(self, *, request: Mapping[str, Any]) -> dict[str, Any]:
        """Sign a certificate: see ``issuing.certificate``."""
        authority, number = str(request.get("authority", "")), str(request.get("number", ""))
        with self._act("certificate", authority=authority, number=number) as rows:
            now = self._now(request.get("iat", 0))
            return issuing.certificate(rows, self.policy, self._signer(authority, "sign"), request, now=now)

    def codes(self, *, authority: str, number: str, log_index: int) -> dict[str, str]:
        """The two QR texts of a certificate signed before."""
        if type(log_index) is not int or log_index < 0:
            raise Untrusted(STEP, "a place in the journal is a whole number")
        with self._act("codes", authority=authority, number=number, log_index=log_index) as rows:
            signer = self._signer(authority, "sign")
            return issuing.codes(rows, signer, authority=authority, number=number, log_index=log_index)

    def settle(self, *, authority: str, number: str) -> None:
        """The node has recorded the certificate for good: its number is never asked for again."""
        with self._act("settle", authority=authority, number=number) as rows:
            rows.execute(
                "UPDATE numbers SET state = 'settled' WHERE number = ? AND authority = ? AND state = 'signed'",
                (number, authority),
            )

    def seal(self, *, authority: str, number: str, digest: str) -> str:
        """The DER signature over the attributes of a seal, which are built here from the page's digest."""
        sha256 = unb64u(digest)
        if len(sha256) != 32:
            raise Untrusted(STEP, "a digest is 32 bytes long")
        with self._act("seal", authority=authority, number=number, digest=digest) as rows:
            issuing.signed(rows, authority, number)
            x509 = self._x509(authority)
            if not x509:
                raise NotFound("seal certificate", f"of {authority}")
            raw = self._signer(authority, "seal").sign(attribute_bytes(sha256, x509))
            return b64u(_der(raw))

    def statement(
        self, *, authority: str, typ: str, payload: Mapping[str, Any], approvals: Sequence[str] = ()
    ) -> str:  # fmt: skip
        """The compact JWS of a statement that has its form, is the authority's own and of now; a list goes on."""
        if typ not in USES:
            raise Untrusted(STEP, "this is no statement that an authority signs here")
        _examine(authority, typ, payload)
        with self._act("statement", authority=authority, typ=typ) as rows:
            now = self._now(payload.get("iat", ""))
            if abs(payload["iat"] - now) > DAY:
                raise Conflict("the moment of the statement is not that of the signer's clock")
            if typ == VOID and self.policy.voids_by_two:
                hashed = b64u(approval.draft_hash(_voided(payload)))
                _, _, spent = approving.two_officers(
                    rows, self.policy, authority=authority, hashed=hashed, approvals=approvals, now=now
                )
                about = f"the voiding of {payload['kpc_number']}"
                rows.executemany("UPDATE approvals SET spent_on = ? WHERE id = ?", [(about, one) for one in spent])
            made = jws.sign(payload, typ=typ, signer=self._signer(authority, USES[typ]))
            if typ == statuslist.TYP:  # read from what would leave, as its readers will
                self._keep_list(rows, authority, str(payload["sub"]), statuslist.entries_of(made))
            return made

    def checkpoint(self, *, origin: str, size: int, root: str) -> str:
        """The signed note of the node's journal. Raises ``Conflict`` behind the highest size signed (T13)."""
        made = Checkpoint(origin, size, unb64u(root))
        if Checkpoint.parse(made.text) != made:
            raise Untrusted(STEP, "this is no checkpoint of a journal")
        with self._act("checkpoint", origin=origin, size=size) as rows:
            self._raise_mark(rows, f"log:{origin}", size, root)
            return notes.sign_note(made.text, name=origin, signer=self._signer(NODE, "log"))

    def cosignature(self, *, text: str, name: str, time: int) -> dict[str, Any]:
        """The witness's signature over another journal's checkpoint; it too never goes back."""
        seen = Checkpoint.parse(text)
        if seen.text != text or type(time) is not int or not 0 < time < 2**53:
            raise Untrusted(STEP, "a witness signs checkpoints only")
        with self._act("cosignature", origin=seen.origin, size=seen.size) as rows:
            if abs(time - self._now(time)) > COSIGN_SECONDS:
                raise Conflict("the moment of the cosignature is not that of the signer's clock")
            signer = self._signer(NODE, "witness")
            # What is signed does not say the witness's name: the key is what must not sign a fork.
            self._raise_mark(rows, f"witness:{b64u(signer.public_key)}:{seen.origin}", seen.size, b64u(seen.root))
            made = notes.cosign(text, name=name, signer=signer, time=time)
            return {"key_id": b64u(made.id), "signature": b64u(made.signature)}

    def request(self, *, authority: str, base: str) -> str:
        """The signature over an RFC 9421 signature base: lines of components, the parameters last."""
        lines = base.split("\n")
        if not lines[-1].startswith('"@signature-params": (') or not all(line.startswith('"') for line in lines):
            raise Untrusted(STEP, "this is not the signature base of a message")
        with self._act("request", authority=authority):
            return b64u(self._signer(authority, "transport").sign(base.encode()))

    def ways(self, *, authority: str, officer: str) -> dict[str, Any]:
        """How an officer may approve, and with what."""
        found = self.ledger.rows(
            "SELECT fingerprint, level, roles, state, made, material FROM officers"
            " WHERE authority = ? AND officer = ? AND state <> 'ended' ORDER BY made, fingerprint", authority, officer,
        )  # fmt: skip
        return {
            "levels": list(self.policy.levels), "rp_id": self.policy.rp_id,
            "credentials": [approving.shown(row) for row in found],
        }  # fmt: skip

    def approve(
        self, *, authority: str, officer: str, role: str, draft: Mapping[str, Any], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Check and keep an officer's approval of a draft."""
        now = self._now(at)
        try:
            with self._act("approve", authority=authority, officer=officer, role=role) as rows:
                return approving.approve(
                    rows, self.policy, authority=authority, officer=officer, role=role, draft=draft, evidence=evidence,
                    now=now,
                )  # fmt: skip
        except approving.WrongPassphrase as error:
            with self.ledger.transaction() as rows:
                approving.count_failure(rows, error.fingerprint, now)
            raise Untrusted(approving.STEP, "the passphrase of the approval key is wrong") from error

    def approval(self, *, id: str, at: int) -> dict[str, Any]:  # noqa: A002 - the name it has in JSON
        """What is known of an approval."""
        found = self.ledger.rows(
            "SELECT a.*, o.state FROM approvals a JOIN officers o ON o.fingerprint = a.credential WHERE a.id = ?", id
        )
        if not found:
            return {"state": "unknown"}
        row = found[0]
        late = self._now(at) - row["made"] > self.policy.approval_hours * 3600 or row["state"] != "active"
        state = "spent" if row["spent_on"] else "old" if late else "fresh"
        return {"state": state, "draft_hash": row["draft_hash"], "officer": row["officer"], "level": row["level"]}

    def challenge(self, *, authority: str, officer: str, at: int) -> str:
        """A challenge for the enrolment of an authenticator."""
        with self._act("challenge", authority=authority, officer=officer) as rows:
            return approving.challenge(rows, authority=authority, officer=officer, now=self._now(at))

    def enrol(
        self, *, authority: str, officer: str, roles: Sequence[str], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Enter an officer's new approval credential."""
        with self._act("enrol", authority=authority, officer=officer, roles=list(roles)) as rows:
            return approving.enrol(
                rows, self.policy, authority=authority, officer=officer, roles=roles, evidence=evidence,
                now=self._now(at),
            )  # fmt: skip

    @staticmethod
    def _keep_list(rows: sqlite3.Connection, authority: str, uri: str, entries: StatusList) -> None:
        """Remember the last list of an authority and year, at whichever address: readers go by both alone.

        Raises ``Untrusted`` for another authority's, ``Conflict`` where void or used would be taken back (T11).
        """
        said, year = statuslist.place_of(uri)
        if said != authority:
            raise Untrusted("4 binding", "the statement is another authority's")
        last = rows.execute("SELECT lst FROM lists WHERE authority = ? AND year = ?", (authority, year)).fetchone()
        if last is not None and (illegal := statuslist.decode(last["lst"]).illegal_moves(entries)):
            moves = sorted({f"{old.name.lower()} to {new.name.lower()}" for _, old, new in illegal})
            raise Conflict(f"a status went from {', '.join(moves)}: void and used are for ever")
        rows.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", (authority, year, entries.encode()))

    @staticmethod
    def _raise_mark(rows: sqlite3.Connection, origin: str, size: int, root: str) -> None:
        """Remember the highest size of a journal. Raises ``Conflict`` for a smaller one, or another root (T13)."""
        mark = rows.execute("SELECT size, root FROM marks WHERE origin = ?", (origin,)).fetchone()
        if mark is not None and (size < mark["size"] or (size == mark["size"] and root != mark["root"])):
            raise Conflict(
                f"a checkpoint of size {mark['size']} was signed before: the journal has gone back or forked"
                " (docs/operate: after a restore)"
            )
        rows.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (origin, size, root))


class _Act:
    """One transaction of the ledger and its line in the audit file."""

    def __init__(self, service: LocalService, call: str, about: dict[str, Any]) -> None:
        self._service, self._transaction = service, service.ledger.transaction()
        self._said = {"call": call, **about}

    def __enter__(self) -> sqlite3.Connection:
        return self._transaction.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._transaction.__exit__(kind, error, trace)
        known = isinstance(error, KimberleyError)
        self._service.note(**self._said, result=f"{type(error).__name__}: {error}" if known else kind and kind.__name__)


def _examine(authority: str, typ: str, payload: Mapping[str, Any]) -> None:
    """A statement has its form, and speaks for the authority whose key signs it. Raises ``Untrusted``."""
    wrong = statements.message_problems(typ, payload)
    if wrong:
        raise Untrusted(STEP, "; ".join(wrong))
    if payload.get("authority", authority) != authority or len(payload) > MAX_STATEMENT:
        raise Untrusted("4 binding", "the statement is another authority's")
    if typ == statuslist.TYP and not {"sub", "iat", "status_list"} <= set(payload):
        raise Untrusted(STEP, "this is not a status list")
    if typ == "kp-bundle+jwt" and not {"iss", "iat"} <= set(payload):
        raise Untrusted(STEP, "this is not what a bundle tells of its node")


def _voided(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What two officers approve of a voiding: all of it but its moment."""
    return {"v": 1, "void": {name: value for name, value in payload.items() if name != "iat"}}


def _der(raw: bytes) -> bytes:
    """The 64 raw bytes of ECDSA as the DER that PDF readers expect."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if len(raw) != SIGNATURE_BYTES:
        raise NotPermitted("seal", "the seal key is not one of P-256")
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
