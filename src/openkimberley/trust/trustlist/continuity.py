"""PURE. Continuity: a participant's keys change with the consent of its old keys, or after a public notice.

Targets may re-delegate a participant, and root may replace targets: TUF allows both at once. Our rule on top
(trust.md 3.4, rule 1): for checking certificates the new keys count only when the old ones, as this machine remembers
them, agreed by their threshold in ``continuity/XX-<targets version>.jws``; or when targets announced an emergency there
and fourteen days have passed since the notice is known to have been public. Until then the old keys stay in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws
from openkimberley.trust.canonical import canonical, parse_json
from openkimberley.trust.keys import Signer
from openkimberley.trust.trustlist.facts import STEP, Delegation, moment_text, read_moment
from openkimberley.trust.trustlist.roles import NOTICE, continuity_of

TYP = "kp-continuity+jwt"
_WAITING = "an emergency change of its keys is announced; it counts from {}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which delegation counts, and, where that is not the one listed, why not and since when it is waited for."""

    counts: Delegation | None
    reason: str = ""
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One announced change of a participant's keys. ``since`` is set for an emergency."""

    participant: str
    version: int
    old: frozenset[str]
    new: Delegation
    since: datetime | None
    signatures: tuple[jws.Jws, ...]

    def agreed_by(self, old: Delegation) -> bool:
        """True where enough of the old keys signed."""
        signed = set()
        for one in self.signatures:
            key = old.keys.get(one.kid)
            if key is not None:
                try:
                    one.verify(key)
                except Untrusted:
                    continue
                signed.add(one.kid)
        return len(signed) >= old.threshold


def payload(code: str, version: int, old: Delegation, new: Delegation, since: datetime | None = None) -> dict[str, Any]:
    """What the old keys sign (or, with ``since``, what targets announces as an emergency)."""
    stated = {"participant": code, "version": version, "old": sorted(old.keys), **new.as_json()}
    written = {"new" if name == "keys" else name: value for name, value in stated.items()}
    return {**written, "emergency": True, "since": moment_text(since)} if since else written


def consent(stated: Mapping[str, Any], signer: Signer, keyid: str) -> str:
    """One line of a continuity file: the statement signed by one old key, named by its TUF key id."""
    return jws.sign(stated, typ=TYP, signer=_Named(signer, keyid))


@dataclass(frozen=True, slots=True)
class _Named:
    """A signer under its TUF key id, the only name by which a delegation knows it."""

    signer: Signer
    kid: str

    @property
    def alg(self) -> str:
        return self.signer.alg

    @property
    def public_key(self) -> bytes:
        return self.signer.public_key

    @property
    def kid8(self) -> bytes:
        return self.signer.kid8

    def sign(self, message: bytes) -> bytes:
        return self.signer.sign(message)


def emergency(stated: Mapping[str, Any]) -> bytes:
    """A continuity file that only announces: canonical JSON, vouched for by targets alone."""
    return canonical(dict(stated))


def read(path: str, data: bytes) -> Change:
    """The change of a continuity file. Raises ``Untrusted`` naming the file."""
    code, version = continuity_of(path)
    try:
        text = data.decode("ascii")
        signatures: tuple[jws.Jws, ...] = ()
        if text.startswith("{"):
            stated = parse_json(data, STEP)
            since = read_moment(stated["since"])
            if stated["emergency"] is not True:
                raise ValueError("a change without signatures must be an emergency")
        else:
            signatures = tuple(jws.parse(line, TYP) for line in text.splitlines())
            stated, since = signatures[0].payload, None
            if any(one.payload != stated for one in signatures):
                raise ValueError("its lines say different things")
        if (stated["participant"], stated["version"]) != (code, version):
            raise ValueError("it speaks of another participant or version than its name")
        new = Delegation.from_json({"threshold": stated["threshold"], "keys": stated["new"]})
        return Change(code, version, frozenset(map(str, stated["old"])), new, since, signatures)
    except (Untrusted, KeyError, TypeError, ValueError, IndexError) as error:
        raise Untrusted(STEP, f"{path} is not a continuity statement: {str(error)[:100]}") from error


def judge(
    code: str,
    listed: Delegation | None,
    remembered: Delegation | None,
    changes: Mapping[str, bytes],
    *,
    awaited: tuple[str, datetime] | None,
    now: datetime,
    noticed: Mapping[str, datetime],
) -> Judgement:
    """Which delegation of a participant counts.

    ``listed`` is what targets says now, ``remembered`` what counted on this machine, ``changes`` the continuity files
    by path, ``awaited`` the digest of a change that did not count yet and when this machine first saw it. ``noticed``
    gives for ``<version>.targets.json`` the witnessed time of its entry in the trust log, where the caller has a proof:
    an announcement's own date is not believed, since whoever forges the change would also date it back.
    """
    if remembered is None or (listed is not None and listed.digest == remembered.digest):
        until = _announced_until(code, listed, changes, noticed)
        if until is None or now >= until:
            return Judgement(listed)
        return Judgement(listed, _WAITING.format(until.date().isoformat()), awaited[1] if awaited else now)
    digest = listed.digest if listed else ""
    seen = awaited[1] if awaited and awaited[0] == digest else now
    at, wait = remembered, None
    for change in _ordered(code, changes):
        if change.version <= remembered.version or change.old != frozenset(at.keys):
            continue  # an old consent is not played again for keys that were given up since
        if change.since is None:
            if not change.agreed_by(at):
                continue
        else:
            public = noticed.get(f"{change.version}.targets.json", seen)
            counts_from = max(change.since, public) + NOTICE
            if now < counts_from:
                wait = counts_from
        at = change.new
    if listed is not None and at.digest == listed.digest:
        if wait is None:
            return Judgement(listed)
        return Judgement(remembered, _WAITING.format(wait.date().isoformat()), seen)
    what = "its keys were replaced" if listed else "its keys were taken off the list"
    return Judgement(remembered, f"{what} without the consent of the old ones; these stay in force", seen)


def announced(code: str, listed: Delegation, changes: Mapping[str, bytes]) -> Change | None:
    """The emergency that put a delegation in place, None where it came about otherwise."""
    found = [one for one in _ordered(code, changes) if one.new.digest == listed.digest]
    return found[-1] if found and found[-1].since is not None else None


def _announced_until(
    code: str, listed: Delegation | None, changes: Mapping[str, bytes], noticed: Mapping[str, datetime]
) -> datetime | None:
    """Until when a machine that knows no older keys holds what the announced ones sign."""
    change = announced(code, listed, changes) if listed is not None else None
    if change is None or change.since is None:
        return None
    return max(change.since, noticed.get(f"{change.version}.targets.json", change.since)) + NOTICE


def _ordered(code: str, changes: Mapping[str, bytes]) -> list[Change]:
    """The readable changes of one participant, oldest first. One that cannot be read proves nothing."""
    found = []
    for path, data in changes.items():
        if continuity_of(path)[0] == code:
            try:
                found.append(read(path, data))
            except Untrusted:
                continue
    return sorted(found, key=lambda change: change.version)
