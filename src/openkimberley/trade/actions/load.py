"""Load a table of licences: all of them or none."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from openkimberley.desk.tables import BadRows, Fault
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trade import facts, queries, rules, statements
from openkimberley.trade.actions.register import enter, serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from openkimberley.desk.tables import Row


@action("trade.load", needs=Permission.LICENCE_GRANT)
def load(*, by: Actor, at: datetime, authority: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """Enter every licence of a table and say their numbers, or none of them.

    Raises ``BadRows`` with every fault of every row: line, field, rule and remedy. A licence that is in the register
    already is a fault, because a table does not amend.
    """
    serve(by, authority)
    licences, faults = _read(rows, authority)
    if not rows:
        faults.append(Fault(1, "", "", _("The table has no rows."), remedy=_("Put the licences below the headings.")))
    if faults:
        raise BadRows(faults)
    numbers = tuple(licence.number for licence in enter(by=by, at=at, licences=licences))
    digest = hashlib.sha256("\n".join(numbers).encode()).hexdigest()
    record("licences.loaded", by=by, at=at, subject=authority, statement={
        "authority": authority, "licences": len(numbers), "numbers_sha256": digest,
    })  # fmt: skip
    return numbers


def _read(rows: Sequence[Row], authority: str) -> tuple[list[facts.Licence], list[Fault]]:
    """The licences of the rows, and the faults of all of them."""
    licences: list[facts.Licence] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    numbers = {row.cells.get("number", "") for row in rows} - {""}
    taken = queries.taken_numbers(authority, numbers)
    for row in rows:
        licence, found = statements.from_row(row, authority)
        faults += found + _objections(row.line, licence)
        number = row.cells.get("number", "")
        if number in taken:
            faults.append(Fault(row.line, "number", "", _("Licence %(number)s is in the register already."),
                                {"number": number[:40]}, _("Leave the row out, or amend the licence.")))  # fmt: skip
        if number and number in seen:
            faults.append(Fault(row.line, "number", "", _("Licence %(number)s stands in line %(line)s too."),
                                {"number": number[:40], "line": str(seen[number])}, _("Leave one out.")))  # fmt: skip
        seen.setdefault(number, row.line)
        licences.append(licence)
    return licences, faults


def _objections(line: int, licence: facts.Licence) -> list[Fault]:
    """What the rules object to a licence, as faults of its row."""
    return [
        Fault(line, "holder" if one.field == "name" else one.field, one.rule, one.template, one.facts, one.remedy)
        for one in rules.before_grant(licence)
    ]
