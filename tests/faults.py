"""The published journal under faults: what plants them, who watches from outside, and the jobs that are killed.

Imported once Django is set up.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, connections

from openkimberley.journal import guard, mirror, queries, shelf, standing
from openkimberley.journal.actions.recovery import recover
from openkimberley.journal.actions.sequencing import add_cosignatures, make_checkpoint
from openkimberley.journal.models import Checkpoint, Cosignature, Entry
from openkimberley.journal.tests import sealed
from openkimberley.journal.tests.sealed import LOG, WITNESS_KEYS, entered, faults, line
from openkimberley.kernel.actor import Role
from openkimberley.kernel.errors import Conflict, KimberleyError
from tests.cast import NOW, officer
from tests.signer import sign_with

MINUTE = timedelta(minutes=1)
ENOUGH = 60
"""More writes than a round has."""


class Fault:
    """Fails, or kills this process, before or after the ``at``-th write of a file or commit of the database."""

    def __init__(self, at: int, side: str, *, kill: bool = False) -> None:
        self.at, self.side, self.kill = at, side, kill
        self.met: list[str] = []

    def _step(self, what: str, write, error: Exception):
        mine = len(self.met) == self.at
        self.met.append(what)
        if mine and self.side == "before":
            self._fail(error)
        result = write()
        if mine and self.side == "after":
            self._fail(error)
        return result

    def _fail(self, error: Exception):
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        raise error

    @contextlib.contextmanager
    def planted(self):
        put, commit = shelf._put, connection._commit
        shelf._put = lambda target, data: self._step(target.name, lambda: put(target, data), OSError("planted"))
        connection._commit = lambda: self._step("commit", commit, OperationalError("planted"))
        try:
            yield self
        finally:
            shelf._put, connection._commit = put, commit


class Watcher:
    """Somebody outside who copies the journal whenever anything happened, and believes nothing that is not proved."""

    def __init__(self, folder: Path) -> None:
        self.copy = shelf.Folder(folder)
        self.roots: dict[int, str] = {}
        self.size = 0

    def look(self) -> None:
        if standing.folder().read("checkpoint") is None:
            assert not self.size, "the published checkpoint has gone"
            return
        found = mirror.copy(standing.folder(), self.copy, LOG)
        assert found.size >= self.size, "the published journal went back"
        assert self.roots.setdefault(found.size, found.root.hex()) == found.root.hex(), "two roots for one size"
        self.size = found.size


def a_round(at) -> None:
    """What is done in a round: a checkpoint of what is new, and the words of two witnesses about it."""
    make_checkpoint(at=at, every=timedelta(0))
    row = queries.cosigning_due(at=at)
    if row is not None:
        lines = [line(row, name, int(at.timestamp())) for name in ("w1.example", "w2.example")]
        add_cosignatures(row.size, lines, witnesses=WITNESS_KEYS)


def whole(watcher: Watcher) -> None:
    """Everything agrees, and is published as far as it is signed."""
    assert faults() == []
    watcher.look()
    assert watcher.size == standing.size() == Checkpoint.objects.order_by("-size").first().size
    assert Cosignature.objects.filter(size=watcher.size).count() == 2


def child(act) -> bool:
    """Run ``act`` in a fork. True where it was killed."""
    connections.close_all()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            act()
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    assert not os.WEXITSTATUS(status), "a child failed instead of being killed"
    return False


def kills(folder: Path) -> dict:
    """Each write of a round, killed before and after it."""
    watcher, killed, met = Watcher(folder / "watcher"), 0, set()
    for side in ("before", "after"):
        for place in range(ENOUGH):
            at = NOW + (len(met) + killed * 3) * MINUTE
            entered(131, at=at, first=standing.size())
            told = folder / "told"

            def act(at=at, place=place, side=side, told=told):
                with Fault(place, side, kill=True).planted() as fault:
                    a_round(at)
                told.write_text(" ".join(fault.met))

            was_killed = child(act)
            watcher.look()
            a_round(at + MINUTE)
            whole(watcher)
            if not was_killed:
                met.update(told.read_text().split())
                break
            killed += 1
    return {"killed": killed, "met": sorted(met)}


def restore(folder: Path) -> dict:
    """A backup, a week of acts, the backup again."""
    told: dict = {"refused": []}
    database = Path(settings.DATABASES["default"]["NAME"])
    entered(200, at=NOW)
    a_round(NOW)
    short = shelf.Folder(folder / "short")
    mirror.copy(standing.folder(), short, LOG)
    connection.cursor().execute("VACUUM INTO %s", [str(folder / "backup.sqlite3")])

    week = NOW + timedelta(days=7)
    entered(300, at=week, first=200)
    a_round(week)
    root = bytes(queries.newest().root).hex()
    full = shelf.Folder(folder / "full")
    mirror.copy(standing.folder(), full, LOG)

    connections.close_all()
    for tail in ("-wal", "-shm"):
        Path(f"{database}{tail}").unlink(missing_ok=True)
    shutil.copyfile(folder / "backup.sqlite3", database)

    told["must_not_sign"] = guard.must_not_sign()
    for name, act in (("make_checkpoint", lambda: make_checkpoint(at=week + MINUTE)),
                      ("enter", lambda: entered(1, at=week))):  # fmt: skip
        try:
            act()
        except Conflict:
            told["refused"].append(name)
    published = mirror.opened(standing.folder(), LOG).checkpoint
    assert published.size == 500, "what is published did not go back"

    def missing(source):
        return mirror.missing(source, LOG, own=standing.leaves, size=standing.size(), mark=guard.high_water().read())

    strange = shelf.Folder(folder / "strange")
    files = [(f"tile/{path}", full.read(f"tile/{path}")) for path in full.tiles()]
    bent = full.read("tile/entries/000").replace(b"BW0000000", b"BW9999999")
    strange.write([*files, ("tile/entries/000", bent), ("checkpoint", full.read("checkpoint"))])
    for name, source in (("short mirror", short), ("strange mirror", strange)):
        try:
            missing(source)
        except KimberleyError as error:
            told[name] = str(error)

    by, at = officer("admin", Role.ADMINISTRATOR, "BW"), week + 2 * MINUTE
    told["recovered"] = recover(by=by, at=at, found=missing(full), source="a stick")
    told["must_not_sign after"] = guard.must_not_sign()
    entered(3, at=at, first=500)
    a_round(at + MINUTE)
    told["faults"] = faults()
    told["roots"] = len({root, bytes(Checkpoint.objects.get(size=500).root).hex()})
    told["subjects"] = [Entry.objects.get(index=index).event for index in (199, 200)]
    told["said"] = Entry.objects.get(index=200).statement
    assert Entry.objects.get(index=200).subject == "BW0000200"
    assert mirror.copy(standing.folder(), full, LOG).size == 504
    return told


def main() -> None:
    """Do the job that the command line names, on a database in a file."""
    settings.JOURNAL_ORIGIN = sealed.ORIGIN
    sign_with(sealed.signs)
    call_command("migrate", "journal", verbosity=0)
    print(json.dumps({"kills": kills, "restore": restore}[sys.argv[2]](Path(sys.argv[1]))))
