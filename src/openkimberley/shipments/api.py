"""Shipments over HTTP: everything the pages do. Amounts are text; a misspelt name in a body is refused, not ignored."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Field, File, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import field_validator

from openkimberley.certificates.facts import Certificate, Line
from openkimberley.certificates.statements import certificate_from_json
from openkimberley.desk import files
from openkimberley.desk.web import actor_of, demand
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotPermitted, Untrusted
from openkimberley.shipments import actions, facts, queries
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Inspection,
    Notice,
    PaperCertificate,
    Shipment,
)  # fmt: skip

router = Router(tags=["shipments"])
P = Permission

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,2})?$"
SHA256 = r"^[0-9a-f]{64}$"
MOST_AT_ONCE = 200
ARTEFACT = 200_000  # a signed credential with 200 lines is far below it


# --- what goes in -----------------------------------------------------------------------------------------------------


def _printable(value: Any) -> Any:
    """The value, if every text in it can be stored and printed. Raises ``ValueError``."""
    if isinstance(value, str) and _UNPRINTABLE.search(value):
        raise ValueError("text with characters that cannot be printed")
    if isinstance(value, dict):
        _printable([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for inner in value:
            _printable(inner)
    return value


class Strict(Schema):
    """A body in which a misspelt name is refused, not ignored, and every text can be stored by every database."""

    model_config = {"extra": "forbid"}

    @field_validator("*", mode="after")
    @classmethod
    def _stored(cls, value: Any) -> Any:
        return _printable(value)


class Paging(Schema):
    """Which part of a list."""

    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(50, ge=1, le=MOST_AT_ONCE)


class SealIn(Strict):
    """One seal and the container it closes."""

    number: str = Field(min_length=1, max_length=60)
    container: str = Field("", max_length=40)


class PictureIn(Strict):
    """A photograph that was uploaded before, and what it shows."""

    sha256: str = Field(pattern=SHA256)
    shows: Literal["BOX", "PARCEL", "OTHER"]


class SealingIn(Strict):
    """How the goods were closed."""

    seals: list[SealIn] = Field(max_length=200)
    photographs: list[PictureIn] = Field(max_length=20)
    containers: int = Field(ge=1, le=9999)
    number_on_container: bool
    packed_alone: bool
    copy_enclosed: bool


class AnnouncementIn(Strict):
    """Who carries the goods."""

    carrier: str = Field(min_length=1, max_length=200)
    courier_licence: str = Field("", max_length=40)
    mode: Literal["AIR", "ROAD", "RAIL", "SEA", "HAND"]
    expected_on: date | None = None
    address: str = Field("", max_length=254)


class DepartureIn(Strict):
    """The goods left."""

    departed_at: datetime
    seals_intact: bool


class TransitIn(Strict):
    """What was seen in a third territory."""

    territory: str = Field(pattern="^[A-Z]{2}$")
    way: Literal["ENTRY", "EXIT"]
    seen_at: datetime
    seals_intact: bool
    opened: bool
    remarks: str = Field("", max_length=300)


class ReasonIn(Strict):
    """Why."""

    reason: str = Field(min_length=1, max_length=1000)


class ForeignConfirmationIn(Strict):
    """The confirmation that an authority abroad sent back."""

    authority: str = Field(min_length=2, max_length=12)
    result: Literal["match", "discrepancy", "refused"]
    parcels: int = Field(ge=0, le=9999)
    carats: str = Field(pattern=AMOUNT)
    usd: str | None = Field(None, pattern=AMOUNT)
    exporter: str = Field(max_length=200)
    importer: str = Field(max_length=200)
    received_on: date
    letter: str = Field(max_length=4000)


class PresentationIn(Strict):
    """A shipment has arrived: its number, or the text of its code or credential."""

    number: str = Field("", max_length=40)
    artefact: str = Field("", max_length=ARTEFACT)
    presented_on: date
    original: bool
    copy_enclosed: bool | None = None
    hand_carried: bool = False
    declared_on_arrival: bool | None = None
    proof: str = Field("", max_length=20_000)


class ProofIn(Strict):
    """The proof of the issuer's journal: a tlog-proof, or the text of its KPP1 code."""

    proof: str = Field(min_length=1, max_length=20_000)


