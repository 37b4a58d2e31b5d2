"""``kimberley messages``: gathers every sentence of the program into the catalogs of the six other languages.

A catalog is ``locale/<language>/LC_MESSAGES/django.po``; its compiled form ``django.mo`` stands beside it and is kept
too, so that a node needs no tool to speak French. Catalogs are sorted and name neither place nor date: a change of code
that changes no sentence changes no catalog. A sentence that is changed loses its translation; a wrong one is worse than
English. ``locale/counts.csv`` says how far each language is.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from openkimberley.desk.cli import REFUSED, json_option, show_json

PACKAGE = Path(__file__).parents[1]
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("ar", "es", "fr", "pt", "ru", "zh_Hans")
COMPLETE = ("fr",)
"""Languages in which no sentence may be missing: a new one without its translation fails the tests."""

SKIPPED = {"tests", "migrations", "locale", "static", "bench", "__pycache__"}
HEADER = "# Sentences of OpenKimberley. Translate here, then run `kimberley messages`."
KEYWORDS = {
    **DEFAULT_KEYWORDS, "gettext_noop": None, "gettext_lazy": None, "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]\b|\{\w*\}")
ONE_NUMBER = {"ar": (0, 1, 2)}
"""Plural forms that stand for one number only (none, one, two): the word says the number, no figure is needed."""

Key = tuple[str | None, str | tuple[str, ...]]


class StableCatalog(Catalog):
    """A catalog whose head holds nothing but what reading it needs: no date, no version, no name."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The lines of the head."""
        return [
            ("Language", str(self.locale)), ("Plural-Forms", self.plural_forms), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
        ]  # fmt: skip


def new_catalog(language: str) -> StableCatalog:
    """An empty catalog of a language, with its plural forms."""
    return StableCatalog(locale=language, header_comment=HEADER, fuzzy=False)


def sources(package: Path = PACKAGE) -> Iterator[tuple[Path, str]]:
    """Every file that may hold sentences, as Python that can be read for them: code, and templates made into calls."""
    from django.utils.translation.template import templatize

    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package).parts
        if SKIPPED & set(inside[:-1]):
            continue
        if path.suffix == ".py":
            yield path, path.read_text(encoding="utf-8")
        elif path.suffix in {".html", ".txt"} and "templates" in inside:
            calls: str = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            yield path, "\n".join(line.strip() for line in calls.splitlines())


