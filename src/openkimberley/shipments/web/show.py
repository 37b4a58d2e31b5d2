"""What the pages of shipments share: one act tried, files kept, lists by page, what comes next in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openkimberley.desk import files
from openkimberley.documents.qr import scan
from openkimberley.kernel.errors import Untrusted
from openkimberley.shipments import queries

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from openkimberley.kernel.actor import Actor

PER_PAGE = 25

FIELDS = {
    "number": gettext_lazy("Number of the certificate"),
    "parcels": gettext_lazy("Parcels"),
    "seals": gettext_lazy("Seals"),
    "total_carats": gettext_lazy("Total carats"),
    "total_usd": gettext_lazy("Total value"),
    "exporter/name": gettext_lazy("Exporter"),
    "importer/name": gettext_lazy("Importer"),
}
"""What differs, in words. A line is named by its HS code."""

WAYS = {
    "CORRECTED": gettext_lazy("Corrected on the issuing authority's instruction"),
    "REMEDIED": gettext_lazy("Released after remedial measures"),
    "ORIGINAL_BROUGHT": gettext_lazy("The original was brought"),
    "RETURNED": gettext_lazy("Returned under a technical certificate"),
    "ORDERED_BACK": gettext_lazy("Returned by order"),
    "REFUSED": gettext_lazy("Import refused"),
    "CONFISCATED": gettext_lazy("Confiscated"),
    "INSPECTED_AGAIN": gettext_lazy("A second inspection found no difference"),
}
"""How a case ended, in words."""

FAULTS = {
    "NOT_KNOWING": gettext_lazy("Not made knowingly or intentionally"),
    "ANOTHER_AUTHORITY": gettext_lazy("The act of another authority"),
    "KNOWING": gettext_lazy("Made knowingly"),
}
"""Whose doing a failure was, in words."""

RESULTS = {
    "match": ("CONFIRMED", gettext_lazy("Agreed")),
    "discrepancy": ("DISPUTED", gettext_lazy("With a difference")),
    "refused": ("REFUSED", gettext_lazy("Refused")),
}
"""What a confirmation says: the tone of its mark, and its word."""


def differences(given: list[Any]) -> list[dict[str, Any]]:
    """Differences with what differs in words, from kept rows or from a receipt's facts."""
    rows = [
        one if isinstance(one, dict) else {n: getattr(one, n) for n in ("field", "declared", "found")} for one in given
    ]
    return [{**row, "what": _field(str(row["field"]))} for row in rows]


def _field(name: str) -> Any:
    """A field in words."""
    if name.startswith("lines/"):
        return _("Carats of %(code)s") % {"code": name.removeprefix("lines/")}
    return FIELDS.get(name, name)


def timeline(number: str, *, by: Actor) -> list[dict[str, Any]]:
    """What happened, with its facts in words."""
    acts = queries.timeline(number, by=by)
    for act in acts:
        said = act["facts"]
        act["facts"] = WAYS.get(said) or (RESULTS[said][1] if said in RESULTS else said)
    return acts


def paged(request: HttpRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """One page of a list."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def page(request: HttpRequest, form: Form, *, status: int, title: str, button: str, **more: Any) -> HttpResponse:
    """The page of one act: a heading, perhaps what it is about, the form and its button."""
    context = {"form": form, "title": title, "button": button, **more}
    return render(request, more.get("template", "shipments/act.html"), context, status=status)


def kept(upload: UploadedFile[Any] | None, remembered: str = "", kind: str = "picture") -> str:
    """The SHA-256 of an uploaded file, or of one that was kept at an attempt before; empty where there is neither."""
    if upload is not None:
        return files.keep(upload.read(files.MAX_BYTES + 1), kind)
    if remembered:
        files.open_file(remembered)  # raises where nobody kept such a file
    return remembered


def scanned(upload: UploadedFile[Any]) -> bytes:
    """The text of the code in a photograph. Raises ``Untrusted`` where none is found."""
    codes = [text for text in scan(upload.read(files.MAX_BYTES + 1)) if text.startswith(("KPC1:", "KPL1:"))]
    if not codes:
        raise Untrusted("1 parse", _("no code was found in the picture: hold it flat, near and in good light"))
    return codes[0].encode()
