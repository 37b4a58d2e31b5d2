"""A witness without a node: over real sockets, by files, after a crash, after the loss of its record."""

import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust.merkle import Tree
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.witness.alone import serving, store
from openkimberley.witness.alone.asking import Reply, ask, last_seen, send
from openkimberley.witness.alone.store import Store, make, retire
from openkimberley.witness.cli import witness
from openkimberley.witness.facts import EvidenceKind, log_id
from openkimberley.witness.tests.logs import WITNESSES, Log

NOW = 1_800_000_000
NAME = "witness.csc.example"
SMALL = 64  # KiB of Argon2id: the tests are not about that


def entries(count):
    return [f"entry {number}" for number in range(count)]


@pytest.fixture
def folder(tmp_path):
    make(tmp_path / "w", NAME, "correct horse", memory=SMALL)
    return tmp_path / "w"


def opened(folder, *logs):
    return Store(folder, "correct horse", {log.origin: (log.key,) for log in logs})


@contextmanager
def serve(one, *logs):
    running = serving.server(one, [log.origin for log in logs], address="127.0.0.1", port=0)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def asked(log, address, key, *, old=0, size=None, post=send):
    size = len(log.entries) if size is None else size
    return ask(address, key, log.note(size), old=old, post=post,
               consistency=lambda older, newer: Tree(newer, log.tree).consistency(older))  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(serving._Handler, "log_message", lambda *_: None)


def test_a_journal_is_cosigned_over_a_real_socket_whatever_size_it_believes_is_held(folder):
    log = Log(entries(9))
    one = opened(folder, log)
    with serve(one, log) as address:
        first = asked(log, address, one.key, size=4)
        assert (len(first.lines), first.held, first.trouble) == (1, 4, "")
        later = asked(log, f"{address}/witness/", one.key, old=0)  # it is told 4, and proves from there
        assert (len(later.lines), later.held) == (1, 9)
        own = {"journal": [log.key]}
        assert last_seen(address, one.key, log.origin, **own) == Checkpoint(log.origin, 9, log.root())
        assert last_seen(address, WITNESSES["be"].key, log.origin, **own) is None
        assert last_seen(address, one.key, "another.example/1", **own) is None
        assert last_seen(address, one.key, log.origin, journal=[Log(seed=78).key]) is None
        shrunk = asked(log, address, one.key, old=4, size=4)
        assert (shrunk.lines, shrunk.held) == ((), 9)
        assert "has seen 9 entries" in shrunk.trouble
        fork = Log([*entries(8), "another"])
        assert "409" in asked(fork, address, one.key, old=9).trouble
        longer = Log([*entries(8), "another", "more"])
        assert "422" in asked(longer, address, one.key, old=9).trouble
        assert send(f"{address}/nothing", b"").status == 404
        assert send(f"{address}/nothing", None).status == 404
    kinds = [piece.kind for piece in one.evidence(log.origin)]
    assert sorted(kinds) == [EvidenceKind.EQUIVOCATION, EvidenceKind.UNPROVED]
    for piece in one.evidence(log.origin):
        for text in (piece.held, piece.shown):
            assert Note.parse(text).verified([log.key])


def test_a_request_without_length_or_too_long_is_refused(folder):
    one = opened(folder)
    with serve(one) as address:
        assert send(f"{address}/add-checkpoint", b"x" * 140_000).status in (0, 413)
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
        connection.putrequest("POST", "/add-checkpoint")
        connection.endheaders()
        assert connection.getresponse().status == 411
        connection.close()


def test_a_sender_of_single_bytes_holds_up_nobody_and_is_hung_up_on(folder, monkeypatch):
    monkeypatch.setattr(serving, "SECONDS", 1.5)
    log = Log(entries(2))
    one = opened(folder, log)
    with serve(one, log) as address, socket.create_connection(address.removeprefix("http://").split(":")) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.0\r\nContent-Length: 1000\r\n\r\n")
        assert len(asked(log, address, one.key).lines) == 1
        slow.settimeout(0.1)
        start, said = time.monotonic(), None
        while said is None and time.monotonic() < start + 10:
            try:
                slow.sendall(b"x")
                said = slow.recv(1)
            except TimeoutError:
                continue
            except ConnectionError:
                said = b""
        assert said == b""
        assert time.monotonic() < start + 5


def test_more_requests_than_are_answered_at_once_are_hung_up_on(folder, monkeypatch):
    monkeypatch.setattr(serving, "MOST_AT_ONCE", 1)
    one = opened(folder)
    with serve(one) as address:
        with socket.create_connection(address.removeprefix("http://").split(":")) as first:
            first.sendall(b"POST")
            assert send(f"{address}/nothing", None).status == 0
        for _ in range(50):
            if status := send(f"{address}/nothing", None).status:
                break
            time.sleep(0.05)
        assert status == 404


def test_threads_wait_for_their_turn_and_none_falls(folder, monkeypatch):
    log = Log(entries(40))
    one = opened(folder, log)
    monkeypatch.setattr(store, "_connect", lambda path: sqlite3.connect(path, timeout=0, isolation_level=None))
    start, said = threading.Barrier(20), []

    def go(size):
        start.wait()
        said.append(one.answer(log.request(0, size), now=NOW).status)

    threads = [threading.Thread(target=go, args=(size,)) for size in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [200] + [409] * 19


def test_a_line_that_is_down_is_said_and_not_raised():
    log = Log(entries(2))
    be = WITNESSES["be"].key
    assert "nothing" in asked(log, "http://127.0.0.1:9", be).trouble
    assert "neither" in asked(log, "file:///etc", be).trouble


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (Reply(409, "text/x.tlog.size", b"what"), "none"),
        (Reply(409, "text/x.tlog.size", b"0\n"), "another"),
        (Reply(409, "text/x.tlog.size", b"99\n"), "more than"),
        (Reply(200, "text/plain", b""), "no part of"),
        (Reply(200, "text/plain", b"\xff\xff"), "is not"),
        (Reply(302, "text/plain", b"elsewhere"), "302"),
    ],
)
def test_a_witness_that_answers_nonsense_gets_no_further(reply, trouble):
    log = Log(entries(5))
    found = asked(log, "http://be.example", WITNESSES["be"].key, post=lambda *_: reply)
    assert found.lines == ()
    assert found.trouble
    assert trouble in found.trouble or reply.status == 200


