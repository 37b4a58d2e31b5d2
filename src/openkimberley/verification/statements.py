"""PURE. The bundle: everything that verification needs to know, in one JSON document that fits a stick or an e-mail.

A bundle is read once and indexed, so that a check costs little more than its signature. Who vouches for a bundle is
not its own affair: the shell takes it from a place it trusts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from openkimberley.certificates.statements.codes import days
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import statuslist
from openkimberley.trust.canonical import canonical, parse_json, unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.notes import Note, VerifierKey
from openkimberley.trust.policy import Policy

STEP = "0 bundle"

CID_PREFIX = 16
"""The label carries the first 16 bytes of a cid, so look-ups go by these."""

MAX_LOG_DELAY_H = 24
"""Hours in which an issuer enters a certificate in its journal, where the list says nothing else (trust.md 1.3, T7)."""

STATUSES = frozenset(
    {
        "PARTICIPANT",
        "RESTRICTED",
        "SUSPENDED",
        "SELF_SUSPENDED",
        "REMOVED",
        "EMBARGOED",
        "MERGED",
        "APPLICANT",
        "NON_PARTICIPANT",
        "TRADING_ENTITY",
    }
)


class Frozen(NamedTuple):
    """Where a journal stood, cosigned, when a status began: what it holds from ``size`` on came afterwards."""

    size: int
    root: bytes


class Span(NamedTuple):
    """A status from one day up to, not including, another (None: still). Days since 1970-01-01.

    ``countersigners`` says how many signatures of which role a certificate must bear beside the issuer's; ``frozen``
    where the journals of the Participant's authorities stood, by origin.
    """

    status: str
    start: int
    end: int | None
    source: str
    zones: frozenset[str]
    countersigners: tuple[tuple[str, int], ...] = ()
    frozen: Mapping[str, Frozen] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Participant:
    """A Participant with its dated status."""

    code: str
    name: str
    history: tuple[Span, ...]
    max_log_delay_h: int = MAX_LOG_DELAY_H

    def at(self, day: int) -> Span | None:
        """The status on a day, if the list knows one. Where two overlap, the one that began last counts."""
        found = None
        for span in self.history:
            if span.start <= day and (span.end is None or day < span.end):
                found = span
        return found


class Range(NamedTuple):
    """A registered range of certificate numbers; ``year`` 0 means any year; ``series`` the letters in front."""

    series: str
    first: int
    last: int
    year: int


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority as the list has it: its keys, and how its numbers look."""

    code: str
    participant: str
    mode: str
    keys: tuple[PublicKey, ...]
    patterns: tuple[re.Pattern[str], ...]
    ranges: tuple[Range, ...]
    seal_certificates: frozenset[str]
    journal: VerifierKey | None = None
    witness: VerifierKey | None = None


class ListedStatus(NamedTuple):
    """A status list and the second (since 1970) from which it is out of date."""

    entries: statuslist.StatusList
    expires: int


class Proved(NamedTuple):
    """The proof of a certificate that a bundle brings along: its whole cid, its date of issue, the proof as text."""

    cid: bytes
    day: int | None
    proof: str


class Ban(NamedTuple):
    """A stricter rule of this state's own: nothing from or to a Participant in a span of days."""

    start: int
    end: int | None
    reason: str


