"""A line for every call that signs, approves or enters, each with the hash of the one before: it cannot be unsaid."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

from openkimberley.trust.canonical import b64u, canonical, sha256

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

GENESIS = b64u(bytes(32))


class Audit:
    """The file, or nothing but memory where ``path`` is None. Several processes may append: each takes the lock."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._head, self._count, self._end = GENESIS, 0, 0

    def append(self, **said: Any) -> tuple[int, str]:
        """Add a line, on the disk when this returns: how many there are, and the hash of this one. No secret in it."""
        if self.path is None:
            self._write_down(said)
            return self._count, self._head
        with self.path.open("a+b") as file:
            self.path.chmod(0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            file.write(self._write_down(said))
            file.flush()
            os.fsync(file.fileno())
            self._end = file.tell()
            return self._count, self._head

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


def remember(rows: sqlite3.Connection, count: int, head: str) -> None:
    """Keep in the ledger how far the file goes: the chain alone does not tell that its last lines are missing."""
    rows.execute(
        "INSERT INTO marks VALUES ('audit', ?, ?) ON CONFLICT (origin) DO UPDATE"
        " SET size = excluded.size, root = excluded.root WHERE excluded.size > size", (count, head),
    )  # fmt: skip


def verify(path: Path, *, known: tuple[int, str] = (0, GENESIS)) -> tuple[int, list[str]]:
    """How many lines the file has, and every place where the chain is broken.

    ``known`` is what the ledger remembers; the file may be a line ahead of it, never behind.
    """
    head, faults, count = GENESIS, [], 0
    written = path.read_bytes() if path.exists() else b""
    for count, line in enumerate(written.splitlines(keepends=True), start=1):
        try:
            said = json.loads(line)
            whole = said["previous"] == head and said["n"] == count - 1
        except (ValueError, KeyError, TypeError):
            said, whole = {}, False
        if not whole:
            faults.append(f"line {count} does not follow the one before")
        head = b64u(sha256(line))
        if count == known[0] and head != known[1]:
            faults.append(f"line {count} is not the one that the ledger knows")
    if count < known[0]:
        faults.append(f"the end is cut off: the ledger knows {known[0]} lines")
    return count, faults
