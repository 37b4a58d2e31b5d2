"""Kill the process between any two steps of issuing: the number is neither lost nor used twice, the journal verifies.

A driver process furnishes a node once. For every moment it takes a fresh copy of the database, forks a child that
approves an application and is killed with SIGKILL there, then forks a second one that restarts on what was left, looks
at everything and goes on issuing. Runs on SQLite, or on the PostgreSQL server that ``KIMBERLEY_DATABASE`` names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAITING = 3
"""Applications ready for approval: one is issued before, one meets the kill, one is issued after the restart."""
ANY_TIME = 16
"""Kills at a time that no step marks, spread over the act."""

# --- the tests --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict:
    """What the driver found at every moment."""
    folder = tmp_path_factory.mktemp("crash")
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "XDG_STATE_HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_every_step_of_issuing_was_met(outcomes):
    """Statements are counted in a run that is not killed; begin, journal, certificate and commit are among them."""
    steps = " ".join(outcomes["steps"])
    for wanted in ("certificates_numberrange", "certificates_form", "journal_entry", "certificates_certificate"):
        assert re.search(rf'(INSERT INTO|UPDATE) "{wanted}"', steps), wanted
    assert len(outcomes["moments"]) == len(outcomes["steps"]) + 2 + ANY_TIME + 2 * 2 * LEDGER_COMMITS
    assert len(outcomes["steps"]) >= 12


def test_wherever_it_is_killed_the_number_is_neither_lost_nor_used_twice(outcomes):
    """Before the commit nothing happened; after it everything did. What stands is whole, the next number follows."""
    faults = {moment["name"]: moment["faults"] for moment in outcomes["moments"] if moment["faults"]}
    assert not faults


def test_until_the_commit_nothing_stands_and_after_it_everything(outcomes):
    by_name = {moment["name"]: moment for moment in outcomes["moments"]}
    assert by_name["after commit"]["stands"]
    assert not by_name["before commit"]["stands"]
    steps = [moment for moment in outcomes["moments"] if moment["step"]]
    assert steps
    assert not [moment["name"] for moment in steps if moment["stands"]]
    assert all(moment["killed"] for moment in [*steps, by_name["before commit"], by_name["after commit"]])


def test_t5_a_number_that_the_signer_spent_is_void_on_record_or_gets_the_same_signature(outcomes):
    """Killed between ledger and commit: the same act gets its number, another act finds it spent."""
    by_name = {moment["name"]: moment for moment in outcomes["moments"] if "ledger" in moment["name"]}
    assert all(moment["killed"] and not moment["stands"] for moment in by_name.values())
    spent = {name: moment["void"] for name, moment in by_name.items()}
    assert spent["before ledger commit 1, another next"] == 0
    for name in ("after ledger commit 1", "before ledger commit 2", "after ledger commit 2"):
        assert spent[f"{name}, the same next"] == 0
        assert spent[f"{name}, another next"] == 1


def test_the_examination_sees_an_act_that_is_no_transaction(outcomes):
    """The planted fault: every statement commits by itself. The same examination must object to what kills leave."""
    planted = [moment for moment in outcomes["planted"] if moment["faults"]]
    assert len(planted) >= 3
    said = " ".join(fault for moment in planted for fault in moment["faults"])
    assert "number" in said


# --- the driver -------------------------------------------------------------------------------------------------------


@dataclass
class Moment:
    """Where a child was killed, and what the restart found."""

    name: str
    step: bool = False
    killed: bool = False
    stands: bool = False
    faults: list[str] = field(default_factory=list)
    void: int = 0


class Stage:
    """The databases of the driver: one furnished template, and a copy for each moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.environ["KIMBERLEY_DIR"] = str(folder / "node")
        os.environ.pop("KIMBERLEY_PASSPHRASE_FILE", None)
        self.postgresql = bool(os.environ.get("KIMBERLEY_DATABASE"))
        self.template = f"kimberley_crash_{os.getpid()}" if self.postgresql else str(folder / "node" / "node.sqlite3")
        self.copy = f"{self.template}_copy" if self.postgresql else str(folder / "copy.sqlite3")

    def furnish(self) -> list[tuple[str, int]]:
        """The node with its applications. Returns reference and version of each."""
        from datetime import UTC, datetime

        from openkimberley.node import place
        from openkimberley.node.bench.world import World

        where = place.Place(self.folder / "node")
        where.configure(demonstration=True, passphrase="a passphrase of a test")
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "openkimberley.node.settings"
        django.setup()
        if self.postgresql:
            self.admin(f"CREATE DATABASE {self.template}")
        self.use(self.template)
        world = World(where, True, datetime.now(UTC).replace(microsecond=0))
        world.furnish()
        waiting = world.approvable(WAITING)
        approve(*waiting[0])
        self.close()
        return waiting

    def admin(self, statement: str) -> None:
        """One statement to the PostgreSQL server itself."""
        import psycopg

        with psycopg.connect(os.environ["KIMBERLEY_DATABASE"], autocommit=True) as server:
            server.execute(statement)

    def use(self, name: str) -> None:
        """Let this process's connection mean that database."""
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = name

    def close(self) -> None:
        """Nothing open is handed to a child."""
        from django.db import connections

        from openkimberley.trust import signing

        connections.close_all()
        signing.service().ledger.close()

    def fresh(self) -> None:
        """A fresh copy of the template, and of the signer's ledger beside it."""
        self.fresh_ledger()
        if self.postgresql:
            self.admin(f"DROP DATABASE IF EXISTS {self.copy} WITH (FORCE)")
            self.admin(f"CREATE DATABASE {self.copy} TEMPLATE {self.template}")
            return
        for tail in ("", "-wal", "-shm"):
            Path(self.copy + tail).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.copy)

    def fresh_ledger(self) -> None:
        """The signer's ledger as it was when the template was made: two databases, and no transaction spans both."""
        ledger = self.folder / "node" / "signer" / "ledger.sqlite3"
        kept = self.folder / "ledger.sqlite3"
        if not kept.exists():
            import sqlite3

            with sqlite3.connect(ledger) as source, sqlite3.connect(kept) as copy:
                source.backup(copy)
        for tail in ("", "-wal", "-shm"):
            Path(f"{ledger}{tail}").unlink(missing_ok=True)
        shutil.copyfile(kept, ledger)

    def away(self) -> None:
        """Take all databases away."""
        if self.postgresql:
            for name in (self.copy, self.template):
                self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def child(self, act, *, after: float | None = None) -> tuple[bool, dict]:
        """Run ``act`` in a fork; whether it was killed, and what it told. ``after`` kills it after so many seconds."""
        told = self.folder / "told.json"
        told.unlink(missing_ok=True)
        ready, signal_ready = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(ready)
            status = 1
            try:
                self.use(self.copy)
                half = told.with_suffix(".half")  # the kill may meet this writing too
                half.write_text(json.dumps(act(lambda: os.write(signal_ready, b"."))))
                half.replace(told)
                status = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(signal_ready)
        if after is not None:
            os.read(ready, 1)
            time.sleep(after)
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(ready)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and os.WEXITSTATUS(status):
            raise RuntimeError("a child failed instead of being killed")
        return killed, json.loads(told.read_text()) if told.exists() else {}


