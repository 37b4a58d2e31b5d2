"""From draft to filed application: what the exporter or his agent does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from openkimberley.certificates import queries
from openkimberley.certificates.facts import APPLICATION_TRANSITIONS, ApplicationStatus, Kind
from openkimberley.certificates.models import Application, Document
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused, Untrusted
from openkimberley.kernel.rules import Objection, Severity, gettext_noop

MOST_DOCUMENTS = 30  # an application with more papers than this is two applications


def locked(reference: str, *, by: Actor, version: int | None = None) -> Application:
    """The application, locked for this transaction, if the actor may see it.

    Raises ``NotFound``; ``Conflict`` where somebody changed it since ``version`` was read.
    """
    row = queries.visible(Application.objects.select_for_update(), by=by).filter(**queries.parts(reference)).first()
    if row is None:
        raise NotFound("application", reference)
    if version is not None and row.version != version:
        raise Conflict(f"application {reference} was changed by somebody else meanwhile: load it again")
    return row


def move(row: Application, to: ApplicationStatus, *, at: datetime) -> None:
    """Set the status if the table of transitions has the step. Raises ``Conflict`` otherwise."""
    if to not in APPLICATION_TRANSITIONS[ApplicationStatus(row.status)]:
        raise Conflict(f"application {row.reference} is {row.status.lower()}: it cannot become {to.value.lower()}")
    row.status, row.changed_at, row.version = to.value, at, row.version + 1


def may_file_for(by: Actor, company: str) -> None:
    """Raise ``NotPermitted`` where the actor neither is the company nor was named by it."""
    if company not in by.companies:
        raise NotPermitted(Permission.CERTIFICATE_APPLY, f"you may not file for licence {company}")


@action("certificates.open_draft", needs=Permission.CERTIFICATE_APPLY)
def open_draft(*, by: Actor, at: datetime, company: str, content: dict[str, Any]) -> Application:
    """Begin an application for one's company, complete or not. ``content`` is the certificate's JSON so far."""
    may_file_for(by, company)
    return _open(by=by, at=at, company=company, content=content, kind=Kind.EXPORT)


@action("certificates.open_replacement", needs=Permission.CERTIFICATE_APPLY)
def open_replacement(*, by: Actor, at: datetime, number: str, reason: str) -> Application:
    """Begin an application for a certificate in place of one that has an error, or was lost, before export (R087).

    It starts with what the old one was applied for with. Raises ``NotFound``; ``Conflict`` without a reason.
    """
    old = queries.certificate(number, by=by)
    may_file_for(by, old.exporter_licence)
    if not reason.strip():
        raise Conflict("say why the certificate must be replaced")
    return _open(
        by=by, at=at, company=old.exporter_licence, content=old.application.content, kind=Kind.EXPORT, about=number,
        reason=reason,
    )  # fmt: skip


@action("certificates.open_technical", needs=Permission.CERTIFICATE_EXAMINE)
def open_technical(
    *, by: Actor, at: datetime, kind: Kind, about: str, reason: str, content: dict[str, Any]
) -> Application:
    """Begin an application for a technical certificate: goods returned, seized or for research (R089, R091).

    ``about`` is the certificate that the goods came under; it stays linked. An officer opens it, another approves it.
    Raises ``Conflict`` for an ordinary export.
    """
    if kind is Kind.EXPORT:
        raise Conflict("an ordinary export is applied for by its exporter")
    if kind is Kind.TECHNICAL_RETURN and not about:
        raise Conflict("a return names the certificate that the goods came under")
    return _open(by=by, at=at, company="", content=content, kind=kind, about=about, reason=reason)


def _open(
    *, by: Actor, at: datetime, company: str, content: dict[str, Any], kind: Kind, about: str = "", reason: str = ""
) -> Application:
    """Insert the draft under the authority's next serial. The action's transaction holds the journal's lock already."""
    record_lock = Application.objects.select_for_update().filter(authority=by.authority).order_by("-serial")
    last = record_lock.values_list("serial", flat=True).first()
    row = Application(
        authority=by.authority, serial=(last or 0) + 1, kind=kind.value, company=company, opened_by=by.id,
        opened_at=at, changed_at=at, about=about, reason=reason,
    )  # fmt: skip
    queries.fill(row, content)
    row.save(force_insert=True)
    record(
        "application.opened", by=by, at=at, subject=row.reference,
        statement={"company": company, "kind": kind.value, "about": about},
    )  # fmt: skip
    return row


