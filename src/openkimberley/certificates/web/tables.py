"""Many at once: applications from a table, and lists as CSV, XLSX or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.certificates import actions, queries
from openkimberley.certificates.forms import tables as rows_of
from openkimberley.certificates.forms.officer import Table
from openkimberley.certificates.web import show
from openkimberley.certificates.web.certificates import wanted
from openkimberley.desk import tables
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Refused, Untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

P = Permission


@require_http_methods(["GET", "POST"])
def load(request: HttpRequest) -> HttpResponse:
    """Applications from a table: all of them as drafts, or none and every fault named."""
    by = demand(request, P.CERTIFICATE_APPLY)
    form = Table(request.POST or None, request.FILES or None, companies=sorted(by.companies))
    faults: list[dict[str, Any]] = []
    status, lines = 200, list[int]()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                upload, company = form.cleaned_data["file"], form.cleaned_data["company"]
                drafts, lines = rows_of.drafts(upload.read(tables.MAX_BYTES + 1), upload.name or "", licence=company)
                opened = actions.load_drafts(by=by, at=timezone.localtime(), company=company, rows=drafts)
                said = ngettext("%(count)s draft is loaded.", "%(count)s drafts are loaded.", len(opened))
                messages.success(request, said % {"count": len(opened)})
                return redirect("applications")
            except tables.BadRows as bad:
                faults, status = [_spoken(fault) for fault in bad.faults], 400
            except Refused as refusal:
                faults = [_spoken(fault) for fault in rows_of.faults_of(refusal.objections, lines)]
            except Untrusted as error:
                form.add_error("file", error.reason)
                status = 400
        if faults:
            form.add_error("file", _("Nothing was loaded: mend what is listed below and load the whole file again."))
    shown = {"form": form, "faults": faults, "fault_count": len(faults)}
    return render(request, "certificates/load.html", shown, status=status)


def _spoken(fault: tables.Fault) -> dict[str, Any]:
    """A fault in the reader's language."""
    message = _(fault.template) % fault.facts if fault.facts else _(fault.template)
    return {"line": fault.line, "field": fault.field, "rule": fault.rule, "message": message,
            "remedy": _(fault.remedy) if fault.remedy else ""}  # fmt: skip


def _file(rows: Iterable[dict[str, object]], kind: str, columns: tuple[str, ...], name: str) -> HttpResponse:
    """Rows as a file to save. Raises ``Untrusted`` for a kind that is none."""
    data = tables.write_table(rows, kind, columns)
    response = HttpResponse(data, content_type=tables.MEDIA_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """The table to begin with."""
    demand(request, P.CERTIFICATE_APPLY)
    return _file([dict(rows_of.EXAMPLE)], kind, rows_of.LOADED, "applications")


@require_GET
def applications(request: HttpRequest, kind: str) -> HttpResponse:
    """The applications of the list as a file: those the person may see, and no others."""
    by = demand(request, P.CERTIFICATE_READ)
    found = queries.applications(by=by, status=show.typed(request, "status"), text=show.typed(request, "q"))
    rows = rows_of.application_rows(found[: rows_of.MOST_EXPORTED].iterator(chunk_size=1000))
    return _file(rows, kind, rows_of.APPLICATION_COLUMNS, "applications")


@require_GET
def certificates(request: HttpRequest, kind: str) -> HttpResponse:
    """The certificates of the list as a file."""
    by = demand(request, P.CERTIFICATE_READ)
    found = queries.certificates(by=by, **wanted(request))
    rows = rows_of.certificate_rows(found[: rows_of.MOST_EXPORTED].iterator(chunk_size=1000))
    return _file(rows, kind, rows_of.CERTIFICATE_COLUMNS, "certificates")
