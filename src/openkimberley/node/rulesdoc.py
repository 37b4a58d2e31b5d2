"""PURE. The text of ``docs/rules.md``, made from the register of rules: all 180, none left out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from openkimberley.kernel.rules import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.kernel.rules import Entry

STATES = {
    State.REFUSES: "the act does not go on",
    State.HOLDS: "the act waits for a person's decision",
    State.FLAGS: "the act goes on, the objection is shown and recorded",
    State.RECORDS: "kept by the way the software works; there is nothing to object to",
    State.NOT_YET: "its area is not built; the reason names what it waits for",
    State.NOT_FOR_SOFTWARE: "no program can decide it",
}

LEVELS = (
    ("MIN", "minimum requirement or undertaking of the Core Document"),
    ("REC", "recommendation of the Core Document (Annex II, or the options of Annex I)"),
    ("AD", "administrative decision of the Plenary, or practice of the Scheme"),
    ("NAT-xx", "national law of xx, asked where its profile says so"),
    ("DER", "derived check, no rule of the Scheme"),
    ("OWN", "from general knowledge, not seen in a text"),
    ("industry", "the industry's own System of Warranties"),
)


def _cell(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("***", "\\*\\*\\*") or "-"


def _row(entry: Entry) -> str:
    """One rule as a row."""
    where = f"`{entry.where}`" if entry.where else "-"
    cells = (entry.code, entry.level, entry.statement, f"**{entry.state.value}**", entry.reason, entry.source)
    return f"| {' | '.join(_cell(cell) for cell in cells)} | {where} |"


def rules_page(entries: Iterable[Entry]) -> str:
    """The page in Markdown: what the states and levels mean, the counts, then every rule by group."""
    listed = list(entries)
    counts = Counter(entry.state for entry in listed)
    lines = [
        "# Rules", "",
        f"All {len(listed)} rules, each with its level, what the software does about it and why, its source and its",
        "place in the code. A rule is never left out in silence.", "",
        "| state | rules | means |", "| --- | --- | --- |",
        *(f"| {state.value} | {counts[state]} | {meaning} |" for state, meaning in STATES.items()), "",
        "| level | means |", "| --- | --- |", *(f"| {level} | {meaning} |" for level, meaning in LEVELS), "",
        "A rule that refuses may hold instead where the facts themselves are in doubt, and one that holds a stranger's",
        "paper refuses the authority's own certificate: the reason says so.", "",
    ]  # fmt: skip
    group = ""
    for entry in listed:
        if entry.group != group:
            group = entry.group
            letter, _, name = group.partition(" ")
            lines += [
                *([""] if lines[-1] else []), f"## {letter}. {name}", "",
                "| code | level | rule | state | why | source | where |", "| --- | --- | --- | --- | --- | --- | --- |",
            ]  # fmt: skip
        lines.append(_row(entry))
    return "\n".join(lines) + "\n"
