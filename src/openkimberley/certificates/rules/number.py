"""PURE. Group A: the number, and who issued it (R001 to R012)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from openkimberley.certificates.rules.case import Case, Yielded, not_asked, objection, prefix_of, serial_of
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.participants.facts import Range

HISTORIC_UNION_PREFIX = "EC"
"""What certificates of the European Community started with before the changeover; as a country code it is Ecuador."""

USUAL_FORM = re.compile(r"[A-Z]{2}[ .-]?[0-9]{3,10}")
"""The form asked where nobody has told the issuer's own: every number seen so far fits it (facts, not a rule)."""

_LAST_BLOCK = re.compile(r"[0-9]{1,20}")

CUSTOMS_DIGITS = 7
"""Digits of a number in customs messages where no profile says another count (R008)."""


def normalised(number: str, digits: int = CUSTOMS_DIGITS) -> str:
    """The prefix and the digits padded with zeros, as customs messages have it: ``MX0012345`` for ``MX 12345``.

    A number of another form is returned in capitals without spaces, so that it still equals itself.
    """
    serial = serial_of(number.upper())
    if serial is None:
        return re.sub(r"[\s.-]", "", number.upper())
    return f"{prefix_of(number.strip().upper())}{serial:0{digits}d}"


@rule("R001", severity=Severity.REFUSE)
def number_starts_with_a_participants_code(case: Case) -> Iterator[Yielded]:
    """A certificate number starts with the issuing Participant's ISO 3166-1 alpha-2 code (EU: reserved code EU)."""
    prefix = prefix_of(case.certificate.number)
    if not prefix:
        yield objection(
            "R001", _("The number %(number)s does not start with the two letters of its issuer, %(issuer)s."),
            field="number", remedy=_("Enter the whole number as printed, letters included."),
            number=case.certificate.number, issuer=case.certificate.issuer,
        )  # fmt: skip
    elif not _is_issuers(prefix, case) and case.register.of_prefix(prefix, case.issued_on) is None:
        yield objection(
            "R001", _("No Participant numbered its certificates with %(prefix)s on %(day)s; the issuer is %(issuer)s."),
            field="number", remedy=_("Compare the number with the paper. If it is printed so, ask the issuer."),
            prefix=prefix, day=case.issued_on, issuer=case.certificate.issuer,
        )  # fmt: skip


def _is_issuers(prefix: str, case: Case) -> bool:
    """True where the prefix is the issuer's own code, or one it used that day. An old union prefix is R005's affair."""
    if prefix == HISTORIC_UNION_PREFIX or prefix in {case.certificate.issuer, case.issuer}:
        return True
    owner = case.register.of_prefix(prefix, case.issued_on)
    return owner is not None and owner.code == case.issuer


@rule("R002", severity=Severity.REFUSE)
def number_is_unique(case: Case) -> Iterator[Yielded]:
    """A certificate number is unique; the same number never appears on two issued certificates."""
    number, known = case.certificate.number, case.known
    if known.issued_numbers is None and known.same_number is None:
        yield not_asked("R002", _("No list of certificates seen before was at hand."))
    if number in (known.issued_numbers or ()):
        yield objection(
            "R002", _("The number %(number)s was issued before."), field="number",
            remedy=_("Take the next free number of the range."), number=number,
        )  # fmt: skip
    shown = replace(case.certificate, presented=None)
    if any(replace(other, presented=None) != shown for other in known.same_number or ()):
        yield objection(
            "R002", _("Another certificate with the number %(number)s and other content is on record."),
            field="number", remedy=_("Detain, compare both papers and ask the issuer which is genuine."), number=number,
        )  # fmt: skip