class FoundLineIn(Strict):
    """One line as weighed."""

    hs: str = Field(max_length=14)
    carats: str = Field(pattern=AMOUNT)
    usd: str | None = Field(None, pattern=AMOUNT)


class InspectionIn(Strict):
    """What was read, counted and weighed. Nothing is taken over from the certificate."""

    number: str = Field(min_length=1, max_length=40)
    seals: list[str] = Field(max_length=200)
    seals_intact: bool
    tamper_resistant: bool
    packed_alone: bool
    parcels: int = Field(ge=0, le=9999)
    lines: list[FoundLineIn] = Field(min_length=1, max_length=200)
    exporter: str = Field(min_length=1, max_length=200)
    importer: str = Field(min_length=1, max_length=200)
    remarks: str = Field("", max_length=2000)
    photographs: list[PictureIn] = Field(default_factory=list, max_length=20)


class DeclarationIn(Strict):
    """The declaration of the confirming officer."""

    declared: bool


class TellIn(Strict):
    """A question to the issuer, and where it goes."""

    question: str = Field("", max_length=1000)
    address: str = Field("", max_length=254)


class CorrectionIn(Strict):
    """A minor error and the issuer's instruction."""

    field: str = Field(max_length=60)
    new: str = Field(max_length=300)
    reason: str = Field(max_length=300)
    instruction: str = Field(max_length=20_000)


class ReleaseIn(Strict):
    """A finding and what was done."""

    fault: Literal["NOT_KNOWING", "ANOTHER_AUTHORITY", "KNOWING"]
    measures: str = Field(max_length=1000)


class ConfiscationIn(Strict):
    """Why, and what becomes of the goods."""

    reason: str = Field(max_length=1000)
    disposal: str = Field(max_length=1000)


class ReturnIn(Strict):
    """Under a technical certificate at the issuer's request, or by order."""

    technical_number: str = Field("", max_length=40)
    requested_by_issuer: str = Field("", max_length=1000)
    order: str = Field("", max_length=1000)


class PaperIn(Strict):
    """A foreign paper: the certificate in the contract's JSON, and the scans uploaded before."""

    certificate: dict[str, Any]
    scans: list[str] = Field(default_factory=list, max_length=12)
    matches_specimen: bool | None = None


class ComparisonIn(Strict):
    """What an officer saw who laid a paper beside its specimen."""

    matches_specimen: bool | None = None


class QuestionIn(Strict):
    """A question to a paper's issuer."""

    question: str = Field(min_length=1, max_length=1000)
    sent_to: str = Field("", max_length=200)


# --- what comes out ---------------------------------------------------------------------------------------------------


def _text(amount: object) -> str | None:
    """An amount as text, None where it is not known."""
    return None if amount is None else str(amount)


def _iso(moment: date | datetime | None) -> str | None:
    """A day or moment as text."""
    return moment.isoformat() if moment else None


def shipment_json(row: Shipment) -> dict[str, Any]:
    """A shipment as the API shows it."""
    return {
        "number": row.certificate_number, "authority": row.authority, "status": row.status,
        "importing_participant": row.importing_participant, "importing_authority": row.importing_authority,
        "exporter": row.exporter_name, "importer": row.importer_name, "carats": _text(row.carats),
        "usd": _text(row.usd), "expiry_date": _iso(row.expiry_date), "containers": row.containers,
        "carrier": row.carrier, "mode": row.mode, "expected_on": _iso(row.expected_on),
        "sealed_at": _iso(row.sealed_at), "released_at": _iso(row.released_at), "departed_at": _iso(row.departed_at),
        "arrived_at": _iso(row.arrived_at), "closed_at": _iso(row.closed_at), "reminders": row.chases,
    }  # fmt: skip


