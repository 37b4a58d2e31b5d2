"""Pages of the authority's work on an application: examine, sign, value, approve, send back, refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openkimberley.certificates import actions, queries, rules
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.facts import Kind
from openkimberley.certificates.forms.officer import Approve, Examine, Refuse, Return, Sign, Value
from openkimberley.certificates.web import approving, show
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict
from openkimberley.kernel.rules import Severity
from openkimberley.trust.approval import CHECKER, MAKER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import HttpRequest

    from openkimberley.certificates.forms.fields import DeskForm
    from openkimberley.certificates.forms.officer import Approving
    from openkimberley.certificates.models import Application
    from openkimberley.kernel.actor import Actor
    from openkimberley.kernel.rules import Objection

P = Permission


def _act(
    request: HttpRequest, row: Application, form: DeskForm, act: Callable[[], Any], *, template: str, done: str,
    then: Callable[[], str] = lambda: "application", **shown: Any,
) -> HttpResponse:  # fmt: skip
    """One act on an application as a page: ask, do, and go on to the page ``then`` names; what was typed stays."""
    status = 200
    if request.method == "POST":
        result, status = form.attempt(act)
        if result is not None:
            messages.success(request, done)
            return redirect(then(), row.reference)
    return render(request, f"certificates/{template}.html", {"row": row, "form": form, **shown}, status=status)


@require_http_methods(["GET", "POST"])
def return_(request: HttpRequest, reference: str) -> HttpResponse:
    """Send an application back with what is missing."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    row = queries.application(reference, by=by)
    form = Return(request.POST or None)
    return _act(
        request, row, form, template="return", done=_("Sent back. The applicant keeps everything he wrote."),
        act=lambda: actions.return_to_applicant(
            by=by, at=timezone.localtime(), reference=reference, reason=form.cleaned_data["reason"]
        ),
        objections=queries.precheck(row, on=timezone.localtime().date()),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def examine(request: HttpRequest, reference: str) -> HttpResponse:
    """Enter what was weighed and counted. The declared weights are not on this page."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    row = queries.application(reference, by=by)
    form = Examine(request.POST or None, lines=len(row.content.get("lines") or []))

    def then() -> str:
        now = queries.application(reference, by=by)
        return "application-sign" if approving.unsigned(now, by, at=timezone.localtime()) else "application"

    return _act(
        request, row, form, template="examine", done=_("The examination is entered."), then=then,
        papers=show.spoken(queries.papers(row), "kind"),
        act=lambda: actions.examine(by=by, at=timezone.localtime(), reference=reference, **form.values()),
        again=row.examinations.exists(),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, reference: str) -> HttpResponse:
    """Exactly what will be certified; the officer who examined it signs for that."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    row = queries.application(reference, by=by)
    now = timezone.localtime()
    asked = approving.asked(row, by, MAKER, at=now)
    form = Sign(request.POST or None, initial={"version": row.version})
    return _act(
        request, row, form, template="sign", done=_("Signed. The approving officer can go on."),
        act=lambda: actions.attest(
            by=by, at=now, reference=reference, version=form.cleaned_data["version"],
            approval=given(form, asked),
        ),
        approving=asked, origins=show.origins(asked["draft"]),
    )  # fmt: skip


def given(form: Approving, asked: dict[str, Any]) -> dict[str, Any]:
    """The approval that was typed or given by a key. Raises ``Conflict`` where there is none."""
    evidence = form.approval()
    if evidence is None:
        raise Conflict(
            _("Type the passphrase of your approval key.") if asked["software"]
            else _("Your security key did not answer. It needs JavaScript; or enrol a passphrase under your account.")
        )  # fmt: skip
    return evidence


@require_http_methods(["GET", "POST"])
def value(request: HttpRequest, reference: str) -> HttpResponse:
    """Enter a valuation of the government or an independent valuer."""
    by = demand(request, P.CERTIFICATE_VALUE)
    row = queries.application(reference, by=by)
    form = Value(request.POST or None, lines=row.content.get("lines") or [])
    return _act(
        request, row, form, template="value", done=_("The valuation is entered."),
        valuations=show.spoken(row.valuations.all(), "role"),
        act=lambda: actions.value(by=by, at=timezone.localtime(), reference=reference, **form.values()),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    """Refuse an application, with the rules it rests on."""
    by = demand(request, P.CERTIFICATE_APPROVE)
    row = queries.application(reference, by=by)
    form = Refuse(request.POST or None)
    return _act(
        request, row, form, template="refuse", done=_("The application is refused."),
        objections=queries.precheck(row, on=timezone.localtime().date()),
        act=lambda: actions.refuse(
            by=by, at=timezone.localtime(), reference=reference, reason=form.cleaned_data["reason"],
            rules_cited=form.cleaned_data["rules"],
        ),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, reference: str) -> HttpResponse:
    """Declared beside measured beside valued, and what the rules say; then the second officer's signature."""
    by = demand(request, P.CERTIFICATE_APPROVE)
    row = queries.application(reference, by=by)
    now = timezone.localtime()
    first = {"version": row.version, "paper_serial": queries.next_blank(row.authority)}
    replaces = row.about if row.kind == Kind.EXPORT else ""
    form, status = Approve(request.POST or None, initial=first, replaces=replaces), 200
    asked = approving.asked(row, by, CHECKER, at=now) if row.status == "EXAMINED" else {}
    if request.method == "POST":
        issued, status = form.attempt(lambda: actions.approve(
            by=by, at=timezone.localtime(), reference=reference, version=form.cleaned_data["version"],
            paper_serial=form.cleaned_data["paper_serial"], surrendered=form.cleaned_data.get("surrendered", False),
            approval=given(form, asked) if asked.get("needed") else form.approval(),
        ))  # fmt: skip
        if issued is not None:
            messages.success(request, _("Certificate %(number)s is issued.") % {"number": issued.number})
            return redirect("certificate", issued.number)
    objections = objections_to_issue(row, on=now.date(), by=by) if row.status == "EXAMINED" else ()
    return render(request, "certificates/approve.html", {
        "row": row, "form": form, "compared": compared(row), "valuations": show.spoken(row.valuations.all(), "role"),
        "examination": show.examination(row), "content": row.content,
        "papers": show.spoken(queries.papers(row), "kind"),
        "origins": show.origins(row.content), "next_number": queries.next_number(row.authority, on=now.date()),
        "stops": [o for o in objections if o.severity is not Severity.FLAG],
        "flags": [o for o in objections if o.severity is Severity.FLAG], "approving": asked,
    }, status=status)  # fmt: skip


def objections_to_issue(row: Application, *, on: date, by: Actor) -> tuple[Objection, ...]:
    """What the rules would say if this actor issued the certificate on a day. Nothing is written."""
    number = queries.next_number(row.authority, on=on) or f"{queries.participant_of(row.authority)}0"
    content = drafting.content_to_issue(row, number=number, on=on, by=by, paper_serial="")
    case = queries.case(row, on=on, content=content, approver=by.id)
    return rules.ask(rules.BEFORE_ISSUE, case).objections


def compared(row: Application) -> list[dict[str, Any]]:
    """Each line as declared, as weighed and as valued, side by side, and whether they differ."""
    found = row.examinations.last()
    newest = {valuation.role: valuation.lines for valuation in row.valuations.all()}
    rows = []
    for n, line in enumerate(show.goods(row.content)["lines"]):
        weighed = found.lines[n] if found and n < len(found.lines) else {}
        carats = show.amount(weighed.get("carats"))
        rows.append({
            **line, "found_hs": weighed.get("hs", ""), "weighed": carats,
            "differs": bool(weighed) and carats != line["carats"],
            "other_hs": bool(weighed) and weighed["hs"] != line["hs"],
            "government": show.amount(_usd(newest.get("GOVERNMENT"), n)),
            "independent": show.amount(_usd(newest.get("INDEPENDENT"), n)),
        })  # fmt: skip
    return rows


def _usd(lines: list[dict[str, str]] | None, n: int) -> str:
    """A valuation's US$ of one line, empty where there is none."""
    return lines[n]["usd"] if lines and n < len(lines) else ""
