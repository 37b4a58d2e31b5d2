"""Officers' credentials and what they approve (T6): the exact draft, once, in their role, not long ago.

An authenticator (WebAuthn) signs the challenge itself, the person verified. The software way is weaker and says so: the
officer's own key lies here under a passphrase that the officer types for each approval; it is opened for that one.
"""

from __future__ import annotations

import json
import secrets
import struct
from typing import TYPE_CHECKING, Any

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
)  # fmt: skip

from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Untrusted
from openkimberley.trust import approval, keystore
from openkimberley.trust.canonical import b64u, canonical, sha256, unb64u
from openkimberley.trust.keys import PublicKey, SoftwareKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from openkimberley.signer.policy import Policy

STEP = "0 approval"
ENROLMENT_SECONDS = 600
NOT_AN_ANSWER = (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error)
LOCK_AFTER, LOCK_SECONDS = 5, 900
"""Wrong passphrases in a row that lock a software key, and for how long."""


class WrongPassphrase(Untrusted):
    """Names the key; counted outside the transaction that it undoes."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(STEP, "wrong passphrase")
        self.fingerprint = fingerprint


def server(policy: Policy) -> Fido2Server:
    """What checks WebAuthn answers: the host is the policy's own, the origin one of those it names."""
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=policy.rp_id, name="OpenKimberley"),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda origin: allowed(origin, policy),
    )


def allowed(origin: str, policy: Policy) -> bool:
    """Whether a page of this origin may ask. A machine's own localhost may, at any port, where it is the host."""
    if policy.rp_id == "localhost":
        host, _, port = origin.removeprefix("http://").partition(":")
        return origin.startswith("http://") and host == "localhost" and (port.isdigit() or not port)
    return origin in policy.origins


def shown(row: sqlite3.Row) -> dict[str, Any]:
    """A credential as pages show it; an authenticator's with the id that a browser asks for."""
    said = {name: row[name] for name in ("fingerprint", "level", "state", "made")} | {"roles": row["roles"].split()}
    return said | ({"id": json.loads(row["material"])["id"]} if row["level"] == approval.WEBAUTHN else {})


def challenge(rows: sqlite3.Connection, *, authority: str, officer: str, now: int) -> str:
    """A challenge for an enrolment, for this officer, for ten minutes."""
    rows.execute("DELETE FROM challenges WHERE until < ? OR (authority, officer) = (?, ?)", (now, authority, officer))
    made = b64u(secrets.token_bytes(32))
    rows.execute("INSERT INTO challenges VALUES (?, ?, ?, ?)", (made, authority, officer, now + ENROLMENT_SECONDS))
    return made


def enrol(
    rows: sqlite3.Connection, policy: Policy, *, authority: str, officer: str, roles: Sequence[str],
    evidence: Mapping[str, Any], now: int,
) -> dict[str, Any]:  # fmt: skip
    """Enter a new credential. Until it is confirmed at the signer's command line it counts nothing, unless the policy
    takes the node's word. Raises ``Conflict`` or ``Untrusted``."""
    level = _level(evidence, policy)
    if level == approval.NODE or not officer or not set(roles) <= set(approval.ROLES) or not roles:
        raise Conflict("an approval credential belongs to an issuing or an approving officer")
    counter = 0
    if level == approval.SOFTWARE:
        public, material = _software_key(str(evidence.get("passphrase", "")), officer, policy)
    else:
        public, material, counter = _authenticator(
            rows, policy, evidence, authority=authority, officer=officer, now=now
        )
    fingerprint = sha256(public).hex()[:16]
    if rows.execute("SELECT 1 FROM officers WHERE fingerprint = ?", (fingerprint,)).fetchone():
        raise Conflict("this credential is enrolled already, for this or another officer")
    state = "active" if policy.enrolment == "told" else "pending"
    rows.execute(
        "INSERT INTO officers (fingerprint, authority, officer, roles, level, material, counter, state, made)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (fingerprint, authority, officer, " ".join(sorted(set(roles))), level, material, counter, state, now),
    )
    if state == "active":
        supersede(rows, fingerprint)
    return {"fingerprint": fingerprint, "state": state, "level": level}


def _software_key(passphrase: str, officer: str, policy: Policy) -> tuple[bytes, str]:
    """A new key under the officer's passphrase."""
    if len(passphrase) < approval.LEAST_PASSPHRASE:
        raise Conflict(f"the passphrase has fewer than {approval.LEAST_PASSPHRASE} characters")
    key = SoftwareKey.generate(f"{officer}/approve")
    sealed = keystore.seal_key(key, passphrase, use="approve", m=policy.memory)
    return key.public_key, json.dumps({"pub": b64u(key.public_key), "sealed": sealed})


