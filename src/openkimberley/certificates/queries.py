"""Reads of certification: who may see what, the facts that rules ask, lists for pages."""

from __future__ import annotations

import hashlib
import re
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.db.models import Count, Q, QuerySet, Sum

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import facts, rules, statements
from openkimberley.certificates.facts import ApplicationStatus, CertificateStatus
from openkimberley.certificates.models import (
    Application, Certificate, Correction, Document, Draw, Examination, Form, NumberRange, Received, SigningKey, StatusIndex,
)  # fmt: skip
from openkimberley.certificates.rules.case import Alert as PaperAlert
from openkimberley.certificates.rules.case import (
    Case, HeldImport, HeldLicence, Known, Sanction, Valuations, Verification,
)  # fmt: skip
from openkimberley.documents.certificate import render_certificate
from openkimberley.documents.facts import Label, Page, PageKind, PrintedLine, PrintedOrigin, PrintedParty
from openkimberley.documents.label import render_label
from openkimberley.documents.seal import seal_pdf
from openkimberley.journal import queries as journal
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.kernel.rules import Objection, Severity, gettext_noop
from openkimberley.participants import queries as participants
from openkimberley.trade import queries as trade
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.qr import check_code
from openkimberley.trust.signing import signer_for
from openkimberley.trust.statuslist import Status as StatusBits
from openkimberley.trust.statuslist import StatusList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openkimberley.participants.facts import Profile, StatusPeriod
    from openkimberley.trust.keys import Signer

M = TypeVar("M", Application, Certificate)

SUPERVISED = (Permission.CERTIFICATE_EXAMINE, Permission.CERTIFICATE_APPROVE, Permission.PAPER_STOCK)


def participant_of(authority: str) -> str:
    """The Participant's code in an authority's code: ``EU`` of ``EU-BE``."""
    return authority.partition("-")[0]


def parts(reference: str) -> dict[str, Any]:
    """Filter values of an application's reference ``BW-A-000012``. Raises ``NotFound`` for anything else."""
    authority, _, serial = reference.rpartition("-A-")
    if not authority or not serial.isascii() or not serial.isdigit() or len(serial) > 18:
        raise NotFound("application", reference[:40])
    return {"authority": authority, "serial": int(serial)}


def visible(rows: QuerySet[Application], *, by: Actor) -> QuerySet[Application]:
    """The applications an actor may see: officers those of their authority, applicants those of their companies."""
    if not by.may(Permission.CERTIFICATE_READ):
        return rows.none()
    if by.companies:
        return rows.filter(authority=by.authority, company__in=by.companies)
    return rows.filter(authority=by.authority).exclude(status="DRAFT", kind="EXPORT") if by.authority else rows.none()


def visible_certificates(rows: QuerySet[Certificate], *, by: Actor) -> QuerySet[Certificate]:
    """The certificates an actor may see: its authority's, those addressed to its authority, or its companies' own."""
    if not by.may(Permission.CERTIFICATE_READ):
        return rows.none()
    if by.companies:
        return rows.filter(authority=by.authority, exporter_licence__in=by.companies)
    if not by.authority:
        return rows.none()
    return rows.filter(Q(authority=by.authority) | Q(destination_authority=by.authority))


def application(reference: str, *, by: Actor) -> Application:
    """One application that the actor may see. Raises ``NotFound``."""
    row = visible(Application.objects.all(), by=by).filter(**parts(reference)).first()
    if row is None:
        raise NotFound("application", reference)
    return row


def certificate(number: str, *, by: Actor) -> Certificate:
    """One certificate that the actor may see, by its number as written. Raises ``NotFound``."""
    row = visible_certificates(Certificate.objects.select_related("application"), by=by).filter(number=number).first()
    if row is None:
        raise NotFound("certificate", number)
    return row


def issued(number: str) -> Certificate | None:
    """The certificate with this number if this node issued it; for other areas' actions, not for pages."""
    return Certificate.objects.filter(number=number).first()


