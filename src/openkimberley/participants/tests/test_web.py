"""The public pages: everybody may read them, in words and colour, and they say what nobody knows."""

import pytest
from django.urls import reverse
from tests.cast import NOW, SEKGOMA

from openkimberley.participants import actions

pytestmark = pytest.mark.django_db


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status
    text = answer.content.decode()
    assert len(answer.content) < 100_000
    return " ".join(text.split())


def test_the_list_of_a_day_counts_participants_and_countries(client):
    text = page(client, "participants", at="2026-01-01")
    assert "60 Participants" in text
    assert "86 countries" in text
    assert "Chinese Taipei" in text
    assert "Trading entity, may trade" in text


def test_the_list_of_today_needs_no_question(client):
    assert "Angola" in page(client, "participants")


def test_a_suspension_is_said_in_words_and_colour(client):
    text = page(client, "participants", at="2014-01-01")
    assert '<span class="tag bad">Suspended</span>' in text
    assert '<span class="tag bad">Under an embargo of the Security Council</span>' in text


def test_a_national_list_shows_its_own_status_and_attribution(client):
    text = page(client, "participants", at="2024-12-01", by="CA")
    assert "Open Government Licence - Canada" in text


@pytest.mark.parametrize("at", ["2014-13-01", "yesterday", "<script>"])
def test_nonsense_instead_of_a_day_is_said_beside_the_field(client, at):
    text = page(client, "participants", at=at, status=400)
    assert "Enter a real day" in text
    assert "<script>alert" not in text
    assert "Angola" in text


def test_a_participant_shows_history_sources_and_doubts(client):
    text = page(client, "participant", "CG", at="2005-01-01")
    assert "Removed from the list" in text
    assert "Congo readmitted to Kimberley Process" in text
    assert "Where sources disagree" in text


def test_a_participant_shows_zones_while_they_last(client):
    assert "Berberati" in page(client, "participant", "CF", at="2018-01-01").split("History")[0]


def test_a_participant_shows_what_it_covers_and_what_its_law_asks(client):
    text = page(client, "participant", "EU", at="2026-01-01")
    assert "Greenland" in text
    assert "2 months from issue" in text
    assert "10 working days from submission" in text
    assert "authority 3 years, exporter 3 years" in text


def test_what_nobody_has_told_us_is_said(client):
    text = page(client, "participant", "UZ")
    assert "Nobody has told us" in text
    assert "50 things nobody has told us" in text


def test_a_day_within_a_doubt_is_marked(client):
    assert "not known exactly" in page(client, "participant", "MX", at="2008-06-01")


def test_a_state_of_the_union_leads_to_the_union(client):
    assert 'href="/participants/EU' in page(client, "participant", "BE")


@pytest.mark.parametrize("code", ["KE", "be", "x" * 40])
def test_who_is_not_in_the_register_has_no_page(client, code):
    page(client, "participant", code, status=404)


@pytest.mark.parametrize("language", ["fr", "pt", "ru", "ar", "es", "zh-hans"])
def test_names_are_those_of_the_readers_language(client, language):
    text = page_in(client, language)
    assert "CG" in text
    assert ('dir="rtl"' in text) == (language == "ar")


def page_in(client, language):
    answer = client.get(reverse("participants"), headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_french_has_its_own_names(client):
    assert "Allemagne" in page_in(client, "fr")


def test_every_participant_has_a_page(client):
    from openkimberley.participants.data import shipped_register

    actions.seed_register(by=SEKGOMA, at=NOW)
    for code in shipped_register().participants:
        page(client, "participant", code)
