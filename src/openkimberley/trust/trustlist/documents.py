"""PURE. The documents that the list signs, read strictly: ``participants.json`` and each authority's ``keys.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import parse_json, unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.trustlist.facts import STEP
from openkimberley.trust.trustlist.roles import CODE

STATUSES = frozenset({
    "PARTICIPANT", "RESTRICTED", "SUSPENDED", "SELF_SUSPENDED", "REMOVED", "EMBARGOED", "MERGED", "APPLICANT",
    "NON_PARTICIPANT", "TRADING_ENTITY",
})  # fmt: skip
MODES = ("node", "hosted", "hybrid", "paper")
USES = ("sign", "status", "log", "witness", "transport", "seal")
CONDITIONS: Mapping[str, frozenset[str]] = {
    "countersign": frozenset({"kind", "role", "min"}),
    "observer_copy": frozenset({"kind", "to"}),
}

MOST_BYTES = 2_000_000
MOST_POLICY = 65_536

_PATTERN = re.compile(r"\^?(?:[A-Z0-9/ .-]|\\d|\[[A-Z0-9-]{1,40}\]|\{[0-9]{1,2}(?:,[0-9]{1,2})?\}|\?)+\$?\Z")
_VARIABLE = re.compile(r"\?|,")
"""What a number pattern may say: no groups, no stars, no count without an end, and at most one part of no fixed length.