def test_a_cosignature_over_something_else_is_not_taken():
    log, other = Log(entries(5)), Log(entries(4))
    line = WITNESSES["be"].line(other.note(), NOW).line
    found = asked(log, "http://be.example", WITNESSES["be"].key, post=lambda *_: Reply(200, "", line.encode()))
    assert found.lines == ()


def test_killed_between_holding_and_answering(folder, tmp_path):
    log = Log(entries(9))
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from openkimberley.trust import notes\n"
        "from openkimberley.witness.tests import test_alone as t\n"
        "log = t.Log(t.entries(9))\n"
        "notes.cosign = lambda *a, **k: os._exit(9)\n"
        "t.opened(Path(sys.argv[1]), log).answer(log.request(0, 4), now=t.NOW)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=Path(__file__).parents[4], check=False)
    assert done.returncode == 9
    one = opened(folder, log)
    assert one.held(log.origin).size == 4
    assert one.answer(log.request(0, 4), now=NOW).status == 409
    assert one.answer(log.request(4, 4), now=NOW).status == 200
    assert one.key.name in one.checkpoint(log_id(log.origin), {log_id(log.origin): log.origin})


def test_two_at_once_never_roll_back(folder):
    log = Log(entries(60))
    one = opened(folder, log)
    one.answer(log.request(0, 1), now=NOW)
    held = 1
    for turn in range(10):
        answers, start = {}, threading.Barrier(2)

        def go(size, answers=answers, start=start, held=held):
            start.wait()
            answers[size] = one.answer(log.request(held, size), now=NOW + size)

        threads = [threading.Thread(target=go, args=(held + step,)) for step in ((2, 5) if turn % 2 else (5, 2))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers.values()) == [200, 409]
        (held,) = (size for size, answer in answers.items() if answer.status == 200)
        assert one.held(log.origin).size == held


def test_a_witness_that_lost_its_record_does_not_go_on(folder):
    log = Log(entries(5))
    opened(folder, log).answer(log.request(0), now=NOW)
    key = opened(folder).key
    (folder / store.RECORD).unlink()
    with pytest.raises(Conflict, match="must not go on"):
        opened(folder, log)
    with pytest.raises(Conflict):
        retire(folder, NAME, "correct horse", at="1", memory=SMALL)
    new = retire(folder, "witness2.csc.example", "correct horse", at="1", memory=SMALL)
    assert new.public_key != key.public_key
    assert opened(folder, log).held(log.origin).size == 0


def test_the_record_of_another_witness_is_not_its_own(folder, tmp_path):
    make(tmp_path / "other", "other.example", "correct horse", memory=SMALL)
    shutil.copy(tmp_path / "other" / store.RECORD, folder / store.RECORD)
    with pytest.raises(Conflict):
        opened(folder)


def test_a_folder_without_a_witness_or_with_one_already(folder, tmp_path):
    with pytest.raises(NotFound):
        opened(tmp_path / "nothing")
    with pytest.raises(Conflict):
        make(folder, "again.example", "x", memory=SMALL)
    with pytest.raises(Untrusted):
        make(tmp_path / "bad", "two words", "x", memory=SMALL)
    assert not (tmp_path / "bad").exists()


def test_by_stick_the_same_bodies_travel_as_files(folder, tmp_path):
    log = Log(entries(9))
    logs, phrase = tmp_path / "logs.txt", tmp_path / "phrase"
    logs.write_text(f"{log.key.text}\n")
    phrase.write_text("correct horse\n")
    run = CliRunner(env={"KIMBERLEY_PASSPHRASE_FILE": str(phrase)})
    words = ["cosign", "--dir", str(folder), "--logs", str(logs)]
    done = run.invoke(witness, words, input=log.request(0))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"— {NAME} ")
    again = run.invoke(witness, words, input=log.request(0))
    assert (again.exit_code, again.stdout) == (1, "9\n")


def test_the_command_makes_a_witness_and_serves_it(tmp_path):
    log = Log(entries(3))
    logs, phrase = tmp_path / "logs.txt", tmp_path / "phrase"
    logs.write_text(f"{log.key.text}\n")
    phrase.write_text("correct horse\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "openkimberley.witness.tests.test_alone", "serve", "--dir", str(tmp_path / "w"),
         "--logs", str(logs), "--port", "0", "--name", NAME],
        env={**os.environ, "KIMBERLEY_PASSPHRASE_FILE": str(phrase)}, cwd=Path(__file__).parents[4],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        vkey, said = process.stdout.readline().strip(), process.stdout.readline()
        assert vkey.startswith(f"{NAME}+")
        address = said.split()[-1]
        assert send(f"{address}add-checkpoint", log.request(0)).status == 200
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert json.loads((tmp_path / "w" / store.KEY).read_text())["aad"]["use"] == "witness"


if __name__ == "__main__":
    witness(sys.argv[1:])
