"""What the rules are asked about shipments: gathers the facts from tables, asks, and hands back every objection."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries as certificates
from openkimberley.certificates import rules as certificate_rules
from openkimberley.certificates import statements
from openkimberley.certificates.facts import MIXED, Certificate, CertificateStatus, Line, Presented
from openkimberley.certificates.rules import (
    Alert,
    Case,
    Known,
    Signatory,
    Specimen,
    Verification,
    ask,
    objection,
)  # fmt: skip
from openkimberley.certificates.rules.correction import corrected_on_the_issuers_instruction, text_at
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import NotFound
from openkimberley.kernel.rules import Objection, Severity
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.participants import queries as participants
from openkimberley.shipments import facts, rules
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Inspection,
    Seal,
    Shipment,
    TransitPoint,
)  # fmt: skip
from openkimberley.shipments.queries.rows import normalised, normalised_seal, participant_of, profile_of, seals_used
from openkimberley.shipments.rules import ShipmentCase
from openkimberley.shipments.rules import arrival as rule_files
from openkimberley.trust.canonical import canonical, unb64u
from openkimberley.trust.signing import signer_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.trust.keys import Signer

_NOTHING = Decimal("0.00")


def _certificate_case(certificate: Certificate, *, on: date, known: Known, own: bool) -> Case:
    """The case of a certificate on a day, with the register and profiles of this node."""
    return Case(
        certificate=certificate, asked_on=on, register=participants.register(), profiles=participants.profiles(),
        known=known, own=own,
    )  # fmt: skip


def own_certificate(number: str, *, by: Actor) -> Any:
    """The issued certificate of the actor's authority. Raises ``NotFound``."""
    row = certificates.issued(number)
    if row is None or row.authority != by.authority or not by.authority:
        raise NotFound("certificate", number[:40])
    return row


def own_visible_certificate(number: str, *, by: Actor) -> Any:
    """The issued certificate of the actor's authority, if the actor may see it: companies see their own only."""
    row = certificates.certificate(number, by=by)
    if row.authority != by.authority:
        raise NotFound("shipment", number[:40])
    return row


def certificate_facts(row: Any) -> Certificate:
    """An issued certificate as facts."""
    return certificates.certificate_facts(row)


def still_stands(number: str) -> bool:
    """False for a certificate that its issuer has made void since: nobody is asked to confirm it."""
    issued = certificates.issued(number)
    return issued is not None and issued.status not in ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED")


def works_here(authority: str) -> bool:
    """True where an authority does its work on this node (its key is here): what it is told needs no e-mail."""
    try:
        return bool(authority) and bool(signer_for(authority))
    except NotFound:
        return False


# the exporting side


def sealing_case(
    row: Any, *, by: Actor, on: date, seals: Iterable[tuple[str, str]], shows: Iterable[str], containers: int,
    number_on_container: bool, packed_alone: bool, copy_enclosed: bool,
) -> ShipmentCase:  # fmt: skip
    """The case of a container that was just closed; ``seals`` are pairs of number and container."""
    pairs = list(seals)
    sealing = facts.Sealing(
        seals=tuple(facts.Seal(number, container) for number, container in pairs), containers=containers,
        tamper_resistant=True, number_on_container=number_on_container, packed_alone=packed_alone,
        copy_enclosed=copy_enclosed, pictures=frozenset(shows),
    )  # fmt: skip
    case = _certificate_case(certificate_facts(row), on=on, known=Known(), own=True)
    return ShipmentCase(
        case=case, here=row.participant, sealing=sealing,
        seals_used=seals_used(by.authority, [number for number, _ in pairs]),
    )  # fmt: skip


def before_sealing(case: ShipmentCase) -> list[Objection]:
    """What stands against how the container was closed."""
    return list(rules.before_sealing(case).objections)


def _export_case(row: Shipment, *, on: date, notice: facts.AdvanceNotice | None = None) -> ShipmentCase:
    """The case of a sealed shipment on its exporting side."""
    issued = certificates.issued(row.certificate_number)
    assert issued is not None
    licences = [one for one in (row.exporter_licence, row.courier_licence) if one]
    found = issued.application.examinations.last()
    known = Known(
        status=CertificateStatus(issued.status), licences=tuple(certificates.held_licences(licences, on=on)),
        agents=() if row.hand_carried and not row.courier_licence else (row.courier_licence or "-",),
        verification=Verification(found.method, found.method_reason) if found else None, sealed=True,
        in_issuer_register=True,
    )  # fmt: skip
    seals = tuple(facts.Seal(one.written, one.container) for one in row.seals.all())
    return ShipmentCase(
        case=_certificate_case(certificates.certificate_facts(issued), on=on, known=known, own=True),
        here=row.participant, notice=notice, hand_carried=row.hand_carried, seals_used={},
        sealing=facts.Sealing(
            seals=seals, containers=row.containers, tamper_resistant=True,
            number_on_container=row.number_on_container, packed_alone=row.packed_alone,
            copy_enclosed=row.copy_enclosed, pictures=frozenset({"BOX", "PARCEL"}),
        ),
        exported_on=row.departed_at.date() if row.departed_at else None,
    )  # fmt: skip


