"""The steps of the main job as the demonstration's people do them, each through the real actions."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from openkimberley.certificates import actions as certificates
from openkimberley.certificates import queries as certificate_queries
from openkimberley.certificates.facts import Line
from openkimberley.certificates.models import Application, Certificate
from openkimberley.desk import files
from openkimberley.node.demo.people import (
    ANTWERP,
    APPROVAL,
    BY_KEY,
    COURIER_LICENCE,
    EXPORTER_LICENCE,
    KALAHARI,
    PRODUCER,
    SCHELDT,
)  # fmt: skip
from openkimberley.shipments import actions as shipments
from openkimberley.shipments.facts import Inspection

MINUTE = timedelta(minutes=1)


EVENING = timedelta(hours=6)
"""When so much time passes between two acts, the day is over: what was due by then has happened."""


@dataclass
class Clock:
    """The story's time: every step takes some minutes. ``evening`` is told when a day's work is done."""

    now: datetime
    evening: Callable[[datetime], None] | None = None
    _last: datetime | None = None

    def later(self, minutes: int = 7) -> datetime:
        """The next moment."""
        self.now += minutes * MINUTE
        if self.evening and self._last and self.now - self._last > EVENING:
            self.evening(self._last + 10 * MINUTE)
        self._last = self.now
        return self.now

    def on_the_way(self) -> None:
        """While goods travel, what is due happens: by their arrival the witnesses have seen the certificate's entry."""
        if self.evening:
            self.evening(self.later(1))


