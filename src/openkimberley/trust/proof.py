"""PURE. The proof that a certificate stands in a journal, to carry beside it (c2sp.org/tlog-proof, and as a QR text).

It cannot be inside what it proves: it exists only afterwards. ``extra`` holds the last cosigned checkpoint from before
the entry, so that somebody offline also knows when the entry was not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import base45
import cbor2

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cbor, merkle, notes
from openkimberley.trust.notes import Checkpoint, Note, Signature
from openkimberley.trust.qr import MAX_BYTES, b45decode

STEP = "8 log"
HEADER = "c2sp.org/tlog-proof@v1"
PREFIX = "KPP1:"
"""The code of a proof."""

MAX_CHARS = 131_072


@dataclass(frozen=True)
class Proof:
    """A parsed, not yet verified proof of the entry at ``index``."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = field(default=b"")

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint that the proof leads to. Raises ``Untrusted``."""
        return Checkpoint.parse(self.note.text)

    def verify(self, entry: bytes) -> None:
        """Raise ``Untrusted("8 log", ...)`` unless ``entry`` stands at the index; says nothing of who signed."""
        self.verify_leaf(merkle.leaf_hash(entry))

    def verify_leaf(self, leaf: bytes) -> None:
        """The same for the leaf hash of an entry."""
        one = self.checkpoint
        merkle.verify_inclusion(leaf, self.index, one.size, self.hashes, one.root)

    @classmethod
    def parse(cls, text: str) -> Proof:
        """The proof of its text. Raises ``Untrusted("8 log", ...)``."""
        head, gap, rest = text.partition("\n\n") if len(text) <= MAX_CHARS else ("", "", "")
        lines = head.split("\n")
        if not gap or lines.pop(0) != HEADER or not lines:
            raise Untrusted(STEP, "this is not the proof of a journal entry")
        extra = notes.bytes_of(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else b""
        index = lines.pop(0) if lines else ""
        if not index.startswith("index ") or len(lines) > merkle.MAX_PROOF:
            raise Untrusted(STEP, "the proof does not say of which entry it is")
        hashes = tuple(map(notes.bytes_of, lines))
        proof = cls(notes.decimal(index.removeprefix("index ")), hashes, Note.parse(rest), extra)
        _ = proof.checkpoint
        return proof

    @property
    def text(self) -> str:
        """The proof as text."""
        extra = [f"extra {notes.base64_of(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(notes.base64_of, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.note}"

    def code(self, *, log: str) -> str:
        """The proof as a QR text: no names of witnesses and no ``extra``. ``log`` is the name the journal signs by."""
        one = self.checkpoint
        own = next(found for found in self.note.signatures if found.name == log)
        payload = {
            1: self.index, 2: one.size, 3: list(self.hashes), 4: one.root, 5: one.origin, 6: own.id + own.signature,
            7: [
                [found.id, int.from_bytes(found.signature[:8], "big"), found.signature[8:]]
                for found in self.note.signatures if found.name != log and len(found.signature) == 72
            ],
        }  # fmt: skip
        return PREFIX + base45.b45encode(cbor2.dumps(payload, canonical=True)).decode("ascii")

    @classmethod
    def from_code(cls, text: str, names: Mapping[bytes, str]) -> Proof:
        """The proof of a QR text; ``names`` gives witnesses' names by the 4 bytes of their keys, others are left out.

        Raises ``Untrusted`` (1 parse; 8 log).
        """
        if not text.startswith(PREFIX):
            raise Untrusted(STEP, "this is not the code of a proof")
        data = b45decode(text.removeprefix(PREFIX))
        payload = cbor.loads(data) if len(data) <= MAX_BYTES else None
        try:
            assert isinstance(payload, dict)
            index, size, hashes, root, origin, own, cosigned = (payload[key] for key in range(1, 8))
            checkpoint = Checkpoint(origin, size, root)
            lines = [Signature(origin, own[:4], own[4:])]
            lines += [
                Signature(names[bytes(id_)], id_, time.to_bytes(8, "big") + signature)
                for id_, time, signature in cosigned if bytes(id_) in names
            ]  # fmt: skip
            note = Note.parse(str(Note(checkpoint.text, tuple(lines))))
            proof = cls(int(index), tuple(map(bytes, hashes)), note)
            _ = proof.checkpoint
        except (AssertionError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Untrusted(STEP, "the code does not hold the proof of a journal entry") from error
        return proof
