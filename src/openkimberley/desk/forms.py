"""Fields and forms of every page: exact amounts, HS codes, days, and objections placed beside the field they concern.

A form keeps whatever the person typed. An error names what is wrong and what to write instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from openkimberley.desk import web
from openkimberley.kernel import measures
from openkimberley.kernel.errors import Conflict, NotFound, Refused, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from django.http import QueryDict

    from openkimberley.kernel.rules import Objection


_DIGITS = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
# Digits as typed on Arabic and Persian keyboards say the same amount.
_ASCII = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")} | {ord("٫"): "."}


class SpokenError(ValidationError):
    """A validation error that a rule spoke: carries the rule's code, remedy and source to the page."""

    def __init__(self, spoken: Mapping[str, Any]) -> None:
        super().__init__(str(spoken["message"]), code=str(spoken["rule"]))
        self.spoken = spoken


class AmountField(forms.CharField):
    """An exact amount with at most two decimals: text in, ``Decimal`` out. ``unit`` is shown after the input."""

    unit: Any = ""
    wrong: Any = _("Write the amount in digits with a point and at most two decimals, such as 12.50.")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault("widget", forms.TextInput(attrs=dict(_DIGITS)))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What the input shows: the person's own text, or the amount with two decimals."""
        return value if value is None or isinstance(value, str) else f"{value:.2f}"

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """The amount. Raises ``ValidationError`` with the remedy."""
        text = super().to_python(value)
        if text in self.empty_values or text is None:
            return None
        try:
            return measures.amount(text.translate(_ASCII))
        except measures.BadMeasure:
            raise ValidationError(self.wrong, code="amount") from None

    def run_validators(self, value: Any) -> None:
        """Length was checked by the measure itself."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the typed text says another amount."""
        return str(self.prepare_value(initial) or "") != str(data or "").strip()


class CaratsField(AmountField):
    """Carats, to 0.01 ct."""

    unit = _("carats")
    wrong = _("Write the carats in digits with a point and at most two decimals, such as 12.50.")


class USDollarsField(AmountField):
    """US dollars, to 0.01 US$."""

    unit = "US$"
    wrong = _("Write the value in US dollars: digits, a point, at most two decimals, no spaces, such as 4000.00.")


class HSCodeField(forms.CharField):
    """An HS code of chapter 71, as ``7102.31``. Whether it is one of the Scheme's three is a rule's matter."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 14)
        kwargs.setdefault("widget", forms.TextInput(attrs=dict(_DIGITS)))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """The code with its dot. Raises ``ValidationError`` with the remedy."""
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return ""
        try:
            return measures.hs_code(text.translate(_ASCII))
        except measures.BadMeasure:
            raise ValidationError(_("Write the HS code with six digits, such as 7102.31."), code="hs") from None


class DayField(forms.DateField):
    """A day. The browser's own date input where it has one; YYYY-MM-DD as text otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)
        self.error_messages["invalid"] = _("Write the date as year, month, day, such as 2015-12-04.")

    def to_python(self, value: Any) -> date | None:
        """The day. Raises ``ValidationError`` with the remedy."""
        return super().to_python(value)


class Form(forms.Form):
    """The base of every form: plain words for a missing value, required marked by the absence of "(optional)"."""

    use_required_attribute = False  # the page names every problem at once; the browser would stop at the first
    required_css_class = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("This is missing.")


def hush(*things: forms.BaseForm | Lines) -> None:
    """Show bound forms again without errors: the person is not finished yet (a line was added or removed)."""
    whole: Any
    for whole in things:
        inner = whole.forms if isinstance(whole, forms.BaseFormSet) else [whole]
        for form in inner:
            form._errors = ErrorDict()
            form.cleaned_data = {}
        if isinstance(whole, forms.BaseFormSet):
            whole.__dict__.update(_errors=[{} for _form in inner], _non_form_errors=whole.error_class())


class Lines(forms.BaseFormSet):  # type: ignore[type-arg]
    """Repeated lines with buttons to add and remove one, without JavaScript and without losing a keystroke.

    Made by ``lines_of``. ``edited`` is True when the person pressed such a button: show the page again, check nothing.
    """

    edited = False

    @property
    def filled(self) -> list[dict[str, Any]]:
        """The cleaned lines that hold anything, in order. Call after ``is_valid``."""
        held = (getattr(form, "cleaned_data", {}) for form in self.forms)
        return [line for line in held if any(value not in (None, "", []) for value in line.values())]


