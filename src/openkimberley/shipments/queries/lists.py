"""Lists: what is expected, what waits for whom, what is late, what a search finds, what happened to a shipment."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from openkimberley.certificates import queries as certificates
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.shipments import facts
from openkimberley.shipments.models import Arrival, Confirmation, DiscrepancyCase, Notice, Shipment
from openkimberley.shipments.queries.rows import (
    normalised,
    normalised_seal,
    profile_of,
    unsent_notices,
    visible_arrivals,
    visible_shipments,
)  # fmt: skip

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST = 200  # a work list longer than this is not read, it is filtered
UNDER_WAY = ("ANNOUNCED", "DEPARTED", "ARRIVED")


STATUSES = tuple(one.value for one in facts.ShipmentStatus)
"""The states that a list of shipments is narrowed by."""

STEPS = ("SEALED", "ANNOUNCED", "DEPARTED", "ARRIVED", "CONFIRMED")
"""The way of a shipment that meets no trouble."""


def to_seal(*, by: Actor) -> list[dict[str, Any]]:
    """Certificates of the actor's authority that were issued and wait for their container to be closed."""
    return [item for item in certificates.waiting(by) if item["kind"] == "certificate" and item["what"] == "ISSUED"]


def expected(*, by: Actor) -> QuerySet[Arrival]:
    """Shipments announced to the actor's authority and not presented yet, the first to be expected first."""
    rows = visible_arrivals(by).filter(status="EXPECTED", closed_at__isnull=True)
    return rows.order_by("expected_on", "announced_at")


def at_the_desk(*, by: Actor) -> QuerySet[Arrival]:
    """Shipments presented and not concluded, the earliest deadline first."""
    wanted = ("PRESENTED", "INSPECTED", "DISPUTED", "DETAINED")
    return visible_arrivals(by).filter(status__in=wanted).order_by("due_on", "presented_at")


def concluded(*, by: Actor) -> QuerySet[Arrival]:
    """Shipments confirmed, refused, returned or confiscated, newest first."""
    return visible_arrivals(by).filter(closed_at__isnull=False).exclude(status="EXPECTED").order_by("-closed_at")


def shipments(*, by: Actor, status: str = "") -> QuerySet[Shipment]:
    """Shipments that the actor may see, newest first; of one status where given."""
    rows = visible_shipments(by)
    return rows.filter(status=status) if status in STATUSES else rows


def late_confirmations(*, by: Actor, on: date) -> QuerySet[Arrival]:
    """Imports whose confirmation is overdue by the profile of the actor's authority (R075, R077)."""
    return at_the_desk(by=by).filter(due_on__lt=on)


def late_exports(authority: str, *, on: date) -> list[Shipment]:
    """Exports of an authority without confirmation some days after the certificate's expiry (R079): open cases."""
    profile = profile_of(authority)
    rows = Shipment.objects.filter(authority=authority, status__in=UNDER_WAY, expiry_date__lt=on)
    late = (row for row in rows.order_by("expiry_date")[:MOST])
    return [row for row in late if facts.chase_from(profile, expires=row.expiry_date) < on]


def authorities_with_late_exports(*, on: date) -> list[str]:
    """Authorities of this node that may have late exports."""
    rows = Shipment.objects.filter(status__in=UNDER_WAY, expiry_date__lt=on)
    return sorted(rows.order_by().values_list("authority", flat=True).distinct())


def authorities_with_due_notices(*, at: datetime) -> list[str]:
    """Authorities of this node that have e-mails to send."""
    rows = Notice.objects.filter(status="QUEUED", next_attempt__lte=at)
    return sorted(rows.order_by().values_list("authority", flat=True).distinct())


def notices_waiting() -> int:
    """How many e-mails of the whole node are not sent."""
    return Notice.objects.exclude(status="SENT").count()