def fill(row: Application, content: dict[str, Any]) -> None:
    """Set the content of a draft and the columns that lists need. Unreadable amounts stay in the content as typed."""
    row.content = content
    row.exporter_name = str((content.get("exporter") or {}).get("name", ""))[:200]
    row.importer_name = str((content.get("importer") or {}).get("name", ""))[:200]
    row.destination = str(content.get("destination", ""))[:12]
    try:
        row.carats = sum((measures.carats(line["carats"]) for line in content.get("lines", [])), Decimal("0.00"))
    except (measures.BadMeasure, KeyError, TypeError):
        row.carats = None


def content_facts(row: Application, *, on: date) -> facts.Certificate:
    """The certificate that an application would become on a day. Raises ``Untrusted`` for unreadable content."""
    return read_content(row.content, authority=row.authority, on=on)


def stated(content: dict[str, Any]) -> dict[str, Any]:
    """A draft's JSON as a certificate's: empty answers left out, the carats drawn from imports kept apart."""
    draft = {key: value for key, value in content.items() if value not in ("", None, [], {})}
    if draws := draft.get("draws_on"):
        draft["draws_on"] = [draw.get("number", "") if isinstance(draw, dict) else draw for draw in draws]
    for name in ("carats", "usd"):
        if f"total_{name}" not in draft and (total := _total(draft.get("lines"), name)):
            draft[f"total_{name}"] = str(total)
    return draft


def _total(lines: Any, name: str) -> Decimal | None:
    """The sum of a column of a draft's lines, None where a line is unreadable: the reading says so then."""
    try:
        return sum((measures.amount(line[name]) for line in lines or []), Decimal("0.00"))
    except (measures.BadMeasure, KeyError, TypeError):
        return None


def read_content(content: dict[str, Any], *, authority: str, on: date) -> facts.Certificate:
    """A draft's JSON as a certificate of an authority on a day. Raises ``Untrusted`` naming every bad field."""
    return statements.certificate_from_json(
        {
            **stated(content),
            "number": f"{participant_of(authority)}0",  # the number comes with the approval
            "issuer": participant_of(authority),
            "issuing_authority": authority,
            "issue_date": on.isoformat(),
        }
    )


def case(row: Application, *, on: date, content: dict[str, Any] | None = None, approver: str = "") -> Case:
    """What the rules are asked about an application: filing it, or issuing ``content`` on a day.

    Raises ``Untrusted`` for content that cannot be read as a certificate.
    """
    wanted = statements.certificate_from_json(content) if content else content_facts(row, on=on)
    if row.kind != facts.Kind.EXPORT and row.about:
        wanted = replace(wanted, draws_on=(row.about,))
    return Case(
        certificate=wanted, asked_on=on, register=participants.register(), profiles=participants.profiles(),
        known=_known(row, wanted, on=on, approver=approver), own=True,
    )  # fmt: skip


