"""What the rules are asked on the importing side: presentation, inspection, confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries as certificates
from openkimberley.certificates import rules as certificate_rules
from openkimberley.certificates import statements
from openkimberley.certificates.facts import MIXED, Certificate, CertificateStatus, Line, Presented
from openkimberley.certificates.rules import (
    Alert,
    Known,
    Signatory,
    Specimen,
    ask,
    objection,
)  # fmt: skip
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.rules import Objection, Severity
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.shipments import facts, rules
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Inspection,
    Seal,
    Shipment,
)  # fmt: skip
from openkimberley.shipments.queries.asked import (
    certificate_case,
    origin_text,
)
from openkimberley.shipments.queries.rows import normalised, normalised_seal, participant_of, profile_of
from openkimberley.shipments.rules import ShipmentCase
from openkimberley.shipments.rules import arrival as rule_files


def corrected(row: Arrival) -> Certificate:
    """The certificate of an arrival with the corrections its issuer instructed laid over it (R086)."""
    content = dict(row.content)
    for one in certificates.corrections(row.number):
        if one.authority == row.authority:
            content = with_field(content, one.field, one.new)
    return statements.certificate_from_json(content)


def with_field(content: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    """The content with one field (``importer/address``) set to a text; the content given stays as it is."""
    first, _, rest = field.partition("/")
    inner = content.get(first)
    if not rest:
        return {**content, first: value}
    return {**content, first: with_field(inner if isinstance(inner, dict) else {}, rest, value)}


def uses(issuer: str, number: str) -> tuple[str, ...]:
    """Earlier uses of a certificate at import, each as a phrase."""
    found = Confirmation.objects.filter(issuer=issuer, number=normalised(number)).first()
    if found is not None:
        word = "refused" if found.result == "refused" else "confirmed"
        return (f"{word} at {found.authority} on {found.received_on}",)
    used = certificates.used(issuer, normalised(number))
    return (f"confirmed at {used.authority} on {used.received_on}",) if used else ()


def issuer_of(number: str, *, by: Actor) -> str:
    """The issuing Participant of a number that was used or is known here; else what its prefix says."""
    found = Confirmation.objects.filter(number=normalised(number)).first() or Arrival.objects.filter(
        number=normalised(number)
    ).first()  # fmt: skip
    return found.issuer if found is not None else certificate_rules.prefix_of(number)


def _open_elsewhere(issuer: str, number: str, *, authority: str) -> tuple[str, ...]:
    """Presentations of the same certificate that are under way at another desk of this node."""
    rows = Arrival.objects.filter(issuer=issuer, number=normalised(number), presented_on__isnull=False).exclude(
        authority=authority
    )  # fmt: skip
    return tuple(f"presented at {row.authority} on {row.presented_on}" for row in rows)


def _import_known(row: Arrival, *, on: date) -> Known:
    """What this desk knows of a certificate that was presented."""
    issued = certificates.issued(row.written)
    licences = [row.importer_licence] if row.importer_licence else []
    report = row.verdict or {}
    return Known(
        uses=uses(row.issuer, row.number) + _open_elsewhere(row.issuer, row.number, authority=row.authority),
        status=CertificateStatus(issued.status) if issued else None,
        in_issuer_register=True if issued else None,
        licences=tuple(certificates.held_licences(licences, on=on)) if licences else None,
        signature_valid=bool(report["proven"]) if report.get("artefact") not in (None, "number", "text") else None,
        **import_knowledge(row.issuer, row.number, paper_serial=str(row.content.get("paper_serial", ""))),
    )  # fmt: skip


def import_knowledge(issuer: str, number: str, *, paper_serial: str = "") -> dict[str, Any]:
    """What the alerts of this node say of a paper: warnings, specimens, signatories, the issuer's answer."""
    out = [alerts.alert_for(number, issuer), alerts.paper_serial_alert(paper_serial) if paper_serial else None]
    return {
        "alerts": tuple(
            Alert(
                kind="STOLEN" if one.serials else "FAKE",
                number="" if one.serials else number,
                paper_serial=paper_serial if one.serials else "",
                features="; ".join(one.features), since=one.day,
            )
            for one in out
            if one is not None
        ),
        "specimens": tuple(
            Specimen(one.issuer, one.period.start, one.period.end) for one in alerts.specimens(issuer)
        ) or None,
        "signatories": tuple(
            Signatory(one.name, one.period.start, one.period.end)
            for one in alerts.signatories(issuer, kind="SIGNATORY")
        ) or None,
        "issuer_answer": alerts.issuer_answer(number, issuer),
    }  # fmt: skip


