"""Reads of the journal: lists for the auditor's page, checkpoints and proofs, and the check of the whole chain."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from openkimberley.journal import chain, standing
from openkimberley.journal.guard import must_not_sign
from openkimberley.journal.models import Checkpoint, Cosignature, Entry, Personal
from openkimberley.journal.standing import size
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.trust.canonical import b64u, sha256
from openkimberley.trust.notes import Note, parse_signature
from openkimberley.trust.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

__all__ = [
    "HEARTBEAT", "altered_beside", "authorities", "came_back", "consistency", "cosignatures", "cosigning_due",
    "entered_before", "entries", "head", "history", "index_of", "latest", "must_not_sign", "newest", "note", "proof",
    "said", "size", "verify",
]  # fmt: skip

HEARTBEAT = timedelta(hours=24)
"""How old the newest cosignature may be before witnesses are asked again, though the journal has not grown."""

MOST_LOOKED_AT = 200
"""Cosigned checkpoints after an entry that a proof may rest on: one a minute for hours."""


def entries(*, subject: str = "", authority: str = "", event: str = "") -> QuerySet[Entry]:
    """Entries, newest first, narrowed by what is given."""
    found = Entry.objects.order_by("-index")
    if authority:  # whose an entry was that came back from a mirror may be lost: then all see it, as it was published
        found = found.filter(Q(authority=authority) | Q(authority="", event=chain.RECOVERED))
    for name, value in (("subject", subject), ("event", event)):
        if value:
            found = found.filter(**{name: value})
    return found


def history(subject: str) -> list[dict[str, Any]]:
    """All acts on one subject, oldest first, as the journal's statements."""
    rows = Entry.objects.filter(subject=subject).values_list("statement", flat=True)
    beside = dict(Personal.objects.filter(subject=subject).values_list("index", "text"))
    return [_whole(json.loads(text), beside) for text in rows]


def _whole(said: dict[str, Any], beside: Mapping[int, str]) -> dict[str, Any]:
    """An entry's text with what stands beside the journal of it, as long as that was not erased."""
    if text := beside.get(said["index"]):
        said["statement"] = {**said["statement"], **json.loads(text)["said"]}
    return said


def said(row: Entry) -> dict[str, Any]:
    """An entry as its text says it, with its hash for whoever keeps heads of the chain."""
    beside = dict(Personal.objects.filter(index=row.index).values_list("index", "text"))
    return {**_whole(json.loads(row.statement), beside), "hash": bytes(row.hash).hex()}


def authorities() -> list[str]:
    """The authorities that have acted here, by code."""
    found = Entry.objects.exclude(authority="").order_by("authority").values_list("authority", flat=True)
    return list(found.distinct())


def head() -> str:
    """The hash of the last entry in hex, empty where there is none: what the journal says changes only with it."""
    last = Entry.objects.order_by("-index").values_list("hash", flat=True).first()
    return bytes(last).hex() if last else ""


FILED = ("event", "authority", "actor", "subject")
"""What of a statement stands in columns too, to be found and shown: they are held against it."""


def verify() -> tuple[int, list[str]]:
    """Re-check the whole journal: how many entries it has, and every fault in words (empty where it is whole)."""
    rows = Entry.objects.order_by("index").values_list(
        "index", "statement", "previous", "hash", "entry", "leaf", "at", *FILED
    )
    count = 0
    misfiled: list[str] = []

    def links() -> Any:
        nonlocal count
        for index, statement, previous, hash_, entry, leaf, at, *filed in rows.iterator(chunk_size=2000):
            count += 1
            said = json.loads(statement)
            told = [said["index"], datetime.fromisoformat(said["at"]), *(said[name] for name in FILED)]
            if told != [index, at, *filed]:
                misfiled.append(f"entry {index} is filed under other words than its text says")
            yield chain.Link(index, statement.encode(), bytes(previous), bytes(hash_), entry.encode(), bytes(leaf))

    faults = chain.faults(links())
    return count, faults + misfiled + altered_beside()


def altered_beside() -> list[str]:
    """Words beside the journal that are not those which the entry took the hash of. Erased ones are no fault."""
    found = []
    for row in Personal.objects.order_by("index").iterator(chunk_size=2000):
        entry = Entry.objects.filter(index=row.index).values_list("statement", flat=True).first()
        if entry is None or json.loads(entry).get("personal") != b64u(sha256(row.text.encode())):
            found.append(f"what entry {row.index} said of persons was altered")
    return found


def newest(*, cosigned: bool = False, at: datetime | None = None) -> Checkpoint | None:
    """The newest checkpoint, or the newest that a witness has cosigned; ``at`` leaves out what came later."""
    rows = Checkpoint.objects.order_by("-size")
    if at is not None:
        rows = rows.filter(at__lte=at)
    if cosigned:
        rows = rows.filter(size__in=Cosignature.objects.values("size"))
    return rows.first()


