"""One command serves the node and its signer: a killed signer comes back, what serves pages is told no passphrase."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from openkimberley.node.signing import signing_process
from openkimberley.signer import place
from openkimberley.signer.client import Client

pytestmark = pytest.mark.enable_socket
COMMAND = [sys.executable, "-c", "from openkimberley.node.cli import main; main()"]


def until(true: Callable[[], object], seconds: float = 180) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def processes(of: int) -> dict[int, str]:
    """The processes below one, with their command lines."""
    found: dict[int, str] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            line = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if parent == of:
            pid = int(status.parent.name)
            found |= {pid: line, **processes(pid)}
    return found


@pytest.fixture
def node(tmp_path) -> Path:
    """A real node, its passphrase in a file."""
    word = tmp_path / "passphrase"
    word.write_text("correct horse battery\n")
    word.chmod(0o600)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KIMBERLEY_", "DJANGO_"))}
    subprocess.run(
        [*COMMAND, "setup", "--authority", "BW", "--name", "Mines", "--administrator", "admin@mines.example", "--json"],
        env={**environment, "KIMBERLEY_DIR": str(tmp_path / "node"), "KIMBERLEY_PASSPHRASE_FILE": str(word)},
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return tmp_path


def test_t11_what_serves_pages_is_told_no_passphrase(tmp_path, monkeypatch):
    """From the signer's start on, this process and what it starts know no passphrase file."""
    monkeypatch.setenv("KIMBERLEY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv("KIMBERLEY_SIGNER_DIR", raising=False)
    with signing_process(place.of(tmp_path)):
        assert "KIMBERLEY_PASSPHRASE_FILE" not in os.environ
        told = subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True,
                              text=True, check=True)  # fmt: skip
        assert "KIMBERLEY_PASSPHRASE_FILE" not in told.stdout


def test_t11_a_killed_signer_comes_back_and_the_web_worker_never_opened_a_key(node):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KIMBERLEY_", "DJANGO_"))}
    environment |= {"KIMBERLEY_DIR": str(node / "node"), "KIMBERLEY_PASSPHRASE_FILE": str(node / "passphrase")}
    server = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    client = Client(place.of(node / "node"))

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    try:
        assert until(healthy)
        assert client.answers()
        below = processes(server.pid)
        signers = [pid for pid, line in below.items() if "signer run" in line]
        workers = [pid for pid in below if pid not in signers]
        assert len(signers) == 1
        assert workers
        keys = str(node / "node" / "signer" / "keys")
        for pid in workers:
            held = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()]
            assert not [path for path in held if path.startswith((keys, str(node / "passphrase")))]
        os.kill(signers[0], signal.SIGKILL)
        assert until(lambda: not client.answers(), 15)
        assert healthy()
        assert until(client.answers)
    finally:
        server.terminate()
        server.wait(30)
    assert not client.answers()
