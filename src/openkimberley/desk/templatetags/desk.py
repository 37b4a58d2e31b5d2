"""Template tags of every page: fields, error summaries, objections, status words, amounts, days, countries.

``{% load desk %}``. Each tag escapes what it shows; none reads the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from django import template
from django.forms import BaseForm, BaseFormSet, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from openkimberley.desk import web
from openkimberley.desk.templatetags import words
from openkimberley.kernel.actor import Role
from openkimberley.kernel.rules import Objection, rulebook

register = template.Library()


def _locale() -> Locale:
    """Babel's locale of the reader's language."""
    return Locale.parse(to_locale(get_language() or "en"))


# Forms


def _fault(error: Any) -> dict[str, Any]:
    """One validation error for a template: message, and rule, remedy and source where a rule spoke."""
    spoken = getattr(error, "spoken", {})
    return {"message": " ".join(str(m) for m in error.messages), "rule": spoken.get("rule", ""),
            "remedy": spoken.get("remedy", ""), "source": spoken.get("source", "")}  # fmt: skip


@register.inclusion_tag("desk/field.html")
def field(bound: BoundField, css: str = "", unit: str = "") -> dict[str, Any]:
    """``{% field form.carats %}``: label, hint, errors and input, tied together for a screen reader.

    ``css`` adds a class (``short``, ``wide``); ``unit`` is shown after the input (it defaults to the field's own).
    """
    group = isinstance(bound.field.widget, (RadioSelect, CheckboxSelectMultiple))
    bound.field.widget.attrs.pop("placeholder", None)  # a label that vanishes while typing helps nobody
    faults = [_fault(e) for e in bound.errors.as_data()] if bound.errors else []
    described = [f"{bound.auto_id}_helptext"] * bool(bound.help_text) + [f"{bound.auto_id}_error"] * bool(faults)
    return {
        "field": bound, "css": css, "unit": unit or getattr(bound.field, "unit", ""), "group": group, "faults": faults,
        "described": " ".join(described), "widget": "" if group else bound.as_widget(),
        "tick": isinstance(bound.field.widget, CheckboxInput),
    }  # fmt: skip


def _faults_of_form(form: BaseForm, title: str = "") -> Iterator[dict[str, Any]]:
    """Every error of a form, each with the id of the input it concerns."""
    for name, errors in form.errors.as_data().items():
        bound = form[name] if name in form.fields else None
        for error in errors:
            target = ""
            if bound is not None:
                group = isinstance(bound.field.widget, (RadioSelect, CheckboxSelectMultiple))
                target = f"{bound.auto_id}_0" if group else str(bound.id_for_label or bound.auto_id)
            label = ", ".join(str(part) for part in (title, bound.label if bound else "") if part)
            yield {**_fault(error), "target": target, "label": label}


def _faults(thing: Any) -> Iterator[dict[str, Any]]:
    """The errors of a form, a formset, or objections in any of their forms."""
    if not thing:
        return
    if isinstance(thing, BaseForm):
        yield from _faults_of_form(thing)
    elif isinstance(thing, BaseFormSet):
        yield from (_fault(e) | {"target": "", "label": ""} for e in thing.non_form_errors().as_data())
        for position, form in enumerate(thing.forms, start=1):
            yield from _faults_of_form(form, _("Line %(number)s") % {"number": position})
    elif isinstance(thing, (Objection, dict)):
        yield {"target": "", "label": "", **_said(thing)}
    elif isinstance(thing, Iterable):
        for part in thing:
            yield from _faults(part)


@register.inclusion_tag("desk/error_summary.html")
def error_summary(*things: Any) -> dict[str, Any]:
    """``{% error_summary form lines objections %}``: all problems of all of them, with links to the fields."""
    every = [fault for thing in things for fault in _faults(thing)]
    placed = {(f["rule"], f["message"]) for f in every if f["rule"] and f["target"]}
    seen: list[dict[str, Any]] = []
    for fault in every:
        # an objection given both as a list and beside its field is said once, with the link
        again = not fault["target"] and (fault["rule"], fault["message"]) in placed
        if not again and fault not in seen:
            seen.append(fault)
    return {"faults": seen}


def _said(objection: Objection | dict[str, Any]) -> dict[str, Any]:
    """An objection in the reader's words, with its rule's official wording."""
    spoken = web.said(objection) if isinstance(objection, Objection) else dict(objection)
    entry = rulebook().get(spoken.get("rule", ""))
    return {"wording": entry.statement if entry else "", "severity_word": words.severity(spoken.get("severity", "")),
            **spoken}  # fmt: skip


@register.inclusion_tag("desk/objections.html")
def objections_list(objections: Iterable[Objection | dict[str, Any]] | None, lang: str = "") -> dict[str, Any]:
    """``{% objections_list objections %}``: rule, message, what to do, and the rule's wording and source in a fold.

    ``lang`` is the language of messages that were kept in one, and are not in the reader's.
    """
    return {"objections": [_said(o) for o in objections or ()], "spoken": lang}


@register.inclusion_tag("desk/lines.html")
def lines(formset: BaseFormSet[Any], legend: str = "", add: str = "") -> dict[str, Any]:
    """``{% lines formset %}``: every line as a fieldset, with buttons to add and remove that need no JavaScript."""
    return {"lines": formset, "legend": legend or _("Line"), "add": add or _("Add another line")}


@register.simple_tag
def default_button() -> SafeString:
    """The submit button that the Enter key presses. Put first in a form that has other buttons before its own."""
    return format_html('<button type="submit" class="visually-hidden" tabindex="-1">{}</button>', _("Continue"))


# Words and numbers


@register.simple_tag
def status_tag(status: object, text: str = "", of: str = "") -> SafeString:
    """``{% status_tag row.status of="application" %}``: the status in words, with colour and shape."""
    code = str(getattr(status, "value", status) or "")
    return format_html('<span class="tag {}">{}</span>', words.tone(code, of), text or words.status(code, of))


@register.inclusion_tag("desk/verdict.html")
def verdict(code: object, advice: object = "", text: str = "", level: int = 1) -> dict[str, Any]:
    """``{% verdict "cannot_tell" advice="hold" %}``: big words and an icon; ``level`` is the heading's level."""
    advised = str(getattr(advice, "value", advice) or "")
    # a genuine message about a certificate is not shown as a valid paper
    word, css = words.verdict(advised if advised == "no_certificate" else str(getattr(code, "value", code)))
    said = words.advice(advised)
    return {"word": word, "css": css, "advice": said, "text": text, "heading": f"h{int(level)}"}


@register.filter
def status_word(status: object, of: str = "") -> str:
    """The status in words, without the tag."""
    return words.status(str(getattr(status, "value", status) or ""), of)


@register.filter
def role_names(roles: Iterable[object]) -> list[str]:
    """Roles in the reader's words, in order."""
    return sorted(words.role(str(r)) for r in roles if str(r) != Role.PUBLIC.value)


@register.filter
def role_word(role: object) -> str:
    """One role in the reader's words."""
    return words.role(str(getattr(role, "value", role)))


def _amount(value: object) -> str:
    """An exact amount with the reader's grouping, always two decimals."""
    return format_decimal(Decimal(str(value)), format="#,##0.00", locale=_locale(), decimal_quantization=False)


@register.filter
def carats(value: Decimal | str | None) -> SafeString:
    """``{{ line.carats|carats }}``: localised, two decimals, with its unit; a dash where unknown."""
    if value is None or value == "":
        return format_html('<span class="soft">{}</span>', "–")
    return format_html('<bdi class="nowrap">{} ct</bdi>', _amount(value))


@register.filter
def approval_word(level: str) -> SafeString:
    """``{{ row.approval_level|approval_word }}``: how the approvals were proven, weaker ones marked."""
    tone, word = words.APPROVAL.get(str(level), ("idle", str(level)))
    return format_html('<span class="tag {}">{}</span>', tone, word)


@register.filter
def usd(value: Decimal | str | None) -> SafeString:
    """``{{ line.usd|usd }}``: localised, two decimals, with its currency; a dash where unknown."""
    if value is None or value == "":
        return format_html('<span class="soft">{}</span>', "–")
    return format_html('<bdi class="nowrap">US$ {}</bdi>', _amount(value))


def _day_in_words(value: date) -> str:
    """The day as the reader writes it. English here is the world's: 2 November 2026, never November 2."""
    locale = _locale()
    return format_date(value, "long", locale=Locale("en", "GB") if locale.language == "en" else locale)


@register.filter
def day(value: date | datetime | str | None) -> SafeString:
    """``{{ certificate.expiry_date|day }}``: the day in the reader's words; a dash where unknown."""
    if not value:
        return format_html('<span class="soft">{}</span>', "–")
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    said = _day_in_words(value)
    return format_html('<time class="nowrap" datetime="{}">{}</time>', value.isoformat(), said)


@register.filter
def moment(value: datetime | str | None) -> SafeString:
    """``{{ entry.at|moment }}``: day and time of day in the node's time zone, named."""
    if not value:
        return format_html('<span class="soft">{}</span>', "–")
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    here = timezone.localtime(value) if timezone.is_aware(value) else value
    said = f"{_day_in_words(here.date())} {here:%H:%M} {here.tzname() or ''}".strip()
    return format_html('<time datetime="{}">{}</time>', here.isoformat(timespec="seconds"), said)


@register.filter
def country(code: str | None) -> str:
    """``{{ certificate.destination|country }}``: the name of a code in the reader's language (CLDR).

    ``EU-BE`` is Belgium in the European Union, ``***`` mixed origin; an unknown code is shown as it is.
    """
    code = (code or "").strip()
    return words.country(code, _locale())


# Addresses


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, **changes: Any) -> str:
    """``{% url_with page=3 %}``: this page's query with these parameters changed; None or empty drops one."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def journal_link(context: template.Context, subject: str, text: str = "") -> SafeString:
    """``{% journal_link certificate.number %}``: to the journal's entries on a subject, for those who may read it."""
    if not (context.get("may") or {}).get("journal_read"):
        return SafeString("")
    try:
        address = reverse("journal")
    except NoReverseMatch:
        address = "/journal/"
    return format_html('<a class="no-print" href="{}?{}">{}</a>', address, urlencode({"subject": subject}),
                       text or _("History in the journal"))  # fmt: skip


@register.inclusion_tag("desk/pages.html", takes_context=True)
def pages(context: template.Context, page: Any) -> dict[str, Any]:
    """``{% pages page %}``: previous and next of a Django ``Page``, keeping the rest of the query."""
    return {"page": page, "request": context["request"]}