def _seals_seen(row: Arrival) -> dict[str, str]:
    """Seals on the certificate that were used before under another number, as far as this node knows."""
    wanted = [normalised_seal(number) for number in row.content.get("seals", [])]
    rows = Seal.objects.filter(number__in=wanted).exclude(shipment__certificate_number=row.written)
    return {one.number: one.shipment.certificate_number for one in rows.select_related("shipment")}


def import_case(row: Arrival, *, on: date, inspection: facts.Inspection | None = None) -> ShipmentCase:
    """The case of a shipment on its importing side."""
    intact = inspection.seals_intact if inspection else None
    paper = replace(
        corrected(row),
        presented=Presented(
            date=row.presented_on, at=row.authority, seals_intact=intact, original=row.original,
            announced=row.announced_at is not None,
        ),
    )  # fmt: skip
    told_on = row.announced_at.date() if row.announced_at else None
    notice = None
    if row.announced_at is not None:
        notice = facts.AdvanceNotice(
            number=row.number, carats=row.carats, usd=row.usd, origin=origin_text(paper),
            importer=paper.importer.name if paper.importer else "", sent_on=told_on, received_on=told_on,
        )  # fmt: skip
    return ShipmentCase(
        case=certificate_case(paper, on=on, known=_import_known(row, on=on), own=False),
        here=participant_of(row.authority), notice=notice, certificate_enclosed=row.copy_enclosed,
        hand_carried=row.hand_carried, declared_on_arrival=row.declared_on_arrival, arrived_on=row.presented_on,
        submitted_on=row.presented_on, inspection=inspection, seals_used=_seals_seen(row),
    )  # fmt: skip


def before_use(issuer: str, number: str, *, by: Actor) -> list[Objection]:
    """The objection that a certificate was used before (R082), wherever on this node; empty for a first use."""
    known = Known(uses=uses(issuer, number) + _open_elsewhere(issuer, number, authority=by.authority))
    paper = Certificate(number=number, issuer=issuer, issue_date=None)
    case = ShipmentCase(case=certificate_case(paper, on=date.max, known=known, own=False))
    return list(ask((rule_files.used_once_only,), case).objections)


def on_presentation(row: Arrival, *, by: Actor) -> list[Objection]:
    """What the rules say when certificate and container are handed in."""
    assert row.presented_on is not None
    return list(rules.on_presentation(import_case(row, on=row.presented_on)).objections)


def not_entered(found: facts.Inspection) -> list[Objection]:
    """What an inspection lacks: nothing is taken over from the certificate (R074)."""
    paper = Certificate(number="", issuer="", issue_date=None, seals=("any",))
    case = ShipmentCase(case=certificate_case(paper, on=date.max, known=Known(), own=False), inspection=found)
    return list(ask((rule_files.goods_were_opened_and_compared,), case).objections)


def differences(row: Arrival, found: facts.Inspection) -> list[dict[str, str]]:
    """Where goods and certificate differ, nothing tolerated: field, declared, found."""
    return [
        {"field": one.field, "declared": one.declared, "found": one.found}
        for one in rules.with_inspection(corrected(row), found)
    ]


def found_facts(inspection: Inspection) -> facts.Inspection:
    """A kept inspection as facts."""
    return facts.Inspection(
        number=inspection.number_read, seals=tuple(inspection.seals), seals_intact=inspection.seals_intact,
        tamper_resistant=inspection.container_tamper_resistant, packed_alone=inspection.packed_alone,
        parcels=inspection.parcels, carats=inspection.carats, usd=inspection.usd,
        lines=tuple(
            Line(one["hs"], measures.carats(one["carats"]), measures.usd(one["usd"]) if "usd" in one else None)
            for one in inspection.lines
        ),
        exporter=inspection.exporter_read, importer=inspection.importer_read,
        inspected_on=inspection.inspected_at.date(),
    )  # fmt: skip


def differences_left(row: Arrival) -> list[dict[str, str]]:
    """The differences of the newest inspection that no correction has explained."""
    newest = row.inspections.last()
    return differences(row, found_facts(newest)) if newest else []


