"""How a case may end, and what the signed receipt says."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from openkimberley.certificates import queries as certificates
from openkimberley.certificates import rules as certificate_rules
from openkimberley.certificates import statements
from openkimberley.certificates.rules import (
    ask,
)  # fmt: skip
from openkimberley.certificates.rules.correction import corrected_on_the_issuers_instruction, text_at
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.rules import Objection
from openkimberley.participants import queries as participants
from openkimberley.shipments import facts, rules
from openkimberley.shipments.models import (
    Arrival,
    DiscrepancyCase,
    Inspection,
)  # fmt: skip
from openkimberley.shipments.queries.arriving import corrected, found_facts
from openkimberley.shipments.queries.rows import participant_of, profile_of
from openkimberley.trust.canonical import canonical, unb64u
from openkimberley.trust.signing import sign_statement


def declared_value(row: Arrival, field: str) -> str:
    """What the certificate says in a field such as ``importer/address``."""
    return text_at(statements.certificate_to_json(corrected(row)), field)


def before_correction(row: Arrival, *, field: str, new: str, instruction: str) -> list[Objection]:
    """What stands against a correction: without instruction, or no minor error (R086)."""
    wanted = certificate_rules.Correction(field, declared_value(row, field), new, bool(instruction.strip()))
    return list(ask((corrected_on_the_issuers_instruction,), wanted).objections)


def closing(
    case: DiscrepancyCase, way_out: facts.WayOut, *, on: date, fault: str = "", measures: str = "",
    technical_number: str = "", requested: bool = False, disposal: str = "", instructed: bool = False,
) -> list[Objection]:  # fmt: skip
    """What stands against closing a case in this way."""
    row = case.arrival
    newest = row.inspections.last()
    technical = certificates.issued(technical_number) if technical_number else None
    paper = corrected(row)
    wanted = facts.Closing(
        way_out=way_out, original_number=technical.return_of if technical else row.written,
        fault=facts.Fault(fault) if fault in facts.Fault.__members__ else None, measures=measures.strip(),
        technical_number=technical_number, requested_by_issuer=requested,
        technical_origin=tuple(certificates.certificate_facts(technical).origin) if technical else paper.origin,
        original_origin=paper.origin, seals_intact=newest.seals_intact if newest else None,
        disposal=disposal.strip(), instructed=instructed, found_on=case.opened_at.date(),
        issuer_told_on=case.issuer_told_at.date() if case.issuer_told_at else None,
    )  # fmt: skip
    return list(rules.before_closing(wanted, on=on, profile=profile_of(case.authority)).objections)


def receipt_of(row: Arrival, inspection: Inspection | None, result: str, *, at: datetime) -> Any:
    """The receipt to be signed: as found, with every difference that is left."""
    differing = inspection.differences if inspection is not None and result != "match" else []
    left = {one["field"] for one in differing}
    usd = (inspection.usd if inspection else None) or row.usd
    return statements.ImportReceipt(
        participant=participant_of(row.authority), authority=row.authority, iat=int(at.timestamp()),
        cid=unb64u(row.cid) if row.cid else content_hash(row.content), number=row.written, exporting=row.issuer,
        received=row.presented_on or at.date(), result=result, parcels=inspection.parcels if inspection else None,
        carats=inspection.carats if inspection else None, usd=usd,
        lines=found_facts(inspection).lines if inspection else (),
        seal=", ".join(inspection.seals) if inspection else "", exporter_ok="exporter/name" not in left,
        importer_ok="importer/name" not in left,
        differences=tuple(
            statements.Difference(one["field"], one["declared"], one["found"]) for one in differing
        ),
    )  # fmt: skip


def sign_receipt(receipt: Any) -> str:
    """The receipt as a signed statement (``kp-receipt+jwt``) of the importing authority."""
    return sign_statement(receipt.authority, statements.RECEIPT, statements.receipt_claims(receipt))


def content_hash(content: dict[str, Any]) -> bytes:
    """What names a paper certificate in signed statements: SHA-256 over its registered content."""
    return hashlib.sha256(canonical(content)).digest()


def receipt_hash(signed: str) -> str:
    """The hash by which the journal names a receipt: SHA-256 of what was signed."""
    return hashlib.sha256(signed.rpartition(".")[0].encode()).hexdigest()


ENDED = ("CONFIRMED", "REFUSED", "RETURNED", "CONFISCATED")


def import_ended_on(row: Arrival, *, on: date) -> date | None:
    """The day on which an arrival ended, or its certificate expired while nobody came; None while it goes on."""
    if row.status in ENDED:
        return row.closed_at.date() if row.closed_at else row.presented_on
    expiry = str(row.content.get("expiry_date") or "")
    over = date.fromisoformat(expiry) if expiry else None
    return over if over and on > over and row.status == facts.ArrivalStatus.EXPECTED else None


def before_erasure(number: str, arrival: Arrival | None, *, by: Actor, on: date) -> list[Objection]:
    """What stands against erasing an authority's record: how long originals are kept (R101, R102, R104)."""
    issued = certificates.issued(number)
    ends = [certificates.ended_on(issued, on=on) if issued and issued.authority == by.authority else None]
    ends += [import_ended_on(arrival, on=on) if arrival is not None else None]
    known = [day for day in ends if day is not None]
    if not known:
        return []  # it has not ended: the act itself says so
    issuer = arrival.issuer if arrival is not None else issued.participant if issued else ""
    bound_for = participant_of(arrival.authority) if arrival is not None else issued.destination if issued else ""
    parties = ((issuer, "AUTHORITY"), (issuer, "EXPORTER"), (bound_for, "AUTHORITY"), (bound_for, "IMPORTER"))
    kept = facts.KeptOriginal(number, max(known), parties)
    return list(rules.before_deletion(kept, on=on, profiles=participants.profiles()).objections)


def public_confirmation(row: Arrival, signed: str, result: str, *, on: date) -> dict[str, Any]:
    """What the published journal says of an import that ends. A paper is named by its content, as its receipt does."""
    cid = unb64u(row.cid) if row.cid else content_hash(row.content)
    return statements.confirm_entry(cid, receipt=signed, on=on, result=result)


def receipt_fields(row: Arrival, receipt: Any, signed: str) -> dict[str, Any]:
    """What the e-mail to the exporting authority tells."""
    return {
        "result": receipt.result, "received": receipt.received.isoformat(), "parcels": receipt.parcels,
        "carats": str(receipt.carats or ""), "exporter": row.exporter_name, "importer": row.importer_name,
        "authority": row.authority, "receipt": signed,
        "differences": [
            {"field": one.field, "declared": one.declared, "found": one.found} for one in receipt.differences
        ],
    }  # fmt: skip
