"""The benchmark of the main act: from approval to a certificate that is signed, journalled and on the disk."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from openkimberley.node.bench.measuring import Figure, taking_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.node.bench.world import World


def issue(world: World) -> Iterator[Figure]:
    """Approvals a second; floor: bare durable inserts of a row of that size into the same database."""
    batches, turns, floor_turns = (2, 2, 4) if world.quick else (21, 10, 40)
    world.issued()  # warms up what is read once
    waiting = iter(world.approvable(batches * turns))
    serials = iter(range(1, 2001))

    def approve() -> None:
        reference, version = next(waiting)
        world.approve(reference, version, f"BW-Z-{next(serials):06d}")

    bare = _BareRow(world)
    mine, floor = taking_turns(approve, bare.insert, batches=batches, turns=turns, floor_turns=floor_turns)
    bare.close()
    yield Figure(
        "issue", 1 / mine, "1/s", 1 / floor,
        f"bare durable insert of a row of {bare.size} bytes into the same SQLite file (WAL, FULL, IMMEDIATE)",
    )  # fmt: skip


class _BareRow:
    """The floor: a second connection to the same file, one table without an index, one row in each transaction."""

    def __init__(self, world: World) -> None:
        from django.conf import settings

        options = settings.DATABASES["default"]["OPTIONS"]
        self._connection = sqlite3.connect(world.where.root / "node.sqlite3", timeout=20, isolation_level=None)
        for pragma in options["init_command"].split(";"):
            self._connection.execute(pragma)
        self._connection.execute("CREATE TABLE bench_floor (id INTEGER PRIMARY KEY, row BLOB NOT NULL)")
        columns = [row[1] for row in self._connection.execute("PRAGMA table_info(certificates_certificate)")]
        size = " + ".join(f'COALESCE(LENGTH("{column}"), 0)' for column in columns)
        self.size = int(self._connection.execute(f"SELECT MAX({size}) FROM certificates_certificate").fetchone()[0])  # noqa: S608 - our own columns
        self._row = bytes(range(256)) * (self.size // 256) + bytes(self.size % 256)

    def insert(self) -> None:
        """One row, durable when this returns."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO bench_floor (row) VALUES (?)", (self._row,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Take the table away again."""
        self._connection.execute("DROP TABLE bench_floor")
        self._connection.close()
