"""Read one journal as it is published, verify that it only grew, and look at every entry. Knows no Django.

A place that cannot be reached, a file that is missing or does not fit is *trouble*, never an alarm: who could not look
says nothing. A journal that hides behind trouble shows no fresh checkpoint that can be verified, and that is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openkimberley.journal.shelf import CHECKPOINT, Reader, read_tile
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.trust.merkle import HASH_BYTES, MemoryHashes, Tree, leaf_hash
from openkimberley.trust.notes import Checkpoint, Note, VerifierKey
from openkimberley.trust.policy import NOBODY, Policy
from openkimberley.trust.tiles import ENTRIES, WIDTH, Tile, TileHashes, decode_bundle
from openkimberley.trust.times import Seen, bounds, seen_at
from openkimberley.witness.alone.memory import LogMemory, Memory
from openkimberley.witness.facts import Alarm, Issuer
from openkimberley.witness.rules import monitoring as rules

MOST_NEW = 2**22
"""Entries that a journal may grow by between two looks: the whole world needs longer than a lifetime for so many."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A journal to watch: its name and keys, where it is read, who writes it.

    ``own`` are keys of witnesses that do not count for it: its own. ``issuer`` names whose numbers it holds, the same
    for all journals of one authority. ``complete``: every issue of it is in the journals that are watched, so that a
    withdrawal without one is a finding. ``notices``: its issuer owes us a notice of every certificate.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    source: Reader
    own: frozenset[bytes] = frozenset()
    issuer: str = ""
    facts: Issuer = field(default_factory=Issuer)
    complete: bool = True
    notices: bool = False


class Findings:
    """What a round found. Each is remembered at once, in the same breath as what it was found in."""

    def __init__(self, memory: Memory, now: int) -> None:
        self._memory, self.now = memory, now
        self.alarms: list[Alarm] = []

    def add(self, alarms: Iterable[Alarm]) -> None:
        """Add what a rule yields."""
        for alarm in alarms:
            self._memory.report(alarm, now=self.now)
            self.alarms.append(alarm)


