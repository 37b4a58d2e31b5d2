"""The exporting side: seal, announce (which releases the goods), depart, and what is seen in transit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from openkimberley.certificates import actions as certification
from openkimberley.certificates.facts import CertificateStatus
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.rules import Objection, Severity
from openkimberley.shipments import facts, queries
from openkimberley.shipments.actions.outbox import queue
from openkimberley.shipments.models import Arrival, Notice, Photograph, Seal, Shipment, TransitPoint

S = facts.ShipmentStatus
MOST_PHOTOGRAPHS = 20
MOST_SEALS = 200


class AppliedSeal(NamedTuple):
    """A seal as the officer read it after closing the container."""

    number: str
    container: str = ""


class Picture(NamedTuple):
    """A photograph that the file store already keeps: ``shows`` is BOX, PARCEL or OTHER."""

    sha256: str
    shows: str
    name: str = ""


def refuse(objections: list[Objection], *, subject: str, holds: bool = True) -> None:
    """Raise ``Refused`` with everything that stops the act; flags go on. ``holds`` False lets holds go on too."""
    stops = {Severity.REFUSE, Severity.HOLD} if holds else {Severity.REFUSE}
    if any(o.severity in stops for o in objections):
        raise Refused([o for o in objections if o.severity in stops], subject=subject)


def locked(number: str, *, by: Actor) -> Shipment:
    """A shipment of the actor's authority, locked. Raises ``NotFound``."""
    row = Shipment.objects.select_for_update().filter(authority=by.authority, certificate_number=number).first()
    if row is None:
        raise NotFound("shipment", number[:40])
    return row


def move(row: Shipment, to: facts.ShipmentStatus) -> None:
    """Set the status if the table of transitions has the step. Raises ``Conflict`` otherwise."""
    if to not in facts.SHIPMENT_TRANSITIONS[S(row.status)]:
        state = row.status.lower()
        raise Conflict(f"shipment {row.certificate_number} is {state}: it cannot become {to.value.lower()}")
    row.status = to.value


@action("shipments.seal", needs=Permission.SHIPMENT_SEAL)
def seal(
    *, by: Actor, at: datetime, number: str, seals: list[AppliedSeal], pictures: list[Picture], containers: int,
    number_on_container: bool, packed_alone: bool, copy_enclosed: bool,
) -> Shipment:  # fmt: skip
    """Put on record how the goods of a certificate were closed: seals as read, photographs of box and parcel.

    The seals must be those on the certificate (R066) and none may have been used before (R070). The certificate becomes
    SEALED. Raises ``Refused`` with every objection; ``NotFound``; ``Conflict`` where the certificate is past sealing.
    """
    certificate = queries.own_certificate(number, by=by)
    if len(seals) > MOST_SEALS or len(pictures) > MOST_PHOTOGRAPHS:
        raise Conflict(f"a shipment has at most {MOST_SEALS} seals and {MOST_PHOTOGRAPHS} photographs")
    if missing := {"BOX", "PARCEL"} - {one.shows for one in pictures}:
        raise Conflict(f"a photograph of the {' and the '.join(sorted(missing)).lower()} is missing")
    certification.record_export_step(by=by, at=at, number=number, to=CertificateStatus.SEALED)
    wanted = queries.certificate_facts(certificate)
    case = queries.sealing_case(
        certificate, by=by, on=at.date(), seals=seals, shows=[one.shows for one in pictures],
        containers=containers, number_on_container=number_on_container, packed_alone=packed_alone,
        copy_enclosed=copy_enclosed,
    )  # fmt: skip
    refuse(queries.before_sealing(case), subject=number)
    row = Shipment.objects.create(
        authority=by.authority, certificate_number=number, participant=wanted.issuer, status=S.SEALED.value,
        importing_participant=wanted.destination, importing_authority=wanted.destination_authority,
        exporter_licence=certificate.exporter_licence, exporter_name=certificate.exporter_name,
        importer_licence=wanted.importer.licence if wanted.importer else "", importer_name=certificate.importer_name,
        carats=certificate.carats, usd=certificate.usd, expiry_date=certificate.expiry_date, containers=containers,
        container_numbers=sorted({one.container for one in seals if one.container}),
        number_on_container=number_on_container, packed_alone=packed_alone, copy_enclosed=copy_enclosed,
        sealed_at=at, sealed_by=by.id,
    )  # fmt: skip
    Seal.objects.bulk_create(
        Seal(
            shipment=row, authority=by.authority, number=queries.normalised_seal(one.number), written=one.number,
            container=one.container, applied_at=at,
        )
        for one in seals
    )  # fmt: skip
    keep_pictures(pictures, number=number, direction="EXPORT", by=by, at=at)
    record(
        "shipment.sealed", by=by, at=at, subject=number,
        statement={
            "seals": [[one.number, one.container] for one in seals], "containers": containers,
            "photographs": [[one.shows, one.sha256] for one in pictures], "number_on_container": number_on_container,
            "packed_alone": packed_alone, "copy_enclosed": copy_enclosed,
        },
    )  # fmt: skip
    return row


