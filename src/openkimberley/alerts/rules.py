"""PURE. What an alert and a specimen must say before they are entered.

The rules that *ask* the register (R011, R012, R177) stand with the certificates; here is what makes an entry worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.alerts.facts import AlertKind, AlertStatus
from openkimberley.kernel.rules import Objection, Severity
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.alerts.facts import Alert, Specimen


def before_alert(alert: Alert) -> Iterator[Objection]:
    """R177: confirmed fakes are entered with features. An alert also says what it is about, and where it comes from."""
    if alert.kind is AlertKind.FAKE and alert.status is AlertStatus.CONFIRMED and not alert.features:
        yield Objection(
            "R177", Severity.REFUSE, _("A confirmed fake is entered with the features that tell it apart."),
            field="features", remedy=_("Write one feature in a line: number, print, wording, stamp."),
        )  # fmt: skip
    if alert.kind in (AlertKind.STOLEN_BLANKS, AlertKind.LOST_BLANKS) and alert.serials is None and not alert.number:
        yield Objection(
            "R177", Severity.REFUSE, _("An alert on blank paper names its serial numbers."), field="serial_from",
            remedy=_("Enter the first and the last serial number."),
        )  # fmt: skip
    if alert.kind is AlertKind.LOST_CERTIFICATE and not alert.number:
        yield Objection("R177", Severity.REFUSE, _("The number of the lost certificate is missing."), field="number",
                        remedy=_("Enter it as its issuer wrote it."))  # fmt: skip
    if alert.kind is AlertKind.ZONE_CLOSED and not alert.zone:
        yield Objection("R177", Severity.REFUSE, _("The zone is not named."), field="zone",
                        remedy=_("Enter the zone as the decision names it."))  # fmt: skip
    if not alert.source.strip():
        yield Objection("R177", Severity.REFUSE, _("It is not said where the alert comes from."), field="source",
                        remedy=_("Name the notice, the web address or the person who told."))  # fmt: skip


def before_specimen(specimen: Specimen) -> Iterator[Objection]:
    """R011: a changed specimen needs a notified start date, and something to compare a paper with."""
    if specimen.notified_on is None:
        yield Objection("R011", Severity.REFUSE, _("It is not said when the specimen was notified."),
                        field="notified_on", remedy=_("Enter the date of the notice to the Participants."))  # fmt: skip
    if not specimen.pictures and not specimen.features:
        yield Objection("R011", Severity.REFUSE, _("The specimen has neither picture nor feature."), field="pictures",
                        remedy=_("Add a picture, or describe at least one security feature."))  # fmt: skip
    if not specimen.source.strip():
        yield Objection("R011", Severity.REFUSE, _("It is not said who notified the specimen."), field="source",
                        remedy=_("Name the notice or the authority."))  # fmt: skip
