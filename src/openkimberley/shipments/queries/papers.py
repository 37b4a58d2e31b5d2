"""Papers of others: what the rules say of a foreign certificate, and of a confirmation that comes from abroad."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries as certificates
from openkimberley.certificates import statements
from openkimberley.certificates.facts import Certificate, CertificateStatus
from openkimberley.certificates.rules import Alert, Case, Known
from openkimberley.documents.facts import Confirmation as PrintedConfirmation
from openkimberley.documents.facts import Difference, PrintedLine, PrintedParty
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.rules import Objection
from openkimberley.participants import queries as participants
from openkimberley.shipments import facts, rules
from openkimberley.shipments.models import Arrival, Confirmation, PaperCertificate
from openkimberley.shipments.queries.arriving import corrected, import_knowledge, uses
from openkimberley.shipments.queries.rows import authority_named, normalised, participant_of
from openkimberley.shipments.rules import Answer, Knowledge, ShipmentCase
from openkimberley.trust import jws
from openkimberley.trust.qr import check_code


def answer_for(
    certificate: Certificate, *, on: date, by: Actor, matches_specimen: bool | None = None, used: bool = True
) -> Answer:
    """Ask every rule about a certificate that somebody else issued, with what this desk knows on a day.

    ``matches_specimen`` is what a person saw who laid the paper beside the specimen; None where nobody did.
    """
    knowledge = Knowledge(
        register=participants.register(), profiles=participants.profiles(),
        known=Known(
            uses=uses(certificate.issuer, certificate.number) if used else None, matches_specimen=matches_specimen,
            **import_knowledge(
                certificate.issuer, certificate.number, paper_serial=certificate.paper_serial
            ),
        ),
    )  # fmt: skip
    return rules.check(certificate, knowledge, on)


def public_answer(certificate: Certificate, *, on: date) -> Answer:
    """Ask every rule with what everybody knows: who took part, national profiles, confirmed alerts."""
    alert = alerts.alert_for(certificate.number, certificate.issuer)
    out = () if alert is None or alert.status.value != "CONFIRMED" else (
        Alert("FAKE", number=certificate.number, features="; ".join(alert.features), since=alert.day),
    )  # fmt: skip
    knowledge = Knowledge(participants.register(), participants.profiles(), Known(alerts=out))
    return rules.check(certificate, knowledge, on)


def paper_facts(row: PaperCertificate) -> Certificate:
    """What a registered paper says."""
    return statements.certificate_from_json(row.content)


def questions(row: PaperCertificate, *, by: Actor) -> list[Any]:
    """The questions that the actor's authority put to the paper's issuer, with their answers."""
    written = str(row.content.get("number", row.number))
    rows = alerts.issuer_queries(authority=by.authority, number=written, issuer=row.issuer)
    return [alerts.to_query(one) for one in rows]


def specimens_for(row: PaperCertificate) -> list[Any]:
    """The specimens of the issuer that held on the paper's day of issue; all of them where none did."""
    day = paper_facts(row).issue_date
    return list(alerts.specimens(row.issuer, day) or alerts.specimens(row.issuer))


def confirmation_facts(
    *, number: str, parcels: int, carats: Decimal, usd: Decimal | None, exporter: str, importer: str, received_on: date,
    made_on: date,
) -> facts.ImportConfirmation:  # fmt: skip
    """A confirmation from abroad as facts."""
    return facts.ImportConfirmation(
        number=number, parcels=parcels, carats=carats, usd=usd, exporter=exporter, importer=importer,
        received_on=received_on, made_on=made_on,
    )  # fmt: skip


def on_confirmation(said: facts.ImportConfirmation, *, by: Actor, on: date) -> list[Objection]:
    """What the exporting authority must object to a confirmation that comes in (R076, R080, R081)."""
    issued = certificates.issued(said.number) or certificates.issued(normalised(said.number))
    own = issued is not None and issued.authority == by.authority
    paper = (
        certificates.certificate_facts(issued) if issued is not None and own
        else Certificate(number=said.number, issuer=by.authority.partition("-")[0], issue_date=None)
    )  # fmt: skip
    known = Known(in_issuer_register=own, status=CertificateStatus(issued.status) if issued and own else None)
    case = Case(paper, on, participants.register(), participants.profiles(), known)
    return list(rules.on_confirmation(ShipmentCase(case=case, confirmation=said)).objections)


def printed_receipt(row: Confirmation) -> PrintedConfirmation:
    """The import confirmation as it is printed."""
    arrival = Arrival.objects.get(authority=row.authority, issuer=row.issuer, number=row.number)
    paper = corrected(arrival)
    said: dict[str, Any] = dict(jws.parse(row.receipt).payload) if row.receipt else {}
    found = said.get("found", {})
    newest = arrival.inspections.last()
    confirming = authority_named(row.authority, on=row.made_at.date())
    digest = jws.parse(row.receipt).cid if row.receipt else bytes(32)
    return PrintedConfirmation(
        number=arrival.written, issuer=certificates.country_name(row.issuer),
        destination=certificates.country_name(participant_of(row.authority)),
        authority=f"{confirming.name} ({row.authority})" if confirming else row.authority,
        exporter=_party(paper, "exporter"), importer=_party(paper, "importer"),
        received_on=row.received_on, confirmed_on=row.made_at.date(), result=row.result, parcels=row.parcels or 0,
        lines=tuple(
            PrintedLine(
                line["hs"], measures.carats(line["carats"]), measures.usd(line["usd"]) if line.get("usd") else None
            )
            for line in found.get("lines", [])
        ),
        total_carats=row.carats or Decimal("0.00"), total_usd=row.usd or Decimal("0.00"),
        check_code=check_code(digest), receipt=row.receipt, confirmed_at_unix=int(row.made_at.timestamp()),
        seal=found.get("seal", ""), seals_intact=newest.seals_intact if newest else None,
        differences=tuple(
            Difference(one["field"], one["declared"], one["found"]) for one in said.get("differences", [])
        ),
        authenticated_by=(row.made_by,), demonstration=settings.DEMONSTRATION,
    )  # fmt: skip


def _party(paper: Certificate, which: str) -> PrintedParty:
    """A party as printed."""
    party = paper.exporter if which == "exporter" else paper.importer
    return PrintedParty(party.name, party.address, party.licence) if party else PrintedParty("")
