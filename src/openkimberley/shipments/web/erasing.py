"""The page on which a supervisor erases what is personal in a certificate whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openkimberley.certificates import queries as certificates
from openkimberley.desk.forms import attempt
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.shipments import actions
from openkimberley.shipments.forms import EraseForm
from openkimberley.shipments.web import show

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, number: str) -> HttpResponse:
    """Say on what basis, and it is gone. Nothing brings it back, and the page says so first."""
    by = demand(request, Permission.CERTIFICATE_ERASE)
    certificates.certificate(number, by=by)
    form, status = EraseForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(form, lambda: actions.erase(
            by=by, at=timezone.localtime(), number=number, basis=form.cleaned_data["basis"],
            ground=form.cleaned_data["ground"],
        ))  # fmt: skip
        if done is not None:
            messages.success(request, _("What was personal in %(number)s is erased.") % {"number": number})
            return redirect("certificate", number)
    return show.page(
        request, form, status=status, title=_("Erase what is personal"), button=_("Erase for ever"), number=number,
        lead=_("Names, addresses, seals, papers, photographs and letters are destroyed. Number, dates, status and "
               "figures stay, and the journal is not changed. Copies in old backups go when these are overwritten."),
        warning=True, back="certificate",
    )  # fmt: skip
