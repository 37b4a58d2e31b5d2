"""PURE. Group J: how long originals are kept (R101, R102, R104)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Yielded, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.shipments.facts import KeptOriginal, months_later

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from openkimberley.participants.facts import Profiles

LEAST_YEARS = 3
"""Years every original is kept (Core Document, Section III(b))."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """An original or its record that somebody wants to delete on a day."""

    kept: KeptOriginal
    on: date
    profiles: Profiles


def years_asked(participant: str, role: str, profiles: Profiles) -> int:
    """Years a party must keep it by its own law; the Scheme's three where no law is known."""
    told = profiles.of(participant).retention_years
    years = getattr(told.value, role.lower(), None) if told else None
    return max(LEAST_YEARS, years or 0)


def kept_until(kept: KeptOriginal, profiles: Profiles) -> date:
    """The first day on which it may be deleted: the longest period of any party, in calendar years."""
    years = max((years_asked(code, role, profiles) for code, role in kept.parties), default=LEAST_YEARS)
    return months_later(kept.imported_on, 12 * max(LEAST_YEARS, years))


@rule("R101", severity=Severity.REFUSE)
def original_is_kept_three_years(asked: Deletion) -> Iterator[Yielded]:
    """The original certificate is accessible for at least three years; deletion before that is blocked."""
    until = months_later(asked.kept.imported_on, 12 * LEAST_YEARS)
    if asked.on < until:
        yield objection(
            "R101", _("The original of %(number)s is kept for three years, to %(until)s."), field="number",
            remedy=_("Keep it."), number=asked.kept.number, until=until,
        )  # fmt: skip


@rule("R102", severity=Severity.REFUSE)
def national_period_is_kept(asked: Deletion) -> Iterator[Yielded]:
    """Retention is five years from import."""
    for code, role in asked.kept.parties:
        years = years_asked(code, role, asked.profiles)
        until = months_later(asked.kept.imported_on, 12 * years)
        if years > LEAST_YEARS and asked.on < until:
            yield objection(
                "R102", _("By the law of %(code)s the %(role)s keeps it for %(years)s years, to %(until)s."),
                field="number",
                remedy=_("Keep it."), code=code, role=role.lower(), years=years, until=until,
            )  # fmt: skip


@rule("R104", severity=Severity.REFUSE)
def longest_period_wins(asked: Deletion) -> Iterator[Yielded]:
    """The longest period that applies to any party of the shipment wins."""
    until = kept_until(asked.kept, asked.profiles)
    if asked.on < until:
        yield objection(
            "R104", _("The longest period of any party of %(number)s ends on %(until)s."), field="number",
            remedy=_("Keep it until then."), number=asked.kept.number, until=until,
        )  # fmt: skip
