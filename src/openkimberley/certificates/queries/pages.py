"""A certificate as its printed page and label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from openkimberley.certificates import facts
from openkimberley.certificates.models import (
    Certificate,
)  # fmt: skip
from openkimberley.certificates.queries.asking import profile_of
from openkimberley.certificates.queries.bundling import keys
from openkimberley.certificates.queries.sight import certificate, certificate_facts, participant_of
from openkimberley.documents.certificate import render_certificate
from openkimberley.documents.facts import Label, Page, PageKind, PrintedLine, PrintedOrigin, PrintedParty
from openkimberley.documents.label import render_label
from openkimberley.documents.seal import seal_pdf
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.participants import queries as participants
from openkimberley.trust import signing
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.notes import Note
from openkimberley.trust.proof import Proof
from openkimberley.trust.qr import check_code

LANGUAGES_OF_PAGES = ("fr", "pt", "ru", "ar", "es", "zh")


def language_of(authority: str) -> str:
    """The language that an authority prints beside English, by its profile; English alone where nobody has said."""
    told = profile_of(authority).languages
    wanted = [language for language in (told.value if told else ()) if language in LANGUAGES_OF_PAGES]
    return wanted[0] if wanted else "en"


def page_of(row: Certificate, *, language: str = "", demonstration: bool = False) -> Page:
    """A certificate as the printed page shows it."""
    says = certificate_facts(row)
    assert says.exporter is not None
    assert says.importer is not None
    cid = unb64u(row.cid)
    gone = row.status in ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED")
    return Page(
        number=row.number, issuer=participants.register().participants[row.participant].name,
        issuing_authority=authority_name(row.authority, on=row.issue_date), issue_date=row.issue_date,
        expiry_date=row.expiry_date, destination=country_name(says.destination),
        destination_authority=says.destination_authority, exporter=_printed(says.exporter),
        importer=_printed(says.importer), parcels=says.parcels or 0, parcel_reference=says.parcel_reference,
        lines=tuple(
            PrintedLine(line.hs, line.carats or Decimal(0), line.usd or Decimal(0)) for line in says.lines
        ),
        total_carats=row.carats, total_usd=row.usd, check_code=check_code(cid), qr_text=row.qr_full,
        sd_jwt=row.sd_jwt, issued_at_unix=int(row.issued_at.timestamp()), kind=PageKind(row.kind),
        language=language or language_of(row.authority),
        statement=says.statement if says.statement != facts.STATEMENT else "",
        origin=tuple(
            PrintedOrigin(country_name(country), says.origin_shares.get(country)) for country in says.origin
        ),
        mixed=says.mixed, seals=says.seals, paper_serial=row.paper_serial,
        validated_by=says.validated.by if says.validated else "",
        validated_on=says.validated.date if says.validated else None, countersigned_by=says.countersigned_by,
        zone=says.zone, replaces=row.replaces, void=row.status if gone else "", demonstration=demonstration,
    )  # fmt: skip


def journal_proof(
    *, at: datetime, enough: Callable[[Note], bool] | None = None
) -> Callable[[Certificate], str]:  # fmt: skip
    """Gives the proof that a certificate stands in this node's journal, as text; empty while there is none at hand.

    ``enough`` says whether the cosignatures of a checkpoint are; without it those of most witnesses are taken.
    """

    def proof(row: Certificate) -> str:
        try:
            found = journal.proof(row.journal_index, at=at, enough=enough)
        except (NotFound, Untrusted):  # a page can be made without: whoever checks the journal is told what is wrong
            return ""
        return found.text if found else ""

    return proof


def _proof_code(text: str) -> str:
    """The proof as a code, empty where there is none."""
    if not text:
        return ""
    found = Proof.parse(text)
    return found.code(log=found.checkpoint.origin)


def _printed(party: facts.Party) -> PrintedParty:
    """A party as printed."""
    return PrintedParty(party.name, party.address, party.licence)


def country_name(code: str) -> str:
    """A Participant's or country's English name, as a certificate prints it."""
    known = participants.register().participants.get(code)
    return known.name if known else code


def authority_name(code: str, *, on: date) -> str:
    """The name of an authority on a day, or its code where the register has no name for it."""
    known = participants.register().authority(code, participant_of(code), on)
    return known.name if known else code


def certificate_pdf(
    number: str, *, by: Actor, language: str = "", demonstration: bool = False,
    proof: Callable[[Certificate], str] | None = None, proof_page: bool = False,
) -> bytes:  # fmt: skip
    """The certificate as a sealed PDF/A page. Equal every time it is made, since its date is that of issue.

    ``proof`` gives the text of the proof that it stands in the journal, or empty: it is attached and sealed with
    the rest, and with ``proof_page`` printed as a code on a last page. What is made before there is one goes without.
    """
    row = certificate(number, by=by)
    refuse_erased(row)
    text = proof(row) if proof else ""
    shown = page_of(row, language=language, demonstration=demonstration)
    page = render_certificate(replace(shown, proof=text, proof_code=_proof_code(text) if proof_page else ""))
    sealing = keys(row.authority, "seal")
    if not sealing:
        return page

    def sealed(digest: bytes) -> bytes:
        return unb64u(signing.service().seal(authority=row.authority, number=row.number, digest=b64u(digest)))

    return seal_pdf(page, sealed, bytes(sealing[-1].x509), at=row.issued_at)


def refuse_erased(row: Certificate) -> None:
    """Raise ``Conflict`` where nothing is left to print: what was personal in the certificate was erased."""
    if row.erased_at:
        raise Conflict(f"what certificate {row.number} said was erased on {row.erased_at:%Y-%m-%d}")


def label_pdf(number: str, *, by: Actor, demonstration: bool = False) -> bytes:
    """The label for the sealed bag."""
    row = certificate(number, by=by)
    refuse_erased(row)
    says = certificate_facts(row)
    return render_label(
        Label(
            number=row.number, destination=row.destination_authority or row.destination,
            seal=", ".join(says.seals), expiry_date=row.expiry_date, check_code=check_code(unb64u(row.cid)),
            qr_text=row.qr_label, issued_at_unix=int(row.issued_at.timestamp()), issuer=row.participant,
            parcels=says.parcels, paper_serial=row.paper_serial, demonstration=demonstration,
        )
    )  # fmt: skip
