"""What is personal in a certificate is erased when its time is over: names, addresses, seals, texts, papers, salts.

What stays is what others rely on: number, dates, cid, status, the journal, and the carats and dollars by code, origin
and destination, because the Participant's published returns are made from them and must be explainable. What was signed
is reduced to the issuer's signature over hashes: with the salts gone, nobody can guess what they were hashes of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from openkimberley.certificates import queries, rules
from openkimberley.certificates.models import Application, Certificate, Correction, Document, Erasure
from openkimberley.desk import files
from openkimberley.journal.actions import action, erase_personal, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound

GROUNDS = ("RETENTION", "ORDER")
KEPT = (
    "number", "issuer", "issue_date", "expiry_date", "origin", "origin_shares", "destination", "destination_authority",
    "parcels", "lines", "total_carats", "total_usd", "zone", "draws_on", "provenance",
)  # fmt: skip
"""What stays of a certificate's content: nothing that names or finds a person, a company or a box."""


@action("certificates.erase", needs=Permission.CERTIFICATE_ERASE)
def erase(*, by: Actor, at: datetime, number: str, basis: str, ground: str = "RETENTION") -> Certificate:
    """Erase what is personal in a certificate of one's authority, after its retention, or by order of a court before.

    ``ground`` is RETENTION or ORDER; ``basis`` names the law or the order, and is kept with the erasure, not in the
    journal. Raises ``NotFound``; ``Conflict`` where the certificate may still be used, its time is not over, or it was
    erased before.
    """
    row = Certificate.objects.select_for_update().filter(authority=by.authority, number=number).first()
    if row is None:
        raise NotFound("certificate", number[:40])
    if ground not in GROUNDS or not basis.strip():
        raise Conflict("name the law or the order on which this rests")
    if row.erased_at:
        raise Conflict(f"certificate {number} was erased on {row.erased_at:%Y-%m-%d}")
    ended, years = queries.ended_on(row, on=at.date()), queries.retention_years(row)
    if not rules.may_erase(ended, on=at.date(), years=years, ordered=ground == "ORDER"):
        until = f"kept until {rules.erasable_from(ended, years=years)}" if ended else "not at its end: it may be used"
        raise Conflict(f"certificate {number} is {until}")
    _erase_certificate(row, at=at)
    _erase_application(row.application, at=at)
    Correction.objects.filter(number=number, authority=by.authority).update(old="", new="", reason="", instruction="")
    words = erase_personal([number, row.application.reference], authority=by.authority)
    Erasure.objects.create(
        authority=by.authority, number=number, ground=ground, basis=basis.strip()[:300], made_by=by.id, made_at=at
    )
    record("certificate.erased", by=by, at=at, subject=number, statement={"ground": ground, "entries": words})
    return row


def reduced(content: dict[str, Any]) -> dict[str, Any]:
    """A certificate's content without what is personal in it."""
    return {name: content[name] for name in KEPT if name in content}


def _erase_certificate(row: Certificate, *, at: datetime) -> None:
    """The certificate's own row: the issuer's signed hashes stay, what they are hashes of goes."""
    row.sd_jwt = f"{row.sd_jwt.partition('~')[0]}~"
    row.content, row.erased_at = reduced(row.content), at
    row.exporter_licence = row.exporter_name = row.importer_name = row.qr_full = row.qr_label = ""
    row.save(
        update_fields=[
            "sd_jwt", "content", "erased_at", "exporter_licence", "exporter_name", "importer_name", "qr_full",
            "qr_label",
        ]
    )  # fmt: skip


def _erase_application(row: Application, *, at: datetime) -> None:
    """The application, what was found at its examination, and its papers."""
    row.content, row.version = reduced(row.content), row.version + 1
    row.company = row.exporter_name = row.importer_name = row.reason = ""
    row.save(update_fields=["content", "version", "company", "exporter_name", "importer_name", "reason"])
    row.examinations.update(method_reason="", origin_evidence="", remarks="", seals=[])
    row.valuations.update(price_list="")
    gone = set(row.documents.values_list("sha256", flat=True))
    row.documents.update(name="", withdrawn_at=at)
    others = Document.objects.exclude(application=row).filter(sha256__in=gone, withdrawn_at=None)
    remove_files(gone - set(others.values_list("sha256", flat=True)))


def remove_files(hashes: Iterable[str]) -> None:
    """Remove files from the store once the transaction stands: an undone act has lost nothing."""
    for sha256 in sorted(set(hashes)):
        transaction.on_commit(partial(files.remove, sha256))
