"""The same people and nations in every test: two authorities, their officers, an observer, a stranger."""

from __future__ import annotations

from datetime import UTC, datetime

from openkimberley.kernel.actor import NOBODY, Actor, Role

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""Monday, the day on which every story begins."""

BW, BE = "BW", "EU-BE"
EXPORTER_LICENCE = "BW-EXP-2026-0001"
IMPORTER_LICENCE = "EU-BE-IMP-2026-0001"


def officer(name: str, role: Role, authority: str) -> Actor:
    """An officer of an authority."""
    return Actor(id=name, roles=frozenset({role}), authority=authority, via="web")


# Botswana's side
MPHO = Actor(id="mpho", roles=frozenset({Role.APPLICANT}), authority=BW, companies=frozenset({EXPORTER_LICENCE}))
AGENT = Actor(id="agent", roles=frozenset({Role.AGENT}), authority=BW, companies=frozenset({EXPORTER_LICENCE}))
KAGISO = officer("kagiso", Role.ISSUING_OFFICER, BW)
NALEDI = officer("naledi", Role.APPROVING_OFFICER, BW)
TUMELO = officer("tumelo", Role.VALUER, BW)
SEKGOMA = officer("sekgoma", Role.SUPERVISOR, BW)
# Antwerp's side
ANNEKE = officer("anneke", Role.IMPORT_OFFICER, BE)
BART = officer("bart", Role.ISSUING_OFFICER, BE)
CLARA = officer("clara", Role.APPROVING_OFFICER, BE)
DIRK = officer("dirk", Role.SUPERVISOR, BE)
# others
CHAIR = Actor(id="chair", roles=frozenset({Role.CHAIR}))
OBSERVER = Actor(id="observer", roles=frozenset({Role.OBSERVER}))
AUDITOR = officer("auditor", Role.AUDITOR, BW)
STRANGER = Actor(
    id="stranger", roles=frozenset({Role.APPLICANT}), authority=BW, companies=frozenset({"BW-EXP-2026-9999"})
)
VISITOR = NOBODY

DRAFT = {
    "exporter": {
        "name": "Fictional Kalahari Rough (Pty) Ltd",
        "address": "Plot 1, Gaborone",
        "licence": EXPORTER_LICENCE,
    },
    "importer": {
        "name": "Fictional Scheldt Diamonds BV",
        "address": "Fictiestraat 1, Antwerpen",
        "licence": IMPORTER_LICENCE,
    },
    "origin": ["BW"],
    "destination": "EU",
    "destination_authority": BE,
    "parcels": 1,
    "lines": [
        {"hs": "7102.31", "carats": "1843.27", "usd": "421234.56"},
        {"hs": "7102.10", "carats": "250.00", "usd": "18000.00"},
    ],
}
"""A complete application by the fictional exporter, in the contract's JSON."""
