"""PURE. Comparing what was announced, certified, found and confirmed,
field by field. Nothing is tolerated by default."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.content import headings, plain
from openkimberley.certificates.rules.number import normalised
from openkimberley.shipments.facts import Discrepancy
from openkimberley.shipments.rules.packing import plain_seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.certificates.facts import Certificate, Line, Party
    from openkimberley.shipments.facts import AdvanceNotice, ImportConfirmation, Inspection


def _differs(field: str, declared: object, found: object) -> Iterator[Discrepancy]:
    """One discrepancy where both are known and not the same."""
    if declared not in {None, ""} and found not in {None, ""} and declared != found:
        yield Discrepancy(field, str(declared), str(found))


def _party(field: str, declared: Party | None, found: str) -> Iterator[Discrepancy]:
    """Names, compared without case, spacing and punctuation."""
    if declared is not None and declared.name and found and plain(declared.name) != plain(found):
        yield Discrepancy(field, declared.name, found)


def _total(lines: tuple[Line, ...], total: Decimal | None, name: str) -> Decimal | None:
    """The total given, or else the sum of the lines where each is known."""
    parts = [getattr(line, name) for line in lines]
    return total if total is not None else sum(parts, Decimal(0)) if parts and None not in parts else None


def _by_code(lines: tuple[Line, ...], name: str) -> dict[str, Decimal]:
    """Carats or dollars by HS code, over the lines in which they are known."""
    found: Counter[str] = Counter()
    for line, code in zip(lines, headings(lines), strict=True):
        found[code] += getattr(line, name) or 0
    return {code: Decimal(amount) for code, amount in found.items()}


def with_inspection(paper: Certificate, found: Inspection) -> tuple[Discrepancy, ...]:
    """Where the goods differ from their certificate: number, seals, parcels, carats, value, HS codes, parties."""
    differences = [*_differs("number", normalised(paper.number), normalised(found.number) if found.number else None)]
    differences += _differs("parcels", paper.parcels, found.parcels)
    if paper.seals and found.seals:
        declared, read = (sorted(plain_seal(n) for n in seals) for seals in (paper.seals, found.seals))
        differences += _differs("seals", ", ".join(declared), ", ".join(read))
    for name, declared_total, found_total in (
        ("carats", paper.total_carats, found.carats), ("usd", paper.total_usd, found.usd),
    ):  # fmt: skip
        declared_sum, found_sum = _total(paper.lines, declared_total, name), _total(found.lines, found_total, name)
        differences += _differs(f"total_{name}", declared_sum, found_sum)
    if paper.lines and found.lines:
        declared_lines, found_lines = _by_code(paper.lines, "carats"), _by_code(found.lines, "carats")
        for code in sorted(declared_lines.keys() | found_lines.keys()):
            declared_ct, found_ct = declared_lines.get(code, Decimal(0)), found_lines.get(code, Decimal(0))
            differences += _differs(f"lines/{code}", declared_ct, found_ct)
    differences += _party("exporter/name", paper.exporter, found.exporter)
    differences += _party("importer/name", paper.importer, found.importer)
    return tuple(differences)


def with_confirmation(paper: Certificate, said: ImportConfirmation) -> tuple[Discrepancy, ...]:
    """Where the confirmation that came back differs from the certificate as issued."""
    differences = [*_differs("number", normalised(paper.number), normalised(said.number))]
    differences += _differs("parcels", paper.parcels, said.parcels)
    differences += _differs("total_carats", _total(paper.lines, paper.total_carats, "carats"), said.carats)
    differences += _differs("total_usd", _total(paper.lines, paper.total_usd, "usd"), said.usd)
    if said.hs_codes:
        declared, confirmed = (", ".join(sorted(set(codes))) for codes in (headings(paper.lines), said.hs_codes))
        differences += _differs("lines/hs", declared, confirmed)
    differences += _party("exporter/name", paper.exporter, said.exporter)
    differences += _party("importer/name", paper.importer, said.importer)
    return tuple(differences)


def with_notice(paper: Certificate, told: AdvanceNotice) -> tuple[Discrepancy, ...]:
    """Where the advance notice differs from the certificate."""
    differences = [*_differs("number", normalised(paper.number), normalised(told.number) if told.number else None)]
    differences += _differs("total_carats", _total(paper.lines, paper.total_carats, "carats"), told.carats)
    differences += _differs("total_usd", _total(paper.lines, paper.total_usd, "usd"), told.usd)
    differences += _party("importer/name", paper.importer, told.importer)
    return tuple(differences)
