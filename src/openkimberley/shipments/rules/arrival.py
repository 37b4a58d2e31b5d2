"""PURE. Group G: advance notice, presentation, inspection and confirmation (R071 to R083, R088, and R032)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.rules.case import Yielded, not_asked, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.shipments.facts import chase_from, confirmation_due, due
from openkimberley.shipments.rules.agreement import with_confirmation, with_inspection, with_notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.shipments.facts import Discrepancy
    from openkimberley.shipments.rules.case import ShipmentCase

STANDS_NO_MORE = frozenset({CertificateStatus.VOID, CertificateStatus.REPLACED, CertificateStatus.LOST})
"""A number in one of these is never accepted again (R088)."""

ENDED = frozenset(
    {
        CertificateStatus.CONFIRMED, CertificateStatus.RETURNED, CertificateStatus.EXPIRED_RETURNED,
        CertificateStatus.REPLACED, CertificateStatus.VOID, CertificateStatus.LOST,
    }
)  # fmt: skip
"""States after which no confirmation can come for a certificate (R080)."""


@rule("R032", severity=Severity.FLAG)
def import_part_is_complete(shipment: ShipmentCase) -> Iterator[Yielded]:
    """If an import confirmation part exists it has destination, importer, carats and US$, HS code, date of receipt,
    authentication."""
    said = shipment.confirmation
    if said is None:
        return
    has = {
        "destination": said.destination, "importer": said.importer, "carats": said.carats, "usd": said.usd,
        "hs_codes": said.hs_codes, "received_on": said.received_on, "authenticated_by": said.authenticated_by,
    }  # fmt: skip
    if missing := [name for name, value in has.items() if not value]:
        yield objection(
            "R032", _("The import confirmation part lacks: %(missing)s."), field=missing[0],
            remedy=_("Fill it in as found."), missing=", ".join(missing),
        )  # fmt: skip


@rule("R071", severity=Severity.HOLD)
def importing_authority_is_told(shipment: ShipmentCase) -> Iterator[Yielded]:
    """After sealing, the exporting authority sends the importing authority: carats, value, origin or provenance,
    importer, certificate number."""
    told = shipment.notice
    if told is None:
        yield objection(
            "R071", _("The importing authority was not told of the shipment."), field="notice",
            remedy=_("Announce the shipment before it leaves."),
        )  # fmt: skip
        return
    has = {
        "number": told.number, "carats": told.carats, "usd": told.usd, "origin": told.origin,
        "importer": told.importer,
    }  # fmt: skip
    if missing := [name for name, value in has.items() if not value]:
        yield objection(
            "R071", _("The advance notice lacks: %(missing)s."), field="notice",
            remedy=_("Send it again with these."), missing=", ".join(missing),
        )  # fmt: skip


@rule("R072", severity=Severity.FLAG)
def notice_came_before_the_goods(shipment: ShipmentCase) -> Iterator[Yielded]:
    """The announcement arrives before or on arrival; a shipment without it is flagged."""
    shown, told = shipment.certificate.presented, shipment.notice
    arrived = shipment.arrived_on or (shown.date if shown else None) or shipment.case.asked_on
    if told is not None and told.received_on is not None and told.received_on > arrived:
        yield objection(
            "R072", _("The advance notice came on %(told)s, the goods on %(arrived)s."), field="notice",
            remedy=_("Ask the exporting authority why it came late."), told=told.received_on, arrived=arrived,
        )  # fmt: skip
    elif told is None and (shown is None or shown.announced is None):
        yield not_asked("R072", _("Whether the shipment was announced is not known here."))
    elif told is None and shown is not None and not shown.announced:
        yield objection(
            "R072", _("The shipment was not announced."), field="presented/announced",
            remedy=_("Ask the exporting authority whether it issued this certificate."),
        )  # fmt: skip


@rule("R073", severity=Severity.REFUSE)
def original_is_there(shipment: ShipmentCase) -> Iterator[Yielded]:
    """The original certificate accompanies the shipment."""
    shown = shipment.certificate.presented
    days = shipment.importing_profile.bring_original_working_days
    if shown is None or shown.original is None:
        yield not_asked("R073", _("Nobody has said whether the original was presented."))
    elif not shown.original:
        remedy = _("Detain the goods until the original is here, or send them back.")
        if days is not None:
            remedy = _("Detain the goods: the law here gives the importer some working days to bring the original.")
        yield objection(
            "R073", _("The original certificate was not presented."), field="presented/original", remedy=remedy,
        )  # fmt: skip


@rule("R074", severity=Severity.REFUSE)
def goods_were_opened_and_compared(shipment: ShipmentCase) -> Iterator[Yielded]:
    """The importing authority inspects seals and container, opens and compares content with the certificate."""
    found = shipment.inspection
    if found is None:
        yield objection(
            "R074", _("The goods were not inspected."), remedy=_("Inspect, open, weigh, and enter what was found."),
        )  # fmt: skip
        return
    has = {
        "seals_intact": found.seals_intact is not None, "parcels": found.parcels is not None,
        "carats": found.carats is not None, "lines": bool(found.lines), "number": bool(found.number),
        "seals": bool(found.seals) or not shipment.certificate.seals,
    }  # fmt: skip
    if missing := [name for name, entered in has.items() if not entered]:
        yield objection(
            "R074", _("Not entered from the goods: %(missing)s."), field=missing[0],
            remedy=_("Enter what was found; what stands on the certificate does not count."),
            missing=", ".join(missing),
        )  # fmt: skip


def _late(code: str, kind: tuple[str, str], shipment: ShipmentCase, template: str) -> Iterator[Yielded]:
    """A flag where the confirmation is later than the importing side's law of this kind gives."""
    law, said = shipment.importing_profile.confirmation, shipment.confirmation
    made = (said.made_on if said else None) or shipment.case.asked_on
    last = confirmation_due(
        shipment.importing_profile, arrived=shipment.arrived_on, submitted=shipment.submitted_on
    )  # fmt: skip
    if law is None or (law.value.kind, law.value.counted_from) != kind:
        return
    if last is None:
        yield not_asked(code, _("The day the deadline counts from was not entered."))
    elif made > last:
        yield objection(
            code, template, field="confirmation", remedy=_("Confirm now, and record why it is late."),
            n=law.value.n, last=last, made=made,
        )  # fmt: skip


