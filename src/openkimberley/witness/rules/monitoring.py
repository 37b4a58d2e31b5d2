"""PURE. What a monitor finds: each rule yields alarms, and yields none where all is well or nobody can tell.

Every alarm says in one sentence what is so, carries what shows it to anybody else, and says what to do about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical, sha256, unb64u
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.trust.policy import Policy
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.trust.times import Bounds, backdated
from openkimberley.witness.facts import Alarm, AlarmCode, Announced, Issuer

DAY = 86_400
GRACE = 6 * 3600
"""Seconds beyond a day without a fresh cosignature: a line may be down for a while."""

FIELDS: Mapping[str, frozenset[str]] = {
    "act": frozenset("h"),
    "kpc.issue": frozenset("nhd"),
    "kpc.void": frozenset(["r", "d", "why"]),
    "kpc.confirm": frozenset(["r", "h", "d", "res"]),
    "form.void": frozenset("s"),
    "status.list": frozenset("uh"),
    "key": frozenset("ah"),
    "trust.update": frozenset("fh"),
    "log.close": frozenset(["next"]),
}
"""The entries that a journal publishes, and what each says besides ``v`` and ``t`` (docs/spec/journal.md)."""

WHY = frozenset({"spoiled", "error", "stolen", "recalled", "replaced", "returned"})
RESULTS = frozenset({"match", "discrepancy", "refused"})

LEGAL: Mapping[Status, frozenset[Status]] = {
    Status.VALID: frozenset(Status),
    Status.SUSPENDED: frozenset(Status),
    Status.VOID: frozenset({Status.VOID}),
    Status.USED: frozenset({Status.USED}),
}
"""Where a status may move: void and used are for ever (trust.md 4.9)."""

_DIGITS = re.compile(r"[0-9]+")
MOST_DIGITS = 18


def equivocation(origin: str, one: str, other: str) -> Alarm:
    """Two checkpoints, both signed by the journal, that cannot both be of one history."""
    sizes = sorted(Checkpoint.parse(Note.parse(text).text).size for text in (one, other))
    roots = sorted(Checkpoint.parse(Note.parse(text).text).root.hex() for text in (one, other))
    return Alarm(
        AlarmCode.EQUIVOCATION, origin, f"{sizes}{roots}",
        f"The journal {origin} was signed in two versions that contradict each other, of {sizes[0]} and of {sizes[1]} "
        "entries: certificates may stand in one and not in the other.",
        "Keep both checkpoints. Accept nothing of this issuer on its journal's word; tell its authority, the Chair and "
        "the other witnesses.",
        {"one": one, "other": other},
    )  # fmt: skip


def contradictions(origin: str, size: int, root: Callable[[int], bytes], signed: Iterable[str]) -> Iterator[Alarm]:
    """Signed checkpoints, from wherever they came, that are no beginning of the tree that was read and verified.

    ``root`` gives the root of that tree's first so many entries; the last of ``signed`` is the checkpoint it fits.
    """
    notes = list(signed)
    for text in notes[:-1]:
        one = Checkpoint.parse(Note.parse(text).text)
        if one.size <= size and root(one.size) != one.root:
            yield equivocation(origin, text, notes[-1])


def inconsistent(origin: str, older: str, newer: str) -> Alarm:
    """What is published under a newer checkpoint does not begin with what was published under an older."""
    return Alarm(
        AlarmCode.INCONSISTENT, origin, Note.parse(newer).text,
        f"What the journal {origin} publishes now does not begin with what it published before: entries were changed, "
        "taken away or put between.",
        "Keep both checkpoints and the files fetched. Tell the authority and the other witnesses; accept nothing that "
        "was logged since.",
        {"one": older, "other": newer},
    )  # fmt: skip


def shrinking(origin: str, seen: str, shown: str) -> Iterator[Alarm]:
    """An older checkpoint is shown than one that was seen before."""
    before, now = (Checkpoint.parse(Note.parse(text).text) for text in (seen, shown))
    if now.size < before.size:
        yield Alarm(
            AlarmCode.SHRINKING, origin, f"{before.size}>{now.size}",
            f"The journal {origin} shows {now.size} entries, but had shown {before.size}.",
            "Ask its authority whether it was brought back from a copy; fetch it from a mirror meanwhile.",
            {"one": seen, "other": shown},
        )  # fmt: skip


def quorum(origin: str, shown: str, *, since: int, now: int, grace: int = GRACE) -> Iterator[Alarm]:
    """Too few witnesses have stood under what is shown since ``since`` (0: enough do). None while they may yet sign."""
    if since and now - since > grace:
        one = Checkpoint.parse(Note.parse(shown).text)
        yield Alarm(
            AlarmCode.QUORUM, origin, f"{since}",
            f"The journal {origin} shows {one.size} entries, and since {_words(since)} too few witnesses have cosigned "
            "what it shows.",
            "Ask its authority whether its witnesses are reached, and the witnesses whether they refused it.",
            {"one": shown},
        )  # fmt: skip


def heartbeat(origin: str, shown: str, *, last: int, now: int, grace: int = GRACE) -> Iterator[Alarm]:
    """The newest moment at which the quorum stood under what was shown (``last``) is more than a day and hours ago.

    A journal that is frozen for somebody (T20) cannot show them a fresh cosignature: a witness's clock is not its own.
    """
    if last and now - last > DAY + grace:
        yield Alarm(
            AlarmCode.HEARTBEAT, origin, f"{last}",
            f"The last fresh word of the witnesses on the journal {origin} is of {_words(last)}: it is down, cut off, "
            "or an old state is being shown.",
            "Look to your own line first. Then fetch it by another way or from a mirror; if that is old too, ask its "
            "authority.",
            {"one": shown},
        )  # fmt: skip


def fresh_quorum(note: Note, policy: Policy, own: frozenset[bytes]) -> int | None:
    """The newest moment at which the quorum stood under a checkpoint, in seconds; None where it never did.

    Raises ``Untrusted`` where a cosignature does not hold.
    """
    return policy.quorum_time(freshest(note, policy), own=own)


def freshest(note: Note, policy: Policy) -> Note:
    """The note with the last cosignature only of every witness of the policy. Raises ``Untrusted`` for a bad one."""
    known = {(key.name, key.id): key for key in policy.witnesses.values()}
    last: dict[tuple[str, bytes], Any] = {}
    for line in note.signatures:
        if (name := (line.name, line.id)) in known:
            moment = known[name].verify(note.text, line.signature) or 0
            if name not in last or moment > last[name][0]:
                last[name] = (moment, line)
    return Note(note.text, tuple(line for _, line in last.values()))


def read_entry(data: bytes) -> dict[str, Any]:
    """A published entry. Raises ``Untrusted("8 log", ...)`` for one that is none of those that are known."""
    try:
        said = json.loads(data)
        kind = said["t"]
        good = (
            said["v"] == 1
            and said["v"] is not True
            and set(said) == {"v", "t", *FIELDS[kind]}
            and canonical(said) == data
        )
        good = good and all(isinstance(value, str) for name, value in said.items() if name != "v")
        good = good and said.get("why", "error") in WHY and said.get("res", "match") in RESULTS
        if "d" in said:
            date.fromisoformat(said["d"])
        if "h" in said:
            good = good and len(unb64u(said["h"])) == 32
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Untrusted("8 log", "this is no entry of a journal that is known here") from error
    if not good:
        raise Untrusted("8 log", "this entry has not the form of its kind")
    return dict(said)


def unreadable(origin: str, index: int, data: bytes) -> Alarm:
    """An entry of an unknown form: it may hide what should be seen."""
    return Alarm(
        AlarmCode.FORMAT, origin, f"{index}",
        f"Entry {index} of the journal {origin} is none of those that are known: nobody can tell what it says.",
        "Ask its authority which software wrote it; update this one where it is too old.",
        {"index": index, "entry": data[:2000].decode("utf-8", "replace")},
    )  # fmt: skip


def duplicate(origin: str, number: str, first: tuple[str, int], second: tuple[str, int]) -> Iterator[Alarm]:
    """A certificate number that stands in journals twice; each place is an origin and an index."""
    if first != second:
        places = sorted([first, second])
        yield Alarm(
            AlarmCode.DUPLICATE, origin, f"{number}{places}",
            f"The number {number} was issued twice: entry {places[0][1]} of {places[0][0]} and entry {places[1][1]} "
            f"of {places[1][0]}.",
            "Ask the authority which of the two is genuine, and stop both until it has answered.",
            {"number": number, "places": [list(place) for place in places]},
        )  # fmt: skip


def out_of_range(origin: str, index: int, said: Mapping[str, Any], issuer: Issuer) -> Iterator[Alarm]:
    """A number that fits no registered pattern or range of its authority, or only one of another year (T5, T1)."""
    number, year = str(said["n"]), int(said["d"][:4])
    fits = not issuer.patterns or any(_matches(pattern, number) for pattern in issuer.patterns)
    found = _DIGITS.findall(number)
    value = int(found[-1]) if found and len(found[-1]) <= MOST_DIGITS else -1
    holding = [one for one in issuer.ranges if one.first <= value <= one.last and number.startswith(one.series)]
    if issuer.ranges:
        fits = fits and any(one.year in (0, year) for one in holding)
    if not fits:
        yield Alarm(
            AlarmCode.RANGE, origin, f"{index}",
            f"The number {number[:40]}, issued on {said['d']}, is in no range that its authority has registered.",
            "Ask the authority whether a range was not made known, or the number is wrong.",
            {"index": index, "number": number[:40], "date": said["d"]},
        )  # fmt: skip


def _matches(pattern: str, number: str) -> bool:
    try:
        return len(number) <= 60 and len(pattern) <= 200 and re.fullmatch(pattern, number) is not None
    except re.error:
        return True  # a pattern that nobody can read accuses nobody


def late(origin: str, index: int, said: Mapping[str, Any], when: Bounds, max_delay_h: int) -> Iterator[Alarm]:
    """A certificate that was logged too late for its date, or before it (T8): the strict rule of trust.md 4.6."""
    if why := backdated(date.fromisoformat(said["d"]), when, max_delay_h):
        yield Alarm(
            AlarmCode.LATE, origin, f"{index}", f"Certificate {str(said['n'])[:40]}: {why}",
            "Ask the authority for the reason. Judge keys and suspensions by the time of logging, not by the date.",
            {"index": index, "number": str(said["n"])[:40], "date": said["d"], "after": when.after, "by": when.by},
        )  # fmt: skip


def reference(cid: str) -> str:
    """How other entries name a certificate: b64u(SHA-256("kpc.ref.v1" || cid)), of the b64u of its cid."""
    return b64u(sha256(b"kpc.ref.v1" + unb64u(cid)))


def void_without_issue(origin: str, index: int, said: Mapping[str, Any], *, issued: bool) -> Iterator[Alarm]:
    """A withdrawal that names no certificate of this issuer's journals; ask only where all of them are known."""
    if not issued:
        yield Alarm(
            AlarmCode.VOID, origin, f"{index}",
            f"Entry {index} of {origin} withdraws a certificate whose issue is in no journal of its issuer.",
            "Ask the authority which certificate it is and why it was not logged when it was issued.",
            {"index": index, "reference": said["r"], "date": said["d"], "why": said["why"]},
        )  # fmt: skip


