"""PURE. Group H: how a failed condition or a discrepancy may end (R084, R085, R089 to R091, R093).

Correction and replacement (R086, R087, R092) are asked of the certificate itself: ``certificates.rules.correction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Yielded, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.shipments.facts import Closing, Fault, WayOut, issuer_told_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from openkimberley.participants.facts import Profile
    from openkimberley.shipments.rules.case import ShipmentCase

RELEASES = frozenset({WayOut.CORRECTED, WayOut.REMEDIED, WayOut.ORIGINAL_BROUGHT})
"""Ways out after which the goods go on to the importer."""


@dataclass(frozen=True, slots=True)
class ClosingCase:
    """A case about to be closed: how, on which day, by the law of which importing side."""

    closing: Closing
    on: date
    profile: Profile


@rule("R084", severity=Severity.REFUSE)
def released_only_with_measures_and_finding(case: ClosingCase) -> Iterator[Yielded]:
    """If conditions fail, detain; release only with recorded remedial measures and a finding "not knowingly or
    intentionally" or "act of another authority"."""
    closing = case.closing
    if closing.way_out not in RELEASES:
        return
    if not closing.measures.strip() and closing.way_out is WayOut.REMEDIED:
        yield objection(
            "R084", _("No remedial measures are recorded."), field="measures",
            remedy=_("Write what was done to put it right."),
        )  # fmt: skip
    if closing.fault is None or closing.fault is Fault.KNOWING:
        yield objection(
            "R084", _("Goods are released only where the failure was not knowing, or another authority's act."),
            field="fault", remedy=_("Record the finding; for a knowing failure refuse, return or confiscate."),
        )  # fmt: skip
    if closing.way_out is WayOut.CORRECTED and not closing.instructed:
        yield objection(
            "R084", _("The certificate was not corrected on its issuer's instruction."), field="instructed",
            remedy=_("Ask the issuing authority to sign an instruction."),
        )  # fmt: skip


@rule("R085", severity=Severity.FLAG)
def issuer_is_told_within_a_month(case: ClosingCase) -> Iterator[Yielded]:
    """Within one month the issuer (purported) and the Commission are told of any failure."""
    closing = case.closing
    if closing.found_on is None:
        return
    last = issuer_told_by(case.profile, found=closing.found_on)
    told = closing.issuer_told_on
    if told is None or told > last:
        yield objection(
            "R085", _("The failure was found on %(found)s; the issuer was to be told by %(last)s (told: %(told)s)."),
            field="issuer_told_on",
            remedy=_("Tell the issuing authority, and the union's commission where there is one."),
            found=closing.found_on, last=last, told=told or "-",
        )  # fmt: skip


@rule("R089", severity=Severity.REFUSE)
def return_has_a_technical_certificate(case: ClosingCase) -> Iterator[Yielded]:
    """Return of goods under customs control is by Technical KP Certificate at the request of the original issuer,
    linked to the original number."""
    closing = case.closing
    if closing.way_out is not WayOut.RETURNED:
        return
    if not closing.technical_number or not closing.original_number:
        yield objection(
            "R089", _("The return is not linked: technical certificate and original both need their numbers."),
            field="technical_number", remedy=_("Issue a technical certificate that names the original."),
        )  # fmt: skip
    if not closing.requested_by_issuer:
        yield objection(
            "R089", _("The original issuer has not asked for the return."), field="requested_by_issuer",
            remedy=_("Ask the original issuer for its request, and keep it with the case."),
        )  # fmt: skip


@rule("R090", severity=Severity.FLAG)
def opened_container_may_go_back(shipment: ShipmentCase) -> Iterator[Yielded]:
    """An opened container with otherwise good certificate may be returned by order to the issuing Participant."""
    here = shipment.importing_profile.order_return
    if here is not None and here.value and shipment.intact is False:
        yield objection(
            "R090",
            _("The container was opened: where the certificate is otherwise good, the law here lets it go back."),
            field="presented/seals_intact", remedy=_("Order the return to the issuing Participant, or detain."),
        )  # fmt: skip


@rule("R091", severity=Severity.REFUSE)
def return_is_no_new_origin(case: ClosingCase) -> Iterator[Yielded]:
    """Returned goods are booked as reversal: not counted as new origin, not counted twice in statistics; both
    certificates linked."""
    closing = case.closing
    if closing.way_out not in {WayOut.RETURNED, WayOut.ORDERED_BACK}:
        return
    if not closing.original_number:
        yield objection(
            "R091", _("A return names the certificate it reverses."), field="original_number",
            remedy=_("Enter the number under which the goods came."),
        )  # fmt: skip
    if closing.technical_number and set(closing.technical_origin) != set(closing.original_origin):
        yield objection(
            "R091", _("The technical certificate says origin %(technical)s, the original %(original)s."),
            field="technical_origin", remedy=_("Goods that go back keep the origin they came with."),
            technical=", ".join(closing.technical_origin) or "-", original=", ".join(closing.original_origin) or "-",
        )  # fmt: skip


@rule("R093", severity=Severity.REFUSE)
def disposal_is_recorded(case: ClosingCase) -> Iterator[Yielded]:
    """Goods that fail KPCS are confiscated or detained, and disposal is recorded."""
    if case.closing.way_out is WayOut.CONFISCATED and not case.closing.disposal.strip():
        yield objection(
            "R093", _("What became of the confiscated goods is not recorded."), field="disposal",
            remedy=_("Record where the goods are and what is to happen with them."),
        )  # fmt: skip
