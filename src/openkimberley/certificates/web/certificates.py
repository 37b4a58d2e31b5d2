"""Pages of issued certificates: list, content, PDF, label, signed form, and what may happen to one afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.certificates import actions, queries, rules
from openkimberley.certificates.facts import CertificateStatus, Kind
from openkimberley.certificates.forms.fields import DeskForm
from openkimberley.certificates.forms.officer import (
    CORRECTABLE,
    TECHNICAL_PARTS,
    Correct,
    Lost,
    Replace,
    Technical,
    Void,
    swapped,
)
from openkimberley.certificates.web import show
from openkimberley.desk.web import demand
from openkimberley.documents.qr import qr_svg
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotPermitted
from openkimberley.trust.canonical import unb64u
from openkimberley.trust.qr import check_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from openkimberley.certificates.models import Certificate
    from openkimberley.kernel.actor import Actor

P = Permission


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The certificates that the person may see, by number, company, status, destination and day."""
    by = demand(request, P.CERTIFICATE_READ)
    asked = wanted(request)
    if not by.companies and "side" not in request.GET:
        asked["side"] = "in" if by.may(P.SHIPMENT_RECEIVE) else "out"
    return render(request, "certificates/certificates.html", {
        "page": show.paged(request, queries.certificates(by=by, **asked)), **asked, "sides": not by.companies,
        "statuses": [one.value for one in CertificateStatus],
    })  # fmt: skip


def wanted(request: HttpRequest) -> dict[str, Any]:
    """The filters in the address; a day that is none is left out."""
    days = {name: request.GET.get(name, "") for name in ("since", "until")}
    return {
        "status": show.typed(request, "status"), "text": show.typed(request, "q"),
        "side": request.GET.get("side", "") if request.GET.get("side") in ("in", "out") else "",
        "destination": show.typed(request, "destination").strip().upper()[:12],
        **{name: _day(text) for name, text in days.items()},
    }  # fmt: skip


def _day(text: str) -> Any:
    """A day, None where the text is none."""
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


@require_GET
def summary(request: HttpRequest, number: str) -> HttpResponse:
    """One certificate: what it says, where it stands, its code, its history and what may be done."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.certificate(number, by=by)
    today, labels = timezone.localtime().date(), dict(CORRECTABLE)
    return render(request, "certificates/certificate.html", {
        "row": row, "content": row.content, "goods": show.goods(row.content), "origins": show.origins(row.content),
        "next": show.what_next_of_certificate(row.status), "step": show.next_step(row, by),
        "acts": show.certificate_acts(row, by, today=today),
        "code": check_code(unb64u(row.cid)),
        "corrections": [(one, labels.get(one.field, one.field)) for one in queries.corrections(number, row.authority)],
        "qr": qr_svg(row.qr_full, title=_("QR code of certificate %(number)s") % {"number": number})
        if row.qr_full else "", "erase": _erasing(row, by, today),
        "expired": today > row.expiry_date, "officer": not by.companies and by.authority == row.authority,
        "own_application": not by.companies or row.application.company in by.companies,
        "timeline": show.timeline(
            row.application.reference if row.authority == by.authority else "", row.number, by=by
        ),
        "shipment": shipment_of(row, by), "languages": languages(),
    })  # fmt: skip


def _erasing(row: Certificate, by: Actor, today: Any) -> str:
    """The address at which what is personal may be erased, once its time is over; empty otherwise."""
    ended = queries.ended_on(row, on=today)
    over = ended is not None and rules.may_erase(ended, on=today, years=queries.retention_years(row), ordered=False)
    if not over or row.erased_at or row.authority != by.authority or not by.may(P.CERTIFICATE_ERASE):
        return ""
    try:
        return reverse("shipment-erase", args=[row.number])
    except NoReverseMatch:  # a node that only issues
        return ""


TOLD = {
    CertificateStatus.ANNOUNCED, CertificateStatus.DEPARTED, CertificateStatus.ARRIVED, CertificateStatus.CONFIRMED,
    CertificateStatus.DISPUTED, CertificateStatus.RETURNED, CertificateStatus.REFUSED,
}  # fmt: skip
"""States in which the importing authority has a page of its own for the shipment."""


def shipment_of(row: Certificate, by: Actor) -> str:
    """The address of the shipment as this person sees it: going out, or coming in. Empty where he may not see it."""
    here = by.authority == row.authority
    if not by.may(P.SHIPMENT_READ) or (not here and row.status not in TOLD):
        return ""
    try:
        return reverse("shipment" if here else "arrival", args=[row.number])
    except NoReverseMatch:  # a node that only issues
        return ""


def _download(data: bytes, name: str, media_type: str) -> HttpResponse:
    """Bytes as a file to save."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate as PDF, beside English in the language asked for (``?language=fr``).

    It holds the proof of the journal as soon as there is one; ``?proof=page`` prints that as a second code too.
    """
    by = demand(request, P.CERTIFICATE_READ)
    data = queries.certificate_pdf(
        number, by=by, language=language(request), demonstration=demonstration(),
        proof=queries.journal_proof(at=timezone.now()), proof_page=request.GET.get("proof") == "page",
    )  # fmt: skip
    return _download(data, f"{number}.pdf", "application/pdf")


@require_GET
def label(request: HttpRequest, number: str) -> HttpResponse:
    """The label for the bag as PDF."""
    by = demand(request, P.CERTIFICATE_READ)
    return _download(
        queries.label_pdf(number, by=by, demonstration=demonstration()), f"{number}-label.pdf", "application/pdf"
    )


def languages() -> list[tuple[str, str]]:
    """The languages that a page can be printed in beside English: code, and what its readers call it."""
    names = {code.partition("-")[0]: get_language_info(code)["name_local"] for code, _name in settings.LANGUAGES}
    return [(code, names[code]) for code in queries.LANGUAGES_OF_PAGES if code in names]


def language(request: HttpRequest) -> str:
    """The language asked for in the address, empty for the authority's own choice."""
    asked = request.GET.get("language", "")
    return asked if asked in ("en", *queries.LANGUAGES_OF_PAGES) else ""