def arrival_json(row: Arrival) -> dict[str, Any]:
    """An arrival as the API shows it, with the engine's report and the rules' objections."""
    return {
        "number": row.number, "written": row.written, "issuer": row.issuer, "authority": row.authority,
        "issuing_authority": row.issuing_authority, "status": row.status, "source": row.source,
        "exporter": row.exporter_name, "importer": row.importer_name, "announced_at": _iso(row.announced_at),
        "expected_on": _iso(row.expected_on), "presented_on": _iso(row.presented_on), "original": row.original,
        "held": row.held, "decision": row.decision, "due_on": _iso(row.due_on), "verdict": row.verdict,
        "objections": row.objections, "closed_at": _iso(row.closed_at),
    }  # fmt: skip


def inspection_json(row: Inspection) -> dict[str, Any]:
    """An inspection as the API shows it."""
    return {
        "number": row.number_read, "seals": row.seals, "seals_intact": row.seals_intact, "parcels": row.parcels,
        "lines": row.lines, "carats": _text(row.carats), "usd": _text(row.usd), "differences": row.differences,
        "inspected_by": row.inspected_by, "inspected_at": _iso(row.inspected_at), "remarks": row.remarks,
    }  # fmt: skip


def case_json(row: DiscrepancyCase) -> dict[str, Any]:
    """A discrepancy case as the API shows it."""
    return {
        "number": row.number, "issuer": row.issuer, "status": row.status, "differences": row.differences,
        "objections": row.objections, "opened_at": _iso(row.opened_at), "detained_at": _iso(row.detained_at),
        "tell_issuer_by": _iso(row.tell_issuer_by), "issuer_told_at": _iso(row.issuer_told_at),
        "way_out": row.way_out, "finding": row.finding, "measures": row.measures,
        "technical_number": row.technical_number, "disposal": row.disposal, "closed_at": _iso(row.closed_at),
    }  # fmt: skip


def confirmation_json(row: Confirmation) -> dict[str, Any]:
    """A confirmation as the API shows it; ``receipt`` is the signed statement."""
    return {
        "number": row.number, "issuer": row.issuer, "authority": row.authority, "result": row.result,
        "received_on": _iso(row.received_on), "parcels": row.parcels, "carats": _text(row.carats),
        "usd": _text(row.usd), "receipt": row.receipt, "letter": row.letter, "made_at": _iso(row.made_at),
    }  # fmt: skip


def notice_json(row: Notice) -> dict[str, Any]:
    """An e-mail as the API shows it."""
    return {
        "message_id": row.message_id, "kind": row.kind, "number": row.certificate_number, "to": row.to_authority,
        "address": row.address, "subject": row.subject, "body": row.body, "fields": row.fields, "status": row.status,
        "attempts": row.attempts, "error": row.error, "queued_at": _iso(row.queued_at), "sent_at": _iso(row.sent_at),
    }  # fmt: skip


def paper_json(row: PaperCertificate) -> dict[str, Any]:
    """A registered paper as the API shows it, with the rules' answer."""
    return {
        "number": row.number, "issuer": row.issuer, "certificate": row.content, "scans": row.scans,
        "answer": row.answer, "registered_at": _iso(row.registered_at),
    }  # fmt: skip


def _page(rows: Any, asked: Paging, show: Any) -> dict[str, Any]:
    """One part of a list."""
    start = (asked.page - 1) * asked.per_page
    return {"count": rows.count(), "items": [show(row) for row in rows[start : start + asked.per_page]]}


def _hs(text: str) -> str:
    """An HS code. Raises ``Untrusted`` for what is none."""
    try:
        return measures.hs_code(text)
    except measures.BadMeasure as error:
        raise Untrusted("5 content", str(error)) from error


def _pictures(given: list[PictureIn]) -> list[actions.Picture]:
    """Photographs that were uploaded before. Raises ``NotFound`` for one that was not."""
    for one in given:
        files.open_file(one.sha256)
    return [actions.Picture(one.sha256, one.shows) for one in given]


