"""Reads of alerts: is this number, paper or name known; what does a genuine paper of that day look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q

from openkimberley.alerts import facts
from openkimberley.alerts.facts import AlertKind, AlertStatus
from openkimberley.alerts.models import Alert, Answer, IssuerQuery, ListedName, Mark, Specimen
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.kernel.measures import Period

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.core.paginator import Page
    from django.db.models import QuerySet

PER_PAGE = 25
_PAPER = (AlertKind.STOLEN_BLANKS.value, AlertKind.LOST_BLANKS.value)
_STOPPING = (AlertStatus.SUSPECTED.value, AlertStatus.CONFIRMED.value)


def known_fakes() -> frozenset[str]:
    """The numbers of fakes and of lost certificates, each as it is compared (``SL4911``) and as written (``SL004911``).

    Every desk stops them; an offline bundle carries them along.
    """
    kinds = (AlertKind.FAKE.value, AlertKind.LOST_CERTIFICATE.value)
    rows = Alert.objects.filter(kind__in=kinds, status__in=_STOPPING).exclude(number="")
    found = set()
    for number, key, issuer in rows.values_list("number", "number_key", "issuer"):
        written = "".join(letter for letter in number.upper() if letter.isalnum())
        found |= {key, written if written[:1].isalpha() else f"{issuer}{written}"}
    return frozenset(found)


def alert_for(number: str, issuer: str) -> facts.Alert | None:
    """The alert that stops a certificate of this number and issuer, a confirmed one before a suspected one.

    The number is compared as R008 says. None where no alert is out.
    """
    if not (key := facts.number_key(number, issuer)):
        return None
    rows = Alert.objects.filter(number_key=key, status__in=_STOPPING).order_by("status", "-day")
    row = rows.first()  # CONFIRMED sorts before SUSPECTED
    return to_alert(row) if row else None


def paper_serial_alert(serial: str) -> facts.Alert | None:
    """The alert on stolen or lost blank paper that has this serial number. None where no alert is out."""
    rows = Alert.objects.filter(kind__in=_PAPER, status__in=_STOPPING).order_by("status", "-day")
    key, parts = facts.number_key(serial), facts.serial_parts(serial)
    if not key:
        return None
    wanted = Q(number_key=key)
    if parts is not None:
        wanted |= Q(serial_prefix=parts[0], serial_first__lte=parts[1], serial_last__gte=parts[1])
    row = rows.filter(wanted).first()
    return to_alert(row) if row else None


def warnings_about(issuer: str) -> list[facts.Alert]:
    """Alerts on papers of an issuer whose number nobody knows: a reason to ask the issuer about every paper of it."""
    rows = Alert.objects.filter(issuer=issuer, status__in=_STOPPING, number="", serial_first__isnull=True)
    return [to_alert(row) for row in rows.exclude(kind__in=(AlertKind.ZONE_CLOSED.value, AlertKind.JOURNAL.value))]


def closed_zones(country: str, on: date) -> list[facts.Alert]:
    """The zones of a country whose goods are not accepted on that day."""
    rows = Alert.objects.filter(issuer=country, kind=AlertKind.ZONE_CLOSED.value, day__lte=on, status__in=_STOPPING)
    return [to_alert(row) for row in rows]


def alert(reference: str) -> facts.Alert:
    """One alert. Raises ``NotFound``."""
    return to_alert(row_of(Alert, reference))


def reason_of(reference: str) -> str:
    """Why an alert was confirmed or withdrawn, in the officer's words."""
    return str(row_of(Alert, reference).decided_reason)


def alerts(
    *, text: str = "", kind: str = "", issuer: str = "", status: str = "", public: bool = False
) -> QuerySet[Alert]:
    """Alerts, newest first, narrowed by what is given. ``public`` leaves confirmed ones only, as everybody may see."""
    rows = Alert.objects.all()
    if public:
        rows = rows.filter(status=AlertStatus.CONFIRMED.value)
    if text.strip():
        key = facts.number_key(text)
        found = Q(number__icontains=text.strip()) | Q(reference__iexact=text.strip())
        rows = rows.filter(found | Q(number_key__contains=key) if key else found)
    for name, value in (("kind", kind), ("issuer", issuer.upper()), ("status", status)):
        if value:
            rows = rows.filter(**{name: value})
    return rows


def page_of(rows: QuerySet[Any], page: int | str) -> Page[Any]:
    """One page of a list."""
    return Paginator(rows, PER_PAGE).get_page(page)


