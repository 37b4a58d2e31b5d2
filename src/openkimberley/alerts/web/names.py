"""Names on lists of sanctions and convictions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.alerts import actions, facts, forms, queries
from openkimberley.desk.forms import DONE, attempt
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission


@require_GET
def names(request: HttpRequest) -> HttpResponse:
    """The entries in force on a day, and whether a name is one of them."""
    by = demand(request, Permission.ALERT_READ)
    form = forms.NameSearch(request.GET or None)
    good = form.cleaned_data if form.is_valid() else {}
    on, text = good.get("on") or timezone.localtime().date(), good.get("q", "")
    page = queries.page_of(queries.listed_names(on, text), request.GET.get("page", "1"))
    rows = [{"entry": queries.to_listed(row)} for row in page]
    for row in rows:
        row |= {"kind": _(facts.WORDS[row["entry"].kind.value])}  # type: ignore[dict-item]
    return render(request, "alerts/names.html", {
        "form": form, "page": page, "rows": rows, "on": on, "asked": text,
        "matches": queries.match_names([text], on) if text else (), "enters": by.may(Permission.ALERT_RAISE),
    }, status=400 if form.is_bound and form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a listed name."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    form = forms.NameForm(request.POST or None)
    status = 200
    if request.method == "POST":
        _done, status = attempt(form, lambda: actions.list_name(by=by, at=now, entry=form.entry))
        if status == DONE:
            messages.success(request, _("Entered."))
            return redirect("names")
    return _page(request, form, _("Enter a listed name"), status=status)


@require_http_methods(["GET", "POST"])
def delist(request: HttpRequest, reference: str) -> HttpResponse:
    """Say from which day on a name no longer stands on its list."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    form = forms.EndForm(request.POST or None, initial={"until": now.date()})
    status = 200
    if request.method == "POST":
        _done, status = attempt(
            form, lambda: actions.delist_name(by=by, at=now, reference=reference, **form.cleaned_data)
        )
        if status == DONE:
            messages.success(request, _("Entered."))
            return redirect("names")
    return _page(request, form, _("Take a name off its list"), status=status, caption=reference)


def _page(request: HttpRequest, form: Any, title: str, *, status: int, **more: Any) -> HttpResponse:
    """A page with one form."""
    shown = {"form": form, "title": title, "button": _("Enter"), "back": "names", "back_label": _("Listed names")}
    return render(request, "alerts/form.html", {**shown, **more}, status=status)
