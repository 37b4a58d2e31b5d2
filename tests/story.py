"""The main job in a test's few lines: an authority with keys, licences, numbers and paper, and steps that use them."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from openkimberley.certificates import actions as certificates
from openkimberley.certificates import queries as certificate_queries
from openkimberley.certificates.models import Application, Certificate
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.measures import Period
from openkimberley.participants.actions import seed_register
from openkimberley.signer.service import LocalService
from openkimberley.trade import actions as trade
from openkimberley.trade.facts import Holder, LicenceKind
from openkimberley.trust import signing
from openkimberley.trust.keys import SoftwareKey
from tests.cast import (
    BART,
    BE,
    BW,
    CLARA,
    DIRK,
    DRAFT,
    EXPORTER_LICENCE,
    IMPORTER_LICENCE,
    KAGISO,
    MPHO,
    NALEDI,
    NOW,
    SEKGOMA,
    TUMELO,
)  # fmt: skip

KEYS = {
    authority: SoftwareKey.from_secret(f"{authority}/sign/2026-1", "Ed25519", bytes([place]) * 32)
    for place, authority in enumerate((BW, BE), start=1)
}
NODE_KEYS = {
    (authority, use): SoftwareKey.from_secret(f"{authority}/{use}/1", "Ed25519", bytes([place, 1]) * 16)
    for place, (authority, use) in enumerate(
        [("node", "log"), ("node", "witness"), (BW, "status"), (BE, "status")], start=1
    )
}
COURIER_LICENCE = "BW-COU-2026-0001"
AGENT_LICENCE = "BW-AGT-2026-0001"
INSTALLER = frozenset({Role.CHAIR, Role.ADMINISTRATOR, Role.SUPERVISOR})


def key_of(authority: str, use: str) -> SoftwareKey | None:
    """The keys of this story."""
    return KEYS.get(authority) if use == "sign" else NODE_KEYS.get((authority, use))


def furnish(at: datetime = NOW - timedelta(days=30)) -> None:
    """A node with two authorities, ready to work."""
    signing.provide(LocalService(key_of))
    seed_register(by=Actor("installer", INSTALLER, via="cli"), at=at)
    for authority, key in KEYS.items():
        certificates.register_key(
            by=Actor("installer", INSTALLER, authority=authority), at=at, kid=key.kid, use="sign", alg=key.alg,
            public_key=key.public_key, not_before=at.date(), not_after=at.date() + timedelta(days=455),
        )  # fmt: skip
    term = Period(date(2026, 1, 1), date(2028, 1, 1))
    for by, kind, number, name in (
        (SEKGOMA, LicenceKind.EXPORTER, EXPORTER_LICENCE, DRAFT["exporter"]["name"]),
        (SEKGOMA, LicenceKind.COURIER, COURIER_LICENCE, "Fictional Secure Carriers (Pty) Ltd"),
        (SEKGOMA, LicenceKind.AGENT, AGENT_LICENCE, "Fictional Gorata Clearing (Pty) Ltd"),
        (DIRK, LicenceKind.IMPORTER, IMPORTER_LICENCE, DRAFT["importer"]["name"]),
    ):
        trade.grant(
            by=by, at=at, authority=by.authority, kinds=[kind], number=number, term=term,
            holder=Holder(name, "Plot 1", nationality="BW", residence="resident", area="BW"),
        )  # fmt: skip
    trade.name_agent(by=SEKGOMA, at=at, authority=BW, agent=AGENT_LICENCE, company=EXPORTER_LICENCE, period=term)
    for by, prefix, digits in ((SEKGOMA, "BW", 7), (DIRK, "EU", 8)):
        certificates.register_range(by=by, at=at, prefix=prefix, first=12345, last=12999, digits=digits)
        certificates.receive_forms(by=by, at=at, batch="first", prefix=f"{by.authority}-P-", first=1, last=40, digits=6)


def draft(**changes: Any) -> dict[str, Any]:
    """A complete application's content, with changes."""
    return {**deepcopy(DRAFT), **changes}


def opened(at: datetime = NOW, **changes: Any) -> Application:
    """A draft of the exporter's."""
    return certificates.open_draft(by=MPHO, at=at, company=EXPORTER_LICENCE, content=draft(**changes))


def filed(at: datetime = NOW, **changes: Any) -> Application:
    """A filed application."""
    row = opened(at, **changes)
    return certificates.file(by=MPHO, at=at, reference=row.reference, version=row.version, declared=True)


def examined(at: datetime = NOW, *, seals: tuple[str, ...] = ("BW-SEAL-0098812",), **changes: Any) -> Application:
    """A filed, examined and valued application."""
    row = filed(at, **changes)
    examine(row, at, seals=seals)
    return certificate_queries.application(row.reference, by=KAGISO)


def examine(row: Application, at: datetime = NOW, *, seals: tuple[str, ...] = ("BW-SEAL-0098812",)) -> None:
    """Examine as declared, and value as declared."""
    side = (KAGISO, TUMELO) if row.authority == BW else (BART, BART)
    lines = row.content["lines"]
    certificates.examine(
        by=side[0], at=at, reference=row.reference, method="OPENED", method_reason="", parcels=row.content["parcels"],
        lines=[{"hs": line["hs"], "carats": line["carats"]} for line in lines], seals=list(seals),
        origin_evidence="Production record seen",
    )  # fmt: skip
    certificates.value(
        by=side[1], at=at, reference=row.reference, role="GOVERNMENT",
        lines=[{"hs": line["hs"], "usd": line["usd"]} for line in lines],
    )  # fmt: skip


def approve(row: Application, at: datetime = NOW, **more: Any) -> Certificate:
    """The second officer approves, on the next blank sheet."""
    by = NALEDI if row.authority == BW else CLARA
    now = certificate_queries.application(row.reference, by=by)
    return certificates.approve(
        by=by, at=at, reference=row.reference, version=now.version,
        paper_serial=certificate_queries.next_blank(row.authority), **more,
    )  # fmt: skip


def issued(at: datetime = NOW, **changes: Any) -> Certificate:
    """A certificate, from draft to signature."""
    return approve(examined(at, **changes), at)