def die() -> None:
    """The end of the process, here and now: no handler, no clean-up, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


def approve(reference: str, version: int) -> str:
    """Approve on the next blank sheet, as the second officer. Returns the number."""
    from django.utils import timezone

    from openkimberley.certificates import actions, queries
    from openkimberley.node.demo.people import BY_KEY, PRODUCER

    return actions.approve(
        by=BY_KEY["approving"], at=timezone.now(), reference=reference, version=version,
        paper_serial=queries.next_blank(PRODUCER),
    ).number  # fmt: skip


LEDGER_COMMITS = 2
"""Transactions of the signer inside one approval: the certificate, then its codes. A third settles it afterwards."""


def killed_at(
    waiting,
    *,
    step: int = -1,
    before: bool = True,
    commit: str = "",
    atomic: bool = True,
    ledger: tuple[str, int] = ("", 0),
):
    """An act for a child: approve, and die before or after a statement, the commit, or the signer's own commit.

    Without any of them it tells the statements.
    """

    def act(ready) -> dict:
        from django.db import connection

        connection.ensure_connection()
        met: list[str] = []
        inside = False

        def wrapper(execute, sql, params, many, context):
            nonlocal inside
            # What is read before the act begins is not a step of it.
            inside = inside or connection.in_atomic_block or sql.startswith("BEGIN")
            if not inside:
                return execute(sql, params, many, context)
            met.append(sql[:60])
            if len(met) - 1 == step and before:
                die()
            result = execute(sql, params, many, context)
            if not atomic and not connection.savepoint_ids and not sql.startswith("SAVEPOINT"):
                connection.connection.commit()  # the planted fault
            if len(met) - 1 == step:
                die()
            return result

        plain = connection._commit

        def committing() -> None:
            if commit == "before":
                die()
            plain()
            if commit == "after":
                die()

        connection._commit = committing
        die_in_ledger(*ledger)
        ready()
        begun = time.monotonic()
        with connection.execute_wrapper(wrapper):
            number = approve(*waiting[1])
        return {"steps": met, "number": number, "seconds": time.monotonic() - begun}

    return act


def die_in_ledger(side: str, which: int) -> None:
    """Let the process die before or after the signer's ledger commits for that time."""
    from contextlib import contextmanager

    from openkimberley.trust import signing

    kept = signing.service().ledger
    plain, met = kept.transaction, [0]

    @contextmanager
    def dying():
        with plain() as rows:
            yield rows
            met[0] += 1
            if side == "before" and met[0] == which:
                die()
        if side == "after" and met[0] == which:
            die()

    kept.transaction = dying