# --- the exporting side -----------------------------------------------------------------------------------------------


@router.get("/shipments", summary="Shipments that you may see")
def shipments(request: HttpRequest, asked: Query[Paging], status: str = "") -> dict[str, Any]:
    """Newest first; of one status where given."""
    by = demand(request, P.SHIPMENT_READ)
    return _page(queries.shipments(by=by, status=status), asked, shipment_json)


@router.get("/shipments/{number}", summary="One shipment")
def shipment(request: HttpRequest, number: str) -> dict[str, Any]:
    """Where it is, its seals, what was told to whom, and its timeline."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.shipment(number, by=by)
    return {
        **shipment_json(row),
        "seals": [{"number": one.written, "container": one.container} for one in row.seals.all()],
        "photographs": [
            {"sha256": one.sha256, "shows": one.shows, "direction": one.direction}
            for one in queries.photographs(number, by=by)
        ],
        "notices": [notice_json(one) for one in queries.notices(by=by, number=number)],
        "timeline": queries.timeline(number, by=by),
    }  # fmt: skip


@router.post("/photographs", response={201: dict[str, Any]}, summary="Upload a photograph")
def upload(request: HttpRequest, file: File[UploadedFile]) -> tuple[int, dict[str, Any]]:
    """Keep a photograph of box or parcel; name it by its ``sha256`` when you seal or inspect."""
    by = actor_of(request)
    if not (by.may(P.SHIPMENT_SEAL) or by.may(P.SHIPMENT_RECEIVE)):
        raise NotPermitted(P.SHIPMENT_SEAL)
    return 201, {"sha256": files.keep(file.read(files.MAX_BYTES + 1), "picture")}


@router.post("/shipments/{number}/seal", response={201: dict[str, Any]}, summary="Seal a shipment")
def seal(request: HttpRequest, number: str, body: SealingIn) -> tuple[int, dict[str, Any]]:
    """Put seals and photographs on record."""
    by = demand(request, P.SHIPMENT_SEAL)
    row = actions.seal(
        by=by, at=timezone.localtime(), number=number, pictures=_pictures(body.photographs), containers=body.containers,
        seals=[actions.AppliedSeal(one.number, one.container) for one in body.seals],
        number_on_container=body.number_on_container, packed_alone=body.packed_alone,
        copy_enclosed=body.copy_enclosed,
    )  # fmt: skip
    return 201, shipment_json(row)


@router.post("/shipments/{number}/announcement", response={201: dict[str, Any]}, summary="Release and announce")
def announce(request: HttpRequest, number: str, body: AnnouncementIn) -> tuple[int, dict[str, Any]]:
    """Release a sealed shipment and queue the e-mail of Annex II, 19."""
    by = demand(request, P.SHIPMENT_SEAL)
    return 201, notice_json(actions.announce(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/shipments/{number}/departure", summary="Enter the departure")
def depart(request: HttpRequest, number: str, body: DepartureIn) -> dict[str, Any]:
    """The shipment left the territory."""
    by = demand(request, P.SHIPMENT_SEAL)
    return shipment_json(actions.depart(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/shipments/{number}/transit", response={201: dict[str, Any]}, summary="Enter what was seen in transit")
def transit(request: HttpRequest, number: str, body: TransitIn) -> tuple[int, dict[str, Any]]:
    """A sighting in a third territory; the answer has what the rules object to."""
    by = demand(request, P.SHIPMENT_READ)
    queries.shipment(number, by=by)
    _, objections = actions.record_transit(by=by, at=timezone.localtime(), number=number, **body.dict())
    return 201, {"objections": [one.as_json() for one in objections]}


@router.post("/shipments/{number}/cancellation", summary="Cancel a shipment")
def cancel(request: HttpRequest, number: str, body: ReasonIn) -> dict[str, Any]:
    """Opened again before departure, its certificate void, replaced, lost or expired."""
    by = demand(request, P.SHIPMENT_SEAL)
    return shipment_json(actions.cancel(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/shipments/{number}/confirmation", response={201: dict[str, Any]}, summary="Confirmation from abroad")
def foreign_confirmation(request: HttpRequest, number: str, body: ForeignConfirmationIn) -> tuple[int, dict[str, Any]]:
    """Enter the confirmation that an authority abroad sent back by letter or e-mail."""
    by = demand(request, P.SHIPMENT_SEAL)
    given = body.dict() | {
        "carats": measures.carats(body.carats), "usd": measures.usd(body.usd) if body.usd is not None else None,
    }  # fmt: skip
    return 201, confirmation_json(actions.enter_confirmation(by=by, at=timezone.localtime(), number=number, **given))


@router.get("/notices", summary="E-mails of your authority")
def notices(request: HttpRequest, asked: Query[Paging], waiting: bool = False) -> dict[str, Any]:
    """Oldest first; those not sent only, where ``waiting``."""
    by = demand(request, P.SHIPMENT_READ)
    rows = queries.notices(by=by)
    return _page(rows.exclude(status="SENT") if waiting else rows, asked, notice_json)


@router.post("/notices/delivery", summary="Send what waits")
def deliver(request: HttpRequest) -> dict[str, Any]:
    """Send the e-mails that are due now."""
    by = demand(request, P.SHIPMENT_SEAL)
    return {"sent": actions.deliver_notices(by=by, at=timezone.localtime())}


# --- the importing side -----------------------------------------------------------------------------------------------


@router.get("/expected", summary="Shipments announced to your authority")
def expected(request: HttpRequest, asked: Query[Paging]) -> dict[str, Any]:
    """The first to be expected first."""
    return _page(queries.expected(by=demand(request, P.SHIPMENT_READ)), asked, arrival_json)


@router.get("/imports", summary="Shipments at your desk")
def imports(request: HttpRequest, asked: Query[Paging], concluded: bool = False) -> dict[str, Any]:
    """The earliest deadline first; the concluded ones, newest first, where asked for."""
    by = demand(request, P.SHIPMENT_READ)
    return _page(queries.concluded(by=by) if concluded else queries.at_the_desk(by=by), asked, arrival_json)


@router.post("/imports", response={201: dict[str, Any]}, summary="A shipment has arrived")
def present(request: HttpRequest, body: PresentationIn) -> tuple[int, dict[str, Any]]:
    """Enter a presentation; the answer has the engine's report and the rules' objections."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    given = {**body.dict(), "artefact": body.artefact.encode()}
    return 201, arrival_json(actions.present(by=by, at=timezone.localtime(), **given))


