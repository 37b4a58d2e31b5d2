"""PURE. QR texts: prefix, base45, perhaps zlib, a COSE_Sign1 over a CBOR map with the keys 1 to 23. Never a URL.

Limits come before work: 4,296 characters (the largest QR code holds no more), 4,096 bytes inflated.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import base45
import cbor2

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cbor, cose
from openkimberley.trust.canonical import PARSE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openkimberley.trust.keys import Signer

FULL = "KPC1:"
"""The code on the certificate."""
LABEL = "KPL1:"
"""The code on the bag: no weight, value or names."""
PREFIXES = (FULL, LABEL)

MAX_CHARS = 4296
MAX_BYTES = 4096
MAX_KEY = 23

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = bytes(_ALPHABET.find(bytes([code])) % 256 for code in range(256))  # 255: not in the alphabet

_LANE = int.from_bytes(b"\x00\x00\xff" * (MAX_CHARS // 3), "big")

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", "- ")


class Code(NamedTuple):
    """A parsed, not yet verified QR text. ``kid8`` is the short name of the key that is said to have signed."""

    prefix: str
    kid8: bytes
    payload: dict[int, Any]
    statement: cose.Sign1


def write(prefix: str, payload: Mapping[int, Any], signer: Signer) -> str:
    """The QR text of a map with the keys 1 to 23. Compressed only where that is shorter.

    Raises ``ValueError`` for another prefix or key, or where the text would not fit a QR code.
    """
    if prefix not in PREFIXES or not all(type(key) is int and 1 <= key <= MAX_KEY for key in payload):
        raise ValueError("a QR text has one of our prefixes and the keys 1 to 23")
    signed = cose.sign(cbor2.dumps(dict(payload), canonical=True), signer)
    packed = zlib.compress(signed, 9)
    text = prefix + base45.b45encode(min(signed, packed, key=len)).decode("ascii")
    if len(text) > MAX_CHARS or len(signed) > MAX_BYTES:
        raise ValueError("the content does not fit a QR code")
    return text


def read(text: str) -> Code:
    """The parts of a QR text. Raises ``Untrusted`` (1 parse; 2 key where the header is not ours)."""
    if len(text) > MAX_CHARS:
        raise Untrusted(PARSE, "the text is longer than any QR code")
    prefix = text[:5]
    if prefix not in PREFIXES:
        raise Untrusted(PARSE, "the text does not begin as a certificate's QR code does")
    statement = cose.parse(_inflate(b45decode(text[5:])))
    payload = cbor.loads(statement.payload)
    if not isinstance(payload, dict) or not payload or min(payload) < 1 or max(payload) > MAX_KEY:
        raise Untrusted(PARSE, "the content is not a map with the keys 1 to 23")
    return Code(prefix, cose.short_kid(statement), payload, statement)


def b45decode(text: str) -> bytes:
    """The bytes of a base45 text (RFC 9285), read strictly. Raises ``Untrusted("1 parse", ...)``."""
    values = text.encode("ascii", "replace").translate(_VALUES)
    groups, rest = divmod(len(values), 3)
    if b"\xff" in values or rest == 1 or len(values) > MAX_CHARS:
        raise Untrusted(PARSE, "the text is not base45")
    end = 3 * groups
    # Three characters c, d, e are two bytes c + 45 d + 2025 e. All groups are added up at once, each in its own lane of
    # three bytes of one large number; a sum of at most 91,124 never touches the next lane.
    lanes = int.from_bytes(values[:end], "big")
    sums = ((lanes >> 16) & _LANE) + 45 * ((lanes >> 8) & _LANE) + 2025 * (lanes & _LANE)
    spread = sums.to_bytes(end, "big")
    tail = values[end] + 45 * values[end + 1] if rest else 0
    if spread[::3].count(0) != groups or tail > 255:
        raise Untrusted(PARSE, "the text is not base45")
    data = bytearray(2 * groups)
    data[::2], data[1::2] = spread[1::3], spread[2::3]
    return bytes(data) + bytes([tail] if rest else [])


def _inflate(data: bytes) -> bytes:
    if data[:1] != b"\x78":
        if len(data) > MAX_BYTES:
            raise Untrusted(PARSE, "the content is larger than allowed")
        return data
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise Untrusted(PARSE, "the content cannot be inflated") from error
    if len(found) > MAX_BYTES:
        raise Untrusted(PARSE, "the content is larger than allowed")
    if not stream.eof or stream.unused_data:
        raise Untrusted(PARSE, "the content is cut off, or has bytes left over")
    return found


def check_code(cid: bytes) -> str:
    """Eight characters to compare by voice: the first 40 bits of the cid in Crockford's base32 (label or full cid)."""
    number = int.from_bytes(cid[:5], "big")
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(35, -1, -5))


def same_check_code(cid: bytes, heard: str) -> bool:
    """True where what was heard or typed is the check code, however it was spelled (O for 0, I or L for 1, hyphens)."""
    return heard.strip().upper().translate(_MISREAD) == check_code(cid)
