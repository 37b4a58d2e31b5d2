"""A certificate, from the draft that two officers approved to its signature and its codes (T5, T6, T11, T13)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import statements
from openkimberley.certificates.facts import Kind
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.signer import approving
from openkimberley.trust import approval
from openkimberley.trust.canonical import b64u, unb64u

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from openkimberley.certificates.facts import Certificate
    from openkimberley.signer.policy import Policy
    from openkimberley.trust.keys import Signer

STEP = "5 content"
ASKED = frozenset(
    {"authority", "draft", "number", "range", "issue_date", "expiry_date", "paper_serial", "iat", "status", "replaces",
     "approvals"}
)  # fmt: skip
"""What a request for a certificate says. ``draft`` as ``trust.approval.draft_of`` has it; ``range`` the registered one
``{prefix, first, last, digits, year}`` (year 0: none); ``status`` ``{uri, idx, id}``; ``replaces`` a cid or null."""
SAID = frozenset({"v", "application", "authority", "kind", "about", "content"})


def certificate(
    rows: sqlite3.Connection, policy: Policy, signer: Signer, request: Mapping[str, Any], *, now: int
) -> dict[str, Any]:
    """Sign, or say why not. Inside one transaction, which is on the disk before the answer leaves.

    The answer has ``sd_jwt``, ``cid``, ``kid``, ``level`` and what was signed: ``content``, ``status``. The same
    request again gets the same answer. ``bound`` instead: the number is another draft's that the node never recorded;
    it is spent, and the node records it as void. Raises ``Conflict``, ``NotPermitted``, ``Untrusted``.
    """
    if set(request) != ASKED or set(request["draft"]) != SAID or request["draft"]["authority"] != request["authority"]:
        raise Untrusted(STEP, "the request for a certificate has not its form")
    authority, draft = str(request["authority"]), dict(request["draft"])
    hashed = b64u(approval.draft_hash(draft))
    serial = _in_range(rows, policy, request)
    if (known := _known(rows, request, hashed, serial)) is not None:
        return known
    checker, level, spent = approving.two_officers(
        rows, policy, authority=authority, hashed=hashed, approvals=request["approvals"], now=now
    )
    _once(rows, authority, hashed)
    day = datetime.fromtimestamp(now, UTC).date()
    content = _content(request, draft, checker)
    facts = statements.certificate_from_json(content)
    _check(facts, policy, authority, day)
    if abs(int(request["iat"]) - now) > 86_400:
        raise Conflict("the moment of issue is not that of the signer's clock")
    made = rows.execute("SELECT COUNT(*) FROM numbers WHERE authority = ? AND day = ?", (authority, day.isoformat()))
    if made.fetchone()[0] >= policy.cap:
        raise Conflict(f"the signer's daily cap of {policy.cap} certificates is reached (docs/operate: the signer)")
    replaces = _replaced(rows, authority, draft, request["replaces"])
    signed, cid = statements.issue_credential(
        facts, signer=signer, authority=authority, iat=int(request["iat"]), status_uri=str(request["status"]["uri"]),
        status_idx=int(request["status"]["idx"]), replaces=replaces, kind=Kind(draft["kind"]),
    )  # fmt: skip
    answer = {
        "sd_jwt": signed, "cid": b64u(cid), "kid": signer.kid, "level": level, "content": content,
        "status": dict(request["status"]), "number": facts.number,
    }  # fmt: skip
    within = request["range"]
    rows.execute(  # the node has moved beyond the numbers before this one: each is on its record
        "UPDATE numbers SET state = 'settled' WHERE prefix = ? AND first = ? AND state = 'signed'",
        (within["prefix"], within["first"]),
    )
    rows.execute(
        "INSERT INTO numbers (number, authority, prefix, serial, first, day, draft_hash, state, cid, level, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'signed', ?, ?, ?)",
        (facts.number, authority, within["prefix"], serial, within["first"], day.isoformat(), hashed, b64u(cid), level,
         json.dumps(answer)),
    )  # fmt: skip
    rows.executemany("UPDATE approvals SET spent_on = ? WHERE id = ?", [(facts.number, one) for one in spent])
    return answer


def _in_range(rows: sqlite3.Connection, policy: Policy, request: Mapping[str, Any]) -> int:
    """The number's serial, inside a range that this signer knows. Raises ``Conflict``."""
    said, number = request["range"], str(request["number"])
    key = (str(said["prefix"]), int(said["first"]), int(said["year"]))
    known = rows.execute("SELECT * FROM ranges WHERE prefix = ? AND first = ? AND year = ?", key).fetchone()
    if known is None and policy.ranges == "told":
        enrol_range(rows, authority=str(request["authority"]), prefix=key[0], first=key[1], last=int(said["last"]),
                    digits=int(said["digits"]), year=key[2])  # fmt: skip
        return _in_range(rows, policy, request)
    if known is None:
        raise Conflict(
            f"the signer does not know the range of {number}: the operator enters it with"
            f" kimberley signer range {request['authority']} {key[0]} {key[1]} {said['last']} {said['digits']}"
        )
    digits = number.removeprefix(key[0])
    serial = int(digits) if digits.isascii() and digits.isdigit() else -1
    whole = known["authority"] == request["authority"] and known["first"] <= serial <= known["last"]
    if not whole or number != f"{key[0]}{serial:0{known['digits']}d}":
        raise Conflict(f"{number[:40]} is no number of the range {key[0]} {known['first']}-{known['last']}")
    if known["year"] and not str(request["issue_date"]).startswith(f"{known['year']}-"):
        raise Conflict(f"the range of {number} is of {known['year']}")
    return serial


