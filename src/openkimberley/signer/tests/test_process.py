"""The signer as a process of its own: garbage on the socket, a kill in the middle, a second one, none at all."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Untrusted
from openkimberley.signer import place, server, wire
from openkimberley.signer.client import Client
from openkimberley.signer.keystore import FileKeys, read_public
from openkimberley.signer.making import make_keys
from openkimberley.signer.place import SignerPlace
from openkimberley.signer.policy import TRIAL, Policy
from openkimberley.signer.server import PARENT, open_service
from openkimberley.signer.tests.devices import draft, request
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import PublicKey

WORD = [{"officer": "kagiso", "role": "maker"}, {"officer": "naledi", "role": "checker"}]
COMMAND = [sys.executable, "-c", "from openkimberley.node.cli import main; main()", "signer"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> SignerPlace:
    """A signer's folder with keys, in a demonstration node's."""
    node = tmp_path_factory.mktemp("node")
    (node / "node.json").write_text(json.dumps({"demonstration": True, "passphrase": "a passphrase of a test"}))
    where = place.of(node)
    where.demand(TRIAL)
    keys = FileKeys(where, where.passphrase(), memory=64)
    make_keys(where, keys, authority="BW", name="Department of Mines", at=datetime(2026, 1, 1, tzinfo=UTC))
    return where


def start(where: SignerPlace, **more: str) -> subprocess.Popen:
    environment = {**os.environ, "KIMBERLEY_DIR": str(where.node), **more}
    environment.pop("KIMBERLEY_PASSPHRASE_FILE", None)
    process = subprocess.Popen([*COMMAND, "run"], env=environment, stderr=subprocess.PIPE)
    until = time.monotonic() + 30
    while not Client(where).answers() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    return process


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
    process.communicate(timeout=10)


@pytest.fixture
def running(made) -> Iterator[SignerPlace]:
    process = start(made)
    yield made
    end(process)


def told(where: SignerPlace, data: bytes, *, half_close: bool = True) -> object:
    """What comes back for raw bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(where.socket))
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return wire.receive(connection)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


GARBAGE = [
    b"",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xff\xff\xff\xff",
    framed(b"{}"),
    framed(b"null"),
    framed(b'{"v":1, "call":"ways","with":{}}'),
    framed(b'{"call":"ways","v":1,"v":1,"with":{}}'),
    framed(b'{"call":"ways","v":1.0,"with":{}}'),
    framed(b'{"call":"__init__","v":1,"with":{}}'),
    framed(b'{"call":"ledger","v":1,"with":{}}'),
    framed(b'{"call":"_signer","v":1,"with":{"authority":"BW","use":"sign"}}'),
    framed(b'{"call":"ways","v":1,"with":{"authority":"BW"}}'),
    framed(b'{"call":"ways","v":1,"with":[]}'),
    framed(b'{"call":"certificate","v":1,"with":{"request":[]}}'),
    framed(b'{"call":"certificate","v":1,"with":{"request":{"authority":1}}}'),
    framed(b'{"call":"codes","v":1,"with":{"authority":"BW","log_index":-1,"number":"x"}}'),
    framed(b'{"call":"checkpoint","v":1,"with":{"origin":"x","root":"AA","size":"1"}}'),
    framed(b"\xff\xfe"),
    framed(b"[" * 5000),
]


def test_t11_garbage_gets_an_error_and_the_next_caller_an_answer(running):
    for data in GARBAGE:
        assert set(told(running, data)) == {"error"}, data
        assert Client(running).answers()


def test_t11_a_caller_who_says_nothing_holds_nobody_up_for_long(running):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(running.socket))
        begun = time.monotonic()
        assert Client(running).answers()
        assert time.monotonic() - begun < 10


def test_t11_the_socket_and_the_keys_are_for_their_own_user_only(running):
    assert running.socket.stat().st_mode & 0o777 == 0o600
    assert running.keys.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in running.keys.glob("*.json"))
    assert running.ledger.stat().st_mode & 0o077 == 0
    assert running.audit.stat().st_mode & 0o077 == 0