def keep_pictures(pictures: list[Picture], *, number: str, direction: str, by: Actor, at: datetime) -> None:
    """Enter photographs in the record. Must be inside an action, whose journal entry names them.

    Raises ``Conflict`` where one photograph is given for two things: it would prove one of them only.
    """
    if len({one.sha256 for one in pictures}) < len({(one.sha256, one.shows) for one in pictures}):
        raise Conflict("one photograph was given for two things: photograph the box and the parcel, each by itself")
    known = set(
        Photograph.objects.filter(
            authority=by.authority, certificate_number=number, direction=direction
        ).values_list("sha256", flat=True)
    )  # fmt: skip
    fresh = {one.sha256: one for one in pictures if one.sha256 not in known}
    Photograph.objects.bulk_create(
        Photograph(
            authority=by.authority, certificate_number=number, direction=direction, shows=one.shows,
            sha256=one.sha256, name=one.name[:150], taken_by=by.id, at=at,
        )
        for one in fresh.values()
    )  # fmt: skip


@action("shipments.announce", needs=Permission.SHIPMENT_SEAL)
def announce(
    *, by: Actor, at: datetime, number: str, carrier: str, courier_licence: str, mode: str,
    expected_on: date | None = None, address: str = "",
) -> Notice:  # fmt: skip
    """Release a sealed shipment: the validated certificate is handed over and the importing authority is told (R071).

    Queues the e-mail of Annex II, 19 to the importing authority (``address`` overrides the register's), and opens the
    expected arrival where that authority works on this node. Raises ``Refused`` where content was not verified, nothing
    is sealed (R052) or the courier has no licence (R055).
    """
    row = locked(number, by=by)
    move(row, S.ANNOUNCED)
    row.carrier, row.courier_licence, row.mode = carrier[:200], courier_licence, mode
    row.hand_carried, row.expected_on = mode == "HAND", expected_on
    refuse(queries.before_release(row, by=by, on=at.date()), subject=number)
    row.released_at, row.released_by = at, by.id
    row.save()
    certification.record_export_step(by=by, at=at, number=number, to=CertificateStatus.ANNOUNCED)
    fields = queries.advance_fields(row, by=by)
    notice = queue(
        "ADVANCE", by=by, at=at, number=number, to_authority=row.importing_authority or row.importing_participant,
        fields=fields, address=address,
    )  # fmt: skip
    if queries.works_here(row.importing_authority):
        expect(row, by=by, at=at)
    record(
        "shipment.announced", by=by, at=at, subject=number,
        statement={"to": row.importing_authority, "courier_licence": courier_licence, "mode": mode,
                   "expected_on": expected_on.isoformat() if expected_on else ""},
        personal={"carrier": carrier},
    )  # fmt: skip
    return notice


def expect(row: Shipment, *, by: Actor, at: datetime) -> Arrival:
    """Open the expected arrival of the importing authority on this node. Must be inside an action."""
    certificate = queries.own_certificate(row.certificate_number, by=by)
    found, made = Arrival.objects.get_or_create(
        authority=row.importing_authority, issuer=row.participant, number=queries.normalised(row.certificate_number),
        defaults={
            "written": row.certificate_number, "issuing_authority": row.authority,
            "status": facts.ArrivalStatus.EXPECTED.value, "source": "NODE", "content": certificate.content,
            "cid": certificate.cid, "exporter_name": row.exporter_name, "importer_name": row.importer_name,
            "importer_licence": row.importer_licence,
            "seal_keys": queries.seal_keys(certificate.content.get("seals", [])), "carats": row.carats,
            "usd": row.usd, "announced_at": at, "expected_on": row.expected_on, "hand_carried": row.hand_carried,
        },
    )  # fmt: skip
    if not made and found.announced_at is None:
        found.announced_at, found.expected_on = at, row.expected_on
        found.save(update_fields=["announced_at", "expected_on"])
    return found