With two such parts a verifier must try each length of the one with each of the other, and ``0?`` fifty times over
takes it years. With one, every length is tried once: at most 99.
"""


def read_participants(data: bytes, *, own: bool = False) -> dict[str, Any]:
    """``participants.json`` as it stands. Raises ``Untrusted`` naming participant and field.

    A reader passes over parts that came after its version (see ``strange_conditions``); with ``own``, for its writer,
    they are refused as errors.
    """
    name = "participants.json"
    more = {"roles", "warned"} if own else None
    document = _document(data, name, {"v", "serial", "issued", "participants"}, more)
    if own and (strange := strange_conditions(document)):
        raise Untrusted(STEP, f"{name}: conditions of an unknown kind: {strange}")
    with_where = _Reader(name)
    with_where.number(document["serial"], "serial", least=1)
    with_where.day(document["issued"], "issued")
    for code, about in with_where.mapping(document["participants"], "participants").items():
        _participant(_Reader(f"{name}, {str(code)[:10]}"), code, about)
    for role, about in with_where.mapping(document.get("roles", {}), "roles").items():
        for key in with_where.list(with_where.mapping(about, f"roles.{role}").get("keys"), f"roles.{role}.keys"):
            _key(key, f"{name}, role {role}")
    with_where.texts(document.get("warned", []), "warned")
    return document


def _participant(read: _Reader, code: Any, about: Any) -> None:
    if not isinstance(code, str) or not CODE.match(code):
        raise read.bad("its code", "two capital letters")
    about = read.mapping(about, "entry")
    read.text(about.get("name"), "name")
    read.texts(about.get("codes", []), "codes")
    if about.get("mode") not in MODES:
        raise read.bad("mode", f"one of {', '.join(MODES)}")
    for field in ("max_log_delay_h", "entry_embargo_days"):
        read.number(about.get(field), field)
    for place, written in enumerate(read.list(about.get("history"), "history")):
        where = f"history[{place}]"
        period = read.mapping(written, where)
        if period.get("status") not in STATUSES:
            raise read.bad(f"{where}.status", "a status that this version knows")
        begin, end = read.day(period.get("from"), f"{where}.from"), period.get("until")
        if end is not None and read.day(end, f"{where}.until") <= begin:
            raise read.bad(f"{where}.until", "a day after from")
        read.texts(period.get("zones", []), f"{where}.zones")
        read.text(period.get("source"), f"{where}.source")
        for condition in read.list(period.get("conditions", []), f"{where}.conditions"):
            _condition(read, condition, f"{where}.conditions")
        for origin, pinned in read.mapping(period.get("log_freeze", {}), f"{where}.log_freeze").items():
            point = read.mapping(pinned, f"{where}.log_freeze")
            read.number(point.get("size"), f"{where}.log_freeze {origin}.size")
            if len(unb64u(str(point.get("root")), STEP)) != 32:
                raise read.bad(f"{where}.log_freeze {origin}.root", "32 bytes in base64url")


def strange_conditions(document: Mapping[str, Any]) -> dict[str, str]:
    """Participants with a condition of a kind that this version does not know: nobody may pass over it."""
    found = {}
    for code, about in document["participants"].items():
        for period in about["history"]:
            for condition in period.get("conditions", []):
                if condition["kind"] not in CONDITIONS:
                    found[code] = str(condition["kind"])[:40]
    return found


def _condition(read: _Reader, condition: Any, where: str) -> None:
    condition = read.mapping(condition, where)
    wanted = CONDITIONS.get(read.text(condition.get("kind"), f"{where}.kind"))
    if wanted is None:
        return
    if not wanted <= set(condition):
        raise read.bad(where, f"a condition with {', '.join(sorted(wanted))}")
    if "min" in wanted:
        read.number(condition["min"], f"{where}.min", least=1)
    read.text(condition["role"] if "role" in wanted else condition["to"], where)


def read_keys(data: bytes, code: str, authority: str) -> dict[str, Any]:
    """The ``keys.json`` of an authority, keys of uses that this version does not know left out.

    Raises ``Untrusted`` naming the authority and field, also where it speaks for another authority or participant.
    """
    name = f"keys.json of {authority}"
    read = _Reader(name)
    document = _document(data, name, {"v", "authority", "participant", "keys"}, None)
    if document["authority"] != authority or document["participant"] != code:
        raise read.bad("authority and participant", f"{authority} and {code}, whose folder it stands in")
    if authority.partition("-")[0] != code:
        raise read.bad("authority", f"an authority of {code}")
    if document.get("mode", "node") not in MODES:
        raise read.bad("mode", f"one of {', '.join(MODES)}")
    kept, seen = [], set()
    for key in read.list(document["keys"], "keys"):
        if read.mapping(key, "keys").get("use", "sign") not in USES:
            continue
        found = _key(key, name)
        if not found.kid.startswith(f"{authority}/") or found.kid in seen:
            raise read.bad(f"key {found.kid[:40]}", f"a name of its own that begins with {authority}/")
        if found.state == "compromised" and found.compromised_since is None:
            raise read.bad(f"key {found.kid[:40]}", "the day since when it is compromised")
        seen.add(found.kid)
        kept.append(key)
    _numbers(read, document)
    _services(read, document)
    return {**document, "keys": kept}


def _numbers(read: _Reader, document: Mapping[str, Any]) -> None:
    for pattern in read.texts(document.get("number_patterns", []), "number_patterns"):
        if len(pattern) > 100 or not _PATTERN.match(pattern) or len(_VARIABLE.findall(pattern)) > 1:
            raise read.bad("number_patterns", "a plain pattern such as ^BW[0-9]{7}$")
        try:
            re.compile(pattern)
        except re.error as error:
            raise read.bad("number_patterns", "a pattern that can be read") from error
    for written in read.list(document.get("ranges", []), "ranges"):
        one = read.mapping(written, "ranges")
        for field in ("from", "to"):
            read.number(one.get(field), f"ranges.{field}")
        read.number(one.get("year") or 0, "ranges.year")
        if not isinstance(one.get("series", ""), str):
            raise read.bad("ranges.series", "a text")


def _services(read: _Reader, document: Mapping[str, Any]) -> None:
    for sha in read.texts(document.get("seal_certificates", []), "seal_certificates"):
        if not re.fullmatch(r"[0-9a-f]{64}", sha):
            raise read.bad("seal_certificates", "a SHA-256 in hex")
    for der in read.texts(document.get("seal_roots", []), "seal_roots"):
        unb64u(der, STEP)
    for part, fields in (("log", ("origin", "vkey")), ("witness", ("name", "vkey"))):
        if document.get(part) is not None:
            about = read.mapping(document[part], part)
            for field in fields:
                read.text(about.get(field), f"{part}.{field}")
    for route in read.list(document.get("routes", []), "routes"):
        read.text(read.mapping(route, "routes").get("kind"), "routes.kind")
    read.texts(document.get("status_lists", []), "status_lists")


def read_policy(data: bytes) -> str:
    """The witness policy's text; what it means is ``trust.policy``'s. Raises ``Untrusted``."""
    try:
        if len(data) > MOST_POLICY:
            raise ValueError
        return data.decode("utf-8")
    except ValueError as error:
        raise Untrusted(STEP, "witness-policy.txt is not a text of at most 64 KiB") from error


def _document(data: bytes, name: str, needed: set[str], more: set[str] | None) -> dict[str, Any]:
    """An object of version 1 with its names; ``more`` None lets further names stand."""
    if len(data) > MOST_BYTES:
        raise Untrusted(STEP, f"{name} is larger than {MOST_BYTES} bytes")
    try:
        document = parse_json(data, STEP)
    except Untrusted as error:
        raise Untrusted(STEP, f"{name}: {error.reason}") from error
    if not isinstance(document, dict) or not needed <= set(document) or document["v"] != 1:
        raise Untrusted(STEP, f"{name} is not such a document of version 1 with {', '.join(sorted(needed))}")
    if more is not None and (strange := sorted(set(document) - needed - more)):
        raise Untrusted(STEP, f"{name} has parts that this version does not know: {', '.join(strange)[:80]}")
    return document


def _key(written: Any, where: str) -> PublicKey:
    if not isinstance(written, Mapping):
        raise Untrusted(STEP, f"{where}: a key is not an object")
    try:
        return PublicKey.from_json(written)
    except Untrusted as error:
        raise Untrusted(STEP, f"{where}: {error.reason}") from error


class _Reader:
    """Checks of single values; each refusal names the document and the field."""

    def __init__(self, name: str) -> None:
        self.name = name

    def bad(self, field: str, wanted: str) -> Untrusted:
        return Untrusted(STEP, f"{self.name}: {field} must be {wanted}")

    def mapping(self, value: Any, field: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.bad(field, "an object")
        return value

    def list(self, value: Any, field: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.bad(field, "a list")
        return value

    def text(self, value: Any, field: str) -> str:
        if not isinstance(value, str) or not value:
            raise self.bad(field, "a text")
        return value

    def texts(self, value: Any, field: str) -> tuple[str, ...]:
        return tuple(self.text(one, field) for one in self.list(value, field))

    def number(self, value: Any, field: str, least: int = 0) -> int:
        if type(value) is not int or value < least:
            raise self.bad(field, f"a whole number from {least}")
        return value

    def day(self, value: Any, field: str) -> date:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise self.bad(field, "a date YYYY-MM-DD") from error
