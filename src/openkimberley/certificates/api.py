"""Certification over HTTP: everything the pages do, for agents' and brokers' software.

Content of an application is the certificate's JSON of the contract, kept as it was written; amounts are text. A draft
may be wrong, ``/check`` says what filing would meet. Whoever changes an application names the ``version`` he read.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import model_validator

from openkimberley.certificates import actions, queries
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.facts import FormStatus, Kind
from openkimberley.certificates.forms import tables as rows_of
from openkimberley.certificates.models import Application, Certificate, Document, NumberRange
from openkimberley.certificates.models import Form as Sheet
from openkimberley.desk import files, tables
from openkimberley.desk.api import problem
from openkimberley.desk.web import demand
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound, NotPermitted, Refused, Untrusted
from openkimberley.trust import approval
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.qr import check_code

router = Router(tags=["certificates"])
P = Permission

AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,2})?$"
MOST_AT_ONCE = 200
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


# --- what goes in -----------------------------------------------------------------------------------------------------


def _printable(value: Any) -> Any:
    """The value, if every text in it can be stored and printed. Raises ``ValueError``."""
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            raise ValueError("text with characters that cannot be printed")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _printable([name, inner])
    elif isinstance(value, list):
        for inner in value:
            _printable(inner)
    return value


class Clean(Schema):
    """Input whose texts can be stored by every database."""

    @model_validator(mode="before")
    @classmethod
    def _all_printable(cls, written: Any) -> Any:
        """Refuse control characters and halves of characters."""
        _printable(written if isinstance(written, dict) else getattr(written, "_obj", {}))
        return written


class Strict(Clean):
    """A body in which a misspelt name is refused, not ignored."""

    model_config = {"extra": "forbid"}


class Paging(Clean):
    """Which part of a list."""

    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(50, ge=1, le=MOST_AT_ONCE)


class ApplicationFilter(Paging):
    """Which applications."""

    status: str = ""
    q: str = Field("", max_length=80)


class CertificateFilter(ApplicationFilter):
    """Which certificates; ``since`` and ``until`` are days of issue, both included. ``side`` is ``out`` for those your
    authority issued, ``in`` for those addressed to it."""

    side: Literal["", "in", "out"] = ""

    destination: str = Field("", max_length=12)
    since: date | None = None
    until: date | None = None


class PartyContent(Strict):
    """Exporter or importer."""

    name: str = Field("", max_length=200)
    address: str = Field("", max_length=400)
    licence: str = Field("", max_length=60)


class LineContent(Strict):
    """One line of goods. Amounts are text, kept as written; the check says whether they can be read."""

    hs: str = Field("", max_length=40)
    carats: str = Field("", max_length=40)
    usd: str = Field("", max_length=40)


class DrawContent(Strict):
    """An import certificate drawn on."""

    number: str = Field("", max_length=60)
    carats: str = Field("", max_length=40)


class Content(Strict):
    """An application's content: the certificate's JSON of the contract, as far as an applicant fills it in."""

    exporter: PartyContent | None = None
    importer: PartyContent | None = None
    same_party_reason: str = Field("", max_length=400)
    lines: list[LineContent] = Field(default_factory=list, max_length=200)
    parcels: int | str | None = None
    parcel_reference: str = Field("", max_length=60)
    origin: list[str] | Literal["mixed"] = Field(default_factory=list)
    origin_shares: dict[str, str] = Field(default_factory=dict)
    zone: str = Field("", max_length=400)
    draws_on: list[DrawContent] = Field(default_factory=list, max_length=200)
    provenance: str = Field("", max_length=60)
    destination: str = Field("", max_length=60)
    destination_authority: str = Field("", max_length=60)

    def written(self) -> dict[str, Any]:
        """As it is kept: what was given, and nothing else."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class DraftIn(Strict):
    """A new draft for a company (its licence number)."""

    company: str = Field(max_length=40)
    content: Content


class ContentIn(Strict):
    """The whole content of a draft in place of what it was, and the version that was read."""

    version: int = Field(ge=1)
    content: Content


class FileIn(Strict):
    """The declaration that these are no conflict diamonds, and the version that was read."""

    version: int = Field(ge=1)
    declared: bool


class ReasonIn(Strict):
    """A reason that somebody will read."""

    reason: str = Field(min_length=1, max_length=2000)


class WeighedIn(Strict):
    """One line as weighed."""

    hs: str = Field(max_length=14)
    carats: str = Field(pattern=AMOUNT)