@rule("R003", severity=Severity.REFUSE)
def prefix_is_the_issuers(case: Case) -> Iterator[Yielded]:
    """The prefix is that of the issuing Participant, independent of the diamonds' country of origin."""
    prefix = prefix_of(case.certificate.number)
    owner = case.register.of_prefix(prefix, case.issued_on) if prefix else None
    if owner is None or _is_issuers(prefix, case):
        return
    template = _("The number starts with %(prefix)s, the code of %(owner)s, but the issuer is %(issuer)s.")
    if prefix in case.certificate.origin:
        template = _(
            "The number starts with %(prefix)s, where the diamonds were mined; it must start with the code of the "
            "issuer, %(issuer)s."
        )
    yield objection(
        "R003", template, field="number", remedy=_("Check who issued the paper. The origin has its own field."),
        prefix=prefix, owner=owner.name, issuer=case.certificate.issuer,
    )  # fmt: skip


@rule("R004", severity=Severity.REFUSE)
def number_has_the_issuers_form(case: Case) -> Iterator[Yielded]:
    """An EU certificate number is "EU" followed by 8 digits; visible and invisible number are equal."""
    number, hidden = case.certificate.number.strip(), case.known.fluorescent_number
    form = case.issuer_profile.number_pattern
    if form is not None and not re.fullmatch(form.value, number):
        yield objection(
            "R004", _("The number %(number)s has not the form that %(issuer)s uses (%(form)s, says %(basis)s)."),
            field="number", remedy=_("Compare the number with the paper, digit by digit."),
            number=number, issuer=case.issuer, form=form.value, basis=form.source,
        )  # fmt: skip
    elif form is None and prefix_of(number) and not USUAL_FORM.fullmatch(number):
        yield objection(
            "R004", _("The number %(number)s is not two letters and three to ten digits, as certificate numbers are."),
            field="number", severity=case.doubt,
            remedy=_("Compare it with the paper. If it is printed so, ask the issuer."),
            number=number,
        )  # fmt: skip
    if hidden is not None and serial_of(hidden) != serial_of(number) and hidden.strip() != number[2:]:
        yield objection(
            "R004", _("Under ultraviolet light the paper shows %(hidden)s, in print %(number)s."),
            field="number", remedy=_("Detain the paper and ask the issuer."), hidden=hidden, number=number,
        )  # fmt: skip


@rule("R005", severity=Severity.REFUSE)
def old_union_prefix_only_before_the_changeover(case: Case) -> Iterator[Yielded]:
    """A certificate with prefix "EC" is accepted only with an issue date before the changeover configured for the EU
    (about 2009-10), never as Ecuador."""
    if prefix_of(case.certificate.number) != HISTORIC_UNION_PREFIX:
        return
    union = next((p for p in case.profiles.by_code.values() if p.ec_changeover is not None), None)
    if union is None or union.ec_changeover is None:
        yield not_asked("R005", _("No profile says when the prefix EC ended."))
        return
    changeover = union.ec_changeover
    if case.issued_on >= changeover.value:
        yield objection(
            "R005", _("The prefix EC ended on %(end)s; this certificate is of %(day)s."), field="number",
            remedy=_("Later certificates of the union have another prefix. Detain the paper and ask the issuer."),
            end=changeover.value, day=case.issued_on,
        )  # fmt: skip
    elif case.certificate.issuer not in {HISTORIC_UNION_PREFIX, union.code}:
        yield objection(
            "R005", _("A number that starts with EC is of the European Community, not of %(issuer)s."), field="issuer",
            remedy=_("Enter the union as the issuer."), issuer=case.certificate.issuer,
        )  # fmt: skip


@rule("R006", severity=Severity.REFUSE)
def number_lies_in_a_range_of_its_year(case: Case) -> Iterator[Yielded]:
    """A number lies inside a range that the issuer registered for the year of issue; a number from an earlier year's
    range is a fraud alert."""
    serial, year = serial_of(case.certificate.number), case.issued_on.year
    ranges = case.known.ranges if case.known.ranges is not None else _profile_ranges(case)
    facts: dict[str, Any] = {"number": case.certificate.number, "issuer": case.issuer, "year": year}
    if serial is None:
        yield not_asked("R006", _("The number %(number)s holds no plain digits to look up in a range."), **facts)
    elif any(serial in span for span in ranges if span.year in {0, year}):
        return
    elif other := next((span for span in ranges if serial in span), None):
        yield objection(
            "R006",
            _("The number %(number)s lies in a range that %(issuer)s registered for %(other)s, not for %(year)s."),
            field="number", remedy=_("Treat it as an alert of fraud: detain, tell the issuer and the Chair."),
            other=other.year, **facts,
        )  # fmt: skip
    elif any(span.year in {0, year} for span in ranges):
        yield objection(
            "R006", _("The number %(number)s lies in no range that %(issuer)s registered for %(year)s."),
            field="number", remedy=_("Ask the issuer for its ranges of that year."), severity=case.doubt, **facts,
        )  # fmt: skip
    else:
        yield not_asked("R006", _("No register of ranges of %(issuer)s for %(year)s is known."), **facts)