@router.get("/imports/{number}", summary="One arrival")
def arrival(request: HttpRequest, number: str) -> dict[str, Any]:
    """Verdict, objections, inspections and timeline."""
    by = demand(request, P.SHIPMENT_READ)
    row = queries.arrival(number, by=by)
    return {
        **arrival_json(row), "inspections": [inspection_json(one) for one in row.inspections.all()],
        "timeline": queries.timeline(row.written, by=by),
    }  # fmt: skip


@router.post("/imports/{number}/decision", summary="Decide a hold")
def decide(request: HttpRequest, number: str, body: ReasonIn) -> dict[str, Any]:
    """Let a held shipment go on, with a reason."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return arrival_json(actions.decide_hold(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/proof", summary="Hand in the proof of the issuer's journal")
def prove(request: HttpRequest, number: str, body: ProofIn) -> dict[str, Any]:
    """What was held because nothing showed that the certificate was entered in its issuer's journal goes on."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return arrival_json(actions.hand_in_proof(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/inspection", response={201: dict[str, Any]}, summary="Enter what was found")
def inspect(request: HttpRequest, number: str, body: InspectionIn) -> tuple[int, dict[str, Any]]:
    """The software compares; any difference opens a discrepancy case."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    lines = tuple(
        Line(_hs(one.hs), measures.carats(one.carats), measures.usd(one.usd) if one.usd else None) for one in body.lines
    )
    values = [one.usd for one in lines]
    found = facts.Inspection(
        number=body.number, seals=tuple(body.seals), seals_intact=body.seals_intact,
        tamper_resistant=body.tamper_resistant, packed_alone=body.packed_alone, parcels=body.parcels, lines=lines,
        carats=sum((one.carats for one in lines if one.carats is not None), measures.carats("0.00")),
        usd=None if None in values else sum((one for one in values if one is not None), measures.usd("0.00")),
        exporter=body.exporter, importer=body.importer,
    )  # fmt: skip
    row = actions.inspect(
        by=by, at=timezone.localtime(), number=number, found=found, pictures=_pictures(body.photographs),
        remarks=body.remarks,
    )  # fmt: skip
    return 201, inspection_json(row)


@router.post("/imports/{number}/confirmation", response={201: dict[str, Any]}, summary="Confirm the import")
def confirm(request: HttpRequest, number: str, body: DeclarationIn) -> tuple[int, dict[str, Any]]:
    """Sign the receipt; the certificate is used from now on."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return 201, confirmation_json(actions.confirm_import(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.get("/imports/{number}/confirmation", summary="The confirmation of a certificate")
