"""Two processes ask the node's witness at one moment, and a process is killed between holding and answering.

Runs in processes of its own on a database file, because a database in memory has one writer only.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROUNDS = 2
HERE = Path(__file__).resolve()


def run(folder, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "openkimberley.witness.tests.test_race", *words],
        env={**os.environ, "KIMBERLEY_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "openkimberley.node.settings"},
        cwd=HERE.parents[4], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def said(process):
    out, _ = process.communicate(timeout=120)
    return process.returncode, json.loads(out) if out.strip() else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if os.environ.get("KIMBERLEY_DATABASE"):
        pytest.skip("runs on a database file of its own")
    made = tmp_path_factory.mktemp("race")
    assert said(run(made, "furnish"))[0] == 0
    return made


def test_two_requests_at_once_never_roll_back(folder):
    """A of size N and B of size N+K go out against the same held size: one of them is told of the other."""
    held, before = 1, 0
    for turn in range(ROUNDS):
        sizes = (held + 3, held + 7)
        processes = [run(folder, "race", str(held), str(size), f"{turn}-{size}") for size in sizes]
        while not all((folder / f"{turn}-{size}").exists() for size in sizes):
            assert all(process.poll() is None for process in processes)
            time.sleep(0.01)
        (folder / "go").touch()
        answers = [said(process)[1] for process in processes]
        (folder / "go").unlink()
        won = [size for size, answer in zip(sizes, answers, strict=True) if answer["status"] == 200]
        assert sorted(answer["status"] for answer in answers) == [200, 409]
        stands = said(run(folder, "look"))[1]
        assert stands["size"] == won[0]
        assert stands["at"] >= before
        held, before = stands["size"], stands["at"]


def test_killed_between_holding_and_answering_the_next_request_is_answered(folder):
    held = said(run(folder, "look"))[1]["size"]
    status, answer = said(run(folder, "die", str(held), str(held + 1)))
    assert (status, answer) == (9, None)
    assert said(run(folder, "look"))[1]["size"] == held + 1
    assert said(run(folder, "send", str(held), str(held + 1)))[1] == {"status": 409, "body": f"{held + 1}\n"}
    assert said(run(folder, "send", str(held + 1), str(held + 1)))[1]["status"] == 200


def act(what, *words):
    import django

    django.setup()
    from django.core.management import call_command
    from tests.signer import sign_with

    from openkimberley.kernel.actor import Actor, Role
    from openkimberley.trust import signing
    from openkimberley.trust.keys import SoftwareKey
    from openkimberley.witness import actions
    from openkimberley.witness.models import WitnessedLog
    from openkimberley.witness.tests.logs import Log

    signer = SoftwareKey.from_secret("node/witness/1", "Ed25519", bytes([9]) * 32)
    sign_with(lambda authority, use: signer)
    now, log = datetime.now(UTC), Log([f"entry {number}" for number in range(120)])
    if what == "furnish":
        call_command("migrate", verbosity=0)
        by = Actor(id="keeper", roles=frozenset({Role.ADMINISTRATOR}), authority="BE")
        actions.take_office(by=by, at=now, name="witness.be.example")
        actions.know_log(by=by, at=now, origin=log.origin, vkeys=[log.key.text], participant="BW")
        assert actions.add_checkpoint(log.request(0, 1), at=now).status == 200
        return
    if what == "die":
        signing.sign_cosignature = lambda *_, **__: os._exit(9)
    if what == "race":
        here = Path(os.environ["KIMBERLEY_DIR"])
        (here / words[2]).touch()
        while not (here / "go").exists():
            time.sleep(0.0005)
    if what in ("send", "die", "race"):
        answer = actions.add_checkpoint(log.request(int(words[0]), int(words[1])), at=datetime.now(UTC))
        body = answer.body if answer.status != 200 else ""
        print(json.dumps({"status": answer.status, **({"body": body} if body else {})}))
        return
    row = WitnessedLog.objects.get()
    print(json.dumps({"size": row.size, "at": row.at}))


if __name__ == "__main__":
    act(*sys.argv[1:])