def _profile_ranges(case: Case) -> tuple[Range, ...]:
    """The issuer's ranges as its profile has them."""
    told = case.issuer_profile.ranges
    return told.value if told else ()


@rule("R007", severity=Severity.HOLD)
def parcel_reference_ends_with_the_number(case: Case) -> Iterator[Yielded]:
    """Where the issuer uses a parcel reference containing the certificate number (Sierra Leone), the last block equals
    the certificate number."""
    used = case.issuer_profile.parcel_reference_ends_with_number
    if used is None or not used.value:
        return
    reference, serial = case.certificate.parcel_reference.strip(), serial_of(case.certificate.number)
    if not reference:
        yield not_asked("R007", _("The parcel reference of the paper was not entered."))
        return
    last = re.split(r"[^0-9A-Za-z]+", reference)[-1]
    if serial is None or not _LAST_BLOCK.fullmatch(last) or int(last) != serial:
        yield objection(
            "R007", _("The parcel reference %(reference)s ends with %(last)s, the certificate number with %(serial)s."),
            field="parcel_reference", remedy=_("Compare with the specimen and ask the issuer."), severity=case.doubt,
            reference=reference, last=last or "-", serial=case.certificate.number[2:].strip() or "-",
        )  # fmt: skip


@rule("R008", severity=Severity.HOLD)
def customs_number_is_the_same(case: Case) -> Iterator[Yielded]:
    """In customs messages a number is normalised to prefix + zero-padded digits (MX0012345); comparison is made on the
    normalised form."""
    keyed = case.known.customs_number
    told = case.destination_profile.customs_number_digits
    digits = told.value if told else CUSTOMS_DIGITS
    if keyed is not None and normalised(keyed, digits) != normalised(case.certificate.number, digits):
        yield objection(
            "R008", _("Customs keyed %(keyed)s; the certificate is %(number)s."), field="number",
            remedy=_("Correct the customs message, or find the certificate that belongs to it."),
            keyed=keyed, number=normalised(case.certificate.number, digits),
        )  # fmt: skip


@rule("R009", severity=Severity.REFUSE)
def number_is_of_the_authoritys_allotment(case: Case) -> Iterator[Yielded]:
    """Serial ranges are allotted to Member States by the Commission; a number outside the Member State's allotment is
    rejected."""
    told, serial = case.issuer_profile.allotments, serial_of(case.certificate.number)
    if told is None:
        owner = case.register.participants.get(case.issuer)
        if owner is not None and owner.kind == "REIO":
            yield not_asked("R009", _("The numbers that %(issuer)s allots to its authorities are not known."),
                            issuer=case.issuer)  # fmt: skip
        return
    named = case.register.authority(case.certificate.issuing_authority, case.issuer, case.issued_on)
    code = named.code if named else case.certificate.issuing_authority
    own = [span for span in told.value if span.authority == code]
    if serial is not None and not any(serial in span for span in own):
        yield objection(
            "R009", _("The number %(number)s is not among those allotted to %(authority)s."), field="number",
            remedy=_("Detain the paper and ask the issuing authority."),
            number=case.certificate.number, authority=code or "-",
        )  # fmt: skip


