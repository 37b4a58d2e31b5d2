"""PURE. The Merkle tree of RFC 6962: roots, inclusion proofs, consistency proofs, and their checks (RFC 9162, 2.1).

A tree is asked through a reader that gives the hash of a complete subtree: ``hashes(level, index)`` covers the leaves
``index * 2**level`` up to, not including, ``(index + 1) * 2**level``. Memory, tiles and a database can all be readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from openkimberley.kernel.errors import Untrusted

STEP = "8 log"
HASH_BYTES = 32
MAX_PROOF = 64
"""Hashes in a proof: more than any tree of 2^63 leaves needs."""

EMPTY_ROOT = hashlib.sha256(b"").digest()

Hashes = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || entry), 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MemoryHashes:
    """A growing tree held in memory: 64 bytes a leaf. Its call is a reader."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash, and every inner node that it completes."""
        levels, level, found = self._levels, 0, leaf
        levels[0].append(found)
        while len(levels[level]) % 2 == 0:
            found = node_hash(levels[level][-2], found)
            level += 1
            if level == len(levels):
                levels.append([])
            levels[level].append(found)

    def __len__(self) -> int:
        return len(self._levels[0])

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        return self._levels[level][index]


class Tree:
    """The first ``size`` leaves of a log, read through ``hashes``."""

    def __init__(self, size: int, hashes: Hashes) -> None:
        self.size = size
        self._hashes = hashes

    def root(self) -> bytes:
        """The root hash, 32 bytes; of the empty tree SHA-256 of nothing."""
        return self._span(0, self.size) if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes that lead from leaf ``index`` to the root, the leaf's sibling first. ``ValueError`` if none."""
        if not 0 <= index < self.size:
            raise ValueError(f"a tree of {self.size} leaves has no leaf {index}")
        found: list[bytes] = []
        start, end = 0, self.size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                found.append(self._span(middle, end))
                end = middle
            else:
                found.append(self._span(start, middle))
                start = middle
        return found[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The hashes that show the tree of ``old`` leaves to be this one's beginning. ``ValueError`` if it is none.

        Empty for ``old`` 0 (nothing to show) and for ``old`` equal to ``size``.
        """
        if not 0 <= old <= self.size:
            raise ValueError(f"a tree of {self.size} leaves has no beginning of {old}")
        if old in (0, self.size):
            return []
        found: list[bytes] = []
        start, end, whole = 0, self.size, True
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                found.append(self._span(middle, end))
                end = middle
            else:
                found.append(self._span(start, middle))
                start, whole = middle, False
        if not whole:
            found.append(self._span(start, end))
        return found[::-1]

    def _span(self, start: int, end: int) -> bytes:
        """The tree hash of the leaves from ``start`` to ``end``; ``start`` is a multiple of what can follow it."""
        width = end - start
        if width & (width - 1) == 0:
            return self._hashes(width.bit_length() - 1, start // width)
        middle = start + _split(width)
        return node_hash(self._span(start, middle), self._span(middle, end))


def _split(width: int) -> int:
    """The largest power of two smaller than ``width`` (at least 2)."""
    return 1 << ((width - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ``Untrusted("8 log", ...)`` unless the leaf hash ``leaf`` stands at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Untrusted(STEP, f"a journal of {size} entries has no entry {index}")
    _lengths(leaf, root, *proof)
    found = leaf
    for before, sibling in _steps(index, size - 1, proof):
        found = node_hash(sibling, found) if before else node_hash(found, sibling)
    if found != root:
        raise Untrusted(STEP, "the proof does not lead to the root of the journal")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raise ``Untrusted("8 log", ...)`` unless the old tree is the new one's beginning (RFC 9162, 2.1.4.2).

    ``old`` 0 is refused: every tree begins with nothing, so nothing would be shown.
    """
    if not 0 < old <= new:
        raise Untrusted(STEP, f"a tree of {old} entries is no beginning of one of {new} that could be shown")
    _lengths(old_root, new_root, *proof)
    if old == new:
        if proof or old_root != new_root:
            raise Untrusted(STEP, "two trees of one size differ, or come with a proof")
        return
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise Untrusted(STEP, "the proof of consistency is missing")
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    found_old = found_new = hashes[0]
    for before, sibling in _steps(at, last, hashes[1:]):
        if before:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
        else:
            found_new = node_hash(found_new, sibling)
    if found_old != old_root:
        raise Untrusted(STEP, "the proof does not lead to the older root")
    if found_new != new_root:
        raise Untrusted(STEP, "the proof does not lead to the newer root")


def _steps(at: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Each hash of a proof, and whether it stands before what was found so far; from place ``at`` of ``last`` up."""
    for sibling in proof:
        if last == 0:
            raise Untrusted(STEP, "the proof is longer than the tree is high")
        before = at % 2 == 1 or at == last
        yield before, sibling
        while before and at % 2 == 0 and at:  # the right edge of a tree that is not full skips levels
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    if last != 0:
        raise Untrusted(STEP, "the proof is shorter than the tree is high")


def _lengths(*hashes: bytes) -> None:
    if len(hashes) > MAX_PROOF + 2 or any(len(one) != HASH_BYTES for one in hashes):
        raise Untrusted(STEP, "a hash of the proof is not 32 bytes long, or there are too many")