def moves(origin: str, uri: str, before: StatusList, after: StatusList) -> Iterator[Alarm]:
    """Illegal moves between two successive status lists: above all one that was void and is valid again."""
    if len(after) < len(before):
        yield _moved(origin, uri, "size", f"The status list {uri} has fewer entries than before.")
    for index in range(min(len(before), len(after))):
        old, new = before[index], after[index]
        if new not in LEGAL[old]:
            yield _moved(
                origin, uri, f"{index}:{old.value}>{new.value}",
                f"Entry {index} of the status list {uri} went from {old.name.lower()} to {new.name.lower()}, which "
                "never happens rightly.",
            )  # fmt: skip


def _moved(origin: str, uri: str, key: str, sentence: str) -> Alarm:
    return Alarm(
        AlarmCode.STATUS, origin, f"{uri} {key}", sentence,
        "Keep both lists. Treat the certificate as void until its authority has explained it.", {"list": uri},
    )  # fmt: skip


def delegation(authority: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Alarm]:
    """The keys of one's own authority, in two successive trust lists, are not the same (T16)."""
    if canonical(dict(before)) != canonical(dict(after)):
        old, new = ({str(key.get("kid", "")) for key in doc.get("keys", ())} for doc in (before, after))
        yield Alarm(
            AlarmCode.DELEGATION, "", f"{authority} {b64u(sha256(canonical(dict(after))))}",
            f"What the trust list says of {authority}, its keys, journal or numbers, has changed.",
            "If your own officers did this, nothing is to do. If not, alarm every participant and the root offices.",
            {"authority": authority, "added": sorted(new - old), "removed": sorted(old - new)},
        )  # fmt: skip