def _known(row: Application, wanted: facts.Certificate, *, on: date, approver: str) -> Known:
    """What this desk knows about an application besides its content."""
    found = row.examinations.last()
    technical = row.kind != facts.Kind.EXPORT  # no exporter applies for it or declares: the authority moves the goods
    licence = trade.known_licences([row.company]).get(row.company) if row.company else None
    draws = {draw["number"]: measures.carats(draw["carats"]) for draw in row.content.get("draws_on", [])}
    sources, already = received(row.authority, draws), drawn(row.authority, draws)
    values = {valuation.role: valuation for valuation in row.valuations.all()}
    held = {
        number: HeldImport(
            number, source.carats - already.get(number, Decimal("0.00")),
            origin=tuple(country for country in source.origin if country != facts.MIXED),
            mixed=facts.MIXED in source.origin,
        )
        for number, source in sources.items()
    }  # fmt: skip
    if technical and row.about:  # what goes back, is held or is examined came under that certificate, and no more of it
        carats = wanted.total_carats or Decimal("0.00")
        draws[row.about] = carats
        held[row.about] = HeldImport(row.about, carats, origin=wanted.origin, mixed=wanted.mixed)
    return Known(
        issued_numbers=frozenset(
            Certificate.objects.filter(number=wanted.number).values_list("number", flat=True) if approver else ()
        ),
        licences=tuple(held_licences([row.company], on=on)) if row.company else None,
        stock_declared=(on.year - 1 in licence.stock_declared) if licence else None,
        private_person=licence.one_time if licence else None,
        mined_here=_mined_here(row, wanted, found) if not draws else None,
        alerts=_alerts(wanted, row.authority) if approver else None,
        sanctions=tuple(
            Sanction(zone.issuer, zone.source, zone=zone.zone, since=zone.day)
            for country in wanted.origin
            for zone in alerts.closed_zones(country, on)
        ),
        imports=held,
        draws=draws,
        declared=None if technical else bool(row.declared_by),
        verification=Verification(found.method, found.method_reason) if found else None,
        valuations=Valuations(
            exporter=wanted.total_usd, government=values["GOVERNMENT"].usd if "GOVERNMENT" in values else None,
            independent=values["INDEPENDENT"].usd if "INDEPENDENT" in values else None, requested_at=row.filed_at,
            valued_at=max((value.valued_at for value in values.values()), default=None),
        ),
        steps={
            name: person
            for name, person in (
                ("apply", "" if technical else row.filed_by or row.opened_by),
                ("examine", found.examined_by if found else ""),
                ("value", values["GOVERNMENT"].valued_by if "GOVERNMENT" in values else ""), ("approve", approver),
            )
            if person
        },
    )  # fmt: skip


def _mined_here(row: Application, wanted: facts.Certificate, found: Examination | None) -> bool | None:
    """Whether evidence of mining in the issuer's territory is on file: the officer's word, before it an attached paper.

    None while nobody has said: the applicant may bring it until the examination.
    """
    if participant_of(row.authority) not in wanted.origin:
        return None
    if found is not None:
        return bool(found.origin_evidence.strip())
    return row.documents.filter(kind="ORIGIN_EVIDENCE", withdrawn_at=None).exists() or None


def _alerts(wanted: facts.Certificate, authority: str) -> tuple[PaperAlert, ...]:
    """The alerts on the number about to be given and on the sheet about to be used."""
    found = [alerts.alert_for(wanted.number, participant_of(authority))]
    if wanted.paper_serial:
        found.append(alerts.paper_serial_alert(wanted.paper_serial))
    return tuple(
        PaperAlert(
            "STOLEN" if one.serials else "FAKE", number=wanted.number if not one.serials else "",
            paper_serial=wanted.paper_serial if one.serials else "", features="; ".join(one.features), since=one.day,
        )
        for one in found
        if one is not None
    )  # fmt: skip


def held_licences(numbers: Iterable[str], *, on: date) -> list[HeldLicence]:
    """The licences among ``numbers`` that are good on a day, as the rules read them."""
    known = trade.known_licences(list(numbers))
    return [
        HeldLicence(number, frozenset(kind.value for kind in licence.kinds), since=on, until=on + timedelta(days=1))
        for number, licence in known.items()
        if licence.status_on(on).value == "GRANTED"
    ]


def profile_of(authority: str) -> Profile:
    """The jurisdiction profile of an authority's Participant."""
    return participants.profiles().of(participant_of(authority))


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


def bundle(*, at: datetime) -> dict[str, Any]:
    """What a check needs when there is no node: participants, this node's keys, statuses, uses and alerts.

    Rebuilt only when the journal has moved since the last time. See docs/spec/bundle.md for the form.
    """
    key = (journal.size(), at.date())
    if _bundle.get("key") != key:
        _bundle.update(key=key, made=_make_bundle(at=at))
    return {**_bundle["made"], "issued": at.astimezone(UTC).isoformat(timespec="seconds")}


_bundle: dict[str, Any] = {}

STATUS_BITS = {
    CertificateStatus.VOID: 1, CertificateStatus.REPLACED: 1, CertificateStatus.LOST: 1,
    CertificateStatus.EXPIRED_RETURNED: 1, CertificateStatus.RETURNED: 1, CertificateStatus.REFUSED: 2,
    CertificateStatus.DISPUTED: 2, CertificateStatus.CONFIRMED: 3,
}  # fmt: skip
"""What a status means in the 2-bit status list (trust.md 4.9): 1 void, 2 under query, 3 confirmed and used."""


