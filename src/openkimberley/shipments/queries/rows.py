"""Who may see which shipment, arrival, case and notice; one of each by its number."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q, QuerySet

from openkimberley.certificates import rules as certificate_rules
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries as participants
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Notice,
    PaperCertificate,
    Photograph,
    Seal,
    Shipment,
    TransitPoint,
)  # fmt: skip
from openkimberley.shipments.rules.packing import plain_seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.participants.facts import Authority, Profile


def normalised(number: str) -> str:
    """A certificate's number as it is compared (R008): prefix and digits, however they are written."""
    return certificate_rules.normalised(number).replace("/", "")[:40]


def normalised_seal(number: str) -> str:
    """A seal's number as it is compared: capitals, without blanks, dots, dashes and strokes."""
    return plain_seal(number)[:60]


def seal_keys(numbers: Iterable[str]) -> str:
    """Seals of a certificate in one text to search in: each between blanks."""
    return "".join(f" {normalised_seal(number)}" for number in numbers) + " " if numbers else ""


def participant_of(authority: str) -> str:
    """The Participant's code in an authority's code: ``EU`` of ``EU-BE``."""
    return authority.partition("-")[0]


def profile_of(authority: str) -> Profile:
    """The jurisdiction profile of an authority's Participant."""
    return participants.profiles().of(participant_of(authority))


def authority_named(code: str, *, on: date) -> Authority | None:
    """The authority of this code on a day, where the register knows it."""
    return participants.register().authority(code, participant_of(code), on)


def authority_to_tell(named: str, participant: str, *, on: date) -> str:
    """The code a message goes to: the authority named where the register knows it, else the Participant.

    A foreign paper prints the name of its authority, not the code.
    """
    return named if named and authority_named(named, on=on) else participant


def address_of(code: str, *, on: date) -> str:
    """The e-mail address of an authority on a day, empty where none is known.

    A Participant's code without authority (``CA``) stands for its importing authority, where there is one only. A
    demonstration never writes to a real one.
    """
    if settings.DEMONSTRATION:
        return f"import@{code.lower()}.demo.example" if code else ""
    if known := authority_named(code, on=on):
        return known.email
    owner = participants.register().participants.get(code)
    importing = [
        a for a in (owner.authorities if owner else ())
        if a.importing and (a.since is None or a.since <= on) and (a.until is None or on < a.until)
    ]  # fmt: skip
    return importing[0].email if len(importing) == 1 else ""


def visible_shipments(by: Actor) -> QuerySet[Shipment]:
    """The shipments an actor may see: its authority's, those on their way to it, or its companies' own."""
    rows = Shipment.objects.all()
    if not by.may(Permission.SHIPMENT_READ):
        return rows.none()
    if by.companies:
        own = Q(exporter_licence__in=by.companies, authority=by.authority)
        inbound = Q(importer_licence__in=by.companies, importing_authority=by.authority, released_at__isnull=False)
        return rows.filter(own | inbound)
    if not by.authority:
        return rows.none()
    return rows.filter(Q(authority=by.authority) | Q(importing_authority=by.authority, released_at__isnull=False))


def visible_arrivals(by: Actor) -> QuerySet[Arrival]:
    """The arrivals an actor may see: its authority's, or those for its companies."""
    rows = Arrival.objects.all()
    if not by.may(Permission.SHIPMENT_READ) or not by.authority:
        return rows.none()
    rows = rows.filter(authority=by.authority)
    return rows.filter(importer_licence__in=by.companies) if by.companies else rows


def shipment(number: str, *, by: Actor) -> Shipment:
    """One shipment that the actor may see, by its certificate's number. Raises ``NotFound``."""
    row = visible_shipments(by).filter(certificate_number=number).first()
    if row is None:
        raise NotFound("shipment", number[:40])
    return row


def arrival(number: str, *, by: Actor) -> Arrival:
    """One arrival that the actor may see, by its certificate's number however written. Raises ``NotFound``."""
    row = visible_arrivals(by).filter(number=normalised(number)).first()
    if row is None:
        raise NotFound("arrival", number[:40])
    return row


