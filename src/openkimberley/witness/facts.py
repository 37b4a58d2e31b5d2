"""PURE. The nouns of witnessing: what a witness holds of a journal, is shown, answers, and keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from openkimberley.trust.merkle import EMPTY_ROOT
from openkimberley.trust.notes import Checkpoint, Note, VerifierKey

MAX_BODY = 131_072
"""Bytes of a request: 63 lines of proof and the largest note that is read."""

CLOCK_BACK = 60
"""Seconds by which a clock may go back before the witness stops: it never signs an earlier time than it has signed."""

TEXT = "text/plain; charset=utf-8"
TREE_SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Held:
    """What a witness holds of a journal: the last checkpoint it accepted, and when (seconds since 1970)."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""
    at: int = 0


NOTHING = Held()
"""What a witness holds of a journal it has never cosigned."""


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A journal that a witness knows: its name, the keys it may sign with, and what is held of it."""

    origin: str
    keys: tuple[VerifierKey, ...]
    held: Held = NOTHING


@dataclass(frozen=True, slots=True)
class Submission:
    """A request to cosign: the size that the sender believes is held, the proof, and the new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


class EvidenceKind(StrEnum):
    """What a refused checkpoint shows."""

    EQUIVOCATION = "EQUIVOCATION"  # one size, two roots, both signed: needs no further proof
    UNPROVED = "UNPROVED"  # signed, but not shown to continue what is held: a fork, or a sender's wrong proof


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two checkpoints that a journal has signed: the one held and the one that was refused beside it."""

    kind: EvidenceKind
    origin: str
    held: str
    shown: str

    @property
    def fingerprint(self) -> str:
        """What tells two pieces apart: SHA-256 over the two texts that the journal signed."""
        texts = (self.held.rpartition("\n\n")[0], self.shown.rpartition("\n\n")[0])
        return hashlib.sha256("\0".join((self.origin, *texts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender."""

    status: int
    body: str
    content_type: str = TEXT


@dataclass(frozen=True, slots=True)
class Decision:
    """What a witness does with a request: refuse with ``answer``, or hold ``accepted`` and cosign it afterwards."""

    answer: Answer | None = None
    accepted: Held | None = None
    evidence: Evidence | None = None


def log_id(origin: str) -> str:
    """How addresses name a journal: SHA-256 of its origin, in hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


class AlarmCode(StrEnum):
    """What a monitor can find."""

    EQUIVOCATION = "equivocation"  # two signed checkpoints that cannot both be of one journal
    INCONSISTENT = "inconsistent"  # what is published under a new checkpoint does not begin with what was there before
    SHRINKING = "shrinking"  # an older state is shown than was shown before
    QUORUM = "quorum"  # too few witnesses have cosigned
    HEARTBEAT = "heartbeat"  # no fresh cosignature for more than a day
    LATE = "late"  # logged later than allowed, or dated back or ahead
    DUPLICATE = "duplicate"  # one certificate number twice
    RANGE = "range"  # a number that its authority has not registered
    STATUS = "status"  # an illegal move in a status list
    CLAIM = "claim"  # the trust list names several keys for one journal, or another's key
    DELEGATION = "delegation"  # one's own keys in the trust list have changed
    FORMAT = "format"  # an entry that is none of those that are known
    VOID = "void"  # the withdrawal of a certificate whose issue is in no journal
    UNLOGGED = "unlogged"  # a certificate that was announced to us and is in no journal
    UNANNOUNCED = "unannounced"  # a certificate of a partner of whom we expect a notice for each, and none came


PASSING = frozenset({AlarmCode.QUORUM, AlarmCode.HEARTBEAT})
"""What may be well again tomorrow: said at every round as long as it lasts. Everything else is said once."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding: what, in which journal, a sentence for people, what shows it, and what to do about it.

    ``key`` tells it from others of its code in its journal, so that the same finding is one finding however often it
    is met again.
    """

    code: AlarmCode
    origin: str
    key: str
    sentence: str
    remedy: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What tells this finding from every other: a SHA-256 in hex."""
        return hashlib.sha256("\0".join((self.code.value, self.origin, self.key)).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The finding as one line of JSON."""
        return {
            "alarm": self.code.value, "origin": self.origin, "key": self.key, "sentence": self.sentence,
            "remedy": self.remedy, "evidence": dict(self.evidence), "mark": self.mark,
        }  # fmt: skip

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Alarm:
        """The finding that ``as_json`` wrote."""
        return cls(
            AlarmCode(said["alarm"]), said["origin"], said["key"], said["sentence"], said["remedy"], said["evidence"]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A registered range of certificate numbers; ``year`` 0 means any year; ``series`` the letters in front."""

    series: str
    first: int
    last: int
    year: int = 0


@dataclass(frozen=True, slots=True)
class Issuer:
    """What the trust list says of who writes a journal: how its numbers look, and how many hours it may take to log."""

    patterns: tuple[str, ...] = ()
    ranges: tuple[NumberRange, ...] = ()
    max_delay_h: int = 24


def issuer_of(said: Mapping[str, Any]) -> Issuer:
    """What a trust list, or a monitor's configuration, says of who writes a journal."""
    ranges = tuple(
        NumberRange(str(one.get("series", "")), int(one["from"]), int(one["to"]), int(one.get("year") or 0))
        for one in said.get("ranges", ())
    )
    return Issuer(tuple(map(str, said.get("number_patterns", ()))), ranges, int(said.get("max_log_delay_h", 24)))


@dataclass(frozen=True, slots=True)
class Announced:
    """A certificate that we were told of: number, b64u of its cid, day of issue, and whose journal must hold it."""

    number: str
    cid: str
    day: str
    origin: str


STALE = 86_400 + 6 * 3600
"""Seconds after which a journal's last checkpoint is too old: a day, and a while for a line that is down."""