def examined(waiting, *, other_first: bool = False):
    """An act for a child: restart on what was left, look at everything, go on. Tells what stands and every fault."""

    def act(_ready) -> dict:
        from openkimberley.certificates.models import Application

        faults = [f"at the restart: {fault}" for fault in looked_at()]
        row = next(one for one in Application.objects.all() if one.reference == waiting[1][0])
        stands = row.status == "APPROVED"
        try:
            if other_first:
                approve(*waiting[2])
            if not stands:
                approve(row.reference, row.version)
            if not other_first:
                approve(*waiting[2])
        except Exception as error:
            faults.append(f"issuing cannot go on, the next number is not given: {type(error).__name__}: {error}"[:300])
        faults += [f"after going on: {fault}" for fault in looked_at()]
        from openkimberley.journal import queries as journal

        return {"stands": stands, "faults": faults, "void": journal.entries(event="certificate.number_void").count()}

    return act


def looked_at() -> list[str]:
    """Everything that must agree: numbers, forms, applications, places in the status list, journal, signatures."""
    from django.utils import timezone

    from openkimberley.certificates.models import Application, Certificate, Form, NumberRange, StatusIndex
    from openkimberley.journal import queries as journal
    from openkimberley.trust import signing
    from openkimberley.verification.engine import verify
    from openkimberley.verification.known import known_bundle

    now = timezone.now()
    faults = [f"journal: {fault}" for fault in journal.verify()[1]]
    numbers = NumberRange.objects.get(authority="BW")
    issued = list(Certificate.objects.filter(authority="BW").order_by("number"))
    given = [one.number for one in issued]
    due = [f"{numbers.prefix}{n:0{numbers.digits}d}" for n in range(numbers.first, numbers.next)]
    void = [entry.subject for entry in journal.entries(event="certificate.number_void")]
    if sorted(given + void) != due:
        faults.append(f"number: the range has given {due}, certificates stand for {given}, void on record are {void}")
    kept = {row["number"]: row["cid"] for row in signing.service().ledger.rows("SELECT number, cid FROM numbers")}
    if any(kept.get(one.number) != one.cid for one in issued):
        faults.append("number: a certificate stands that is not in the signer's ledger")
    entries = {
        entry["index"]: (entry["subject"], entry["public"]["h"])
        for one in given or [""] for entry in journal.history(one) if entry["event"] == "certificate.issued"
    }  # fmt: skip
    told = journal.entries(event="certificate.issued").count()
    if entries != {one.journal_index: (one.number, one.cid) for one in issued} or told != len(issued):
        faults.append(f"journal: {told} issues entered, {len(issued)} certificates stand, or they differ")
    forms = {form.serial: form.certificate_number for form in Form.objects.filter(authority="BW", status="USED")}
    if forms != {one.paper_serial: one.number for one in issued}:
        faults.append(f"form: used are {forms}")
    approved = {one.certificate_number for one in Application.objects.filter(authority="BW", status="APPROVED")}
    if approved != set(given):
        faults.append(f"application: approved for {sorted(approved)}")
    places = set(StatusIndex.objects.filter(authority="BW").values_list("index", flat=True))
    if places != {one.status_index for one in issued}:
        faults.append("status list: a place is taken by no certificate, or a certificate has none")
    bundle = known_bundle(at=now)
    for one in issued:
        for artefact in (one.sd_jwt, one.qr_full, one.qr_label):
            report = verify(artefact, bundle, now=now)
            failed = [check for check in report.checks if check.id < 6 and check.result != "pass"]
            faults += [f"{one.number} is not verified: {check.template}" for check in failed]
    return faults


