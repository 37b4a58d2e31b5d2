"""A good shipment from Botswana to Antwerp, and ways to ask a rule about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from openkimberley.certificates.rules import Known
from openkimberley.certificates.tests.cases import PAPER, SHOWN, case, ct, said
from openkimberley.shipments.facts import AdvanceNotice, ImportConfirmation, Inspection, Seal, Sealing
from openkimberley.shipments.rules import ShipmentCase

__all__ = ["FOUND", "NOTICE", "SAID", "SEALING", "ct", "said", "shipment"]

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


def shipment(known: Known | None = None, /, **given: Any) -> ShipmentCase:
    """A shipment under the good certificate.

    ``paper`` changes the certificate; ``on``, ``own`` and ``profiles`` are the case's; all else is the shipment's.
    """
    asked = {name: given.pop(name) for name in ("on", "own", "profiles") if name in given}
    return ShipmentCase(case(known, **asked, **given.pop("paper", {})), **given)
