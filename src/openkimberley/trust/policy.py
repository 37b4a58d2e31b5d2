"""PURE. Whose cosignatures suffice: the witness policy of the trust list (c2sp.org/tlog-policy)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.notes import COSIGNATURE, LOG, Note, VerifierKey

STEP = "8 log"
NOBODY = "none"
MAX_LINES = 4096

_BAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Group(NamedTuple):
    """A named group: so many of its members must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Known logs, known witnesses by the policy's own names, groups, and the name of the quorum (``none``: nobody).

    ``addresses`` says where a log is read, or a witness is asked, for those keys that have an address in the policy.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str
    addresses: Mapping[VerifierKey, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Policy:
        """The policy of its text. Raises ``Untrusted("8 log", ...)`` naming the line."""
        reading = _Reading()
        lines = text.split("\n")
        if _BAD.search(text) or len(lines) > MAX_LINES:
            raise Untrusted(STEP, "the witness policy is no text of lines, or too long")
        for number, line in enumerate(lines, 1):
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if words and not words[0].startswith("#"):
                try:
                    reading.line(words)
                except (ValueError, IndexError) as error:
                    raise Untrusted(STEP, f"line {number} of the witness policy: {str(error)[:80]}") from error
        if not reading.quorum:
            raise Untrusted(STEP, "the witness policy names no quorum")
        return cls(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, reading.addresses)

    def quorum_time(self, note: Note, *, own: frozenset[bytes] = frozenset()) -> int | None:
        """The moment (seconds) from which enough witnesses had cosigned; None where they have not, or need not.

        ``own`` are public keys that do not count: an authority does not witness its own journal. Raises ``Untrusted``
        where a known witness's cosignature does not hold.
        """
        names = {key: name for name, key in self.witnesses.items()}
        times: dict[str, int] = {}
        for key, time in note.verified(names):
            if time is not None and key.public_key not in own:
                times[names[key]] = min(time, times.get(names[key], time))
        return self._time(self.quorum, times)

    def _time(self, name: str, times: Mapping[str, int]) -> int | None:
        group = self.groups.get(name)
        if group is None:
            return times.get(name)
        found = sorted(time for time in (self._time(member, times) for member in group.members) if time is not None)
        return found[group.threshold - 1] if len(found) >= group.threshold else None


class _Reading:
    """What has been read of a policy so far. A line that is wrong raises ``ValueError`` or ``IndexError``."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum = ""
        self.addresses: dict[VerifierKey, str] = {}
        self._members: set[str] = set()

    def line(self, words: list[str]) -> None:
        if words[0] == "log" and len(words) in (2, 3):
            self._at(self._once(words[1], LOG, self.logs), words[2:])
        elif words[0] == "witness" and len(words) in (3, 4):
            self._new(words[1])
            key = self._once(words[2], COSIGNATURE, list(self.witnesses.values()))
            self.witnesses[words[1]] = key
            self._at(key, words[3:])
        elif words[0] == "group" and len(words) > 3:
            self._group(words[1], words[2], words[3:])
        elif words[0] == "quorum" and len(words) == 2 and not self.quorum:
            if words[1] != NOBODY:
                self._known(words[1])
            self.quorum = words[1]
        else:
            raise ValueError("not a line of a policy, or a second quorum")

    def _once(self, written: str, kind: int, before: list[VerifierKey]) -> VerifierKey:
        key = VerifierKey.parse(written)
        if key.kind != kind or any(key.public_key == other.public_key for other in before):
            raise ValueError("a key of another kind, or one that is already there")
        before.append(key)
        return key

    def _at(self, key: VerifierKey, address: list[str]) -> None:
        if address:
            self.addresses[key] = address[0]

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        self._new(name)
        for member in members:
            self._known(member)
            if member in self._members:
                raise ValueError(f"{member} is a member already")
            self._members.add(member)
        count = {"any": 1, "all": len(members)}.get(threshold) or int(threshold)
        if not 1 <= count <= len(members) or (threshold.isdecimal() and str(count) != threshold):
            raise ValueError("the threshold is not one of its members")
        self.groups[name] = Group(count, tuple(members))

    def _new(self, name: str) -> None:
        if name == NOBODY or name in self.witnesses or name in self.groups:
            raise ValueError(f"the name {name} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise ValueError(f"nobody is called {name} above")
