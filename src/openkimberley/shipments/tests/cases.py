"""A good shipment from Botswana to Antwerp, and ways to ask a rule about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from openkimberley.certificates.rules import Known
from openkimberley.certificates.tests.cases import PAPER, SHOWN, case, ct, said
from openkimberley.shipments.facts import AdvanceNotice, ImportConfirmation, Inspection, Seal, Sealing
from openkimberley.shipments.rules import ShipmentCase

__all__ = ["NOTICE", "SAID", "SEALING", "FOUND", "ct", "paper_case", "said", "shipment"]

SEALING = Sealing(
    seals=(Seal("S-0001", "BOX 1"),), containers=1, tamper_resistant=True, number_on_container=True, packed_alone=True,
    copy_enclosed=True, pictures=frozenset({"BOX", "PARCEL"}),
)  # fmt: skip
NOTICE = AdvanceNotice(
    "BW00412345", ct("15.00"), ct("4100.00"), "BW", "Scheldt Diamonds (fictional)", date(2023, 6, 5), date(2023, 6, 5)
)
FOUND = Inspection(
    number="BW 00412345", seals=("s 0001",), seals_intact=True, tamper_resistant=True, packed_alone=True, parcels=1,
    lines=PAPER.lines, carats=ct("15.00"), usd=ct("4100.00"), exporter="OKAVANGO ROUGH (fictional)",
    importer="Scheldt Diamonds (fictional)", inspected_on=SHOWN,
)  # fmt: skip
SAID = ImportConfirmation(
    "BW00412345", 1, ct("15.00"), "Okavango Rough (fictional)", "Scheldt Diamonds (fictional)", "EU", ct("4100.00"),
    ("7102.31", "7102.10"), SHOWN, "I. Officer", SHOWN,
)  # fmt: skip


def paper_case(known: Known | None = None, **changes: Any) -> Any:
    """The certificate's case."""
    return case(known, **changes)


def shipment(
    known: Known | None = None, *, on: date = SHOWN, own: bool = False, paper: dict[str, Any] | None = None,
    profiles: dict[str, Any] | None = None, **changes: Any,
) -> ShipmentCase:  # fmt: skip
    """A shipment under the good certificate; ``paper`` changes the certificate, the rest the shipment."""
    return ShipmentCase(case(known, on=on, own=own, profiles=profiles, **(paper or {})), **changes)