def confirmation(request: HttpRequest, number: str) -> dict[str, Any]:
    """With the signed receipt, for both authorities and the companies."""
    return confirmation_json(queries.receipt(number, by=demand(request, P.SHIPMENT_READ)))


@router.get("/imports/{number}/case", summary="The discrepancy case")
def case(request: HttpRequest, number: str) -> dict[str, Any]:
    """What differs, what is detained, whom was told, how it ended."""
    return case_json(queries.case(number, by=demand(request, P.SHIPMENT_READ)))


@router.post("/imports/{number}/case/detention", summary="Detain the goods")
def detain(request: HttpRequest, number: str, body: ReasonIn) -> dict[str, Any]:
    """The goods stay until the case is settled."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return case_json(actions.detain(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/notice", response={201: dict[str, Any]}, summary="Tell the issuing authority")
def tell(request: HttpRequest, number: str, body: TellIn) -> tuple[int, dict[str, Any]]:
    """Queue the e-mail that tells what failed."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return 201, notice_json(actions.tell_issuer(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/correction", summary="Enter the issuer's correction")
def correct(request: HttpRequest, number: str, body: CorrectionIn) -> dict[str, Any]:
    """A minor error, on the issuing authority's instruction."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return case_json(actions.accept_correction(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/release", summary="Release with remedy")
def release(request: HttpRequest, number: str, body: ReleaseIn) -> dict[str, Any]:
    """Not knowing, or another authority's act, and mended."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return case_json(actions.release_with_remedy(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/original", summary="The original was brought")
def original(request: HttpRequest, number: str, body: ReleaseIn) -> dict[str, Any]:
    """The original certificate came within the days that the law gives."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return case_json(actions.bring_original(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/return", summary="Return the goods")
def return_(request: HttpRequest, number: str, body: ReturnIn) -> dict[str, Any]:
    """Under a technical certificate, or by order."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return confirmation_json(actions.return_goods(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/refusal", summary="Refuse the import")
def refuse(request: HttpRequest, number: str, body: ReasonIn) -> dict[str, Any]:
    """The certificate is spent."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return confirmation_json(actions.refuse_goods(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/imports/{number}/case/confiscation", summary="Confiscate the goods")
def confiscate(request: HttpRequest, number: str, body: ConfiscationIn) -> dict[str, Any]:
    """What becomes of the goods is recorded."""
    by = demand(request, P.SHIPMENT_RECEIVE)
    return confirmation_json(actions.confiscate(by=by, at=timezone.localtime(), number=number, **body.dict()))


# --- papers of others -------------------------------------------------------------------------------------------------


@router.post("/check", auth=None, summary="Ask every rule about a certificate")
def check(request: HttpRequest, body: Body[dict[str, Any]], at: date | None = None) -> dict[str, Any]:
    """The certificate in the contract's JSON, as ``kimberley check`` reads it. Open to everybody; nothing is kept."""
    certificate = _certificate(body)
    return queries.public_answer(certificate, on=_day(certificate, at)).as_json()


