"""Grant, renew and amend a licence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.trade import facts, queries, rules, statements
from openkimberley.trade.facts import Act
from openkimberley.trade.models import Change, Licence, Series, Term, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from openkimberley.kernel.measures import Period


def serve(by: Actor, authority: str) -> None:
    """Raise ``NotPermitted`` unless the officer acts for this authority."""
    if not authority or by.authority != authority:
        raise NotPermitted(Permission.LICENCE_GRANT, f"the licences of {authority} are kept by its own officers")


def locked(
    authority: str, number: str, act: Act | None = None, on: date | None = None
) -> tuple[Licence, facts.Licence]:
    """The licence, held until the transaction ends. Raises ``NotFound``, or ``Conflict`` where its status on that day
    does not let the act be done."""
    row = Licence.objects.select_for_update().filter(authority=authority, number=number).first()
    if row is None:
        raise NotFound("licence", f"{authority} {number}")
    licence = queries.to_facts(row, whole=True)
    if act is not None and on is not None:
        status = licence.status_on(on)
        if act not in facts.TRANSITIONS[status]:
            word = facts.WORDS[status.value].lower()
            raise Conflict(f"licence {number} is {word} on {on}: it cannot be changed by {act.value.lower()}")
    return row, licence


def _numbered(licences: Sequence[facts.Licence], year: int) -> list[facts.Licence]:
    """The licences, each with a number: its own, or the next of the authority's series of that kind and year.

    Undone with the transaction, so a series has no gaps. A number of its form that came in by hand or by a table is
    used, so it is passed over and leaves no gap either.
    """
    named = {licence.number for licence in licences if licence.number}
    drawn: dict[str, Series] = {}
    found = []
    for licence in licences:
        if licence.number:
            found.append(licence)
            continue
        first = next(kind for kind in facts.SERIES if kind in licence.kinds)
        name = f"{licence.authority}-{facts.SERIES[first]}-{year}"
        if name not in drawn:
            Series.objects.get_or_create(authority=licence.authority, name=name)
            drawn[name] = Series.objects.select_for_update().get(authority=licence.authority, name=name)
            named |= queries.numbers_like(licence.authority, f"{name}-")
        series = drawn[name]
        series.last += 1
        while f"{name}-{series.last:04d}" in named:
            series.last += 1
        found.append(replace(licence, number=f"{name}-{series.last:04d}"))
    for series in drawn.values():
        series.save(update_fields=["last"])
    return found


@action("trade.grant", needs=Permission.LICENCE_GRANT)
def grant(
    *, by: Actor, at: datetime, authority: str, kinds: Iterable[facts.LicenceKind], holder: facts.Holder,
    term: Period, number: str = "", one_time: bool = False,
) -> facts.Licence:  # fmt: skip
    """Grant a licence for a term. Without a number it gets the next of the authority's series.

    Raises ``Refused`` where the record is not complete (R122), ``Conflict`` where the number is given.
    """
    serve(by, authority)
    licence = facts.Licence(authority, number, frozenset(kinds), holder, (term,), one_time=one_time)
    if not licence.kinds:
        raise Conflict("a licence allows at least one kind of trade")
    if number and not facts.NUMBER.fullmatch(number):
        raise Conflict(f"{number[:40]!r} is no licence number")
    if objections := rules.before_grant(licence):
        raise Refused(objections, subject=number)
    return enter(by=by, at=at, licences=[licence])[0]


def enter(*, by: Actor, at: datetime, licences: Sequence[facts.Licence]) -> list[facts.Licence]:
    """Write new licences with their first version, terms and changes, and journal each. Inside an action only.

    Raises ``Conflict`` where a number is in the register already.
    """
    entered = _numbered(licences, at.year)
    rows = [
        Licence(authority=one.authority, number=one.number, number_key=facts.number_key(one.number), recorded_at=at)
        for one in entered
    ]
    try:
        with transaction.atomic():
            rows = Licence.objects.bulk_create(rows, batch_size=200)
    except IntegrityError as error:
        numbers = ", ".join(one.number for one in entered[:3])
        raise Conflict(f"licence {numbers} is in the register already") from error
    pairs = list(zip(rows, entered))
    who = {"recorded_at": at, "recorded_by": by.id}
    Version.objects.bulk_create(
        [_version(row, one, one.terms[0].start, reason="", **who) for row, one in pairs], batch_size=100
    )
    Term.objects.bulk_create(
        [Term(licence=row, since=t.start, until=t.end, **who) for row, one in pairs for t in one.terms], batch_size=200
    )
    for row, one in pairs:
        for change in one.changes:
            write_change(row, change, by=by, at=at)
        record("licence.granted", by=by, at=at, subject=one.number, statement=statements.for_journal(one) | {
            "changes": [{"status": c.status.value, "since": c.since.isoformat(), "reason": c.reason}
                        for c in one.changes],
        })  # fmt: skip
    return entered


def _version(row: Licence, licence: facts.Licence, since: date, **more: Any) -> Version:
    """Kinds and holder as a row that is not written yet."""
    holder = licence.holder
    return Version(
        licence=row, version=licence.version, since=since,
        kinds=f" {' '.join(sorted(kind.value for kind in licence.kinds))} ",
        name=holder.name, name_key=facts.search_key(holder.name)[:200], address=holder.address,
        nationality=holder.nationality, residence=holder.residence, area=holder.area,
        legal_form=holder.legal_form.value, registration_id=holder.registration_id, email=holder.email,
        contact=holder.contact, one_time=licence.one_time, **more,
    )  # fmt: skip


def write_change(row: Licence, change: facts.Change, *, by: Actor, at: datetime) -> None:
    """Write a change of standing. Inside an action only."""
    Change.objects.create(
        licence=row, status=change.status.value, since=change.since, reason=change.reason, recorded_at=at,
        recorded_by=by.id,
    )  # fmt: skip


@action("trade.renew", needs=Permission.LICENCE_GRANT)
def renew(*, by: Actor, at: datetime, authority: str, number: str, term: Period) -> facts.Licence:
    """Renew a licence for a further term, which begins when or after the last one ends. Raises ``Conflict``."""
    serve(by, authority)
    row, licence = locked(authority, number, Act.RENEW, at.date())
    if any(term.overlaps(earlier) for earlier in licence.terms) or term.start < licence.terms[-1].start:
        raise Conflict(f"licence {number} is valid in that time already, or has no end: a new term follows the last")
    Term.objects.create(licence=row, since=term.start, until=term.end, recorded_at=at, recorded_by=by.id)
    renewed = replace(licence, terms=(*licence.terms, term))
    record("licence.renewed", by=by, at=at, subject=number, statement=statements.for_journal(renewed))
    return renewed


@action("trade.amend", needs=Permission.LICENCE_GRANT)
def amend(
    *, by: Actor, at: datetime, authority: str, number: str, version: int, kinds: Iterable[facts.LicenceKind],
    holder: facts.Holder, since: date, reason: str, one_time: bool = False,
) -> facts.Licence:  # fmt: skip
    """Amend kinds or holder from a day on: a new version that names the old one.

    ``version`` is the one the officer saw: raises ``Conflict`` where somebody amended it meanwhile, ``Refused`` where
    the new record is not complete (R122).
    """
    serve(by, authority)
    row, old = locked(authority, number, Act.AMEND, at.date())
    if old.version != version:
        raise Conflict(f"licence {number} was amended meanwhile: version {version} is now version {old.version}")
    if (last := row.versions.last()) is not None and since < last.since:
        raise Conflict(f"version {old.version} of licence {number} holds from {last.since}: the next cannot be earlier")
    new = replace(old, kinds=frozenset(kinds), holder=holder, one_time=one_time, version=version + 1)
    if not new.kinds or not reason.strip():
        raise Conflict("an amendment says why, and leaves the licence at least one kind of trade")
    if objections := rules.before_grant(new):
        raise Refused(objections, subject=number)
    _version(row, new, since, reason=reason, recorded_at=at, recorded_by=by.id).save()
    record("licence.amended", by=by, at=at, subject=number, statement=statements.for_journal(new) | {
        "amends": version, "since": since.isoformat(), "reason": reason,
        "particulars_before": statements.for_journal(old)["particulars"],
    })  # fmt: skip
    return new