class Bundle:
    """The indexed bundle. ``expected`` is None where this bundle knows no advance notices at all."""

    def __init__(
        self, written: Mapping[str, Any], *, prove: Callable[[bytes], Proved | None] | None = None
    ) -> None:  # fmt: skip
        """Read a bundle's JSON. Raises ``Untrusted("0 bundle", ...)`` where it is not one.

        ``prove`` finds the proof of a certificate by the first bytes of its cid, where the bundle brings none: a node
        has its own journal at hand.
        """
        self._prove = prove
        try:
            if written["v"] != 1:
                raise Untrusted(STEP, "the bundle is of a version this program does not know")
            self._read(written)
        except (KeyError, TypeError, ValueError, AttributeError, re.error, OverflowError) as error:
            raise Untrusted(STEP, f"this is not a bundle: {str(error)[:80]}") from error
        self._written = written

    @classmethod
    def from_bytes(cls, data: bytes) -> Bundle:
        """The bundle of a JSON document."""
        written = parse_json(data, STEP)
        if not isinstance(written, dict):
            raise Untrusted(STEP, "this is not a bundle: not an object")
        return cls(written)

    def as_json(self) -> Mapping[str, Any]:
        """The bundle's JSON, as it was read."""
        return self._written

    def to_bytes(self) -> bytes:
        """The bundle's canonical bytes."""
        return canonical(dict(self._written))

    def _read(self, written: Mapping[str, Any]) -> None:
        issued = datetime.fromisoformat(written["issued"])
        self.issued = issued if issued.tzinfo else issued.replace(tzinfo=UTC)
        self.issued_seconds = int(self.issued.timestamp())
        self.list_date = self.issued.astimezone(UTC).date().isoformat()
        self.participants: dict[str, Participant] = {}
        for code, about in written.get("participants", {}).items():
            participant = Participant(
                code, about.get("name", code), _history(about.get("history", ())),
                int(about.get("max_log_delay_h", MAX_LOG_DELAY_H)),
            )  # fmt: skip
            for alias in (code, *about.get("codes", ())):
                self.participants[alias] = participant
        self.authorities = {code: read_authority(code, about) for code, about in written.get("authorities", {}).items()}
        self.keys: dict[str | bytes, list[PublicKey]] = {}
        for authority in self.authorities.values():
            for key in authority.keys:
                self.keys.setdefault(key.kid, []).append(key)
                self.keys.setdefault(key.kid8, []).append(key)
        self._read_lists(written)
        self._read_journals(written)

    def _read_journals(self, written: Mapping[str, Any]) -> None:
        """Whose cosignatures count, what is known of journals, and the proofs that came along."""
        self.trust: Mapping[str, Any] | None = written.get("trust")
        self.pending: Mapping[str, str] = dict((self.trust or {}).get("pending") or {})
        self.policy = Policy.parse(written["policy"]) if written.get("policy") else None
        self.seen: dict[str, tuple[Note, ...]] = {
            origin: tuple(map(Note.parse, notes)) for origin, notes in written.get("checkpoints", {}).items()
        }
        self.proofs: dict[bytes, Proved] = {}
        for one in written.get("proofs", {}).values():
            proved = Proved(unb64u(one["cid"], STEP), _day(one["d"]) if one.get("d") else None, str(one["proof"]))
            self.proofs[proved.cid[:CID_PREFIX]] = proved
        self.countersigners = {
            role: tuple(PublicKey.from_json(key) for key in about.get("keys", ()))
            for role, about in written.get("roles", {}).items()
        }

    def _read_lists(self, written: Mapping[str, Any]) -> None:
        self.statuses: dict[str | tuple[str, int], ListedStatus] = {}
        for uri, about in written.get("status_lists", {}).items():
            listed = ListedStatus(statuslist.decode(about["lst"], about["bits"]), _seconds(about["exp"]))
            self.statuses[uri] = listed
            if "authority" in about and "id" in about:
                self.statuses[about["authority"], about["id"]] = listed
        self.node = str(written.get("node") or "")
        expected = written.get("expected")
        self.expected = None if expected is None else frozenset(map(_expected_cid, expected))
        self.used: dict[bytes, set[str]] = {}
        for one in written.get("used", ()):
            self.used.setdefault(unb64u(one["cid"], STEP)[:CID_PREFIX], set()).add(one["authority"])
        self.alerts = frozenset(map(plain_number, written.get("alerts", ())))
        bans = written.get("overlay", {}).get("participants", {})
        self.bans = {
            code: Ban(_day(ban["from"]), _day(ban["until"]) if ban.get("until") else None, str(ban.get("reason", "")))
            for code, ban in bans.items()
        }

    def proof_of(self, cid: bytes) -> Proved | None:
        """The proof of a certificate from its issuer's journal, by its cid or a label's part of it."""
        known = self.proofs.get(cid[:CID_PREFIX])
        return known if known or not cid or self._prove is None else self._prove(cid[:CID_PREFIX])

    def participant_of(self, authority: str) -> str:
        """The Participant that an authority belongs to; of an unknown one, what stands before its hyphen."""
        known = self.authorities.get(authority)
        return known.participant if known else authority.partition("-")[0]

    def has_keys(self, authority: str, participant: str) -> bool:
        """True where the list names a key of the authority or, if it does not know it, of its Participant."""
        known = self.authorities.get(authority)
        if known:
            return bool(known.keys)
        return any(each.keys for each in self.authorities.values() if each.participant == participant)


def _expected_cid(one: str | Mapping[str, Any]) -> bytes:
    """The prefix of an expected certificate's cid, which stands there alone or with what an officer's list shows."""
    return unb64u(one if isinstance(one, str) else one["cid"], STEP)[:CID_PREFIX]


def plain_number(number: str) -> str:
    """A certificate number without the spaces and signs that people put in it, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def _history(spans: Any) -> tuple[Span, ...]:
    found = []
    for span in spans:
        if span["status"] not in STATUSES:
            raise ValueError(f"{span['status']!r} is no status")
        until = span.get("until")
        found.append(
            Span(
                span["status"],
                _day(span["from"]),
                _day(until) if until else None,
                str(span.get("source", "")),
                frozenset(span.get("zones") or ()),
                tuple(
                    (str(one["role"]), int(one["min"]))
                    for one in span.get("conditions") or ()
                    if one["kind"] == "countersign"
                ),
                {
                    origin: Frozen(int(one["size"]), unb64u(one["root"], STEP))
                    for origin, one in (span.get("log_freeze") or {}).items()
                },
            )
        )
    return tuple(sorted(found, key=lambda span: span.start))


def read_authority(code: str, about: Mapping[str, Any]) -> Authority:
    """An authority as the list has it. Raises ``Untrusted``, ``KeyError``, ``TypeError`` or ``ValueError``."""
    return Authority(
        code=code,
        participant=about["participant"],
        mode=about.get("mode", "paper"),
        keys=tuple(PublicKey.from_json(key, code) for key in about.get("keys", ())),
        patterns=tuple(re.compile(pattern) for pattern in about.get("number_patterns", ())),
        ranges=tuple(
            Range(one.get("series", ""), int(one["from"]), int(one["to"]), int(one.get("year") or 0))
            for one in about.get("ranges", ())
        ),
        seal_certificates=frozenset(str(sha).lower() for sha in about.get("seal_certificates", ())),
        journal=_named(about.get("log"), "origin"),
        witness=_named(about.get("witness"), "name"),
    )


def _named(about: Mapping[str, Any] | None, name: str) -> VerifierKey | None:
    """The key of a journal or witness, which must bear the name it is listed under."""
    if not about:
        return None
    key = VerifierKey.parse(about["vkey"])
    if key.name != about[name]:
        raise ValueError(f"the key of {about[name]!r} bears another name")
    return key


def _day(written: str) -> int:
    return days(date.fromisoformat(written[:10]))


def _seconds(written: int | str) -> int:
    if isinstance(written, int):
        return written
    moment = datetime.fromisoformat(written)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
