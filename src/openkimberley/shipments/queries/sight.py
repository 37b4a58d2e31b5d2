"""What a desk sees of a certificate that is presented: the engine's verdict, and the content it can rely on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from openkimberley.certificates import queries as certificates
from openkimberley.certificates import statements
from openkimberley.certificates.facts import Certificate
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.shipments.models import Arrival, PaperCertificate, PresentedArtefact
from openkimberley.shipments.queries.rows import normalised, seal_keys
from openkimberley.verification.files import verify_file
from openkimberley.verification.known import known_bundle
from openkimberley.verification.statements import MAX_LOG_DELAY_H


@dataclass(frozen=True, slots=True)
class Judged:
    """The engine's report as it is kept, and the certificate as far as the artefact shows it."""

    report: dict[str, Any]
    certificate: Certificate | None = None


def verdict(artefact: bytes, *, by: Actor, at: datetime, proof: str = "") -> Judged:
    """Judge a QR text, an SD-JWT, a PDF or a bare number for the actor's desk. The one place that asks the engine."""
    bundle = known_bundle(at=at, authority=by.authority)
    report = verify_file(artefact, bundle, now=at, authority=by.authority or None, proof=proof)
    return Judged({**report.as_json(), "proven": report.proven}, report.certificate if report.proven else None)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A certificate as it was presented: who issued which number, what is known of it, and what the engine says."""

    issuer: str
    number: str
    written: str
    source: str  # NODE, ARTEFACT, PAPER
    content: dict[str, Any]
    report: dict[str, Any] = field(default_factory=dict)
    cid: str = ""

    def columns(self) -> dict[str, Any]:
        """The columns of an arrival that the sighting fills."""
        known = statements.certificate_from_json(self.content)
        return {
            "written": self.written, "source": self.source, "content": self.content, "cid": self.cid,
            "verdict": self.report, "issuing_authority": known.issuing_authority[:200],
            "exporter_name": known.exporter.name[:200] if known.exporter else "",
            "importer_name": known.importer.name[:200] if known.importer else "",
            "importer_licence": known.importer.licence[:40] if known.importer else "",
            "carats": known.total_carats, "usd": known.total_usd, "seal_keys": seal_keys(known.seals),
        }  # fmt: skip


def sighting(number: str, artefact: bytes, *, by: Actor, at: datetime, proof: str = "") -> Sighting:
    """What is presented, by a scanned artefact or a typed number.

    The issuer's record on this node comes first, then what a checked artefact shows whole, then the register of papers.
    A label shows neither weight nor names: its number leads to the record, the announcement or the registered paper.
    Raises ``Untrusted`` for an artefact that is none, ``NotFound`` where nothing is known under the number.
    """
    judged = verdict(artefact, by=by, at=at, proof=proof) if artefact else None
    if judged is not None:
        written = str(judged.report.get("number") or "")
        if not written:
            raise Untrusted("1 parse", _first_fault(judged.report))
    else:
        written = number.strip()
    issued = certificates.issued(written) or certificates.issued(normalised(written))
    if issued is not None and _may_read(issued, judged, by=by):
        own = judged or verdict(issued.sd_jwt.encode(), by=by, at=at)
        return Sighting(
            issued.participant, normalised(issued.number), issued.number, "NODE", issued.content, own.report, issued.cid
        )
    if judged is not None and judged.certificate is not None and judged.certificate.lines:
        content = statements.certificate_to_json(judged.certificate)
        issuer = str(judged.report.get("issuer", ""))
        cid = str(judged.report.get("cid", ""))
        return Sighting(issuer, normalised(written), written[:40], "ARTEFACT", content, judged.report, cid)
    return _registered(written, judged, by=by, at=at)


def _may_read(issued: Any, judged: Judged | None, *, by: Actor) -> bool:
    """True for the authority a certificate is addressed to, and for whoever holds what its issuer signed.

    A typed number alone opens no other authority's record: numbers can be counted through.
    """
    if judged is not None and judged.report["proven"]:
        return True
    addressed = issued.destination_authority or issued.destination
    return bool(by.authority) and addressed in (by.authority, by.authority.partition("-")[0])


def _registered(written: str, judged: Judged | None, *, by: Actor, at: datetime) -> Sighting:
    """What the announcement or the register of papers knows under a number. Raises ``NotFound``."""
    plain = normalised(written)
    expected = Arrival.objects.filter(authority=by.authority, number=plain).first()
    paper = PaperCertificate.objects.filter(authority=by.authority, number=plain).first()
    known = expected or paper
    if known is None:
        raise NotFound("certificate", f"{written[:40]}: register the paper first")
    report = (judged or verdict(plain.encode(), by=by, at=at)).report
    source = expected.source if expected is not None else "PAPER"
    return Sighting(
        known.issuer, plain, written[:40], source, known.content, report, expected.cid if expected is not None else ""
    )


def _first_fault(report: dict[str, Any]) -> str:
    """The first failed check of a report in words."""
    return next((str(c["detail"]) for c in report["checks"] if c["result"] == "fail"), "no certificate was recognised")


def unproved(row: Arrival) -> bool:
    """True where the issuer keeps a journal, and nothing shows that the certificate was entered in it (T7)."""
    return any(one["id"] == 8 and one["counts"] and one["result"] != "pass" for one in row.verdict.get("checks", ()))


def proof_overdue(row: Arrival, *, at: datetime) -> bool:
    """True where the issuer's hours for entering the certificate in its journal are over and no proof was handed in."""
    if not unproved(row):
        return False
    listed = known_bundle(at=at, authority=row.authority).participants.get(row.issuer)
    issued = statements.certificate_from_json(row.content).issue_date
    hours = listed.max_log_delay_h if listed else MAX_LOG_DELAY_H
    return issued is None or (at.date() - issued).days * 24 > hours


def with_proof(row: Arrival, proof: str, *, by: Actor, at: datetime) -> dict[str, Any]:
    """The engine's report of an arrival, judged anew with the journal's proof.

    Everything is asked again: with the place and the time of the entry, the key and the issuer's status may be judged
    otherwise too. Raises ``Untrusted`` where the proof does not hold.
    """
    scanned = PresentedArtefact.objects.filter(arrival=row).first()
    issued = None if scanned else certificates.issued(row.written)
    artefact = bytes(scanned.content) if scanned else issued.sd_jwt.encode() if issued else b""
    if not artefact:
        raise Untrusted("8 log", "the certificate was not read whole: scan its code or its credential")
    report = verdict(artefact, by=by, at=at, proof=proof).report
    logged = next(one for one in report["checks"] if one["id"] == 8)
    if logged["result"] != "pass":
        raise Untrusted("8 log", str(logged["detail"]))
    return report