@action("shipments.depart", needs=Permission.SHIPMENT_SEAL)
def depart(*, by: Actor, at: datetime, number: str, departed_at: datetime, seals_intact: bool) -> Shipment:
    """Enter that the shipment left the territory. Only a released one may leave, with its seals whole."""
    row = locked(number, by=by)
    move(row, S.DEPARTED)
    if departed_at > at or (row.released_at and departed_at < row.released_at.replace(second=0, microsecond=0)):
        raise Conflict("a shipment departs after its release and not in the future")
    row.departed_at = departed_at
    refuse(queries.before_departure(row, by=by, on=at.date(), seals_intact=seals_intact), subject=number)
    row.save(update_fields=["status", "departed_at"])
    certification.record_export_step(by=by, at=at, number=number, to=CertificateStatus.DEPARTED)
    record(
        "shipment.departed", by=by, at=at, subject=number,
        statement={"departed_at": departed_at.isoformat(), "seals_intact": seals_intact},
    )  # fmt: skip
    return row


@action("shipments.cancel", needs=Permission.SHIPMENT_SEAL)
def cancel(*, by: Actor, at: datetime, number: str, reason: str) -> Shipment:
    """Enter that a sealed shipment was opened again before departure, its certificate void, replaced, lost or expired.

    Its seals stay used. Raises ``Conflict`` while the certificate still stands.
    """
    row = locked(number, by=by)
    certificate = queries.own_certificate(number, by=by)
    if certificate.status not in ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED"):
        raise Conflict(f"certificate {number} is {certificate.status.lower()}: void or replace it first")
    if not reason.strip():
        raise Conflict("say why the shipment is cancelled")
    move(row, S.CANCELLED)
    row.closed_at = at
    row.save(update_fields=["status", "closed_at"])
    # nobody waits for it any more; if it is presented all the same, the void certificate says so
    Arrival.objects.filter(
        issuer=row.participant, number=queries.normalised(number), status=facts.ArrivalStatus.EXPECTED.value
    ).update(closed_at=at)
    record("shipment.cancelled", by=by, at=at, subject=number, statement={}, personal={"reason": reason.strip()})
    return row


@action("shipments.record_transit", needs=Permission.SHIPMENT_READ)
def record_transit(
    *, by: Actor, at: datetime, number: str, territory: str, way: str, seen_at: datetime, seals_intact: bool,
    opened: bool, remarks: str = "",
) -> tuple[TransitPoint, list[Objection]]:  # fmt: skip
    """Enter what was seen of a shipment where it came into or left a third territory (R094, R095).

    Broken seals or an opened container do not stop the entry: they are what it is for. They come back as objections.
    """
    if not (by.may(Permission.SHIPMENT_SEAL) or by.may(Permission.SHIPMENT_RECEIVE)):
        raise NotPermitted(Permission.SHIPMENT_SEAL)
    if way not in ("ENTRY", "EXIT"):
        raise Conflict("a transit point is an entry or an exit")
    point = TransitPoint.objects.create(
        authority=by.authority, certificate_number=number, territory=territory, way=way, seen_at=seen_at,
        seals_intact=seals_intact, opened=opened, remarks=remarks[:300], recorded_by=by.id, recorded_at=at,
    )  # fmt: skip
    objections = queries.on_transit(number, by=by, on=at.date())
    record(
        "shipment.in_transit", by=by, at=at, subject=number,
        statement={
            "territory": territory, "way": way, "seen_at": seen_at.isoformat(), "seals_intact": seals_intact,
            "opened": opened, "rules": sorted({o.rule for o in objections}),
        },
        personal={"remarks": remarks},
    )  # fmt: skip
    return point, objections


def as_json(objections: list[Objection]) -> list[dict[str, Any]]:
    """Objections as they are kept with a record."""
    return [o.as_json() for o in objections]