def export(*, public: bool = False) -> list[facts.Alert]:
    """Every alert that stops something, or for the public every confirmed one, oldest first."""
    return [to_alert(row) for row in alerts(public=public).filter(status__in=_STOPPING).order_by("day", "id")]


def fingerprints() -> frozenset[str]:
    """What the alerts say that are here already, withdrawn ones included."""
    return frozenset(Alert.objects.values_list("fingerprint", flat=True))


def row_of(model: type[Any], reference: str) -> Any:
    """The row of a reference. Raises ``NotFound``."""
    row = model.objects.filter(reference=reference).first()
    if row is None:
        raise NotFound(str(model._meta.verbose_name), reference[:60])
    return row


def to_alert(row: Alert) -> facts.Alert:
    """A row as the noun."""
    run = None
    if row.serial_first is not None and row.serial_last is not None:
        run = facts.Serials(row.serial_prefix, row.serial_first, row.serial_last)
    return facts.Alert(
        kind=AlertKind(row.kind), issuer=row.issuer, day=row.day, number=row.number, serials=run, zone=row.zone,
        features=tuple(row.features), reported_by=row.reported_by, source=row.source, status=AlertStatus(row.status),
        reference=row.reference, authority=row.authority,
    )  # fmt: skip


# --- what genuine papers look like ------------------------------------------------------------------------------------


def _in_force(rows: QuerySet[Any], on: date | None) -> QuerySet[Any]:
    """The rows whose period covers the day; all of them where no day is given."""
    return rows if on is None else rows.filter(Q(until__isnull=True) | Q(until__gt=on), since__lte=on)


def specimens(issuer: str = "", on: date | None = None) -> tuple[facts.Specimen, ...]:
    """The specimens of an issuer that hold on a day, the latest first; of all issuers and days where left out."""
    rows = Specimen.objects.filter(issuer=issuer) if issuer else Specimen.objects.all()
    return tuple(to_specimen(row) for row in _in_force(rows, on))


def specimen(reference: str) -> facts.Specimen:
    """One specimen. Raises ``NotFound``."""
    return to_specimen(row_of(Specimen, reference))


def to_specimen(row: Specimen) -> facts.Specimen:
    """A row as the noun."""
    return facts.Specimen(
        issuer=row.issuer, title=row.title, period=Period(row.since, row.until),
        numbers=tuple(facts.Serials(prefix, first, last) for prefix, first, last in row.numbers),
        features=tuple(facts.Feature(*one) for one in row.features),
        pictures=tuple(facts.Picture(*one) for one in row.pictures), notified_on=row.notified_on, source=row.source,
        reference=row.reference, retired_reason=row.retired_reason,
    )  # fmt: skip


def signatories(issuer: str = "", on: date | None = None, kind: str = "") -> tuple[facts.Mark, ...]:
    """The signatories and stamps of an issuer that hold on a day; of all issuers and days where left out."""
    rows = Mark.objects.filter(issuer=issuer) if issuer else Mark.objects.all()
    rows = rows.filter(kind=kind) if kind else rows
    return tuple(to_mark(row) for row in _in_force(rows, on))


def to_mark(row: Mark) -> facts.Mark:
    """A row as the noun."""
    return facts.Mark(
        issuer=row.issuer, kind=facts.MarkKind(row.kind), name=row.name, period=Period(row.since, row.until),
        post=row.post, sample=row.sample, source=row.source, reference=row.reference,
    )  # fmt: skip


def picture_is_shown(sha256: str) -> bool:
    """True where a file belongs to a specimen or is the sample of a signatory: every officer may see those."""
    if Mark.objects.filter(sample=sha256).exists():
        return True
    return Specimen.objects.filter(pictures__icontains=sha256).exists()


def file_is_shown(sha256: str, authority: str) -> bool:
    """True where a file was put with a question, or came with an answer, of this authority."""
    rows = IssuerQuery.objects.filter(authority=authority)
    return rows.filter(Q(files__icontains=sha256) | Q(answers__files__icontains=sha256)).exists()


_SCAN = "openkimberley.alerts.scan"


def compare_address(issuer: str, on: date, number: str = "", scan: str = "") -> str:
    """The page that lays a scan (its SHA-256 in the file store) beside the specimens of an issuer and day.

    The scan's name is signed, so that the page shows what somebody who may see it laid there, and nothing else.
    """
    asked = {"issuer": issuer, "on": on.isoformat(), "number": number}
    if scan:
        asked["scan"] = signing.dumps(scan, salt=_SCAN)
    return f"/specimens/compare?{urlencode(asked)}"