def _authenticator(
    rows: sqlite3.Connection, policy: Policy, evidence: Mapping[str, Any], *, authority: str, officer: str, now: int
) -> tuple[bytes, str, int]:
    """A new authenticator, over a challenge given to this officer before."""
    challenge = str(evidence.get("challenge", ""))
    given = rows.execute(
        "DELETE FROM challenges WHERE challenge = ? AND authority = ? AND officer = ? RETURNING until",
        (challenge, authority, officer),
    ).fetchone()
    if given is None or given["until"] < now:
        raise Conflict("the enrolment took too long, or was begun anew elsewhere: begin again")
    try:
        state = {"challenge": challenge, "user_verification": "required"}
        made = server(policy).register_complete(state, dict(evidence["credential"]))
    except NOT_AN_ANSWER as error:
        raise Untrusted(STEP, f"the authenticator's answer does not hold: {str(error)[:80]}") from error
    data = made.credential_data
    if data is None or data.public_key.get(3) not in (-7, -8, -19, -9):
        raise Untrusted(STEP, "the authenticator's key is of an algorithm that is not used here")
    return bytes(data), json.dumps({"data": b64u(bytes(data)), "id": b64u(data.credential_id)}), made.counter


def supersede(rows: sqlite3.Connection, fingerprint: str) -> None:
    """Activate a credential: earlier ones of the same officer and kind end."""
    rows.execute(
        "UPDATE officers SET state = 'ended' WHERE state = 'active' AND fingerprint <> ?1 AND (authority, officer,"
        " level) = (SELECT authority, officer, level FROM officers WHERE fingerprint = ?1)", (fingerprint,),
    )  # fmt: skip
    rows.execute("UPDATE officers SET state = 'active' WHERE fingerprint = ?", (fingerprint,))


def approve(
    rows: sqlite3.Connection, policy: Policy, *, authority: str, officer: str, role: str, draft: Mapping[str, Any],
    evidence: Mapping[str, Any], now: int,
) -> dict[str, Any]:  # fmt: skip
    """Check an officer's approval of a draft and keep it. Raises ``NotPermitted``, ``NotFound``, ``Untrusted``."""
    level = _level(evidence, policy)
    if role not in approval.ROLES or level == approval.NODE:
        raise NotPermitted("approve", "an approval is given as maker or checker, with a credential")
    hashed = approval.draft_hash(draft)
    wanted = approval.challenge(role, hashed)
    held = rows.execute(
        "SELECT * FROM officers WHERE authority = ? AND officer = ? AND level = ? AND state = 'active'",
        (authority, officer, level),
    ).fetchall()
    if not held:
        raise NotFound("approval credential", f"of {officer}: enrol one, and have it confirmed")
    held = [row for row in held if role in row["roles"].split()]
    if not held:
        raise NotPermitted("approve", f"the credential of {officer} is not for the role {role}")
    proof = _opened if level == approval.SOFTWARE else _asserted
    credential, trace = proof(rows, policy, held, wanted, evidence, now)
    before = rows.execute("SELECT * FROM approvals WHERE evidence = ?", (trace,)).fetchone()
    if before is not None and (before["authority"], before["officer"]) != (authority, officer):
        raise Untrusted(STEP, "this approval was handed in before: approve again")
    if before is not None:  # a passkey without a counter says the same at a retry: one approval, of its first moment
        return {"id": before["id"], "level": level, "draft_hash": b64u(hashed), "made": before["made"]}
    name = b64u(secrets.token_bytes(16))
    rows.execute(
        "INSERT INTO approvals (id, authority, officer, role, draft_hash, level, credential, evidence, made)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, authority, officer, role, b64u(hashed), level, credential, trace, now),
    )
    return {"id": name, "level": level, "draft_hash": b64u(hashed), "made": now}


def _opened(
    rows: sqlite3.Connection, _policy: Policy, held: list[sqlite3.Row], wanted: bytes, evidence: Mapping[str, Any],
    now: int,
) -> tuple[str, str]:  # fmt: skip
    """The software way: open the officer's key for this one signature, and check it against the enrolled part."""
    row = held[-1]
    if row["locked_until"] > now:
        raise Conflict("too many wrong passphrases: this approval key is locked for some minutes")
    material = json.loads(row["material"])
    try:
        key = keystore.open_key(material["sealed"], str(evidence.get("passphrase", "")))
    except Untrusted as error:
        raise WrongPassphrase(row["fingerprint"]) from error
    signature = key.sign(wanted)
    PublicKey("", key.alg, unb64u(material["pub"])).verify(wanted, signature)
    rows.execute("UPDATE officers SET failures = 0 WHERE fingerprint = ?", (row["fingerprint"],))
    return row["fingerprint"], b64u(secrets.token_bytes(16)) + b64u(signature)


