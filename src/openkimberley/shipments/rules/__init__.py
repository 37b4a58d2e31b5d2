"""PURE. The rules on shipments, and which of them bite at which act.

Files by group: ``packing`` (F), ``arrival`` (G), ``discrepancy`` (H), ``transit`` (I), ``records`` (J); ``agreement``
compares records, ``check`` answers for a foreign paper. Each act's rules return *all* objections and all that could not
be asked, as ``Asked``; what stops the act is ``Asked.stops``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.certificates.rules import ask
from openkimberley.certificates.rules.fraud import no_alert_is_out
from openkimberley.certificates.rules.issuing import (
    content_was_verified,
    exporter_and_agents_are_licensed,
    no_one_does_two_steps,
)
from openkimberley.certificates.rules.validity import not_expired
from openkimberley.shipments.rules import arrival, discrepancy, packing, records, transit
from openkimberley.shipments.rules.agreement import with_confirmation, with_inspection, with_notice
from openkimberley.shipments.rules.case import ShipmentCase
from openkimberley.shipments.rules.check import PRESENTED, Answer, Knowledge, answer, check
from openkimberley.shipments.rules.check import on_presentation as _on_paper_presented
from openkimberley.shipments.rules.discrepancy import RELEASES, ClosingCase
from openkimberley.shipments.rules.records import Deletion, kept_until

if TYPE_CHECKING:
    from datetime import date

    from openkimberley.certificates.rules import Asked
    from openkimberley.participants.facts import Profile, Profiles
    from openkimberley.shipments.facts import Closing, KeptOriginal

BEFORE_SEALING = (
    packing.containers_resist_tampering, packing.seals_and_number_name_each_other, packing.rough_is_packed_alone,
    packing.certificate_travels_with_the_goods, packing.seal_is_used_once,
)  # fmt: skip
BEFORE_RELEASE = (content_was_verified, exporter_and_agents_are_licensed, not_expired)
BEFORE_DEPARTURE = (arrival.importing_authority_is_told, packing.seals_are_unbroken)
ON_TRANSIT = (transit.transit_leaves_untouched, transit.transit_is_attested)
AT_THE_BORDER = (
    packing.containers_resist_tampering, packing.rough_is_packed_alone, packing.certificate_travels_with_the_goods,
    transit.hand_carried_is_declared, transit.no_exemption_for_gifts_or_small_value,
    transit.free_zones_pass_the_authority, transit.exempt_stones_are_small_and_apart,
)  # fmt: skip
"""What is asked of the goods on presentation, besides certificate and seals (``check.PRESENTED``)."""

BEFORE_CONFIRMATION = (
    arrival.goods_were_opened_and_compared, arrival.confirmation_says_what_it_must, arrival.import_part_is_complete,
    arrival.all_records_agree, arrival.used_once_only, arrival.issuer_stands_by_it, arrival.number_is_not_void,
    transit.transit_is_no_import, packing.seals_are_unbroken, packing.containers_resist_tampering,
    packing.rough_is_packed_alone, arrival.confirmed_within_working_days, arrival.receipt_reported_within_days,
)  # fmt: skip
ON_CONFIRMATION = (
    arrival.confirmed_number_was_issued, arrival.confirmation_says_what_it_must, arrival.all_records_agree,
)  # fmt: skip
OVERDUE = (arrival.confirmation_is_overdue, arrival.traders_report_within_days)
BEFORE_CLOSING = (
    discrepancy.released_only_with_measures_and_finding, discrepancy.issuer_is_told_within_a_month,
    discrepancy.return_has_a_technical_certificate, discrepancy.return_is_no_new_origin,
    discrepancy.disposal_is_recorded,
)  # fmt: skip
BEFORE_DELETION = (records.original_is_kept_three_years, records.national_period_is_kept, records.longest_period_wins)


def _own(shipment: ShipmentCase) -> ShipmentCase:
    """The same as the desk's own shipment: doubts refuse."""
    return shipment if shipment.case.own else replace(shipment, case=replace(shipment.case, own=True))


def before_sealing(shipment: ShipmentCase) -> Asked:
    """What stands against putting these seals on record."""
    return ask(BEFORE_SEALING, _own(shipment))


def before_release(shipment: ShipmentCase) -> Asked:
    """What stands against handing over the certificate and announcing the shipment."""
    return ask(BEFORE_RELEASE, _own(shipment).case)


def before_departure(shipment: ShipmentCase) -> Asked:
    """What stands against the goods leaving: within validity, announced, seals whole."""
    own = _own(shipment)
    return ask([not_expired], own.case) + ask(BEFORE_DEPARTURE, own)


def on_transit(shipment: ShipmentCase) -> Asked:
    """What is to be said of the sightings in third territories."""
    return ask(ON_TRANSIT, shipment)


def on_presentation(shipment: ShipmentCase) -> Asked:
    """What the rules say when container and certificate are handed in, the goods still closed."""
    return _on_paper_presented(shipment) + ask(AT_THE_BORDER, shipment)


def before_confirmation(shipment: ShipmentCase) -> Asked:
    """What stands against confirming the import; differences between certificate and goods hold it (R081)."""
    return ask(BEFORE_CONFIRMATION, shipment) + ask([no_one_does_two_steps, no_alert_is_out], shipment.case)


def on_discrepancy(shipment: ShipmentCase) -> Asked:
    """The differences between what was announced, certified, found and confirmed."""
    return ask([arrival.all_records_agree], shipment)


def on_confirmation(shipment: ShipmentCase) -> Asked:
    """At the issuer, when a confirmation comes in: is it for a number of ours that is still open, and does it agree?"""
    return ask(ON_CONFIRMATION, shipment)


def overdue(shipment: ShipmentCase) -> Asked:
    """Whether a confirmation or a trader's report is late."""
    return ask(OVERDUE, shipment)


def before_closing(closing: Closing, *, on: date, profile: Profile) -> Asked:
    """What stands against closing a discrepancy case this way, by the importing side's law."""
    return ask(BEFORE_CLOSING, ClosingCase(closing, on, profile))


def before_deletion(kept: KeptOriginal, *, on: date, profiles: Profiles) -> Asked:
    """What stands against deleting an original or its record."""
    return ask(BEFORE_DELETION, Deletion(kept, on, profiles))


__all__ = [
    "PRESENTED", "RELEASES", "Answer", "Knowledge", "ShipmentCase", "answer", "before_closing", "before_confirmation",
    "before_deletion", "before_departure", "before_release", "before_sealing", "check", "kept_until", "on_confirmation",
    "on_discrepancy", "on_presentation", "on_transit", "overdue", "with_confirmation", "with_inspection", "with_notice",
]  # fmt: skip
