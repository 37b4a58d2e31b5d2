"""Forms of alerts: what officers enter and look for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from openkimberley.alerts import facts
from openkimberley.alerts.facts import WORDS, AlertKind, AlertStatus, EntityKind, ListKind, MarkKind, Verdict
from openkimberley.desk.forms import DayField, Form
from openkimberley.kernel.measures import Period

MAX_PICTURES = 8


def choices(words: Iterable[str], every: Any = None) -> list[tuple[str, Any]]:
    """Codes and what people read for them, with a first entry for no choice where one is given."""
    return ([] if every is None else [("", every)]) + [(word, _(WORDS[word])) for word in words]


def lines(text: str) -> tuple[str, ...]:
    """The filled lines of a text."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class CodeField(forms.CharField):
    """A Participant's code of two letters, as ``SL``."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2)
        kwargs.setdefault("label", _("Issuer"))
        kwargs.setdefault("help_text", _("Two letters, such as SL."))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """The code in capitals. Raises ``ValidationError``."""
        code = str(super().clean(value) or "").strip().upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValidationError(_("Write two letters, such as SL."), code="code")
        return code


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, as a list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", ManyFilesInput())
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files. Raises ``ValidationError`` where they are too many."""
        given = [one for one in (data if isinstance(data, (list, tuple)) else [data]) if one]
        if self.required and not given:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(given) > MAX_PICTURES:
            message = _("Add at most %(limit)s files.")
            raise ValidationError(message, code="many", params={"limit": MAX_PICTURES})
        return [super(ManyFilesField, self).clean(one, initial) for one in given]


class PeriodMixin(forms.Form):
    """First day and first day after, and the period they make."""

    since = DayField(label=_("From"))
    until = DayField(label=_("Until"), required=False,
                     help_text=_("First day on which it no longer holds; empty where it still does."))  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Put the period into ``cleaned_data["period"]``."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since:
            try:
                cleaned["period"] = Period(since, until)
            except ValueError:
                self.add_error("until", _("It ends before it begins. Correct one of the days."))
        return cleaned


class AlertSearch(Form):
    """What to look for among the alerts."""

    q = forms.CharField(label=_("Number or reference"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=choices(AlertKind, _("Any")))
    issuer = CodeField(required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=choices(AlertStatus, _("Any")))


class AlertForm(Form):
    """A new alert."""

    kind = forms.ChoiceField(label=_("What is it"), choices=choices(AlertKind))
    issuer = CodeField(label=_("Issuer named on the paper, or country of the zone"))
    number = forms.CharField(label=_("Certificate number"), required=False, max_length=40,
                             help_text=_("As written on the paper. Leave it empty where nobody knows it."))  # fmt: skip
    serial_from = forms.CharField(label=_("First serial number of the paper"), required=False, max_length=40)
    serial_to = forms.CharField(label=_("Last serial number of the paper"), required=False, max_length=40)
    zone = forms.CharField(label=_("Zone"), required=False, max_length=120)
    features = forms.CharField(
        label=_("Features that tell it apart"), required=False, max_length=8000, widget=forms.Textarea({"rows": 4}),
        help_text=_("One in a line: number, print, wording, stamp. Everybody will read them once it is confirmed."),
    )  # fmt: skip
    day = DayField(label=_("Found or announced on"))
    reported_by = forms.CharField(label=_("Reported by"), required=False, max_length=200)
    source = forms.CharField(label=_("Source"), max_length=500, help_text=_("A notice, a web address, or who told."))
    confirmed = forms.BooleanField(
        label=_("The issuer or another authority has confirmed it"), required=False,
        help_text=_("A confirmed alert is published. A suspected one stops the paper at every desk of this node too."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Put the run of serial numbers into ``cleaned_data["serials"]``."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("serial_from", ""), cleaned.get("serial_to", "")
        cleaned["serials"] = None
        if first or last:
            try:
                cleaned["serials"] = facts.serials(first or last, last)
            except ValueError:
                self.add_error("serial_from", _("This is no run of serial numbers. Write letters, then digits."))
        return cleaned

    @property
    def alert(self) -> facts.Alert:
        """The alert. Call after ``is_valid``."""
        given = self.cleaned_data
        return facts.Alert(
            kind=AlertKind(given["kind"]), issuer=given["issuer"], day=given["day"], number=given["number"].strip(),
            serials=given["serials"], zone=given["zone"].strip(), features=lines(given["features"]),
            reported_by=given["reported_by"].strip(), source=given["source"].strip(),
            status=AlertStatus.CONFIRMED if given["confirmed"] else AlertStatus.SUSPECTED,
        )  # fmt: skip


class ConfirmForm(Form):
    """Who confirmed an alert, and what is now known."""

    reason = forms.CharField(label=_("Who confirmed it, and how"), max_length=500, widget=forms.Textarea({"rows": 2}))
    features = forms.CharField(label=_("Further features"), required=False, max_length=8000,
                               widget=forms.Textarea({"rows": 4}), help_text=_("One in a line."))  # fmt: skip


class ReasonForm(Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 2}))


class EndForm(ReasonForm):
    """From which day it no longer holds, and why."""

    until = DayField(label=_("First day on which it no longer holds"))
    field_order = ("until", "reason")


class ImportForm(Form):
    """Alerts that another node wrote."""

    file = forms.FileField(label=_("File of alerts"), help_text=_("JSON, as another node wrote it."))


class SpecimenSearch(Form):
    """Whose specimens, of which day."""

    issuer = CodeField(required=False)
    on = DayField(label=_("On"), required=False)


class SpecimenForm(PeriodMixin, Form):
    """A specimen that an issuer notified."""

    issuer = CodeField()
    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("Such as: certificate of 2015, second print.")
    )
    numbers = forms.CharField(
        label=_("Certificate numbers"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2}),
        help_text=_("One range in a line: first and last number, such as SL004500 - SL005500."),
    )  # fmt: skip
    features = forms.CharField(
        label=_("Security features"), required=False, max_length=8000, widget=forms.Textarea({"rows": 6}),
        help_text=_("One in a line: name | where on the paper | how to check it."),
    )  # fmt: skip
    pictures = ManyFilesField(
        label=_("Pictures"), required=False, help_text=_("PNG, JPEG or WEBP, at most 12 MB each.")
    )
    notified_on = DayField(label=_("Notified on"))
    source = forms.CharField(label=_("Source"), max_length=500, help_text=_("The notice, and who sent it."))
    field_order = ("issuer", "title", "since", "until")

    def clean_numbers(self) -> tuple[facts.Serials, ...]:
        """The ranges. Raises ``ValidationError`` naming the line."""
        found = []
        for line in lines(self.cleaned_data["numbers"]):
            first, _dash, last = line.partition(" - ")
            try:
                found.append(facts.serials(first, last))
            except ValueError:
                message = _("“%(line)s” is no range of numbers.")
                raise ValidationError(message, code="range", params={"line": line[:60]}) from None
        return tuple(found)

    def clean_features(self) -> tuple[facts.Feature, ...]:
        """The features, at most 60."""
        rows = [[part.strip() for part in line.split("|")] for line in lines(self.cleaned_data["features"])[:60]]
        return tuple(facts.Feature(row[0], *(row[1:3])) for row in rows)