def _changed(data: QueryDict, prefix: str) -> QueryDict | None:
    """The posted data with a line more or less, or None where no such button was pressed."""
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    if not total.isdigit():
        return None
    count = min(int(total), 2000)
    new = data.copy()
    gone = data.get(f"{prefix}-remove", "")
    if gone.isdigit() and int(gone) < count:
        for key in list(new):
            parts = key[len(prefix) + 1 :].split("-", 1) if key.startswith(f"{prefix}-") else []
            if len(parts) == 2 and parts[0].isdigit() and int(parts[0]) >= int(gone):
                values = new.pop(key)
                if int(parts[0]) > int(gone):
                    new.setlist(f"{prefix}-{int(parts[0]) - 1}-{parts[1]}", values)
        count -= 1
    elif f"{prefix}-add" in data:
        count += 1
    else:
        return None
    new[f"{prefix}-TOTAL_FORMS"] = str(count)
    return new


def _as_new(data: QueryDict, prefix: str) -> QueryDict:
    """The posted data with every line a new one: what stands in it counts, not what was held before."""
    new = data.copy()
    new[f"{prefix}-INITIAL_FORMS"] = "0"
    return new


def lines_of(
    form: type[forms.Form],
    data: QueryDict | None = None,
    *,
    prefix: str = "lines",
    initial: Sequence[Mapping[str, Any]] = (),
    minimum: int = 1,
    maximum: int = 200,
) -> Lines:
    """A set of lines. Empty lines beyond ``minimum`` are ignored. Show it with ``{% lines formset %}``.

    ::

        form, lines = ApplicationForm(request.POST or None), lines_of(LineForm, request.POST or None, initial=held)
        if lines.edited:
            hush(form)
        elif request.method == "POST" and all([form.is_valid(), lines.is_valid()]): ...
    """
    made = forms.formset_factory(
        form, formset=Lines, extra=0, min_num=minimum, max_num=maximum, absolute_max=maximum, validate_min=False,
        validate_max=True,
    )  # fmt: skip
    if data is None:
        return cast("Lines", made(prefix=prefix, initial=list(initial) or None))
    changed = _changed(data, prefix)
    lines = cast("Lines", made(_as_new(data if changed is None else changed, prefix), prefix=prefix))
    if changed is not None:
        lines.edited = True
        hush(lines)
    return lines


def _place(form: Any, path: str, lines: Mapping[str, Lines], paths: Mapping[str, str]) -> tuple[Any, str]:
    """The form and field that an objection's path means; an empty field name means the form as a whole."""
    path = paths.get(path, path)
    parts = path.split("/")
    if len(parts) >= 2 and parts[0] in lines and parts[1].isdigit() and int(parts[1]) < len(lines[parts[0]].forms):
        line = lines[parts[0]].forms[int(parts[1])]
        return line, next((p for p in reversed(parts[2:]) if p in line.fields), "")
    candidates = (path, path.replace("/", "_"), parts[0], parts[-1])
    return form, next((c for c in candidates if c and c in form.fields), "")


def attach_objections(
    form: forms.Form,
    objections: Iterable[Objection],
    *,
    lines: Mapping[str, Lines] | Lines | None = None,
    paths: Mapping[str, str] | None = None,
) -> None:
    """Put each objection beside its field, and the rest into the summary. The form must be bound; its input is kept.

    ``lines`` maps the first part of a path (``lines/0/carats``) to its lines; ``paths`` maps paths that differ from
    field names (``{"exporter/licence": "exporter"}``).
    """
    sets = {str(lines.prefix): lines} if isinstance(lines, Lines) else dict(lines or {})
    for objection in objections:
        place, name = _place(form, objection.field, sets, paths or {})
        place.errors  # noqa: B018  the form is checked first, else this error would be swept away
        place._errors = place._errors or ErrorDict()
        key = name or NON_FIELD_ERRORS
        place._errors.setdefault(key, place.error_class(renderer=place.renderer))
        place._errors[key].extend([SpokenError(web.said(objection))])


DONE = 0
"""What ``attempt`` gives in place of a page's status when the act is done."""


def attempt(
    form: forms.Form,
    act: Callable[[], Any],
    *,
    field: str | None = None,
    lines: Mapping[str, Lines] | None = None,
    object_to: Callable[[Iterable[Objection]], None] | None = None,
    paths: Mapping[str, str] | None = None,
) -> tuple[Any, int]:
    """Do the page's one act. What goes wrong stands beside its field or above the form: what was typed is not lost.

    Returns the act's result and ``DONE``, or None and the status of the page that shows the form again. ``field`` is
    the one that holds a file which may be unreadable; ``object_to`` places objections where the form knows better.
    """
    if not all([form.is_valid(), *(one.is_valid() for one in (lines or {}).values())]):
        return None, 422
    try:
        return act(), DONE
    except Refused as refusal:
        if object_to is not None:
            object_to(refusal.objections)
        else:
            attach_objections(form, refusal.objections, lines=lines, paths=paths)
        return None, refusal.status
    except (Conflict, NotFound) as failure:
        form.add_error(None, str(failure))
        return None, failure.status
    except Untrusted as failure:
        form.add_error(field, failure.reason)
        return None, failure.status