def certificate_facts(row: Certificate) -> facts.Certificate:
    """An issued certificate as the facts that rules read."""
    return statements.certificate_from_json(row.content)


def drawn(authority: str, sources: Iterable[str]) -> dict[str, Decimal]:
    """Carats already drawn from each import certificate by certificates that still stand."""
    rows = (
        Draw.objects.filter(authority=authority, source_number__in=list(sources))
        .exclude(certificate__status__in=["VOID", "REPLACED", "LOST", "EXPIRED_RETURNED", "RETURNED"])
        .values("source_number")
        .annotate(total=Sum("carats"))
    )
    return {row["source_number"]: row["total"] or Decimal("0.00") for row in rows}


def received(authority: str, numbers: Iterable[str]) -> dict[str, Received]:
    """The import certificates of an authority, by number."""
    return {row.number: row for row in Received.objects.filter(authority=authority, number__in=list(numbers))}


def used(issuer: str, number: str) -> Received | None:
    """The record that a certificate was used at import, if it was: there is never a second."""
    return Received.objects.filter(issuer=issuer, number=number).first()


def ranges(authority: str) -> list[NumberRange]:
    """An authority's registered ranges, in order."""
    return list(NumberRange.objects.filter(authority=authority))


def forms_count(authority: str) -> dict[str, int]:
    """How many blank forms an authority has in each state."""
    rows = Form.objects.filter(authority=authority).values("status").annotate(count=Count("id"))
    return {row["status"]: row["count"] for row in rows}


def next_blank(authority: str) -> str:
    """The serial of the next blank sheet, or empty where none is left."""
    row = Form.objects.filter(authority=authority, status="RECEIVED").order_by("serial").first()
    return row.serial if row else ""


def corrections(number: str) -> list[Correction]:
    """The corrections to a certificate, oldest first."""
    return list(Correction.objects.filter(number=number))


def search(wanted: str, *, by: Actor) -> tuple[list[Application], list[Certificate]]:
    """Applications and certificates whose number, company or licence fits, among those the actor may see; 20 of each."""
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


def keys(authority: str, use: str = "") -> list[SigningKey]:
    """An authority's registered public keys, newest name last."""
    rows = SigningKey.objects.filter(authority=authority)
    return list(rows.filter(use=use) if use else rows)


def _make_bundle(*, at: datetime) -> dict[str, Any]:
    """Gather a bundle from the register, the keys, the certificates and the alerts."""
    register = participants.register()
    by_authority: dict[str, dict[str, Any]] = {}
    for key in SigningKey.objects.all():
        entry = by_authority.setdefault(key.authority, _authority_entry(key.authority))
        if key.use == "seal":
            entry["seal_certificates"].append(hashlib.sha256(bytes(key.x509)).hexdigest())
            entry["seal_roots"].append(b64u(bytes(key.root)))
        else:
            entry["keys"].append(
                PublicKey(
                    kid=key.kid, alg=key.alg, pub=bytes(key.public_key), use=key.use, not_before=key.not_before,
                    not_after=key.not_after, state=key.state, compromised_since=key.compromised_since,
                ).as_json()
            )  # fmt: skip
    standing = Certificate.objects.filter(status__in=["ANNOUNCED", "DEPARTED", "ARRIVED"])
    return {
        "v": 1,
        "node": PLACE_NAME,
        "head": journal.size(),
        "participants": {
            code: {
                "code": code,
                "name": one.name,
                "codes": sorted({prefix.code for prefix in one.prefixes} - {code}),
                "history": [_period(period) for period in one.timeline()],
            }
            for code, one in register.participants.items()
        },
        "authorities": by_authority,
        "status_lists": _status_lists(at),
        "expected": list(standing.values_list("cid", flat=True)),
        "used": [
            {"cid": cid, "authority": authority}
            for cid, authority in Received.objects.exclude(cid="").values_list("cid", "authority")
        ],
        "alerts": sorted(alerts.known_fakes()),
        "overlay": {},
    }


