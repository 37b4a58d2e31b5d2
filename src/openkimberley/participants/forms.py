"""The question a visitor asks of the register: as of which day, by whose list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

LISTS = [
    ("", _("The Scheme's own list")),
    ("US", _("List of the United States")),
    ("CA", _("Schedule of Canada")),
    ("EU", _("Annex II of the European Union")),
]


class AsOf(forms.Form):
    """A day and a list; both may be left out."""

    at = forms.DateField(
        label=_("As of"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a real day as year-month-day, such as 2015-12-04.")},
    )  # fmt: skip
    by = forms.ChoiceField(label=_("By which list"), required=False, choices=LISTS)
