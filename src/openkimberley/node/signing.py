"""The signing process beside a served node: started first, started again when it dies, ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openkimberley.signer.client import Client
from openkimberley.signer.server import PARENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.signer.place import SignerPlace

START_SECONDS = 30.0
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before it is started again: longer each time it dies at once."""


@contextmanager
def signing_process(where: SignerPlace) -> Iterator[None]:
    """Have a signer work in this folder meanwhile: one that answers already is left alone.

    One that is another user's (``KIMBERLEY_SIGNER_DIR``) is never started here, only missed aloud. Without it
    everything works but signing. From here on this process and its children know no passphrase.
    """
    client = Client(where)
    if client.answers() or os.environ.get("KIMBERLEY_SIGNER_DIR") or not where.public.exists():
        if where.public.exists() and not client.answers():
            print(f"kimberley: no signer answers at {where.socket}; nothing can be signed", file=sys.stderr)
        os.environ.pop("KIMBERLEY_PASSPHRASE_FILE", None)
        yield
        return
    environment = {**os.environ, PARENT: str(os.getpid()), "KIMBERLEY_DIR": str(where.node)}
    os.environ.pop("KIMBERLEY_PASSPHRASE_FILE", None)
    keeper = _Keeper(environment)
    keeper.start()
    try:
        _wait(client, keeper)
        yield
    finally:
        keeper.end()


def _wait(client: Client, keeper: _Keeper) -> None:
    """Until it answers; a signer that cannot start is said, and the node goes on without."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and not client.answers():
        if keeper.died:
            print("kimberley: the signer does not start (see above); nothing can be signed", file=sys.stderr)
            return
        time.sleep(0.1)


class _Keeper(threading.Thread):
    """Keeps one signer running."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._environment = environment
        self._stop_it = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.died = 0

    def run(self) -> None:
        """Start it, wait for its end, start it again."""
        command = [sys.executable, "-c", "from openkimberley.node.cli import main; main()", "signer", "run"]
        while not self._stop_it.is_set():
            begun = time.monotonic()
            self._process = subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
            self._process.wait()
            self.died = 0 if time.monotonic() - begun > PAUSES[-1] else self.died + 1
            self._stop_it.wait(PAUSES[min(max(self.died, 1), len(PAUSES)) - 1])

    def end(self) -> None:
        """End it for good."""
        self._stop_it.set()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