class ExaminationIn(Strict):
    """What was found."""

    method: Literal["OPENED", "RISK_ANALYSIS"]
    method_reason: str = Field("", max_length=2000)
    parcels: int = Field(ge=0, le=1_000_000)
    lines: list[WeighedIn] = Field(min_length=1, max_length=200)
    seals: list[str] = Field(default_factory=list, max_length=200)
    origin_evidence: str = Field(min_length=1, max_length=2000)
    remarks: str = Field("", max_length=2000)


class ValuedIn(Strict):
    """One line as valued."""

    hs: str = Field(max_length=14)
    usd: str = Field(pattern=AMOUNT)


class ValuationIn(Strict):
    """One valuation, line by line in the order of the application."""

    role: Literal["GOVERNMENT", "INDEPENDENT"]
    lines: list[ValuedIn] = Field(min_length=1, max_length=200)
    price_list: str = Field("", max_length=120)
    price_list_date: date | None = None


class AssertionIn(Strict):
    """What an authenticator answered, as ``PublicKeyCredential.toJSON`` writes it."""

    id: str = Field(max_length=2000)
    rawId: str = Field(max_length=2000)  # noqa: N815 - WebAuthn's name
    type: str = Field("public-key", max_length=20)
    response: dict[str, str]


class ApprovalIn(Strict):
    """An officer's approval of the exact draft: of an authenticator, or by the passphrase of the officer's key."""

    level: Literal["webauthn", "software"]
    passphrase: str = Field("", max_length=400)
    credential: AssertionIn | None = None


class ApproveIn(Strict):
    """The second officer's approval; ``paper_serial`` where security paper is used, ``surrendered`` where it replaces
    a certificate that was handed in (R087)."""

    version: int = Field(ge=1)
    paper_serial: str = Field("", max_length=40)
    surrendered: bool = False
    approval: ApprovalIn | None = None


class SignIn(Strict):
    """The examining officer's approval of the draft as it stands."""

    version: int = Field(ge=1)
    approval: ApprovalIn


class DraftOut(Schema):
    """What both officers approve, its hash, and the challenge that each of them signs (docs/spec/approval.md)."""

    version: int
    draft: dict[str, Any]
    draft_hash: str
    challenges: dict[str, str]


class RefuseIn(ReasonIn):
    """A refusal with the codes of the rules it rests on."""

    rules: list[str] = Field(min_length=1, max_length=50)


class VoidIn(ReasonIn):
    """Why a certificate is voided."""

    why: Literal["error", "spoiled", "stolen", "recalled"]


class DisclosureIn(Strict):
    """A part of a certificate to show: which, to whom, on what basis, and which claims the holder adds."""

    profile: Literal["bank", "carrier", "monitor", "observer", "public", "authority"]
    to: str = Field(min_length=1, max_length=200)
    basis: str = Field(min_length=1, max_length=300)
    also: list[str] = Field(default_factory=list, max_length=40)


class DisclosureOut(Schema):
    """A part that was shown. The part itself is not kept."""

    profile: str
    fields: list[str]
    shown_to: str
    basis: str
    sha256: str
    made_by: str
    made_at: datetime


class PresentationOut(DisclosureOut):
    """A part as it was made: the signed text to hand on."""

    presentation: str


class LostIn(Strict):
    """When, where and how a certificate was lost."""

    circumstances: str = Field(min_length=1, max_length=2000)


class CorrectionIn(Strict):
    """A minor correction: a field of the content such as ``importer/name``, and how it should read."""

    field: str = Field(max_length=60)
    new: str = Field(min_length=1, max_length=300)
    reason: str = Field(min_length=1, max_length=300)


class TechnicalIn(ReasonIn):
    """A technical certificate about goods of another certificate."""

    kind: Literal["TECHNICAL_RETURN", "TECHNICAL_SEIZED", "TECHNICAL_RESEARCH"]
    about: str = Field("", max_length=40)
    content: Content


class NumbersIn(Strict):
    """A run of numbers, both ends included."""

    prefix: str = Field("", max_length=4)
    first: int = Field(ge=0)
    last: int = Field(ge=0)
    digits: int = Field(ge=1, le=15)


class DeliveryIn(NumbersIn):
    """A delivery of blank forms."""

    batch: str = Field(min_length=1, max_length=60)


class RangeIn(NumbersIn):
    """A registered range of certificate numbers."""

    year: int | None = Field(None, ge=2003, le=9999)


class WriteOffIn(Strict):
    """What became of a blank form."""

    status: Literal["SPOILED", "LOST", "STOLEN"]
    reason: str = Field(min_length=1, max_length=200)


# --- what comes out ---------------------------------------------------------------------------------------------------


class ObjectionOut(Schema):
    """One rule's no."""

    rule: str
    level: str
    severity: str
    source: str
    message: str
    facts: dict[str, str]
    field: str
    remedy: str


