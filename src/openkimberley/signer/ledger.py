"""The signer's own record: a row is on the disk before the signature that it stands for leaves."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS officers (
    fingerprint TEXT PRIMARY KEY, authority TEXT NOT NULL, officer TEXT NOT NULL, roles TEXT NOT NULL,
    level TEXT NOT NULL, material TEXT NOT NULL, counter INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
    made INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS officers_by_name ON officers (authority, officer);
CREATE TABLE IF NOT EXISTS challenges (
    challenge TEXT PRIMARY KEY, authority TEXT NOT NULL, officer TEXT NOT NULL, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS approvals (
    id TEXT PRIMARY KEY, authority TEXT NOT NULL, officer TEXT NOT NULL, role TEXT NOT NULL, draft_hash TEXT NOT NULL,
    level TEXT NOT NULL, credential TEXT NOT NULL, evidence TEXT NOT NULL UNIQUE, made INTEGER NOT NULL,
    spent_on TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS ranges (
    authority TEXT NOT NULL, prefix TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    digits INTEGER NOT NULL, year INTEGER NOT NULL, PRIMARY KEY (prefix, first, year));
CREATE TABLE IF NOT EXISTS numbers (
    number TEXT PRIMARY KEY, authority TEXT NOT NULL, prefix TEXT NOT NULL, serial INTEGER NOT NULL,
    first INTEGER NOT NULL, day TEXT NOT NULL, draft_hash TEXT NOT NULL, state TEXT NOT NULL, cid TEXT NOT NULL,
    level TEXT NOT NULL, log_index INTEGER, answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS numbers_in_turn ON numbers (prefix, first, serial);
CREATE INDEX IF NOT EXISTS numbers_by_day ON numbers (authority, day);
CREATE INDEX IF NOT EXISTS numbers_by_draft ON numbers (draft_hash);
CREATE TABLE IF NOT EXISTS marks (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lists (
    authority TEXT NOT NULL, year INTEGER NOT NULL, lst TEXT NOT NULL, PRIMARY KEY (authority, year));
"""


class Ledger:
    """The SQLite file (WAL, FULL), or memory where ``path`` is None. A forked child opens its own connection."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    def _open(self) -> sqlite3.Connection:
        """This process's connection."""
        if self._connection is None or (self.path is not None and self._pid != os.getpid()):
            if self.path is not None:
                _keep_private(self.path)
            connection = sqlite3.connect(
                self.path or ":memory:", isolation_level=None, check_same_thread=False, timeout=20
            )
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(SCHEMA)
            self._connection, self._pid = connection, os.getpid()
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside stands when this ends, or none of it."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of a query outside any transaction."""
        with self._lock:
            return self._open().execute(query, values).fetchall()

    def close(self) -> None:
        """Close this process's connection; the next use opens it again. What lay in memory is gone."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None


def _keep_private(path: Path) -> None:
    """Make the file 0600 before SQLite opens it: SQLite gives the files beside it (-wal, -shm) the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError):
            one.chmod(0o600)