def test_t11_another_user_is_refused(running):
    if os.getuid():
        pytest.skip("only root can try as another user")
    script = (
        "import os,socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
        "os.setuid(65534);s2=socket.socket(socket.AF_UNIX)\n"
        "try:\n s2.connect(sys.argv[1]);print('reached')\nexcept PermissionError:\n print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(running.socket)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "refused", done.stderr


def test_t11_the_kernel_says_who_calls(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        me = os.getuid()
        server._look_at(TRIAL, ours)
        monkeypatch.setattr("os.getuid", lambda: me + 1)
        with pytest.raises(NotPermitted, match=f"user {me} may not"):
            server._look_at(TRIAL, ours)
        server._look_at(replace(TRIAL, peers=(me,)), ours)


def test_the_five_errors_come_back_as_themselves():
    for error in (
        NotFound("key", "x"),
        NotPermitted("approve", "no"),
        Untrusted("5 content", "bad"),
        Conflict("moved"),
    ):
        back = wire.error_from_json(wire.error_as_json(error))
        assert (type(back), str(back)) == (type(error), str(error))


def test_t5_killed_after_the_answer_it_gives_the_same_answer_again(made):
    process = start(made)
    wanted = request(draft(), WORD, 12345)
    first = Client(made).certificate(request=wanted)
    process.kill()
    process.communicate(timeout=10)
    with pytest.raises(Conflict, match="does not answer"):
        Client(made).certificate(request=wanted)
    again = start(made)
    try:
        assert Client(made).certificate(request=wanted) == first
    finally:
        end(again)


def test_t5_killed_in_the_middle_a_number_is_signed_once_or_not_at_all(made):
    """Requests run while the process is killed at any moment: what the ledger has is what a repeat gets."""
    for n, wait in enumerate((0.0, 0.001, 0.002, 0.004, 0.008), start=12400):
        process = start(made)
        wanted = request(draft(seals=[f"BW-SEAL-{n}"]), WORD, n)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(made.socket))
            wire.send(connection, {"v": 1, "call": "certificate", "with": {"request": wanted}})
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
        again = start(made)
        try:
            signed = Client(made).certificate(request=wanted)
            assert Client(made).certificate(request=wanted) == signed
        finally:
            end(again)


def test_a_second_signer_does_not_work_in_the_same_folder(running):
    second = subprocess.run(
        [*COMMAND, "run"], env={**os.environ, "KIMBERLEY_DIR": str(running.node)}, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "works in" in second.stderr
    assert Client(running).answers()


def test_a_wrong_passphrase_is_said_at_the_start(made, tmp_path):
    wrong = tmp_path / "passphrase"
    wrong.write_text("not the passphrase\n")
    done = subprocess.run(
        [*COMMAND, "run"], capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "KIMBERLEY_DIR": str(made.node), "KIMBERLEY_PASSPHRASE_FILE": str(wrong)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "passphrase is wrong" in done.stderr


def test_it_ends_with_the_process_that_started_it(made, tmp_path):
    script = (
        "import os,subprocess,sys,time\n"
        f"subprocess.Popen({[*COMMAND, 'run']!r}, env={{**os.environ, {PARENT!r}: str(os.getpid())}})\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "KIMBERLEY_DIR": str(made.node)})
    until = time.monotonic() + 20
    while not Client(made).answers() and time.monotonic() < until:
        time.sleep(0.05)
    assert Client(made).answers()
    parent.kill()
    parent.wait()
    until = time.monotonic() + 10
    while made.socket.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not made.socket.exists()


def test_without_a_signer_public_keys_are_known_and_nothing_is_signed(made):
    client = Client(made)
    part = client.public_key(authority="BW", use="sign")
    assert PublicKey.from_json(part, "BW").kid == "BW/sign/2026-1"
    assert client.public_key(authority="ZA", use="sign") is None
    assert not client.answers()
    for call in (
        lambda: client.checkpoint(origin="x", size=1, root=b64u(bytes(32))),
        lambda: client.ways(authority="BW", officer="kagiso"),
        lambda: client.seal(authority="BW", number="BW1", digest=b64u(bytes(32))),
    ):
        with pytest.raises(Conflict, match="nothing was done"):
            call()


def test_all_kinds_of_keys_are_made_once(made):
    uses = {(part["authority"], part["use"]) for part in read_public(made)}
    assert uses == {("BW", use) for use in ("sign", "status", "transport", "seal")} | {
        ("node", "log"),
        ("node", "witness"),
    }
    keys = FileKeys(made, made.passphrase(), memory=64)
    with pytest.raises(Conflict, match="exist already"):
        make_keys(made, keys, authority="BW", name="Department of Mines", at=datetime(2026, 5, 1, tzinfo=UTC))
    assert (made.keys / "BW_root_2026-1.json").exists()
    assert not [part for part in read_public(made) if part["use"] == "root"]


def test_the_operator_enters_ranges_and_confirms_officers(tmp_path):
    node = tmp_path / "node"
    node.mkdir()
    (node / "node.json").write_text(json.dumps({"demonstration": True, "passphrase": "a passphrase of a test"}))
    where = place.of(node)
    where.demand(Policy(memory=64))
    make_keys(where, FileKeys(where, where.passphrase(), memory=64), authority="BW", name="M",
              at=datetime(2026, 1, 1, tzinfo=UTC))  # fmt: skip

    def operate(*said: str, status: int = 0) -> str:
        done = subprocess.run([*COMMAND, *said], env={**os.environ, "KIMBERLEY_DIR": str(node)}, text=True,
                              capture_output=True, timeout=30, check=False)  # fmt: skip
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    service = open_service(where)
    evidence = {"level": "software", "passphrase": "a passphrase of an officer"}
    waiting = service.enrol(authority="BW", officer="kagiso", roles=["maker"], evidence=evidence, at=0)
    assert waiting["state"] == "pending"
    assert f"{waiting['fingerprint']}  pending  BW kagiso: issuing officer (software)" in operate("officers")
    operate("confirm", waiting["fingerprint"])
    assert json.loads(operate("officers", "--json"))[0]["state"] == "active"
    assert "no waiting" in operate("confirm", waiting["fingerprint"], status=1)
    operate("end", waiting["fingerprint"])
    assert "no approval credential" in operate("end", "0" * 16, status=1)
    operate("range", "BW", "BW", "12345", "12999", "7")
    assert "overlaps" in operate("range", "BW", "BW", "12999", "13000", "7", status=1)
    assert "whole" in operate("audit")
    written = where.audit.read_bytes()
    where.audit.write_bytes(b"".join(written.splitlines(keepends=True)[:-1]))
    assert "the end is cut off" in operate("audit", status=1)
    where.audit.write_bytes(written)
    where.audit.write_bytes(where.audit.read_bytes().replace(b"kagiso", b"naledi"))
    assert "does not follow" in operate("audit", status=1)


def test_a_passphrase_is_a_file_or_a_demonstrations(tmp_path, monkeypatch):
    monkeypatch.delenv("KIMBERLEY_PASSPHRASE_FILE", raising=False)
    with pytest.raises(NotFound, match="KIMBERLEY_PASSPHRASE_FILE"):
        place.of(tmp_path).passphrase()
    named = Path(tmp_path / "word")
    named.write_text("word\n")
    monkeypatch.setenv("KIMBERLEY_PASSPHRASE_FILE", str(named))
    assert place.of(tmp_path).passphrase() == "word"
    monkeypatch.setenv("KIMBERLEY_SIGNER_DIR", str(tmp_path / "elsewhere"))
    assert place.of(tmp_path).root == tmp_path / "elsewhere"
    place.of(tmp_path).root.mkdir()
    (place.of(tmp_path).root / "policy.json").write_text('{"cap": "x"}')
    with pytest.raises(Conflict):
        _ = place.of(tmp_path).policy
