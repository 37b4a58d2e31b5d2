"""PURE. Token Status List with two bits an entry: what became of every certificate of an authority, in a few kilobytes.

Wire form: ``lst`` is base64url of zlib of the bytes; entry 0 sits in the lowest two bits of the first byte.
"""

from __future__ import annotations

import zlib
from enum import IntEnum
from typing import TYPE_CHECKING

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, unb64u

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = "9 status"
BITS = 2
PER_BYTE = 8 // BITS

SIZE = 2**17
"""Entries of one list (one authority, one year)."""

MAX_BYTES = 2**22
"""The largest list that is inflated: 16 million entries."""


class Status(IntEnum):
    """What an entry says of its certificate."""

    VALID = 0
    VOID = 1  # void, replaced, lost or stolen
    SUSPENDED = 2  # under query
    USED = 3  # import confirmed


_STATUSES = tuple(Status)


class StatusList:
    """The statuses of a list, by index. ``with_`` gives a changed copy; nothing is changed in place."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @classmethod
    def empty(cls, size: int = SIZE) -> StatusList:
        """A list of ``size`` entries, all VALID."""
        return cls(bytes(-(-size // PER_BYTE)))

    def __len__(self) -> int:
        return len(self._data) * PER_BYTE

    def __getitem__(self, index: int) -> Status:
        """The status at ``index``. Raises ``Untrusted("9 status", ...)`` where the list has no such entry."""
        if not 0 <= index < len(self):
            raise Untrusted(STEP, "the list has no such entry")
        return _STATUSES[self._data[index // PER_BYTE] >> index % PER_BYTE * BITS & 3]

    def with_(self, changes: Mapping[int, Status]) -> StatusList:
        """A copy with the entries of ``changes`` set."""
        data = bytearray(self._data)
        for index, status in changes.items():
            self[index]
            shift = index % PER_BYTE * BITS
            data[index // PER_BYTE] = data[index // PER_BYTE] & ~(3 << shift) | status << shift
        return StatusList(bytes(data))

    def encode(self) -> str:
        """``lst``: base64url of the zlib-compressed bytes."""
        return b64u(zlib.compress(self._data, 9))


def decode(lst: str, bits: int = BITS) -> StatusList:
    """The list of its wire form. Raises ``Untrusted("9 status", ...)``."""
    if bits != BITS:
        raise Untrusted(STEP, "the status list has not two bits an entry")
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(unb64u(lst, STEP), MAX_BYTES + 1)
    except zlib.error as error:
        raise Untrusted(STEP, "the status list cannot be inflated") from error
    if len(data) > MAX_BYTES or not stream.eof or stream.unused_data:
        raise Untrusted(STEP, "the status list is too large, cut off, or has bytes left over")
    return StatusList(data)