def unlogged(announced: Iterable[Announced], logged: Callable[[str, str], bool], read_to: Callable[[str], int | None],
             delay_h: Callable[[str], int]) -> Iterator[Alarm]:  # fmt: skip
    """Certificates that we were told of and that their issuer's journal should hold, but does not (T7).

    ``logged`` asks for origin and cid; ``read_to`` gives the moment (seconds) up to which a journal was read whole,
    None where its entries are not shown to us: who cannot look says nothing.
    """
    for one in announced:
        until = read_to(one.origin)
        if until is None:
            continue
        allowed = delay_h(one.origin) + 36  # the day of issue ends 12 hours after it ends in UTC, at the latest
        limit = datetime.combine(date.fromisoformat(one.day), datetime.min.time(), UTC) + timedelta(hours=allowed)
        if until > limit.timestamp() and not logged(one.origin, one.cid):
            yield Alarm(
                AlarmCode.UNLOGGED, one.origin, one.cid,
                f"Certificate {one.number} of {one.day} was announced, but the journal {one.origin} does not hold it.",
                "Hold the goods. Ask the issuing authority for the proof that it logged the certificate.",
                {"number": one.number, "cid": one.cid, "date": one.day, "read_to": until},
            )  # fmt: skip


def unannounced(
    origin: str, index: int, said: Mapping[str, Any], known: frozenset[str], *, now: int, after_h: int = 48
) -> Iterator[Alarm]:
    """A certificate of a partner that owes us a notice of each, and of which none came: ``known`` numbers and cids."""
    issued = datetime.combine(date.fromisoformat(said["d"]), datetime.min.time(), UTC) + timedelta(hours=after_h + 36)
    if now > issued.timestamp() and said["n"] not in known and said["h"] not in known:
        yield Alarm(
            AlarmCode.UNANNOUNCED, origin, f"{index}",
            f"Certificate {str(said['n'])[:40]} of {said['d']} was issued, and no notice of it has come.",
            "Ask the issuing authority where the shipment goes. If it is for you, ask for the notice.",
            {"index": index, "number": str(said["n"])[:40], "date": said["d"]},
        )  # fmt: skip


def _words(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
