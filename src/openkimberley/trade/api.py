"""The register of licences over HTTP: the public search, and everything the officers' pages do."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from openkimberley.desk.api import problem
from openkimberley.desk.tables import MAX_BYTES, MEDIA_TYPES, BadRows, read_table, write_table
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict, NotPermitted
from openkimberley.kernel.measures import Period
from openkimberley.trade import actions, facts, queries, statements
from openkimberley.trade.facts import LegalForm, LicenceKind, LicenceStatus

router = Router(tags=["licences"])


class LicenceOut(Schema):
    """What everybody may know of a licence. ``valid_to`` is its last day, empty where it has no end."""

    authority: str
    number: str
    kinds: list[str]
    holder: str
    status: str
    valid_from: str
    valid_to: str


class FoundOut(Schema):
    """One page of a search."""

    at: date
    total: int
    page: int
    pages: int
    rows: list[LicenceOut]


class SearchIn(Schema):
    """What to look for."""

    q: str = Field("", max_length=80)
    authority: str = Field("", max_length=12)
    kind: LicenceKind | Literal[""] = ""
    status: LicenceStatus | Literal[""] = ""
    at: date | None = None
    page: int = Field(1, ge=1, le=1_000_000)


class HolderIn(Schema, extra="forbid"):
    """Kinds and holder of a licence (R122)."""

    kinds: list[LicenceKind] = Field(min_length=1)
    holder: str = Field(min_length=1, max_length=200)
    address: str = Field("", max_length=2000)
    nationality: str = Field("", pattern="^([A-Z]{2})?$")
    residence: str = Field("", max_length=120)
    area: str = Field("", max_length=200)
    legal_form: LegalForm = LegalForm.COMPANY
    registration_id: str = Field("", max_length=60)
    email: str = Field("", max_length=254, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s.]{2,})?$")
    contact: str = Field("", max_length=200)
    one_time: bool = False

    def facts(self) -> facts.Holder:
        """The holder as the noun."""
        return facts.Holder(
            name=self.holder, address=self.address, nationality=self.nationality, residence=self.residence,
            area=self.area, legal_form=self.legal_form, registration_id=self.registration_id, email=self.email,
            contact=self.contact,
        )  # fmt: skip


class TermIn(Schema, extra="forbid"):
    """A term: its first and its last day."""

    valid_from: date
    valid_to: date | None = None


class GrantIn(HolderIn, extra="forbid"):
    """A new licence. Without a number it gets the next of the series."""

    number: str = Field("", max_length=40)
    valid_from: date
    valid_to: date | None = None


class AmendIn(HolderIn, extra="forbid"):
    """A new version; ``version`` is the one that is amended."""

    version: int
    since: date
    reason: str = Field(min_length=1, max_length=400)


class StandingIn(Schema, extra="forbid"):
    """From which day, and why."""

    since: date
    reason: str = Field(min_length=1, max_length=400)


class AgentIn(Schema, extra="forbid"):
    """A company that the agent may file for, from its first to its last day."""

    company: str = Field(max_length=40)
    valid_from: date
    valid_to: date | None = None
    document: str = Field("", max_length=120)


class EndAgentIn(Schema, extra="forbid"):
    """``until`` is the first day on which the power no longer holds."""

    company: str = Field(max_length=40)
    until: date


def _term(first: date, last: date | None) -> Period:
    """The term between two days. Raises ``Conflict`` where the last lies before the first."""
    try:
        return statements.term_of(first, last)
    except ValueError as error:
        raise Conflict(str(error)) from error


def _own(request: HttpRequest, authority: str) -> None:
    """Raise ``NotPermitted`` unless the caller is an officer of the authority that keeps the record."""
    if demand(request, Permission.LICENCE_READ).authority != authority:
        raise NotPermitted(Permission.LICENCE_READ, f"the whole records of {authority} are for its own officers")


@router.get("/licences", response=FoundOut, auth=None, summary="Search the public register")
def list_licences(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, Any]:
    """Licences by name or number, authority, kind and status on a day (today where it is left out)."""
    on = asked.at or timezone.localtime().date()
    found = queries.search(
        on=on, text=asked.q, authority=asked.authority, kind=asked.kind, status=asked.status, page=asked.page
    )
    rows = [statements.to_public(licence, on) for licence in found.licences]
    return {"at": on, "total": found.total, "page": found.page, "pages": found.pages, "rows": rows}


@router.get("/licences/export/{kind}", summary="The register as a table")
def export_licences(
    request: HttpRequest, kind: Literal["csv", "json", "xlsx"], authority: str, at: date | None = None
) -> HttpResponse:
    """The whole records of an authority as a table, for its officers. Everybody else has the search."""
    _own(request, authority)
    on = at or timezone.localtime().date()
    rows = (statements.to_row(licence, on) for licence in queries.every(on=on, authority=authority))
    return HttpResponse(write_table(rows, kind, statements.COLUMNS), content_type=MEDIA_TYPES[kind])


@router.post("/licences", response={201: dict[str, Any]}, summary="Grant a licence")
def grant_licence(request: HttpRequest, body: GrantIn) -> tuple[int, dict[str, Any]]:
    """Grant a licence of the caller's authority."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    licence = actions.grant(
        by=by, at=now, authority=by.authority, kinds=body.kinds, holder=body.facts(),
        term=_term(body.valid_from, body.valid_to), number=body.number, one_time=body.one_time,
    )  # fmt: skip
    return 201, statements.to_officer(licence, now.date())