def waiting(by: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """What waits for an actor in shipments: what it is, which one, since when, until when, and where to act."""
    found: list[dict[str, Any]] = []
    if not by.authority or by.companies:
        return found
    if by.may(Permission.SHIPMENT_SEAL):
        found += [
            {"what": row.status, "kind": "notice", "number": row.certificate_number, "since": row.queued_at,
             "due": None, "who": row.to_authority, "url_name": "shipment"}
            for row in unsent_notices(by=by)[:MOST]
        ]  # fmt: skip
        found += [
            {"what": "LATE", "kind": "shipment", "number": row.certificate_number, "since": row.sealed_at,
             "due": row.expiry_date, "who": row.importer_name, "url_name": "shipment"}
            for row in late_exports(by.authority, on=at.date())
        ]  # fmt: skip
    if by.may(Permission.SHIPMENT_RECEIVE):
        found += _import_items(by, on=at.date())
    return found


def _import_items(by: Actor, *, on: date) -> list[dict[str, Any]]:
    """What waits at the import desk."""
    items = [
        {"what": "EXPECTED", "kind": "arrival", "number": row.number, "since": row.announced_at,
         "due": row.expected_on, "who": row.exporter_name, "url_name": "arrival"}
        for row in expected(by=by)[:MOST]
    ]  # fmt: skip
    for row in at_the_desk(by=by).filter(status__in=["PRESENTED", "INSPECTED"])[:MOST]:
        late = row.due_on is not None and row.due_on < on
        items.append(
            {"what": "OVERDUE" if late else row.status, "kind": "arrival", "number": row.number,
             "since": row.presented_at, "due": row.due_on, "who": row.exporter_name, "url_name": "arrival"}
        )  # fmt: skip
    cases = DiscrepancyCase.objects.filter(authority=by.authority, status="OPEN").select_related("arrival")
    return items + [
        {"what": "DETAINED" if case.detained_at else "DISPUTED", "kind": "case", "number": case.number,
         "since": case.opened_at, "due": None if case.issuer_told_at else case.tell_issuer_by,
         "who": case.arrival.exporter_name, "url_name": "discrepancy"}
        for case in cases[:MOST]
    ]  # fmt: skip


def search(text: str, *, by: Actor) -> list[dict[str, Any]]:
    """Shipments and arrivals by number, company or seal, among what the actor may see. At most 20 of each."""
    plain, seal = normalised(text), normalised_seal(text)
    if not plain or not text.isprintable():
        return []
    named = Q(exporter_name__icontains=text.strip()) | Q(importer_name__icontains=text.strip())
    out = visible_shipments(by).filter(
        named | Q(certificate_number__iexact=text.strip()) | Q(certificate_number=plain)
        | Q(seals__number=seal)
    ).distinct()  # fmt: skip
    into = visible_arrivals(by).filter(named | Q(number=plain) | Q(seal_keys__contains=f" {seal} ")).distinct()
    return [
        {"number": row.certificate_number, "status": row.status, "who": row.exporter_name, "url_name": "shipment"}
        for row in out[:20]
    ] + [
        {"number": row.number, "status": row.status, "who": row.importer_name, "url_name": "arrival"}
        for row in into[:20]
    ]  # fmt: skip


EVENTS = {
    "certificate.issued": _("Certificate issued"),
    "shipment.sealed": _("Container sealed, seals and photographs on record"),
    "shipment.announced": _("Released and announced to the importing authority"),
    "shipment.departed": _("Departed"),
    "shipment.cancelled": _("Shipment cancelled before departure"),
    "shipment.in_transit": _("Seen in transit"),
    "shipment.presented": _("Presented to the importing authority"),
    "shipment.hold_decided": _("Decided that it may go on"),
    "shipment.inspected": _("Opened, weighed and compared"),
    "discrepancy.opened": _("Discrepancy case opened"),
    "discrepancy.issuer_told": _("Issuing authority told of the discrepancy"),
    "discrepancy.corrected": _("Corrected on the issuing authority's instruction"),
    "discrepancy.closed": _("Discrepancy case closed"),
    "goods.detained": _("Goods detained"),
    "goods.returned": _("Goods returned under a technical certificate"),
    "goods.confiscated": _("Goods confiscated"),
    "shipment.confirmed": _("Import confirmed, receipt signed"),
    "shipment.import_refused": _("Import refused, receipt signed"),
    "shipment.confirmation_entered": _("Confirmation of the importing authority entered"),
    "shipment.chased": _("Confirmation chased"),
    "notice.queued": _("E-mail queued"),
    "notice.sent": _("E-mail sent"),
    "notice.not_sent": _("E-mail not sent, will be tried again"),
    "certificate.voided": _("Certificate voided"),
    "certificate.lost": _("Certificate reported lost"),
    "certificate.replaced": _("Certificate replaced"),
    "certificate.correction_instructed": _("Correction instructed by the issuing authority"),
    "paper.registered": _("Paper certificate registered by hand"),
    "act.refused": _("An act was refused by the rules"),
}
"""The events of a shipment's timeline, in words. What is not here is bookkeeping that nobody follows a shipment by."""

_INSIDE = frozenset({"act.refused", "notice.not_sent", "shipment.hold_decided", "shipment.chased"})
"""Events that are an authority's own business: neither companies nor the other side see them."""


def _may_follow(act: dict[str, Any], by: Actor) -> bool:
    """True where an act of the journal belongs on the actor's timeline."""
    inside = bool(by.companies) or act["authority"] != by.authority
    return act["event"] in EVENTS and not (inside and act["event"] in _INSIDE)


def timeline(number: str, *, by: Actor) -> list[dict[str, Any]]:
    """What happened to a shipment, oldest first, from the journal. The caller has asked whether it may be seen."""
    acts = journal.history(number)
    if normalised(number) != number:
        acts = sorted([*acts, *journal.history(normalised(number))], key=lambda act: int(act["index"]))
    company = bool(by.companies)
    return [
        {
            "at": act["at"], "event": act["event"], "what": EVENTS[act["event"]], "authority": act["authority"],
            "who": act["actor"] if act["authority"] == by.authority and not company else "", "facts": _told(act),
        }
        for act in acts
        if _may_follow(act, by)
    ]  # fmt: skip


_TELLS = {
    "shipment.announced": "to", "notice.queued": "to", "shipment.confirmed": "res", "shipment.import_refused": "res",
    "discrepancy.closed": "way_out",
}  # fmt: skip


def _told(act: dict[str, Any]) -> str:
    """The few words of a journal entry that tell more than its event."""
    said, event = act["statement"], act["event"]
    if event == "shipment.sealed":
        return ", ".join(one[0] for one in said["seals"])
    if event == "shipment.in_transit":
        return f"{said['territory']} {said['way'].lower()}"
    if event == "act.refused":
        return ", ".join(said["rules"])
    return str(said.get(_TELLS.get(event, ""), ""))


def confirmations(*, by: Actor) -> QuerySet[Confirmation]:
    """The confirmations that the actor's authority made, newest first."""
    if not by.may(Permission.SHIPMENT_READ) or not by.authority or by.companies:
        return Confirmation.objects.none()
    return Confirmation.objects.filter(authority=by.authority)
