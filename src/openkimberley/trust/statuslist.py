"""PURE. Token Status List with two bits an entry: what became of every certificate of an authority, in a few kilobytes.

Wire form: ``lst`` is base64url of zlib of the bytes; entry 0 sits in the lowest two bits of the first byte. It travels
as a JWS of type ``statuslist+jwt`` (draft-ietf-oauth-status-list), signed with the authority's key of use ``status``.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws
from openkimberley.trust.canonical import b64u, unb64u

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openkimberley.trust.keys import PublicKey

STEP = "9 status"
BITS = 2
PER_BYTE = 8 // BITS

SIZE = 2**17
"""Entries of one list (one authority, one year)."""

TYP = "statuslist+jwt"
USE = "status"
"""What the key that signs a list is for: one that signs certificates signs no list."""

LIFE = 7 * 86_400
"""Seconds until a list is out of date: what a frozen one can be passed off for (trust.md 4.9)."""

TTL = 12 * 3_600
"""Seconds for which a copy need not be asked for again."""

MAX_LIFE = 32 * 86_400
"""A list that claims to hold for longer is refused: nobody could ever tell that he is served an old one."""

MAX_BYTES = 2**22
"""The largest list that is inflated: 16 million entries."""


class Status(IntEnum):
    """What an entry says of its certificate."""

    VALID = 0
    VOID = 1  # void, replaced, lost or stolen
    SUSPENDED = 2  # under query
    USED = 3  # import confirmed


_STATUSES = tuple(Status)

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.VALID: frozenset({Status.VOID, Status.SUSPENDED, Status.USED}),
    Status.VOID: frozenset(),
    Status.SUSPENDED: frozenset({Status.VALID, Status.VOID, Status.USED}),
    Status.USED: frozenset(),
}
"""Where a status may go. What is void or used stays so: whoever takes that back is hiding something."""

_URI = re.compile(r"^https?://[^/?#\s]{1,253}(?:/[^/?#\s]+)*/status/([A-Z]{2}(?:-[A-Z0-9]{1,9})?)/([0-9]{4})-([1-9])$")


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

    def moves(self, later: StatusList) -> list[tuple[int, Status, Status]]:
        """Every entry that differs in ``later``: index, status here, status there."""
        size = max(len(self._data), len(later._data))
        old, new = self._data.ljust(size, b"\0"), later._data.ljust(size, b"\0")
        changed = [at for at in range(size) if old[at] != new[at]] if old != new else []
        first, second = StatusList(old), StatusList(new)
        places = [place for at in changed for place in range(at * PER_BYTE, (at + 1) * PER_BYTE)]
        return [(at, first[at], second[at]) for at in places if first[at] != second[at]]

    def illegal_moves(self, later: StatusList) -> list[tuple[int, Status, Status]]:
        """The moves to ``later`` that ``MOVES`` does not know, and entries that would vanish with a shorter list."""
        found = [move for move in self.moves(later) if move[2] not in MOVES[move[1]]]
        return [*found, *([(len(later), self[len(later)], Status.VALID)] if len(later) < len(self) else [])]

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


@dataclass(frozen=True, slots=True)
class SignedList:
    """A status list as its authority signed it: of which authority and year, when, until when (seconds)."""

    uri: str
    authority: str
    year: int
    iat: int
    exp: int
    ttl: int
    lst: str
    entries: StatusList
    kid: str

    @property
    def name(self) -> str:
        """The list's name in the journal: ``BW/2026-1``."""
        return name_of(self.uri)

    def evaluated(self) -> dict[str, Any]:
        """The list as an evaluated bundle holds it (docs/spec/bundle.md)."""
        expires = datetime.fromtimestamp(self.exp, UTC).isoformat(timespec="seconds")
        return {"authority": self.authority, "id": self.year, "bits": BITS, "lst": self.lst, "exp": expires}


def place_of(uri: str) -> tuple[str, int]:
    """Authority and year of a list's address. Raises ``Untrusted("9 status", ...)`` for any other address."""
    found = _URI.match(uri)
    if found is None:
        raise Untrusted(STEP, "the status list has not the address of one")
    return found.group(1), int(found.group(2))


def name_of(uri: str) -> str:
    """The name of a list in the journal, ``BW/2026-1``: the end of its address."""
    place_of(uri)
    return "/".join(uri.rsplit("/", 2)[-2:])


def claims_of(uri: str, entries: StatusList, *, iat: int) -> dict[str, Any]:
    """What an authority signs for a list at ``iat`` (seconds)."""
    place_of(uri)
    return {
        "sub": uri,
        "iat": iat,
        "exp": iat + LIFE,
        "ttl": TTL,
        "status_list": {"bits": BITS, "lst": entries.encode()},
    }


def verify(text: str, key_of: Callable[[str], PublicKey | None]) -> SignedList:
    """The list, once type, key and signature hold: the key is of use ``status`` and of the authority in the address.

    ``key_of`` gives the public key of a ``kid``, or None. Whether the list is out of date is the reader's to judge, by
    ``exp``. Raises ``Untrusted`` (1 parse, 2 key, 3 signature, 9 status).
    """
    signed = jws.parse(text, TYP)
    found = _read(signed)
    key = key_of(signed.kid)
    if key is None or key.use != USE or key.authority != found.authority:
        raise Untrusted("2 key", f"no key of {found.authority} for status lists is known by the name in the header")
    day = datetime.fromtimestamp(found.iat, UTC).date()
    if (key.not_before and day < key.not_before) or (key.not_after and day > key.not_after):
        raise Untrusted("2 key", "the key was not in use on the day of the status list")
    if key.state == "compromised" and (key.compromised_since is None or day >= key.compromised_since):
        raise Untrusted("2 key", "the key of the status list is compromised")
    signed.verify(key)
    return found


def entries_of(text: str) -> StatusList:
    """The entries of a list whose signature the reader need not check: one that it signed itself."""
    return _read(jws.parse(text, TYP)).entries


def _read(signed: jws.Jws) -> SignedList:
    """The list's claims in their form, not yet believed."""
    said = signed.payload
    uri, listed = said.get("sub"), said.get("status_list")
    times = [said.get(name) for name in ("iat", "exp", "ttl")]
    if not isinstance(uri, str) or not isinstance(listed, dict) or not all(type(time) is int for time in times):
        raise Untrusted(STEP, "the status list does not say of what, when and until when it is")
    iat, exp, ttl = (time for time in times if type(time) is int)
    if not 0 <= iat < exp <= iat + MAX_LIFE or not 0 < ttl <= MAX_LIFE or iat > 2**37:
        raise Untrusted(STEP, "the times of the status list are not in order")
    lst, bits = listed.get("lst"), listed.get("bits")
    if not isinstance(lst, str) or type(bits) is not int:
        raise Untrusted(STEP, "the status list holds no list")
    authority, year = place_of(uri)
    return SignedList(uri, authority, year, iat, exp, ttl, lst, decode(lst, bits), signed.kid)
