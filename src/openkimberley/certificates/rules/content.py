"""PURE. Group B: what stands on the certificate (R013 to R032; R032 is asked of the import confirmation)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from openkimberley.certificates.facts import MIXED, STATEMENT, TITLE
from openkimberley.certificates.rules.case import Case, Yielded, not_asked, objection
from openkimberley.kernel.measures import SCHEME_HS_CODES, BadMeasure, hs_code
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.certificates.facts import Line

OUTSIDE_THE_SCHEME = ("7102.29", "7102.39", "7104", "7105")
"""Worked industrial, worked non-industrial, synthetic, dust and powder: what Core Document, Section I, leaves out."""

_COUNTRY = re.compile(r"^[A-Z]{2}$")


def plain(text: str) -> str:
    """Words for comparing: case, spacing, quotation marks and the full stop at the end do not count."""
    return " ".join(re.sub(r"[\"'“”‘’«».,]", " ", text).split()).casefold()


def wordings(case: Case) -> tuple[str, ...]:
    """The statements accepted of this issuer: the Core Document's, and its own variants."""
    told = case.issuer_profile.statement_variants
    return (STATEMENT, *(told.value if told else ()))


def says_statement(case: Case) -> bool:
    """True where one of the accepted English wordings is in the statement (other languages may stand beside it)."""
    said = plain(case.certificate.statement)
    return any(plain(wording) in said for wording in wordings(case))


def headings(lines: tuple[Line, ...]) -> list[str]:
    """The HS code of each line to six digits (four for a heading); what is no HS code stays as it was written."""
    found = []
    for line in lines:
        try:
            found.append(hs_code(line.hs))
        except BadMeasure:
            found.append(line.hs.strip())
    return found


@rule("R013", severity=Severity.REFUSE)
def title_is_present(case: Case) -> Iterator[Yielded]:
    """Title "Kimberley Process Certificate" is present."""
    if plain(TITLE) not in plain(case.certificate.title):
        yield objection(
            "R013", _('The title "%(title)s" is missing.'), field="title",
            remedy=_("Enter the title as printed. A paper without it is no certificate."), title=TITLE,
        )  # fmt: skip


@rule("R014", severity=Severity.REFUSE)
def statement_is_present(case: Case) -> Iterator[Yielded]:
    """The statement is present: "The rough diamonds in this shipment have been handled in accordance with the
    provisions of the Kimberley Process Certification Scheme for rough diamonds"; per-issuer wording variants (Canada)
    are accepted from a list."""
    if not case.certificate.statement.strip():
        yield objection(
            "R014", _("The statement of the Scheme is missing."), field="statement",
            remedy=_("Enter the statement as printed, in English."),
        )  # fmt: skip
    elif not says_statement(case):
        yield objection(
            "R014", _("The statement is in none of the wordings accepted of %(issuer)s."), field="statement",
            remedy=_("Compare it word by word with the paper. Other words are not the statement of the Scheme."),
            issuer=case.issuer,
        )  # fmt: skip


@rule("R015", severity=Severity.REFUSE)
def english_is_on_it(case: Case) -> Iterator[Yielded]:
    """If the language is not English, an English translation is on the certificate."""
    english = case.certificate.english
    if english is False:
        yield objection(
            "R015", _("There is no English on the certificate."), field="english",
            remedy=_("Ask the issuer for a certificate with its English translation."),
        )  # fmt: skip
    elif english is None and not says_statement(case):
        yield objection(
            "R015", _("Nobody has said whether there is English on the certificate."), field="english",
            severity=case.doubt, remedy=_("Look at the paper and enter yes or no."),
        )  # fmt: skip


