"""PURE. What a rule is, what an objection is, and the register of all 180 rules of the Scheme.

The official wording, level and source of each rule stand in ``rulebook.csv`` beside this file. An area writes a rule as
a pure function, tied to its code::

    @rule("R019", severity=Severity.REFUSE)
    def parcels_are_counted(case: Case) -> Iterator[Objection]:
        \"\"\"Number of parcels is an integer of at least 1.\"\"\"
        if case.certificate.parcels is None:
            yield objection("R019", _("The number of parcels is missing."))

The register never leaves a rule out: one that no function enforces says in ``rulebook.csv`` why not.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

F = TypeVar("F", bound="Callable[..., Any]")


def gettext_noop(message: str) -> str:
    """Mark an English sentence for translation without translating it: the core knows no language but English."""
    return message


class Severity(StrEnum):
    """What an objection does to the act it meets."""

    REFUSE = "refuse"  # the act does not go on
    HOLD = "hold"  # the act waits for a person's decision
    FLAG = "flag"  # the act goes on; the objection is shown and recorded


class State(StrEnum):
    """What the software does about a rule."""

    REFUSES = "refuses"
    HOLDS = "holds"
    FLAGS = "flags"
    RECORDS = "records"
    NOT_YET = "not yet"  # its area is not built; the reason names what it waits for
    NOT_FOR_SOFTWARE = "not for software"


@dataclass(frozen=True, slots=True)
class Objection:
    """One rule's no, with everything a person needs to act on it.

    ``message`` is English with its facts filled in; ``template`` and ``facts`` let a shell translate it.
    ``field`` names the field at fault where there is one (``lines/0/hs``), ``remedy`` what to do.
    """

    rule: str
    severity: Severity
    template: str
    facts: Mapping[str, str] = field(default_factory=dict)
    field: str = ""
    remedy: str = ""

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.template % self.facts if self.facts else self.template.replace("%%", "%")

    @property
    def level(self) -> str:
        """MIN, REC, AD, NAT-xx, DER or a mix: how binding the rule is (see ``docs/rules.md``)."""
        return rulebook()[self.rule].level

    @property
    def source(self) -> str:
        """Where the rule is written, for people."""
        return rulebook()[self.rule].source

    def as_json(self) -> dict[str, Any]:
        """The objection in the form that the API and the command line print."""
        return {
            "rule": self.rule,
            "level": self.level,
            "severity": self.severity.value,
            "source": self.source,
            "message": self.message,
            "facts": dict(self.facts),
            "field": self.field,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the 180 rules as the rulebook has it. ``state``, ``where`` and ``reason`` say what the software does."""

    code: str
    group: str
    level: str
    statement: str
    source: str
    state: State
    where: str
    reason: str


_FUNCTIONS: dict[str, Callable[..., Any]] = {}


def rule(code: str, *, severity: Severity) -> Callable[[F], F]:
    """Tie a pure function to an official rule. A code is tied once; the function keeps ``code`` and ``severity``."""

    def tie(function: F) -> F:
        if code in _FUNCTIONS and _FUNCTIONS[code].__qualname__ != function.__qualname__:
            raise ValueError(f"{code} is written twice: {_FUNCTIONS[code].__module__} and {function.__module__}")
        if code not in rulebook():
            raise ValueError(f"{code} is not in the rulebook")
        function.code = code  # type: ignore[attr-defined]
        function.severity = severity  # type: ignore[attr-defined]
        _FUNCTIONS[code] = function
        return function

    return tie


def functions() -> Mapping[str, Callable[..., Any]]:
    """The rules written so far as functions, by code. Complete once every area's ``rules`` module is imported."""
    return dict(_FUNCTIONS)


@cache
def rulebook() -> Mapping[str, Entry]:
    """All 180 rules by code, as ``rulebook.csv`` has them."""
    text = resources.files(__package__).joinpath("rulebook.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Entry(
            code=row["code"],
            group=row["group"],
            level=row["level"],
            statement=row["statement"],
            source=row["source"],
            state=State(row["state"]),
            where=row["where"],
            reason=row["reason"],
        )
        for row in csv.DictReader(text.splitlines())
    }


def register() -> Iterator[Entry]:
    """The rulebook in order of code."""
    book = rulebook()
    return (book[code] for code in sorted(book))