PLACE_NAME = "node"


def _period(period: StatusPeriod) -> dict[str, Any]:
    """One period of a participant's history as the bundle has it."""
    return {
        "status": period.status.value,
        "from": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
        "zones": list(period.zones),
        "source": period.source,
    }


def _authority_entry(authority: str) -> dict[str, Any]:
    """What the bundle says of an authority besides its keys: its Participant and the numbers it may give."""
    rows = ranges(authority)
    return {
        "participant": participant_of(authority),
        "mode": "node",
        "keys": [],
        "seal_certificates": [],
        "seal_roots": [],
        "number_patterns": sorted({f"^{row.prefix}[0-9]{{{row.digits}}}$" for row in rows}),
        "ranges": [{"series": row.prefix, "from": row.first, "to": row.last, "year": row.year or 0} for row in rows],
    }


def _status_lists(at: datetime) -> dict[str, dict[str, Any]]:
    """A status list for each authority and year in which a certificate's status is no longer valid, or may become so."""
    found: dict[str, dict[str, Any]] = {}
    for authority, year in StatusIndex.objects.values_list("authority", "year").distinct().order_by():
        rows = Certificate.objects.filter(authority=authority, issued_at__year=year, status__in=list(STATUS_BITS))
        changes = {
            index: StatusBits(STATUS_BITS[CertificateStatus(status)])
            for index, status in rows.values_list("status_index", "status")
        }
        found[status_uri(authority, year)] = {
            "authority": authority, "id": year, "bits": 2, "lst": StatusList.empty().with_(changes).encode(),
            "exp": (at + timedelta(days=7)).astimezone(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
    return found


def status_uri(authority: str, year: int) -> str:
    """Where the status list of an authority and year will be found."""
    return f"https://kp.example/status/{authority}/{year}-1"


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


def certificate_pdf(number: str, *, by: Actor, language: str = "", demonstration: bool = False) -> bytes:
    """The certificate as a sealed PDF/A page. Equal every time it is made, since its date is that of issue."""
    row = certificate(number, by=by)
    page = render_certificate(page_of(row, language=language, demonstration=demonstration))
    sealing = keys(row.authority, "seal")
    if not sealing:
        return page
    return seal_pdf(page, _der_signer(signer_for(row.authority, "seal")), bytes(sealing[-1].x509), at=row.issued_at)


def _der_signer(signer: Signer) -> Callable[[bytes], bytes]:
    """A signer whose 64 raw bytes come as the DER that PDF readers expect."""

    def sign(message: bytes) -> bytes:
        raw = signer.sign(message)
        return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))

    return sign


def label_pdf(number: str, *, by: Actor, demonstration: bool = False) -> bytes:
    """The label for the sealed bag."""
    row = certificate(number, by=by)
    says = certificate_facts(row)
    return render_label(
        Label(
            number=row.number, destination=row.destination_authority or row.destination,
            seal=", ".join(says.seals), expiry_date=row.expiry_date, check_code=check_code(unb64u(row.cid)),
            qr_text=row.qr_label, issued_at_unix=int(row.issued_at.timestamp()), issuer=row.participant,
            parcels=says.parcels, paper_serial=row.paper_serial, demonstration=demonstration,
        )
    )  # fmt: skip


# --- what the pages, the API and the commands list --------------------------------------------------------------------


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


def blank_forms(authority: str, *, status: str = "", text: str = "") -> QuerySet[Form]:
    """The ledger of an authority's blank forms by serial, narrowed by what is given."""
    rows = Form.objects.filter(authority=authority).order_by("serial")
    if status:
        rows = rows.filter(status=status)
    if text := text.strip():
        rows = rows.filter(Q(serial__istartswith=text) | Q(batch__iexact=text) | Q(certificate_number__iexact=text))
    return rows


