"""Showing a part of a certificate: for whom, on what basis, and what else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openkimberley.certificates.forms.fields import DeskForm, text

if TYPE_CHECKING:
    from collections.abc import Collection

PROFILES: dict[str, Any] = {
    "bank": _("A bank: the parties, the totals and the dates"),
    "carrier": _("A carrier: seal, parcels and destination; no value, weight or names"),
    "monitor": _("A monitoring team: origin, zone, destination and lines; no names"),
    "observer": _("An observer: origin, destination and the band of the value"),
    "public": _("Anybody: that the certificate exists and stands, nothing else"),
    "authority": _("Another authority: everything"),
}
"""For whom a part is made."""

CLAIMS: dict[str, Any] = {
    "issue_date": _("Date of issue"), "expiry_date": _("Date of expiry"), "issuing_authority": _("Issuing authority"),
    "origin": _("Origin"), "mixed": _("Mixed origin"), "origin_shares": _("Shares of origin"),
    "destination": _("Destination"), "exporter": _("Exporter"), "importer": _("Importer"), "parcels": _("Parcels"),
    "lines": _("Lines: code, carats and value"), "total_carats": _("Total carats"), "total_usd": _("Total value"),
    "value_band": _("Band of the value"), "seal": _("Seal"), "seals": _("Seals"), "paper_serial": _("Security paper"),
    "zone": _("Zone of mining"), "countersign": _("Countersigned by"), "validated_by": _("Validated by"),
    "validated_on": _("Validated on"), "remarks": _("Remarks"), "kind": _("Kind of certificate"),
    "title": _("Title"), "statement": _("Statement"), "english": _("In English"),
    "parcel_reference": _("Parcel reference"), "same_party_reason": _("Why both are the same"),
    "draws_on": _("Import certificates"),
}  # fmt: skip
"""The claims of a certificate in words."""


class Show(DeskForm):
    """To whom a part is shown, and why."""

    to = text(_("Who will see it?"), _("The name of the bank, carrier, office or person."), required=True, longest=200)
    basis = text(
        _("On what basis?"), _("For example: finance of invoice 4911, or the article that asks for it."),
        required=True, longest=300,
    )  # fmt: skip
    also = forms.MultipleChoiceField(
        label=_("Show besides"), help_text=_("Nothing of this is needed. What is shown cannot be taken back."),
        required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, claims: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not claims:
            del self.fields["also"]
        else:
            self.fields["also"].choices = [(name, CLAIMS[name]) for name in CLAIMS if name in claims]  # type: ignore[attr-defined]
