"""The public warnings, the officers' list of alerts, and what is done to one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.alerts import actions, facts, forms, queries, statements
from openkimberley.alerts.facts import AlertStatus
from openkimberley.desk.forms import DONE, attempt
from openkimberley.desk.web import actor_of, demand
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound

TONES = {"SUSPECTED": "wait", "CONFIRMED": "bad", "WITHDRAWN": "idle"}
"""The colour beside the word of a status."""


def shown(alert: facts.Alert) -> dict[str, Any]:
    """An alert for a template."""
    return {
        "alert": alert, "kind": _(facts.WORDS[alert.kind.value]), "status": _(facts.WORDS[alert.status.value]),
        "tone": TONES[alert.status.value], "serials": str(alert.serials) if alert.serials else "",
        # a whole address is wider than a telephone: the link shows whose page it is
        "site": alert.source.split("/", 3)[2] if alert.source.startswith(("https://", "http://")) else "",
    }  # fmt: skip


@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """For everybody the confirmed warnings; for officers every alert."""
    officer = actor_of(request).may(Permission.ALERT_READ)
    form = forms.AlertSearch(request.GET or None)
    good = form.cleaned_data if form.is_valid() else {}
    wanted = {"text": good.get("q", ""), "kind": good.get("kind", ""), "issuer": good.get("issuer", "")}
    if officer:
        wanted["status"] = good.get("status", "")
    page = queries.page_of(queries.alerts(**wanted, public=not officer), request.GET.get("page", "1"))
    return render(request, "alerts/list.html" if officer else "alerts/public.html", {
        "form": form, "page": page, "rows": [shown(queries.to_alert(row)) for row in page],
        "raises": actor_of(request).may(Permission.ALERT_RAISE),
    }, status=400 if form.is_bound and form.errors else 200)  # fmt: skip


@require_GET
def alert(request: HttpRequest, reference: str) -> HttpResponse:
    """One alert with its history, for officers."""
    by = demand(request, Permission.ALERT_READ)
    one = queries.alert(reference)
    allowed = facts.TRANSITIONS[one.status] if by.may(Permission.ALERT_RAISE) else frozenset()
    return render(request, "alerts/alert.html", {
        **shown(one), "reason": queries.reason_of(reference), "journal": journal.entries(subject=reference),
        "may_confirm": AlertStatus.CONFIRMED in allowed, "may_withdraw": AlertStatus.WITHDRAWN in allowed,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def raise_alert(request: HttpRequest) -> HttpResponse:
    """Enter an alert. The address may bring issuer, number and features along."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    brought = {key: request.GET[key][:2000] for key in ("kind", "issuer", "number", "features") if key in request.GET}
    form = forms.AlertForm(request.POST or None, initial={"day": now.date(), **brought})
    status = 200
    if request.method == "POST":
        raised, status = attempt(form, lambda: actions.raise_alert(by=by, at=now, alert=form.alert))
        if status == DONE:
            messages.success(request, _("Alert %(reference)s is out.") % {"reference": raised.reference})
            return redirect("alert", raised.reference)
    return _page(request, form, _("Raise an alert"), _("Raise the alert"), status=status, lead=_(
        "Every desk of this node stops what the alert names, from the moment it is entered."))  # fmt: skip


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, reference: str, verb: str) -> HttpResponse:
    """Confirm or withdraw an alert."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    if verb not in ("confirm", "withdraw"):
        raise NotFound("act", verb[:40])
    queries.alert(reference)
    form = forms.ConfirmForm(request.POST or None) if verb == "confirm" else forms.ReasonForm(request.POST or None)

    def act() -> object:
        given = form.cleaned_data
        if verb == "confirm":
            features = forms.lines(given["features"])
            return actions.confirm_alert(by=by, at=now, reference=reference, reason=given["reason"], features=features)
        return actions.withdraw_alert(by=by, at=now, reference=reference, reason=given["reason"])

    status = attempt(form, act)[1] if request.method == "POST" else 200
    if status == DONE:
        messages.success(request, _("Entered for alert %(reference)s.") % {"reference": reference})
        return redirect("alert", reference)
    title = _("Confirm the alert") if verb == "confirm" else _("Withdraw the alert")
    return _page(request, form, title, title, status=status, caption=reference)


@require_http_methods(["GET", "POST"])
def import_alerts(request: HttpRequest) -> HttpResponse:
    """Enter alerts that another node wrote: all of them or none."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    form = forms.ImportForm(request.POST or None, request.FILES or None)

    def act() -> tuple[str, ...]:
        read = statements.read(form.cleaned_data["file"].read(statements.MAX_BYTES + 1))
        return actions.import_alerts(by=by, at=now, alerts=read)

    entered, status = attempt(form, act, field="file") if request.method == "POST" else ((), 200)
    if status == DONE:
        messages.success(request, _("%(count)s new alerts are entered.") % {"count": len(entered)})
        return redirect("alerts")
    return _page(request, form, _("Read alerts from a file"), _("Read them"), status=status, upload=True)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The alerts in machine form: for everybody the confirmed ones, for officers all that stop something."""
    officer = actor_of(request).may(Permission.ALERT_READ)
    found = queries.export(public=not officer)
    data = statements.write(found) if officer else statements.write_public(found)
    response = HttpResponse(data, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="alerts.json"'
    return response


def _page(request: HttpRequest, form: Any, title: str, button: str, *, status: int, **more: Any) -> HttpResponse:
    """A page with one form."""
    back = {"back": "alerts", "back_label": _("Alerts")}
    return render(request, "alerts/form.html", {"form": form, "title": title, "button": button, **back, **more},
                  status=status)  # fmt: skip