def count_failure(rows: sqlite3.Connection, fingerprint: str, now: int) -> None:
    """A wrong passphrase: the fifth in a row locks the key for a while."""
    rows.execute("UPDATE officers SET failures = failures + 1 WHERE fingerprint = ?", (fingerprint,))
    rows.execute(
        "UPDATE officers SET failures = 0, locked_until = ? WHERE fingerprint = ? AND failures >= ?",
        (now + LOCK_SECONDS, fingerprint, LOCK_AFTER),
    )


def _asserted(
    rows: sqlite3.Connection, policy: Policy, held: list[sqlite3.Row], wanted: bytes, evidence: Mapping[str, Any],
    _now: int,
) -> tuple[str, str]:  # fmt: skip
    """The authenticator's assertion over the challenge: person verified, host and origin right, counter forward."""
    by_id = {json.loads(row["material"])["id"]: row for row in held}
    known = [AttestedCredentialData(unb64u(json.loads(row["material"])["data"])) for row in held]
    try:
        answer = dict(evidence["credential"])
        state = {"challenge": b64u(wanted), "user_verification": "required"}
        used = server(policy).authenticate_complete(state, known, answer)
        said = AuthenticationResponse.from_dict(answer).response
    except NOT_AN_ANSWER as error:
        raise Untrusted(STEP, f"the approval does not hold: {str(error)[:80]}") from error
    row, counter = by_id[b64u(used.credential_id)], said.authenticator_data.counter
    if (counter or row["counter"]) and counter <= row["counter"]:
        raise Untrusted(STEP, "the authenticator's counter did not move on: it was copied, or this was used before")
    rows.execute("UPDATE officers SET counter = ? WHERE fingerprint = ?", (counter, row["fingerprint"]))
    # Only what the authenticator signed: whatever else the answer says, a caller can change, and ECDSA signatures too.
    trace = canonical([b64u(used.credential_id), b64u(said.authenticator_data), b64u(said.client_data)])
    return row["fingerprint"], b64u(sha256(trace))


def _level(evidence: Mapping[str, Any], policy: Policy) -> str:
    """The level that evidence claims. Raises ``NotPermitted`` where the policy does not take it."""
    level = str(evidence.get("level", ""))
    if level not in policy.levels:
        raise NotPermitted("approve", f"this signer takes no approval of the level {level[:20]!r}")
    return level


def two_officers(
    rows: sqlite3.Connection, policy: Policy, *, authority: str, hashed: str, approvals: Sequence[Any], now: int
) -> tuple[str, str, list[str]]:
    """The checker and the level of two approvals of a draft, and their ids; all they must be (T6).

    An approval is the id of one kept before, or the node's word ``{"officer", "role"}`` where the policy takes that.
    """
    found = [_approval(rows, policy, one, authority=authority, hashed=hashed, now=now) for one in approvals]
    by_role = {one["role"]: one for one in found}
    if len(found) != 2 or set(by_role) != set(approval.ROLES):
        raise NotPermitted("approve", "one officer examines and another approves: both approvals are needed")
    maker, checker = by_role[approval.MAKER], by_role[approval.CHECKER]
    if maker["officer"] == checker["officer"] or (maker["credential"] and maker["credential"] == checker["credential"]):
        raise NotPermitted("approve", "the same person cannot examine and approve")
    level = approval.weakest(one["level"] for one in found)
    return checker["officer"], level, [one["id"] for one in found if one["id"]]


def _approval(
    rows: sqlite3.Connection, policy: Policy, told: Any, *, authority: str, hashed: str, now: int
) -> Mapping[str, Any]:
    """One approval, good now."""
    if not isinstance(told, str):
        if approval.NODE not in policy.levels or not told.get("officer") or set(told) != {"officer", "role"}:
            raise NotPermitted("approve", "this signer does not take the node's word: both officers approve with keys")
        return {**told, "level": approval.NODE, "id": "", "credential": ""}
    row = rows.execute("SELECT * FROM approvals WHERE id = ? AND authority = ?", (told, authority)).fetchone()
    if row is None or row["draft_hash"] != hashed:
        raise Untrusted(STEP, "the approval is not of this draft: it was changed since")
    holder = rows.execute("SELECT state FROM officers WHERE fingerprint = ?", (row["credential"],)).fetchone()
    if holder is None or holder["state"] != "active":
        raise Untrusted(STEP, "the credential of this approval has ended: approve again")
    if row["spent_on"]:
        raise Untrusted(STEP, f"the approval was used for {row['spent_on']}")
    if not now - policy.approval_hours * 3600 <= row["made"] <= now + 60:
        raise Untrusted(STEP, f"the approval is older than {policy.approval_hours} hours: approve again")
    return dict(row)