def demonstration() -> bool:
    """Whether this node is a demonstration: its papers say so."""
    return bool(settings.DEMONSTRATION)


@require_GET
def sd_jwt(request: HttpRequest, number: str) -> HttpResponse:
    """The signed credential with everything disclosed: for the issuing and the importing authority only."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.certificate(number, by=by)
    if by.companies:
        raise NotPermitted(P.CERTIFICATE_READ, _("The signed form with everything disclosed is for authorities."))
    return _download(row.sd_jwt.encode(), f"{number}.sd-jwt", "application/dc+sd-jwt")


def _officer(request: HttpRequest, number: str) -> tuple[Actor, Certificate]:
    """The actor, who may end certificates, and one of his own authority. Raises ``NotPermitted`` or ``NotFound``."""
    by = demand(request, P.CERTIFICATE_VOID)
    row = queries.certificate(number, by=by)
    if row.authority != by.authority:
        raise NotPermitted(P.CERTIFICATE_VOID, _("Only its issuing authority may do this to a certificate."))
    return by, row


def _act(
    request: HttpRequest, row: Certificate, form: DeskForm, act: Callable[[], Any], *, template: str, done: str
) -> HttpResponse:
    """One act on a certificate as a page."""
    status = 200
    if request.method == "POST":
        result, status = form.attempt(act)
        if result is not None:
            messages.success(request, done)
            return redirect("certificate", row.number)
    return render(request, f"certificates/{template}.html", {"row": row, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, number: str) -> HttpResponse:
    """Void a certificate: why, then once more, since nothing brings it back."""
    by, row = _officer(request, number)
    form = Void(request.POST or None)
    if request.method == "POST" and form.is_valid() and request.POST.get("sure") != "yes":
        return render(request, "certificates/void_sure.html", {"row": row, "form": form})
    return _act(
        request, row, form, template="void", done=_("Certificate %(number)s is void.") % {"number": number},
        act=lambda: actions.void(by=by, at=timezone.localtime(), number=number, **form.cleaned_data),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def lost(request: HttpRequest, number: str) -> HttpResponse:
    """Report a certificate lost: void at once, all told (R092)."""
    by, row = _officer(request, number)
    form = Lost(request.POST or None)
    return _act(
        request, row, form, template="lost", done=_("Certificate %(number)s is entered as lost.") % {"number": number},
        act=lambda: actions.report_lost(by=by, at=timezone.localtime(), number=number, **form.cleaned_data),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def expired(request: HttpRequest, number: str) -> HttpResponse:
    """Take back an unused certificate after its expiry (R038)."""
    by, row = _officer(request, number)
    form = DeskForm(request.POST if request.method == "POST" else None)
    return _act(
        request, row, form, template="expired", done=_("Certificate %(number)s is taken back.") % {"number": number},
        act=lambda: actions.take_back_expired(by=by, at=timezone.localtime(), number=number),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Sign the instruction by which a minor error is mended (R086)."""
    by, row = _officer(request, number)
    form = Correct(request.POST or None)
    return _act(
        request, row, form, template="correct",
        done=_("The instruction is signed. The other authority may now mend it."),
        act=lambda: actions.instruct_correction(by=by, at=timezone.localtime(), number=number, **form.cleaned_data),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, number: str) -> HttpResponse:
    """Open an application for another certificate in place of this one, before export (R087)."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = queries.certificate(number, by=by)
    form, status = Replace(request.POST or None), 200
    if request.method == "POST":
        opened, status = form.attempt(lambda: actions.open_replacement(
            by=by, at=timezone.localtime(), number=number, reason=form.cleaned_data["reason"]
        ))  # fmt: skip
        if opened is not None:
            messages.success(request, _("Application %(reference)s is opened.") % {"reference": opened.reference})
            return redirect("application-edit", opened.reference)
    return render(request, "certificates/replace.html", {"row": row, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
def technical(request: HttpRequest, number: str = "") -> HttpResponse:
    """Open an application for a technical certificate, everything on one page (R089)."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    about = number or request.POST.get("about", "").strip()
    if request.method == "GET":
        content = swapped(queries.certificate(number, by=by).content, authority=by.authority) if number else {}
        form = Technical(initial={"about": number, "kind": Kind.TECHNICAL_RETURN.value})
    else:
        posted, content = request.POST.dict(), {}
        for part in TECHNICAL_PARTS:
            content.update(part.read(posted))
        form = Technical(request.POST)
    today = timezone.localtime().date()
    offers = {"destinations": show.destinations(queries.destinations(on=today), on=today)}
    parts = [part(content, spare=1, offers=offers) for part in TECHNICAL_PARTS]
    status, do = 200, request.POST.get("do", "")
    if request.method == "POST" and not do and not any(part.errors for part in parts):
        opened, status = form.attempt(lambda: actions.open_technical(
            by=by, at=timezone.localtime(), kind=Kind(form.cleaned_data["kind"]), about=about,
            reason=form.cleaned_data["reason"], content=content,
        ))  # fmt: skip
        if opened is not None:
            return redirect("application", opened.reference)
    elif request.method == "POST" and not do:
        status = 422
    return render(
        request, "certificates/technical.html", {"form": form, "parts": parts, "number": number}, status=status
    )
