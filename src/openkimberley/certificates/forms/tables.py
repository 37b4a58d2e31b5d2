"""Tables in and out: rows of a file to drafts, rows of lists to a file.

One row is one line of goods. Rows with the same ``key`` belong to one application; what stands once in an application
stands in its first row and may be repeated. A JSON file may hold whole applications in the contract's form instead.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openkimberley.desk import tables
from openkimberley.desk.tables import BadRows, Fault, Row
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openkimberley.certificates.models import Application, Certificate
    from openkimberley.kernel.rules import Objection

ONCE = (
    "exporter_name", "exporter_address", "importer_name", "importer_address", "importer_licence", "origin",
    "origin_shares", "destination", "destination_authority", "parcels", "parcel_reference", "draws_on", "provenance",
    "zone", "same_party_reason",
)  # fmt: skip
"""Columns that stand once in an application."""

LOADED = ("key", *ONCE, "hs", "carats", "usd")
"""The columns of the template."""

EXAMPLE = {
    "key": "1", "exporter_name": "Fictional Kalahari Rough (Pty) Ltd", "exporter_address": "Plot 1, Gaborone",
    "importer_name": "Fictional Scheldt Diamonds BV", "importer_address": "Fictiestraat 1, Antwerpen",
    "importer_licence": "EU-BE-IMP-2026-0001", "origin": "BW", "origin_shares": "", "destination": "EU",
    "destination_authority": "EU-BE", "parcels": "1", "hs": "7102.31", "carats": "12.50", "usd": "4000.00",
}  # fmt: skip
"""The row that the template shows."""

APPLICATION_COLUMNS = (
    "reference", "kind", "status", "company", "exporter", "importer", "destination", "carats", "opened", "filed",
    "changed", "certificate",
)  # fmt: skip
CERTIFICATE_COLUMNS = (
    "number", "kind", "status", "issuer", "authority", "issue_date", "expiry_date", "exporter", "exporter_licence",
    "importer", "origin", "origin_shares", "destination", "destination_authority", "parcels", "seals", "hs", "carats",
    "usd", "total_carats", "total_usd", "paper_serial", "replaces", "replaced_by", "return_of",
)  # fmt: skip
MOST_EXPORTED = 50_000
"""Rows of one download: the books of ten busy years."""


def template(kind: str) -> bytes:
    """The template as a file of a kind. Raises ``Untrusted`` for a kind that is none."""
    return tables.write_table([EXAMPLE], kind, LOADED)


def drafts(data: bytes, filename: str, *, licence: str) -> tuple[list[dict[str, Any]], list[int]]:
    """The applications of a file in the contract's JSON, and the line at which each begins.

    ``licence`` is the company's, entered as the exporter's. Raises ``Untrusted``, or ``BadRows`` with every fault.
    """
    if whole := _whole_applications(data, filename):
        for one in whole:
            one["exporter"] = {**one.get("exporter", {}), "licence": licence}
        return whole, list(range(1, len(whole) + 1))
    rows = tables.read_table(data, filename)
    faults = [Fault(row.line, name, "", _("There is no column of this name."), {}, _("Use the template's columns."))
              for row in rows[:1] for name in row.cells if name not in LOADED]  # fmt: skip
    if not rows:
        faults.append(Fault(1, "", "", _("The table has headings only."), {}, _("Add a row for each line of goods.")))
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.cells.get("key") or f"line {row.line}", []).append(row)
    found = [_draft(group, licence, faults) for group in groups.values()]
    if faults:
        raise BadRows(faults)
    return found, [group[0].line for group in groups.values()]


def _whole_applications(data: bytes, filename: str) -> list[dict[str, Any]]:
    """Applications in the contract's form, where the file is a JSON list of objects that have ``lines``."""
    if not filename.lower().endswith(".json") or len(data) > tables.MAX_BYTES:
        return []
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return []  # the reader of tables says what is wrong with it
    listed = document if isinstance(document, list) else []
    whole = [one for one in listed if isinstance(one, dict) and isinstance(one.get("lines"), list)]
    ours = len(whole) == len(listed) <= tables.MAX_ROWS
    return [{k: v for k, v in one.items() if k != "key"} for one in whole if _parties(one)] if ours else []


def _parties(one: Mapping[str, Any]) -> bool:
    """True where exporter and importer are objects or missing."""
    return all(isinstance(one.get(name, {}), dict) for name in ("exporter", "importer"))


