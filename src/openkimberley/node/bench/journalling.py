"""Benchmarks of the published journal: entries made durable and sealed, and proofs made from its tiles."""

from __future__ import annotations

import hashlib
import os
import random
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from openkimberley.journal import actions, standing
from openkimberley.journal.actions.sequencing import make_checkpoint
from openkimberley.journal.shelf import Folder
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.node.bench.measuring import Figure, fitting, taking_turns
from openkimberley.signer.service import LocalService
from openkimberley.trust import merkle, signing, tiles
from openkimberley.trust.keys import SoftwareKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from openkimberley.node.bench.world import World

BY = Actor("bench", frozenset({Role.SUPERVISOR}), authority="BW", via="cli")
PUBLIC = {"t": "kpc.issue", "n": "BW0012345", "h": "x" * 43, "d": "2026-11-02"}


@actions.action("bench.entered", needs=Permission.JOURNAL_READ)
def enter(*, by: Actor, at: datetime, count: int) -> None:
    """Enter a batch in one transaction."""
    for number in range(count):
        actions.record("bench.entered", by=by, at=at, subject=f"B{number}", statement={}, public=PUBLIC)


@contextmanager
def published(world: World) -> Iterator[None]:
    """The node publishes its journal for a moment, with a key of its own."""
    from django.conf import settings

    before, log = signing.service(), SoftwareKey.generate("node/log/1")
    settings.JOURNAL_ORIGIN, settings.JOURNAL_FOLDER = "journal.bench.example/1", world.where.journal
    signing.provide(LocalService(lambda authority, use: log if (authority, use) == (signing.NODE, "log") else None))
    try:
        yield
    finally:
        settings.JOURNAL_ORIGIN = ""
        signing.provide(before)


def append(world: World) -> Iterator[Figure]:
    """Entries a second, in batches that are each committed, sealed and on the disk as tiles; floor: see its name."""
    count, batches = (20, 2) if world.quick else (500, 11)
    bare = (world.where.root / "bench-floor").open("wb")

    def act() -> None:
        enter(by=BY, at=world.now, count=count)
        make_checkpoint(at=world.now, every=timedelta(0))

    with published(world):
        act()
        last = standing.size()
        entries = standing.entries(last - count, last)

        def floor() -> None:
            for entry in entries:
                bare.write(hashlib.sha256(entry).digest())
            bare.flush()
            os.fsync(bare.fileno())

        mine, least = taking_turns(act, floor, batches=batches, turns=1, floor_turns=5)
    bare.close()
    yield Figure(
        "journal-append", count / mine, "1/s", count / least,
        f"bare SHA-256 of the same entries' bytes, and one fsync for each batch of {count}",
    )  # fmt: skip


def proof(world: World) -> Iterator[Figure]:
    """Proofs of inclusion a second, each from the tiles on the disk; floor: the node hashes that tiles leave out."""
    size = 2_000 if world.quick else 100_000
    seconds, batches = (0.002, 3) if world.quick else (0.05, 41)
    leaves = [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(size)]
    folder = Folder(world.where.root / "bench-log")
    made = Tiles(lambda start, end: leaves[start:end])
    folder.write(made.files(0, size, None))
    root, choose = made.root(size), random.Random(1)  # noqa: S311 - which entries are asked for is no secret

    def from_tiles() -> Tiles:
        return Tiles(lambda start, end: [], shelf=folder, old=size)

    def act() -> None:
        from_tiles().tree(size).inclusion(choose.randrange(size))

    found = from_tiles().tree(size).inclusion(size // 3)
    merkle.verify_inclusion(leaves[size // 3], size // 3, size, found, root)
    needed = sum(_left_out(size, choose.randrange(size)) for _ in range(50)) // 50
    pair = bytes(64)

    def floor() -> None:
        for _ in range(needed):
            hashlib.sha256(b"\x01" + pair).digest()

    mine, least = taking_turns(
        act, floor, batches=batches, turns=fitting(act, seconds), floor_turns=fitting(floor, seconds)
    )
    yield Figure(
        "journal-proof", 1 / mine, "1/s", 1 / least,
        f"bare SHA-256 of the {needed} node hashes that a proof among {size} entries needs and tiles do not hold",
    )  # fmt: skip


def _left_out(size: int, index: int) -> int:
    """How many node hashes must be computed for one proof: tiles hold every eighth level only."""
    computed = 0

    def hashes(level: int, _: int) -> bytes:
        nonlocal computed
        computed += (1 << level % tiles.HEIGHT) - 1
        return bytes(merkle.HASH_BYTES)

    merkle.Tree(size, hashes).inclusion(index)
    return computed
