"""Lists, searches and histories for pages and calls."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from openkimberley.certificates.facts import ApplicationStatus
from openkimberley.certificates.models import (
    Application,
    Certificate,
    Correction,
    Document,
)  # fmt: skip
from openkimberley.certificates.queries.sight import application, visible, visible_certificates
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries as participants


def waiting(by: Actor) -> list[dict[str, Any]]:
    """What waits for an actor in certification, oldest first: what it is, which one, since when, and where to act."""
    wanted: set[str] = set()
    if by.may(Permission.CERTIFICATE_EXAMINE):
        wanted.add(ApplicationStatus.FILED)
    if by.may(Permission.CERTIFICATE_APPROVE):
        wanted.add(ApplicationStatus.EXAMINED)
    if by.may(Permission.CERTIFICATE_VALUE) and not by.may(Permission.CERTIFICATE_EXAMINE):
        wanted |= {ApplicationStatus.FILED, ApplicationStatus.EXAMINED}
    if by.may(Permission.CERTIFICATE_APPLY):
        wanted |= {ApplicationStatus.DRAFT, ApplicationStatus.RETURNED}
    rows = visible(Application.objects.all(), by=by).filter(status__in=wanted).order_by("changed_at")[:200]
    found: list[dict[str, Any]] = [
        {"what": row.status, "kind": "application", "number": row.reference, "since": row.changed_at, "due": None,
         "who": row.exporter_name, "url_name": "application"}
        for row in rows
    ]  # fmt: skip
    if by.may(Permission.SHIPMENT_SEAL) and by.authority:
        issued_ = Certificate.objects.filter(authority=by.authority, status__in=["ISSUED", "SEALED", "ANNOUNCED"])
        found += [
            {"what": row.status, "kind": "certificate", "number": row.number, "since": row.changed_at,
             "due": row.expiry_date, "who": row.exporter_name, "url_name": "certificate"}
            for row in issued_.order_by("changed_at")[:200]
        ]  # fmt: skip
    return found


def corrections(number: str, authority: str = "") -> list[Correction]:
    """The corrections to a certificate, oldest first; of one authority's record where it is named."""
    rows = Correction.objects.filter(number=number)
    return list(rows.filter(authority=authority) if authority else rows)


def search(wanted: str, *, by: Actor) -> tuple[list[Application], list[Certificate]]:
    """Applications and certificates whose number, company or licence fits: 20 of each, that the actor may see."""
    text = wanted.strip()
    company = Q(exporter_name__icontains=text) | Q(importer_name__icontains=text)
    applications = visible(Application.objects.all(), by=by)
    by_number = Q(certificate_number__iexact=text) | Q(company__iexact=text)
    if "-A-" in text:
        authority, _, serial = text.upper().rpartition("-A-")
        if serial.isascii() and serial.isdigit() and len(serial) <= 18:
            by_number |= Q(authority=authority, serial=int(serial))
    found = applications.filter(by_number | company).order_by("-changed_at")[:20]
    close = re.sub(r"[ .-]", "", text).upper()
    numbers = Q(number__iexact=text) | Q(number__iexact=close) | Q(exporter_licence__iexact=text)
    papers = Q(paper_serial__iexact=text)
    certificates = visible_certificates(Certificate.objects.all(), by=by).filter(numbers | papers | company)
    return list(found), list(certificates.order_by("-issued_at")[:20])


def count_by_status() -> dict[str, int]:
    """How many certificates the node has issued, by status."""
    rows = Certificate.objects.values("status").annotate(count=Count("id")).order_by()
    return {row["status"]: row["count"] for row in rows}


def applications(
    *, by: Actor, status: str = "", text: str = "", company: str = "", kind: str = ""
) -> QuerySet[Application]:
    """The applications an actor may see, newest change first, narrowed by what is given."""
    rows = visible(Application.objects.all(), by=by).order_by("-changed_at", "-id")
    for name, value in (("status", status), ("company", company), ("kind", kind)):
        if value:
            rows = rows.filter(**{name: value})
    if text := text.strip():
        wanted = Q(exporter_name__icontains=text) | Q(importer_name__icontains=text)
        wanted |= Q(certificate_number__iexact=text) | Q(company__iexact=text)
        _, dash, serial = text.upper().rpartition("-A-")
        if (serial := serial if dash else text).isascii() and serial.isdigit() and len(serial) <= 18:
            wanted |= Q(serial=int(serial))
        rows = rows.filter(wanted)
    return rows


OPEN = (ApplicationStatus.DRAFT, ApplicationStatus.FILED, ApplicationStatus.RETURNED, ApplicationStatus.EXAMINED)
"""The states in which an application waits for somebody."""