class CheckOut(Schema):
    """What filing would meet. ``ready`` where nothing refuses or holds it (the declaration comes with filing)."""

    ready: bool
    objections: list[ObjectionOut]


class DocumentOut(Schema):
    """A paper attached."""

    id: int
    kind: str
    name: str
    sha256: str
    media_type: str
    size: int
    url: str


class ExaminationOut(Schema):
    """An examination."""

    examined_by: str
    examined_at: datetime
    method: str
    method_reason: str
    parcels: int
    lines: list[dict[str, str]]
    carats: str
    seals: list[str]
    origin_evidence: str
    remarks: str


class ValuationOut(Schema):
    """A valuation."""

    role: str
    valued_by: str
    valued_at: datetime
    lines: list[dict[str, str]]
    usd: str
    price_list: str
    price_list_date: date | None


class ApplicationRow(Schema):
    """An application in a list."""

    reference: str
    kind: str
    status: str
    version: int
    company: str
    exporter: str
    importer: str
    destination: str
    carats: str | None
    changed_at: datetime
    certificate: str
    about: str
    url: str


class ApplicationOut(ApplicationRow):
    """One application with everything in it. Examinations and valuations are for its authority only."""

    content: dict[str, Any]
    reason: str
    filed_at: datetime | None
    declared: bool
    documents: list[DocumentOut]
    examinations: list[ExaminationOut]
    valuations: list[ValuationOut]
    history: list[dict[str, Any]]


class ApplicationList(Schema):
    """One page of applications."""

    count: int
    page: int
    pages: int
    rows: list[ApplicationRow]


class CertificateRow(Schema):
    """A certificate in a list."""

    number: str
    kind: str
    status: str
    authority: str
    issue_date: date
    expiry_date: date
    exporter: str
    importer: str
    destination: str
    destination_authority: str
    carats: str
    usd: str
    approval_level: str
    url: str


class CertificateOut(CertificateRow):
    """One certificate: content, status, what belongs to it and where its forms are."""

    content: dict[str, Any]
    cid: str
    check_code: str
    qr: str
    paper_serial: str
    application: str
    replaces: str
    replaced_by: str
    return_of: str
    corrections: list[dict[str, Any]]
    history: list[dict[str, Any]]
    links: dict[str, str]


class CertificateList(Schema):
    """One page of certificates."""

    count: int
    page: int
    pages: int
    rows: list[CertificateRow]


class SheetOut(Schema):
    """A sheet of blank paper."""

    serial: str
    status: str
    batch: str
    changed_at: datetime
    certificate: str
    reason: str


class LedgerOut(Schema):
    """The ledger of blank paper."""

    counts: dict[str, int]
    count: int
    page: int
    pages: int
    rows: list[SheetOut]


class RangeOut(Schema):
    """A registered range and how far it is used."""

    prefix: str
    first: int
    last: int
    digits: int
    year: int | None
    next: int
    left: int


class CorrectionOut(Schema):
    """A signed instruction to correct."""

    number: str
    field: str
    old: str
    new: str
    reason: str
    instruction: str


class LoadedOut(Schema):
    """Drafts loaded."""

    count: int
    references: list[str]


def _text(value: object) -> str | None:
    """An amount as text."""
    return None if value is None else str(value)


def _row(row: Application) -> dict[str, Any]:
    """An application for a list."""
    return {
        "reference": row.reference, "kind": row.kind, "status": row.status, "version": row.version,
        "company": row.company, "exporter": row.exporter_name, "importer": row.importer_name,
        "destination": row.destination, "carats": _text(row.carats), "changed_at": row.changed_at,
        "certificate": row.certificate_number, "about": row.about, "url": f"/api/v1/applications/{row.reference}",
    }  # fmt: skip


def _document(row: Application, paper: Document) -> dict[str, Any]:
    """A paper of an application."""
    return {
        "id": paper.pk, "kind": paper.kind, "name": paper.name, "sha256": paper.sha256, "media_type": paper.media_type,
        "size": paper.size, "url": f"/api/v1/applications/{row.reference}/documents/{paper.pk}",
    }  # fmt: skip


def _fields(row: Any, schema: type[Schema]) -> dict[str, Any]:
    """A table row as a schema names its fields, amounts as text."""
    told = {name: getattr(row, name) for name in schema.model_fields}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in told.items()}