def enrol_range(
    rows: sqlite3.Connection, *, authority: str, prefix: str, first: int, last: int, digits: int, year: int
) -> None:
    """Enter a range of numbers. Raises ``Conflict`` where it overlaps one that is known, or is upside down."""
    if not (0 <= first <= last < 10**digits) or not prefix.isalpha() or not authority:
        raise Conflict("a range has its first number before its last, and digits enough for both")
    for other in rows.execute("SELECT * FROM ranges WHERE prefix = ?", (prefix,)):
        if first <= other["last"] and other["first"] <= last:
            raise Conflict(f"the range overlaps {prefix} {other['first']}-{other['last']} of {other['authority']}")
    rows.execute("INSERT INTO ranges VALUES (?, ?, ?, ?, ?, ?)", (authority, prefix, first, last, digits, year))


def _known(rows: sqlite3.Connection, request: Mapping[str, Any], hashed: str, serial: int) -> dict[str, Any] | None:
    """What the ledger has on the number already; None where it is free and next. Raises ``Conflict`` (T5, T13)."""
    within, number = request["range"], str(request["number"])
    last = rows.execute(
        "SELECT MAX(serial) FROM numbers WHERE prefix = ? AND first = ?", (within["prefix"], within["first"])
    ).fetchone()[0]
    row = rows.execute("SELECT * FROM numbers WHERE number = ?", (number,)).fetchone()
    if row is None and (last is None or serial > last):
        return None
    if row is None or row["authority"] != request["authority"] or serial < last or row["state"] == "settled":
        raise Conflict(
            f"the number {number} is behind what this signer has signed: the node's records are older than the signer's"
            " (docs/operate: after a restore)"
        )
    answer: dict[str, Any] = json.loads(row["answer"])
    content = answer["content"]
    same = all(content.get(name, "") == request[name] for name in ("issue_date", "expiry_date", "paper_serial"))
    if row["draft_hash"] == hashed and same and row["state"] == "signed":
        return answer
    rows.execute("UPDATE numbers SET state = 'abandoned' WHERE number = ?", (number,))
    return {"bound": {"number": number, "cid": row["cid"], "issue_date": content["issue_date"]}}


def _once(rows: sqlite3.Connection, authority: str, hashed: str) -> None:
    """A draft names its application, so it becomes one certificate. Raises ``Untrusted`` where it has (T5, T6)."""
    row = rows.execute(
        "SELECT number FROM numbers WHERE draft_hash = ? AND authority = ? AND state <> 'abandoned'",
        (hashed, authority),
    ).fetchone()
    if row is not None:
        raise Untrusted(approving.STEP, f"the draft was used for {row['number']}")