def advance_notice(row: Shipment, *, on: date) -> facts.AdvanceNotice:
    """The advance notice as the rules read it."""
    issued = certificates.issued(row.certificate_number)
    assert issued is not None
    paper = certificates.certificate_facts(issued)
    return facts.AdvanceNotice(
        number=row.certificate_number, carats=row.carats, usd=row.usd, origin=origin_text(paper),
        importer=row.importer_name, sent_on=on,
    )  # fmt: skip


def before_release(row: Shipment, *, by: Actor, on: date) -> list[Objection]:
    """What stands against handing over the validated certificate and announcing the goods."""
    return list(rules.before_release(_export_case(row, on=on, notice=advance_notice(row, on=on))).objections)


def before_departure(row: Shipment, *, by: Actor, on: date, seals_intact: bool) -> list[Objection]:
    """What stands against letting the goods go."""
    case = _export_case(row, on=on, notice=advance_notice(row, on=on))
    return list(rules.before_departure(replace(case, seals_intact=seals_intact)).objections)


def advance_fields(row: Shipment, *, by: Actor) -> dict[str, Any]:
    """What the advance notice tells: the fields of Annex II, 19, and what helps to know the box."""
    paper = certificate_facts(own_certificate(row.certificate_number, by=by))
    return {
        "issuing_authority": row.authority, "issue_date": _iso(paper.issue_date), "expiry_date": _iso(row.expiry_date),
        "total_carats": str(row.carats), "total_usd": str(row.usd), "lines": lines_json(paper.lines),
        "origin": origin_text(paper), "provenance": paper.provenance or row.participant, "parcels": paper.parcels,
        "exporter": row.exporter_name, "importer": row.importer_name,
        "seals": [one.written for one in row.seals.all()], "containers": row.containers, "carrier": row.carrier,
        "expected_on": _iso(row.expected_on),
    }  # fmt: skip


def origin_text(paper: Certificate) -> str:
    """The origin as it stands on a certificate."""
    countries = ", ".join(paper.origin)
    return f"{MIXED} {countries}".strip() if paper.mixed else countries


def on_transit(number: str, *, by: Actor, on: date) -> list[Objection]:
    """What the sightings of a shipment in third territories give cause to object."""
    known = _content_known(number, by=by)
    if known is None:
        return []
    points = tuple(
        facts.TransitPoint(one.territory, one.way, one.seen_at.date(), one.seals_intact, one.opened)
        for one in TransitPoint.objects.filter(certificate_number=number)
    )
    case = _certificate_case(known, on=on, known=Known(), own=False)
    return list(rules.on_transit(ShipmentCase(case=case, here=participant_of(by.authority), points=points)).objections)


def _content_known(number: str, *, by: Actor) -> Certificate | None:
    """The content of a certificate that the actor's authority has something to do with."""
    if issued := certificates.issued(number):
        return certificates.certificate_facts(issued)
    row = Arrival.objects.filter(authority=by.authority, number=normalised(number)).first()
    return statements.certificate_from_json(row.content) if row else None


# the importing side


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
        case=_certificate_case(paper, on=on, known=_import_known(row, on=on), own=False),
        here=participant_of(row.authority), notice=notice, certificate_enclosed=row.copy_enclosed,
        hand_carried=row.hand_carried, declared_on_arrival=row.declared_on_arrival, arrived_on=row.presented_on,
        submitted_on=row.presented_on, inspection=inspection, seals_used=_seals_seen(row),
    )  # fmt: skip


def before_use(issuer: str, number: str, *, by: Actor) -> list[Objection]:
    """The objection that a certificate was used before (R082), wherever on this node; empty for a first use."""
    known = Known(uses=uses(issuer, number) + _open_elsewhere(issuer, number, authority=by.authority))
    paper = Certificate(number=number, issuer=issuer, issue_date=None)
    case = ShipmentCase(case=_certificate_case(paper, on=date.max, known=known, own=False))
    return list(ask((rule_files.used_once_only,), case).objections)


def on_presentation(row: Arrival, *, by: Actor) -> list[Objection]:
    """What the rules say when certificate and container are handed in."""
    assert row.presented_on is not None
    return list(rules.on_presentation(import_case(row, on=row.presented_on)).objections)


def not_entered(found: facts.Inspection) -> list[Objection]:
    """What an inspection lacks: nothing is taken over from the certificate (R074)."""
    paper = Certificate(number="", issuer="", issue_date=None, seals=("any",))
    case = ShipmentCase(case=_certificate_case(paper, on=date.max, known=Known(), own=False), inspection=found)
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