def case(number: str, *, by: Actor) -> DiscrepancyCase:
    """The discrepancy case of an arrival that the actor may see. Raises ``NotFound``."""
    row = DiscrepancyCase.objects.select_related("arrival").filter(arrival__in=visible_arrivals(by)).filter(
        number=normalised(number)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound("discrepancy case", number[:40])
    return row


def paper(number: str, *, by: Actor) -> PaperCertificate:
    """A foreign paper in the actor's authority's register. Raises ``NotFound``."""
    row = None
    if by.may(Permission.SHIPMENT_READ) and by.authority and not by.companies:
        row = PaperCertificate.objects.filter(authority=by.authority, number=normalised(number)).first()
    if row is None:
        raise NotFound("registered paper", number[:40])
    return row


def papers(*, by: Actor) -> QuerySet[PaperCertificate]:
    """The foreign papers that the actor's authority has registered, newest first."""
    if not by.may(Permission.SHIPMENT_READ) or not by.authority or by.companies:
        return PaperCertificate.objects.none()
    return PaperCertificate.objects.filter(authority=by.authority)


def confirmation(issuer: str, number: str) -> Confirmation | None:
    """The one confirmation of a certificate, where there is one."""
    return Confirmation.objects.filter(issuer=issuer, number=normalised(number)).first()


def receipt(number: str, *, by: Actor) -> Confirmation:
    """The confirmation of a certificate for those it concerns: confirming and issuing authority, and the companies.

    Raises ``NotFound``.
    """
    row = Confirmation.objects.filter(number=normalised(number)).first()
    if row is not None and by.may(Permission.SHIPMENT_READ):
        if visible_arrivals(by).filter(issuer=row.issuer, number=row.number).exists():
            return row
        if any(normalised(one) == row.number for one in _own_numbers(by, row.number)):
            return row
    raise NotFound("confirmation", number[:40])


def _own_numbers(by: Actor, number: str) -> list[str]:
    """Numbers of visible shipments that could be this one."""
    rows = visible_shipments(by).filter(certificate_number__startswith=number[:2])
    return list(rows.filter(certificate_number__endswith=number[-4:]).values_list("certificate_number", flat=True))


def photographs(number: str, *, by: Actor) -> list[Photograph]:
    """The photographs of a shipment that the actor may see: those of its export, and its authority's own of import."""
    if not (visible_shipments(by).filter(certificate_number=number).exists()
            or visible_arrivals(by).filter(number=normalised(number)).exists()):  # fmt: skip
        return []
    return list(Photograph.objects.filter(Q(direction="EXPORT") | Q(authority=by.authority), certificate_number=number))


def photograph(sha256: str, *, by: Actor) -> Photograph:
    """One photograph that the actor may see. Raises ``NotFound``."""
    for row in Photograph.objects.filter(sha256=sha256):
        if any(one.sha256 == sha256 for one in photographs(row.certificate_number, by=by)):
            return row
    raise NotFound("photograph", sha256[:64])


def seals_of(number: str, *, authority: str) -> list[Seal]:
    """The seals on a shipment of an authority."""
    return list(Seal.objects.filter(authority=authority, shipment__certificate_number=number))


def seals_used(authority: str, numbers: list[str]) -> dict[str, str]:
    """Which of these seal numbers were used before, and under which certificate (R070)."""
    wanted = [normalised_seal(number) for number in numbers]
    rows = Seal.objects.filter(authority=authority, number__in=wanted).select_related("shipment")
    return {row.number: row.shipment.certificate_number for row in rows}


def transit_points(number: str, *, by: Actor) -> list[TransitPoint]:
    """What was seen of a shipment in third territories, in order."""
    if not (visible_shipments(by).filter(certificate_number=number).exists()
            or visible_arrivals(by).filter(number=normalised(number)).exists()):  # fmt: skip
        return []
    return list(TransitPoint.objects.filter(certificate_number=number))


def notices(*, by: Actor, number: str = "") -> QuerySet[Notice]:
    """The e-mails of the actor's authority, oldest first; of one certificate where ``number`` is given."""
    if not by.may(Permission.SHIPMENT_READ) or not by.authority or by.companies:
        return Notice.objects.none()
    rows = Notice.objects.filter(authority=by.authority)
    return rows.filter(certificate_number=number) if number else rows


def due_notices(authority: str, *, at: datetime) -> bool:
    """True where an e-mail of the authority is due."""
    return Notice.objects.filter(authority=authority, status="QUEUED", next_attempt__lte=at).exists()


def unsent_notices(*, by: Actor) -> QuerySet[Notice]:
    """E-mails that a server refused or that have no address: a person should look."""
    return notices(by=by).exclude(status="SENT").exclude(status="QUEUED", attempts=0)
