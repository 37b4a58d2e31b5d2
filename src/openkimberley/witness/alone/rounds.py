"""A round of the monitor: every journal, every status list, one's own delegation, and what was announced to us.

The configuration is one JSON file (docs/operate/witness.md); a node makes the same from its trust list.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openkimberley.journal.shelf import Folder, Reader, Web
from openkimberley.kernel.errors import KimberleyError, Untrusted
from openkimberley.trust import jws, statuslist
from openkimberley.trust.canonical import canonical
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.notes import VerifierKey
from openkimberley.trust.policy import Policy
from openkimberley.witness.alone.asking import Send, send
from openkimberley.witness.alone.memory import Memory
from openkimberley.witness.alone.watching import Findings, Watch, Watched
from openkimberley.witness.facts import PASSING, Alarm, Announced, issuer_of, log_id
from openkimberley.witness.rules import monitoring as rules

STEP = "0 monitor"


@dataclass(frozen=True, slots=True)
class StatusSource:
    """A status list to follow: its name in the journal, whose it is, where it is read, and the key that signs it."""

    uri: str
    origin: str
    read: Callable[[], bytes | None]
    key: PublicKey | None = None


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Everything that a monitor looks at."""

    policy: Policy
    logs: tuple[Watched, ...] = ()
    status_lists: tuple[StatusSource, ...] = ()
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    announced: tuple[Announced, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """What a round has to say: what nobody was told of yet and what still lasts; and what kept it from looking."""

    alarms: tuple[Alarm, ...]
    trouble: Mapping[str, str]


def look(
    at: Watchlist, memory: Memory, *, now: int, signed: Mapping[str, Iterable[str]] | None = None, get: Send = send,
    seconds: float = math.inf,
) -> Round:  # fmt: skip
    """Look at everything once, what was not looked at for longest first. After ``seconds`` no further journal is begun.

    ``signed`` are further checkpoints by origin, such as a node's own witness holds.

    Whoever was told of the alarms says so with ``memory.delivered``; until then they come again.
    """
    found, trouble, down, begun = Findings(memory, now), {}, set[str](), time.monotonic()
    for log in sorted(at.logs, key=lambda log: int(memory.kept(f"looked {log.origin}") or 0)):
        if time.monotonic() - begun > seconds:
            trouble[log.origin] = "its turn comes in the next round: others kept us waiting"
            continue
        others = [*(signed or {}).get(log.origin, ()), *_held_by_witnesses(at.policy, log, get, down)]
        trouble[log.origin] = Watch(log, memory, at.policy, found).look(others)
        memory.keep(f"looked {log.origin}", str(now))
    for one in at.status_lists:
        trouble[one.uri] = _status(one, memory, found)
    for authority, keys in at.own.items():
        before = memory.kept(f"keys {authority}")
        with memory.at_once():
            found.add(rules.delegation(authority, json.loads(before), keys) if before else ())
            memory.keep(f"keys {authority}", canonical(dict(keys)).decode())
    _notices(at, memory, found)
    lasting = [alarm for alarm in found.alarms if alarm.code in PASSING]
    told = {alarm.mark: alarm for alarm in (*memory.undelivered(), *lasting)}
    return Round(tuple(told.values()), {name: why for name, why in trouble.items() if why})


def _held_by_witnesses(policy: Policy, log: Watched, get: Send, down: set[str]) -> list[str]:
    """What the witnesses of the policy hold of a journal: a second version shown to them is found by this.

    A witness that does not answer is not asked again in this round (``down``).
    """
    found = []
    for key, address in policy.addresses.items():
        if key in policy.witnesses.values() and address not in down:
            reply = get(f"{address.rstrip('/')}/{log_id(log.origin)}/checkpoint", None)
            if reply.status == 0:
                down.add(address)
            if reply.status == 200:
                found.append(reply.body.decode("utf-8", "replace"))
    return found


def _status(one: StatusSource, memory: Memory, found: Findings) -> str:
    """Compare a status list with the one before; the first is only remembered. Returns the trouble there was."""
    try:
        data = one.read()
        if data is None:
            raise Untrusted("9 status", "the status list is not there")
        token = jws.parse(data.decode("ascii", "replace").strip(), typ="statuslist+jwt")
        if one.key is not None:
            token.verify(one.key)
        lst = token.payload["status_list"]
        after = statuslist.decode(str(lst["lst"]), lst.get("bits", 0))
    except (KimberleyError, KeyError, TypeError) as error:
        return str(error)
    with memory.at_once():
        if before := memory.kept(f"status {one.uri}"):
            found.add(rules.moves(one.origin, one.uri, statuslist.decode(before), after))
        memory.keep(f"status {one.uri}", after.encode())
    return ""


def _notices(at: Watchlist, memory: Memory, found: Findings) -> None:
    """What we were told of and is not logged; what is logged and we should have been told of."""
    logs = {log.origin: log for log in at.logs}

    def read_to(origin: str) -> int | None:
        known = memory.log(origin)
        return known.fresh if origin in logs and known.fresh else None

    found.add(rules.unlogged(at.announced, memory.issued_cid, read_to, lambda origin: logs[origin].facts.max_delay_h))
    told = frozenset(name for one in at.announced for name in (one.number, one.cid))
    for log in at.logs:
        for place, number, cid, day in memory.issues(log.origin) if log.notices else ():
            said = {"n": number, "h": cid, "d": day}
            found.add(rules.unannounced(log.origin, place, said, told, now=found.now))


def read_watchlist(text: str, *, base: Path) -> Watchlist:
    """The watch list of a configuration; its paths are below ``base``. Raises ``Untrusted("0 monitor", ...)``."""
    try:
        said = json.loads(text)
        policy = said.get("policy") or (base / said["policy_file"]).read_text(encoding="utf-8")
        announced = json.loads((base / said["announced_file"]).read_text("utf-8")) if "announced_file" in said else []
        own = said.get("own", {})
        return Watchlist(
            policy=Policy.parse(policy),
            logs=tuple(_watched(one, base) for one in said["logs"]),
            status_lists=tuple(_status_source(one, base) for one in said.get("status_lists", ())),
            own={name: json.loads((base / file).read_text("utf-8")) for name, file in own.items()},
            announced=tuple(Announced(one["number"], one["cid"], one["day"], one["origin"]) for one in announced),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise Untrusted(STEP, f"the configuration cannot be read: {type(error).__name__} {error}") from error


def _watched(said: Mapping[str, Any], base: Path) -> Watched:
    keys = tuple(VerifierKey.parse(text) for text in said["vkeys"])
    own = frozenset(VerifierKey.parse(text).public_key for text in said.get("own_witnesses", ()))
    return Watched(
        str(said["origin"]), keys, _reader(said, base), own, issuer=str(said.get("issuer", "")), facts=issuer_of(said),
        complete=bool(said.get("complete", True)), notices=bool(said.get("notices", False)),
    )  # fmt: skip


def _reader(said: Mapping[str, Any], base: Path) -> Reader:
    return Web(str(said["url"])) if "url" in said else Folder(base / str(said["folder"]))


def _status_source(said: Mapping[str, Any], base: Path) -> StatusSource:
    key = PublicKey.from_json(said["key"], str(said["key"].get("kid", ""))) if "key" in said else None
    whole = str(said.get("url") or said.get("folder") or "")
    place, _, name = whole.rpartition("/")
    reader = Web(place) if "url" in said else Folder(base / place)
    return StatusSource(str(said["uri"]), str(said["origin"]), lambda: reader.read(name), key)
