"""PURE. Group F: containers and seals (R065 to R070)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Yielded, not_asked, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.shipments.rules.case import ShipmentCase


def plain_seal(number: str) -> str:
    """A seal's number for comparing: capitals, without blanks, dots, dashes and strokes."""
    return re.sub(r"[\s./_-]+", "", number).upper()


@rule("R065", severity=Severity.REFUSE)
def containers_resist_tampering(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Import and export only in tamper-resistant containers."""
    sealing, found = shipment.sealing, shipment.inspection
    if sealing.tamper_resistant is False or (found is not None and found.tamper_resistant is False):
        yield objection(
            "R065", _("The container is not resistant to tampering."), field="containers",
            remedy=_("Export: pack the goods in a container that shows any opening. Import: detain."),
        )  # fmt: skip
    if shipment.case.own and not sealing.seals:
        yield objection(
            "R065", _("No seal was entered: a container without seal does not show an opening."), field="seals",
            remedy=_("Seal each container and enter the number of each seal."),
        )  # fmt: skip


@rule("R066", severity=Severity.REFUSE)
def seals_and_number_name_each_other(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Each container's seal number is on the certificate and the certificate's serial is on each container."""
    wanted, sealing = shipment.case.issuer_profile.seal_number_on_certificate, shipment.sealing
    printed = {plain_seal(number) for number in shipment.certificate.seals}
    applied = {plain_seal(seal.number): seal.number for seal in sealing.seals}
    if missing := [written for number, written in applied.items() if printed and number not in printed]:
        yield objection(
            "R066", _("Seal %(seals)s is not on the certificate."), field="seals",
            remedy=_("Use the seals that stand on the certificate, or replace the certificate."),
            seals=", ".join(missing),
        )  # fmt: skip
    left = [written for written in shipment.certificate.seals if plain_seal(written) not in applied]
    if shipment.case.own and applied and left:
        yield objection(
            "R066", _("Seal %(seals)s stands on the certificate and was not entered."), field="seals",
            remedy=_("Put on every seal that the certificate names, and enter it, or replace the certificate."),
            seals=", ".join(left),
        )  # fmt: skip
    if wanted is None or not wanted.value:
        return
    if sealing.containers and len(sealing.seals) < sealing.containers:
        yield objection(
            "R066", _("There are %(containers)s containers and %(seals)s seals: each container has its own."),
            field="seals", remedy=_("Enter the seal of each container."),
            containers=sealing.containers, seals=len(sealing.seals),
        )  # fmt: skip
    if sealing.number_on_container is False:
        yield objection(
            "R066", _("The certificate's number does not stand on each container."), field="number_on_container",
            remedy=_("Mark each container with the number."),
        )  # fmt: skip


@rule("R067", severity=Severity.REFUSE)
def seals_are_unbroken(shipment: ShipmentCase) -> Iterator[Yielded]:
    """On import the seals applied at export are unbroken."""
    if shipment.intact is None:
        yield not_asked("R067", _("Nobody has said whether the seals were whole."))
    elif not shipment.intact:
        yield objection(
            "R067", _("A seal is broken."), field="presented/seals_intact",
            remedy=_("Detain, photograph the container and open a discrepancy."),
        )  # fmt: skip


@rule("R068", severity=Severity.REFUSE)
def rough_is_packed_alone(shipment: ShipmentCase) -> Iterator[Yielded]:
    """Rough diamonds are not packed with anything else."""
    found = shipment.inspection
    if shipment.sealing.packed_alone is False or (found is not None and found.packed_alone is False):
        yield objection(
            "R068", _("Something else lies in the container with the rough diamonds."), field="packed_alone",
            remedy=_("Export: take it out. Import: detain, and record what it is."),
        )  # fmt: skip


@rule("R069", severity=Severity.FLAG)
def certificate_travels_with_the_goods(shipment: ShipmentCase) -> Iterator[Yielded]:
    """The certificate or an authenticated copy travels sealed with the container."""
    if shipment.sealing.copy_enclosed is False or shipment.certificate_enclosed is False:
        yield objection(
            "R069", _("Neither the certificate nor an authenticated copy is sealed in with the goods."),
            field="copy_enclosed", remedy=_("Enclose an authenticated copy before sealing."),
        )  # fmt: skip


@rule("R070", severity=Severity.HOLD)
def seal_is_used_once(shipment: ShipmentCase) -> Iterator[Yielded]:
    """A seal number is used once only; reuse is an alert."""
    used = shipment.seals_used
    numbers = [seal.number for seal in shipment.sealing.seals] or list(shipment.certificate.seals)
    if used is None and numbers:
        yield not_asked("R070", _("No list of seals used before was at hand."))
    before = {plain_seal(number): under for number, under in (used or {}).items()}
    seen: set[str] = set()
    for written in numbers:
        number = plain_seal(written)
        under = shipment.certificate.number if number in seen else before.get(number)
        if under is not None:
            yield objection(
                "R070", _("Seal %(seal)s was used before, under certificate %(number)s."), field="seals",
                severity=shipment.case.doubt, remedy=_("Export: take another seal. Import: ask the issuer."),
                seal=written, number=under,
            )  # fmt: skip
        seen.add(number)
