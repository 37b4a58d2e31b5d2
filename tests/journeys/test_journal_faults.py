"""The fault grid of the published journal, and the return of a week-old backup.

Every write of a round (each tile, each bundle, the high-water mark, the row of the checkpoint, the checkpoint file, the
cosignatures) fails once before and once after it persisted, and the process is killed there once. After each, somebody
outside copies what is published and proves it; then a round like any other must leave everything whole. Nothing ever
goes back, and no size ever has two roots.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError

from openkimberley.journal import standing
from openkimberley.journal.shelf import Folder
from openkimberley.journal.tests.sealed import ORIGIN, entered, signs
from openkimberley.kernel.errors import KimberleyError
from openkimberley.trust import signing
from tests.cast import NOW
from tests.faults import ENOUGH, MINUTE, Fault, Watcher, a_round, whole
from tests.signer import sign_with


@pytest.fixture
def log(settings):
    settings.JOURNAL_ORIGIN = ORIGIN
    sign_with(signs)
    yield
    signing.provide(None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("side", ["before", "after"])
def test_whatever_write_fails_the_next_round_makes_everything_whole(log, tmp_path, side):
    watcher, seen = Watcher(tmp_path / "watcher"), set()
    for place in range(ENOUGH):
        at = NOW + place * 3 * MINUTE
        entered(131, at=at, first=standing.size())
        with Fault(place, side).planted() as fault, contextlib.suppress(OSError, OperationalError):
            a_round(at)
        watcher.look()
        seen.update(name.split(".")[0] for name in fault.met)
        a_round(at + MINUTE)
        whole(watcher)
        if place >= len(fault.met):
            break
    assert place >= 8, "a round has more writes than that"
    assert {"high-water", "checkpoint", "commit", "000"} <= seen


@pytest.mark.django_db(transaction=True)
def test_the_grid_sees_a_journal_that_publishes_its_checkpoint_before_its_tiles(log, tmp_path, monkeypatch):
    """The planted fault: tiles are held back until the checkpoint is out."""
    held, write = [], Folder.write

    def late(self, files):
        files = list(files)
        if any(path.startswith("tile/") for path, _ in files):
            held.extend(files)
            return
        write(self, files)
        if any(path == "checkpoint" for path, _ in files):
            write(self, held)
            held.clear()

    watcher, seen = Watcher(tmp_path / "watcher"), 0
    for place in range(9):
        entered(131, at=NOW, first=standing.size())
        with monkeypatch.context() as patched, Fault(place, "before").planted():
            patched.setattr(Folder, "write", late)
            with contextlib.suppress(OSError, OperationalError):
                a_round(NOW + place * MINUTE)
        held.clear()
        try:
            watcher.look()
        except KimberleyError:
            seen += 1
    assert seen >= 3


# --- kills and backups: a process of its own, on a database in a file -------------------------------------------------


def drive(folder: Path, job: str) -> dict:
    """Run one of the jobs below in a process of its own."""
    node, root = folder / "node", Path(__file__).parents[2]
    node.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); from tests.faults import main; main()", folder, job],
        capture_output=True, text=True, timeout=300, check=False, cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)]),
             "KIMBERLEY_DIR": str(node), "KIMBERLEY_DATABASE": "",
             "DJANGO_SETTINGS_MODULE": "openkimberley.node.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_wherever_it_is_killed_the_next_round_makes_everything_whole(tmp_path):
    found = drive(tmp_path, "kills")
    assert found["killed"] >= 12
    assert {"high-water", "checkpoint", "commit"} <= set(found["met"])


def test_a_week_old_backup_neither_signs_nor_enters_anything_until_it_has_caught_up_from_a_mirror(tmp_path):
    found = drive(tmp_path, "restore")
    assert "older copy" in found["must_not_sign"]
    assert found["refused"] == ["make_checkpoint", "enter"]
    assert "fuller" in found["short mirror"]
    assert "begin with the entries here" in found["strange mirror"]
    assert found["recovered"] == 300
    assert found["must_not_sign after"] == ""
    assert found["faults"] == []
    assert found["roots"] == 1
    assert found["subjects"] == ["test.entered", "journal.recovered"]
    assert "lost" in found["said"]
