"""Good artefacts bent at random, the same ones in every run: both engines must say the same of them, to the letter."""

from __future__ import annotations

import random
from collections.abc import Iterator

from openkimberley.certificates.statements import present_credential
from openkimberley.trust.canonical import b64u, unb64u
from tests.conformance.artefacts import Case, case, logged, plain

WORDS = ("", "~", ".", "A", "0", " ", "-", "_", "+", "=", "\u00e9", "\U0001f48e")
PIECES = (
    *(b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u00", b"\\ud800", b"\n", b"\xff", b"\xe2\x82"),
    *(b"\xed\xa0\x80", b"1.5", b"-", b"00", b"9" * 30, b"1e9", b"NaN", b"true", b"nul", b'"a":1,', b"[" * 20, b"\x01"),
    "\u00e9".encode(),
)


def mutations(count: int = 300) -> Iterator[Case]:
    """Bytes changed, taken out, doubled or cut off, in the text or in the JSON inside it."""
    chance = random.Random(20261109)
    good = [plain.CODE, plain.LABEL, plain.CREDENTIAL, logged.CODE, present_credential(plain.CREDENTIAL, "bank")]
    for number in range(count):
        text = chance.choice(good)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            at = chance.randrange(len(text))
            end = at + chance.choice((0, 1, 1, 1, 4, 40))
            text = text[:at] + chance.choice((*WORDS, chance.choice(good)[:7], text[at:end] * 2)) + text[end:]
        yield case(f"mutation {number}", text)
    for number in range(count):
        header, payload, rest = plain.CREDENTIAL.split(".")
        bent = [_bent(header, chance), payload, rest] if number % 2 else [header, _bent(payload, chance), rest]
        yield case(f"json {number}", ".".join(bent))


def _bent(part: str, chance: random.Random) -> str:
    """A part of a JWS whose JSON has a few bytes changed."""
    data = bytearray(unb64u(part))
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(data))
        data[at : at + chance.choice((0, 1, 1, 3))] = chance.choice(PIECES)
    return b64u(bytes(data))