@rule("R075", severity=Severity.FLAG)
def confirmed_within_working_days(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Verification confirmed on the original within 10 working days of submission."""
    yield from _late(
        "R075", ("WORKING_DAYS", "SUBMISSION"), shipment,
        _("The confirmation was due on %(last)s, %(n)s working days after submission (holidays not counted out)."),
    )  # fmt: skip


@rule("R076", severity=Severity.REFUSE)
def confirmation_says_what_it_must(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Confirmation of receipt is sent expeditiously to the exporting authority and holds certificate number, number of
    parcels, carats, importer and exporter."""
    said = shipment.confirmation
    if said is None:
        return
    has = {
        "number": said.number, "parcels": said.parcels, "carats": said.carats, "importer": said.importer,
        "exporter": said.exporter,
    }  # fmt: skip
    if missing := [name for name, value in has.items() if not value]:
        yield objection(
            "R076", _("The confirmation lacks: %(missing)s."), field=missing[0],
            remedy=_("Enter these as found and confirm again."), missing=", ".join(missing),
        )  # fmt: skip


@rule("R077", severity=Severity.FLAG)
def receipt_reported_within_days(shipment: ShipmentCase) -> Iterator[Yielded]:
    """The receipt is reported to the foreign exporting authority within 15 calendar days of arrival."""
    yield from _late(
        "R077", ("CALENDAR_DAYS", "ARRIVAL"), shipment,
        _("The receipt was to be reported by %(last)s, %(n)s days after arrival."),
    )  # fmt: skip


@rule("R078", severity=Severity.FLAG)
def traders_report_within_days(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Importer sends the KPC, exporter the export report, to the Minister within 7 days."""
    yield from _late(
        "R078", ("CALENDAR_DAYS", "IMPORT"), shipment,
        _("The importer was to send the certificate in by %(last)s, %(n)s days after import."),
    )  # fmt: skip
    law = shipment.case.issuer_profile.export_report
    if law is None or shipment.exported_on is None:
        return
    last = due(law.value, shipment.exported_on)
    if (shipment.export_reported_on or shipment.case.asked_on) > last:
        yield objection(
            "R078", _("The exporter's report was due on %(last)s, %(n)s days after export."), field="export_report",
            remedy=_("Ask the exporter for it."), last=last, n=law.value.n,
        )  # fmt: skip


@rule("R079", severity=Severity.FLAG)
def confirmation_is_overdue(shipment: ShipmentCase) -> Iterator[Yielded]:
    """An export without confirmation after a configured time (default: expiry + 15 days) is an open case for issuer and
    WGS."""
    expires = shipment.certificate.expiry_date
    if shipment.confirmation is not None or expires is None:
        return
    last = chase_from(shipment.case.issuer_profile, expires=expires)
    if shipment.case.asked_on > last:
        yield objection(
            "R079", _("No confirmation has come for %(number)s; it was expected by %(last)s."), field="confirmation",
            remedy=_("Ask the importing authority; tell the working group on statistics if it stays silent."),
            number=shipment.certificate.number, last=last,
        )  # fmt: skip


@rule("R080", severity=Severity.REFUSE)
def confirmed_number_was_issued(shipment: ShipmentCase) -> Iterator[Yielded]:
    """A confirmation for a number the issuer never issued or already closed is a fraud alert for both authorities."""
    known = shipment.case.known
    if known.in_issuer_register is None and known.status is None:
        yield not_asked("R080", _("The issuer's register was not at hand."))
    elif known.in_issuer_register is False:
        yield objection(
            "R080", _("The number %(number)s was never issued."), field="number",
            remedy=_("Treat it as an alert of fraud at both authorities."), number=shipment.certificate.number,
        )  # fmt: skip
    elif known.status in ENDED:
        yield objection(
            "R080", _("Certificate %(number)s is already closed (%(status)s)."), field="number",
            remedy=_("Treat it as an alert of fraud at both authorities."),
            number=shipment.certificate.number, status=known.status.value.lower(),
        )  # fmt: skip


@rule("R081", severity=Severity.HOLD)
def all_records_agree(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Announced, certificate, confirmed data agree in number, parcels, carats, value, HS, parties; any difference opens
    a discrepancy case with zero default tolerance."""
    paper = shipment.certificate
    compared: list[Discrepancy] = []
    if shipment.inspection is not None:
        compared += with_inspection(paper, shipment.inspection)
    if shipment.confirmation is not None:
        compared += with_confirmation(paper, shipment.confirmation)
    if shipment.notice is not None:
        compared += with_notice(paper, shipment.notice)
    for one in dict.fromkeys(compared):
        yield objection(
            "R081", _("%(what)s: the certificate says %(declared)s, found or told was %(found)s."), field=one.field,
            remedy=_("Count and weigh again. If it stays, open a discrepancy and ask the issuer."),
            what=one.field, declared=one.declared, found=one.found,
        )  # fmt: skip


@rule("R082", severity=Severity.REFUSE)
def used_once_only(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Each certificate is confirmed at most once."""
    uses = shipment.case.known.uses
    if uses is None:
        yield not_asked("R082", _("No record of earlier uses was at hand."))
    for use in uses or ():
        yield objection(
            "R082", _("Certificate %(number)s was used before: %(use)s."), field="number",
            remedy=_("Detain; compare both shipments; tell the issuer."), number=shipment.certificate.number, use=use,
        )  # fmt: skip


@rule("R083", severity=Severity.REFUSE)
def issuer_stands_by_it(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Certificate was issued by a Participant, is not invalidated and is accurate; otherwise detain."""
    known = shipment.case.known
    if known.issuer_answer is False:
        yield objection(
            "R083", _("The issuing authority says that %(number)s is not its certificate."), field="number",
            remedy=_("Detain, keep the answer with the paper, enter an alert."), number=shipment.certificate.number,
        )  # fmt: skip
    elif known.status in {CertificateStatus.REFUSED, CertificateStatus.RETURNED}:
        yield objection(
            "R083", _("Certificate %(number)s was refused before, or its goods were returned."), field="number",
            remedy=_("Detain and ask the issuer."), number=shipment.certificate.number,
        )  # fmt: skip
    elif known.issuer_answer is None and known.status is None:
        yield not_asked("R083", _("The issuer was not asked, and its list of invalid certificates is not at hand."))


@rule("R088", severity=Severity.REFUSE)
def number_is_not_void(shipment: ShipmentCase) -> Iterator[Yielded]:
    """A voided certificate is reported at once; a voided number is never accepted again."""
    status = shipment.case.known.status
    if status in STANDS_NO_MORE:
        yield objection(
            "R088", _("Certificate %(number)s is %(status)s: its number is never accepted again."), field="number",
            remedy=_("Detain paper and goods and tell the issuer."),
            number=shipment.certificate.number, status=status.value.lower(),
        )  # fmt: skip
    elif status is None:
        yield not_asked("R088", _("Whether the number is void is not known here."))