class Watch:
    """A look at one journal."""

    def __init__(self, log: Watched, memory: Memory, policy: Policy, found: Findings) -> None:
        self._log, self._memory, self._policy, self._found = log, memory, policy, found
        self._origin = log.origin

    def look(self, signed: Iterable[str] = ()) -> str:
        """Look once, and remember what was verified. Returns what kept us from looking further, empty if nothing did.

        ``signed`` are checkpoints of this journal that came from elsewhere: other witnesses, evidence.
        """
        try:
            trouble = self._checkpoint(signed) or self._entries()
        except (NotFound, Untrusted) as error:
            trouble = str(error)
        known, now = self._known(), self._found.now
        if known.note:
            self._found.add(rules.quorum(self._origin, known.note, since=known.since, now=now))
            self._found.add(rules.heartbeat(self._origin, known.note, last=known.last, now=now))
        return trouble

    def _known(self) -> LogMemory:
        return self._memory.log(self._origin)

    def _checkpoint(self, signed: Iterable[str]) -> str:
        """Signed, no shorter, the same where it is as long, and the continuation of the tree verified before."""
        data = self._log.source.read(CHECKPOINT)
        if data is None:
            raise NotFound("checkpoint", f"of {self._origin}")
        note = Note.parse(data)
        one = Checkpoint.parse(note.text)
        if one.origin != self._origin or not note.verified(self._log.keys):
            raise Untrusted("8 log", f"what is shown there is not signed by {self._origin}")
        hashes = self._memory.hashes(self._origin)
        if trouble := self._grown(note, one, hashes):
            return trouble
        known = self._known()
        others = [*self._of(signed), known.note]
        self._found.add(rules.contradictions(self._origin, known.size, lambda size: Tree(size, hashes).root(), others))
        return ""

    def _grown(self, note: Note, one: Checkpoint, hashes: MemoryHashes) -> str:
        """Take the new checkpoint up; ``hashes`` is the tree verified before, and afterwards the new one."""
        known = self._known()
        if one.size < known.size or (one.size == known.size and known.note):
            if Tree(one.size, hashes).root() != one.root:
                self._found.add([rules.equivocation(self._origin, known.note, str(note))])
                return "two versions of it are signed: nothing more is read of it"
            self._found.add(rules.shrinking(self._origin, known.note, str(note)))
            leaves: list[bytes] = []
        elif one.size - known.size > MOST_NEW:
            return f"it claims {one.size} entries at once, which nobody believes"
        else:
            leaves = _leaves(self._log.source, known.size, one.size)
            for leaf in leaves:
                hashes.append(leaf)
            if Tree(one.size, hashes).root() != one.root:
                self._found.add(self._not_grown(known, one, str(note)))
                return "what is published does not lead to its checkpoint"
        fresh = rules.fresh_quorum(note, self._policy, self._log.own)
        with self._memory.at_once():
            self._memory.see(self._origin, one.size, note)
            if one.size >= known.size:
                enough = fresh is not None or self._policy.quorum == NOBODY
                new = known._replace(
                    size=one.size, root=one.root, note=str(note), last=max(known.last, fresh or 0),
                    since=0 if enough else known.since or self._found.now,
                )  # fmt: skip
                self._memory.put_log(self._origin, new, leaves)
        return ""

    def _of(self, signed: Iterable[str]) -> list[str]:
        """Those checkpoints that this journal has signed: anybody can hand us others."""
        found = []
        for text in signed:
            try:
                note = Note.parse(text)
                if Checkpoint.parse(note.text).origin == self._origin and note.verified(self._log.keys):
                    found.append(text)
            except Untrusted:
                continue
        return found

    def _not_grown(self, known: LogMemory, one: Checkpoint, note: str) -> list[Alarm]:
        """Whether the files show another past than the one verified before, or are only damaged.

        They show another past where they do lead to the signed checkpoint, and not to what was verified of it before.
        """
        if not known.size:
            return []
        shown = MemoryHashes(_leaves(self._log.source, 0, one.size))
        tiles = TileHashes(one.size, lambda tile: _tile(self._log.source, tile))
        for hashes in (shown, tiles):
            if Tree(one.size, hashes).root() == one.root and Tree(known.size, hashes).root() != known.root:
                return [rules.inconsistent(self._origin, known.note, note)]
        return []

    def _entries(self) -> str:
        """Every entry that is new and shown to us, once; then the dates of those whose time of logging is known."""
        known, trouble = self._known(), ""
        leaves = self._memory.leaves(self._origin) if known.entries < known.size else []
        while known.entries < known.size and not trouble:
            tile = Tile(ENTRIES, known.entries // WIDTH, min(WIDTH, known.size - known.entries // WIDTH * WIDTH))
            data = read_tile(self._log.source, tile)
            if data is None:
                trouble = f"its entries from {known.entries} on are not shown to us"
            else:
                known = self._bundle(known, tile, decode_bundle(data, tile.width), leaves)
        self._dates()
        if not trouble:
            with self._memory.at_once():
                self._memory.put_log(self._origin, known._replace(fresh=known.last))
        return trouble

    def _bundle(self, known: LogMemory, tile: Tile, entries: list[bytes], leaves: list[bytes]) -> LogMemory:
        """Look at the entries of a bundle that are new. Raises ``Untrusted`` for one that was not signed."""
        first = tile.index * WIDTH
        after = known._replace(entries=first + tile.width)
        with self._memory.at_once():
            for place in range(known.entries, after.entries):
                if leaf_hash(entries[place - first]) != leaves[place]:
                    raise Untrusted("8 log", f"entry {place} is not the one that was signed")
                self._entry(place, entries[place - first])
            self._memory.put_log(self._origin, after)
        return after

    def _entry(self, place: int, data: bytes) -> None:
        """One entry: of a known form, its number once and within its range, its withdrawal of something issued."""
        try:
            said: dict[str, Any] = rules.read_entry(data)
        except Untrusted:
            self._found.add([rules.unreadable(self._origin, place, data)])
            return
        issuer, here = self._log.issuer or self._origin, (self._origin, place)
        if said["t"] == "kpc.issue":
            other = self._memory.issue(issuer, said, here, rules.reference(said["h"]))
            if other is not None:
                self._found.add(rules.duplicate(self._origin, said["n"], other, here))
            self._found.add(rules.out_of_range(self._origin, place, said, self._log.facts))
            self._memory.defer(self._origin, place, said)
        elif said["t"] == "kpc.void" and self._log.complete:
            issued = self._memory.issued_ref(issuer, said["r"])
            self._found.add(rules.void_without_issue(self._origin, place, said, issued=issued))

    def _dates(self) -> None:
        """Judge the dates of issues by all checkpoints ever seen, as soon as the quorum has spoken."""
        waiting = self._memory.deferred(self._origin)
        seen: list[Seen] = []
        for note in self._memory.seen(self._origin) if waiting else ():
            try:
                seen.append(seen_at(note, self._policy, self._log.own))
            except Untrusted:
                continue
        for place, said in waiting:
            when = bounds(place, seen)
            if when.by is not None:
                with self._memory.at_once():
                    self._found.add(rules.late(self._origin, place, said, when, self._log.facts.max_delay_h))
                    self._memory.judged(self._origin, place)


def _leaves(source: Reader, old: int, new: int) -> list[bytes]:
    """The leaf hashes from ``old`` up to ``new``, from the tiles of the lowest level."""
    found: list[bytes] = []
    for index in range(old // WIDTH, -(-new // WIDTH)):
        data = _tile(source, Tile(0, index, min(WIDTH, new - index * WIDTH)))
        leaves = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        found += leaves[max(0, old - index * WIDTH) :]
    return found


def _tile(source: Reader, tile: Tile) -> bytes:
    data = read_tile(source, tile)
    if data is None or len(data) != tile.width * HASH_BYTES:
        raise NotFound("tile", f"{tile.path} of the length it should have")
    return data
