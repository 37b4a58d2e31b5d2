"""Papers of others: registered by hand, asked about, and the confirmations that come back from authorities abroad."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openkimberley.alerts import actions as alerts
from openkimberley.certificates import actions as certification
from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.statements import certificate_from_json, certificate_to_json
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.shipments import queries
from openkimberley.shipments.actions.export import as_json, refuse
from openkimberley.shipments.models import Confirmation, PaperCertificate, Shipment

MOST_SCANS = 12


@action("shipments.register_paper", needs=Permission.PAPER_REGISTER)
def register_paper(
    *, by: Actor, at: datetime, content: dict[str, Any], scans: list[str], matches_specimen: bool | None = None
) -> PaperCertificate:
    """Register a foreign paper certificate by hand and ask every rule about it.

    ``content`` is the certificate in the contract's JSON, ``scans`` the SHA-256 of its pictures in the file store.
    ``matches_specimen`` is what the officer saw who laid it beside the specimen. The paper is kept whatever the answer
    is: a fake is evidence. Raises ``Untrusted`` for content that is no certificate, ``Conflict`` where the number is
    registered already.
    """
    if not by.authority:
        raise Conflict("a paper is registered for an authority")
    if len(scans) > MOST_SCANS:
        raise Conflict(f"a paper has at most {MOST_SCANS} scans")
    certificate = certificate_from_json(content)
    number = queries.normalised(certificate.number)
    if PaperCertificate.objects.filter(authority=by.authority, issuer=certificate.issuer, number=number).exists():
        raise Conflict(f"paper {certificate.number} of {certificate.issuer} is registered already")
    answer = queries.answer_for(certificate, on=at.date(), by=by, matches_specimen=matches_specimen).as_json()
    row = PaperCertificate.objects.create(
        authority=by.authority, issuer=certificate.issuer, number=number, content=certificate_to_json(certificate),
        scans=scans, answer={**answer, "matches_specimen": matches_specimen}, verdict=answer["verdict"],
        advice=answer["advice"], registered_by=by.id, registered_at=at,
    )  # fmt: skip
    record(
        "paper.registered", by=by, at=at, subject=number,
        statement={
            "issuer": row.issuer, "scans": scans, "verdict": row.verdict, "advice": row.advice,
            "rules": sorted({one["rule"] for one in answer["objections"]}), "matches_specimen": matches_specimen,
        },
        personal={"content": row.content},
    )  # fmt: skip
    return row


@action("shipments.check_paper_again", needs=Permission.PAPER_REGISTER)
def check_paper_again(
    *, by: Actor, at: datetime, number: str, matches_specimen: bool | None = None
) -> PaperCertificate:
    """Ask every rule again: the issuer has answered, an alert is out, or somebody compared it with the specimen."""
    row = PaperCertificate.objects.select_for_update().filter(
        authority=by.authority, number=queries.normalised(number)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound("registered paper", number[:40])
    if matches_specimen is None:
        matches_specimen = row.answer.get("matches_specimen")
    certificate = certificate_from_json(row.content)
    answer = queries.answer_for(certificate, on=at.date(), by=by, matches_specimen=matches_specimen).as_json()
    row.answer = {**answer, "matches_specimen": matches_specimen}
    row.verdict, row.advice = answer["verdict"], answer["advice"]
    row.save(update_fields=["answer", "verdict", "advice"])
    record(
        "paper.checked", by=by, at=at, subject=row.number,
        statement={"verdict": row.verdict, "advice": row.advice, "matches_specimen": matches_specimen,
                   "rules": sorted({one["rule"] for one in answer["objections"]})},
    )  # fmt: skip
    return row


@action("shipments.ask_issuer", needs=Permission.PAPER_REGISTER)
def ask_issuer(*, by: Actor, at: datetime, number: str, question: str, sent_to: str = "") -> Any:
    """Put a question about a registered paper to its issuer, on record; the alerts keep question and answer."""
    row = queries.paper(number, by=by)
    written = str(row.content.get("number", row.number))
    address = sent_to or queries.address_of(row.issuer, on=at.date())
    query = alerts.ask_issuer(
        by=by, at=at, number=written, issuer=row.issuer, question=question, sent_to=address, files=row.scans
    )
    record(
        "paper.issuer_asked", by=by, at=at, subject=row.number,
        statement={"query": query.reference, "issuer": row.issuer},
    )  # fmt: skip
    return query


@action("shipments.enter_confirmation", needs=Permission.SHIPMENT_SEAL)
def enter_confirmation(
    *, by: Actor, at: datetime, number: str, authority: str, result: str, parcels: int, carats: Decimal,
    usd: Decimal | None, exporter: str, importer: str, received_on: date, letter: str, receipt: str = "",
) -> Confirmation:  # fmt: skip
    """Enter the confirmation that an authority abroad sent back by letter or e-mail, on the exporting side (R076).

    A number never issued or closed before is refused as an alert of fraud (R080); differences stand as such (R081).
    """
    said = queries.confirmation_facts(
        number=number, parcels=parcels, carats=carats, usd=usd, exporter=exporter, importer=importer,
        received_on=received_on, made_on=at.date(),
    )  # fmt: skip
    objections = queries.on_confirmation(said, by=by, on=at.date())
    refuse(objections, subject=queries.normalised(number), holds=False)
    if result not in ("match", "discrepancy", "refused"):
        raise Conflict("a confirmation says match, discrepancy or refused")
    row = Shipment.objects.select_for_update().filter(authority=by.authority, certificate_number=number).first()
    if row is None or row.status not in ("ANNOUNCED", "DEPARTED", "ARRIVED"):
        raise Conflict(f"no shipment under {number} waits for a confirmation")
    if queries.works_here(row.importing_authority):
        raise Conflict(f"{row.importing_authority} works on this node: it confirms there itself (R063)")
    differs = any(one.rule == "R081" for one in objections)
    confirmation = Confirmation.objects.create(
        authority=authority, issuer=row.participant, number=queries.normalised(number),
        result="discrepancy" if differs and result == "match" else result, received_on=received_on, parcels=parcels,
        carats=carats, usd=usd, receipt=receipt, letter=letter, made_by=by.id, made_at=at,
    )  # fmt: skip
    row.status, row.closed_at = ("REFUSED" if result == "refused" else "CONFIRMED"), at
    row.arrived_at = row.arrived_at or at
    row.save(update_fields=["status", "closed_at", "arrived_at"])
    certification.record_end_abroad(by=by, at=at, number=number, to=CertificateStatus(row.status))
    record(
        "shipment.confirmation_entered", by=by, at=at, subject=number,
        statement={
            "authority": authority, "result": confirmation.result, "parcels": parcels, "carats": str(carats),
            "received_on": received_on.isoformat(), "rules": sorted({one.rule for one in objections}),
        },
        personal={"letter": letter, "objections": as_json(objections)},
    )  # fmt: skip
    return confirmation