def _whole(row: Application, *, by: Actor) -> dict[str, Any]:
    """One application with everything the reader may see."""
    officer = not by.companies
    examinations = [_fields(one, ExaminationOut) for one in row.examinations.all()] if officer else []
    valuations = [_fields(one, ValuationOut) for one in row.valuations.all()] if officer else []
    return {
        **_row(row), "content": row.content, "reason": row.reason, "filed_at": row.filed_at,
        "declared": bool(row.declared_by), "documents": [_document(row, paper) for paper in queries.papers(row)],
        "examinations": examinations, "valuations": valuations, "history": queries.history(row.reference, by=by),
    }  # fmt: skip


def _certificate_row(row: Certificate) -> dict[str, Any]:
    """A certificate for a list."""
    return {
        "number": row.number, "kind": row.kind, "status": row.status, "authority": row.authority,
        "issue_date": row.issue_date, "expiry_date": row.expiry_date, "exporter": row.exporter_name,
        "importer": row.importer_name, "destination": row.destination,
        "destination_authority": row.destination_authority, "carats": str(row.carats), "usd": str(row.usd),
        "approval_level": row.approval_level, "url": f"/api/v1/certificates/{row.number}",
    }  # fmt: skip


def _certificate(row: Certificate, *, by: Actor) -> dict[str, Any]:
    """One certificate with what belongs to it."""
    here = f"/api/v1/certificates/{row.number}"
    return {
        **_certificate_row(row), "content": row.content, "cid": row.cid, "check_code": check_code(unb64u(row.cid)),
        "qr": row.qr_full, "paper_serial": row.paper_serial, "application": row.application.reference,
        "replaces": row.replaces, "replaced_by": row.replaced_by, "return_of": row.return_of,
        "corrections": [
            {"field": one.field, "old": one.old, "new": one.new, "reason": one.reason, "made_at": one.made_at}
            for one in queries.corrections(row.number, row.authority)
        ],
        "history": queries.history(row.number, by=by),
        "links": {"pdf": f"{here}/pdf", "label": f"{here}/label", "sd_jwt": f"{here}/sd-jwt",
                  "application": f"/api/v1/applications/{row.application.reference}"},
    }  # fmt: skip


