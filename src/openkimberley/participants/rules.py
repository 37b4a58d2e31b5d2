"""PURE. What a decision about a Participant, and an entry in a national list, must have before it counts."""

from __future__ import annotations

from collections.abc import Iterator

from openkimberley.kernel.rules import Objection, Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.participants.facts import FOLLOWS, Decision, Participant, StatusPeriod, Verb


def _no(rule_code: str, template: str, /, *, field: str = "", remedy: str = "", **facts: str) -> Objection:
    """An objection that refuses."""
    return Objection(rule_code, Severity.REFUSE, template, facts, field, remedy)


@rule("R172", severity=Severity.REFUSE)
def decision_has_number_and_source(decision: Decision) -> Iterator[Objection]:
    """Every decision has a number (form `KP/2017/Plenary/Administrative Decision 1`), date, text version, effect on
    lists.

    Asked so far: the number, and a source where the text can be read. The register of texts comes with the forum.
    """
    if not decision.reference.strip():
        remedy = _("Give the number of the Administrative Decision or the date of the Chair's notice.")
        yield _no("R172", _("The decision has no number."), field="reference", remedy=remedy)
    if not decision.source.strip():
        yield _no("R172", _("The decision has no source."), field="source",
                  remedy=_("Say where the decision can be read."))  # fmt: skip


@rule("R165", severity=Severity.REFUSE)
def decision_follows_the_status(decision: Decision, participant: Participant) -> Iterator[Objection]:
    """CPC recommends; Plenary or written procedure decides; status starts at a stated date.

    Asked so far: the date. A status follows the one before it and leaves the past alone.
    """
    current = participant.timeline()[-1]
    if current.status not in FOLLOWS[decision.verb]:
        yield _no("R165", _("%(code)s is %(status)s since %(since)s: the decision does not fit."), field="verb",
                  code=decision.code, status=current.status.word, since=current.since_text)  # fmt: skip
    if decision.effective <= current.since:
        yield _no("R165", _("The decision would take effect on %(day)s, before the present status began on %(since)s."),
                  field="effective", day=decision.effective.isoformat(), since=current.since_text,
                  remedy=_("Choose a later day."))  # fmt: skip
    if decision.verb is Verb.RESTRICT_TO_ZONES and not any(zone.strip() for zone in decision.zones):
        yield _no("R165", _("A restriction to zones names no zone."), field="zones",
                  remedy=_("Name at least one compliant zone."))  # fmt: skip


def correction_fits_between_its_neighbours(
    entry: StatusPeriod, before: StatusPeriod | None, after: StatusPeriod | None
) -> Iterator[Objection]:
    """A corrected period stays between the one before it and the one after it (R165: each starts at a stated day)."""
    if before is not None and entry.since <= before.since:
        yield _no("R165", _("The period would begin on %(day)s, before the one that precedes it on %(other)s."),
                  field="since", day=entry.since.isoformat(), other=before.since.isoformat())  # fmt: skip
    if after is not None and entry.since >= after.since:
        yield _no("R165", _("The period would begin on %(day)s, after the one that follows it on %(other)s."),
                  field="since", day=entry.since.isoformat(), other=after.since.isoformat())  # fmt: skip
    if not entry.source.strip():
        yield _no("R172", _("The correction has no source."), field="source",
                  remedy=_("Say where it can be read."))  # fmt: skip


@rule("R173", severity=Severity.REFUSE)
def national_list_has_its_own_day_and_source(entry: StatusPeriod, before: StatusPeriod | None) -> Iterator[Objection]:
    """The list of Participants is changed by notice of the Chair; national lists follow with their own dates.

    Each entry names the law that says so.
    """
    if not entry.source.strip():
        yield _no("R173", _("The entry in the national list has no source."), field="source",
                  remedy=_("Name the law or notice."))  # fmt: skip
    if before is not None and entry.since <= before.since:
        yield _no("R173", _("The entry would take effect on %(day)s, before the present one began on %(since)s."),
                  field="since", day=entry.since.isoformat(), since=before.since.isoformat())  # fmt: skip


def before_decision(decision: Decision, participant: Participant) -> list[Objection]:
    """All objections to a decision."""
    return [*decision_has_number_and_source(decision), *decision_follows_the_status(decision, participant)]


def before_national_date(entry: StatusPeriod, before: StatusPeriod | None) -> list[Objection]:
    """All objections to an entry in a national list."""
    return list(national_list_has_its_own_day_and_source(entry, before))
