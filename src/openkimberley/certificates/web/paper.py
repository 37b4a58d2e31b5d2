"""Pages of blank security paper and of registered number ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.certificates import actions, queries
from openkimberley.certificates.facts import FormStatus
from openkimberley.certificates.forms.officer import Delivery, Range, WriteOff
from openkimberley.certificates.web import show
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound

if TYPE_CHECKING:
    from django.http import HttpRequest

P = Permission


@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """Every sheet of blank paper and what became of it."""
    by = demand(request, P.PAPER_STOCK)
    status, text = show.typed(request, "status"), show.typed(request, "q")
    counts = queries.forms_count(by.authority)
    return render(request, "certificates/paper.html", {
        "page": show.paged(request, queries.blank_forms(by.authority, status=status, text=text), 50),
        "counts": [(one.value, counts.get(one.value, 0)) for one in FormStatus], "status": status, "text": text,
        "next": queries.next_blank(by.authority),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """Enter a delivery of blank forms."""
    by = demand(request, P.PAPER_STOCK)
    form, status = Delivery(request.POST or None), 200
    if request.method == "POST":
        count, status = form.attempt(lambda: actions.receive_forms(by=by, at=timezone.localtime(), **form.cleaned_data))
        if count is not None:
            said = ngettext("%(count)s sheet is on the ledger.", "%(count)s sheets are on the ledger.", count)
            messages.success(request, said % {"count": count})
            return redirect("paper")
    return render(request, "certificates/receive.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def write_off(request: HttpRequest, serial: str) -> HttpResponse:
    """Write off one sheet as spoiled, lost or stolen."""
    by = demand(request, P.PAPER_STOCK)
    sheet = queries.blank_forms(by.authority).filter(serial=serial).first()
    if sheet is None:
        raise NotFound("blank form", serial)
    form, status = WriteOff(request.POST or None), 200
    if request.method == "POST":
        done, status = form.attempt(lambda: actions.write_off_form(
            by=by, at=timezone.localtime(), serial=serial, status=FormStatus(form.cleaned_data["status"]),
            reason=form.cleaned_data["reason"],
        ))  # fmt: skip
        if done is not None:
            messages.success(request, _("Sheet %(serial)s is written off.") % {"serial": serial})
            return redirect("paper")
    return render(request, "certificates/write_off.html", {"form": form, "sheet": sheet}, status=status)


@require_GET
def ranges(request: HttpRequest) -> HttpResponse:
    """The registered ranges and how far each is used."""
    by = demand(request, P.PAPER_STOCK)
    rows = [
        {"row": row, "used": row.next - row.first, "left": row.last + 1 - row.next,
         "total": row.last + 1 - row.first,
         "first": f"{row.prefix}{row.first:0{row.digits}d}", "last": f"{row.prefix}{row.last:0{row.digits}d}"}
        for row in queries.ranges(by.authority)
    ]  # fmt: skip
    return render(request, "certificates/ranges.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a range of certificate numbers."""
    by = demand(request, P.PAPER_STOCK)
    form, status = Range(request.POST or None, initial={"prefix": queries.participant_of(by.authority)}), 200
    if request.method == "POST":
        done, status = form.attempt(lambda: actions.register_range(by=by, at=timezone.localtime(), **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The range is registered."))
            return redirect("ranges")
    return render(request, "certificates/range.html", {"form": form}, status=status)