@router.post("/licences/load", response={201: dict[str, Any], 422: dict[str, Any]}, summary="Load a table of licences")
def load_licences(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """Load a CSV, XLSX or JSON table: all of it, or none of it and ``rows`` with every fault."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    try:
        rows = read_table(file.read(MAX_BYTES + 1), file.name or "")
        return 201, {"numbers": actions.load(by=by, at=now, authority=by.authority, rows=rows)}
    except BadRows as bad:
        return problem(bad.status, "BadRows", str(bad), count=bad.count, rows=[one.as_json() for one in bad.faults])


@router.post("/licences/{authority}/{path:number}/renew", response=dict[str, Any], summary="Renew a licence")
def renew_licence(request: HttpRequest, authority: str, number: str, body: TermIn) -> dict[str, Any]:
    """Add a term."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    term = _term(body.valid_from, body.valid_to)
    licence = actions.renew(by=by, at=now, authority=authority, number=number, term=term)
    return statements.to_officer(licence, now.date())


@router.post("/licences/{authority}/{path:number}/amend", response=dict[str, Any], summary="Amend a licence")
def amend_licence(request: HttpRequest, authority: str, number: str, body: AmendIn) -> dict[str, Any]:
    """Write the next version of kinds and holder."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    licence = actions.amend(
        by=by, at=now, authority=authority, number=number, version=body.version, kinds=body.kinds,
        holder=body.facts(), since=body.since, reason=body.reason, one_time=body.one_time,
    )  # fmt: skip
    return statements.to_officer(licence, now.date())


@router.post("/licences/{authority}/{path:number}/agents", response={201: dict[str, Any]}, summary="Name a company")
def name_agent(request: HttpRequest, authority: str, number: str, body: AgentIn) -> tuple[int, dict[str, Any]]:
    """Enter that this agent may file for a company."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    power = actions.name_agent(
        by=by, at=now, authority=authority, agent=number, company=body.company,
        period=_term(body.valid_from, body.valid_to), document=body.document,
    )  # fmt: skip
    return 201, {"agent": number, "company": power.company}


@router.post("/licences/{authority}/{path:number}/agents/end", response=dict[str, Any], summary="End an agent's power")
def end_agent(request: HttpRequest, authority: str, number: str, body: EndAgentIn) -> dict[str, Any]:
    """End this agent's power for a company."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    actions.end_agent(by=by, at=now, authority=authority, agent=number, company=body.company, until=body.until)
    return {"agent": number, "company": body.company, "until": body.until.isoformat()}


@router.post("/licences/{authority}/{path:number}/stock/{year}", response=dict[str, Any], summary="Declare stock")
def declare_stock(request: HttpRequest, authority: str, number: str, year: int) -> dict[str, Any]:
    """Enter that the holder declared its stock for a year (R058)."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    actions.declare_stock(by=by, at=now, authority=authority, number=number, year=year)
    return {"number": number, "year": year}


_STANDING = {"suspend": actions.suspend, "reinstate": actions.reinstate, "revoke": actions.revoke}


@router.post("/licences/{authority}/{path:number}/standing/{act}", response=dict[str, Any], summary="Suspend, ...")
def change_standing(
    request: HttpRequest, authority: str, number: str, act: Literal["suspend", "reinstate", "revoke"], body: StandingIn
) -> dict[str, Any]:
    """Suspend, reinstate or revoke a licence from a day on."""
    by, now = demand(request, Permission.LICENCE_GRANT), timezone.localtime()
    done = _STANDING[act](by=by, at=now, authority=authority, number=number, since=body.since, reason=body.reason)
    return statements.to_officer(done, now.date())


@router.get("/licences/{authority}/{path:number}/record", response=dict[str, Any], summary="The whole record")
def whole_record(request: HttpRequest, authority: str, number: str, at: date | None = None) -> dict[str, Any]:
    """The whole record of a licence on a day, for officers of the authority that keeps it."""
    _own(request, authority)
    on = at or timezone.localtime().date()
    return statements.to_officer(queries.licence(authority, number, on), on)


@router.get("/licences/{authority}/{path:number}", response=LicenceOut, auth=None, summary="One licence")
def one_licence(request: HttpRequest, authority: str, number: str, at: date | None = None) -> dict[str, Any]:
    """A licence on a day, as everybody may know it."""
    on = at or timezone.localtime().date()
    return statements.to_public(queries.licence(authority, number, on), on)