def on_inspection(row: Arrival, found: facts.Inspection, *, by: Actor, on: date) -> list[Objection]:
    """Conditions of import that the inspection shows to have failed: seals, container, packing, original."""
    return list(rules.on_presentation(import_case(row, on=row.presented_on or on, inspection=found)).objections)


def not_to_be_decided(row: Arrival) -> list[Objection]:
    """Objections at presentation that no officer may set aside: they need a case."""
    return [o for o in on_presentation(row, by=Actor(id="", authority=row.authority)) if o.severity is Severity.REFUSE]


def serious(case: DiscrepancyCase) -> list[dict[str, Any]]:
    """The failed conditions of a case that a correction of the paper does not mend."""
    return [one for one in case.objections if one.get("severity") == Severity.REFUSE]


def before_confirmation(
    row: Arrival, inspection: Inspection, case: DiscrepancyCase | None, *, by: Actor, on: date
) -> list[Objection]:
    """What stands against confirming the import, with everything entered so far."""
    found = found_facts(inspection)
    wanted = import_case(row, on=on, inspection=found)
    steps = {**_steps(row), "confirm": by.id}
    remedied = case is not None and case.way_out in (facts.WayOut.REMEDIED, facts.WayOut.ORIGINAL_BROUGHT)
    confirmation = facts.ImportConfirmation(
        number=inspection.number_read, parcels=inspection.parcels, carats=inspection.carats,
        exporter=inspection.exporter_read, importer=inspection.importer_read, destination=participant_of(row.authority),
        usd=inspection.usd or row.usd, hs_codes=tuple(one["hs"] for one in inspection.lines),
        received_on=row.presented_on, authenticated_by=by.id, made_on=on,
    )  # fmt: skip
    wanted = replace(
        wanted, confirmation=confirmation,
        case=replace(wanted.case, known=replace(wanted.case.known, steps=steps)),
    )  # fmt: skip
    found_objections = [*rules.before_confirmation(wanted).objections, *_own_goods(row, by=by)]
    # what a person has decided, with reason and name on record, is shown and stops no more
    if remedied:
        return [_set_aside(one) for one in found_objections]
    if row.decision:
        return [_set_aside(one) if one.severity is Severity.HOLD else one for one in found_objections]
    return found_objections


_NEVER_SET_ASIDE = frozenset({"R063", "R074", "R076", "R082", "R083", "R088", "R177"})
"""Two steps by one person, not opened, not said in full, used before, disowned by its issuer, void, on alert (an alert
that proves wrong is withdrawn)."""


def _set_aside(objection: Objection) -> Objection:
    """An objection that a recorded decision turned into a note, unless it is one that nobody may set aside."""
    return objection if objection.rule in _NEVER_SET_ASIDE else replace(objection, severity=Severity.FLAG)


def _steps(row: Arrival) -> dict[str, str]:
    """Who did what with this shipment before import, where the issuer is on this node (R063)."""
    issued = certificates.issued(row.written)
    if issued is None:
        return {}
    application = issued.application
    found = application.examinations.last()
    people = {
        "apply": application.filed_by, "examine": found.examined_by if found else "", "approve": application.decided_by,
    }  # fmt: skip
    return {step: who for step, who in people.items() if who}


def _own_goods(row: Arrival, *, by: Actor) -> list[Objection]:
    """The objection that the confirming person sealed or released the same goods (R063)."""
    shipment = Shipment.objects.filter(certificate_number=row.written).first()
    if shipment is None or by.id not in (shipment.sealed_by, shipment.released_by):
        return []
    return [objection("R063", _("The person who sealed or released these goods cannot confirm their import."))]


def confirmation_due(authority: str, presented_on: date) -> date | None:
    """The last day for the confirmation by the profile of the importing authority."""
    return facts.confirmation_due(profile_of(authority), arrived=presented_on, submitted=presented_on)


def tell_issuer_by(authority: str, found_on: date) -> date:
    """The last day to tell the issuer of a failure."""
    return facts.issuer_told_by(profile_of(authority), found=found_on)


def origin_of(row: Arrival) -> list[str]:
    """The mining countries of an arrival, as custody keeps them: ``***`` first where the parcel is mixed."""
    paper = corrected(row)
    return [*([MIXED] if paper.mixed else []), *paper.origin]
