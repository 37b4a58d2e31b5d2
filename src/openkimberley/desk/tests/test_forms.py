"""Forms: exact amounts, errors that say what to write, input that is kept, objections beside their field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template

from openkimberley.desk.forms import (
    CaratsField,
    DayField,
    Form,
    HSCodeField,
    USDollarsField,
    attach_objections,
    hush,
    lines_of,
)
from openkimberley.kernel.rules import Objection, Severity


class Application(Form):
    exporter = forms.CharField(label="Exporter", help_text="As on the licence")
    carats = CaratsField(label="Carats")
    value = USDollarsField(label="Value", required=False)
    day = DayField(label="Day", required=False)
    origin = forms.ChoiceField(
        label="Origin", required=False, widget=forms.RadioSelect, choices=[("BW", "B"), ("NA", "N")]
    )
    true = forms.BooleanField(label="It is true", required=False)


class Line(Form):
    hs = HSCodeField(label="HS code")
    carats = CaratsField(label="Carats")


def shown(source: str, **context) -> str:
    return Template("{% load desk %}" + source).render(Context(context))


def posted(text: str) -> QueryDict:
    return QueryDict(text)


@pytest.mark.parametrize(("text", "value"), [("12.5", "12.50"), ("0.01", "0.01"), (" 7 ", "7.00"), ("١٢٫٥", "12.50")])
def test_carats_are_exact(text, value):
    found = CaratsField().clean(text)
    assert (found, type(found)) == (Decimal(value), Decimal)


@pytest.mark.parametrize("text", ["12,5", "1e3", "-1", "0.001", "1 000", "NaN", "carats", "9" * 20, "0x1", "½"])
def test_what_is_no_amount_is_refused_with_the_remedy(text):
    for field in (CaratsField(), USDollarsField()):
        with pytest.raises(forms.ValidationError):
            field.clean(text)
    form = Application(posted("").copy() | {"carats": text, "exporter": "A"})
    assert not form.is_valid()
    assert form["carats"].value() == text


@pytest.mark.parametrize(
    ("text", "code"), [("710231", "7102.31"), ("7102.31.00", "7102.31"), ("7102 31", None), ("71", None)]
)
def test_hs_codes_are_normalised_or_refused(text, code):
    if code is None:
        with pytest.raises(forms.ValidationError):
            HSCodeField().clean(text)
    else:
        assert HSCodeField().clean(text) == code


def test_days_are_iso_and_nothing_else():
    assert DayField().clean("2026-11-02") == date(2026, 11, 2)
    for text in ("2/11/2026", "2026-02-30", "tomorrow"):
        with pytest.raises(forms.ValidationError):
            DayField().clean(text)


def test_an_amount_that_is_held_is_shown_with_two_decimals():
    assert 'value="1843.30"' in shown("{% field f.carats %}", f=Application(initial={"carats": Decimal("1843.3")}))


def test_a_field_ties_label_hint_error_and_input_together():
    form = Application(posted("carats=x"))
    text = shown("{% field f.exporter %}", f=form)
    assert '<label for="id_exporter">' in text
    assert 'id="id_exporter_helptext"' in text
    assert 'id="id_exporter_error"' in text
    assert 'aria-describedby="id_exporter_helptext id_exporter_error"' in text
    assert 'aria-invalid="true"' in text
    assert "This is missing." in text


def test_what_may_be_left_empty_says_so():
    assert "(optional)" in shown("{% field f.value %}", f=Application())
    assert "(optional)" not in shown("{% field f.carats %}", f=Application())


def test_choices_are_a_group_with_a_legend_and_a_tick_has_its_label_behind_it():
    text = shown("{% field f.origin %}", f=Application())
    assert "<fieldset" in text
    assert "<legend>Origin" in text
    assert text.count("<label for=") == 2
    assert 'type="checkbox"' in shown("{% field f.true %}", f=Application())


def test_the_summary_links_each_problem_to_its_field():
    lines = lines_of(Line, posted("lines-TOTAL_FORMS=1&lines-INITIAL_FORMS=0&lines-0-hs=bad&lines-0-carats=1"))
    form = Application(posted("carats=x"))
    text = shown("{% error_summary f l %}", f=form, l=lines)
    for target in ("#id_exporter", "#id_carats", "#id_lines-0-hs"):
        assert f'href="{target}"' in text
    assert "There are 3 problems" in text
    assert 'role="alert"' in text
    assert shown("{% error_summary f %}", f=Application()).strip() == ""


def test_what_was_typed_is_escaped():
    text = shown("{% error_summary f %}{% field f.carats %}", f=Application(posted("carats=<script>alert(1)</script>")))
    assert "<script>" not in text


# Lines

TWO = (
    "lines-TOTAL_FORMS=2&lines-INITIAL_FORMS=0&lines-0-hs=7102.31&lines-0-carats=first"
    "&lines-1-hs=7102.10&lines-1-carats=2.00"
)


def test_adding_a_line_keeps_everything_and_checks_nothing_yet():
    lines = lines_of(Line, posted(TWO + "&lines-add=1"))
    form = Application(posted("carats=x"))
    hush(form)
    assert lines.edited
    assert len(lines.forms) == 3
    text = shown("{% lines l %}{% field f.carats %}", l=lines, f=form)
    assert 'value="first"' in text
    assert 'value="x"' in text
    assert 'class="error"' not in text
    assert 'name="lines-2-hs"' in text


def test_removing_a_line_moves_the_others_up():
    lines = lines_of(Line, posted(TWO + "&lines-remove=0"))
    assert lines.edited
    assert len(lines.forms) == 1
    assert lines.forms[0]["hs"].value() == "7102.10"


@pytest.mark.parametrize(
    "wrong", ["lines-remove=9", "lines-remove=-1", "lines-remove=x", "lines-TOTAL_FORMS=x&lines-add=1"]
)
def test_nonsense_from_outside_changes_no_lines(wrong):
    lines = lines_of(Line, posted(TWO + "&" + wrong))
    assert not lines.edited
    lines.is_valid()


def test_the_number_of_lines_has_an_end():
    lines = lines_of(Line, posted("lines-TOTAL_FORMS=999999999&lines-INITIAL_FORMS=0&lines-add=1"), maximum=50)
    assert len(lines.forms) <= 50


def test_filled_lines_are_cleaned_and_blank_ones_ignored():
    data = TWO.replace("first", "1.00").replace("TOTAL_FORMS=2", "TOTAL_FORMS=3") + "&lines-2-hs=&lines-2-carats="
    lines = lines_of(Line, posted(data))
    assert lines.is_valid()
    assert lines.filled == [
        {"hs": "7102.31", "carats": Decimal("1.00")}, {"hs": "7102.10", "carats": Decimal("2.00")},
    ]  # fmt: skip


def test_a_first_line_left_empty_is_missing():
    lines = lines_of(Line, posted("lines-TOTAL_FORMS=1&lines-INITIAL_FORMS=0&lines-0-hs=&lines-0-carats="))
    assert not lines.is_valid()


def test_held_lines_are_shown_and_saved_unchanged():
    lines = lines_of(Line, initial=[{"hs": "7102.31", "carats": Decimal("1843.27")}])
    assert 'value="1843.27"' in shown("{% lines l %}", l=lines)
    again = lines_of(
        Line, posted("lines-TOTAL_FORMS=1&lines-INITIAL_FORMS=0&lines-0-hs=7102.31&lines-0-carats=1843.27"),
        initial=[{"hs": "7102.31", "carats": Decimal("1843.27")}],
    )  # fmt: skip
    assert again.is_valid()
    assert [line["carats"] for line in again.filled] == [Decimal("1843.27")]


# Objections


def no(field: str, message: str = "It does not fit.") -> Objection:
    return Objection("R019", Severity.REFUSE, message, field=field, remedy="Mend it.")


def test_objections_stand_beside_their_field_and_the_rest_in_the_summary():
    form = Application(posted("exporter=A&carats=1.00"))
    lines = lines_of(Line, posted(TWO.replace("first", "1.00")))
    assert form.is_valid()
    assert lines.is_valid()
    attach_objections(
        form, [no("lines/1/carats"), no("carats", "Too many."), no("exporter/licence"), no("seals"), no("lines/7/hs")],
        lines=lines,
    )  # fmt: skip
    assert "Too many." in shown("{% field f.carats %}", f=form)
    assert "Mend it." in shown("{% field f.carats %}", f=form)
    assert "It does not fit." in shown("{% field f.exporter %}", f=form)
    assert "R019" in shown("{% field x %}", x=lines.forms[1]["carats"])
    assert "R019" not in shown("{% field x %}", x=lines.forms[0]["carats"])
    assert len(form.non_field_errors()) == 2
    assert 'href="#id_lines-1-carats"' in shown("{% error_summary f l %}", f=form, l=lines)
    assert form["exporter"].value() == "A"


def test_a_path_that_differs_from_the_fields_name_is_mapped():
    form = Application(posted("exporter=A&carats=1.00"))
    attach_objections(form, [no("total_carats")], paths={"total_carats": "carats"})
    assert "carats" in form.errors
