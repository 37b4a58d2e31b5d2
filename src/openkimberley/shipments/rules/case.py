"""PURE. What a rule on a shipment is asked about: the certificate's case, and what was done with the goods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Case
from openkimberley.shipments.facts import Sealing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from openkimberley.certificates.facts import Certificate
    from openkimberley.participants.facts import Profile
    from openkimberley.shipments.facts import AdvanceNotice, ImportConfirmation, Inspection, TransitPoint


@dataclass(frozen=True, slots=True)
class ShipmentCase:
    """One shipment, asked about on the day of an act (``case.asked_on``). None: not known here.

    ``seals_used`` names, for each seal number that was used before, the certificate it was used under. ``points`` are
    the sightings in third territories. ``exemption`` is what a traveller claims: GIFT, LOW_VALUE or SMALL_STONES.
    ``here`` is the Participant whose desk asks; empty means the destination's.
    """

    case: Case
    here: str = ""
    # the exporting side
    sealing: Sealing = field(default_factory=Sealing)
    seals_used: Mapping[str, str] | None = None
    notice: AdvanceNotice | None = None
    exported_on: date | None = None
    export_reported_on: date | None = None
    points: tuple[TransitPoint, ...] = ()
    # the importing side
    seals_intact: bool | None = None  # at departure; at import the certificate's ``presented`` says it
    certificate_enclosed: bool | None = None
    hand_carried: bool | None = None
    declared_on_arrival: bool | None = None
    free_zone: bool | None = None
    through_authority: bool | None = None
    exemption: str = ""
    exempt_with_certified: bool | None = None  # exempt small stones lie with certified goods
    arrived_on: date | None = None
    submitted_on: date | None = None
    inspection: Inspection | None = None
    confirmation: ImportConfirmation | None = None
    opened_in_transit: bool = False

    @property
    def certificate(self) -> Certificate:
        """The certificate the shipment goes under."""
        return self.case.certificate

    @property
    def importing_profile(self) -> Profile:
        """The profile of the importing side: of ``here`` where given, else of the destination."""
        return self.case.profiles.of(self.here) if self.here else self.case.destination_profile

    @property
    def intact(self) -> bool | None:
        """Whether the seals are whole: as found on inspection, at presentation, or at departure."""
        if self.inspection is not None and self.inspection.seals_intact is not None:
            return self.inspection.seals_intact
        shown = self.certificate.presented
        return shown.seals_intact if shown is not None and shown.seals_intact is not None else self.seals_intact

    @property
    def smallest_stone_mm(self) -> Decimal | None:
        """The smallest stone's size, where somebody sieved."""
        return self.case.known.smallest_stone_mm
