"""Catalogs say what the program says: gathered anew, complete in French, with the same placeholders, compiled."""

from __future__ import annotations

import csv
import gettext
import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.test import Client
from django.utils import translation

from openkimberley.node import messages

TEMPLATE = messages.gathered()
CODES = {"zh_Hans": "zh-hans"}
PAGES = ("/", "/verify", "/participants", "/rules", "/accounts/login/")
SENTENCES = {
    "ar": "شهادات عملية كيمبرلي", "fr": "Certificats du Processus de Kimberley",
    "pt": "Certificados do Processo de Kimberley", "es": "Certificados del Proceso de Kimberley",
    "ru": "Сертификаты Кимберлийского процесса", "zh_Hans": "金伯利进程证书",
}  # fmt: skip


def sentences(catalog: Catalog) -> set[messages.Key]:
    return {messages.key(message) for message in messages.messages(catalog)}


def test_every_language_of_the_node_has_its_catalog():
    codes = {CODES.get(language, language) for language in messages.LANGUAGES}
    assert codes | {"en"} == {code for code, _name in settings.LANGUAGES}


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_catalog_holds_every_sentence_of_the_program_and_no_other(language: str):
    kept, now = sentences(messages.read_catalog(language)), sentences(TEMPLATE)
    assert not now - kept, f"run `kimberley messages`; new: {sorted(map(str, now - kept))}"
    assert not kept - now, f"run `kimberley messages`; gone: {sorted(map(str, kept - now))}"


@pytest.mark.parametrize("language", messages.COMPLETE)
def test_a_complete_language_lacks_no_sentence(language: str):
    catalog = messages.brought_up_to_date(language, TEMPLATE)
    missing = [message.id for message in messages.messages(catalog) if not messages.translated(message)]
    assert not missing, f"run `kimberley messages`, then translate in {messages.po_path(language)}: {missing}"


@pytest.mark.parametrize("language", messages.COMPLETE)
def test_a_complete_language_repeats_no_english_sentence(language: str):
    catalog = messages.read_catalog(language)
    whole = [m for m in messages.messages(catalog) if isinstance(m.id, str) and len(m.id.split()) > 3]
    assert not [m.id for m in whole if m.string == m.id]


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_message_is_fuzzy_and_every_placeholder_is_the_sentences_own(language: str):
    assert not list(messages.faults(messages.read_catalog(language)))


def test_the_guard_of_placeholders_sees_planted_faults():
    catalog = messages.new_catalog("fr")
    catalog.add("Since %(since)s", "Depuis %(depuis)s")
    catalog.add("Rule %(code)s", "Règle")
    catalog.add("No", "Non", flags=["fuzzy"])
    catalog.add(("%(n)s day", "%(n)s days"), ("un jour", "%(n)s jours"))
    assert len(list(messages.faults(catalog))) == 4


def test_arabic_may_say_one_and_two_without_a_figure():
    catalog = messages.new_catalog("ar")
    catalog.add(("%(n)s day", "%(n)s days"), ("لا أيام", "يوم", "يومان", "%(n)s أيام", "%(n)s يوماً", "أيام"))
    assert len(list(messages.faults(catalog))) == 1


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_compiled_catalog_is_that_of_the_text(language: str):
    compiled = messages.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == messages.mo_bytes(messages.read_catalog(language)), "run `kimberley messages`"
    said = gettext.GNUTranslations(io.BytesIO(compiled))
    assert said.gettext("Kimberley Process certificates") == SENTENCES[language]


def test_the_text_of_a_catalog_is_in_the_form_that_the_command_writes():
    for language in messages.LANGUAGES:
        assert messages.po_path(language).read_bytes() == messages.po_bytes(messages.read_catalog(language)), language


def test_the_count_says_how_many_sentences_stay_english():
    catalogs = {language: messages.read_catalog(language) for language in messages.LANGUAGES}
    kept = (messages.LOCALE / "counts.csv").read_text(encoding="utf-8")
    assert kept == messages.counts_text(catalogs), "run `kimberley messages`"
    rows = {row["language"]: row for row in csv.DictReader(kept.splitlines())}
    assert all(rows[language]["english"] == "0" for language in messages.COMPLETE)


def test_a_new_sentence_is_found_wherever_it_is_written(tmp_path: Path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules.py").write_text('def f():\n    return objection("R001", _("Planted in "\n        "a rule"))\n')
    (tmp_path / "forms.py").write_text(
        'LABEL = pgettext_lazy("kind", "Planted label")\nngettext("one", "%(n)s many", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        "<p title=\"{% translate 'Planted title' %}\">\n  {% blocktranslate count n=n trimmed %}\n    {{ n }} stone\n"
        "  {% plural %}\n    {{ n }} stones\n  {% endblocktranslate %}</p>"
    )
    (tmp_path / "tests" / "test_x.py").write_text('_("Not for people")')
    assert sentences(messages.gathered(tmp_path)) == {
        (None, "Planted in a rule"), ("kind", "Planted label"), (None, ("one", "%(n)s many")), (None, "Planted title"),
        (None, ("%(n)s stone", "%(n)s stones")),
    }  # fmt: skip


def test_a_changed_sentence_loses_its_translation_and_an_unchanged_one_keeps_it(tmp_path: Path):
    path = messages.po_path("fr", tmp_path)
    path.parent.mkdir(parents=True)
    old = messages.new_catalog("fr")
    old.add("Kept", "Gardé")
    old.add("Changed", "Modifié")
    path.write_bytes(messages.po_bytes(old))
    template = Catalog()
    template.add("Kept")
    template.add("Changed now")
    fresh = messages.brought_up_to_date("fr", template, tmp_path)
    assert {m.id: m.string for m in messages.messages(fresh)} == {"Kept": "Gardé", "Changed now": None}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", *messages.LANGUAGES])
def test_every_page_says_its_language_and_the_direction_of_its_script(language: str):
    code = CODES.get(language, language)
    direction = "rtl" if language == "ar" else "ltr"
    for page in PAGES:
        answer = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE=code).get(page)
        assert answer.status_code == 200, page
        assert f'<html lang="{code}" dir="{direction}">' in answer.content.decode(), page
        with translation.override(code):
            assert translation.gettext("Skip to main content") in answer.content.decode(), page


@pytest.mark.django_db
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_front_page_speaks_the_language(language: str):
    code = CODES.get(language, language)
    page = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE=code).get("/").content.decode()
    assert SENTENCES[language] in page
