"""PURE. Group C: how long a certificate is valid (R033 to R038)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.rules.case import Case, Yielded, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.participants.facts import Profile

USUAL_DAYS = 60
"""Days of validity where no profile says: the shortest that a source tells of (Canada, Macao)."""


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_after(day: date, count: int) -> date:
    """The day some days later, or the last day there is."""
    return day + timedelta(days=min(count, (date.max - day).days))


def latest_expiry(profile: Profile, issued: date) -> date | None:
    """The last day a certificate issued that day can be valid by its issuer's law, None where the law is not known."""
    told = profile.validity
    if told is None:
        return None
    if told.value.kind in {"MONTHS", "ENTIRE_JOURNEY"}:
        return months_after(issued, told.value.n)
    return days_after(issued, told.value.n)


def expiry(profile: Profile, issued: date) -> date:
    """The date of expiry to print: the law's last day, or 60 days after issue where no law is known."""
    return latest_expiry(profile, issued) or days_after(issued, USUAL_DAYS)


def _too_long(code: str, kind: str, case: Case, template: str) -> Iterator[Yielded]:
    """An objection where the paper is valid for longer than its issuer's law of this kind allows."""
    told, expires = case.issuer_profile.validity, case.certificate.expiry_date
    last = latest_expiry(case.issuer_profile, case.issued_on)
    if told is None or told.value.kind != kind or expires is None or last is None or expires <= last:
        return
    yield objection(
        code, template, field="expiry_date",
        remedy=_("Compare both dates with the paper. If so printed, ask the issuer."),
        expires=expires, last=last, issued=case.issued_on, issuer=case.issuer, n=told.value.n,
    )  # fmt: skip


@rule("R033", severity=Severity.REFUSE)
def validity_within_months(case: Case) -> Iterator[Yielded]:
    """Expiry is not later than two calendar months after issue; goods leave within it."""
    yield from _too_long(
        "R033", "MONTHS", case,
        _("It expires on %(expires)s, but %(issuer)s issues for at most %(n)s months, to %(last)s."),
    )  # fmt: skip


@rule("R034", severity=Severity.REFUSE)
def validity_to_midnight_gmt(case: Case) -> Iterator[Yielded]:
    """Certificate is valid until 24:00 GMT of the day 60 days after issue."""
    yield from _too_long(
        "R034", "DAYS_2400_GMT", case,
        _("It expires on %(expires)s, but one of %(issuer)s is valid until 24:00 GMT of %(last)s."),
    )  # fmt: skip


@rule("R035", severity=Severity.REFUSE)
def validity_within_days(case: Case) -> Iterator[Yielded]:
    """Validity does not exceed 60 days."""
    yield from _too_long(
        "R035", "DAYS", case,
        _("It expires on %(expires)s, but %(issuer)s issues for at most %(n)s days, to %(last)s."),
    )  # fmt: skip


@rule("R036", severity=Severity.HOLD)
def valid_for_the_entire_journey(case: Case) -> Iterator[Yielded]:
    """Certificate stays valid for the entire journey (about 2 months)."""
    told, expires = case.issuer_profile.validity, case.certificate.expiry_date
    arrives = case.known.arrives_on or case.asked_on
    if told is not None and told.value.kind == "ENTIRE_JOURNEY" and expires is not None and arrives > expires:
        yield objection(
            "R036",
            _("The goods arrive on %(arrives)s, after the expiry on %(expires)s: it must cover the whole journey."),
            field="expiry_date", remedy=_("Issue for a later date, or have the issuer replace it."),
            arrives=arrives, expires=expires,
        )  # fmt: skip


@rule("R037", severity=Severity.HOLD)
def not_expired(case: Case) -> Iterator[Yielded]:
    """A certificate presented after expiry goes to manual decision, never to automatic acceptance."""
    expires = case.certificate.expiry_date
    if expires is not None and case.asked_on > expires:
        yield objection(
            "R037", _("The certificate expired on %(expires)s and was presented on %(day)s."), field="expiry_date",
            remedy=_("A supervisor decides: the law of the issuer, and the reason for the delay, count."),
            expires=expires, day=case.asked_on,
        )  # fmt: skip


@rule("R038", severity=Severity.REFUSE)
def expired_unused_is_not_used_again(case: Case) -> Iterator[Yielded]:
    """An unused certificate whose validity has ended is returned to the issuing authority and cannot be reused."""
    if case.known.status is CertificateStatus.EXPIRED_RETURNED:
        yield objection(
            "R038", _("The certificate %(number)s was handed back to its issuer unused after it expired."),
            field="number", remedy=_("Detain the paper and tell the issuer: this sheet should not be in the world."),
            number=case.certificate.number,
        )  # fmt: skip
