"""What a monitor remembers, in one SQLite file: the leaves it verified, the checkpoints it saw, what it reported.

Everything here was checked before it was written. Losing the file costs the past, not the future: the next round reads
every journal from its beginning again, and only what had been shown and was taken back meanwhile is not noticed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from openkimberley.trust.merkle import EMPTY_ROOT, MemoryHashes
from openkimberley.trust.notes import Note
from openkimberley.witness.facts import Alarm

FILE = "monitor.sqlite3"

_TABLES = """
CREATE TABLE IF NOT EXISTS log (
  origin TEXT PRIMARY KEY, size INTEGER, root BLOB, note TEXT, since INTEGER, last INTEGER, entries INTEGER,
  fresh INTEGER);
CREATE TABLE IF NOT EXISTS leaf (origin TEXT, place INTEGER, hash BLOB, PRIMARY KEY (origin, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (origin TEXT, size INTEGER, note TEXT, PRIMARY KEY (origin, size)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS issued (
  issuer TEXT, number TEXT, day TEXT, origin TEXT, place INTEGER, cid TEXT, ref TEXT, PRIMARY KEY (origin, place));
CREATE INDEX IF NOT EXISTS issued_number ON issued (issuer, number);
CREATE INDEX IF NOT EXISTS issued_ref ON issued (issuer, ref);
CREATE INDEX IF NOT EXISTS issued_cid ON issued (origin, cid);
CREATE TABLE IF NOT EXISTS unjudged (origin TEXT, place INTEGER, entry TEXT, PRIMARY KEY (origin, place));
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, text TEXT);
CREATE TABLE IF NOT EXISTS alarm (mark TEXT PRIMARY KEY, at INTEGER, text TEXT, delivered INTEGER);
"""


class LogMemory(NamedTuple):
    """What is known of a journal: verified to ``size``, its entries read to ``entries``. Times in seconds, 0: never.

    ``since``: from when on too few witnesses stood under what was shown; 0 where enough do. ``last``: the newest moment
    at which the quorum did. ``fresh``: the same, of what was read to its last entry.
    """

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""
    since: int = 0
    last: int = 0
    entries: int = 0
    fresh: int = 0


class Memory:
    """The file of a monitor. One process at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(path, timeout=20, isolation_level=None)
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Everything inside is written, or nothing."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def log(self, origin: str) -> LogMemory:
        """What is known of a journal."""
        row = self._one("SELECT size, root, note, since, last, entries, fresh FROM log WHERE origin = ?", origin)
        return LogMemory(*row) if row else LogMemory()

    def put_log(self, origin: str, known: LogMemory, leaves: Iterable[bytes] = ()) -> None:
        """Remember a journal, with the leaves that are new."""
        first = self._one("SELECT COUNT(*) FROM leaf WHERE origin = ?", origin)[0]
        rows = [(origin, first + place, leaf) for place, leaf in enumerate(leaves)]
        self._base.executemany("INSERT INTO leaf VALUES (?, ?, ?)", rows)
        self._base.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (origin, *known))

    def leaves(self, origin: str) -> list[bytes]:
        """The verified leaves of a journal."""
        return [
            row[0] for row in self._base.execute("SELECT hash FROM leaf WHERE origin = ? ORDER BY place", (origin,))
        ]

    def hashes(self, origin: str) -> MemoryHashes:
        """The verified tree of a journal."""
        return MemoryHashes(self.leaves(origin))

    def see(self, origin: str, size: int, note: Note) -> None:
        """Remember a checkpoint that belongs to the verified tree, with every cosignature ever seen under it."""
        row = self._one("SELECT note FROM seen WHERE origin = ? AND size = ?", origin, size)
        merged = Note.parse(row[0]).with_lines(note.signatures) if row else note
        if len(merged.signatures) > 60:  # a note reads 64 at most: a daily sign of life for years keeps first and last
            merged = Note(merged.text, (*merged.signatures[:30], *merged.signatures[-30:]))
        self._base.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (origin, size, str(merged)))

    def seen(self, origin: str) -> list[Note]:
        """Every checkpoint seen of a journal, shortest first."""
        rows = self._base.execute("SELECT note FROM seen WHERE origin = ? ORDER BY size", (origin,))
        return [Note.parse(row[0]) for row in rows]

    def issue(self, issuer: str, said: Mapping[str, Any], place: tuple[str, int], ref: str) -> tuple[str, int] | None:
        """Remember the issue of a certificate; the place of another with its number, if there is one."""
        number = str(said["n"])
        found = self._one(
            "SELECT origin, place FROM issued WHERE issuer = ? AND number = ? AND NOT (origin = ? AND place = ?)"
            " ORDER BY rowid", issuer, number, *place,
        )  # fmt: skip
        row = (issuer, number, said["d"], *place, said["h"], ref)
        self._base.execute("INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return (found[0], found[1]) if found else None

    def issued_ref(self, issuer: str, ref: str) -> bool:
        """Whether an issuer's journals hold the issue that a reference names."""
        return self._one("SELECT 1 FROM issued WHERE issuer = ? AND ref = ?", issuer, ref) is not None

    def issued_cid(self, origin: str, cid: str) -> bool:
        """Whether a journal holds the issue of a certificate."""
        return self._one("SELECT 1 FROM issued WHERE origin = ? AND cid = ?", origin, cid) is not None

    def issues(self, origin: str) -> list[tuple[int, str, str, str]]:
        """Place, number, cid and day of every issue in a journal."""
        return list(self._base.execute("SELECT place, number, cid, day FROM issued WHERE origin = ?", (origin,)))

    def defer(self, origin: str, place: int, entry: Mapping[str, Any]) -> None:
        """Keep an issue until it is known when it was logged."""
        self._base.execute("INSERT OR REPLACE INTO unjudged VALUES (?, ?, ?)", (origin, place, json.dumps(dict(entry))))

    def deferred(self, origin: str) -> list[tuple[int, dict[str, Any]]]:
        """The issues that were not judged yet."""
        rows = self._base.execute("SELECT place, entry FROM unjudged WHERE origin = ? ORDER BY place", (origin,))
        return [(place, json.loads(entry)) for place, entry in rows]

    def judged(self, origin: str, place: int) -> None:
        """An issue was judged."""
        self._base.execute("DELETE FROM unjudged WHERE origin = ? AND place = ?", (origin, place))

    def kept(self, name: str) -> str:
        """A text kept under a name: the last status list, the last delegation. Empty where there is none."""
        row = self._one("SELECT text FROM kept WHERE name = ?", name)
        return str(row[0]) if row else ""

    def keep(self, name: str, text: str) -> None:
        """Keep a text under a name."""
        self._base.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, text))

    def report(self, alarm: Alarm, *, now: int) -> None:
        """Remember a finding until it was delivered, and that it was made."""
        text = json.dumps(alarm.as_json(), ensure_ascii=False)
        self._base.execute("INSERT OR IGNORE INTO alarm VALUES (?, ?, ?, 0)", (alarm.mark, now, text))

    def undelivered(self) -> list[Alarm]:
        """The findings that nobody has been told of, oldest first."""
        rows = self._base.execute("SELECT text FROM alarm WHERE delivered = 0 ORDER BY at, rowid")
        return [Alarm.from_json(json.loads(row[0])) for row in rows]

    def delivered(self, marks: Iterable[str]) -> None:
        """Somebody was told of these."""
        self._base.executemany("UPDATE alarm SET delivered = 1 WHERE mark = ?", [(mark,) for mark in marks])

    def reported(self) -> list[str]:
        """Every finding ever reported, as JSON, oldest first."""
        return [row[0] for row in self._base.execute("SELECT text FROM alarm ORDER BY at, rowid")]

    def _one(self, statement: str, *values: Any) -> Any:
        return self._base.execute(statement, values).fetchone()
