"""PURE. Opening a bundle that travelled: every signature in it is checked before a word of it is believed.

What the whole Scheme says (participants, keys, witnesses) comes from the threshold-signed trust list; what an issuer
says of its certificates from its signed status lists; what journals say from their signed checkpoints; and what only
one's own authority knows (expected, used, alerts) from the statement that it signed. The result is the evaluated bundle
that the engine reads (docs/spec/bundle.md).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, statuslist, trustlist
from openkimberley.trust.canonical import b64u, parse_json, unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.notes import Checkpoint, Note, VerifierKey
from openkimberley.trust.trustlist import Memory, TrustedList
from openkimberley.verification.statements import CID_PREFIX, STEP, Bundle, read_authority

LOCAL = "kp-bundle+jwt"
MOST_BYTES = 16 * 1024 * 1024
"""The largest bundle that is read, inflated: thirty times that of the whole world (bench ``bundle-size``)."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Opened:
    """A bundle that can be used, what this machine is to remember, and what in it was left out and why."""

    bundle: Bundle
    memory: Memory
    problems: tuple[str, ...]


def read_bundle(data: bytes) -> dict[str, Any]:
    """The JSON of a bundle file, plain or gzip. Raises ``Untrusted("0 bundle", ...)``."""
    if data[:2] == _GZIP:
        stream = zlib.decompressobj(wbits=31)
        try:
            data = stream.decompress(data, MOST_BYTES + 1)
        except zlib.error as error:
            raise Untrusted(STEP, "the bundle is damaged: it cannot be inflated") from error
        if not stream.eof and len(data) <= MOST_BYTES:
            raise Untrusted(STEP, "the bundle is cut off")
    if len(data) > MOST_BYTES:
        raise Untrusted(STEP, "the bundle is larger than any bundle")
    written = parse_json(data, STEP)
    if not isinstance(written, dict):
        raise Untrusted(STEP, "this is not a bundle: not an object")
    return written


def pack_bundle(data: bytes) -> bytes:
    """A bundle as it travels: gzip, equal input giving equal bytes."""
    return gzip.compress(data, 9, mtime=0)


def open_bundle(
    written: Mapping[str, Any], memory: Memory, *, now: datetime, reference_time: datetime | None = None
) -> Opened:
    """Check a bundle of version 2 against what this machine remembers.

    Without a network (``reference_time`` None) expiry is judged at the moment when the list was issued: afterwards its
    age says what it is worth, and the engine judges by that. What is wrong with the trust list, or with what one's own
    authority signed, refuses the whole bundle with ``Untrusted``; what is wrong with one issuer's list or journal is
    left out and named in ``problems``, so that no issuer can keep the news about others from anybody.
    """
    if written.get("v") != 2 or not isinstance(written.get("trust"), Mapping):
        raise Untrusted(STEP, "this is not a bundle of a version this program knows")
    given = reference_time or _issued(written["trust"], memory)
    found = trustlist.open_list(written["trust"], memory, now=now, reference_time=given)
    problems = [f"{code}: {reason}" for code, reason in found.pending.items()]
    local = _local(written.get("local"), found)
    lists = written.get("status_lists")
    made = evaluated(
        found, local=local, status_lists=lists if isinstance(lists, list) else (),
        checkpoints=written.get("checkpoints", ()), problems=problems,
    )  # fmt: skip
    return Opened(Bundle(made), found.memory, tuple(problems))


def evaluated(
    found: TrustedList, *, local: Mapping[str, Any], status_lists: Iterable[object], checkpoints: object,
    problems: list[str],
) -> dict[str, Any]:  # fmt: skip
    """The bundle that the engine reads, of an opened list, an authority's own part, signed lists and checkpoints.

    What one issuer got wrong is left out and named in ``problems``.
    """
    authorities, keys = dict[str, Any](), dict[str, PublicKey]()
    for code, about in found.authorities.items():
        try:
            keys |= {key.kid: key for key in read_authority(code, about).keys}
            authorities[code] = about
        except (Untrusted, KeyError, TypeError, ValueError) as error:
            problems.append(f"{code} was left out: {str(error)[:120]}")
    return {
        "v": 1,
        "node": str(local.get("authority", "")),
        "issued": _oldest(found, local),
        "head": "",
        "trust": found.as_json(),
        "participants": {code: {"code": code, **about} for code, about in found.participants.items()},
        "authorities": authorities,
        "policy": found.policy,
        "roles": dict(found.roles),
        "status_lists": dict(_status_lists(status_lists, keys, problems)),
        "checkpoints": _checkpoints(checkpoints, authorities, problems),
        "expected": local.get("expected"),
        "proofs": dict(_proofs(local.get("expected"))),
        "used": local.get("used", []),
        "alerts": local.get("alerts", []),
        "overlay": local.get("overlay", {}),
    }


