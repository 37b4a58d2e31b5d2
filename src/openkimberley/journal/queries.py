"""Reads of the journal: lists for the auditor's page and the check of the whole chain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openkimberley.journal import chain
from openkimberley.journal.models import Entry, Personal
from openkimberley.trust.canonical import b64u, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet


def entries(*, subject: str = "", authority: str = "", event: str = "") -> QuerySet[Entry]:
    """Entries, newest first, narrowed by what is given."""
    found = Entry.objects.order_by("-index")
    for name, value in (("subject", subject), ("authority", authority), ("event", event)):
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


def head() -> str:
    """The hash of the last entry in hex, empty where there is none: what the journal says changes only with it."""
    last = Entry.objects.order_by("-index").values_list("hash", flat=True).first()
    return bytes(last).hex() if last else ""


def size() -> int:
    """How many entries the journal has."""
    last = Entry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def verify() -> tuple[int, list[str]]:
    """Re-check the whole journal: how many entries it has, and every fault in words (empty where it is whole)."""
    rows = Entry.objects.order_by("index").values_list(
        "index", "statement", "previous", "hash", "entry", "leaf", "event", "subject"
    )
    count = 0
    misfiled: list[str] = []

    def links() -> Any:
        nonlocal count
        for index, statement, previous, hash_, entry, leaf, event, subject in rows.iterator(chunk_size=2000):
            count += 1
            said = json.loads(statement)
            if (said["index"], said["event"], said["subject"]) != (index, event, subject):
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
