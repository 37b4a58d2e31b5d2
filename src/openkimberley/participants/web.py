"""The public pages of the register: who takes part on a day, and all that is known of one Participant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from babel import Locale
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries
from openkimberley.participants.facts import (
    CONFIDENCE,
    LABELS,
    PRECISION,
    WORDS,
    Deadline,
    Participant,
    Range,
    Retention,
    Status,
    StatusPeriod,
    Validity,
    Value,
)
from openkimberley.participants.facts.profiles import FIELDS
from openkimberley.participants.forms import AsOf

TONES: Mapping[Status, str] = {
    Status.PARTICIPANT: "good", Status.TRADING_ENTITY: "good", Status.RESTRICTED: "wait", Status.SUSPENDED: "bad",
    Status.SELF_SUSPENDED: "bad", Status.REMOVED: "bad", Status.EMBARGOED: "bad", Status.MERGED: "info",
    Status.APPLICANT: "info", Status.NON_PARTICIPANT: "idle",
}  # fmt: skip
"""The colour beside the word of a status."""


def _name(participant: Participant) -> str:
    """The Participant's official name in English, the usual one in other languages."""
    language = get_language() or "en"
    if participant.kind == "STATE" and not language.startswith("en"):
        named = Locale.parse(to_locale(language)).territories.get(participant.code)
        return str(named or participant.name)
    return _(participant.name)


def _asked(request: HttpRequest) -> tuple[AsOf, date, str]:
    """The form with the day and list asked for; today and the Scheme's list where nothing, or nonsense, was asked."""
    form = AsOf(request.GET or None)
    good = form.is_valid() and form.cleaned_data
    return form, (good and good["at"]) or timezone.localtime().date(), (good and good["by"]) or ""


def _shown(period: StatusPeriod) -> dict[str, Any]:
    """A status period for a template."""
    return {
        "period": period, "word": _(WORDS[period.status]), "tone": TONES[period.status],
        "since": None if period.since == date.min else period.since, "confidence": _(CONFIDENCE[period.confidence]),
        "precision": "" if period.precision == "day" else _(PRECISION[period.precision]), "about": _about(period),
    }  # fmt: skip


def _about(period: StatusPeriod) -> str:
    """What is known of a first day that is not known: the year, the month or the span."""
    if period.precision == "month":
        return date_format(period.since, "YEAR_MONTH_FORMAT")
    first, last = period.earliest or period.since, period.latest or period.since
    if period.precision == "year" or (period.precision == "window" and first.year == last.year):
        return date_format(period.since, "Y")
    return f"{first.year}\N{EN DASH}{last.year}" if period.precision == "window" else ""


def register_page(request: HttpRequest) -> HttpResponse:
    """The list of a day: Participants first, then everybody else the register knows."""
    form, day, by_list = _asked(request)
    whole = queries.register()
    rows = [
        {"code": one.participant.code, "name": _name(one.participant), "seat": one.seat, "trades": one.trades,
         **_shown(one.period)}
        for one in queries.standings(day, by_list)
    ]  # fmt: skip
    seated = [row for row in rows if row["seat"] or row["period"].status is Status.TRADING_ENTITY]
    national = whole.national_lists.get(by_list)
    return render(request, "participants/list.html", {
        "form": form, "day": day, "by_list": national, "seated": seated,
        "others": [row for row in rows if row not in seated],
        "count": len(whole.members_at(day)), "countries": len(whole.countries_at(day)),
        "not_trading": sum(1 for row in seated if not row["trades"]),
    }, status=400 if form.is_bound and form.errors else 200)  # fmt: skip


def participant_page(request: HttpRequest, code: str) -> HttpResponse:
    """One Participant: status of the day, history with sources, what it covers, authorities, profile."""
    form, day, _by = _asked(request)
    whole = queries.register()
    participant = whole.participants.get(code)
    if participant is None:
        raise NotFound("participant", code)
    profile = queries.profiles().of(code)
    known = profile.known()
    national = [
        {"list": one, "entries": [_shown(entry) for entry in reversed(one.periods[code])]}
        for one in whole.national_lists.values() if code in one.periods
    ]  # fmt: skip
    return render(request, "participants/detail.html", {
        "form": form, "day": day, "participant": participant, "name": _name(participant),
        "now": _shown(whole.status_at(code, day)), "sure": whole.sure_at(code, day),
        "history": [_shown(period) for period in reversed(participant.history)],
        "zones": whole.open_zones(code, day), "national": national,
        "values": [_value(name, known[name]) for name in FIELDS if name in known],
        "unknown": [_(LABELS[name]) for name in FIELDS if name not in known],
    })  # fmt: skip


def _value(name: str, value: Value[Any]) -> dict[str, Any]:
    """A profile value for a template."""
    sure = "" if value.confidence == "seen" else _(CONFIDENCE[value.confidence])
    return {"name": name, "label": _(LABELS[name]), "text": _in_words(value.value), "value": value, "confidence": sure}


def _in_words(value: Any) -> str:
    """A profile value in the reader's words."""
    return _IN_WORDS.get(type(value), str)(value)


def _yes_no(value: bool) -> str:
    """``Yes`` or ``No``."""
    return _("Yes") if value else _("No")


def _range(value: Range) -> str:
    """``4000-4500 (2014)``."""
    year = f" ({value.year})" if value.year else ""
    return f"{value.from_}\N{EN DASH}{value.to}{year}"


def _validity(value: Validity) -> str:
    """``2 months`` and the like."""
    words = {
        "MONTHS": ngettext("%(n)s month from issue", "%(n)s months from issue", value.n),
        "DAYS": ngettext("%(n)s day from issue", "%(n)s days from issue", value.n),
        "DAYS_2400_GMT": ngettext(
            "until 24:00 GMT, %(n)s day after issue", "until 24:00 GMT, %(n)s days after issue", value.n
        ),
        "ENTIRE_JOURNEY": ngettext(
            "the entire journey, about %(n)s month", "the entire journey, about %(n)s months", value.n
        ),
    }
    return words[value.kind] % {"n": value.n}


def _deadline(value: Deadline) -> str:
    """``10 working days from submission`` and the like."""
    span = {
        "WORKING_DAYS": ngettext("%(n)s working day", "%(n)s working days", value.n),
        "CALENDAR_DAYS": ngettext("%(n)s day", "%(n)s days", value.n),
        "MONTHS": ngettext("%(n)s month", "%(n)s months", value.n),
    }[value.kind] % {"n": value.n}
    start = {
        "SUBMISSION": _("from submission"), "ARRIVAL": _("from arrival"), "IMPORT": _("from import"),
        "FINDING": _("from finding it"), "EXPORT": _("from export"),
    }[value.counted_from]  # fmt: skip
    return f"{span} {start}"


def _retention(value: Retention) -> str:
    """``authority 3 years, exporter 3 years`` for those that are known."""
    parts = [
        (_("authority"), value.authority), (_("exporter"), value.exporter), (_("importer"), value.importer)
    ]  # fmt: skip
    said = [(who, n, ngettext("%(n)s year", "%(n)s years", n) % {"n": n}) for who, n in parts if n is not None]
    return ", ".join(f"{who} {years}" for who, _n, years in said)


_IN_WORDS: Mapping[type, Callable[[Any], str]] = {
    bool: _yes_no, Validity: _validity, Deadline: _deadline, Retention: _retention, Range: _range,
    date: lambda value: str(date_format(value, "DATE_FORMAT")),
    tuple: lambda value: ", ".join(_in_words(one) for one in value),
}  # fmt: skip
