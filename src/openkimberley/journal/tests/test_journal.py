"""The journal: permitted, atomic, recorded, chained, and refused by the database itself when altered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cast import KAGISO, NOW, OBSERVER

from openkimberley.journal import chain, queries
from openkimberley.journal.actions import LeftNoTrace, action, record
from openkimberley.journal.models import Entry
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotPermitted, Refused
from openkimberley.kernel.rules import Objection, Severity

pytestmark = pytest.mark.django_db(transaction=True)
NEEDS = Permission.CERTIFICATE_EXAMINE


@action("test.honest", needs=NEEDS)
def honest(*, by, at, subject="S1", inner=None):
    record("test.done", by=by, at=at, subject=subject, statement={"x": "1"})
    if inner:
        inner(by=by, at=at)


@action("test.silent", needs=NEEDS)
def silent(*, by, at, inner=None):
    if inner:
        inner(by=by, at=at)


@action("test.refusing", needs=NEEDS)
def refusing(*, by, at):
    record("test.begun", by=by, at=at, subject="S2", statement={})
    raise Refused([Objection("R019", Severity.REFUSE, "The number of parcels is missing.")], subject="S2")


def test_an_act_is_recorded_and_the_chain_is_whole():
    for number in range(5):
        honest(by=KAGISO, at=NOW, subject=f"S{number}")
    assert queries.verify() == (5, [])
    assert [e["subject"] for e in queries.history("S3")] == ["S3"]


def test_a_silent_act_is_undone():
    with pytest.raises(LeftNoTrace):
        silent(by=KAGISO, at=NOW)
    assert Entry.objects.count() == 0


def test_an_honest_inner_act_does_not_hide_a_silent_outer_one():
    with pytest.raises(LeftNoTrace):
        silent(by=KAGISO, at=NOW, inner=honest)
    assert Entry.objects.count() == 0


def test_an_outer_act_and_an_inner_act_share_one_transaction():
    with pytest.raises(Refused):
        honest(by=KAGISO, at=NOW, inner=refusing)
    events = list(Entry.objects.values_list("event", flat=True))
    assert events == ["act.refused"]  # nothing of either, but the attempt


def test_who_may_not_leaves_nothing():
    with pytest.raises(NotPermitted):
        honest(by=OBSERVER, at=NOW)
    assert Entry.objects.count() == 0


def test_an_attempt_that_rules_refuse_is_recorded():
    with pytest.raises(Refused):
        refusing(by=KAGISO, at=NOW)
    entry = Entry.objects.get()
    assert (entry.event, entry.subject) == ("act.refused", "S2")
    assert '"R019"' in entry.statement


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE journal_entry SET subject = 'forged'",
        "DELETE FROM journal_entry",
        "INSERT INTO journal_entry VALUES (7, '2026-01-01', 'e', '', 'a', 's', '{}', 'x', 'y', '')",
    ],
)
def test_the_database_itself_refuses_to_change_delete_or_skip(attack):
    honest(by=KAGISO, at=NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert queries.verify() == (1, [])


@pytest.mark.parametrize(
    "column",
    ["actor = 'forged'", "authority = 'ZZ'", "subject = 'S9'", "event = 'x.y'", "at = '2026-01-01 00:00:00+00'"],
)
def test_an_entry_filed_under_other_words_than_its_text_says_is_found(column):
    honest(by=KAGISO, at=NOW)
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:  # as somebody who owns the database can
        cursor.execute(
            "DROP TRIGGER journal_no_change ON journal_entry" if postgres else "DROP TRIGGER journal_no_update"
        )
        cursor.execute(f"UPDATE journal_entry SET {column}")
    assert queries.verify() == (1, ["entry 0 is filed under other words than its text says"])


def test_an_entry_altered_behind_the_guards_is_found():
    for number in range(3):
        honest(by=KAGISO, at=NOW, subject=f"S{number}")
    links = [
        chain.Link(e.index, e.statement.encode(), bytes(e.previous), bytes(e.hash), e.entry.encode(), bytes(e.leaf))
        for e in Entry.objects.order_by("index")
    ]
    altered = replace(links[1], statement=links[1].statement.replace(b'"1"', b'"2"', 1))
    assert chain.faults([links[0], replace(links[1], entry=b"{}"), links[2]])
    assert chain.faults([links[0], replace(links[1], leaf=bytes(32)), links[2]])
    assert chain.faults([links[0], altered, links[2]])
    assert chain.faults([links[0], links[2]])
    assert chain.faults(links[1:])
    assert chain.faults(links) == []
