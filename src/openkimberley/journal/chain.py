"""PURE. How one entry's hash follows from the entry before it, how a chain is checked, and what is published of an act.

The chain is the cheap local check of the full statements; the published entries are the leaves of an RFC 6962 tree.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rfc8785

from openkimberley.trust.canonical import b64u
from openkimberley.trust.merkle import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENESIS = bytes(32)
"""What the first entry names as its predecessor."""

RECOVERED = "journal.recovered"
"""The event of an entry that a mirror gave back after the database was lost."""


def canonical(statement: Mapping[str, object]) -> bytes:
    """The one byte string of a statement (RFC 8785). Raises ``ValueError`` for what JSON cannot say exactly."""
    return rfc8785.dumps(dict(statement))  # type: ignore[arg-type]


def chained(previous: bytes, statement: bytes) -> bytes:
    """SHA-256 over the predecessor's hash and the statement: 32 bytes."""
    return hashlib.sha256(previous + statement).digest()


def published(statement: bytes, public: Mapping[str, object] | None = None) -> bytes:
    """What the journal publishes of an act: its ``public`` form, or a commitment that reveals nothing.

    The commitment is the SHA-256 of the statement, which holds a random salt: nobody can guess what was done and try.
    """
    return canonical({"v": 1, **(public or {"t": "act", "h": b64u(hashlib.sha256(statement).digest())})})


@dataclass(frozen=True, slots=True)
class Link:
    """What the check of a chain needs to know of one entry."""

    index: int
    statement: bytes
    previous: bytes
    hash: bytes
    entry: bytes
    leaf: bytes


def faults(links: Iterable[Link]) -> list[str]:
    """Every fault of a chain in words, empty where it is whole: gaps, broken links, altered statements.

    Of an entry that came back from a mirror (``journal.recovered``) the statement is lost: its text holds what the
    journal publishes of it, and the tree alone shows that this is what it was.
    """
    found: list[str] = []
    expected, previous = 0, GENESIS
    for link in links:
        if link.index != expected:
            found.append(f"entry {expected} is missing: entry {link.index} follows")
        elif link.previous != previous:
            found.append(f"entry {link.index} does not follow entry {link.index - 1}")
        if chained(link.previous, link.statement) != link.hash:
            found.append(f"entry {link.index} was altered: its hash does not fit its text")
        said = json.loads(link.statement)
        if said.get("event") == RECOVERED:
            expected_entry = str(said.get("recovered")).encode()
        else:
            expected_entry = published(link.statement, said.get("public"))
        if link.entry != expected_entry:
            found.append(f"entry {link.index} publishes other words than its text says")
        if leaf_hash(link.entry) != link.leaf:
            found.append(f"entry {link.index} has a leaf that is not its own in the published tree")
        expected, previous = link.index + 1, link.hash
    return found