def latest(count: int, *, at: datetime) -> list[Checkpoint]:
    """The newest checkpoints that witnesses have cosigned, newest first."""
    rows = Checkpoint.objects.filter(at__lte=at, size__in=Cosignature.objects.values("size"))
    return list(rows.order_by("-size")[:count])


def cosignatures(row: Checkpoint) -> list[Cosignature]:
    """What witnesses said of a checkpoint, oldest first."""
    return list(Cosignature.objects.filter(size=row.size).order_by("time", "witness"))


def note(row: Checkpoint, *, first: bool = False) -> Note:
    """A checkpoint with one cosignature of each witness: its newest, or with ``first`` its oldest.

    The newest shows that the journal is looked after today; the oldest is the earliest moment at which it was seen.
    """
    each: dict[tuple[str, bytes], Cosignature] = {}
    for found in cosignatures(row):
        place = (found.witness, bytes(found.key_id))
        if not (first and place in each):
            each[place] = found
    return Note.parse(row.note).with_lines(parse_signature(found.line.rstrip("\n")) for found in each.values())


def cosigning_due(*, at: datetime, every: timedelta = HEARTBEAT) -> Checkpoint | None:
    """The newest checkpoint where witnesses are to be asked for it: nobody has cosigned it, or not for so long."""
    row = newest(at=at)
    if row is None:
        return None
    last = Cosignature.objects.filter(size=row.size).order_by("-time").first()
    return row if last is None or at.timestamp() - last.time >= every.total_seconds() else None


def consistency(old: int, new: int) -> list[bytes]:
    """The hashes that show the journal of ``new`` entries to begin with that of ``old`` ones. ``ValueError`` if not."""
    return standing.tiles().tree(new).consistency(old)


def entered_before(index: int, moment: datetime) -> bool:
    """Whether the entry at an index was made before a moment; False where there is none."""
    return Entry.objects.filter(index=index, at__lt=moment).exists()


def came_back(number: str) -> bool:
    """Whether a certificate of this number is known from a mirror only: its record was lost with the database."""
    return Entry.objects.filter(subject=number, event=chain.RECOVERED).exists()


def index_of(number: str) -> int:
    """The index of the entry that issued the certificate of this number. Raises ``NotFound`` (certificate)."""
    rows = Entry.objects.filter(subject=number, event__in=["certificate.issued", chain.RECOVERED]).order_by("-index")
    for index, entry in rows.values_list("index", "entry"):
        published = json.loads(entry)
        if (published.get("t"), published.get("n")) == ("kpc.issue", number):
            return int(index)
    raise NotFound("certificate in the journal", number)


def proof(index: int, *, at: datetime, enough: Callable[[Note], bool] | None = None) -> Proof | None:
    """The proof that the entry at ``index`` stands in the journal; None while no checkpoint covers it.

    It rests on the *earliest* checkpoint that ``enough`` is content with (a policy's quorum), else on the earliest that
    most witnesses have cosigned, else on the newest: when an entry was first seen is what a key's validity is judged
    by. Its ``extra`` is the last cosigned checkpoint before the entry. Raises ``NotFound`` (entry).
    """
    if not 0 <= index < standing.size():
        raise NotFound("entry of the journal", str(index))
    row = _resting(index, at, enough)
    if row is None:
        return None
    before = Checkpoint.objects.filter(size__lte=index, size__in=Cosignature.objects.values("size"))
    last = before.order_by("-size").first()
    extra = str(note(last)).encode() if last else b""
    leaf = standing.leaves(index, index + 1)[0]
    for tiles in (standing.tiles(), Tiles(standing.leaves)):
        found = Proof(index, tuple(tiles.tree(row.size).inclusion(index)), note(row, first=True), extra)
        try:
            found.verify_leaf(leaf)
        except Untrusted:
            continue  # a damaged tile on the disk: the table has what it was made from
        return found
    raise Untrusted("8 log", f"entry {index} is not the one that was signed: run `kimberley journal verify`")


def _resting(index: int, at: datetime, enough: Callable[[Note], bool] | None) -> Checkpoint | None:
    """The checkpoint that a proof of the entry rests on."""
    after = Checkpoint.objects.filter(size__gt=index, at__lte=at)
    counted = Cosignature.objects.filter(size__gt=index, time__lte=at.timestamp()).values("size")
    seen = list(counted.annotate(witnesses=Count("witness", distinct=True)).order_by("size")[:MOST_LOOKED_AT])
    rows = {row.size: row for row in after.filter(size__in=[one["size"] for one in seen])}
    if enough is not None:
        for one in seen:
            if one["size"] in rows and enough(note(rows[one["size"]], first=True)):
                return rows[one["size"]]
    most = max((one for one in seen if one["size"] in rows), key=lambda one: one["witnesses"], default=None)
    return rows[most["size"]] if most else after.order_by("-size").first()