def scan_of(token: str) -> str:
    """The scan that a signed name of the last day means. Raises ``NotFound``."""
    try:
        return str(signing.loads(token, salt=_SCAN, max_age=24 * 3600))
    except signing.BadSignature as error:
        raise NotFound("scan", token[:20]) from error


# --- listed names -----------------------------------------------------------------------------------------------------


def listed_names(on: date | None = None, text: str = "") -> QuerySet[ListedName]:
    """Entries in force on a day, of all days where it is left out, whose name or alias has the words in it."""
    rows: QuerySet[ListedName] = _in_force(ListedName.objects.all(), on)
    if key := facts.name_key(text):
        for word in key.split():
            rows = rows.filter(Exists(ListedName.objects.filter(pk=OuterRef("pk"), keys__key__contains=word)))
    return rows


def match_names(names: Iterable[str], on: date) -> tuple[facts.NameMatch, ...]:
    """Which of the names stand on a list on that day, exactly or but for case, accents, order and legal form."""
    asked = [name for name in names if name.strip()]
    keys = {facts.name_key(name) for name in asked}
    rows = _in_force(ListedName.objects.filter(keys__key__in=keys).distinct(), on)
    entries = tuple(to_listed(row) for row in rows)
    return tuple(match for name in asked for match in facts.match_name(name, entries))


def to_listed(row: ListedName) -> facts.ListedName:
    """A row as the noun."""
    return facts.ListedName(
        kind=facts.ListKind(row.kind), list_name=row.list_name, name=row.name, period=Period(row.since, row.until),
        aliases=tuple(row.aliases), entity=facts.EntityKind(row.entity), source=row.source, note=row.note,
        reference=row.reference,
    )  # fmt: skip


# --- questions to issuers ---------------------------------------------------------------------------------------------


def issuer_queries(
    *, authority: str = "", number: str = "", issuer: str = "", open_only: bool = False
) -> QuerySet[IssuerQuery]:
    """Questions to issuers, newest first, narrowed by what is given."""
    rows = IssuerQuery.objects.prefetch_related("answers")
    if authority:
        rows = rows.filter(authority=authority)
    if number:
        rows = rows.filter(number_key=facts.number_key(number, issuer))
    return rows.filter(answers__isnull=True) if open_only else rows


def issuer_query(reference: str) -> facts.IssuerQuery:
    """One question with its answers. Raises ``NotFound``."""
    return to_query(row_of(IssuerQuery, reference))


def waiting(by: Actor) -> list[dict[str, Any]]:
    """What waits for an officer here, oldest first: questions without answer and suspected alerts of the authority.

    Each says what it is, which one, since when, about whom, and the page's name, as the work list wants it.
    """
    if not (by.may(Permission.ALERT_RAISE) and by.authority):
        return []
    asked = IssuerQuery.objects.filter(authority=by.authority, answers__isnull=True).order_by("recorded_at")[:100]
    out = Alert.objects.filter(authority=by.authority, status=AlertStatus.SUSPECTED.value).order_by("recorded_at")[:100]
    rows: list[tuple[str, str, Any, str]] = [("ASKED", "question", row, row.issuer) for row in asked]
    rows += [("SUSPECTED", "alert", row, row.issuer) for row in out]
    return [
        {"what": what, "kind": kind, "number": row.reference, "since": row.recorded_at, "due": None, "who": who,
         "url_name": kind}
        for what, kind, row, who in sorted(rows, key=lambda one: one[2].recorded_at)
    ]  # fmt: skip


def issuer_answer(number: str, issuer: str) -> bool | None:
    """What the issuer last said of a paper: True it is ours, False it is not, None: not asked, no answer, not clear."""
    rows = Answer.objects.filter(query__number_key=facts.number_key(number, issuer), query__issuer=issuer)
    verdict = rows.order_by("-day", "-id").values_list("verdict", flat=True).first()
    return {facts.Verdict.GENUINE.value: True, facts.Verdict.NOT_GENUINE.value: False}.get(verdict or "")


def to_query(row: IssuerQuery) -> facts.IssuerQuery:
    """A row and its answers as the noun."""
    return facts.IssuerQuery(
        number=row.number, issuer=row.issuer, question=row.question, sent_on=row.sent_on, sent_to=row.sent_to,
        authority=row.authority, files=tuple(row.files), reference=row.reference,
        answers=tuple(
            facts.Answer(facts.Verdict(one.verdict), one.text, one.answered_by, one.day, tuple(one.files))
            for one in row.answers.all()
        ),
    )  # fmt: skip