@rule("R016", severity=Severity.REFUSE)
def parties_are_identified(case: Case) -> Iterator[Yielded]:
    """Exporter and importer are both identified, non-empty and different legal persons or the same person with a
    stated reason (the last DER)."""
    paper = case.certificate
    exporter = plain(paper.exporter.name) if paper.exporter else ""
    importer = plain(paper.importer.name) if paper.importer else ""
    if not exporter:
        yield objection("R016", _("The exporter is not named."), field="exporter/name", remedy=_("Name the exporter."))
    if not importer:
        yield objection("R016", _("The importer is not named."), field="importer/name", remedy=_("Name the importer."))
    if exporter and exporter == importer and not paper.same_party_reason.strip():
        yield objection(
            "R016", _("Exporter and importer are the same, %(name)s, and no reason is given."), field="importer/name",
            severity=case.doubt, remedy=_("Correct the name, or state why the goods go from a company to itself."),
            name=paper.importer.name if paper.importer else "",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a missing amount, of one that is not above zero, and how to mend it."""

    missing: str
    not_positive: str
    remedy: str


def _amounts(
    code: str, key: str, total: Decimal | None, amounts: list[Decimal | None], said: _Said
) -> Iterator[Yielded]:  # fmt: skip
    """Objections to a missing or empty amount: the total, then line by line."""
    given = total is not None or any(amount is not None for amount in amounts)
    if not given:
        yield objection(code, said.missing, field=f"total_{key}", remedy=said.remedy)
    if total is not None and total <= 0:
        yield objection(code, said.not_positive, field=f"total_{key}", remedy=said.remedy, line=_("total"))
    for place, amount in enumerate(amounts):
        if (amount is None and given) or (amount is not None and amount <= 0):
            yield objection(
                code, said.not_positive, field=f"lines/{place}/{key}", remedy=said.remedy, line=place + 1
            )  # fmt: skip


@rule("R017", severity=Severity.REFUSE)
def carats_are_given(case: Case) -> Iterator[Yielded]:
    """Carat weight is given and greater than zero."""
    yield from _amounts(
        "R017", "carats", case.certificate.total_carats, [line.carats for line in case.certificate.lines],
        _Said(
            _("The weight in carats is missing."),
            _("The weight in carats is not above zero (line %(line)s)."),
            _("Enter the weight of each line in carats, such as 12.50."),
        ),
    )  # fmt: skip


@rule("R018", severity=Severity.REFUSE)
def value_is_given(case: Case) -> Iterator[Yielded]:
    """Value is given in US$ and greater than zero."""
    yield from _amounts(
        "R018", "usd", case.certificate.total_usd, [line.usd for line in case.certificate.lines],
        _Said(
            _("The value in US$ is missing."),
            _("The value in US$ is not above zero (line %(line)s)."),
            _("Enter the value of each line in US dollars, such as 4000.00."),
        ),
    )  # fmt: skip


@rule("R019", severity=Severity.REFUSE)
def parcels_are_counted(case: Case) -> Iterator[Yielded]:
    """Number of parcels is an integer of at least 1."""
    if case.certificate.parcels is None:
        yield objection(
            "R019", _("The number of parcels is missing."), field="parcels", remedy=_("Count the parcels and enter it.")
        )
    elif case.certificate.parcels < 1:
        yield objection(
            "R019", _("The number of parcels is %(parcels)s; it is at least 1."), field="parcels",
            remedy=_("Count the parcels and enter it."), parcels=case.certificate.parcels,
        )  # fmt: skip


@rule("R020", severity=Severity.REFUSE)
def codes_are_of_rough_diamonds(case: Case) -> Iterator[Yielded]:
    """At least one HS code out of 7102.10, 7102.21, 7102.31; longer national codes must begin with one of them."""
    codes = headings(case.certificate.lines)
    if not any(code in SCHEME_HS_CODES for code in codes):
        yield objection(
            "R020", _("None of the HS codes of rough diamonds is given (7102.10, 7102.21, 7102.31)."), field="lines",
            remedy=_("Enter for each line the HS code of its goods."),
        )  # fmt: skip
    for place, code in enumerate(codes):
        if code not in SCHEME_HS_CODES and not code.startswith(OUTSIDE_THE_SCHEME):
            yield objection(
                "R020", _("%(code)s is no HS code of rough diamonds (7102.10, 7102.21, 7102.31)."),
                field=f"lines/{place}/hs", remedy=_("Correct the code."), code=case.certificate.lines[place].hs[:20],
            )  # fmt: skip


@rule("R021", severity=Severity.REFUSE)
def goods_are_within_the_scheme(case: Case) -> Iterator[Yielded]:
    """HS codes 7102.29, 7102.39, 7104, 7105 on a KPC are refused (polished, synthetic, powder are outside the
    scheme)."""
    for place, code in enumerate(headings(case.certificate.lines)):
        if code.startswith(OUTSIDE_THE_SCHEME):
            yield objection(
                "R021",
                _("HS code %(code)s is of worked or synthetic diamonds or of powder: no certificate covers it."),
                field=f"lines/{place}/hs", remedy=_("Take these goods out of the shipment, or correct the code."),
                code=code,
            )  # fmt: skip


@rule("R022", severity=Severity.REFUSE)
def origin_is_given(case: Case) -> Iterator[Yielded]:
    """Country of origin is given if all parcels are of one origin."""
    if not case.certificate.mixed and not case.certificate.origin:
        yield objection(
            "R022", _("The country of origin is missing."), field="origin",
            remedy=_("Enter the country where the diamonds were mined; for a mixed parcel enter ***."),
        )  # fmt: skip


@rule("R023", severity=Severity.FLAG)
def mixed_origin_is_marked(case: Case) -> Iterator[Yielded]:
    """For a mixed-origin shipment the origin field is filled with asterisks, not left empty."""
    paper = case.certificate
    countries = set(paper.origin) | set(paper.origin_shares)
    wanted = case.destination_profile.mixed_origin_refused_from
    named = wanted is not None and wanted.value <= case.asked_on and len(paper.origin) > 1
    if len(countries) > 1 and not paper.mixed and not named:
        yield objection(
            "R023",
            _("The shipment is of %(countries)s, but the origin field shows no asterisks for mixed origin."),
            field="origin", remedy=_("Fill the origin field with asterisks; the shares by country stay on record."),
            countries=", ".join(sorted(countries)),
        )  # fmt: skip


@rule("R024", severity=Severity.REFUSE)
def mixed_origin_names_all_countries(case: Case) -> Iterator[Yielded]:
    """From 2025-03-01 a first import into the EU of in-scope rough with origin `***` is refused; all origin countries
    must be named."""
    told = case.importing_profile.mixed_origin_refused_from
    if told is not None and case.certificate.mixed and not case.certificate.origin and case.asked_on >= told.value:
        yield objection(
            "R024",
            _("Since %(since)s %(destination)s accepts no mixed origin without the names of all its countries."),
            field="origin", remedy=_("Ask the issuer to name every country of origin."),
            since=told.value, destination=case.importing_profile.code,
        )  # fmt: skip


@rule("R025", severity=Severity.REFUSE)
def single_origin_is_single(case: Case) -> Iterator[Yielded]:
    """A parcel declared as single origin must not be composed from records of two or more origins; if it is, it becomes
    mixed."""
    paper, imports = case.certificate, case.known.imports
    if paper.mixed or len(paper.origin) > 1 or not paper.draws_on:
        return
    if imports is None:
        yield not_asked("R025", _("The import certificates that this one draws on are not in the books here."))
        return
    sources = [imports[number] for number in paper.draws_on if number in imports]
    origins = {country for source in sources for country in source.origin} | set(paper.origin)
    if len(origins) > 1 or any(source.mixed for source in sources):
        yield objection(
            "R025", _("The goods come from certificates of more than one origin (%(origins)s), but one is declared."),
            field="origin", remedy=_("Declare the parcel as of mixed origin."),
            origins=", ".join(sorted(origins | ({MIXED} if any(s.mixed for s in sources) else set()))),
        )  # fmt: skip


@rule("R026", severity=Severity.HOLD)
def origin_is_a_mining_country(case: Case) -> Iterator[Yielded]:
    """Origin must be a country, not a REIO or a trading centre without production; issuer = origin only if the issuer
    is a known producer at that date."""
    for country in case.certificate.origin:
        named = case.register.participants.get(country)
        mines = case.register.is_known_producer(country, case.issued_on)
        if not _COUNTRY.match(country) or (named is not None and named.kind != "STATE"):
            yield objection(
                "R026", _("%(country)s is no country in which diamonds are mined."), field="origin",
                severity=case.doubt, remedy=_("Enter the country of the mine, by its two letters."), country=country,
            )  # fmt: skip
        elif mines is False:
            yield objection(
                "R026", _("No diamonds were mined in %(country)s on %(day)s, as far as is known."), field="origin",
                severity=case.doubt, remedy=_("Enter the country of the mine, not that of the trade."),
                country=country, day=case.issued_on,
            )  # fmt: skip
        elif mines is None and country == case.issuer:
            yield not_asked("R026", _("No source tells whether %(country)s mined diamonds on %(day)s."),
                            country=country, day=case.issued_on)  # fmt: skip


@rule("R027", severity=Severity.REFUSE)
def dates_are_in_order(case: Case) -> Iterator[Yielded]:
    """Date of issuance and date of expiry are both present, expiry later than issuance."""
    issued, expires = case.certificate.issue_date, case.certificate.expiry_date
    if issued is None:
        yield objection(
            "R027", _("The date of issue is missing."), field="issue_date", remedy=_("Enter it as printed."),
        )  # fmt: skip
    if expires is None:
        yield objection(
            "R027", _("The date of expiry is missing."), field="expiry_date", remedy=_("Enter it as printed."),
        )  # fmt: skip
    if issued is not None and issued > case.asked_on:
        yield objection(
            "R027", _("The certificate is dated %(issued)s, which is after the day it was asked about, %(day)s."),
            field="issue_date", severity=Severity.HOLD,
            remedy=_("Compare the date with the paper and with the calendar."),
            issued=issued, day=case.asked_on,
        )  # fmt: skip
    if issued is not None and expires is not None and expires <= issued:
        yield objection(
            "R027", _("The certificate expires on %(expires)s, not later than its issue on %(issued)s."),
            field="expiry_date", remedy=_("Compare both dates with the paper."), expires=expires, issued=issued,
        )  # fmt: skip


@rule("R028", severity=Severity.REFUSE)
def validation_is_present(case: Case) -> Iterator[Yielded]:
    """Validation by the exporting authority is present; validation date not before issue date."""
    signed = case.certificate.validated
    if signed is None or not signed.by.strip():
        yield objection(
            "R028", _("The validation by the exporting authority is missing."), field="validated",
            remedy=_("Enter who signed and stamped it. A paper without validation is not valid."),
        )  # fmt: skip
    elif signed.date is not None and signed.date < case.issued_on:
        yield objection(
            "R028", _("It was validated on %(validated)s, before its issue on %(issued)s."), field="validated/date",
            remedy=_("Compare both dates with the paper."), validated=signed.date, issued=case.issued_on,
        )  # fmt: skip


@rule("R029", severity=Severity.HOLD)
def totals_add_up(case: Case) -> Iterator[Yielded]:
    """Sum of carats over HS lines equals total carats to 0.01 ct; sum of values equals total value to 0.01 US$.
    (configurable precision)"""
    paper = case.certificate
    carats = [line.carats for line in paper.lines if line.carats is not None]
    dollars = [line.usd for line in paper.lines if line.usd is not None]
    for name, total, parts, template in (
        ("total_carats", paper.total_carats, carats, _("The lines add up to %(sum)s ct, the total says %(total)s ct.")),
        ("total_usd", paper.total_usd, dollars, _("The lines add up to US$ %(sum)s, the total says US$ %(total)s.")),
    ):
        if total is not None and len(parts) == len(paper.lines) > 0 and sum(parts, Decimal(0)) != total:
            yield objection(
                "R029", template, field=name, severity=case.doubt,
                remedy=_("Compare each line with the paper. If it is printed so, ask the issuer."),
                sum=sum(parts, Decimal(0)), total=total,
            )  # fmt: skip


@rule("R030", severity=Severity.FLAG)
def price_is_plausible(case: Case) -> Iterator[Yielded]:
    """Value per carat lies within the configured band of origin and HS code; outside is a warning."""
    paper, bands = case.certificate, case.known.price_bands
    if bands is None:
        yield not_asked("R030", _("No price bands are known here."))
        return
    if paper.mixed or len(paper.origin) != 1:
        return  # a price has a band only where the goods have one origin
    for place, (line, code) in enumerate(zip(paper.lines, headings(paper.lines), strict=True)):
        band = bands.get((paper.origin[0], code))
        if band is None or not line.carats or line.usd is None or band[0] <= line.usd / line.carats <= band[1]:
            continue
        yield objection(
            "R030", _("US$ %(price)s a carat lies outside the usual %(low)s to %(high)s for %(code)s from %(origin)s."),
            field=f"lines/{place}/usd", remedy=_("Have the value looked at again."), low=band[0], high=band[1],
            price=(line.usd / line.carats).quantize(Decimal("0.01")), code=code, origin=paper.origin[0],
        )  # fmt: skip


@rule("R031", severity=Severity.REFUSE)
def destination_and_seals_are_named(case: Case) -> Iterator[Yielded]:
    """The certificate names the Participant of destination and, for each container, a seal number."""
    profile, paper = case.issuer_profile, case.certificate
    if profile.destination_named and profile.destination_named.value and not case.destination:
        yield objection(
            "R031", _("The Participant of destination is not named, as certificates of %(issuer)s do."),
            field="destination", remedy=_("Enter the destination as printed."), issuer=case.issuer,
        )  # fmt: skip
    if profile.seal_number_on_certificate and profile.seal_number_on_certificate.value and not paper.seals:
        yield objection(
            "R031", _("No seal number is on the certificate, as certificates of %(issuer)s have."), field="seals",
            remedy=_("Enter the seal number of each container."), issuer=case.issuer,
        )  # fmt: skip
