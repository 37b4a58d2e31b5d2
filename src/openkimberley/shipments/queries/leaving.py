"""What the rules are asked on the exporting side: sealing, release, departure, transit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import queries as certificates
from openkimberley.certificates import statements
from openkimberley.certificates.facts import Certificate, CertificateStatus
from openkimberley.certificates.rules import (
    Known,
    Verification,
)  # fmt: skip
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.rules import Objection
from openkimberley.shipments import facts, rules
from openkimberley.shipments.models import (
    Arrival,
    Shipment,
    TransitPoint,
)  # fmt: skip
from openkimberley.shipments.queries.asked import (
    certificate_case,
    certificate_facts,
    iso,
    lines_json,
    origin_text,
    own_certificate,
)
from openkimberley.shipments.queries.rows import normalised, participant_of, seals_used
from openkimberley.shipments.rules import ShipmentCase

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    case = certificate_case(certificate_facts(row), on=on, known=Known(), own=True)
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
        case=certificate_case(certificates.certificate_facts(issued), on=on, known=known, own=True),
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
        "issuing_authority": row.authority, "issue_date": iso(paper.issue_date), "expiry_date": iso(row.expiry_date),
        "total_carats": str(row.carats), "total_usd": str(row.usd), "lines": lines_json(paper.lines),
        "origin": origin_text(paper), "provenance": paper.provenance or row.participant, "parcels": paper.parcels,
        "exporter": row.exporter_name, "importer": row.importer_name,
        "seals": [one.written for one in row.seals.all()], "containers": row.containers, "carrier": row.carrier,
        "expected_on": iso(row.expected_on),
    }  # fmt: skip


def on_transit(number: str, *, by: Actor, on: date) -> list[Objection]:
    """What the sightings of a shipment in third territories give cause to object."""
    known = _content_known(number, by=by)
    if known is None:
        return []
    points = tuple(
        facts.TransitPoint(one.territory, one.way, one.seen_at.date(), one.seals_intact, one.opened)
        for one in TransitPoint.objects.filter(certificate_number=number)
    )
    case = certificate_case(known, on=on, known=Known(), own=False)
    return list(rules.on_transit(ShipmentCase(case=case, here=participant_of(by.authority), points=points)).objections)


def _content_known(number: str, *, by: Actor) -> Certificate | None:
    """The content of a certificate that the actor's authority has something to do with."""
    if issued := certificates.issued(number):
        return certificates.certificate_facts(issued)
    row = Arrival.objects.filter(authority=by.authority, number=normalised(number)).first()
    return statements.certificate_from_json(row.content) if row else None
