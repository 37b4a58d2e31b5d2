"""The rulebook is honest: all 180 rules, each with a state, a reason and a place; each function tested both ways."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import openkimberley.participants.rules
import openkimberley.trade.rules  # noqa: F401 - its rules are tied by importing it
from openkimberley.certificates import rules as certificate_rules
from openkimberley.certificates.rules import correction
from openkimberley.kernel.rules import Entry, Severity, State, functions, register
from openkimberley.node.rulesdoc import rules_page
from openkimberley.shipments import rules as shipment_rules

BOOK = list(register())
SOURCE = Path(__file__).parents[2] / "src" / "openkimberley"
STATE_OF = {Severity.REFUSE: State.REFUSES, Severity.HOLD: State.HOLDS, Severity.FLAG: State.FLAGS}
WRITTEN = [entry for entry in BOOK if entry.state in STATE_OF.values()]


def _tests() -> dict[str, list[ast.FunctionDef]]:
    """Every test function by the rule code its name bears."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for path in SOURCE.glob("*/tests/test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (code := re.match(r"test_(R\d{3})_", node.name)):
                found.setdefault(code.group(1), []).append(node)
    return found


TESTS = _tests()


def test_all_180_rules_are_in_it_in_order() -> None:
    assert [entry.code for entry in BOOK] == [f"R{number:03d}" for number in range(1, 181)]


@pytest.mark.parametrize("entry", BOOK, ids=[entry.code for entry in BOOK])
def test_each_rule_says_what_is_done_and_why(entry: Entry) -> None:
    assert entry.statement
    assert entry.level
    assert len(entry.source) > 5
    assert not re.search(r"\bS\d+[a-i]?\b|own:[HML]", entry.source)
    assert entry.reason.endswith(".")
    assert entry.where or entry.state is State.NOT_FOR_SOFTWARE


def test_each_rule_that_is_asked_has_its_function_and_no_function_is_left_out() -> None:
    tied = functions()
    assert sorted(tied) == [entry.code for entry in WRITTEN]
    for entry in WRITTEN:
        function = tied[entry.code]
        assert entry.where == f"{function.__module__.removeprefix('openkimberley.')}.{function.__qualname__}"
        assert entry.state is STATE_OF[function.severity]  # type: ignore[attr-defined]


@pytest.mark.parametrize("entry", WRITTEN, ids=[entry.code for entry in WRITTEN])
def test_the_functions_docstring_is_the_official_statement(entry: Entry) -> None:
    said = " ".join((functions()[entry.code].__doc__ or "").split())
    assert said.startswith(entry.statement)


@pytest.mark.parametrize("entry", WRITTEN, ids=[entry.code for entry in WRITTEN])
def test_each_function_has_a_test_with_its_code_satisfied_and_broken(entry: Entry) -> None:
    bodies = " ".join(ast.unparse(test) for test in TESTS.get(entry.code, []))
    assert bodies, f"no test is called test_{entry.code}_..."
    satisfied = re.search(r"== (\[\]|\(\))", bodies) or "not " in bodies
    broken = re.search(r"== \[['\"]|\* [23]|\.rule\b|assert list|len\(|raises", bodies)
    assert satisfied, f"{entry.code} is never tested as satisfied"
    assert broken, f"{entry.code} is never tested as broken"


def test_what_is_recorded_has_a_place_that_exists() -> None:
    for entry in BOOK:
        if entry.state is not State.RECORDS:
            continue
        parts = entry.where.split(".")
        for cut in range(len(parts), 0, -1):
            try:
                place = import_module(".".join(["openkimberley", *parts[:cut]]))
            except ModuleNotFoundError:
                continue
            for name in parts[cut:]:
                place = getattr(place, name)
            break
        else:
            pytest.fail(f"{entry.code}: {entry.where} is nowhere")


def test_what_is_not_yet_done_names_what_it_waits_for() -> None:
    for entry in BOOK:
        if entry.state is State.NOT_YET:
            assert entry.reason.startswith("Waits for"), entry.code


def test_the_groups_of_this_step_are_asked_or_say_why_not() -> None:
    silent = [e.code for e in BOOK if e.group[0] in "ABCDEFGHIJQ" and e.state is State.NOT_YET]
    assert silent == ["R103", "R105"]  # books of dealers, mines and polishers, which this version does not keep


def test_each_function_is_asked_at_some_act() -> None:
    areas = (certificate_rules, correction, shipment_rules, import_module("openkimberley.shipments.rules.check"))
    asked = {
        function
        for module in areas
        for value in vars(module).values()
        if isinstance(value, tuple)
        for function in value
        if hasattr(function, "code")
    }
    # the licence record, asked by the area trade, and changes of the lists, asked by participants
    by_hand = {"R122", "R165", "R172", "R173"}
    assert {e.code for e in WRITTEN} - {function.code for function in asked} - by_hand == set()


def test_the_page_leaves_no_rule_out() -> None:
    page = rules_page(BOOK)
    assert re.findall(r"^\| (R\d{3}) \|", page, re.MULTILINE) == [entry.code for entry in BOOK]
    assert "| not yet | " in page
    assert all(len(row.split(" | ")) >= 7 for row in page.splitlines() if re.match(r"\| R\d", row))
    assert "***" not in page.replace("\\*\\*\\*", "")
