"""What the authority does with a filed application before the decision: return, examine, value, refuse."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from openkimberley.certificates.actions.application import locked, move
from openkimberley.certificates.facts import ApplicationStatus, Kind
from openkimberley.certificates.models import Application, Examination, Valuation
from openkimberley.journal.actions import action, record
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict

S = ApplicationStatus
VALUATION_ROLES = ("EXPORTER", "GOVERNMENT", "INDEPENDENT")


class Weighed(TypedDict):
    """One line as weighed: HS code and carats as text."""

    hs: str
    carats: str


class Valued(TypedDict):
    """One line as valued: HS code and US$ as text."""

    hs: str
    usd: str


@action("certificates.return", needs=Permission.CERTIFICATE_EXAMINE)
def return_to_applicant(*, by: Actor, at: datetime, reference: str, reason: str) -> Application:
    """Send an application back with what is missing; the applicant keeps everything he wrote."""
    row = locked(reference, by=by)
    if not reason.strip():
        raise Conflict("say what is missing: the applicant reads this")
    move(row, S.RETURNED, at=at)
    row.reason = reason
    row.save()
    record("application.returned", by=by, at=at, subject=reference, statement={}, personal={"reason": reason})
    return row


@action("certificates.examine", needs=Permission.CERTIFICATE_EXAMINE)
def examine(
    *, by: Actor, at: datetime, reference: str, method: str, method_reason: str, parcels: int, lines: list[Weighed],
    seals: list[str], origin_evidence: str, remarks: str = "",
) -> Examination:  # fmt: skip
    """Enter what was weighed and counted, how (R052, R053), the evidence of origin and the seals set aside.

    ``method`` is ``OPENED`` or ``RISK_ANALYSIS``; the latter needs its reason. May be repeated: the newest counts.
    """
    row = locked(reference, by=by)
    if method not in ("OPENED", "RISK_ANALYSIS"):
        raise Conflict("the method of verification is OPENED or RISK_ANALYSIS")
    if method == "RISK_ANALYSIS" and not method_reason.strip():
        raise Conflict("a risk analysis is recorded with its reason (R053)")
    if row.kind != Kind.EXPORT and row.status == S.DRAFT:
        row.status = S.FILED.value  # a technical certificate has no applicant who files: the officer's examination does
        row.filed_by, row.filed_at = row.opened_by, at
    move(row, S.EXAMINED, at=at)
    if len(lines) != len(row.content.get("lines") or []):
        raise Conflict("an examination has as many lines as the application: send it back if there are more or fewer")
    weighed = [{"hs": measures.hs_code(line["hs"]), "carats": str(measures.carats(line["carats"]))} for line in lines]
    total = sum((Decimal(line["carats"]) for line in weighed), Decimal("0.00"))
    found = Examination.objects.create(
        application=row, examined_by=by.id, examined_at=at, method=method, method_reason=method_reason,
        parcels=parcels, lines=weighed, carats=total, seals=[s.strip() for s in seals if s.strip()],
        origin_evidence=origin_evidence, remarks=remarks,
    )  # fmt: skip
    row.save()
    record(
        "application.examined", by=by, at=at, subject=reference,
        statement={
            "method": method, "parcels": parcels, "lines": weighed, "carats": str(total), "seals": found.seals,
        },
        personal={"origin_evidence": origin_evidence, "method_reason": method_reason, "remarks": remarks},
    )  # fmt: skip
    return found


@action("certificates.value", needs=Permission.CERTIFICATE_VALUE)
def value(
    *, by: Actor, at: datetime, reference: str, role: str, lines: list[Valued], price_list: str = "",
    price_list_date: date | None = None,
) -> Valuation:  # fmt: skip
    """Enter a valuation of the government or an independent valuer, line by line in US$. The newest of a role counts.

    The exporter's own valuation is what he declared. Raises ``Conflict`` for his, or where lines do not fit.
    """
    row = locked(reference, by=by)
    if role not in VALUATION_ROLES[1:]:
        raise Conflict("a valuation is entered as GOVERNMENT or INDEPENDENT; the exporter's is what he declared")
    if row.status not in (S.FILED, S.EXAMINED):
        raise Conflict(f"application {reference} is {row.status.lower()}: it is valued after filing, before approval")
    valued = [{"hs": measures.hs_code(line["hs"]), "usd": str(measures.usd(line["usd"]))} for line in lines]
    if [v["hs"] for v in valued] != [measures.hs_code(line["hs"]) for line in row.content.get("lines", [])]:
        raise Conflict("a valuation has the same lines as the application, in the same order")
    total = sum((Decimal(line["usd"]) for line in valued), Decimal("0.00"))
    found = Valuation.objects.create(
        application=row, role=role, valued_by=by.id, valued_at=at, lines=valued, usd=total,
        price_list=price_list, price_list_date=price_list_date,
    )  # fmt: skip
    record(
        "application.valued", by=by, at=at, subject=reference,
        statement={"role": role, "lines": valued, "usd": str(total), "price_list": price_list},
    )  # fmt: skip
    return found


@action("certificates.refuse", needs=Permission.CERTIFICATE_APPROVE)
def refuse(*, by: Actor, at: datetime, reference: str, reason: str, rules_cited: list[str]) -> Application:
    """Refuse an application for good, with the reason and the rules it rests on."""
    row = locked(reference, by=by)
    if not reason.strip():
        raise Conflict("a refusal gives its reason: the applicant reads this")
    move(row, S.REFUSED, at=at)
    row.reason, row.decided_by = reason, by.id
    row.save()
    record(
        "application.refused", by=by, at=at, subject=reference, statement={"rules": rules_cited},
        personal={"reason": reason},
    )  # fmt: skip
    return row