def met(stage: Stage, moment: Moment, waiting, act, *, after: float | None = None, other_first: bool = False) -> Moment:
    """One moment from kill to examination."""
    stage.fresh()
    moment.killed, _ = stage.child(act, after=after)
    _, found = stage.child(examined(waiting, other_first=other_first))
    moment.stands, moment.faults, moment.void = found["stands"], found["faults"], found["void"]
    return moment


def drive(folder: Path) -> dict:
    """All moments."""
    stage = Stage(folder)
    try:
        waiting = stage.furnish()
        stage.fresh()
        _, whole = stage.child(killed_at(waiting))
        steps, moments = whole["steps"], []
        for place, sql in enumerate(steps):  # where one step ends the next begins: the last one ends before the commit
            moments.append(met(stage, Moment(f"before statement {place}: {sql}", True), waiting,
                               killed_at(waiting, step=place)))  # fmt: skip
        for side in ("before", "after"):
            moments.append(met(stage, Moment(f"{side} commit"), waiting, killed_at(waiting, commit=side)))
        for part in range(ANY_TIME):
            after = 1.1 * whole["seconds"] * part / ANY_TIME
            moments.append(met(stage, Moment(f"after {after:.4f} s"), waiting, killed_at(waiting), after=after))
        for side in ("before", "after"):
            for which in range(1, LEDGER_COMMITS + 1):
                for other_first in (False, True):
                    moments.append(met(
                        stage, Moment(f"{side} ledger commit {which}, {'another' if other_first else 'the same'} next"),
                        waiting, killed_at(waiting, ledger=(side, which)), other_first=other_first,
                    ))  # fmt: skip
        planted = [
            met(stage, Moment(f"planted: after statement {n}"), waiting,
                killed_at(waiting, step=n, before=False, atomic=False))
            for n in range(len(steps) // 2, len(steps))
        ]  # fmt: skip
        return {
            "steps": steps,
            "moments": [asdict(one) for one in moments],
            "planted": [asdict(one) for one in planted],
        }
    finally:
        stage.close()
        stage.away()


if __name__ == "__main__":
    print(json.dumps(drive(Path(sys.argv[1]))))
