"""Tags of every page: amounts, days, countries, statuses, objections, in the reader's language and escaped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from openkimberley.desk.templatetags import words
from openkimberley.kernel.actor import Role
from openkimberley.kernel.rules import Objection, Severity


def shown(source: str, language: str = "en", **context) -> str:
    with translation.override(language):
        return Template("{% load desk %}" + source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "1,234,567.50"), ("fr", "1\u202f234\u202f567,50"), ("pt", "1.234.567,50"), ("zh-hans", "1,234,567.50")],
)
def test_amounts_are_grouped_for_the_reader_and_keep_two_decimals(language, text):
    assert text in shown("{{ x|usd }}", language, x=Decimal("1234567.50"))
    assert text in shown("{{ x|carats }}", language, x="1234567.50")


def test_amounts_have_a_direction_of_their_own_and_their_unit():
    assert shown("{{ x|carats }}", x=Decimal("12.5")) == '<bdi class="nowrap">12.50 ct</bdi>'
    assert shown("{{ x|usd }}", "ar", x=Decimal("0.01")).startswith("<bdi")


def test_an_amount_never_loses_a_hundredth():
    assert "9,999,999,999,999.99" in shown("{{ x|carats }}", x=Decimal("9999999999999.99"))


@pytest.mark.parametrize("name", ["carats", "usd", "day", "moment"])
def test_what_is_unknown_is_a_dash_and_never_a_zero(name):
    assert ">–<" in shown("{{ x|" + name + " }}", x=None)


def test_days_are_written_out_and_name_themselves_to_programs():
    text = shown("{{ x|day }}", x=date(2026, 11, 2))
    assert text == '<time class="nowrap" datetime="2026-11-02">2 November 2026</time>'
    assert "2 novembre 2026" in shown("{{ x|day }}", "fr", x="2026-11-02")


def test_moments_name_their_time_zone():
    assert "09:00 UTC" in shown("{{ x|moment }}", x=datetime(2026, 11, 2, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("BW", "en", "Botswana"), ("BE", "fr", "Belgique"), ("EU", "en", "European Union"),
        ("EU-BE", "en", "Belgium (EU-BE)"), ("***", "en", "Mixed origin"), ("TW", "en", "Chinese Taipei"),
        ("QQ", "en", "QQ"), ("", "en", ""), ("<b>", "en", "&lt;b&gt;"),
    ],
)  # fmt: skip
def test_countries_are_named_in_the_readers_language(code, language, name):
    assert shown("{{ x|country }}", language, x=code) == name


def test_a_status_says_itself_in_words_beside_its_colour():
    assert shown("{% status_tag x %}", x="CONFIRMED") == '<span class="tag good">Confirmed</span>'
    assert shown("{% status_tag x %}", x="NEVER_SEEN_BEFORE") == '<span class="tag idle">Never seen before</span>'
    assert "&lt;" in shown("{% status_tag x %}", x="<script>")


def test_every_role_has_words():
    assert set(words.ROLE) == {role.value for role in Role}


@pytest.mark.parametrize(("code", "word"), [("valid", "Valid"), ("invalid", "Invalid"), ("cannot_tell", "Cannot tell")])
def test_a_verdict_is_a_heading_in_words(code, word):
    text = shown("{% verdict x advice='hold' %}", x=code)
    assert f"<h1>{word}</h1>" in text
    assert 'aria-hidden="true"' in text


def test_an_unknown_verdict_is_never_shown_as_good():
    text = shown("{% verdict x %}", x="certainly")
    assert "Cannot tell" in text
    assert "verdict wait" in text


def test_an_objection_shows_rule_message_remedy_and_the_rules_own_words():
    template = "The %(what)s is missing."
    objection = Objection("R019", Severity.REFUSE, template, {"what": "<number>"}, "parcels", "Count.")
    text = shown("{% objections_list x %}", x=[objection])
    for part in ("R019", "The &lt;number&gt; is missing.", "Count.", "Must be put right"):
        assert part in text
    assert "<number>" not in text
    assert shown("{% objections_list x %}", x=[]) == ""


def test_changing_one_parameter_keeps_the_others():
    request = RequestFactory().get("/list", {"q": "a&b", "page": "2", "state": "ISSUED"})
    text = shown("{% url_with page=3 state=None %}", request=request)
    assert text == "?q=a%26b&amp;page=3"


def test_pages_lead_on_and_back():
    request = RequestFactory().get("/list", {"q": "x", "page": "2"})
    text = shown("{% pages page %}", request=request, page=Paginator(range(100), 10).page(2))
    assert "Page 2 of 10" in text
    assert "?q=x&amp;page=1" in text
    assert "?q=x&amp;page=3" in text
    assert shown("{% pages page %}", request=request, page=Paginator(range(5), 10).page(1)) == ""


def test_the_journal_is_linked_for_those_who_may_read_it():
    assert shown("{% journal_link 'BW 1' %}", may={"journal_read": False}) == ""
    assert "subject=BW+1" in shown("{% journal_link 'BW 1' %}", may={"journal_read": True})