def lines_json(lines: Iterable[Line]) -> list[dict[str, str]]:
    """Lines as they are kept: amounts as text, what is not known left out."""
    return [
        {"hs": one.hs, "carats": str(one.carats), **({"usd": str(one.usd)} if one.usd is not None else {})}
        for one in lines
    ]


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
    if remedied or row.decision:
        # what a person has decided, with reason and name on record, is shown and stops no more
        found_objections = [_set_aside(o) for o in found_objections]
    return found_objections


_NEVER_SET_ASIDE = frozenset({"R063", "R074", "R076", "R082"})


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


# the ways out


def declared_value(row: Arrival, field: str) -> str:
    """What the certificate says in a field such as ``importer/address``."""
    return text_at(statements.certificate_to_json(corrected(row)), field)


def before_correction(row: Arrival, *, field: str, new: str, instruction: str) -> list[Objection]:
    """What stands against a correction: without instruction, or no minor error (R086)."""
    wanted = certificate_rules.Correction(field, declared_value(row, field), new, bool(instruction.strip()))
    return list(ask((corrected_on_the_issuers_instruction,), wanted).objections)


def closing(
    case: DiscrepancyCase, way_out: facts.WayOut, *, on: date, fault: str = "", measures: str = "",
    technical_number: str = "", requested: bool = False, disposal: str = "", instructed: bool = False,
) -> list[Objection]:  # fmt: skip
    """What stands against closing a case in this way."""
    row = case.arrival
    newest = row.inspections.last()
    technical = certificates.issued(technical_number) if technical_number else None
    paper = corrected(row)
    wanted = facts.Closing(
        way_out=way_out, original_number=technical.return_of if technical else row.written,
        fault=facts.Fault(fault) if fault in facts.Fault.__members__ else None, measures=measures.strip(),
        technical_number=technical_number, requested_by_issuer=requested,
        technical_origin=tuple(certificates.certificate_facts(technical).origin) if technical else paper.origin,
        original_origin=paper.origin, seals_intact=newest.seals_intact if newest else None,
        disposal=disposal.strip(), instructed=instructed, found_on=case.opened_at.date(),
        issuer_told_on=case.issuer_told_at.date() if case.issuer_told_at else None,
    )  # fmt: skip
    return list(rules.before_closing(wanted, on=on, profile=profile_of(case.authority)).objections)


# the receipt


def receipt_of(row: Arrival, inspection: Inspection | None, result: str, *, at: datetime) -> Any:
    """The receipt to be signed: as found, with every difference that is left."""
    differing = inspection.differences if inspection is not None and result != "match" else []
    left = {one["field"] for one in differing}
    usd = (inspection.usd if inspection else None) or row.usd
    return statements.ImportReceipt(
        participant=participant_of(row.authority), authority=row.authority, iat=int(at.timestamp()),
        cid=unb64u(row.cid) if row.cid else content_hash(row.content), number=row.written, exporting=row.issuer,
        received=row.presented_on or at.date(), result=result, parcels=inspection.parcels if inspection else None,
        carats=inspection.carats if inspection else None, usd=usd,
        lines=found_facts(inspection).lines if inspection else (),
        seal=", ".join(inspection.seals) if inspection else "", exporter_ok="exporter/name" not in left,
        importer_ok="importer/name" not in left,
        differences=tuple(
            statements.Difference(one["field"], one["declared"], one["found"]) for one in differing
        ),
    )  # fmt: skip


def sign_receipt(receipt: Any, *, signer: Signer) -> str:
    """The receipt as a signed statement (``kp-receipt+jwt``)."""
    return statements.sign_receipt(receipt, signer=signer)


def content_hash(content: dict[str, Any]) -> bytes:
    """What names a paper certificate in signed statements: SHA-256 over its registered content."""
    return hashlib.sha256(canonical(content)).digest()


def receipt_hash(signed: str) -> str:
    """The hash by which the journal names a receipt: SHA-256 of what was signed."""
    return hashlib.sha256(signed.rpartition(".")[0].encode()).hexdigest()


def receipt_fields(row: Arrival, receipt: Any, signed: str) -> dict[str, Any]:
    """What the e-mail to the exporting authority tells."""
    return {
        "result": receipt.result, "received": receipt.received.isoformat(), "parcels": receipt.parcels,
        "carats": str(receipt.carats or ""), "exporter": row.exporter_name, "importer": row.importer_name,
        "authority": row.authority, "receipt": signed,
        "differences": [
            {"field": one.field, "declared": one.declared, "found": one.found} for one in receipt.differences
        ],
    }  # fmt: skip


def _iso(day: date | None) -> str:
    """A day as text, empty where none is known."""
    return day.isoformat() if day else ""