def draft(lines: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    """An application's content by the fictional exporter to the fictional importer."""
    return {
        "exporter": KALAHARI, "importer": SCHELDT, "origin": ["BW"], "destination": "EU",
        "destination_authority": ANTWERP, "parcels": 1, "lines": lines, **more,
    }  # fmt: skip


def photograph(text: str) -> str:
    """A drawn stand-in for a photograph, kept in the file store: the demonstration has no real box. Its SHA-256."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (640, 420), "#d8d2c4")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((120, 110, 520, 330), fill="#9a8f7a", outline="#4a4436", width=5)
    pen.line((120, 110, 520, 330), fill="#4a4436", width=2)
    pen.text((140, 350), f"Drawn for the demonstration: {text}", fill="#222")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return files.keep(out.getvalue(), "picture")


def invoice(text: str) -> tuple[str, int]:
    """A drawn stand-in for a paper, kept in the file store: its SHA-256 and size in bytes."""
    sha256 = photograph(text)
    return sha256, len(files.open_file(sha256))


def file(clock: Clock, content: Mapping[str, Any], *, who: str = "exporter", company: str = EXPORTER_LICENCE) -> str:
    """Draft, attach the papers, declare and file. Returns the application's reference."""
    by = BY_KEY[who]
    row = certificates.open_draft(by=by, at=clock.later(), company=company, content=dict(content))
    for kind, name in (("INVOICE", "Invoice"), ("ORIGIN_EVIDENCE", "Mine production record")):
        sha256, size = invoice(f"{name} for {row.reference}")
        certificates.attach(
            by=by, at=clock.later(1), reference=row.reference, kind=kind, name=f"{name}.jpg", sha256=sha256,
            media_type="image/jpeg", size=size,
        )  # fmt: skip
    certificates.file(by=by, at=clock.later(), reference=row.reference, version=row.version, declared=True)
    return row.reference


def _application(reference: str, who: str) -> Application:
    """The application as it is now."""
    return certificate_queries.application(reference, by=BY_KEY[who])


def examine(clock: Clock, reference: str, seals: list[str], *, side: str = "") -> None:
    """Open, count, weigh, set the seals aside; the government valuer values; the examiner signs for it."""
    who = f"{side}issuing"
    content = _application(reference, who).content
    certificates.examine(
        by=BY_KEY[who], at=clock.later(25), reference=reference, method="OPENED", method_reason="",
        parcels=content["parcels"], lines=[{"hs": line["hs"], "carats": line["carats"]} for line in content["lines"]],
        seals=seals, origin_evidence="Production record of the licensed mine, seen"
        if not content.get("draws_on") else "Import certificate on file, carats drawn from it",
    )  # fmt: skip
    if not side:
        certificates.value(
            by=BY_KEY["valuer"], at=clock.later(15), reference=reference, role="GOVERNMENT",
            lines=[{"hs": line["hs"], "usd": line["usd"]} for line in content["lines"]],
            price_list="Demonstration price list", price_list_date=clock.now.date().replace(day=1),
        )  # fmt: skip
    certificates.attest(
        by=BY_KEY[who], at=clock.later(2), reference=reference, version=_application(reference, who).version,
        approval=APPROVAL,
    )  # fmt: skip


def approve(clock: Clock, reference: str, *, side: str = "", surrendered: bool = False) -> Certificate:
    """The second officer approves, on the next sheet of blank paper."""
    by = BY_KEY[f"{side}approving"]
    row = certificate_queries.application(reference, by=by)
    return certificates.approve(
        by=by, at=clock.later(), reference=reference, version=row.version, surrendered=surrendered,
        paper_serial=certificate_queries.next_blank(row.authority), approval=APPROVAL,
    )  # fmt: skip


def issue(clock: Clock, content: Mapping[str, Any], seals: list[str]) -> Certificate:
    """From draft to certificate."""
    reference = file(clock, content)
    examine(clock, reference, seals)
    return approve(clock, reference)


def seal(clock: Clock, certificate: Certificate) -> None:
    """Close the container with the seals set aside, and photograph box and parcel."""
    number = certificate.number
    shipments.seal(
        by=BY_KEY["issuing" if certificate.authority == PRODUCER else "be-issuing"], at=clock.later(), number=number,
        seals=[shipments.AppliedSeal(s, "1") for s in certificate.content["seals"]], containers=1,
        pictures=[shipments.Picture(photograph(f"box of {number}"), "BOX", "box.jpg"),
                  shipments.Picture(photograph(f"parcel of {number}"), "PARCEL", "parcel.jpg")],
        number_on_container=True, packed_alone=True, copy_enclosed=True,
    )  # fmt: skip


def announce(clock: Clock, certificate: Certificate) -> None:
    """Tell the importing authority and hand the validated certificate over."""
    shipments.announce(
        by=BY_KEY["issuing"], at=clock.later(), number=certificate.number, carrier="Fictional Secure Carriers",
        courier_licence=COURIER_LICENCE, mode="AIR", address="import@antwerp.demo.example",
    )  # fmt: skip


def depart(clock: Clock, certificate: Certificate) -> None:
    """The box leaves."""
    at = clock.later(90)
    shipments.depart(by=BY_KEY["issuing"], at=at, number=certificate.number, departed_at=at, seals_intact=True)
    clock.on_the_way()


def present(clock: Clock, certificate: Certificate) -> None:
    """The import officer scans the code on the certificate."""
    shipments.present(
        by=BY_KEY["import"], at=clock.later(600), artefact=certificate.qr_full.encode(), presented_on=clock.now.date(),
        original=True, copy_enclosed=True,
    )  # fmt: skip


def inspect(clock: Clock, certificate: Certificate, *, lighter_by: str = "0.00") -> None:
    """Open, count, weigh, and type what is there. ``lighter_by`` carats are missing from the first line."""
    says = certificate_queries.certificate_facts(certificate)
    lines = [
        Line(line.hs, (line.carats or Decimal(0)) - (Decimal(lighter_by) if place == 0 else Decimal(0)), line.usd)
        for place, line in enumerate(says.lines)
    ]
    shipments.inspect(
        by=BY_KEY["import"], at=clock.later(40), number=certificate.number, pictures=[], remarks="",
        found=Inspection(
            number=certificate.number, seals=says.seals, seals_intact=True, tamper_resistant=True, packed_alone=True,
            parcels=says.parcels, lines=tuple(lines),
            carats=sum((line.carats or Decimal(0) for line in lines), Decimal(0)),
            usd=says.total_usd, exporter=says.exporter.name if says.exporter else "",
            importer=says.importer.name if says.importer else "", inspected_on=clock.now.date(),
        ),
    )  # fmt: skip


def confirm(clock: Clock, certificate: Certificate) -> str:
    """Confirm the import: the signed receipt."""
    done = shipments.confirm_import(by=BY_KEY["import"], at=clock.later(), number=certificate.number, declared=True)
    return done.receipt
