"""Pages of the register of licences: the public search, one licence, and what officers do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.desk.forms import DONE, attempt
from openkimberley.desk.tables import MAX_BYTES, MEDIA_TYPES, BadRows, Fault, read_table, write_table
from openkimberley.desk.web import actor_of, demand
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound, NotPermitted, Untrusted
from openkimberley.trade import actions, facts, forms, queries, statements
from openkimberley.trade.facts import Act

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from openkimberley.kernel.actor import Actor


def _shown(licence: facts.Licence, on: date) -> dict[str, Any]:
    """A licence on a day for a template, public part only."""
    term = licence.term_on(on)
    status = licence.status_on(on).value
    return {
        "authority": licence.authority, "number": licence.number, "holder": licence.holder.name,
        "kinds": [_(facts.WORDS[kind.value]) for kind in facts.SERIES if kind in licence.kinds],
        "status": status, "word": _(facts.WORDS[status]), "valid_from": term.start if term else None,
        "valid_to": statements.last_day(term),
    }  # fmt: skip


def _asked(request: HttpRequest) -> tuple[forms.SearchForm, dict[str, Any]]:
    """The search form and what it asks for; today where no day is given."""
    form = forms.SearchForm(request.GET or None)
    good = form.cleaned_data if form.is_valid() else {}
    wanted = {"text": good.get("q", ""), "authority": good.get("authority", ""), "kind": good.get("kind", ""),
              "status": good.get("status", ""), "on": good.get("at") or timezone.localtime().date()}  # fmt: skip
    return form, wanted


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The public register: who is licensed as what, by whom, on a day."""
    form, wanted = _asked(request)
    page = request.GET.get("page", "1")
    found = queries.search(**wanted, page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1)
    by = actor_of(request)
    return render(request, "trade/search.html", {
        "form": form, "found": found, "rows": [_shown(licence, wanted["on"]) for licence in found.licences],
        "on": wanted["on"], "keeps": by.may(Permission.LICENCE_GRANT),
        "previous": found.page - 1, "next": found.page + 1 if found.page < found.pages else 0,
    }, status=400 if form.is_bound and form.errors else 200)  # fmt: skip


def _is_own(by: Actor, authority: str) -> bool:
    """True where the actor may see the whole record: an officer of the authority that keeps it."""
    return by.may(Permission.LICENCE_READ) and bool(authority) and by.authority == authority


@require_GET
def licence_page(request: HttpRequest, authority: str, number: str) -> HttpResponse:
    """One licence: what everybody may know, and for the authority's own officers the whole record."""
    on, by = timezone.localtime().date(), actor_of(request)
    licence = queries.licence(authority, number)
    shown: dict[str, Any] = {"licence": _shown(licence, on), "on": on}
    if _is_own(by, authority):
        allowed = facts.TRANSITIONS[licence.status_on(on)] if by.may(Permission.LICENCE_GRANT) else frozenset()
        shown |= {
            "own": licence, "legal_form": _(facts.WORDS[licence.holder.legal_form.value]),
            "verbs": [(act.value.lower(), _(LABELS[act.value.lower()])) for act in Act if act in allowed],
            "is_agent": facts.LicenceKind.AGENT in licence.kinds, "keeps": by.may(Permission.LICENCE_GRANT),
            "terms": [{"since": t.start, "last": statements.last_day(t)} for t in licence.terms],
            "changes": [{"change": c, "word": _(facts.WORDS[c.status.value])} for c in reversed(licence.changes)],
            "powers": [{"power": p, "last": statements.last_day(p.period)} for p in licence.may_file_for],
            "agents": queries.agents_of(number, on), "versions": queries.versions(authority, number),
            "journal": journal.entries(subject=number, authority=authority)[:50],
        }  # fmt: skip
    return render(request, "trade/licence.html", shown)


LABELS = {
    "renew": gettext_noop("Renew"), "amend": gettext_noop("Amend"), "suspend": gettext_noop("Suspend"),
    "reinstate": gettext_noop("Reinstate"), "revoke": gettext_noop("Revoke"),
    "name-agent": gettext_noop("Name a company that this agent may file for"),
    "end-agent": gettext_noop("End an agent's power"), "stock": gettext_noop("Enter a stock declaration"),
}  # fmt: skip


def _renew(form: forms.RenewForm, **who: Any) -> object:
    """The act of the form."""
    return actions.renew(**who, term=form.term)


def _amend(form: forms.AmendForm, **who: Any) -> object:
    """The act of the form."""
    given = form.cleaned_data
    return actions.amend(
        **who, version=given["version"], kinds=form.kinds_facts, holder=form.holder, since=given["since"],
        reason=given["reason"], one_time=given["one_time"],
    )  # fmt: skip


def _standing(act: Callable[..., object]) -> Callable[..., object]:
    """The act of a form with a day and a reason."""
    return lambda form, **who: act(**who, **form.cleaned_data)


def _name_agent(form: forms.AgentForm, *, number: str, **who: Any) -> object:
    """The act of the form."""
    given = form.cleaned_data
    return actions.name_agent(
        **who, agent=number, company=given["company"], period=form.term, document=given["document"]
    )