class MarkForm(PeriodMixin, Form):
    """A signatory or stamp of an issuer."""

    issuer = CodeField()
    kind = forms.ChoiceField(
        label=_("What is it"), choices=choices(MarkKind), widget=forms.RadioSelect, initial="SIGNATORY"
    )
    name = forms.CharField(label=_("Name of the person, or words of the stamp"), max_length=200)
    post = forms.CharField(label=_("Post"), required=False, max_length=200)
    sample = forms.FileField(label=_("Picture of signature or stamp"), required=False)
    source = forms.CharField(label=_("Source"), max_length=500, help_text=_("The notice, and who sent it."))
    field_order = ("issuer", "kind", "name", "post", "since", "until")


class CompareForm(Form):
    """Which paper to lay beside which specimen."""

    issuer = CodeField()
    on = DayField(label=_("Issued on"))
    number = forms.CharField(label=_("Certificate number"), required=False, max_length=40)
    scan = forms.FileField(label=_("Scan or photograph of the paper"), required=False)


class AskForm(Form):
    """A question to an issuer."""

    issuer = CodeField()
    number = forms.CharField(label=_("Certificate number"), max_length=40)
    question = forms.CharField(label=_("Question"), max_length=4000, widget=forms.Textarea({"rows": 5}))
    sent_to = forms.CharField(
        label=_("Sent to"), required=False, max_length=200, help_text=_("E-mail address or name.")
    )
    scans = ManyFilesField(label=_("Scans"), required=False)


class AnswerForm(Form):
    """An issuer's answer."""

    verdict = forms.ChoiceField(label=_("What the issuer says"), choices=choices(Verdict), widget=forms.RadioSelect)
    text = forms.CharField(label=_("In its words"), required=False, max_length=4000, widget=forms.Textarea({"rows": 4}))
    answered_by = forms.CharField(label=_("Who answered"), max_length=200)
    day = DayField(label=_("On"))
    letters = ManyFilesField(label=_("Letter"), required=False)


class NameSearch(Form):
    """A name to look up."""

    q = forms.CharField(label=_("Name"), required=False, max_length=200)
    on = DayField(label=_("On"), required=False)


class NameForm(PeriodMixin, Form):
    """An entry of a list of sanctions or convictions."""

    kind = forms.ChoiceField(label=_("Why"), choices=choices(ListKind))
    list_name = forms.CharField(label=_("List, or court"), max_length=120)
    entity = forms.ChoiceField(label=_("Who"), choices=choices(EntityKind), widget=forms.RadioSelect, initial="COMPANY")
    name = forms.CharField(label=_("Name"), max_length=200)
    aliases = forms.CharField(label=_("Other names"), required=False, max_length=4000, help_text=_("One in a line."),
                              widget=forms.Textarea({"rows": 3}))  # fmt: skip
    source = forms.CharField(label=_("Source"), max_length=500)
    note = forms.CharField(label=_("Note"), required=False, max_length=500)
    field_order = ("kind", "list_name", "entity", "name", "aliases", "since", "until")

    @property
    def entry(self) -> facts.ListedName:
        """The entry. Call after ``is_valid``."""
        given = self.cleaned_data
        return facts.ListedName(
            kind=ListKind(given["kind"]), list_name=given["list_name"].strip(), name=given["name"].strip(),
            period=given["period"], aliases=lines(given["aliases"]), entity=EntityKind(given["entity"]),
            source=given["source"].strip(), note=given["note"].strip(),
        )  # fmt: skip
