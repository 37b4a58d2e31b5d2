"""What all forms of certification share: fields that keep what was typed, choices by date, objections beside fields."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from openkimberley.desk.forms import Form, SpokenError, attempt
from openkimberley.desk.templatetags import words
from openkimberley.desk.web import said
from openkimberley.kernel import measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openkimberley.kernel.rules import Objection

HS_CHOICES = [
    ("", _("Choose")),
    ("7102.10", _("7102.10 unsorted")),
    ("7102.21", _("7102.21 industrial")),
    ("7102.31", _("7102.31 non-industrial")),
]
"""The three HS codes of rough diamonds, in the words of the nomenclature."""

BAD_AMOUNT = _("Write digits, a point and at most two decimals, such as 12.50. No commas, spaces or signs.")
BAD_COUNT = _("Write a whole number, such as 1.")
BAD_SHARE = _("Write a percentage with at most two decimals, such as 62.50.")


def text(label: Any, hint: Any = "", *, lines: int = 0, required: bool = False, longest: int = 400) -> forms.CharField:
    """A field of words. ``lines`` makes it taller. What is typed keeps its inner spaces and loses its outer ones."""
    widget = forms.Textarea(attrs={"rows": lines}) if lines else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=hint, required=required, max_length=longest, widget=widget)


def code(label: Any, hint: Any = "", *, required: bool = False, longest: int = 60, listed: str = "") -> forms.CharField:
    """A field for a number or code: written left to right in every language. ``listed`` names a list of proposals."""
    attrs = {"autocomplete": "off", "dir": "ltr", "spellcheck": "false"}
    if listed:
        attrs["list"] = listed
    return forms.CharField(
        label=label, help_text=hint, required=required, max_length=longest, widget=forms.TextInput(attrs=attrs)
    )


def figure(label: Any, hint: Any = "", *, required: bool = False, unit: Any = "") -> forms.CharField:
    """A field for an amount or a count, kept as text: whether it is one, the form says beside it."""
    attrs = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
    field = forms.CharField(
        label=label, help_text=hint, required=required, max_length=40, widget=forms.TextInput(attrs=attrs)
    )
    field.unit = unit  # type: ignore[attr-defined]
    return field


def choice(label: Any, options: Iterable[tuple[str, Any]], hint: Any = "", *, typed: str = "") -> forms.ChoiceField:
    """A list to choose from. A value that stands in the draft but not on the list (``typed``) stays choosable."""
    listed = list(options)
    if typed and typed not in {value for value, _label in listed}:
        listed.append((typed, typed))
    return forms.ChoiceField(label=label, help_text=hint, required=False, choices=listed)


def amount_fault(typed: str) -> Any:
    """What is wrong with an amount as typed; empty where it is one, or nothing was typed."""
    try:
        if typed:
            measures.amount(typed)
    except measures.BadMeasure:
        return BAD_AMOUNT
    return ""


def count_fault(typed: str) -> Any:
    """What is wrong with a count as typed."""
    return "" if not typed or (typed.isascii() and typed.isdigit() and len(typed) < 8) else BAD_COUNT


def as_count(typed: str) -> int | str:
    """A count as a number, or what was typed where it is none."""
    return int(typed) if typed and not count_fault(typed) else typed


class DeskForm(Form):
    """A form whose fields are named as objections name them, so that each refusal stands beside what it is about."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "f-%s")
        super().__init__(data, *args, **kwargs)

    def place(self, field: str) -> str | None:
        """The form's field that an objection's field means, None where it is not on this page."""
        return field if field in self.fields else None

    def object_to(self, objections: Iterable[Objection]) -> None:
        """Put each objection beside its field, or above the form where it has none here."""
        for objection in objections:
            self.add_error(self.place(objection.field), SpokenError(said(objection)))

    def attempt(self, act: Callable[[], Any]) -> tuple[Any, int]:
        """Do the page's one act: see ``desk.forms.attempt``."""
        return attempt(self, act, object_to=self.object_to)


@cache
def _territories(language: str) -> dict[str, str]:
    """Names of countries by alpha-2 code in a language."""
    try:
        locale = Locale.parse(language.replace("-", "_").replace("_hans", "_Hans"))
    except (ValueError, UnknownLocaleError):
        locale = Locale("en")
    return {key: name for key, name in locale.territories.items() if len(key) == 2 and key.isalpha()}


def country_name(alpha2: str) -> str:
    """A country's name in the reader's language; the code itself where there is no such country."""
    return str(words.COUNTRY.get(alpha2) or _territories(get_language() or "en").get(alpha2, alpha2))


def country_code(typed: str) -> str:
    """The alpha-2 code of a country typed by code or by name; what was typed where it is neither."""
    if len(typed) == 2:
        return typed.upper()
    wanted = typed.casefold()
    for language in (get_language() or "en", "en"):
        for key, name in _territories(language).items():
            if name.casefold() == wanted:
                return key
    return typed
