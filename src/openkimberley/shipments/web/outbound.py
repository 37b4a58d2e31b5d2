"""Pages of the exporting side: seal, announce, depart, transit, and the e-mails that tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkimberley.desk import files
from openkimberley.desk.forms import attempt, hush, lines_of
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.shipments import actions, queries
from openkimberley.shipments.forms import (
    AddressForm,
    AnnounceForm,
    ConfirmationForm,
    DepartForm,
    ReasonForm,
    SealForm,
    SealLine,
    TransitForm,
)  # fmt: skip
from openkimberley.shipments.web import show

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

P = Permission


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Certificates that wait for a seal, and the shipments that the person may see."""
    by = demand(request, P.SHIPMENT_READ)
    status = request.GET.get("status", "")[:20]
    return render(request, "shipments/shipments.html", {
        "page": show.paged(request, queries.shipments(by=by, status=status)), "status": status,
        "statuses": queries.STATUSES, "to_seal": queries.to_seal(by=by) if by.may(P.SHIPMENT_SEAL) else [],
    })  # fmt: skip


@require_GET
def summary(request: HttpRequest, number: str) -> HttpResponse:
    """One shipment: where it is, its seals and photographs, what was told to whom, and the next step."""
    by = demand(request, P.SHIPMENT_READ)
    try:
        row = queries.shipment(number, by=by)
    except NotFound:
        return _not_sealed(request, number, by)
    own = row.authority == by.authority
    confirmation = queries.confirmation(row.participant, number)
    notices = list(queries.notices(by=by, number=number))
    return render(request, "shipments/shipment.html", {
        "row": row, "own": own, "seals": list(row.seals.all()), "steps": queries.STEPS,
        "photographs": queries.photographs(number, by=by), "transit": queries.transit_points(number, by=by),
        "notices": notices, "unsent": any(one.status != "SENT" for one in notices),
        "timeline": show.timeline(number, by=by),
        "confirmation": confirmation, "result": show.RESULTS.get(confirmation.result) if confirmation else None,
        "acts": _acts(row, by) if own else [],
    })  # fmt: skip


def _not_sealed(request: HttpRequest, number: str, by: Actor) -> HttpResponse:
    """A certificate of one's own that has no shipment yet leads to its sealing."""
    queries.own_visible_certificate(number, by=by)
    if not by.may(P.SHIPMENT_SEAL):
        return render(request, "shipments/not_sealed.html", {"number": number})
    return redirect("shipment-seal", number)


def _acts(row: Any, by: Actor) -> list[tuple[str, str, str]]:
    """What may be done next with an own shipment: address, label, look of the button."""
    if not by.may(P.SHIPMENT_SEAL):
        return []
    by_status = {
        "SEALED": [("shipment-announce", _("Release and announce"), "")],
        "ANNOUNCED": [("shipment-depart", _("Enter departure"), "")],
        "DEPARTED": [("shipment-transit", _("Enter what was seen in transit"), "secondary")],
    }
    acts = list(by_status.get(row.status, []))
    if row.status in ("ANNOUNCED", "DEPARTED", "ARRIVED") and not queries.works_here(row.importing_authority):
        acts.append(("shipment-confirmation", _("Enter the confirmation that came back"), "secondary"))
    if row.status in ("SEALED", "ANNOUNCED"):
        acts.append(("shipment-cancel", _("Cancel"), "link"))
    return acts


@require_http_methods(["GET", "POST"])
def seal(request: HttpRequest, number: str) -> HttpResponse:
    """Close the container: seals as read, photographs of box and parcel."""
    by = demand(request, P.SHIPMENT_SEAL)
    certificate = queries.own_certificate(number, by=by)
    data = request.POST or None
    form, lines, status = SealForm(data, request.FILES or None), lines_of(SealLine, data, prefix="seals"), 200
    remembered = {}
    if lines.edited:
        hush(form)
        remembered = _remember(form, request)
    elif request.method == "POST":
        remembered = _remember(form, request)
        done, status = attempt(form, lambda: _seal(form, lines, number, by, remembered), lines={"seals": lines})
        if done is not None:
            messages.success(request, _("Seals and photographs are on record. Now release and announce the shipment."))
            return redirect("shipment", number)
    return render(request, "shipments/seal.html", {
        "form": form, "lines": lines, "certificate": certificate, "remembered": remembered,
    }, status=status)  # fmt: skip


def _remember(form: SealForm, request: HttpRequest) -> dict[str, str]:
    """Keep what was photographed although something else is wrong: by name, the SHA-256 of each picture."""
    found = {}
    for name in ("box", "parcel"):
        try:
            upload = request.FILES.get(name)
            if sha256 := show.kept(upload, request.POST.get(f"{name}_kept", "")[:64]):
                found[name] = sha256
        except (Untrusted, NotFound) as error:
            if form.is_bound and form.errors is not None:
                form.add_error(name, error.reason if isinstance(error, Untrusted) else _("Take it again."))
    return found


