"""PURE. What a signature is asked for, in words: the proposed version of a role against the published one.

What has no sentence of its own is told as "changed from ... to ..."; of a participant that is added the rest stands in
the file, whose hash is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openkimberley.trust.canonical import canonical, parse_json, sha256
from openkimberley.trust.trustlist import metadata
from openkimberley.trust.trustlist.facts import STEP, fingerprint
from openkimberley.trust.trustlist.gathering import name_of
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import PARTICIPANTS_FILE, ROOT, TOP, authority_of, ceremony_of, continuity_of


def changes(repo: Repository, role: str) -> list[str]:
    """The sentences that whoever signs a role reads before. Empty where nothing is proposed. Raises ``Untrusted``."""
    new, old = repo.proposed(role), repo.published(role)
    if new is None:
        return []
    before = old.signed if old is not None else None
    told = [f"version {new.signed.version}, good until {new.signed.expires:%Y-%m-%d}"]
    if role == ROOT:
        told += _root(before, new.signed)
    else:
        told += _delegations(before, new.signed)
        told += _targets(repo, before, new.signed)
    return told if len(told) > 1 else [*told, "nothing else changes: it is signed for another term"]


def _root(old: Any, new: Any) -> Iterator[str]:
    for role in TOP:
        was = old.roles[role] if old is not None else None
        yield from _keys(
            role, _named(old.keys, was.keyids) if was else {}, _named(new.keys, new.roles[role].keyids),
            was.threshold if was else 0, new.roles[role].threshold,
        )  # fmt: skip


def _delegations(old: Any, new: Any) -> Iterator[str]:
    was, now = _roles(old), _roles(new)
    for name in sorted({*was, *now}):
        if name not in now:
            yield f"{name}: TAKEN OFF the list"
            continue
        about, before = now[name], was.get(name)
        if before is not None and sorted(before.paths or []) != sorted(about.paths or []):
            yield f"{name}: its folders change to {', '.join(about.paths or [])}"
        if before is None:
            yield f"{name}: ENROLLED"
        yield from _keys(
            name, _named(old.delegations.keys, before.keyids) if before else {},
            _named(new.delegations.keys, about.keyids), before.threshold if before else 0, about.threshold,
        )  # fmt: skip


def _roles(signed: Any) -> Mapping[str, Any]:
    return (signed.delegations.roles or {}) if signed is not None and signed.delegations else {}


def _named(keys: Mapping[str, Any], keyids: list[str]) -> dict[str, str]:
    return {
        keyid: f"{name_of(keys[keyid])} [{fingerprint(metadata.public_key(keys[keyid], 'a role'))}]" for keyid in keyids
    }


def _keys(role: str, old: Mapping[str, str], new: Mapping[str, str], was: int, now: int) -> Iterator[str]:
    for keyid in sorted(set(new) - set(old), key=new.__getitem__):
        yield f"{role}: new key {new[keyid]}"
    for keyid in sorted(set(old) - set(new), key=old.__getitem__):
        yield f"{role}: key taken away {old[keyid]}"
    if was != now or len(old) != len(new):
        yield f"{role}: {now} of {len(new)} keys sign" + (f", before {was} of {len(old)}" if old else "")


def _targets(repo: Repository, old: Any, new: Any) -> Iterator[str]:
    was, now = (old.targets if old is not None else {}), new.targets
    for path in sorted({*was, *now}):
        if path not in now:
            yield f"{path}: listed no longer"
            continue
        if path in was and was[path].hashes == now[path].hashes:
            continue
        data = repo.content(path)
        if data is None:
            yield f"{path}: its content is not here to be read"
            continue
        metadata.check_bytes(now[path], data, path)
        before = repo.content(path, published=True) if path in was else None
        yield from _content(path, before, data)


def _content(path: str, before: bytes | None, data: bytes) -> Iterator[str]:
    word = "new" if before is None else "changed"
    if path == PARTICIPANTS_FILE:
        yield from _participants(_read(before), _read(data))
    elif authority_of(path)[1]:
        yield from _authority(authority_of(path)[1], _read(before), _read(data))
    elif continuity_of(path)[0]:
        kind = "EMERGENCY change, counts after 14 days" if data.startswith(b"{") else "consent of the old keys"
        yield f"{path}: {kind} ({len(data.splitlines())})"
    elif ceremony_of(path):
        yield f"{path}: {word} ceremony transcript, SHA-256 {sha256(data).hex()}"
    else:
        yield f"{path}: {word}, {len(data)} bytes, SHA-256 {sha256(data).hex()}"


def _read(data: bytes | None) -> Any:
    return parse_json(data, STEP) if data is not None else {}


def _participants(old: Any, new: Any) -> Iterator[str]:
    was, now = old.get("participants", {}), new.get("participants", {})
    digest = sha256(canonical(new)).hex()
    yield f"participants.json: serial {new.get('serial')}, issued {new.get('issued')}, SHA-256 of its content {digest}"
    for code in sorted({*was, *now}):
        if code not in was:
            yield f"{code} ({now[code]['name']}): ADDED, {_status(now[code])}, mode {now[code]['mode']}"
            yield from _bound(code, now[code])
        elif code not in now:
            yield f"{code} ({was[code]['name']}): REMOVED from the list"
        else:
            yield from _participant(code, was[code], now[code])
    for part in ("roles", "warned"):
        if (old.get(part) or None) != (new.get(part) or None):
            yield f"{part}: changed from {_short(old.get(part))} to {_short(new.get(part))}"


def _bound(code: str, new: Any) -> Iterator[str]:
    """What binds a participant that is added: zones, conditions, frozen logs."""
    for period in new["history"]:
        for part in ("zones", "conditions", "log_freeze"):
            if period.get(part):
                yield f"{code}, {period['status']} from {period['from']}: {part} {_short(period[part])}"


def _participant(code: str, old: Any, new: Any) -> Iterator[str]:
    if _status(old) != _status(new):
        yield f"{code} ({new['name']}): STATUS {_status(old)} -> {_status(new)}"
    elif len(old["history"]) > len(new["history"]):
        yield f"{code}: {len(old['history']) - len(new['history'])} periods of its history are taken away"
    for place, period in enumerate(new["history"]):
        before = old["history"][place] if place < len(old["history"]) else {}
        was, now = (f"{one['status']} from {one['from']}" if one else "" for one in (before, period))
        if before and was != now:
            yield f"{code}: what was {was} becomes {now}"
        for part in sorted({*before, *period} - {"status", "from"}):
            if before.get(part) != period.get(part) and (before or period.get(part)):
                yield f"{code}, {period['status']} from {period['from']}: {part} {_short(period.get(part))}"
    yield from _rest(code, old, new, {"history"})


def _status(about: Any) -> str:
    last = about["history"][-1] if about["history"] else {"status": "no status", "from": "-"}
    return f"{last['status']} since {last['from']}"


def _authority(authority: str, old: Any, new: Any) -> Iterator[str]:
    was = {key["kid"]: key for key in old.get("keys", [])}
    now = {key["kid"]: key for key in new.get("keys", [])}
    for kid in sorted({*was, *now}):
        if kid not in was:
            yield f"{authority}: new key {kid} for {now[kid].get('use', 'sign')}, {_short(now[kid])}"
        elif kid not in now:
            yield f"{authority}: key {kid} listed no longer"
        elif now[kid].get("state") == "compromised" != was[kid].get("state"):
            yield f"{authority}: key {kid} COMPROMISED since {now[kid].get('compromised_since')}"
        elif was[kid] != now[kid]:
            yield f"{authority}: key {kid} changed from {_short(was[kid])} to {_short(now[kid])}"
    yield from _rest(authority, old, new, {"keys"})


def _rest(who: str, old: Any, new: Any, told: set[str]) -> Iterator[str]:
    for part in sorted({*old, *new} - told):
        if old.get(part) != new.get(part):
            yield f"{who}: {part} " + (f"{_short(old.get(part))} -> " if old else "") + _short(new.get(part))


def _short(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 300 else f"{text[:280]}... (SHA-256 {sha256(text.encode()).hex()[:16]})"
