"""Keep and retire specimens; enter and end signatories and stamps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openkimberley.alerts import facts, queries, rules
from openkimberley.alerts.actions.warnings import WHOLE_SCHEME, draw_reference
from openkimberley.alerts.models import Mark, Specimen
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.measures import Period

if TYPE_CHECKING:
    from datetime import date, datetime


@action("alerts.keep_specimen", needs=Permission.SPECIMEN_KEEP)
def keep_specimen(*, by: Actor, at: datetime, specimen: facts.Specimen) -> facts.Specimen:
    """Keep a specimen that an issuer notified; its pictures are in the file store already.

    Raises ``Refused`` where it says too little (R011).
    """
    if objections := list(rules.before_specimen(specimen)):
        raise Refused(objections, subject=specimen.issuer)
    reference = draw_reference(by.authority, "SPEC", at.year)
    kept = replace(specimen, reference=reference)
    assert kept.notified_on is not None  # R011 asked for it
    Specimen.objects.create(
        reference=reference, authority=by.authority or WHOLE_SCHEME, issuer=kept.issuer, title=kept.title,
        since=kept.period.start, until=kept.period.end, numbers=[[n.prefix, n.first, n.last] for n in kept.numbers],
        features=[[f.name, f.where, f.check] for f in kept.features],
        pictures=[[p.sha256, p.caption] for p in kept.pictures], notified_on=kept.notified_on, source=kept.source,
        recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    record("specimen.kept", by=by, at=at, subject=reference, statement={
        "issuer": kept.issuer, "title": kept.title, **_period(kept.period), "numbers": [str(n) for n in kept.numbers],
        "features": [f.name for f in kept.features], "pictures": [p.sha256 for p in kept.pictures],
        "notified_on": kept.notified_on.isoformat(), "source": kept.source,
    })  # fmt: skip
    return kept


@action("alerts.retire_specimen", needs=Permission.SPECIMEN_KEEP)
def retire_specimen(*, by: Actor, at: datetime, reference: str, until: date, reason: str) -> facts.Specimen:
    """Say from which day on papers no longer look like this specimen. Raises ``Conflict`` where it is retired."""
    row = _running(Specimen, reference, until, by=by)
    if not reason.strip():
        raise Conflict("a specimen is retired for a reason")
    row.until, row.retired_reason = until, reason[:500]
    row.save(update_fields=["until", "retired_reason"])
    record("specimen.retired", by=by, at=at, subject=reference, statement={
        "issuer": row.issuer, "until": until.isoformat(), "reason": reason[:500],
    })  # fmt: skip
    return queries.to_specimen(row)


@action("alerts.enter_mark", needs=Permission.SPECIMEN_KEEP)
def enter_mark(*, by: Actor, at: datetime, mark: facts.Mark) -> facts.Mark:
    """Enter a signatory or stamp of an issuer with the days it holds (R012).

    Raises ``Conflict`` where the same is entered for that time, or the name or source is missing.
    """
    if not mark.name.strip() or not mark.source.strip():
        raise Conflict("a signatory or stamp has a name, and a source that says so")
    same = [m for m in queries.signatories(mark.issuer, kind=mark.kind.value) if m.name == mark.name]
    if any(one.period.overlaps(mark.period) for one in same):
        raise Conflict(f"{mark.name} is entered for {mark.issuer} in that time already")
    reference = draw_reference(by.authority, "MARK", at.year)
    Mark.objects.create(
        reference=reference, authority=by.authority or WHOLE_SCHEME, issuer=mark.issuer, kind=mark.kind.value,
        name=mark.name, post=mark.post, since=mark.period.start, until=mark.period.end, sample=mark.sample,
        source=mark.source, recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    record("mark.entered", by=by, at=at, subject=reference, statement={
        "issuer": mark.issuer, "kind": mark.kind.value, "name": mark.name, "post": mark.post, **_period(mark.period),
        "sample": mark.sample, "source": mark.source,
    })  # fmt: skip
    return replace(mark, reference=reference)


@action("alerts.end_mark", needs=Permission.SPECIMEN_KEEP)
def end_mark(*, by: Actor, at: datetime, reference: str, until: date, reason: str) -> facts.Mark:
    """Say from which day on a signatory or stamp no longer validates. Raises ``Conflict`` where it ended before."""
    row = _running(Mark, reference, until, by=by)
    if not reason.strip():
        raise Conflict("a signatory or stamp ends for a reason")
    row.until = until
    row.save(update_fields=["until"])
    record("mark.ended", by=by, at=at, subject=reference, statement={
        "issuer": row.issuer, "name": row.name, "until": until.isoformat(), "reason": reason[:500],
    })  # fmt: skip
    return queries.to_mark(row)


def _running(model: type[Any], reference: str, until: date, *, by: Actor) -> Any:
    """The row, held, that still runs on the day before ``until``; its keeper or its issuer ends it.

    Raises ``NotPermitted`` for others.
    """
    row = model.objects.select_for_update().filter(reference=reference).first()
    if row is None:
        raise NotFound(str(model._meta.verbose_name), reference[:60])
    issuers = by.authority == row.issuer or by.authority.startswith(f"{row.issuer}-")
    if row.authority not in (by.authority, WHOLE_SCHEME) and not issuers:
        raise NotPermitted(Permission.SPECIMEN_KEEP, f"{reference} is ended by {row.authority} or {row.issuer}")
    if until <= row.since or (row.until is not None and row.until <= until):
        raise Conflict(f"{reference} runs from {row.since} to {row.until or '-'}: it cannot end on {until}")
    return row


def _period(period: Period) -> dict[str, str]:
    """A period for the journal."""
    return {"since": period.start.isoformat(), "until": period.end.isoformat() if period.end else ""}