def _issued(trust: Mapping[str, Any], memory: Memory) -> datetime:
    """When the list says it was issued, but never before the newest one that this machine has seen."""
    try:
        stamp = parse_json(trust["metadata"]["timestamp.json"].encode(), STEP)
        said = datetime.fromisoformat(stamp["signed"]["issued"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Untrusted(STEP, "the bundle's trust list does not say when it was issued") from error
    return max(said.astimezone(UTC), memory.synced) if memory.synced else said.astimezone(UTC)


def _oldest(found: TrustedList, local: Mapping[str, Any]) -> str:
    """The age to show: that of the older of the trust list and of what one's own authority added."""
    moments = [found.issued]
    if local:
        moments.append(datetime.fromtimestamp(local["iat"], UTC))
    return min(moments).isoformat(timespec="seconds")


def _local(written: object, found: TrustedList) -> Mapping[str, Any]:
    """What one's own authority added, once its signature holds. Raises ``Untrusted``."""
    if written is None:
        return {}
    if not isinstance(written, str):
        raise Untrusted(STEP, "the authority's own part of the bundle is no signed statement")
    signed = jws.parse(written, LOCAL, MOST_BYTES)
    said = signed.payload
    listed = found.authorities.get(str(said.get("authority")), {}).get("keys", ())
    keys = [key for key in listed if key["kid"] == signed.kid and key.get("use") == "status"]
    if not keys or type(said.get("iat")) is not int:
        raise Untrusted(STEP, "the authority's own part of the bundle is not signed by a key of its on the trust list")
    key = PublicKey.from_json(keys[0])
    if key.state == "compromised":
        raise Untrusted(STEP, f"the key {key.kid} that signed the authority's own part of the bundle is compromised")
    signed.verify(key)
    return said


def _status_lists(
    texts: Iterable[object], keys: Mapping[str, PublicKey], problems: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for text in texts:
        try:
            listed = statuslist.verify(str(text), keys.get)
        except Untrusted as error:
            problems.append(f"a status list was left out: {error.reason}")
        else:
            yield listed.uri, listed.evaluated()


def _checkpoints(texts: object, authorities: Mapping[str, Any], problems: list[str]) -> dict[str, list[str]]:
    """Checkpoints of listed journals, each signed by its journal, oldest first.

    Where several keys are claimed for a journal each is tried: a stranger's claim takes nothing from the rightful one.
    """
    journals: dict[str, list[VerifierKey]] = {}
    for about in authorities.values():
        if log := about.get("log"):
            journals.setdefault(log["origin"], []).append(VerifierKey.parse(log["vkey"]))
    kept: dict[str, list[tuple[int, str]]] = {}
    for text in texts if isinstance(texts, list) else ():
        try:
            note = Note.parse(str(text))
            one = Checkpoint.parse(note.text)
            if _signed(note, journals.get(one.origin, ())):
                kept.setdefault(one.origin, []).append((one.size, str(text)))
            else:
                problems.append(f"a checkpoint of {one.origin[:60]} was left out: its journal is not listed")
        except Untrusted as error:
            problems.append(f"a checkpoint was left out: {error.reason}")
    return {origin: [text for _, text in sorted(notes)] for origin, notes in kept.items()}


def _signed(note: Note, keys: Iterable[VerifierKey]) -> bool:
    """Whether one of the keys has signed. Raises ``Untrusted`` where none has and a line of one does not hold."""
    failed = None
    for key in keys:
        try:
            if note.verified([key]):
                return True
        except Untrusted as error:  # a stranger's key may bear the rightful one's name and number
            failed = error
    if failed:
        raise failed
    return False


def _proofs(expected: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The proofs that came with the notices of what is expected."""
    for one in expected if isinstance(expected, list) else ():
        if isinstance(one, Mapping) and one.get("proof"):
            cid = unb64u(str(one.get("cid")), STEP)
            yield b64u(cid[:CID_PREFIX]), {"cid": one["cid"], "d": one.get("d"), "proof": one["proof"]}
