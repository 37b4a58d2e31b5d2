"""Both engines open the same trust lists and bundles, and refuse the same: every attack of our own tests, replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.engine_page import build, in_chromium, needs_build, needs_chromium

ROOT = Path(__file__).parents[2]
PLAYED = [
    "src/openkimberley/trust/tests/test_trustlist_continuity.py",
    "src/openkimberley/trust/tests/test_trustlist_opening.py",
    "src/openkimberley/verification/tests/test_opening.py",
]

pytestmark = [needs_build, needs_chromium, pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Our own tests of the trust list and of bundles, run once more while somebody takes notes."""
    file = tmp_path_factory.mktemp("openings") / "openings.jsonl"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.conformance.list_recorder", *PLAYED]
    environment = {**os.environ, "RECORD_OPENINGS": str(file)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=600)
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from in_chromium(build(tmp_path_factory.mktemp("engine")))


def alike(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Equal; of metadata that is none, only that it is refused: the library has words of its own for that."""
    if "reason" not in ours or "reason" not in theirs:
        return ours == theirs
    loose = any("is not trust list metadata" in one["reason"] or "no text" in one["reason"] for one in (ours, theirs))
    return loose or ours == theirs


def test_what_one_engine_opens_or_refuses_so_does_the_other(recorded, page):
    answers = page.evaluate("(all) => engine.replayAll(all)", [one["opening"] for one in recorded])
    different = [
        f"node: {json.dumps(one['came'])[:900]}\npage: {json.dumps(answer)[:900]}"
        for one, answer in zip(recorded, answers, strict=True)
        if not alike(one["came"], answer)
    ]
    assert not different, f"{len(different)} of {len(recorded)} differ:\n" + "\n\n".join(different[:10])


def test_enough_was_played(recorded):
    refused = [one for one in recorded if "reason" in one["came"]]
    assert len(recorded) > 200
    assert len(refused) > 100
    assert len([one for one in recorded if "bundle" in one["came"]]) > 5
