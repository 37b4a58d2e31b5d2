"""A line for every call that signs, approves or enters, each with the hash of the one before: it cannot be unsaid."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING, Any

from openkimberley.trust.canonical import b64u, canonical, sha256

if TYPE_CHECKING:
    from pathlib import Path

GENESIS = b64u(bytes(32))


class Audit:
    """The file, or nothing but memory where ``path`` is None. Several processes may append: each takes the lock."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._head, self._count, self._end = GENESIS, 0, 0

    def append(self, **said: Any) -> None:
        """Add a line. Nothing secret belongs in it."""
        if self.path is None:
            self._write_down(said)
            return
        with self.path.open("a+b") as file:
            self.path.chmod(0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            file.write(self._write_down(said))
            file.flush()
            self._end = file.tell()

    def _write_down(self, said: dict[str, Any]) -> bytes:
        line = canonical({"n": self._count, "previous": self._head, **said}) + b"\n"
        self._head, self._count = b64u(sha256(line)), self._count + 1
        return line

    def _catch_up(self, file: Any) -> None:
        """Take in what another process has added since. An unfinished line is closed, and stays as it is."""
        end = file.seek(0, 2)
        if end == self._end:
            return
        file.seek(self._end)
        for line in file.read().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                file.write(b"\n")
                line += b"\n"  # noqa: PLW2901
            self._head, self._count = b64u(sha256(line)), self._count + 1


def verify(path: Path) -> tuple[int, list[str]]:
    """How many lines the file has, and every place where the chain is broken."""
    head, faults, count = GENESIS, [], 0
    for count, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        try:
            said = json.loads(line)
            whole = said["previous"] == head and said["n"] == count - 1
        except (ValueError, KeyError, TypeError):
            said, whole = {}, False
        if not whole:
            faults.append(f"line {count} does not follow the one before")
        head = b64u(sha256(line))
    return count, faults
