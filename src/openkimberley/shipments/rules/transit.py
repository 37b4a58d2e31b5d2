"""PURE. Group I: transit, hand carry, exemptions and free zones (R094 to R100)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Yielded, not_asked, objection
from openkimberley.certificates.rules.issuing import asked_for
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.shipments.rules.case import ShipmentCase

EXEMPT_BELOW_MM = Decimal("1.00")
"""Stones smaller than this need no certificate where the exemption is applied and no profile says another size.
Canada's law of 2005; that a decision of the Plenary stands behind it is general knowledge, not seen (R100)."""


@rule("R094", severity=Severity.REFUSE)
def transit_leaves_untouched(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Transit through a third territory: leaves unopened and untampered, otherwise it becomes import and export."""
    for point in shipment.points:
        if point.opened or not point.seals_intact:
            yield objection(
                "R094",
                _("In %(territory)s on %(day)s the container was opened or its seals broken: no transit any more."),
                field="points",
                remedy=_("Treat it as an import there, which needs its own confirmation and certificate."),
                territory=point.territory, day=point.seen_on,
            )  # fmt: skip


@rule("R095", severity=Severity.REFUSE)
def transit_is_attested(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Transit only if the certificate clearly attests destination beyond the EU and container and certificate are
    intact on entry and exit."""
    case = shipment.case
    for point in shipment.points:
        through = case.register.participant_of_country(point.territory, point.seen_on)
        if not asked_for(case.profiles.of(through).transit_destination_attested):
            continue
        if case.destination in {"", through}:
            yield objection(
                "R095", _("The certificate does not attest a destination beyond %(through)s."), field="destination",
                remedy=_("Treat it as an import, or detain."), through=through,
            )  # fmt: skip
        if not point.seals_intact:
            yield objection(
                "R095", _("The container was not intact in %(through)s (%(way)s, %(day)s)."), field="points",
                remedy=_("Detain: this is no transit."), through=through, way=point.way.lower(), day=point.seen_on,
            )  # fmt: skip


@rule("R096", severity=Severity.REFUSE)
def transit_is_no_import(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Transit is not counted as import or export."""
    to, here = shipment.case.destination, shipment.here
    if shipment.confirmation is not None and here and to and here != to and not shipment.opened_in_transit:
        yield objection(
            "R096",
            _("The goods are for %(to)s and pass %(here)s in transit: they are not confirmed as an import here."),
            field="destination", remedy=_("Enter a transit point instead."), to=to, here=here,
        )  # fmt: skip


@rule("R097", severity=Severity.HOLD)
def hand_carried_is_declared(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Hand-carried rough is declared on arrival with the original KPC."""
    if not shipment.hand_carried or not asked_for(shipment.importing_profile.hand_carry_declared):
        return
    shown = shipment.certificate.presented
    if shipment.declared_on_arrival is None:
        yield not_asked("R097", _("Whether the traveller declared the goods is not entered."))
    elif not shipment.declared_on_arrival or (shown is not None and shown.original is False):
        yield objection(
            "R097", _("The traveller did not hand goods and original certificate to customs on arrival."),
            field="declared_on_arrival", remedy=_("Detain the goods until it is settled."),
        )  # fmt: skip


@rule("R098", severity=Severity.REFUSE)
def no_exemption_for_gifts_or_small_value(shipment: ShipmentCase) -> Iterator[Yielded]:
    """No value or gift exemption."""
    if shipment.exemption in {"GIFT", "LOW_VALUE"}:
        yield objection(
            "R098", _("Neither a gift nor a low value is exempt: one stone needs its certificate and its reports."),
            field="exemption", remedy=_("Ask for the certificate."),
        )  # fmt: skip


@rule("R099", severity=Severity.FLAG)
def free_zones_pass_the_authority(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Free-zone movements pass through the designated authorities."""
    if shipment.free_zone and not shipment.through_authority:
        yield objection(
            "R099", _("The goods go into or out of a free zone without the designated authority."), field="free_zone",
            remedy=_("Have the authority process the movement."),
        )  # fmt: skip


@rule("R100", severity=Severity.HOLD)
def exempt_stones_are_small_and_apart(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Stones below the exempted size (1 mm, per notified decision) need no certificate; they are not mixed with
    certified goods."""
    if shipment.exemption != "SMALL_STONES":
        return
    told, size = shipment.importing_profile.minimum_size_mm, shipment.smallest_stone_mm
    limit = told.value if told else EXEMPT_BELOW_MM
    if size is None:
        yield not_asked("R100", _("The stones were not sieved."))
    elif size >= limit:
        yield objection(
            "R100", _("Stones of %(size)s mm are not below the exempted size of %(limit)s mm."), field="exemption",
            remedy=_("Ask for the certificate."), size=size, limit=limit,
        )  # fmt: skip
    if shipment.exempt_with_certified:
        yield objection(
            "R100", _("Exempt small stones lie with certified goods."), field="exempt_with_certified",
            remedy=_("Have them separated, or covered by the certificate."),
        )  # fmt: skip
