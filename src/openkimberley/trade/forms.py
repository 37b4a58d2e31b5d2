"""Forms of the register of licences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from openkimberley.desk.forms import DayField, Form
from openkimberley.trade import statements
from openkimberley.trade.facts import NUMBER, SERIES, WORDS, Holder, LegalForm, Licence, LicenceKind, LicenceStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.kernel.measures import Period


def _choices(words: Iterable[str]) -> list[tuple[str, Any]]:
    """Codes and what people read for them."""
    return [(word, _(WORDS[word])) for word in words]


class SearchForm(Form):
    """What to look for in the register."""

    q = forms.CharField(label=_("Name or number"), required=False, max_length=80)
    authority = forms.CharField(
        label=_("Authority"), required=False, max_length=12, help_text=_("Its code, such as BW or EU-BE.")
    )
    kind = forms.ChoiceField(label=_("Licensed as"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)
    at = DayField(label=_("On"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Anything")), *_choices(kind.value for kind in SERIES)]  # type: ignore[attr-defined]
        self.fields["status"].choices = [("", _("Any")), *_choices(one.value for one in LicenceStatus)]  # type: ignore[attr-defined]

    def clean_authority(self) -> str:
        """The code in capitals."""
        return str(self.cleaned_data["authority"]).strip().upper()


class TermMixin(forms.Form):
    """First and last valid day, and the term they make."""

    valid_from = DayField(label=_("First valid day"))
    valid_to = DayField(label=_("Last valid day"), required=False, help_text=_("Leave it empty where there is no end."))

    def clean(self) -> dict[str, Any]:
        """Put the term into ``cleaned_data["term"]``."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first:
            try:
                cleaned["term"] = statements.term_of(first, last)
            except ValueError:
                self.add_error("valid_to", _("The last day lies before the first. Correct one of them."))
        return cleaned

    @property
    def term(self) -> Period:
        """The term. Call after ``is_valid``."""
        term: Period = self.cleaned_data["term"]
        return term


class HolderForm(Form):
    """Kinds and holder of a licence (R122)."""

    kinds = forms.MultipleChoiceField(label=_("Licensed as"), widget=forms.CheckboxSelectMultiple)
    legal_form = forms.ChoiceField(label=_("The holder is"), widget=forms.RadioSelect, initial="COMPANY")
    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(label=_("Address"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))
    nationality = forms.CharField(
        label=_("Nationality"), required=False, max_length=2,
        help_text=_("Country of nationality, or of registration of a company: two letters, such as BW."),
    )  # fmt: skip
    residence = forms.CharField(label=_("Residence status"), required=False, max_length=120)
    area = forms.CharField(
        label=_("Area"), required=False, max_length=200, help_text=_("Area of activity, or of authorised mining.")
    )
    registration_id = forms.CharField(label=_("Number in the register of companies"), required=False, max_length=60)
    email = forms.EmailField(label=_("E-mail"), required=False)
    contact = forms.CharField(label=_("Telephone or other contact"), required=False, max_length=200)
    one_time = forms.BooleanField(
        label=_("Private individual, for one shipment only"), required=False,
        help_text=_("Where the law lets a person without trade licence export or import once."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = _choices(kind.value for kind in SERIES)  # type: ignore[attr-defined]
        self.fields["legal_form"].choices = _choices(form.value for form in LegalForm)  # type: ignore[attr-defined]

    def clean_nationality(self) -> str:
        """The country's code in capitals."""
        code = str(self.cleaned_data["nationality"]).strip().upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValidationError(_("Write the country as two letters, such as BW."))
        return code

    @property
    def kinds_facts(self) -> frozenset[LicenceKind]:
        """The kinds. Call after ``is_valid``."""
        return frozenset(LicenceKind(kind) for kind in self.cleaned_data["kinds"])

    @property
    def holder(self) -> Holder:
        """The holder. Call after ``is_valid``."""
        given = self.cleaned_data
        texts = ("name", "address", "nationality", "residence", "area", "registration_id", "email", "contact")
        return Holder(legal_form=LegalForm(given["legal_form"]), **{name: given[name].strip() for name in texts})


def holder_initial(licence: Licence) -> dict[str, Any]:
    """A licence as the form shows it before it is amended."""
    held = licence.holder
    return {
        "kinds": [kind.value for kind in licence.kinds], "legal_form": held.legal_form.value, "name": held.name,
        "address": held.address, "nationality": held.nationality, "residence": held.residence, "area": held.area,
        "registration_id": held.registration_id, "email": held.email, "contact": held.contact,
        "one_time": licence.one_time, "version": licence.version,
    }  # fmt: skip


class GrantForm(TermMixin, HolderForm):
    """A new licence."""

    number = forms.CharField(
        label=_("Number"), required=False, max_length=40,
        help_text=_("Leave it empty for the next number of the series. Enter one only where it was given before."),
    )  # fmt: skip

    def clean_number(self) -> str:
        """A number that a licence may have."""
        number = str(self.cleaned_data["number"]).strip()
        if number and not NUMBER.fullmatch(number):
            raise ValidationError(_("Use letters, digits, blanks and . / _ - only."))
        return number


class AmendForm(HolderForm):
    """A new version of kinds and holder, from a day on."""

    since = DayField(label=_("From"))
    reason = forms.CharField(label=_("Reason"), max_length=400)
    version = forms.IntegerField(widget=forms.HiddenInput)


class RenewForm(TermMixin, Form):
    """A further term."""


class StandingForm(Form):
    """Suspend, reinstate or revoke: from which day, and why."""

    since = DayField(label=_("From"))
    reason = forms.CharField(label=_("Reason"), max_length=400, widget=forms.Textarea({"rows": 2}))


class AgentForm(TermMixin, Form):
    """A company that an agent may file for."""

    company = forms.CharField(label=_("Licence number of the company"), max_length=40)
    document = forms.CharField(label=_("Power of attorney"), required=False, max_length=120,
                               help_text=_("Its number or date."))  # fmt: skip


class EndAgentForm(Form):
    """The end of an agent's power for a company."""

    company = forms.CharField(label=_("Licence number of the company"), max_length=40)
    until = DayField(label=_("First day on which it no longer holds"))


class StockForm(Form):
    """A year whose stock was declared."""

    year = forms.IntegerField(label=_("Year"), min_value=2003, max_value=2200)


class UploadForm(Form):
    """A table of licences."""

    file = forms.FileField(label=_("Table"), help_text=_("CSV in UTF-8, XLSX or JSON, at most 5 MB and 10,000 rows."))
