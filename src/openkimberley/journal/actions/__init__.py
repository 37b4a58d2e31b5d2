"""``@action`` and ``record``: permitted, in one transaction, journalled, listed. Nothing else writes.

An action is a function with keyword arguments only, ``by`` (an ``Actor``) and ``at`` (an aware ``datetime``) among
them. It starts a transaction, or joins that of the action which called it. If it leaves no entry of its own it
fails with ``LeftNoTrace`` and everything is undone. A refusal is an act too: the outermost action records it after the
rollback, so that an attempt never goes without a trace.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.db import connection, transaction

from openkimberley.journal import chain, guard
from openkimberley.journal.models import Entry, Personal
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotPermitted, Refused
from openkimberley.trust.canonical import b64u, sha256
from openkimberley.trust.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

A = ParamSpec("A")
R = TypeVar("R")

JOURNAL_LOCK = 0x4B5043  # "KPC": the number of PostgreSQL's advisory lock


class LeftNoTrace(RuntimeError):
    """A programming error: an action ended without an entry of its own in the journal."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An action as the documentation and the permission page list it."""

    name: str
    needs: Permission
    doc: str
    where: str


ACTIONS: dict[str, Listed] = {}
_entries: ContextVar[list[int] | None] = ContextVar("entries", default=None)


def action(name: str, *, needs: Permission) -> Callable[[Callable[A, R]], Callable[A, R]]:
    """Make a function the one way to do ``name``. Raises ``NotPermitted`` before anything else happens."""

    def wrap(function: Callable[A, R]) -> Callable[A, R]:
        ACTIONS[name] = Listed(name, needs, (function.__doc__ or "").strip(), function.__module__)

        @functools.wraps(function)
        def act(*args: A.args, **kwargs: A.kwargs) -> R:
            by, at = kwargs["by"], kwargs["at"]
            assert isinstance(by, Actor)
            assert isinstance(at, datetime)
            if not by.may(needs):
                raise NotPermitted(needs)
            outermost, own = _entries.get() is None, [0]
            token = _entries.set(own)
            try:
                with transaction.atomic():
                    _single_file()
                    result = function(*args, **kwargs)
                    if not own[0]:
                        raise LeftNoTrace(f"{name} left no entry in the journal")
            except Refused as refusal:
                if outermost and not connection.in_atomic_block:
                    _record_refusal(name, refusal, by=by, at=at)
                raise
            finally:
                _entries.reset(token)
            return result

        return act

    return wrap


def _single_file() -> None:
    """Let one act at a time write, so that serials and the journal have no gaps. SQLite does so by nature."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [JOURNAL_LOCK])


def _record_refusal(name: str, refusal: Refused, *, by: Actor, at: datetime) -> None:
    """Journal an attempt that the rules refused, in a transaction of its own."""
    with transaction.atomic():
        _single_file()
        _append(
            "act.refused", by=by, at=at, subject=refusal.subject or name,
            statement={"action": name, "rules": sorted({o.rule for o in refusal.objections})},
            personal={"objections": [o.message for o in refusal.objections]},
        )  # fmt: skip


def record(
    event: str, *, by: Actor, at: datetime, subject: str, statement: Mapping[str, Any],
    public: Mapping[str, Any] | None = None, personal: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Enter an act in the journal, inside the action's transaction. Returns the entry's index.

    ``event`` is ``noun.past_participle``; ``subject`` the official identifier; ``statement`` JSON without floats.
    ``public`` is what the published journal says of the act (docs/spec/journal.md); without it, a bare commitment.
    ``personal`` is what the act said of persons and trade, names and free text: it is kept beside the journal, which
    holds its salted hash, so that it can be erased one day. Raises ``RuntimeError`` outside an action.
    """
    own = _entries.get()
    if own is None:
        raise RuntimeError("record() is called inside an action only")
    own[0] += 1
    return _append(event, by=by, at=at, subject=subject, statement=statement, public=public, personal=personal)


def _append(
    event: str, *, by: Actor, at: datetime, subject: str, statement: Mapping[str, Any],
    public: Mapping[str, Any] | None = None, personal: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Insert the next entry. Must be inside a transaction that stands in single file. Raises ``Conflict`` in a backup.

    In an old copy the next place is taken: the published journal has another entry there, which would be lost.
    """
    last = Entry.objects.order_by("-index").values_list("index", "hash").first()
    index, previous = (last[0] + 1, bytes(last[1])) if last else (0, chain.GENESIS)
    if behind := guard.behind(index):
        raise Conflict(behind)
    whole = {
        "v": 1, "index": index, "at": at.isoformat(), "event": event, "actor": by.id, "via": by.via,
        "authority": by.authority, "subject": subject, "statement": dict(statement), "salt": b64u(token_bytes(16)),
        **({"public": dict(public)} if public else {}),
    }  # fmt: skip
    if personal:
        beside = chain.canonical({"said": dict(personal), "salt": b64u(token_bytes(16))})
        whole["personal"] = b64u(sha256(beside))
        Personal.objects.create(index=index, authority=by.authority, subject=subject, text=beside.decode())
    text = chain.canonical(whole)
    entry = chain.published(text, public)
    Entry.objects.create(
        index=index, at=at, event=event, authority=by.authority, actor=by.id, subject=subject,
        statement=text.decode(), previous=previous, hash=chain.chained(previous, text),
        entry=entry.decode(), leaf=leaf_hash(entry),
    )  # fmt: skip
    return index


def erase_personal(subjects: Iterable[str], *, authority: str) -> int:
    """Erase what the acts of an authority on these subjects said of persons. Must be inside an action, which records
    it. Returns how many entries lost their words; the entries themselves stay as they are."""
    if _entries.get() is None:
        raise RuntimeError("erase_personal() is called inside an action only")
    return Personal.objects.filter(subject__in=list(subjects), authority=authority).delete()[0]