def _seal(form: SealForm, lines: Any, number: str, by: Actor, pictures: dict[str, str]) -> Any:
    """The act of the page."""
    said = form.cleaned_data
    return actions.seal(
        by=by, at=timezone.localtime(), number=number, containers=said["containers"],
        seals=[actions.AppliedSeal(one["number"], one["container"]) for one in lines.filled],
        pictures=[actions.Picture(sha256, name.upper(), f"{name}.jpg") for name, sha256 in pictures.items()],
        number_on_container=said["number_on_container"], packed_alone=said["packed_alone"],
        copy_enclosed=said["copy_enclosed"],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def announce(request: HttpRequest, number: str) -> HttpResponse:
    """Release the goods and tell the importing authority; first the e-mail is shown as it will be sent."""
    by = demand(request, P.SHIPMENT_SEAL)
    row = queries.shipment(number, by=by)
    form, status, preview = AnnounceForm(request.POST or None), 200, None
    if request.method == "POST" and "preview" in request.POST and form.is_valid():
        preview = _preview(row, form.cleaned_data, by)
    elif request.method == "POST":
        done, status = attempt(
            form, lambda: actions.announce(by=by, at=timezone.localtime(), number=number, **form.cleaned_data),
            paths={"agent": "courier_licence", "exporter/licence": ""},
        )  # fmt: skip
        if done is not None:
            if done.status == "FAILED":
                messages.warning(request, _("Released. The e-mail waits: no address of this authority is known."))
            else:
                messages.success(request, _("Released. The e-mail is queued and will be sent at once."))
            return redirect("shipment", number)
    return render(request, "shipments/announce.html", {
        "form": form, "row": row, "preview": preview, "known_address": queries.address_of(
            row.importing_authority or row.importing_participant, on=timezone.localtime().date()
        ),
    }, status=status)  # fmt: skip


def _preview(row: Any, said: dict[str, Any], by: Actor) -> dict[str, str]:
    """The e-mail as it will be sent."""
    row.carrier, row.expected_on = said["carrier"], said["expected_on"]
    subject, body = actions.wording("ADVANCE", row.certificate_number, queries.advance_fields(row, by=by))
    return {"subject": subject, "body": body}


@require_http_methods(["GET", "POST"])
def depart(request: HttpRequest, number: str) -> HttpResponse:
    """Enter that the shipment left."""
    by = demand(request, P.SHIPMENT_SEAL)
    row = queries.shipment(number, by=by)
    form, status = DepartForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.depart(by=by, at=timezone.localtime(), number=number, **form.cleaned_data),
            paths={"presented/seals_intact": "seals_intact"},
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("The departure is entered."))
            return redirect("shipment", number)
    return show.page(
        request, form, status=status, title=_("Departure"), button=_("Enter departure"), number=number, row=row,
        back="shipment",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def transit(request: HttpRequest, number: str) -> HttpResponse:
    """Enter what was seen of the shipment in a third territory."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.shipment(number, by=by)
    form, status = TransitForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.record_transit(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            if done[1]:
                messages.warning(request, " ".join(one.message for one in done[1]))
            else:
                messages.success(request, _("What was seen is entered."))
            return redirect("shipment", number)
    return show.page(
        request, form, status=status, title=_("Seen in transit"), button=_("Enter"), number=number, row=row,
        back="shipment",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Cancel a sealed shipment whose certificate counts no longer."""
    by = demand(request, P.SHIPMENT_SEAL)
    row = queries.shipment(number, by=by)
    form, status = ReasonForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.cancel(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The shipment is cancelled. Its seals cannot be used again."))
            return redirect("shipment", number)
    return show.page(
        request, form, status=status, title=_("Cancel the shipment"), button=_("Cancel the shipment"), number=number,
        row=row, back="shipment", warning=True,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def confirmation(request: HttpRequest, number: str) -> HttpResponse:
    """Enter the confirmation that an authority abroad sent back."""
    by = demand(request, P.SHIPMENT_SEAL)
    row = queries.shipment(number, by=by)
    form, status = ConfirmationForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.enter_confirmation(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The confirmation is entered."))
            return redirect("shipment", number)
    return show.page(
        request, form, status=status, title=_("Confirmation from abroad"), button=_("Enter the confirmation"),
        number=number, row=row, back="shipment",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def readdress(request: HttpRequest, number: str) -> HttpResponse:
    """Give an e-mail that was not sent another address."""
    by = demand(request, P.SHIPMENT_SEAL)
    waiting = queries.unsent_notices(by=by).filter(certificate_number=number).first()
    if waiting is None:
        raise NotFound("e-mail that waits", number)
    form, status = AddressForm(request.POST or None, initial={"message_id": waiting.message_id}), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.readdress_notice(by=by, at=timezone.localtime(), **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The e-mail is queued again."))
            return redirect("shipment", number)
    return show.page(
        request, form, status=status, title=_("Address of an e-mail"), button=_("Queue it again"), number=number,
        back="shipment", about=waiting.subject, error=waiting.error,
    )  # fmt: skip


@require_POST
def deliver(request: HttpRequest) -> HttpResponse:
    """Send what waits now, without waiting for the next round."""
    by = demand(request, P.SHIPMENT_SEAL)
    sent = actions.deliver_notices(by=by, at=timezone.localtime())
    left = queries.notices(by=by).exclude(status="SENT").count()
    text = _("%(sent)s e-mails were sent; %(left)s wait.") % {"sent": sent, "left": left}
    (messages.warning if left else messages.success)(request, text)
    number = request.POST.get("number", "")[:40]
    return redirect("shipment", number) if number else redirect("shipments")


@require_GET
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """One photograph, for those who may see its shipment."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.photograph(sha256, by=by)
    return files.attachment(row.sha256, f"{row.certificate_number} {row.shows}")
