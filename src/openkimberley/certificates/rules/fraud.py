"""PURE. Group Q: the digital form and fraud (R174, R176 to R179; R175 and R180 are kept by trust and journal)."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Case, Yielded, not_asked, objection
from openkimberley.certificates.rules.number import normalised
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.participants.facts import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.certificates.facts import Certificate

OF_THE_PAPER_ONLY = frozenset({"presented", "paper_serial", "english", "title"})
"""Fields that the signed record need not share with the sheet of paper."""


def differing_fields(one: Certificate, other: Certificate) -> list[str]:
    """The fields two records of one certificate do not agree in, leaving out those that only paper has."""
    names = [f.name for f in fields(one) if f.name not in OF_THE_PAPER_ONLY]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


@rule("R174", severity=Severity.REFUSE)
def signature_is_good(case: Case) -> Iterator[Yielded]:
    """A digital KPC is signed with a key of the issuing authority valid at the signing time; verification works offline
    with cached keys."""
    if case.known.signature_valid is None:
        yield not_asked("R174", _("There is no signature to check: the certificate is paper only, or was typed in."))
    elif not case.known.signature_valid:
        yield objection(
            "R174", _("The signature is not that of a key %(issuer)s used on the day."),
            remedy=_("Detain, keep the digital form as evidence and ask the issuer."), issuer=case.issuer,
        )  # fmt: skip


@rule("R176", severity=Severity.REFUSE)
def paper_and_record_agree(case: Case) -> Iterator[Yielded]:
    """As long as law asks for the original, paper and digital record have the same number and content hash."""
    if case.known.digital is None:
        return
    if different := differing_fields(case.certificate, case.known.digital):
        yield objection(
            "R176", _("Paper and signed record differ in: %(fields)s."), field=different[0],
            remedy=_("The signed record counts as what was issued. Detain the paper and ask the issuer."),
            fields=", ".join(different),
        )  # fmt: skip


@rule("R177", severity=Severity.REFUSE)
def no_alert_is_out(case: Case) -> Iterator[Yielded]:
    """Confirmed fakes are entered with features and blocked at all points; alert goes to issuer, Chair, WGM."""
    if case.known.alerts is None:
        yield not_asked("R177", _("No list of alerts was at hand."))
        return
    number, sheet = normalised(case.certificate.number), case.certificate.paper_serial.strip()
    for alert in case.known.alerts:
        if number and alert.number and normalised(alert.number) == number:
            yield objection(
                "R177", _("An alert is out for number %(number)s: %(features)s"), field="number",
                remedy=_("Detain paper and goods; tell the issuer, the Chair and the working group on monitoring."),
                number=case.certificate.number, features=alert.features or alert.kind.lower(),
            )  # fmt: skip
        elif sheet and alert.paper_serial.strip() == sheet:
            yield objection(
                "R177", _("An alert is out for the blank form %(sheet)s: %(features)s"), field="paper_serial",
                remedy=_("Detain paper and goods; tell the issuer, the Chair and the working group on monitoring."),
                sheet=sheet, features=alert.features or alert.kind.lower(),
            )  # fmt: skip


@rule("R178", severity=Severity.REFUSE)
def issuer_was_ever_a_participant(case: Case) -> Iterator[Yielded]:
    """Certificate from a never- or not-yet Participant is fake by definition."""
    owner = case.register.participants.get(case.issuer)
    now = case.register.status_at(case.issuer, case.issued_on).status
    if now not in {Status.NON_PARTICIPANT, Status.APPLICANT}:
        return
    past = owner.history if owner else ()
    if any(p.since <= case.issued_on and p.status not in {Status.NON_PARTICIPANT, Status.APPLICANT} for p in past):
        return  # it was one before: R040 and R042 judge that
    admitted = next((p.since for p in past if p.since > case.issued_on), None)
    template = _("%(issuer)s never took part in the Scheme: a certificate of %(issuer)s is no certificate.")
    if admitted:
        template = _("%(issuer)s takes part since %(admitted)s; a certificate of %(day)s is no certificate.")
    sure = case.register.sure_at(case.issuer, case.issued_on)
    yield objection(
        "R178", template, field="issuer", severity=Severity.REFUSE if sure else Severity.HOLD,
        remedy=_("Detain paper and goods; tell the Chair."),
        issuer=case.issuer, admitted=admitted or "-", day=case.issued_on,
    )  # fmt: skip


@rule("R179", severity=Severity.HOLD)
def no_payment_before_shipment(case: Case) -> Iterator[Yielded]:
    """A certificate offered to a buyer with payment asked before shipment, and not in the issuer's register, is
    reported as advance-fee fraud."""
    if case.known.payment_asked_first and not case.known.in_issuer_register:
        yield objection(
            "R179",
            _("Payment is asked before shipment, and the issuer's register is not known to have the certificate."),
            field="number", remedy=_("Pay nothing. Report it to the authority as an advance-fee fraud."),
        )  # fmt: skip
