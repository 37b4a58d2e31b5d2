"""Reads of the journal: lists for the auditor's page and the check of the whole chain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openkimberley.journal import chain
from openkimberley.journal.models import Entry

if TYPE_CHECKING:
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
    return [json.loads(text) for text in Entry.objects.filter(subject=subject).values_list("statement", flat=True)]


def said(row: Entry) -> dict[str, Any]:
    """An entry as its text says it, with its hash for whoever keeps heads of the chain."""
    return {**json.loads(row.statement), "hash": bytes(row.hash).hex()}


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
    return count, faults + misfiled
