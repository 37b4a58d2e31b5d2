"""Pages of papers of others: register by hand, what the rules say, compare with the specimen, ask the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.desk import files
from openkimberley.desk.forms import attempt, hush, lines_of
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.shipments import actions, queries
from openkimberley.shipments.forms import CompareForm, PaperForm, PaperLine, QuestionForm
from openkimberley.shipments.web import show

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

P = Permission


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The papers that the authority has registered, newest first."""
    by = demand(request, P.PAPER_REGISTER)
    return render(request, "shipments/papers.html", {"page": show.paged(request, queries.papers(by=by))})


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a foreign paper by hand."""
    by = demand(request, P.PAPER_REGISTER)
    data = request.POST or None
    form, lines, status = PaperForm(data, request.FILES or None), lines_of(PaperLine, data), 200
    if lines.edited:
        hush(form)
    elif request.method == "POST":
        done, status = attempt(form, lambda: _register(form, lines, by), lines={"lines": lines})
        if done is not None:
            return redirect("foreign-paper", done.number)
    return render(request, "shipments/register.html", {"form": form, "lines": lines}, status=status)


def _register(form: PaperForm, lines: Any, by: Actor) -> Any:
    """The act of the page."""
    scan = show.kept(form.cleaned_data["scan"], kind="document")
    return actions.register_paper(
        by=by, at=timezone.localtime(), content=form.content(lines), scans=[scan] if scan else [],
        matches_specimen=form.cleaned_data["matches_specimen"],
    )  # fmt: skip


@require_GET
def summary(request: HttpRequest, number: str) -> HttpResponse:
    """One paper: the rules' answer, what it says, and what may be done."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.paper(number, by=by)
    return render(request, "shipments/paper.html", {
        "row": row, "questions": queries.questions(row, by=by), "specimens": queries.specimens_for(row),
        "timeline": show.timeline(row.number, by=by), "says": queries.paper_facts(row),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest, number: str) -> HttpResponse:
    """Say whether the paper looks like its specimen, and ask the rules again."""
    by = demand(request, P.PAPER_REGISTER)
    row = queries.paper(number, by=by)
    form, status = CompareForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.check_paper_again(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The rules were asked again."))
            return redirect("foreign-paper", row.number)
    return render(request, "shipments/compare.html", {
        "form": form, "row": row, "specimens": queries.specimens_for(row),
    }, status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the issuer about the paper."""
    by = demand(request, P.PAPER_REGISTER)
    row = queries.paper(number, by=by)
    form, status = QuestionForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.ask_issuer(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The question is on record. Enter the answer when it comes."))
            return redirect("foreign-paper", row.number)
    return show.page(
        request, form, status=status, title=_("Ask the issuer"), button=_("Put it on record"), number=row.number,
        back="foreign-paper",
    )  # fmt: skip


@require_GET
def scan(request: HttpRequest, number: str, sha256: str) -> HttpResponse:
    """One scan of a registered paper."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.paper(number, by=by)
    if sha256 not in row.scans:
        raise NotFound("scan", sha256[:64])
    return files.attachment(sha256, f"{row.number} scan")