def _replaced(
    rows: sqlite3.Connection, authority: str, draft: Mapping[str, Any], replaces: str | None
) -> bytes | None:  # fmt: skip
    """The cid that the certificate replaces: where it was signed here, the one of the number that both officers saw.

    Raises ``Untrusted``.
    """
    if replaces is None:
        return None
    row = rows.execute(
        "SELECT cid FROM numbers WHERE number = ? AND authority = ?", (str(draft["about"]), authority)
    ).fetchone()
    if not draft["about"] or (row is not None and row["cid"] != replaces):
        raise Untrusted(STEP, "the draft replaces another certificate")
    return unb64u(replaces)


def _content(request: Mapping[str, Any], draft: Mapping[str, Any], checker: str) -> dict[str, Any]:
    """The certificate's content: the approved draft, and what is known at issue only."""
    written = dict(draft["content"])
    if approval.AT_ISSUE & set(written):
        raise Untrusted(STEP, "a draft says nothing that is known at issue only")
    written |= {
        "number": request["number"], "issue_date": request["issue_date"], "expiry_date": request["expiry_date"],
        "validated": {"by": checker, "date": request["issue_date"]},
    }  # fmt: skip
    return written | ({"paper_serial": request["paper_serial"]} if request["paper_serial"] else {})


def _check(facts: Certificate, policy: Policy, authority: str, today: date) -> None:
    """What must hold whoever asks. Raises ``Untrusted`` or ``Conflict``."""
    if facts.issuing_authority != authority or facts.issuer != authority.partition("-")[0]:
        raise Untrusted(STEP, "the draft is of another authority")
    if facts.total_carats != sum((line.carats or Decimal(0) for line in facts.lines), Decimal(0)):
        raise Untrusted(STEP, "total_carats: is not the sum of the lines")
    if facts.total_usd != sum((line.usd or Decimal(0) for line in facts.lines), Decimal(0)):
        raise Untrusted(STEP, "total_usd: is not the sum of the lines")
    issued, expires = facts.issue_date, facts.expiry_date
    if issued is None or expires is None:
        raise Untrusted(STEP, "issue_date, expiry_date: are missing")
    if abs((issued - today).days) > 1:
        raise Conflict(f"a certificate is issued today, not on {issued}: look at both clocks")
    if not issued < expires <= issued + timedelta(days=policy.longest_validity):
        raise Conflict(f"a certificate issued on {issued} does not run to {expires}")


def signed(rows: sqlite3.Connection, authority: str, number: str) -> sqlite3.Row:
    """The ledger's row of a certificate signed here and not given up. Raises ``NotFound``."""
    row: sqlite3.Row | None = rows.execute(
        "SELECT * FROM numbers WHERE number = ? AND authority = ? AND state <> 'abandoned'", (number, authority)
    ).fetchone()
    if row is None:
        raise NotFound("certificate signed here", number[:40])
    return row


def codes(rows: sqlite3.Connection, signer: Signer, *, authority: str, number: str, log_index: int) -> dict[str, str]:
    """The two QR texts, from what was signed. Once the node has recorded them the place in the journal is fixed."""
    row = signed(rows, authority, number)
    if row["state"] == "settled" and row["log_index"] not in (None, log_index):
        raise Conflict(f"{number} stands in the journal at {row['log_index']}")
    rows.execute("UPDATE numbers SET log_index = ? WHERE number = ?", (log_index, number))
    answer = json.loads(row["answer"])
    facts = statements.certificate_from_json(answer["content"])
    about = {"authority": authority, "cid": unb64u(answer["cid"]), "log_index": log_index,
             "status": (answer["status"]["id"], answer["status"]["idx"])}  # fmt: skip
    return {
        "full": statements.full_qr(facts, signer=signer, **about),
        "label": statements.label_qr(facts, signer=signer, **about),
    }
