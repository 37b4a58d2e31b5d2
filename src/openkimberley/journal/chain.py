"""PURE. How one entry's hash follows from the entry before it, and how a chain is checked.

In the next step the same statements become leaves of an RFC 6962 tree; the chain stays as the cheap local check.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rfc8785

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENESIS = bytes(32)
"""What the first entry names as its predecessor."""


def canonical(statement: Mapping[str, object]) -> bytes:
    """The one byte string of a statement (RFC 8785). Raises ``ValueError`` for what JSON cannot say exactly."""
    return rfc8785.dumps(dict(statement))  # type: ignore[arg-type]


def chained(previous: bytes, statement: bytes) -> bytes:
    """SHA-256 over the predecessor's hash and the statement: 32 bytes."""
    return hashlib.sha256(previous + statement).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """What the check of a chain needs to know of one entry."""

    index: int
    statement: bytes
    previous: bytes
    hash: bytes


def faults(links: Iterable[Link]) -> list[str]:
    """Every fault of a chain in words, empty where it is whole: gaps, broken links, altered statements."""
    found: list[str] = []
    expected, previous = 0, GENESIS
    for link in links:
        if link.index != expected:
            found.append(f"entry {expected} is missing: entry {link.index} follows")
        elif link.previous != previous:
            found.append(f"entry {link.index} does not follow entry {link.index - 1}")
        if chained(link.previous, link.statement) != link.hash:
            found.append(f"entry {link.index} was altered: its hash does not fit its text")
        expected, previous = link.index + 1, link.hash
    return found
