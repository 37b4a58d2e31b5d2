"""How new the signed parts of a bundle are that the trust list does not number: one's own authority's, status lists.

The trust list never goes back by its own memory. An older part under a newer list would take back what was told since:
that a certificate was used, or is void. So a machine keeps when each part was signed (docs/spec/bundle.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.node import place
from openkimberley.trust import jws, statuslist
from openkimberley.trust.canonical import canonical, parse_json, sha256
from openkimberley.verification.opening import LOCAL, MOST_BYTES
from openkimberley.verification.statements import STEP, Bundle, read_authority

if TYPE_CHECKING:
    from openkimberley.trust.keys import PublicKey


@dataclass(frozen=True)
class Parts:
    """The second at which each part was signed: an authority's own by its code, a status list by its address.

    ``roots`` are the SHA-256 of every root that the adopted list has had: by an old one an old list is known.
    """

    local: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()

    def check(self, brought: Parts) -> None:
        """Raise ``Untrusted`` where ``brought`` goes back behind this.

        A status list that is missing is no step back: nothing can be told of its certificates then, and their issuer
        is asked. What one's own authority told is different: without it a used certificate looks unused.
        """
        for authority, known in self.local.items():
            if not brought.local:
                raise Untrusted(STEP, f"this bundle lacks the part that {authority} signed for its officers, and this"
                                      f" machine has the one of {_day(known)}: {FETCH}")  # fmt: skip
            if authority not in brought.local:
                raise Untrusted(STEP, f"this bundle is for the officers of {', '.join(brought.local)}, and this machine"
                                      f" is one of {authority}: {_begin_again()}")  # fmt: skip
            if brought.local[authority] < known:
                raise _older(f"the part that {authority} signed for its officers", brought.local[authority], known)
        for uri, at in brought.lists.items():
            if at < self.lists.get(uri, at):
                raise _older(f"the status list {statuslist.name_of(uri)} in this bundle", at, self.lists[uri])

    def with_(self, brought: Parts, *, now: datetime) -> Parts:
        """This and the newer of what was brought.

        No moment to come is kept: an issuer that dates a list ahead would have every later one refused.
        """
        latest = int(now.timestamp())
        local, lists = (
            {**known, **{name: max(known.get(name, 0), min(at, latest)) for name, at in new.items()}}
            for known, new in ((self.local, brought.local), (self.lists, brought.lists))
        )
        return Parts(local, lists, self.roots | brought.roots)

    def to_bytes(self) -> bytes:
        """As canonical JSON, for a machine to keep."""
        return canonical(
            {"v": 1, "local": dict(self.local), "status_lists": dict(self.lists), "roots": sorted(self.roots)}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Parts:
        """Read what ``to_bytes`` wrote. Raises ``Untrusted`` for anything else: a lost memory must not be silent."""
        written: Any = parse_json(data, STEP)
        try:
            local, lists = (
                {str(name): int(at) for name, at in written[part].items()} for part in ("local", "status_lists")
            )
            return cls(local, lists, frozenset(map(str, written["roots"])))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Untrusted(STEP, f"{place.adopted_parts()} is damaged: {_begin_again()}") from error


FETCH = "ask your authority for its newest bundle"


def of(written: Mapping[str, Any], opened: Bundle) -> Parts:
    """When the parts were signed that were believed of a bundle; ``opened`` is what opening it made."""
    text = written.get("local")
    said = jws.parse(text, LOCAL, MOST_BYTES).payload if isinstance(text, str) else None
    keys = dict[str, "PublicKey"]()
    for code, about in opened.as_json()["authorities"].items():
        keys |= {key.kid: key for key in read_authority(code, about).keys}
    lists = dict[str, int]()
    for one in written.get("status_lists") or ():
        try:
            found = statuslist.verify(str(one), keys.get)
        except Untrusted:
            continue  # left out of the bundle as well
        lists[found.uri] = found.iat  # of two the last one counts, as in opening
    reached = opened.as_json()["trust"]["root_version"]  # what lies beyond it nobody has checked
    metadata = written["trust"]["metadata"]
    roots = (metadata.get(f"{number}.root.json") for number in range(1, reached + 1))
    seen = frozenset(sha256(root.encode()).hex() for root in roots if isinstance(root, str))
    return Parts({str(said["authority"]): said["iat"]} if said else {}, lists, seen)


def _older(what: str, at: int, known: int) -> Untrusted:
    return Untrusted(STEP, f"{what} is of {_day(at)}, older than the one of {_day(known)} on this machine: {FETCH}")


def _begin_again() -> str:
    return f"to begin again with another one, remove {place.adopted_bundle().parent} and import it"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes")