def _end_agent(form: forms.EndAgentForm, *, number: str, **who: Any) -> object:
    """The act of the form."""
    return actions.end_agent(**who, agent=number, **form.cleaned_data)


def _stock(form: forms.StockForm, **who: Any) -> object:
    """The act of the form."""
    return actions.declare_stock(**who, year=form.cleaned_data["year"])


VERBS: dict[str, tuple[type[Any], Callable[..., object]]] = {
    "renew": (forms.RenewForm, _renew),
    "amend": (forms.AmendForm, _amend),
    "suspend": (forms.StandingForm, _standing(actions.suspend)),
    "reinstate": (forms.StandingForm, _standing(actions.reinstate)),
    "revoke": (forms.StandingForm, _standing(actions.revoke)),
    "name-agent": (forms.AgentForm, _name_agent),
    "end-agent": (forms.EndAgentForm, _end_agent),
    "stock": (forms.StockForm, _stock),
}
"""What an officer does to a licence: the form that asks, and the act that does it."""


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, verb: str, authority: str, number: str) -> HttpResponse:
    """Renew, amend, suspend, reinstate, revoke; name and end agents; declare stock."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    if verb not in VERBS:
        raise NotFound("act", verb[:40])
    if by.authority != authority:
        raise NotPermitted(Permission.LICENCE_GRANT)
    licence = queries.licence(authority, number)
    kind, act = VERBS[verb]
    form = kind(request.POST or None, initial=_initial(verb, licence, now.date()))
    status = 200
    if request.method == "POST":
        _done, status = attempt(form, lambda: act(form, by=by, at=now, authority=authority, number=number))
        if status == DONE:
            messages.success(request, _("%(what)s: entered for licence %(number)s.") % {
                "what": _(LABELS[verb]), "number": number})  # fmt: skip
            return redirect("licence", authority, number)
    return render(request, "trade/change.html", {
        "form": form, "licence": _shown(licence, now.date()), "verb": verb, "label": _(LABELS[verb]),
    }, status=status)  # fmt: skip


def _initial(verb: str, licence: facts.Licence, today: date) -> dict[str, Any]:
    """What the form of a verb shows at first."""
    begin = {"since": today, "until": today, "year": today.year - 1, "valid_from": today}
    if verb == "renew":
        last = licence.terms[-1].end if licence.terms else None
        return {"valid_from": last or today}
    return forms.holder_initial(licence) | {"since": today} if verb == "amend" else begin


@require_http_methods(["GET", "POST"])
def grant(request: HttpRequest) -> HttpResponse:
    """Grant a licence."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    form = forms.GrantForm(request.POST or None, initial={"valid_from": now.date(), "legal_form": "COMPANY"})
    status = 200
    if request.method == "POST":
        granted, status = attempt(form, lambda: actions.grant(
            by=by, at=now, authority=by.authority, kinds=form.kinds_facts, holder=form.holder, term=form.term,
            number=form.cleaned_data["number"], one_time=form.cleaned_data["one_time"],
        ))  # fmt: skip
        if status == DONE:
            messages.success(request, _("Licence %(number)s is granted.") % {"number": granted.number})
            return redirect("licence", by.authority, granted.number)
    return render(request, "trade/grant.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Load a table of licences: all of it, or none of it and a report of every bad row."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    shown: dict[str, Any] = {"form": form, "columns": statements.COLUMNS}
    if request.method == "GET":
        return render(request, "trade/upload.html", shown)
    if not form.is_valid():
        return render(request, "trade/upload.html", shown, status=422)
    given = form.cleaned_data["file"]
    try:
        rows = read_table(given.read(MAX_BYTES + 1), given.name)
        numbers = actions.load(by=by, at=now, authority=by.authority, rows=rows)
    except BadRows as bad:
        faults = [said(fault) for fault in bad.faults]
        return render(request, "trade/upload.html", shown | {"faults": faults, "count": bad.count}, status=bad.status)
    except Untrusted as error:
        form.add_error("file", error.reason)
        return render(request, "trade/upload.html", shown, status=error.status)
    messages.success(request, _("%(count)s licences are loaded.") % {"count": len(numbers)})
    return redirect(f"/licences?authority={by.authority}")


def said(fault: Fault) -> dict[str, Any]:
    """A fault of a row in the reader's language."""
    message = _(fault.template) % fault.facts if fault.facts else _(fault.template)
    remedy = _(fault.remedy) if fault.remedy else ""
    return {"line": fault.line, "field": fault.field, "rule": fault.rule, "message": message, "remedy": remedy}


@require_GET
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """The result of a search as a table: everything for the authority's own officers, else what everybody may know."""
    _form, wanted = _asked(request)
    by, on = actor_of(request), wanted["on"]
    columns: tuple[str, ...] = statements.COLUMNS
    if _is_own(by, wanted["authority"]):
        rows = (statements.to_row(licence, on) for licence in queries.every(**wanted))
    else:
        found = (statements.to_public(licence, on) for licence in queries.every(**wanted))
        rows = (row | {"kinds": "; ".join(row["kinds"])} for row in found)
        columns = statements.PUBLIC_COLUMNS
    response = HttpResponse(write_table(rows, kind, columns), content_type=MEDIA_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="licences-{on}.{kind}"'
    return response
