"""Which journals are known, and under which name and key this database witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust import signing
from openkimberley.trust.merkle import EMPTY_ROOT
from openkimberley.trust.notes import LOG, VerifierKey
from openkimberley.witness import queries
from openkimberley.witness.actions.reporting import report_findings
from openkimberley.witness.facts import Alarm, AlarmCode, log_id
from openkimberley.witness.models import Office, WitnessedLog
from openkimberley.witness.statements import Owner, about_logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

ABOUT = ("own_witnesses", "number_patterns", "ranges", "max_log_delay_h")


@action("witness.know_log", needs=Permission.WITNESS_KEEP)
def know_log(
    *, by: Actor, at: datetime, origin: str, vkeys: Sequence[str], participant: str = "", url: str = "",
    about: Mapping[str, Any] | None = None,
) -> WitnessedLog:  # fmt: skip
    """Know a journal, or its new keys and address: from now on this node cosigns and watches it.

    ``about`` says how its numbers look (``statements.about_logs``). What is held of it stays.

    Raises ``Untrusted`` for what is no key of this journal, ``Conflict`` for the node's own.
    """
    keys = [VerifierKey.parse(text) for text in vkeys]
    if not keys or any(key.name != origin or key.kind != LOG for key in keys):
        raise Untrusted("2 key", f"a journal signs by its own name: the keys given are not those of {origin[:80]}")
    if origin == queries.own_origin():
        raise Conflict("a node does not witness its own journal")
    row = WitnessedLog.objects.filter(origin=origin).first()
    row = row or WitnessedLog(origin=origin, log_id=log_id(origin), root=EMPTY_ROOT)
    row.vkeys, row.participant, row.url = [key.text for key in keys], participant[:2], url[:300]
    row.about = dict(about or {})
    row.save()
    record("witness.log_known", by=by, at=at, subject=origin[:80], statement={
        "origin": origin, "vkeys": row.vkeys, "participant": row.participant, "url": row.url,
        "about": row.about,
    })  # fmt: skip
    return row


def learn_logs(
    *, by: Actor, at: datetime, authorities: Mapping[str, Mapping[str, Any]], delays: Mapping[str, int] | None = None
) -> int:  # fmt: skip
    """Know the journals of a trust list, by its ``keys.json`` of every authority. Returns how many were new or changed.

    The node's own is passed over, and so is one whose keys cannot be read: the others are not to suffer for it. Where
    several keys are claimed for one journal the key held stays, and it is reported; where none of them is held alone,
    nothing of that journal is cosigned.
    """
    count = 0
    known = {row.origin: row for row in WitnessedLog.objects.all()}
    held = {row.origin: Owner(row.participant, row.vkeys) for row in known.values() if row.vkeys}
    claims = about_logs(authorities, delays, held)
    for origin, vkeys in claims.disputed.items():
        if origin not in claims.logs and not set(held.get(origin, _NOBODY).vkeys).isdisjoint(vkeys):
            # several keys were let in beside each other: which is the journal's, only people can say
            forget_log(by=by, at=at, origin=origin)
    report_findings([_disputed(origin, vkeys) for origin, vkeys in claims.disputed.items()], at=at)
    for origin, said in claims.logs.items():
        row, about = known.get(origin), {name: said[name] for name in ABOUT}
        same = row is not None and (row.vkeys, row.participant, row.url, row.about) == (
            said["vkeys"], said["participant"][:2], said["url"], about
        )  # fmt: skip
        if same or origin == queries.own_origin():
            continue
        try:
            know_log(by=by, at=at, origin=origin, vkeys=said["vkeys"], participant=said["participant"],
                     url=said["url"], about=about)  # fmt: skip
        except Untrusted:
            continue
        count += 1
    return count


_NOBODY = Owner("", ())


def _disputed(origin: str, vkeys: Sequence[str]) -> Alarm:
    """The finding that a journal is claimed with several keys. It names no journal of its own: an alert would accuse
    the Participant whose journal is claimed."""
    return Alarm(
        AlarmCode.CLAIM, "", " ".join((origin, *vkeys)),
        f"The trust list names a key for the journal {origin[:120]} that is not the one known for it, or several.",
        "Ask those whose keys.json names this journal. A key of another authority is not counted for it.",
        {"journal": origin, "vkeys": list(vkeys)},
    )  # fmt: skip


@action("witness.forget_log", needs=Permission.WITNESS_KEEP)
def forget_log(*, by: Actor, at: datetime, origin: str) -> None:
    """Stop cosigning a journal: its keys are taken away, what is held of it and the evidence stay.

    Raises ``NotFound``.
    """
    row = WitnessedLog.objects.filter(origin=origin).first()
    if row is None:
        raise NotFound("journal", origin[:80])
    row.vkeys, row.url = [], ""
    row.save(update_fields=["vkeys", "url"])
    record("witness.log_forgotten", by=by, at=at, subject=origin[:80], statement={"origin": origin})


@action("witness.take_office", needs=Permission.WITNESS_KEEP)
def take_office(*, by: Actor, at: datetime, name: str) -> Office:
    """Witness from now on under ``name`` with the node's witness key, which must be new to this database.

    Raises ``Conflict`` where an office is held already, or was ever held with this key; ``NotFound`` without a key.
    """
    if (held := queries.office()) is not None:
        raise Conflict(f"this node witnesses as {VerifierKey.parse(held.vkey).name}: retire that witness first")
    key = signing.verifier_key(name, "witness")
    if any(VerifierKey.parse(row.vkey).public_key == key.public_key for row in Office.objects.all()):
        raise Conflict("this key belongs to a witness that was retired: make a new one")
    VerifierKey.parse(key.text)  # a name with blanks would make lines that nobody can read
    row = Office.objects.create(vkey=key.text, since=at)
    record("witness.office_taken", by=by, at=at, subject=name[:80], statement={"vkey": row.vkey})
    return row


@action("witness.retire", needs=Permission.WITNESS_KEEP)
def retire_office(*, by: Actor, at: datetime, reason: str) -> None:
    """Retire the witness: it never signs again. What it held of the journals is not forgotten.

    Raises ``NotFound`` where this database has none (as after its loss): then only a new name and key are needed.
    """
    row = queries.office()
    if row is None:
        raise NotFound("witness", "in this database")
    row.retired_at = at
    row.save(update_fields=["retired_at"])
    WitnessedLog.objects.update(cosignature="")
    name = VerifierKey.parse(row.vkey).name
    record("witness.retired", by=by, at=at, subject=name[:80], statement={"vkey": row.vkey, "reason": reason[:500]})