@router.post("/papers/check", summary="Ask every rule, with what your desk knows")
def check_here(request: HttpRequest, body: Body[dict[str, Any]], at: date | None = None) -> dict[str, Any]:
    """The same with uses, alerts, specimens and answers of issuers that this node knows. Nothing is kept."""
    by = demand(request, P.PAPER_REGISTER)
    certificate = _certificate(body)
    return queries.answer_for(certificate, on=_day(certificate, at), by=by).as_json()


def _certificate(body: dict[str, Any]) -> Certificate:
    """The certificate of a body. Raises ``Untrusted``."""
    try:
        return certificate_from_json(_printable(body))
    except ValueError as error:
        raise Untrusted("5 content", str(error)) from error


def _day(certificate: Certificate, at: date | None) -> date:
    """The day that is asked about: the one given, that of presentation, or today."""
    shown = certificate.presented
    return at or (shown.date if shown else None) or timezone.localtime().date()


@router.get("/papers", summary="Papers registered by hand")
def papers(request: HttpRequest, asked: Query[Paging]) -> dict[str, Any]:
    """Of your authority, newest first."""
    return _page(queries.papers(by=demand(request, P.PAPER_REGISTER)), asked, paper_json)


@router.post("/scans", response={201: dict[str, Any]}, summary="Upload a scan")
def upload_scan(request: HttpRequest, file: File[UploadedFile]) -> tuple[int, dict[str, Any]]:
    """Keep the scan of a paper; name it by its ``sha256`` when you register the paper."""
    demand(request, P.PAPER_REGISTER)
    return 201, {"sha256": files.keep(file.read(files.MAX_BYTES + 1), "document")}


@router.post("/papers", response={201: dict[str, Any]}, summary="Register a foreign paper")
def register(request: HttpRequest, body: PaperIn) -> tuple[int, dict[str, Any]]:
    """Every rule is asked; the paper is kept whatever the answer is."""
    by = demand(request, P.PAPER_REGISTER)
    for sha256 in body.scans:
        files.open_file(sha256)
    row = actions.register_paper(
        by=by,
        at=timezone.localtime(),
        content=body.certificate,
        scans=body.scans,
        matches_specimen=body.matches_specimen,
    )
    return 201, paper_json(row)


@router.get("/papers/{number}", summary="One registered paper")
def paper(request: HttpRequest, number: str) -> dict[str, Any]:
    """What it says, and the rules' answer."""
    return paper_json(queries.paper(number, by=demand(request, P.SHIPMENT_READ)))


@router.post("/papers/{number}/check", summary="Ask the rules again")
def check_again(request: HttpRequest, number: str, body: ComparisonIn) -> dict[str, Any]:
    """After a comparison with the specimen, an answer or an alert."""
    by = demand(request, P.PAPER_REGISTER)
    return paper_json(actions.check_paper_again(by=by, at=timezone.localtime(), number=number, **body.dict()))


@router.post("/papers/{number}/question", response={201: dict[str, Any]}, summary="Ask the issuer")
def ask(request: HttpRequest, number: str, body: QuestionIn) -> tuple[int, dict[str, Any]]:
    """Put a question on record; the answer is recorded under its reference at the alerts."""
    by = demand(request, P.PAPER_REGISTER)
    query = actions.ask_issuer(by=by, at=timezone.localtime(), number=number, **body.dict())
    return 201, {"reference": query.reference, "sent_to": query.sent_to, "question": query.question}


@router.get("/photographs/{sha256}", summary="One photograph")
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """For those who may see its shipment."""
    row = queries.photograph(sha256, by=demand(request, P.SHIPMENT_READ))
    return files.attachment(row.sha256, f"{row.certificate_number} {row.shows}")
