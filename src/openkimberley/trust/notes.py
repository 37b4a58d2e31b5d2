"""PURE. Signed notes, checkpoints and cosignatures (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).

A note is text, an empty line and signature lines; a checkpoint is the note in which a log says how long it is and what
its root is; a cosignature is a witness's word, with the time, that the log had that root and has only ever grown.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import sha256
from openkimberley.trust.keys import ED25519, PublicKey

if TYPE_CHECKING:
    from openkimberley.trust.keys import Signer

STEP = "8 log"

LOG, COSIGNATURE = 0x01, 0x04
"""Signature types: plain Ed25519 over the text, and Ed25519 with a time over a checkpoint."""

MAX_BYTES = 65_536
MAX_SIGNATURES = 64
MAX_SIZE = 2**63 - 1

_DASH = "\N{EM DASH} "
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def base64_of(data: bytes) -> str:
    """Standard base64 with padding, as notes write it."""
    return b64encode(data).decode("ascii")


def bytes_of(text: str, step: str = STEP) -> bytes:
    """The bytes of standard base64 in its one right spelling. Raises ``Untrusted``."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Untrusted(step, "a part of the note is not base64") from error
    if base64_of(data) != text:
        raise Untrusted(step, "a part of the note is not base64 in its one right spelling")
    return data


def decimal(text: str) -> int:
    """A whole number without leading zeroes, at most 2^63 - 1. Raises ``Untrusted``."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise Untrusted(STEP, f"{text[:20]!r} is not a size or index as journals write it")
    return int(text)


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """The 4 bytes that name a key in a note."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key)[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key of a log (kind ``LOG``) or of a witness (kind ``COSIGNATURE``), with the name it signs by."""

    name: str
    kind: int
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The 4 bytes that name the key in a note."""
        return key_id(self.name, self.kind, self.public_key)

    @property
    def text(self) -> str:
        """The key as text: ``name+id+base64(kind || key)``."""
        return f"{self.name}+{self.id.hex()}+{base64_of(bytes([self.kind]) + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key of its text. Raises ``Untrusted("8 log", ...)``."""
        name, _, rest = text.partition("+")
        written, _, material = rest.partition("+")
        data = bytes_of(material)
        if not _NAME.fullmatch(name) or len(data) != 33 or data[0] not in (LOG, COSIGNATURE):
            raise Untrusted(STEP, "this is not the public key of a journal or a witness")
        key = cls(name, data[0], data[1:])
        if key.id.hex() != written:
            raise Untrusted(STEP, f"the short name of the key {name[:60]!r} does not belong to it")
        return key

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check a signature over a note's text. Returns a cosignature's time in seconds, None for a log's own.

        A checkpoint stands behind many certificates, so a signature that held is not computed again. Raises
        ``Untrusted``.
        """
        return _held(self, text, signature)


@lru_cache(maxsize=4096)
def _held(key: VerifierKey, text: str, signature: bytes) -> int | None:
    loaded = _loaded(key)
    if key.kind == LOG:
        loaded.verify(text.encode(), signature)
        return None
    time = int.from_bytes(signature[:8], "big")
    if len(signature) != 72 or time > MAX_SIZE:
        raise Untrusted(STEP, f"the cosignature of {key.name[:60]!r} has not its form")
    loaded.verify(cosigned(text, time), signature[8:])
    return time


def forget() -> None:
    """Let every signature be computed again; for measuring."""
    _held.cache_clear()


@lru_cache(maxsize=1024)
def _loaded(key: VerifierKey) -> PublicKey:
    return PublicKey(kid=key.name, alg=ED25519, pub=key.public_key)


class Signature(NamedTuple):
    """A signature line: who says it is theirs, the key's 4 bytes, and the rest."""

    name: str
    id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line with its end."""
        return f"{_DASH}{self.name} {base64_of(self.id + self.signature)}\n"


class Verified(NamedTuple):
    """A signature that holds. ``time`` in seconds for a cosignature, None for a log's own."""

    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed, not yet verified note. ``text`` ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: str | bytes) -> Note:
        """The parts of a note. Raises ``Untrusted("8 log", ...)``."""
        written = data.encode() if isinstance(data, str) else data
        try:
            whole = written.decode("utf-8") if len(written) <= MAX_BYTES else ""
        except UnicodeDecodeError as error:
            raise Untrusted(STEP, "the note is not UTF-8") from error
        text, gap, rest = whole.rpartition("\n\n")
        if not gap or _CONTROL.search(whole) or not rest.endswith("\n"):
            raise Untrusted(STEP, "this is not a signed note")
        lines = rest.removesuffix("\n").split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise Untrusted(STEP, "the note has more signatures than are read")
        return cls(text + "\n", tuple(parse_signature(line) for line in lines))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(one.line for one in self.signatures)

    def verified(self, keys: Iterable[VerifierKey]) -> list[Verified]:
        """The signatures of known keys, perhaps none. One of a known key that does not hold raises ``Untrusted``."""
        known = {(key.name, key.id): key for key in keys}
        return [
            Verified(known[one.name, one.id], known[one.name, one.id].verify(self.text, one.signature))
            for one in self.signatures
            if (one.name, one.id) in known
        ]

    def with_lines(self, lines: Iterable[Signature]) -> Note:
        """This note with further signatures, each once."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *lines])))


def parse_signature(line: str) -> Signature:
    """A signature line without its end. Raises ``Untrusted``."""
    dash, name, written = line[:2], *line[2:].rpartition(" ")[::2]
    if dash != _DASH or not _NAME.fullmatch(name):
        raise Untrusted(STEP, "a line of the note is not a signature")
    data = bytes_of(written)
    if len(data) < 5:
        raise Untrusted(STEP, "a signature of the note is too short")
    return Signature(name, data[:4], data[4:])


def sign_note(text: str, *, name: str, signer: Signer) -> str:
    """The note of ``text`` (ending with a newline), signed by a log's key under ``name``."""
    signature = Signature(name, key_id(name, LOG, signer.public_key), signer.sign(text.encode()))
    return str(Note(text, (signature,)))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, its size in entries, its root (32 bytes)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64_of(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of a note's text. Raises ``Untrusted("8 log", ...)``."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not lines[0] or not all(lines):
            raise Untrusted(STEP, "the note is not a checkpoint")
        root = bytes_of(lines[2])
        if len(root) != 32:
            raise Untrusted(STEP, "the root of the checkpoint is not 32 bytes long")
        return cls(lines[0], decimal(lines[1]), root, tuple(lines[3:]))


def cosign(text: str, *, name: str, signer: Signer, time: int) -> Signature:
    """A witness's cosignature, at ``time`` (seconds since 1970), over the text of a checkpoint."""
    signature = time.to_bytes(8, "big") + signer.sign(cosigned(text, time))
    return Signature(name, key_id(name, COSIGNATURE, signer.public_key), signature)


def cosigned(text: str, time: int) -> bytes:
    """The bytes that a witness signs over the text of a checkpoint at ``time`` (seconds)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()
