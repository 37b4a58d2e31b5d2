"""PURE. What the record of a licence must hold, and what stands against an act upon it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.kernel.rules import Objection, Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trade.facts import LicenceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.trade.facts import Licence


@rule("R122", severity=Severity.REFUSE)
def licence_record_is_complete(licence: Licence) -> Iterator[Objection]:
    """Licence record holds name, address, nationality or residence status, area.

    Annex II item 14 wants the first three of every trader, item 12 the area too of every miner, so the area is refused
    to miners and only flagged for the others.
    """
    holder = licence.holder
    wanted = (
        ("name", holder.name, _("The holder's name is missing."),
         _("Enter the name as the register of companies or the passport has it.")),
        ("address", holder.address, _("The holder's address is missing."),
         _("Enter street or plot, place and country.")),
        ("nationality", holder.nationality or holder.residence,
         _("Neither nationality nor residence status of the holder is given."),
         _("Enter the country of nationality or registration, or the residence status.")),
    )  # fmt: skip
    for field, value, template, remedy in wanted:
        if not value.strip():
            yield Objection("R122", Severity.REFUSE, template, field=field, remedy=remedy)
    if not holder.area.strip():
        yield _area_is_missing(licence)


def _area_is_missing(licence: Licence) -> Objection:
    """The objection to a record without an area: a miner needs it, a trader is asked for it."""
    if LicenceKind.MINER in licence.kinds:
        template = _("The area of authorised mining is missing.")
        return Objection("R122", Severity.REFUSE, template, field="area", remedy=_("Enter the claim or the area."))
    template = _("The area of activity is not given.")
    return Objection("R122", Severity.FLAG, template, field="area", remedy=_("Enter where the holder trades."))


def before_grant(licence: Licence) -> list[Objection]:
    """Everything that stands against granting, loading or amending a licence to be as given."""
    return [objection for objection in licence_record_is_complete(licence) if objection.severity is Severity.REFUSE]