def _draft(rows: list[Row], licence: str, faults: list[Fault]) -> dict[str, Any]:
    """One application of its rows. What contradicts itself or cannot be read goes to ``faults``."""
    once: dict[str, str] = {}
    for row in rows:
        for name in ONCE:
            cell = row.cells.get(name, "")
            if cell and once.setdefault(name, cell) != cell:
                faults.append(Fault(row.line, name, "", _("This differs from the first row of the same key."), {},
                                    _("Write the same in every row of one key, or leave it empty.")))  # fmt: skip
    content: dict[str, Any] = {
        "exporter": _party(once, "exporter", licence),
        "importer": _party(once, "importer", once.get("importer_licence", "")),
        "lines": [{k: row.cells.get(k, "") for k in ("hs", "carats", "usd") if row.cells.get(k)} for row in rows],
    }  # fmt: skip
    origin = [part for part in once.get("origin", "").replace(",", ";").replace(" ", "").split(";") if part]
    content["origin"] = "mixed" if [one.lower() for one in origin] in (["mixed"], ["***"]) else origin
    content["origin_shares"] = dict(_pairs(once.get("origin_shares", ""), rows[0].line, "origin_shares", faults))
    content["draws_on"] = [
        {"number": number, "carats": carats}
        for number, carats in _pairs(once.get("draws_on", ""), rows[0].line, "draws_on", faults)
    ]
    for name in ("destination", "destination_authority", "parcel_reference", "provenance", "zone", "same_party_reason"):
        content[name] = once.get(name, "")
    parcels = once.get("parcels", "")
    content["parcels"] = int(parcels) if parcels.isascii() and parcels.isdigit() and len(parcels) < 8 else parcels
    return {name: value for name, value in content.items() if value not in ("", [], {})}


def _party(once: Mapping[str, str], whose: str, licence: str) -> dict[str, str]:
    """Exporter or importer."""
    named = {"name": once.get(f"{whose}_name", ""), "address": once.get(f"{whose}_address", ""), "licence": licence}
    return {key: value for key, value in named.items() if value}


def _pairs(cell: str, line: int, field: str, faults: list[Fault]) -> list[tuple[str, str]]:
    """Pairs written as ``BW=60.00; NA=40.00``."""
    found = []
    for part in (part.strip() for part in cell.split(";") if part.strip()):
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip():
            faults.append(Fault(line, field, "", _('"%(part)s" is no pair.'), {"part": part[:40]},
                                _("Write pairs such as BW=60.00; NA=40.00.")))  # fmt: skip
            continue
        found.append((name.strip(), value.strip()))
    return found


def faults_of(objections: Iterable[Objection], lines: list[int]) -> list[Fault]:
    """Objections to applications (``row/3/lines/0/hs``) as faults of the table's lines."""
    found = []
    for objection in objections:
        _row, _slash, rest = objection.field.partition("/")
        number, _slash, field = rest.partition("/")
        at = int(number) if number.isdigit() else 0
        line = lines[at - 1] if 0 < at <= len(lines) else 0
        found.append(Fault(line, field, objection.rule, objection.template, objection.facts, objection.remedy))
    return found


def application_rows(rows: Iterable[Application]) -> Iterable[dict[str, object]]:
    """Applications as rows of a download."""
    for row in rows:
        yield {
            "reference": row.reference, "kind": row.kind, "status": row.status, "company": row.company,
            "exporter": row.exporter_name, "importer": row.importer_name, "destination": row.destination,
            "carats": row.carats, "opened": row.opened_at.date(), "filed": row.filed_at.date() if row.filed_at else "",
            "changed": row.changed_at.date(), "certificate": row.certificate_number,
        }  # fmt: skip


def certificate_rows(rows: Iterable[Certificate]) -> Iterable[dict[str, object]]:
    """Certificates as rows of a download, one for each HS line."""
    for row in rows:
        said = row.content
        origin = said.get("origin") or []
        shares = said.get("origin_shares") or {}
        whole = {
            "number": row.number, "kind": row.kind, "status": row.status, "issuer": row.participant,
            "authority": row.authority, "issue_date": row.issue_date, "expiry_date": row.expiry_date,
            "exporter": row.exporter_name, "exporter_licence": row.exporter_licence, "importer": row.importer_name,
            "origin": origin if isinstance(origin, str) else "; ".join(origin),
            "origin_shares": "; ".join(f"{code}={share}" for code, share in shares.items()),
            "destination": row.destination, "destination_authority": row.destination_authority,
            "parcels": said.get("parcels", ""), "seals": "; ".join(said.get("seals", [])), "total_carats": row.carats,
            "total_usd": row.usd, "paper_serial": row.paper_serial, "replaces": row.replaces,
            "replaced_by": row.replaced_by, "return_of": row.return_of,
        }  # fmt: skip
        for line in said.get("lines") or [{}]:
            yield {**whole, "hs": line.get("hs", ""), "carats": line.get("carats", ""), "usd": line.get("usd", "")}