def application_counts(*, by: Actor) -> dict[str, int]:
    """How many open applications the actor sees in each state. Closed ones are not counted: they only grow."""
    found = visible(Application.objects.filter(status__in=OPEN), by=by)
    rows = found.order_by().values("status").annotate(count=Count("id"))
    return {row["status"]: row["count"] for row in rows}


def certificates(
    *, by: Actor, status: str = "", text: str = "", destination: str = "", since: date | None = None,
    until: date | None = None, side: str = "",
) -> QuerySet[Certificate]:  # fmt: skip
    """The certificates an actor may see, newest first. ``since`` and ``until`` are days of issue, both included.

    ``side`` is ``out`` for those the actor's authority issued, ``in`` for those addressed to it, empty for both.
    """
    rows = visible_certificates(Certificate.objects.all(), by=by).order_by("-issued_at", "-id")
    if side and by.authority and not by.companies and by.may(Permission.CERTIFICATE_READ):
        mine = {"authority" if side == "out" else "destination_authority": by.authority}
        rows = Certificate.objects.filter(**mine).order_by("-issued_at", "-id")
    if status:
        rows = rows.filter(status=status).order_by("-changed_at", "-id")  # newest change first, as the index has it
    if destination:
        rows = rows.filter(Q(destination=destination) | Q(destination_authority=destination))
    if since:
        rows = rows.filter(issue_date__gte=since)
    if until:
        rows = rows.filter(issue_date__lte=until)
    if text := text.strip():
        close = re.sub(r"[ .-]", "", text).upper()
        numbered = rows.filter(number__gte=close, number__lt=f"{close}~")  # a range of the index, unlike LIKE
        if re.fullmatch(r"[A-Z]{2}[0-9]+", close) and numbered.exists():
            return numbered
        rows = rows.filter(
            Q(number__iexact=text) | Q(paper_serial__iexact=text) | Q(exporter_licence__iexact=text)
            | Q(exporter_name__icontains=text) | Q(importer_name__icontains=text)
        )  # fmt: skip
    return rows


def papers(row: Application) -> list[Document]:
    """The papers attached to an application that were not withdrawn."""
    return list(row.documents.filter(withdrawn_at=None))


def paper(reference: str, number: int, *, by: Actor) -> Document:
    """One paper of an application that the actor may see; a withdrawn one too. Raises ``NotFound``."""
    found = application(reference, by=by).documents.filter(pk=number).first()
    if found is None:
        raise NotFound("document", f"{reference}/{number}")
    return found


def destinations(*, on: date, besides: str = "") -> list[tuple[str, str]]:
    """The importing authorities of those who may trade on a day, as (code, Participant's code), by code.

    A Participant whose authorities nobody has told us stands under its own code. ``besides`` leaves one out.
    """
    register = participants.register()
    found = []
    for code, one in sorted(register.participants.items()):
        if code == besides or not register.trades_at(code, on):
            continue
        named = [
            a.code for a in one.authorities
            if a.importing and (a.since is None or a.since <= on) and (a.until is None or on < a.until)
        ]  # fmt: skip
        found += [(authority, code) for authority in sorted(set(named) or {code})]
    return found


def history(*subjects: str, by: Actor) -> list[dict[str, Any]]:
    """What happened to the subjects, oldest first, as far as an actor may know it.

    An authority's own officers see whole statements and refused attempts; everybody else sees which act, when, by
    which pseudonym, and the reason that was written for him to read.
    """
    found = []
    for entry in (entry for subject in subjects if subject for entry in journal.history(subject)):
        own = not by.companies and entry["authority"] == by.authority
        if entry["event"] == "act.refused" and not own and entry["actor"] != by.id:
            continue
        told = {name: entry[name] for name in ("index", "at", "event", "actor", "authority", "subject")}
        statement = entry["statement"]
        if not own and entry["actor"] != by.id:
            statement = {"reason": statement["reason"]} if "reason" in statement else {}
        found.append({**told, "statement": statement})
    return sorted(found, key=lambda entry: int(entry["index"]))


def changed_since(moment: datetime) -> list[tuple[str, int | None]]:
    """Certificates that no longer stand since a moment (with None), and those corrected since (with how often)."""
    gone = Certificate.objects.filter(status__in=WITHDRAWN, changed_at__gte=moment)
    found: list[tuple[str, int | None]] = [(number, None) for number in gone.values_list("number", flat=True)]
    own = Certificate.objects.filter(authority=OuterRef("authority"), number=OuterRef("number"))
    rows = Correction.objects.filter(Exists(own), made_at__gte=moment).values("number").annotate(count=Count("id"))
    return [*found, *((row["number"], row["count"]) for row in rows.order_by("number"))]


WITHDRAWN = ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED")
"""Statuses in which a certificate no longer stands: no goods may go under it."""
