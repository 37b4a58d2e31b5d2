"""Pages of the import desk: a shipment has arrived, verdict, inspection, confirmation, discrepancy and its ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.desk import files
from openkimberley.desk.forms import attempt, hush, lines_of
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.shipments import actions, queries
from openkimberley.shipments.forms import (
    ConfirmForm,
    ConfiscateForm,
    CorrectForm,
    FoundLine,
    InspectForm,
    PresentForm,
    ProofForm,
    ReasonForm,
    ReleaseForm,
    ReturnForm,
    TellForm,
)  # fmt: skip
from openkimberley.shipments.web import show

if TYPE_CHECKING:
    from django.http import HttpRequest

P = Permission
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
"""How a picture of a code begins: it may be chosen as a file, too."""


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """What is expected, what is at the desk, what is concluded."""
    by = demand(request, P.SHIPMENT_READ)
    view = request.GET.get("view", "desk")
    rows = {"expected": queries.expected, "concluded": queries.concluded}.get(view, queries.at_the_desk)(by=by)
    return render(request, "shipments/imports.html", {
        "page": show.paged(request, rows), "view": view, "today": timezone.localtime().date(),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def present(request: HttpRequest) -> HttpResponse:
    """A shipment has arrived: scan, paste, choose a file or type the number."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    today = timezone.localtime().date()
    form = PresentForm(
        request.POST or None, request.FILES or None,
        initial={"presented_on": today, "number": request.GET.get("number", "")[:40]},
    )  # fmt: skip
    status = 200
    if request.method == "POST":
        done, status = attempt(form, lambda: _present(form, by))
        if done is not None:
            return redirect("arrival", done.number)
    return render(request, "shipments/present.html", {"form": form}, status=status)


def _present(form: PresentForm, by: Actor) -> Any:
    """The act of the page: whatever names the certificate best is used."""
    said = form.cleaned_data
    artefact = b""
    if said["photograph"]:
        artefact = show.scanned(said["photograph"])
    elif said["file"]:
        artefact = said["file"].read(files.MAX_BYTES + 1)
        if len(artefact) > files.MAX_BYTES:
            raise Untrusted("1 parse", _("the file is larger than any certificate"))
        if artefact.startswith(PICTURES):
            said["file"].seek(0)
            artefact = show.scanned(said["file"])
    elif said["artefact"]:
        # a QR text may hold and end with blanks that count; a pasted credential has none, whatever an e-mail added
        pasted = said["artefact"].strip("\r\n\t")
        artefact = ("".join(pasted.split()) if "~" in pasted else pasted).encode()
    return actions.present(
        by=by, at=timezone.localtime(), number=said["number"], artefact=artefact, presented_on=said["presented_on"],
        original=said["original"], copy_enclosed=said["copy_enclosed"], hand_carried=said["hand_carried"],
        declared_on_arrival=said["declared_on_arrival"],
    )  # fmt: skip


