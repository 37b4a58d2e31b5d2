"""The benchmarks run and answer in the form of the contract. Seconds are never asked: machines differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openkimberley.node.bench import BENCHES
from openkimberley.node.bench.bordercheck import CHROMIUM
from openkimberley.node.bench.measuring import Figure, taking_turns

FIGURES = {
    "verify-offline": ["verify-offline"],
    "verify-full": ["verify-full", "verify-full-known-checkpoint"],
    "bundle-size": ["bundle-size", "bundle-size-statuses"],
    "check-rules": ["check-rules"],
    "issue": ["issue"],
    "journal-append": ["journal-append"],
    "journal-proof": ["journal-proof"],
    "register-get": ["register-get"],
    "verifier-page": ["verifier-page-served", "verifier-page-stick", *(["verifier-page"] if CHROMIUM else [])],
    "page": [
        f"page-{one}{size}" for one in ("list", "list-search", "list-last", "certificate") for size in ("", "-size")
    ],
}


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> dict:
    """Every benchmark run once with ``--quick``: the lines it printed, by name."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kimberley")), "bench", "--quick", "--dir", str(folder)],
        capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "XDG_STATE_HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert not list(folder.iterdir()), "the temporary node was left behind"
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("bench", list(BENCHES))
def test_each_benchmark_prints_its_figures_beside_their_floors(quick, bench):
    for name in FIGURES[bench]:
        line = quick[name]
        assert list(line) == ["name", "value", "unit", "floor", "floor_name", "ratio"]
        assert line["value"] > 0
        assert line["floor"] > 0
        assert line["ratio"] > 0
        assert line["floor_name"]
        assert line["unit"] in ("1/s", "ms", "kB")


def test_there_are_no_other_figures(quick):
    assert set(quick) == {name for names in FIGURES.values() for name in names}


def test_no_page_of_certificates_weighs_more_than_100_kB(quick):
    sizes = {name: line["value"] for name, line in quick.items() if name.startswith("page-") and name.endswith("-size")}
    assert sizes
    assert all(size < 100 for size in sizes.values()), sizes


def test_ratio_is_the_part_of_the_floors_speed_whatever_the_unit():
    assert Figure("a", 50, "1/s", 200, "floor").ratio == 0.25
    assert Figure("a", 200, "ms", 50, "floor", less_is_better=True).ratio == 0.25


def test_act_and_floor_take_turns_and_medians_count():
    seen = []
    taking_turns(lambda: seen.append("a"), lambda: seen.append("f"), batches=4, turns=1, floor_turns=2)
    assert "".join(seen) == "ffaaffffaaff"