@action("certificates.load_drafts", needs=Permission.CERTIFICATE_APPLY)
def load_drafts(*, by: Actor, at: datetime, company: str, rows: list[dict[str, Any]]) -> list[Application]:
    """Open a draft for each row, or none at all. ``rows`` are certificates in the contract's JSON without a number.

    Raises ``Refused`` with an objection for every bad row (field ``row/3/lines``): what cannot be read is not loaded.
    """
    may_file_for(by, company)
    objections = []
    for place, content in enumerate(rows, start=1):
        try:
            queries.read_content(content, authority=by.authority, on=at.date())
        except Untrusted as error:
            objections.append(
                Objection("R013", Severity.REFUSE, gettext_noop("Row %(row)s cannot be read: %(reason)s"),
                          {"row": str(place), "reason": error.reason}, field=f"row/{place}",
                          remedy=gettext_noop("Mend the row and load the whole file again: nothing was loaded."))
            )  # fmt: skip
    if objections:
        raise Refused(objections, subject=company)
    return [_open(by=by, at=at, company=company, content=content, kind=Kind.EXPORT) for content in rows]


@action("certificates.save_draft", needs=Permission.CERTIFICATE_APPLY)
def save_draft(*, by: Actor, at: datetime, reference: str, version: int, content: dict[str, Any]) -> Application:
    """Keep what was written so far. A draft may be as incomplete as it is; nothing typed is lost."""
    row = locked(reference, by=by, version=version)
    if row.status not in (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED):
        raise Conflict(f"application {reference} is {row.status.lower()}: only a draft can be changed")
    may_file_for(by, row.company)
    queries.fill(row, content)
    row.version, row.changed_at = row.version + 1, at
    row.declared_by, row.declared_at = "", None  # a declaration covers what was declared, not what came after
    row.save()
    record("application.saved", by=by, at=at, subject=reference, statement={"version": row.version})
    return row


@action("certificates.attach", needs=Permission.CERTIFICATE_APPLY)
def attach(
    *, by: Actor, at: datetime, reference: str, kind: str, name: str, sha256: str, media_type: str, size: int
) -> Document:
    """Attach a paper that the file store keeps under ``sha256`` (``size`` in bytes)."""
    row = locked(reference, by=by)
    if row.status not in (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED):
        raise Conflict(f"application {reference} is {row.status.lower()}: papers are attached to a draft")
    if row.documents.filter(withdrawn_at=None).count() >= MOST_DOCUMENTS:
        raise Conflict(f"an application has at most {MOST_DOCUMENTS} papers")
    document = Document.objects.create(
        application=row, kind=kind, name=name[:150], sha256=sha256, media_type=media_type, size=size,
        added_by=by.id, added_at=at,
    )  # fmt: skip
    record(
        "application.document_attached", by=by, at=at, subject=reference,
        statement={"kind": kind, "sha256": sha256, "size": size},
    )  # fmt: skip
    return document


@action("certificates.detach", needs=Permission.CERTIFICATE_APPLY)
def detach(*, by: Actor, at: datetime, reference: str, document: int) -> None:
    """Withdraw an attached paper from a draft. It stays on record as withdrawn."""
    row = locked(reference, by=by)
    if row.status not in (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED):
        raise Conflict(f"application {reference} is {row.status.lower()}: papers are withdrawn from a draft only")
    paper = row.documents.filter(pk=document, withdrawn_at=None).first()
    if paper is None:
        raise NotFound("document", str(document))
    paper.withdrawn_at = at
    paper.save(update_fields=["withdrawn_at"])
    record("application.document_withdrawn", by=by, at=at, subject=reference, statement={"sha256": paper.sha256})


@action("certificates.file", needs=Permission.CERTIFICATE_APPLY)
def file(*, by: Actor, at: datetime, reference: str, version: int, declared: bool) -> Application:
    """File the application, with the declaration that these are no conflict diamonds (R054).

    Raises ``Refused`` with everything that is missing: the same list that the pre-check shows.
    """
    row = locked(reference, by=by, version=version)
    may_file_for(by, row.company)
    if declared:
        row.declared_by, row.declared_at = by.id, at
    stops = [o for o in queries.precheck(row, on=at.date()) if o.severity is not Severity.FLAG]
    if stops:
        raise Refused(stops, subject=reference)
    move(row, ApplicationStatus.FILED, at=at)
    row.filed_by, row.filed_at, row.reason = by.id, at, ""
    row.save()
    record(
        "application.filed", by=by, at=at, subject=reference,
        statement={"declared_by": row.declared_by, "company": row.company}, personal={"content": row.content},
    )  # fmt: skip
    return row


@action("certificates.withdraw", needs=Permission.CERTIFICATE_APPLY)
def withdraw(*, by: Actor, at: datetime, reference: str) -> Application:
    """Take an application back before it is examined."""
    row = locked(reference, by=by)
    may_file_for(by, row.company)
    move(row, ApplicationStatus.WITHDRAWN, at=at)
    row.save()
    record("application.withdrawn", by=by, at=at, subject=reference, statement={})
    return row
