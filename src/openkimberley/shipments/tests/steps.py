"""A shipment in a test's few lines: from issued certificate to any point of its way."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests import story
from tests.cast import ANNEKE, KAGISO, NOW

from openkimberley.certificates.facts import Line
from openkimberley.certificates.models import Certificate
from openkimberley.certificates.queries import bundling
from openkimberley.shipments import actions
from openkimberley.shipments.facts import Inspection
from openkimberley.shipments.models import Arrival, Shipment

HOUR = timedelta(hours=1)
SEAL = "BW-SEAL-0098812"


def forget() -> None:
    """Forget the bundle made for another test: it is known by the journal's length, and tests undo theirs."""
    bundling._bundle.clear()


def picture(name: str, shows: str) -> actions.Picture:
    return actions.Picture(hashlib.sha256(name.encode()).hexdigest(), shows, name)


PICTURES = [picture("box.jpg", "BOX"), picture("parcel.jpg", "PARCEL")]


def seal(number: str, at=NOW, *, by=KAGISO, seals=(SEAL,), pictures=None, **changes: Any) -> Shipment:
    given = {
        "containers": 1, "number_on_container": True, "packed_alone": True, "copy_enclosed": True, **changes,
    }  # fmt: skip
    return actions.seal(
        by=by, at=at, number=number, seals=[actions.AppliedSeal(one, "1") for one in seals],
        pictures=PICTURES if pictures is None else pictures, **given,
    )  # fmt: skip


def announce(number: str, at=NOW + HOUR, *, by=KAGISO, **changes: Any):
    given = {
        "carrier": "Fictional Secure Carriers (Pty) Ltd", "courier_licence": story.COURIER_LICENCE, "mode": "AIR",
        "expected_on": (NOW + timedelta(days=2)).date(), "address": "import@example.org", **changes,
    }  # fmt: skip
    return actions.announce(by=by, at=at, number=number, **given)


def depart(number: str, at=NOW + 2 * HOUR, *, by=KAGISO, seals_intact=True) -> Shipment:
    return actions.depart(by=by, at=at, number=number, departed_at=at, seals_intact=seals_intact)


def departed(**changes: Any) -> Certificate:
    certificate = story.issued(**changes)
    seal(certificate.number)
    announce(certificate.number)
    depart(certificate.number)
    return certificate


ARRIVED = NOW + timedelta(days=2)


def present(certificate: Certificate, at=ARRIVED, *, by=ANNEKE, **changes: Any) -> Arrival:
    given = {"artefact": certificate.qr_full.encode(), "presented_on": at.date(), "original": True, **changes}
    return actions.present(by=by, at=at, **given)


def as_declared(certificate: Certificate, **changes: Any) -> Inspection:
    content = certificate.content
    lines = tuple(Line(one["hs"], Decimal(one["carats"]), Decimal(one["usd"])) for one in content["lines"])
    found = Inspection(
        number=certificate.number, seals=tuple(content["seals"]), seals_intact=True, tamper_resistant=True,
        packed_alone=True, parcels=content["parcels"], lines=lines, carats=sum(one.carats for one in lines),
        usd=sum(one.usd for one in lines), exporter=content["exporter"]["name"], importer=content["importer"]["name"],
    )  # fmt: skip
    return replace(found, **changes)


def inspect(certificate: Certificate, at=ARRIVED + HOUR, *, by=ANNEKE, **changes: Any):
    return actions.inspect(
        by=by, at=at, number=certificate.number, found=as_declared(certificate, **changes), pictures=[]
    )


def lighter(certificate: Certificate) -> dict[str, Any]:
    """One hundredth of a carat less in the first line."""
    first, *rest = as_declared(certificate).lines
    lines = (Line(first.hs, first.carats - Decimal("0.01"), first.usd), *rest)
    return {"lines": lines, "carats": sum(one.carats for one in lines)}


def disputed(**changes: Any) -> Certificate:
    certificate = departed(**changes)
    present(certificate)
    inspect(certificate, **lighter(certificate))
    return certificate


def confirm(certificate: Certificate, at=ARRIVED + 2 * HOUR, *, by=ANNEKE):
    return actions.confirm_import(by=by, at=at, number=certificate.number, declared=True)


def codes(refusal) -> set[str]:
    return {one.rule for one in refusal.objections}
