"""What tests of the published journal share: keys that are no secret, entries, and a look at everything."""

from __future__ import annotations

from tests.cast import KAGISO

from openkimberley.journal import checking
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Permission
from openkimberley.trust import notes, signing
from openkimberley.trust.keys import SoftwareKey

ORIGIN = "journal.bw.example/1"
KEY = SoftwareKey.from_secret("node/log/1", "Ed25519", bytes(range(32)))
LOG = notes.VerifierKey(ORIGIN, notes.LOG, KEY.public_key)
WITNESSES = {
    name: SoftwareKey.from_secret(name, "Ed25519", bytes([number]) * 32)
    for number, name in enumerate(["w1.example", "w2.example"], 1)
}
WITNESS_KEYS = [notes.VerifierKey(name, notes.COSIGNATURE, key.public_key) for name, key in WITNESSES.items()]


def signs(authority, use):
    return KEY if (authority, use) == (signing.NODE, "log") else None


@action("test.entered", needs=Permission.CERTIFICATE_EXAMINE)
def enter(*, by, at, count=1, first=0, public=True):
    for number in range(first, first + count):
        record(
            "test.entered", by=by, at=at, subject=f"S{number}", statement={"n": str(number)},
            public={"t": "kpc.issue", "n": f"BW{number:07d}", "h": "x" * 43, "d": "2026-11-02"} if public else None,
        )  # fmt: skip


def entered(count, *, at, first=0):
    enter(by=KAGISO, at=at, count=count, first=first)


def line(row, name, time):
    """What a witness says of a checkpoint."""
    text = notes.Note.parse(row.note).text
    return notes.cosign(text, name=name, signer=WITNESSES[name], time=time).line


def faults():
    return checking.everything(log=LOG, witnesses=WITNESS_KEYS).faults
