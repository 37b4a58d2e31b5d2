"""How pages say things: what happens next and who must act, the history in words, amounts as typed, lists by page."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openkimberley.certificates import queries
from openkimberley.certificates.facts import ApplicationStatus, CertificateStatus
from openkimberley.certificates.forms.fields import country_name
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Permission
from openkimberley.participants import queries as participants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from django.core.paginator import Page
    from django.http import HttpRequest

    from openkimberley.certificates.models import Application, Certificate, Examination
    from openkimberley.kernel.actor import Actor

PER_PAGE = 25
MOST_LISTED = 2000
P = Permission
A, C = ApplicationStatus, CertificateStatus

EVENTS: dict[str, Any] = {
    "application.opened": gettext_lazy("Application opened"),
    "application.saved": gettext_lazy("Draft changed"),
    "application.document_attached": gettext_lazy("Paper attached"),
    "application.document_withdrawn": gettext_lazy("Paper withdrawn"),
    "application.filed": gettext_lazy("Filed, with the declaration"),
    "application.withdrawn": gettext_lazy("Withdrawn by the applicant"),
    "application.returned": gettext_lazy("Sent back to the applicant"),
    "application.examined": gettext_lazy("Examined"),
    "application.attested": gettext_lazy("Signed by the examining officer"),
    "application.valued": gettext_lazy("Valued"),
    "application.refused": gettext_lazy("Refused"),
    "act.refused": gettext_lazy("An attempt was refused by the rules"),
    "certificate.issued": gettext_lazy("Certificate issued and signed"),
    "certificate.number_void": gettext_lazy("The number is void: its issue was not finished"),
    "certificate.voided": gettext_lazy("Voided"),
    "certificate.lost": gettext_lazy("Reported lost"),
    "certificate.expired_returned": gettext_lazy("Taken back unused after its expiry"),
    "certificate.replaced": gettext_lazy("Replaced by another certificate"),
    "certificate.correction_instructed": gettext_lazy("Correction instructed"),
    "certificate.correction_entered": gettext_lazy("Correction entered"),
    "certificate.disclosed": gettext_lazy("A part of it was shown to somebody"),
    "certificate.erased": gettext_lazy("What was personal in it was erased"),
    "certificate.sealed": gettext_lazy("Container sealed"),
    "certificate.announced": gettext_lazy("Importing authority told"),
    "certificate.departed": gettext_lazy("Departed"),
    "certificate.arrived": gettext_lazy("Presented at import"),
    "certificate.confirmed": gettext_lazy("Import confirmed"),
    "certificate.disputed": gettext_lazy("Discrepancy or detention opened"),
    "certificate.returned": gettext_lazy("Goods sent back"),
    "certificate.refused": gettext_lazy("Refused at import"),
    "certificate.used": gettext_lazy("Closed at import"),
}
"""Events of the journal in words. One that is not here belongs to the shipment, whose own page tells it."""

NEXT: dict[str, Any] = {
    A.DRAFT: gettext_lazy("The applicant completes the application and files it."),
    A.FILED: gettext_lazy("The issuing authority weighs and examines the goods."),
    A.RETURNED: gettext_lazy("The applicant mends what is missing and files again."),
    A.EXAMINED: gettext_lazy("A second officer approves or refuses."),
    A.APPROVED: gettext_lazy("The certificate is issued. Nothing more happens here."),
    A.REFUSED: gettext_lazy("The application is closed. A new one may be filed."),
    A.WITHDRAWN: gettext_lazy("The application is closed. A new one may be filed."),
}
"""What happens next to an application, and who must act."""

NEXT_OF_CERTIFICATE: dict[str, Any] = {
    C.ISSUED: gettext_lazy("The issuing authority seals the container."),
    C.SEALED: gettext_lazy("The issuing authority tells the importing authority."),
    C.ANNOUNCED: gettext_lazy("The goods leave; the importing authority waits for them."),
    C.DEPARTED: gettext_lazy("The goods are under way; the importing authority waits for them."),
    C.ARRIVED: gettext_lazy("The importing authority opens, weighs and confirms."),
    C.CONFIRMED: gettext_lazy("The certificate was used at import. It cannot be used again."),
    C.DISPUTED: gettext_lazy("Both authorities settle the discrepancy."),
    C.VOID: gettext_lazy("The number is void for ever."),
    C.LOST: gettext_lazy("The number is void for ever. Another certificate may be issued for the goods."),
    C.REPLACED: gettext_lazy("Another certificate took its place."),
    C.EXPIRED_RETURNED: gettext_lazy("It was handed back unused. It cannot be used again."),
    C.RETURNED: gettext_lazy("The goods were sent back. The certificate cannot be used again."),
    C.REFUSED: gettext_lazy("The import was refused. The certificate cannot be used again."),
}
"""What happens next to a certificate. Kept apart, since RETURNED and REFUSED mean another thing of an application."""


def what_next(status: str) -> str:
    """The sentence on what happens next to an application."""
    return str(NEXT.get(status, ""))


def what_next_of_certificate(status: str) -> str:
    """The sentence on what happens next to a certificate."""
    return str(NEXT_OF_CERTIFICATE.get(status, ""))


def next_step(row: Certificate, by: Actor) -> tuple[str, str] | None:
    """The page on which this person takes the goods one step further, and what the step is; None for all others."""
    steps = {
        C.ISSUED: ("shipment-seal", _("Seal the shipment")), C.SEALED: ("shipment-announce", _("Release and announce")),
        C.ANNOUNCED: ("shipment-depart", _("Enter departure")),
    }  # fmt: skip
    own = by.may(P.SHIPMENT_SEAL) and by.authority == row.authority
    name, label = steps.get(C(row.status), ("", "")) if own else ("", "")
    try:
        return (reverse(name, args=[row.number]), label) if name else None
    except NoReverseMatch:  # a node that only issues
        return None


def destinations(pairs: Iterable[tuple[str, str]], *, on: date) -> list[tuple[str, str]]:
    """Authorities to choose among, as (code, name in the reader's language), by name."""
    register = participants.register()
    named = []
    for code, participant in pairs:
        known = register.authority(code, participant, on)
        told = f" ({code}): {known.name}" if known and code != participant else ""
        named.append((code, f"{country_name(participant)}{told}"))
    return sorted(named, key=lambda pair: pair[1])


def application_acts(row: Application, by: Actor, *, unsigned: bool = False) -> list[dict[str, Any]]:
    """The acts that an actor may do to an application in its state, the usual one first, each with its page's name.

    ``unsigned``: the actor examined it and has still to sign for that.
    """
    own = row.company in by.companies and by.may(P.CERTIFICATE_APPLY)
    technical = row.kind != "EXPORT" and row.status == A.DRAFT
    table = [
        (own and row.status in (A.DRAFT, A.RETURNED), "application-check", _("Check and file")),
        (own and row.status in (A.DRAFT, A.RETURNED), "application-edit", _("Change the application")),
        (by.may(P.CERTIFICATE_APPROVE) and row.status == A.EXAMINED, "application-approve", _("Approve")),
        (unsigned, "application-sign", _("Sign what you examined")),
        (by.may(P.CERTIFICATE_EXAMINE) and (row.status in (A.FILED, A.EXAMINED) or technical), "application-examine",
         _("Examine again") if row.status == A.EXAMINED else _("Examine")),
        (by.may(P.CERTIFICATE_VALUE) and row.status in (A.FILED, A.EXAMINED), "application-value",
         _("Enter a valuation")),
        (by.may(P.CERTIFICATE_EXAMINE) and row.status in (A.FILED, A.EXAMINED) and row.kind == "EXPORT",
         "application-return", _("Send back to the applicant")),
        (by.may(P.CERTIFICATE_APPROVE) and row.status in (A.FILED, A.EXAMINED), "application-refuse", _("Refuse")),
        (own and row.status in (A.DRAFT, A.FILED, A.RETURNED), "application-withdraw", _("Withdraw")),
    ]  # fmt: skip
    found = [{"url_name": name, "label": label} for allowed, name, label in table if allowed]
    ending = ("application-withdraw", "application-refuse")  # what ends it never looks like the thing to do
    return [{**one, "css": "secondary" if n or one["url_name"] in ending else ""} for n, one in enumerate(found)]


def certificate_acts(row: Certificate, by: Actor, *, today: Any) -> list[dict[str, Any]]:
    """The acts that an actor may do to a certificate in its state."""
    own = by.authority == row.authority and not by.companies
    unused = row.status in (C.ISSUED, C.SEALED, C.ANNOUNCED)
    officer = own and by.may(P.CERTIFICATE_VOID)
    table = [
        (row.exporter_licence in by.companies and by.may(P.CERTIFICATE_APPLY) and (unused or row.status == C.LOST),
         "certificate-replace", _("Apply for a replacement")),
        (officer and row.status not in (C.VOID, C.REPLACED, C.LOST, C.EXPIRED_RETURNED, C.RETURNED),
         "certificate-correct", _("Instruct a minor correction")),
        (own and by.may(P.CERTIFICATE_EXAMINE), "certificate-technical", _("Technical certificate about these goods")),
        (officer and unused and today > row.expiry_date, "certificate-expired", _("Take back unused")),
        (officer and (unused or row.status == C.DEPARTED), "certificate-lost", _("Report lost")),
        (officer and (unused or row.status in (C.DEPARTED, C.ARRIVED, C.DISPUTED)), "certificate-void",
         _("Void the certificate")),
    ]  # fmt: skip
    return [{"url_name": name, "label": label, "css": "secondary"} for allowed, name, label in table if allowed]


def timeline(*subjects: str, by: Actor) -> list[dict[str, Any]]:
    """Everything that happened to the subjects, as far as the reader may know it, oldest first and in words."""
    told: list[dict[str, Any]] = []
    for entry in queries.history(*subjects, by=by):
        if entry["event"] not in EVENTS:
            continue
        same = told and entry["event"] == "application.saved" and told[-1]["what"] == entry["event"]
        if same and told[-1]["actor"] == entry["actor"]:  # page after page of one draft is one line, of its last minute
            told.pop()
        told.append({
            "at": entry["at"], "what": entry["event"], "event": str(EVENTS[entry["event"]]), "actor": entry["actor"],
            "note": str(entry["statement"].get("reason", "")),
            "rules": entry["statement"].get("rules", []) if entry["event"] == "act.refused" else [],
        })  # fmt: skip
    return told


def amount(typed: object) -> dict[str, Any]:
    """An amount for a page: exact where it is one, else what was typed, so that nothing is hidden."""
    try:
        return {"value": measures.amount(typed)}
    except measures.BadMeasure:
        return {"typed": str(typed or "")}


def goods(content: Mapping[str, Any]) -> dict[str, Any]:
    """Lines and totals of a draft or certificate for a page."""
    lines = [
        {"number": n, "hs": line.get("hs", ""), "carats": amount(line.get("carats")), "usd": amount(line.get("usd"))}
        for n, line in enumerate(content.get("lines") or [], start=1)
    ]
    readable = all("value" in line[key] for line in lines for key in ("carats", "usd"))
    totals = {
        key: sum((line[key]["value"] for line in lines), Decimal("0.00")) for key in ("carats", "usd") if readable
    }
    return {"lines": lines, **totals}


WORDS: dict[str, Any] = {
    "INVOICE": gettext_lazy("Invoice"),
    "ORIGIN_EVIDENCE": gettext_lazy("Evidence of origin"),
    "IMPORT_CERTIFICATE": gettext_lazy("Copy of an import certificate"),
    "PHOTOGRAPH": gettext_lazy("Photograph"),
    "OTHER": gettext_lazy("Other paper"),
    "OPENED": gettext_lazy("The container was opened and its content weighed"),
    "RISK_ANALYSIS": gettext_lazy("Not opened, on a documented risk analysis"),
    "EXPORTER": gettext_lazy("Exporter's own valuation"),
    "GOVERNMENT": gettext_lazy("Government valuer"),
    "INDEPENDENT": gettext_lazy("Independent valuer"),
}
"""How people read the codes of papers, methods and valuers."""


def spoken(rows: Any, name: str) -> list[Any]:
    """Rows with the words of one of their codes as ``word``."""
    found = list(rows)
    for row in found:
        row.word = WORDS.get(getattr(row, name), getattr(row, name))
    return found


def examination(row: Application) -> Examination | None:
    """The examination that counts, with its method in words."""
    last = row.examinations.last()
    return spoken([last], "method")[0] if last else None


def origins(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Countries of mining with their shares, ``***`` first where it stands in the origin field."""
    written = content.get("origin") or []
    mixed = written == "mixed" or "mixed" in written
    shares = content.get("origin_shares") or {}
    codes = [code for code in ([] if isinstance(written, str) else written) if code != "mixed"]
    codes += [code for code in shares if code not in codes]
    return ([{"code": "***", "share": ""}] if mixed else []) + [
        {"code": code, "share": shares.get(code, "")} for code in codes
    ]


class Newest(Paginator):  # type: ignore[type-arg]
    """The newest rows of a list by page. Counting a hundred thousand rows on each view would cost more than it tells:
    what lies beyond ``MOST_LISTED`` is found by search."""

    @cached_property
    def count(self) -> int:
        """How many rows the pages hold."""
        rows: Any = self.object_list
        return int(rows[:MOST_LISTED].count())


def paged(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> Page[Any]:
    """The page of a list that the address asks for."""
    return Newest(rows, per_page).get_page(request.GET.get("page"))


def typed(request: HttpRequest, name: str) -> str:
    """What was typed into a filter, without what no database can look for."""
    return request.GET.get(name, "").replace("\x00", "")[:80]