@require_GET
def summary(request: HttpRequest, number: str) -> HttpResponse:
    """One arrival: the verdict with every numbered check, what the rules said, and the next step."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.arrival(number, by=by)
    officer = by.may(P.SHIPMENT_RECEIVE)
    return render(request, "shipments/arrival.html", {
        "row": row, "officer": officer, "report": row.verdict, "says": queries.corrected(row),
        "inspections": [(one, show.differences(one.differences)) for one in row.inspections.all()],
        "case": getattr(row, "case", None),
        "confirmation": queries.confirmation(row.issuer, row.number), "today": timezone.localtime().date(),
        "timeline": show.timeline(row.written, by=by), "photographs": queries.photographs(row.written, by=by),
        "undecidable": queries.not_to_be_decided(row) if row.held and officer else [],
        "unproved": row.held and queries.unproved(row),
        "overdue": row.held and queries.proof_overdue(row, at=timezone.localtime()),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Decide a hold."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    row = queries.arrival(number, by=by)
    form, status = ReasonForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.decide_hold(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("Decided, with your reason and name on record."))
            return redirect("arrival", row.number)
    return show.page(
        request, form, status=status, title=_("Let it go on?"), button=_("Let it go on"), number=row.written,
        lead=_("The shipment was held. You decide that it may go on; your name and reason stay on record."),
        objections=row.objections, back="arrival",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest, number: str) -> HttpResponse:
    """Hand in the proof of the issuer's journal."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    row = queries.arrival(number, by=by)
    form, status = ProofForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.hand_in_proof(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("The certificate stands in its issuer's journal."))
            return redirect("arrival", row.number)
    return show.page(
        request, form, status=status, title=_("The proof of the journal"), button=_("Check the proof"),
        number=row.written, back="arrival",
        lead=_(
            "The issuer enters every certificate in a journal that witnesses confirm. Ask it for this one's proof: "
            "it comes as a text, as a code that begins with KPP1, or inside the PDF."
        ),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def inspect(request: HttpRequest, number: str) -> HttpResponse:
    """Forced entry: the form is empty and shows nothing of the certificate."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    row = queries.arrival(number, by=by)
    data = request.POST or None
    form, lines, status = InspectForm(data, request.FILES or None), lines_of(FoundLine, data), 200
    if lines.edited:
        hush(form)
    elif request.method == "POST":
        done, status = attempt(form, lambda: _inspect(form, lines, row.number, by), lines={"lines": lines})
        if done is not None:
            return redirect("arrival", row.number)
    return render(request, "shipments/inspect.html", {"form": form, "lines": lines, "row": row}, status=status)


def _inspect(form: InspectForm, lines: Any, number: str, by: Actor) -> Any:
    """The act of the page."""
    said = form.cleaned_data
    pictures = [
        actions.Picture(show.kept(said[name]), name.upper(), f"{name}.jpg") for name in ("box", "parcel") if said[name]
    ]
    return actions.inspect(
        by=by,
        at=timezone.localtime(),
        number=number,
        found=form.found(lines),
        pictures=pictures,
        remarks=said["remarks"],
    )


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm the import with a declaration; the receipt is signed."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    row = queries.arrival(number, by=by)
    form, status = ConfirmForm(request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: actions.confirm_import(by=by, at=timezone.localtime(), number=number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("Confirmed. The receipt is signed and on its way to the exporting authority."))
            return redirect("receipt", row.number)
    newest = row.inspections.last()
    if newest is None:
        return redirect("arrival", row.number)
    return render(request, "shipments/confirm.html", {"form": form, "row": row, "found": newest}, status=status)


@require_GET
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt, to read and to print."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.receipt(number, by=by)
    printed = queries.printed_receipt(row)
    return render(request, "shipments/receipt.html", {
        "row": row, "printed": printed, "differences": show.differences(list(printed.differences)),
    })  # fmt: skip


@require_GET
def receipt_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt as PDF, with the signed statement attached."""
    from openkimberley.documents.receipt import render_confirmation

    by = demand(request, P.SHIPMENT_READ)
    row = queries.receipt(number, by=by)
    response = HttpResponse(render_confirmation(queries.printed_receipt(row)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{row.number}-receipt.pdf"'
    return response


@require_GET
def receipt_jws(request: HttpRequest, number: str) -> HttpResponse:
    """The signed receipt itself."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.receipt(number, by=by)
    if not row.receipt:
        raise NotFound("signed receipt", row.number)
    response = HttpResponse(row.receipt, content_type="application/jose")
    response["Content-Disposition"] = f'attachment; filename="{row.number}.receipt.jws"'
    return response


# discrepancy


@require_GET
def discrepancy(request: HttpRequest, number: str) -> HttpResponse:
    """The case: what differs, what is detained, whom was told, and the ways out."""
    by = demand(request, P.SHIPMENT_READ)
    case = queries.case(number, by=by)
    return render(request, "shipments/discrepancy.html", {
        "case": case, "row": case.arrival, "officer": by.may(P.SHIPMENT_RECEIVE), "today": timezone.localtime().date(),
        "inspected": case.arrival.inspections.exists(), "ways": WAYS, "serious": queries.serious(case),
        "timeline": show.timeline(case.arrival.written, by=by),
        "differences": show.differences(case.differences), "way_out": show.WAYS.get(case.way_out, case.way_out),
        "finding": show.FAULTS.get(case.finding, case.finding),
        "original_missing": {one["rule"] for one in queries.serious(case)} == {"R073"} and not case.differences,
    })  # fmt: skip


def _way(form: Any, act: Any, title: str, button: str, lead: str = "", *, warning: bool = False) -> dict[str, Any]:
    """One way out: its form, its act, its words."""
    return {"form": form, "act": act, "title": title, "button": button, "lead": lead, "warning": warning}


def _ways() -> dict[str, dict[str, Any]]:
    """The ways out of a case, and detention and telling on the way to them, in words."""
    return {
        "detain": _way(ReasonForm, actions.detain, _("Detain the goods"), _("Detain"),
                       _("The goods stay here until the case is settled.")),
        "tell": _way(TellForm, actions.tell_issuer, _("Tell the issuing authority"), _("Queue the e-mail"),
                     _("The differences and objections are told; you may add a question (R085).")),
        "correct": _way(CorrectForm, actions.accept_correction, _("Corrected by its issuer"), _("Enter the correction"),
                        _("A minor error only, on the issuing authority's instruction (R086).")),
        "release": _way(ReleaseForm, actions.release_with_remedy, _("Release with remedy"), _("Release the goods"),
                        _("Only where the failure was not knowing, or another authority's act, and is mended (R084).")),
        "original": _way(ReleaseForm, actions.bring_original, _("The original was brought"), _("Release the goods"),
                         _("The original certificate is here now (R073).")),
        "return": _way(ReturnForm, actions.return_goods, _("Return the goods"), _("Return the goods"),
                       _("Under a technical certificate at the issuer's request (R089), or by order (R090)."),
                       warning=True),
        "refuse": _way(ReasonForm, actions.refuse_goods, _("Refuse the import"), _("Refuse the import"),
                       _("The certificate is spent; the receipt to the issuer says so."), warning=True),
        "confiscate": _way(ConfiscateForm, actions.confiscate, _("Confiscate the goods"), _("Confiscate"),
                           _("What becomes of the goods is recorded (R093)."), warning=True),
    }  # fmt: skip


WAYS = ("correct", "release", "original", "return", "refuse", "confiscate")
"""The ways out in the order in which they are shown."""


@require_http_methods(["GET", "POST"])
def way_out(request: HttpRequest, number: str, way: str) -> HttpResponse:
    """One way out of a case, on a page of its own."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    wanted = _ways().get(way)
    if wanted is None:
        raise NotFound("way out", way[:20])
    row = queries.arrival(number, by=by)
    form, status = wanted["form"](request.POST or None), 200
    if request.method == "POST":
        done, status = attempt(
            form, lambda: wanted["act"](by=by, at=timezone.localtime(), number=row.number, **form.cleaned_data)
        )
        if done is not None:
            messages.success(request, _("It is entered."))
            return redirect("discrepancy", row.number)
    return show.page(
        request, form, status=status, title=wanted["title"], button=wanted["button"], number=row.written,
        lead=wanted["lead"], warning=wanted["warning"], back="discrepancy" if hasattr(row, "case") else "arrival",
        back_number=row.number,
    )  # fmt: skip