def _page(rows: Any, paging: Paging) -> tuple[list[Any], dict[str, int]]:
    """One page of a list, and where it stands in the whole."""
    count = rows.count()
    start = (paging.page - 1) * paging.per_page
    pages = max(1, -(-count // paging.per_page))
    return list(rows[start : start + paging.per_page]), {"count": count, "page": paging.page, "pages": pages}


# --- applications -----------------------------------------------------------------------------------------------------


@router.get("/applications", response=ApplicationList, summary="Applications you may see")
def list_applications(request: HttpRequest, asked: Query[ApplicationFilter]) -> dict[str, Any]:
    """Your companies' for an applicant; for an officer those of the authority, without exporters' drafts."""
    by = demand(request, P.CERTIFICATE_READ)
    rows, where = _page(queries.applications(by=by, status=asked.status, text=asked.q), asked)
    return {**where, "rows": [_row(row) for row in rows]}


@router.post("/applications", response={201: ApplicationOut}, summary="Begin an application")
def open_draft(request: HttpRequest, body: DraftIn) -> tuple[int, dict[str, Any]]:
    """A draft may be incomplete or wrong; it is kept as written."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = actions.open_draft(by=by, at=timezone.localtime(), company=body.company, content=body.content.written())
    return 201, _whole(row, by=by)


@router.post("/applications/load", response={201: LoadedOut}, summary="Load applications from a table")
def load(request: HttpRequest, company: Form[str], file: File[UploadedFile]) -> Any:
    """CSV, XLSX or JSON, all as drafts or none. Each fault names line, column, rule and remedy under ``rows``."""
    by = demand(request, P.CERTIFICATE_APPLY)
    lines: list[int] = []
    try:
        drafts, lines = rows_of.drafts(file.read(tables.MAX_BYTES + 1), file.name or "", licence=company)
        opened = actions.load_drafts(by=by, at=timezone.localtime(), company=company, rows=drafts)
    except tables.BadRows as bad:
        return problem(400, "Untrusted", str(bad), step=bad.step, rows=[fault.as_json() for fault in bad.faults])
    except Refused as refused:
        faults = rows_of.faults_of(refused.objections, lines)
        objections = [o.as_json() for o in refused.objections]
        rows = [fault.as_json() for fault in faults]
        return problem(422, "Refused", "nothing was loaded", objections=objections, rows=rows)
    return 201, {"count": len(opened), "references": [row.reference for row in opened]}


@router.get("/applications/template.{kind}", summary="The table to begin with")
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """CSV, XLSX or JSON."""
    demand(request, P.CERTIFICATE_APPLY)
    return _file([dict(rows_of.EXAMPLE)], kind, rows_of.LOADED, "applications")


@router.get("/applications/export.{kind}", summary="Applications as a file")
def export_applications(request: HttpRequest, kind: str, asked: Query[ApplicationFilter]) -> HttpResponse:
    """CSV, XLSX or JSON of those you may see."""
    by = demand(request, P.CERTIFICATE_READ)
    found = queries.applications(by=by, status=asked.status, text=asked.q)[: rows_of.MOST_EXPORTED]
    rows = rows_of.application_rows(found.iterator(chunk_size=1000))
    return _file(rows, kind, rows_of.APPLICATION_COLUMNS, "applications")


@router.get("/applications/{reference}", response=ApplicationOut, summary="One application")
def one_application(request: HttpRequest, reference: str) -> dict[str, Any]:
    """With papers and history; examinations and valuations for its authority."""
    by = demand(request, P.CERTIFICATE_READ)
    return _whole(queries.application(reference, by=by), by=by)


@router.put("/applications/{reference}", response=ApplicationOut, summary="Change a draft")
def save_draft(request: HttpRequest, reference: str, body: ContentIn) -> dict[str, Any]:
    """The whole content in place of what it was. 409 where somebody changed it since ``version``."""
    by = demand(request, P.CERTIFICATE_APPLY)
    content = body.content.written()
    row = actions.save_draft(by=by, at=timezone.localtime(), reference=reference, version=body.version, content=content)
    return _whole(row, by=by)


@router.post("/applications/{reference}/check", response=CheckOut, summary="What filing would meet")
def check(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Everything missing or objected to, at once. Nothing is changed."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.application(reference, by=by)
    found = [o for o in queries.precheck(row, on=timezone.localtime().date()) if o.rule != "R054"]
    ready = all(o.severity.value == "flag" for o in found)
    return {"ready": ready, "objections": [o.as_json() for o in found]}


@router.post("/applications/{reference}/file", response=ApplicationOut, summary="File an application")
def file_application(request: HttpRequest, reference: str, body: FileIn) -> dict[str, Any]:
    """With the declaration (R054). 422 with every objection where something is missing."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = actions.file(
        by=by, at=timezone.localtime(), reference=reference, version=body.version, declared=body.declared
    )
    return _whole(row, by=by)


@router.post("/applications/{reference}/withdraw", response=ApplicationOut, summary="Take an application back")
def withdraw(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Before it is examined."""
    by = demand(request, P.CERTIFICATE_APPLY)
    return _whole(actions.withdraw(by=by, at=timezone.localtime(), reference=reference), by=by)


@router.post("/applications/{reference}/documents", response={201: DocumentOut}, summary="Attach a paper")
def attach(
    request: HttpRequest, reference: str,
    kind: Form[Literal["INVOICE", "ORIGIN_EVIDENCE", "IMPORT_CERTIFICATE", "PHOTOGRAPH", "OTHER"]],
    file: File[UploadedFile],
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    """PDF, PNG, JPEG or WEBP, at most 12 MB. What a picture says besides its pixels is removed."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = queries.application(reference, by=by)
    sha256 = files.keep(file.read(files.MAX_BYTES + 1))
    kept = files.open_file(sha256)
    paper = actions.attach(
        by=by, at=timezone.localtime(), reference=reference, kind=kind, name=file.name or "file", sha256=sha256,
        media_type=files.media_type(kept), size=len(kept),
    )  # fmt: skip
    return 201, _document(row, paper)


@router.get("/applications/{reference}/documents/{int:number}", summary="Download a paper")
def document(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """For the applicant and the authority only."""
    by = demand(request, P.CERTIFICATE_READ)
    paper = queries.paper(reference, number, by=by)
    return files.attachment(paper.sha256, paper.name.rpartition(".")[0] or paper.name)


@router.delete("/applications/{reference}/documents/{int:number}", response={204: None}, summary="Withdraw a paper")
def detach(request: HttpRequest, reference: str, number: int) -> tuple[int, None]:
    """It stays on record as withdrawn."""
    by = demand(request, P.CERTIFICATE_APPLY)
    actions.detach(by=by, at=timezone.localtime(), reference=reference, document=number)
    return 204, None


@router.post("/applications/{reference}/return", response=ApplicationOut, summary="Send an application back")
def return_application(request: HttpRequest, reference: str, body: ReasonIn) -> dict[str, Any]:
    """With what is missing."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    row = actions.return_to_applicant(by=by, at=timezone.localtime(), reference=reference, reason=body.reason)
    return _whole(row, by=by)


@router.post("/applications/{reference}/examination", response={201: ApplicationOut}, summary="Enter an examination")
def examine(request: HttpRequest, reference: str, body: ExaminationIn) -> tuple[int, dict[str, Any]]:
    """What was weighed and counted. May be repeated: the newest counts."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    _measured(line.hs for line in body.lines)
    said = body.model_dump()
    actions.examine(by=by, at=timezone.localtime(), reference=reference, **said)
    return 201, _whole(queries.application(reference, by=by), by=by)


@router.get("/applications/{reference}/draft", response=DraftOut, summary="The draft that officers approve")
def draft(request: HttpRequest, reference: str) -> dict[str, Any]:
    """After the examination, for the officers of the authority."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.application(reference, by=by)
    if by.companies or row.authority != by.authority:
        raise NotFound("draft", reference[:40])
    found = drafting.draft_now(row, at=timezone.localtime())
    hashed = approval.draft_hash(found)
    challenges = {role: b64u(approval.challenge(role, hashed)) for role in approval.ROLES}
    return {"version": row.version, "draft": found, "draft_hash": b64u(hashed), "challenges": challenges}


@router.post("/applications/{reference}/sign", response={201: DraftOut}, summary="Sign what was examined")
def sign(request: HttpRequest, reference: str, body: SignIn) -> tuple[int, dict[str, Any]]:
    """By the officer who examined it. 409 where it was changed since ``version``."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    actions.attest(
        by=by, at=timezone.localtime(), reference=reference, version=body.version, approval=body.approval.model_dump()
    )
    return 201, draft(request, reference)


@router.post("/applications/{reference}/valuations", response={201: ApplicationOut}, summary="Enter a valuation")
def value(request: HttpRequest, reference: str, body: ValuationIn) -> tuple[int, dict[str, Any]]:
    """Of the government or an independent valuer."""
    by = demand(request, P.CERTIFICATE_VALUE)
    _measured(line.hs for line in body.lines)
    actions.value(by=by, at=timezone.localtime(), reference=reference, **body.model_dump())
    return 201, _whole(queries.application(reference, by=by), by=by)


def _measured(codes: Any) -> None:
    """Raise ``Untrusted`` for a code that is no HS code."""
    try:
        for code in codes:
            measures.hs_code(code)
    except measures.BadMeasure as error:
        raise Untrusted("1 parse", str(error)) from error


@router.post("/applications/{reference}/approve", response={201: CertificateOut}, summary="Approve and issue")
def approve(request: HttpRequest, reference: str, body: ApproveIn) -> tuple[int, dict[str, Any]]:
    """By a second officer. 422 with every objection; 409 where somebody changed it since ``version``."""
    by = demand(request, P.CERTIFICATE_APPROVE)
    issued = actions.approve(
        by=by, at=timezone.localtime(), reference=reference, version=body.version, paper_serial=body.paper_serial,
        surrendered=body.surrendered, approval=body.approval.model_dump() if body.approval else None,
    )  # fmt: skip
    return 201, _certificate(issued, by=by)


@router.post("/applications/{reference}/refuse", response=ApplicationOut, summary="Refuse an application")
def refuse(request: HttpRequest, reference: str, body: RefuseIn) -> dict[str, Any]:
    """For good, with the reason and the rules it rests on."""
    by = demand(request, P.CERTIFICATE_APPROVE)
    row = actions.refuse(
        by=by, at=timezone.localtime(), reference=reference, reason=body.reason, rules_cited=body.rules
    )
    return _whole(row, by=by)


# --- certificates -----------------------------------------------------------------------------------------------------


@router.get("/certificates", response=CertificateList, summary="Certificates you may see")
def list_certificates(request: HttpRequest, asked: Query[CertificateFilter]) -> dict[str, Any]:
    """Your companies' for an exporter; for an officer those of the authority and those addressed to it."""
    by = demand(request, P.CERTIFICATE_READ)
    rows, where = _page(queries.certificates(by=by, **_narrowed(asked)), asked)
    return {**where, "rows": [_certificate_row(row) for row in rows]}


def _narrowed(asked: CertificateFilter) -> dict[str, Any]:
    """The filter as the query takes it."""
    return {
        "status": asked.status, "text": asked.q, "destination": asked.destination.upper(), "since": asked.since,
        "until": asked.until, "side": asked.side,
    }  # fmt: skip


@router.get("/certificates/export.{kind}", summary="Certificates as a file")
def export_certificates(request: HttpRequest, kind: str, asked: Query[CertificateFilter]) -> HttpResponse:
    """CSV, XLSX or JSON, one row for each HS line."""
    by = demand(request, P.CERTIFICATE_READ)
    found = queries.certificates(by=by, **_narrowed(asked))[: rows_of.MOST_EXPORTED]
    rows = rows_of.certificate_rows(found.iterator(chunk_size=1000))
    return _file(rows, kind, rows_of.CERTIFICATE_COLUMNS, "certificates")


@router.post("/certificates/technical", response={201: ApplicationOut}, summary="Open a technical certificate")
def open_technical(request: HttpRequest, body: TechnicalIn) -> tuple[int, dict[str, Any]]:
    """An application for goods returned, seized or for research; another officer approves it."""
    by = demand(request, P.CERTIFICATE_EXAMINE)
    row = actions.open_technical(
        by=by, at=timezone.localtime(), kind=Kind(body.kind), about=body.about, reason=body.reason,
        content=body.content.written(),
    )  # fmt: skip
    return 201, _whole(row, by=by)


@router.get("/certificates/{number}", response=CertificateOut, summary="One certificate")
def one_certificate(request: HttpRequest, number: str) -> dict[str, Any]:
    """Content, status, history and links to its forms."""
    by = demand(request, P.CERTIFICATE_READ)
    return _certificate(queries.certificate(number, by=by), by=by)


@router.get("/certificates/{number}/pdf", summary="The certificate as PDF")
def pdf(
    request: HttpRequest, number: str, language: Literal["", "en", "fr", "pt", "ru", "ar", "es", "zh"] = "",
    proof: Literal["", "page"] = "",
) -> HttpResponse:  # fmt: skip
    """Sealed PDF/A; English beside the authority's language or the one asked for. Holds the proof of the journal as
    soon as there is one; ``proof=page`` prints it as a second code too."""
    by = demand(request, P.CERTIFICATE_READ)
    data = queries.certificate_pdf(
        number, by=by, language=language, demonstration=bool(settings.DEMONSTRATION),
        proof=queries.journal_proof(at=timezone.now()), proof_page=proof == "page",
    )  # fmt: skip
    return _bytes(data, f"{number}.pdf", "application/pdf")


@router.get("/certificates/{number}/label", summary="The label for the bag as PDF")
def label(request: HttpRequest, number: str) -> HttpResponse:
    """Without weight, value or names."""
    by = demand(request, P.CERTIFICATE_READ)
    data = queries.label_pdf(number, by=by, demonstration=bool(settings.DEMONSTRATION))
    return _bytes(data, f"{number}-label.pdf", "application/pdf")


@router.get("/certificates/{number}/sd-jwt", summary="The signed credential")
def sd_jwt(request: HttpRequest, number: str) -> HttpResponse:
    """With everything disclosed: for the issuing and the importing authority only."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.certificate(number, by=by)
    if by.companies:
        raise NotPermitted(P.CERTIFICATE_READ, "the signed form with everything disclosed is for authorities")
    return _bytes(row.sd_jwt.encode(), f"{number}.sd-jwt", "application/dc+sd-jwt")


@router.get("/certificates/{number}/disclosures", response=list[DisclosureOut], summary="Parts that were shown")
def list_disclosures(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Yours, as holder or as authority, oldest first."""
    by = demand(request, P.CERTIFICATE_DISCLOSE)
    rows = queries.disclosures(number, by=by)
    return [{name: getattr(row, name) for name in DisclosureOut.model_fields} for row in rows]


@router.post("/certificates/{number}/disclosures", response={201: PresentationOut}, summary="Show a part")
def disclose(request: HttpRequest, number: str, body: DisclosureIn) -> tuple[int, dict[str, Any]]:
    """Makes the signed text that a bank, a carrier or somebody else may see, and enters to whom it was shown."""
    by = demand(request, P.CERTIFICATE_DISCLOSE)
    made = actions.disclose(by=by, at=timezone.localtime(), number=number, **body.model_dump())
    told = {name: getattr(made.row, name) for name in DisclosureOut.model_fields}
    return 201, {**told, "presentation": made.text}


@router.post("/certificates/{number}/void", response=CertificateOut, summary="Void a certificate")
def void(request: HttpRequest, number: str, body: VoidIn) -> dict[str, Any]:
    """For good."""
    by = demand(request, P.CERTIFICATE_VOID)
    return _certificate(
        actions.void(by=by, at=timezone.localtime(), number=number, why=body.why, reason=body.reason), by=by
    )


@router.post("/certificates/{number}/lost", response=CertificateOut, summary="Report a certificate lost")
def lost(request: HttpRequest, number: str, body: LostIn) -> dict[str, Any]:
    """Void at once, and all are told (R092)."""
    by = demand(request, P.CERTIFICATE_VOID)
    row = actions.report_lost(by=by, at=timezone.localtime(), number=number, circumstances=body.circumstances)
    return _certificate(row, by=by)


@router.post("/certificates/{number}/expired", response=CertificateOut, summary="Take back an unused certificate")
def expired(request: HttpRequest, number: str) -> dict[str, Any]:
    """After its validity is over (R038)."""
    by = demand(request, P.CERTIFICATE_VOID)
    return _certificate(actions.take_back_expired(by=by, at=timezone.localtime(), number=number), by=by)


@router.post("/certificates/{number}/replace", response={201: ApplicationOut}, summary="Replace before export")
def replace(request: HttpRequest, number: str, body: ReasonIn) -> tuple[int, dict[str, Any]]:
    """Opens an application with this certificate's content; issuing it ends this one (R087)."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = actions.open_replacement(by=by, at=timezone.localtime(), number=number, reason=body.reason)
    return 201, _whole(row, by=by)


@router.post("/certificates/{number}/corrections", response={201: CorrectionOut}, summary="Instruct a correction")
def correct(request: HttpRequest, number: str, body: CorrectionIn) -> tuple[int, dict[str, Any]]:
    """Signs the instruction by which another authority may mend a slip of the pen (R086)."""
    by = demand(request, P.CERTIFICATE_VOID)
    made = actions.instruct_correction(by=by, at=timezone.localtime(), number=number, **body.model_dump())
    return 201, {name: getattr(made, name) for name in CorrectionOut.model_fields}


# --- paper and ranges -------------------------------------------------------------------------------------------------


@router.get("/paper", response=LedgerOut, summary="The ledger of blank forms")
def ledger(request: HttpRequest, asked: Query[ApplicationFilter]) -> dict[str, Any]:
    """Every sheet and what became of it."""
    by = demand(request, P.PAPER_STOCK)
    rows, where = _page(queries.blank_forms(by.authority, status=asked.status, text=asked.q), asked)
    return {**where, "counts": queries.forms_count(by.authority), "rows": [_sheet(row) for row in rows]}


def _sheet(row: Sheet) -> dict[str, Any]:
    """A sheet of blank paper."""
    return {
        "serial": row.serial, "status": row.status, "batch": row.batch, "changed_at": row.changed_at,
        "certificate": row.certificate_number, "reason": row.reason,
    }  # fmt: skip


@router.post("/paper/deliveries", response={201: dict[str, int]}, summary="Enter a delivery of blank forms")
def receive_forms(request: HttpRequest, body: DeliveryIn) -> tuple[int, dict[str, int]]:
    """Returns how many sheets are on the ledger now."""
    by = demand(request, P.PAPER_STOCK)
    return 201, {"count": actions.receive_forms(by=by, at=timezone.localtime(), **body.model_dump())}


@router.post("/paper/{serial}/write-off", response=SheetOut, summary="Write off a blank form")
def write_off(request: HttpRequest, serial: str, body: WriteOffIn) -> dict[str, Any]:
    """Spoiled, lost or stolen: final."""
    by = demand(request, P.PAPER_STOCK)
    status = FormStatus(body.status)
    return _sheet(
        actions.write_off_form(by=by, at=timezone.localtime(), serial=serial, status=status, reason=body.reason)
    )


@router.get("/ranges", response=list[RangeOut], summary="Registered ranges of certificate numbers")
def list_ranges(request: HttpRequest) -> list[dict[str, Any]]:
    """And how far each is used."""
    by = demand(request, P.PAPER_STOCK)
    return [_range(row) for row in queries.ranges(by.authority)]


def _range(row: NumberRange) -> dict[str, Any]:
    """A range."""
    return {
        "prefix": row.prefix, "first": row.first, "last": row.last, "digits": row.digits, "year": row.year,
        "next": row.next, "left": row.last + 1 - row.next,
    }  # fmt: skip


@router.post("/ranges", response={201: RangeOut}, summary="Register a range")
def register_range(request: HttpRequest, body: RangeIn) -> tuple[int, dict[str, Any]]:
    """409 where it overlaps a registered one."""
    by = demand(request, P.PAPER_STOCK)
    return 201, _range(actions.register_range(by=by, at=timezone.localtime(), **body.model_dump()))


def _file(rows: Any, kind: str, columns: tuple[str, ...], name: str) -> HttpResponse:
    """Rows as a file. Raises ``Untrusted`` for a kind that is none."""
    return _bytes(tables.write_table(rows, kind, columns), f"{name}.{kind}", tables.MEDIA_TYPES[kind])


def _bytes(data: bytes, name: str, media_type: str) -> HttpResponse:
    """Bytes as a file to save."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