def gathered(package: Path = PACKAGE) -> Catalog:
    """All sentences of the program, without translations."""
    template = Catalog(charset="utf-8")
    for _path, text in sources(package):
        found: Any = extract_python(io.BytesIO(text.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
        for _line, function, said, comments in found:
            add(template, function, said, comments)
    return template


def add(template: Catalog, function: str | None, said: Any, comments: list[str]) -> None:
    """Enter one call to gettext into the template; what is not a plain sentence is left out."""
    words = [word for word in (said if isinstance(said, tuple) else (said,)) if isinstance(word, str)]
    shape = KEYWORDS.get(function or "")
    context = words.pop(0) if shape and isinstance(shape[0], tuple) and words else None
    plural = any(name in (function or "") for name in ("ngettext", "npgettext"))
    if not words or not words[0]:
        return
    identity = (words[0], words[1]) if plural and len(words) > 1 else words[0]
    template.add(identity, auto_comments=[c.removeprefix("Translators:").strip() for c in comments], context=context)


def key(message: Message) -> Key:
    """What tells one message from another: context and sentence (both sentences where there is a plural)."""
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages of a catalog without its head."""
    return (message for message in catalog if message.id)


def po_path(language: str, locale: Path = LOCALE) -> Path:
    """Where the catalog of a language lies."""
    return locale / language / "LC_MESSAGES" / "django.po"


def read_catalog(language: str, locale: Path = LOCALE) -> StableCatalog:
    """The catalog of a language as it is kept; an empty one where there is none yet."""
    catalog, path = new_catalog(language), po_path(language, locale)
    if path.exists():
        with path.open("rb") as file:
            for message in messages(read_po(file, locale=language)):
                copy(message, catalog)
    return catalog


def copy(message: Message, to: Catalog) -> None:
    """Enter a message with its translation into another catalog."""
    to.add(message.id, message.string, flags=message.flags, auto_comments=message.auto_comments,
           user_comments=message.user_comments, context=message.context)  # fmt: skip


def brought_up_to_date(language: str, template: Catalog, locale: Path = LOCALE) -> StableCatalog:
    """The kept catalog with every sentence of the template and no other; translations of unchanged ones stay."""
    kept = {key(message): message for message in messages(read_catalog(language, locale))}
    fresh = new_catalog(language)
    for message in messages(template):
        old = kept.get(key(message))
        fresh.add(message.id, old.string if old else None, auto_comments=message.auto_comments,
                  user_comments=old.user_comments if old else (), context=message.context)  # fmt: skip
    return fresh


def forms(message: Message) -> tuple[str, ...]:
    """The translation of a message: one sentence, or one for each plural form of the language."""
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def translated(message: Message) -> bool:
    """Whether every form of the message has its translation."""
    return all(forms(message)) and bool(forms(message))


def placeholders(sentence: str) -> set[str]:
    """The names that are filled in: ``%(name)s``, ``{name}``, ``%s``."""
    return set(PLACEHOLDER.findall(sentence))


def po_bytes(catalog: Catalog) -> bytes:
    """The catalog as text, sorted by sentence."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """The catalog compiled: sentences without a translation are left out and stay English."""
    whole = new_catalog(str(catalog.locale))
    for message in messages(catalog):
        if translated(message):
            copy(message, whole)
    out = io.BytesIO()
    write_mo(out, whole)
    return out.getvalue()


def counts_text(catalogs: dict[str, StableCatalog]) -> str:
    """``counts.csv``: language, sentences, how many are translated, how many stay English."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["language", "sentences", "translated", "english"])
    for language, catalog in sorted(catalogs.items()):
        total = len(list(messages(catalog)))
        done = sum(translated(message) for message in messages(catalog))
        table.writerow([language, total, done, total - done])
    return out.getvalue()


def files(template: Catalog, locale: Path = LOCALE) -> dict[Path, bytes]:
    """Every file of the folder ``locale`` as it has to be."""
    catalogs = {language: brought_up_to_date(language, template, locale) for language in LANGUAGES}
    wanted = {locale / "counts.csv": counts_text(catalogs).encode()}
    for language, catalog in catalogs.items():
        path = po_path(language, locale)
        wanted |= {path: po_bytes(catalog), path.with_suffix(".mo"): mo_bytes(catalog)}
    return wanted


def faults(catalog: Catalog) -> Iterator[str]:
    """What is wrong in a catalog: a fuzzy message, or a form whose placeholders are not those of its sentence."""
    language = str(catalog.locale)
    for message in messages(catalog):
        if message.fuzzy:
            yield f"{language}: fuzzy: {message.id!r}"
        said = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        some, every = placeholders(" ".join(said)), placeholders(said[0]) & placeholders(said[-1])
        for number, form in enumerate(forms(message)):
            strange, lacking = placeholders(form) - some, every - placeholders(form)
            spared = len(forms(message)) > 1 and number in ONE_NUMBER.get(language, ()) and len(lacking) == 1
            if form and (strange or (lacking and not spared)):
                yield f"{language}: placeholders: {message.id!r}: {form!r}"


@click.command("messages")
@click.option("--check", is_flag=True, help="Write nothing; fail where a catalog is not current.")
@json_option
def messages_command(check: bool, as_json: bool) -> None:
    """Gather every sentence into the catalogs of all languages and compile them (run in the checkout)."""
    wanted = files(gathered())
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
    counts = list(csv.DictReader(wanted[LOCALE / "counts.csv"].decode().splitlines()))
    wrong = [fault for language in LANGUAGES for fault in faults(read_catalog(language))]
    if as_json:
        show_json({"counts": counts, "changed": [str(path.relative_to(LOCALE)) for path in stale], "faults": wrong})
    else:
        for row in counts:
            click.echo("{language}: {translated} of {sentences} translated, {english} English".format(**row))
        for fault in wrong:
            click.echo(fault, err=True)
    if wrong or (check and stale):
        sys.exit(REFUSED)