def _is_named(name: str, case: Case) -> bool | None:
    """True where an exporting authority of that code or name is known for the day of issue; None where none is known.

    Papers shorten names and ministries change theirs, so a name that is part of a known one, or holds it, counts.
    """
    owner = case.register.participants.get(case.issuer)
    on, wanted = case.issued_on, _words(name)
    known = [
        a for a in (owner.authorities if owner else ())
        if a.exporting and (a.since is None or a.since <= on) and (a.until is None or on < a.until)
    ]  # fmt: skip
    if not known:
        return None
    names = [_words(authority.name) for authority in known]
    close = any(wanted in other or other in wanted for other in names) if len(wanted) >= SHORTEST_NAME else False
    return close or wanted in {_words(authority.code) for authority in known}


SHORTEST_NAME = 6
"""Letters a name needs before a part of it is taken for the whole: "Mines" alone would fit half the world."""


def _words(name: str) -> str:
    """A name for comparing: without case and double spaces."""
    return " ".join(name.split()).casefold()


@rule("R010", severity=Severity.REFUSE)
def authority_was_notified(case: Case) -> Iterator[Yielded]:
    """The issuing authority named is one the Participant has notified through the Chair, valid on the issue date."""
    name = case.certificate.issuing_authority.strip()
    if not name:
        yield objection(
            "R010", _("The certificate names no issuing authority."), field="issuing_authority",
            remedy=_("Enter the authority as the paper names it."),
        )  # fmt: skip
    elif (known := _is_named(name, case)) is None:
        yield not_asked("R010", _("No notified authorities of %(issuer)s are known."), issuer=case.issuer)
    elif not known:
        yield objection(
            "R010", _("%(name)s is not among the exporting authorities known of %(issuer)s on %(day)s."),
            field="issuing_authority", severity=Severity.REFUSE if case.own else Severity.FLAG,
            remedy=_("Compare with the list of authorities, which may lack one; if in doubt ask the issuer."),
            name=name, issuer=case.issuer, day=case.issued_on,
        )  # fmt: skip


@rule("R011", severity=Severity.REFUSE)
def paper_matches_the_specimen(case: Case) -> Iterator[Yielded]:
    """The certificate's features match the specimen notified to the other Participants for that date; a changed
    specimen needs a notified start date."""
    known = case.known
    specimens = [s for s in known.specimens or () if s.issuer == case.issuer]
    if known.matches_specimen is False:
        yield objection(
            "R011", _("The paper does not look like the specimen that %(issuer)s notified."),
            remedy=_("Detain the paper, send the issuer pictures and ask."), issuer=case.issuer,
        )  # fmt: skip
    elif specimens and not any(s.holds_on(case.issued_on) for s in specimens):
        yield objection(
            "R011", _("No specimen that %(issuer)s notified holds for %(day)s: it was retired, or begins later."),
            severity=Severity.HOLD, remedy=_("Ask the issuer which form it used that day."),
            issuer=case.issuer, day=case.issued_on,
        )  # fmt: skip
    elif not specimens:
        yield not_asked("R011", _("No specimen of %(issuer)s is at hand."), issuer=case.issuer)
    elif known.matches_specimen is None:
        yield not_asked("R011", _("Nobody has compared the paper with the specimen."))


@rule("R012", severity=Severity.HOLD)
def signatory_is_registered(case: Case) -> Iterator[Yielded]:
    """The validating signatory and stamp are in the issuer's register on the validation date."""
    signed, register = case.certificate.validated, case.known.signatories
    if register is None:
        yield not_asked("R012", _("No register of signatories of %(issuer)s is known."), issuer=case.issuer)
        return
    if signed is None or not signed.by:
        return  # R028 objects to that
    day = signed.date or case.issued_on
    wanted = " ".join(signed.by.split()).casefold()
    if not any(" ".join(s.name.split()).casefold() == wanted and s.holds_on(day) for s in register):
        yield objection(
            "R012", _("%(name)s is not among the signatories registered by %(issuer)s on %(day)s."),
            field="validated/by", remedy=_("Compare signature and stamp with the register, then ask the issuer."),
            severity=case.doubt, name=signed.by, issuer=case.issuer, day=day,
        )  # fmt: skip
