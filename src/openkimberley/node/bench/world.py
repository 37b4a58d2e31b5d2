"""The node that is measured: temporary, real in everything, filled through the real actions, taken away afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openkimberley.node import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.certificates.models import Application, Certificate

LINES = [
    {"hs": "7102.31", "carats": "1843.27", "usd": "421234.56"},
    {"hs": "7102.21", "carats": "407.65", "usd": "12229.50"},
    {"hs": "7102.10", "carats": "250.00", "usd": "18000.00"},
]
"""The lines of every application here: three, as in the aim for the size of the QR code."""

WEAK_MEMORY = 16_384
"""KiB of Argon2id for the temporary keys: how long a key takes to open is not measured."""


@dataclass
class World:
    """A furnished node of two authorities. ``quick`` asks for few repetitions and small tables."""

    where: place.Place
    quick: bool
    now: datetime

    @classmethod
    @contextmanager
    def made(cls, parent: str | None, *, quick: bool) -> Iterator[World]:
        """The node, in a new folder under ``parent``. Never touches a node or database that is in use."""
        root = Path(tempfile.mkdtemp(prefix="kimberley-bench-", dir=parent))
        os.environ["KIMBERLEY_DIR"] = str(root)
        for setting in ("KIMBERLEY_DATABASE", "KIMBERLEY_PASSPHRASE_FILE", "KIMBERLEY_SMTP"):
            os.environ.pop(setting, None)
        try:
            where = place.Place(root.resolve())
            where.configure(demonstration=True, passphrase=secrets.token_urlsafe(18))
            world = cls(where, quick, datetime.now(UTC).replace(microsecond=0))  # noqa: TID251 - a shell
            world.furnish()
            yield world
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def furnish(self) -> None:
        """Register, keys, people, licences, numbers and more blank paper than the demonstration has."""
        from openkimberley.desk.cli import start_django

        start_django()
        from django.core.management import call_command

        from openkimberley.certificates import actions as certificates
        from openkimberley.node import keys
        from openkimberley.node.demo import furnish
        from openkimberley.node.demo.people import BY_KEY, PRODUCER
        from openkimberley.signer.policy import TRIAL
        from openkimberley.signer.server import open_service
        from openkimberley.trust import signing

        call_command("migrate", verbosity=0)
        begun = self.now - timedelta(days=30)
        furnish.node(at=begun, memory=WEAK_MEMORY)
        certificates.receive_forms(
            by=BY_KEY["supervisor"], at=begun, batch="For the benchmark", prefix="BW-Z-", first=1, last=2000, digits=6
        )
        keys.signer_place().demand(TRIAL)
        signing.provide(open_service(keys.signer_place()))  # the whole signer, ledger and all, without its socket
        signing.public_key(PRODUCER)

    def approvable(self, count: int) -> list[tuple[str, int]]:
        """That many examined and valued applications, as reference and version: ready for the second officer."""
        return [self._approvable() for _ in range(count)]

    def _approvable(self) -> tuple[str, int]:
        from openkimberley.certificates import actions as certificates
        from openkimberley.certificates import queries
        from openkimberley.node.demo.people import BY_KEY, EXPORTER_LICENCE
        from openkimberley.node.demo.story import draft

        at, applicant = self.now - timedelta(days=1), BY_KEY["exporter"]
        row: Application = certificates.open_draft(by=applicant, at=at, company=EXPORTER_LICENCE, content=draft(LINES))
        certificates.file(by=applicant, at=at, reference=row.reference, version=row.version, declared=True)
        certificates.examine(
            by=BY_KEY["issuing"], at=at, reference=row.reference, method="OPENED", method_reason="", parcels=1,
            lines=[{"hs": line["hs"], "carats": line["carats"]} for line in LINES],
            seals=[f"BW-SEAL-{row.serial:07d}"], origin_evidence="Production record of the licensed mine, seen",
        )  # fmt: skip
        certificates.value(
            by=BY_KEY["valuer"], at=at, reference=row.reference, role="GOVERNMENT",
            lines=[{"hs": line["hs"], "usd": line["usd"]} for line in LINES],
        )  # fmt: skip
        return row.reference, queries.application(row.reference, by=BY_KEY["approving"]).version

    def approve(self, reference: str, version: int, paper_serial: str) -> Certificate:
        """The act that is measured: approve, sign, journal, commit to disk."""
        from openkimberley.certificates import actions as certificates
        from openkimberley.node.demo.people import BY_KEY

        return certificates.approve(
            by=BY_KEY["approving"], at=self.now, reference=reference, version=version, paper_serial=paper_serial
        )

    def issued(self) -> Certificate:
        """A new certificate."""
        from openkimberley.certificates import queries
        from openkimberley.node.demo.people import PRODUCER

        return self.approve(*self._approvable(), queries.next_blank(PRODUCER))

    def bundle(self) -> dict[str, Any]:
        """The node's own bundle."""
        from openkimberley.certificates import queries

        return queries.bundle(at=self.now)