def holdings(*, by: Actor) -> list[dict[str, Any]]:
    """The import certificates of an applicant's companies with what is left of each, newest first; 100 of them."""
    rows = list(Received.objects.filter(authority=by.authority, importer_licence__in=by.companies)[:100])
    gone = drawn(by.authority, [row.number for row in rows])
    return [
        {"number": row.number, "received_on": row.received_on, "carats": row.carats, "origin": row.origin,
         "left": row.carats - gone.get(row.number, Decimal("0.00"))}
        for row in rows
    ]  # fmt: skip


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


def next_number(authority: str, *, on: date) -> str:
    """The number that the next certificate of a day would get, empty where no registered range has one left."""
    for row in NumberRange.objects.filter(authority=authority).order_by("-year", "first"):
        if row.next <= row.last and row.year in (on.year, None):
            return f"{row.prefix}{row.next:0{row.digits}d}"
    return ""


def precheck(row: Application, *, on: date) -> tuple[Objection, ...]:
    """Everything that filing would meet on a day: what cannot be read, and what the rules object to, all at once."""
    shown, faults = copy(row), list[Objection]()
    shown.content = readable(row.content, faults)
    try:
        asked = rules.ask(rules.BEFORE_FILING, case(shown, on=on))
    except Untrusted as error:
        return (*faults, rules.objection("R013", gettext_noop("This cannot be read: %(reason)s"), reason=error.reason))
    told = {fault.field for fault in faults}
    missing = {f"total_{key}" for key in ("carats", "usd") if any(field.endswith(f"/{key}") for field in told)}
    return (*faults, *(o for o in asked.objections if o.field not in told | missing))


def readable(content: Mapping[str, Any], faults: list[Objection]) -> dict[str, Any]:
    """A draft's content without what was left empty or cannot be read; each of the latter goes to ``faults``."""
    clean = {key: value for key, value in content.items() if value not in ("", None, [], {})}
    clean["lines"] = [_readable_line(line, f"lines/{n}", faults) for n, line in enumerate(clean.get("lines", []))]
    clean["draws_on"] = [
        draw for n, draw in enumerate(clean.get("draws_on", []))
        if _amount_reads(draw, "carats", f"draws_on/{n}", faults, needed=True)
    ]  # fmt: skip
    clean["origin_shares"] = {
        country: share for country, share in clean.get("origin_shares", {}).items()
        if _amount_reads({"share": share}, "share", f"origin_shares/{country}", faults)
    }  # fmt: skip
    parcels = clean.get("parcels")
    if parcels is not None and type(parcels) is not int:
        faults.append(_unreadable("R019", "parcels", parcels))
        del clean["parcels"]
    return {key: value for key, value in clean.items() if value not in ([], {})}


_READ_BY = {"carats": "R017", "usd": "R018", "share": "R023"}
"""The rule that asks for each amount: what is said to be unreadable is said in its name."""


def _readable_line(line: Mapping[str, Any], where: str, faults: list[Objection]) -> dict[str, Any]:
    """A line without its empty and unreadable cells."""
    return {
        key: value for key, value in line.items()
        if value not in ("", None) and (key not in ("carats", "usd") or _amount_reads(line, key, where, faults))
    }  # fmt: skip


def _amount_reads(
    row: Mapping[str, Any], key: str, where: str, faults: list[Objection], *, needed: bool = False
) -> bool:
    """True where an amount is one. An unreadable one goes to ``faults``, an empty one only where it is needed."""
    try:
        return bool(measures.amount(row.get(key, "")) >= 0)
    except measures.BadMeasure:
        if needed or row.get(key) not in ("", None):
            faults.append(_unreadable(_READ_BY[key], where if key == "share" else f"{where}/{key}", row.get(key, "")))
        return False


def _unreadable(code: str, field: str, value: object) -> Objection:
    """The objection to something that was typed and is no number."""
    return Objection(
        code, Severity.REFUSE, gettext_noop('"%(typed)s" cannot be read as a number.'), {"typed": str(value)[:40]},
        field, gettext_noop("Write digits, a point and at most two decimals, such as 12.50."),
    )  # fmt: skip


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
