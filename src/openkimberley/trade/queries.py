"""Reads of the register of licences: by number, by search, as of a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, Subquery

from openkimberley.kernel.errors import NotFound
from openkimberley.kernel.measures import Period
from openkimberley.trade import facts
from openkimberley.trade.models import Change, Licence, PowerOfAttorney, Term, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from django.db.models import QuerySet

PER_PAGE = 25
_PUBLIC = ("versions", "terms", "changes")
_ALL = (*_PUBLIC, "powers", "declarations")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: the licences, how many there are in all, which page this is and of how many."""

    licences: tuple[facts.Licence, ...]
    total: int
    page: int
    pages: int


def known_licences(numbers: Iterable[str], authority: str = "", on: date | None = None) -> dict[str, facts.Licence]:
    """The licences of these numbers, by number, as the register of this node has them. Unknown ones are left out.

    Without an authority a number that two of them gave is left out as well: it names nobody. With ``on``, kinds and
    holder are those of that day, otherwise the latest.
    """
    wanted = {number for number in numbers if number}
    rows = Licence.objects.filter(number__in=wanted).prefetch_related(*_ALL)
    if authority:
        rows = rows.filter(authority=authority)
    found: dict[str, list[facts.Licence]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(to_facts(row, on, whole=True))
    return {number: same[0] for number, same in found.items() if len(same) == 1}


def licence(authority: str, number: str, on: date | None = None) -> facts.Licence:
    """One licence, with kinds and holder of a day, otherwise the latest. Raises ``NotFound``."""
    return to_facts(row_of(authority, number), on, whole=True)


def row_of(authority: str, number: str) -> Licence:
    """The table row of a licence with everything that belongs to it. Raises ``NotFound``."""
    rows = Licence.objects.filter(authority=authority, number=number).prefetch_related(*_ALL)
    if (found := rows.first()) is None:
        raise NotFound("licence", f"{authority} {number}")
    return found


def versions(authority: str, number: str) -> list[Version]:
    """Every version of a licence, the latest first: what an officer sees of its history."""
    return list(Version.objects.filter(licence__authority=authority, licence__number=number).order_by("-version"))


def agents_of(company: str, on: date) -> list[facts.Licence]:
    """The agents, in force or not, that the company (its licence number) has named for that day."""
    named = PowerOfAttorney.objects.filter(company=company, since__lte=on)
    named = named.filter(Q(until__isnull=True) | Q(until__gt=on))
    rows = Licence.objects.filter(powers__in=named).distinct().order_by("number").prefetch_related(*_ALL)
    return [to_facts(row, on, whole=True) for row in rows]


def companies_of(agent: str, on: date) -> frozenset[str]:
    """The licence numbers that an agent (its licence number), in force on that day, may file for on that day."""
    known = known_licences([agent]).get(agent)
    return frozenset(p.company for p in known.may_file_for if known.files_for(p.company, on)) if known else frozenset()


def taken_numbers(authority: str, numbers: Iterable[str]) -> frozenset[str]:
    """Those of the numbers that stand in the authority's register."""
    wanted = sorted(numbers)
    found: set[str] = set()
    for start in range(0, len(wanted), 500):  # SQLite takes so many parameters in one question
        part = Licence.objects.filter(authority=authority, number__in=wanted[start : start + 500])
        found.update(part.values_list("number", flat=True))
    return frozenset(found)


def numbers_like(authority: str, start: str) -> frozenset[str]:
    """The numbers of the authority's register that begin so."""
    rows = Licence.objects.filter(authority=authority, number__startswith=start)
    return frozenset(rows.values_list("number", flat=True))


def authorities() -> list[str]:
    """The authorities that have licences here, in order."""
    return list(Licence.objects.order_by("authority").values_list("authority", flat=True).distinct())


def search(
    *, on: date, text: str = "", authority: str = "", kind: str = "", status: str = "", whole: bool = False,
    page: int = 1,
) -> Found:  # fmt: skip
    """Licences whose holder's name (also a former one) or number has the text in it, narrowed by what else is given.

    Case, accents and the dots of numbers make no difference. ``whole`` fetches powers of attorney too.
    """
    rows = _narrowed(on, text, authority, kind, status).prefetch_related(*(_ALL if whole else _PUBLIC))
    pages = Paginator(rows, PER_PAGE)
    one = pages.get_page(page)
    return Found(tuple(to_facts(row, on, whole=whole) for row in one), pages.count, one.number, pages.num_pages)


def every(
    *, on: date, text: str = "", authority: str = "", kind: str = "", status: str = ""
) -> Iterator[facts.Licence]:
    """All licences that a search finds, one by one: for a download."""
    rows = _narrowed(on, text, authority, kind, status).prefetch_related(*_ALL)
    return (to_facts(row, on, whole=True) for row in rows.iterator(chunk_size=500))


def _narrowed(on: date, text: str, authority: str, kind: str, status: str) -> QuerySet[Licence]:
    """The rows of a search, in order of authority and number."""
    rows = Licence.objects.order_by("authority", "number")
    if text.strip():
        named = Version.objects.filter(licence=OuterRef("pk"), name_key__contains=facts.search_key(text))
        found = Q(Exists(named))
        if key := facts.number_key(text):
            found |= Q(number_key__contains=key)
        rows = rows.filter(found)
    if authority:
        rows = rows.filter(authority=authority)
    if kind:
        latest = Version.objects.filter(licence=OuterRef("pk"), since__lte=on).order_by("-version")
        rows = rows.annotate(kinds_then=Subquery(latest.values("kinds")[:1])).filter(kinds_then__contains=f" {kind} ")
    return _of_status(rows, on, status) if status else rows


def _of_status(rows: QuerySet[Licence], on: date, status: str) -> QuerySet[Licence]:
    """The rows that have a status on a day: ``facts.Licence.status_on``, said to the database."""
    terms = Term.objects.filter(licence=OuterRef("pk"))
    running = terms.filter(since__lte=on).filter(Q(until__isnull=True) | Q(until__gt=on))
    last = Change.objects.filter(licence=OuterRef("pk"), since__lte=on).order_by("-since", "-id").values("status")[:1]
    rows = rows.annotate(last=Subquery(last), runs=Exists(running), begun=Exists(terms.filter(since__lte=on)))
    revoked, suspended = Q(last="REVOKED"), Q(last="SUSPENDED")
    alive = Q(last__isnull=True) | ~revoked
    wanted = {
        "REVOKED": revoked,
        "PENDING": alive & Q(begun=False),
        "EXPIRED": alive & Q(begun=True, runs=False),
        "SUSPENDED": suspended & Q(runs=True),
        "GRANTED": Q(runs=True) & (Q(last__isnull=True) | Q(last="GRANTED")),
    }
    return rows.filter(wanted[status]) if status in wanted else rows.none()


def to_facts(row: Licence, on: date | None = None, *, whole: bool) -> facts.Licence:
    """A table row and what belongs to it as the noun. ``whole`` says whether powers and declarations were fetched."""
    known = list(row.versions.all())
    of_day = [version for version in known if on is None or version.since <= on]
    version = (of_day or known[:1])[-1]
    return facts.Licence(
        authority=row.authority,
        number=row.number,
        kinds=frozenset(facts.LicenceKind(word) for word in version.kinds.split()),
        holder=facts.Holder(
            name=version.name, address=version.address, nationality=version.nationality, residence=version.residence,
            area=version.area, legal_form=facts.LegalForm(version.legal_form),
            registration_id=version.registration_id, email=version.email, contact=version.contact,
        ),
        terms=tuple(Period(term.since, term.until) for term in row.terms.all()),
        changes=tuple(
            facts.Change(facts.LicenceStatus(c.status), c.since, c.reason) for c in row.changes.all()
        ),
        may_file_for=tuple(
            facts.PowerOfAttorney(p.company, Period(p.since, p.until), p.document) for p in row.powers.all()
        ) if whole else (),
        stock_declared=frozenset(one.year for one in row.declarations.all()) if whole else frozenset(),
        one_time=version.one_time,
        version=version.version,
    )  # fmt: skip


def search_public(*, text: str, on: date | None = None, most: int = 25) -> list[facts.Licence]:
    """The first licences that a text finds, for a search across areas: what everybody may see of them.

    Show number, holder's name and authority only; an address or contact is not public.
    """
    rows = _narrowed(on or facts.ANY_DAY, text, "", "", "").prefetch_related(*_PUBLIC)[:most]
    return [to_facts(row, on, whole=False) for row in rows]
