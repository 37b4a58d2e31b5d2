"""Every threat of the threat model that software can meet has a test that bears its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = [number for number in range(1, 26) if number != 14]
"""T1 to T25 without T14: an authority that lies signs truly. What is not caught stands in SECURITY.md."""

_TEST = re.compile(r"def (test_t([0-9]+)(?:_and_t([0-9]+)|_t([0-9]+))?_\w+)\(")


def named() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for path in [*ROOT.glob("src/**/tests/**/test_*.py"), *ROOT.glob("tests/**/test_*.py")]:
        for match in _TEST.finditer(path.read_text("utf-8")):
            for number in filter(None, match.groups()[1:]):
                found.setdefault(int(number), []).append(match.group(1))
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_threat_is_played(number):
    assert named().get(number), f"no test is named test_t{number}_..."


def test_what_is_not_caught_is_said():
    assert "T14" in (ROOT / "SECURITY.md").read_text("utf-8")
