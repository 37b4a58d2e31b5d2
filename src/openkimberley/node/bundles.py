"""Bundles on a node: what its own desks judge by, what travels to officers, and what a machine adopts.

Where a trust list lies in ``DIR/trust`` it says who takes part and whose keys count. A node that has none yet (a pilot,
a test) judges by its own register and keys, and what it hands out is adopted by hand (docs/spec/bundle.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.node import parts, place
from openkimberley.node.trusting.folder import Folder
from openkimberley.trust.canonical import canonical, sha256
from openkimberley.trust.notes import Note
from openkimberley.trust.policy import Policy
from openkimberley.trust.trustlist import Memory, TrustedList, open_list, publishing
from openkimberley.verification.opening import evaluated, open_bundle, pack_bundle, read_bundle
from openkimberley.verification.statements import CID_PREFIX, STEP, Bundle, Proved

if TYPE_CHECKING:
    from pathlib import Path

    from openkimberley.certificates.models import Certificate

CHARS_OF_PREFIX = CID_PREFIX * 8 // 6
"""So many characters of a cid's base64url text are decided by the part of it that a label carries."""

KEPT_CHECKPOINTS = 3
"""Checkpoints of the node's own journal in a bundle: the newest, for an officer to hold others against."""


@dataclass(frozen=True, slots=True)
class Own:
    """A node's own trust list: what it was opened from, what it says, and its texts as they travel."""

    key: object
    found: TrustedList
    trust: dict[str, dict[str, str]]


def _own(at: datetime) -> Own | None:
    """This node's own trust list, opened; None where it has none. Raises ``Untrusted`` for one that is wrong.

    A node is the place where newer files arrive, but it may be long without a line: expiry is judged at the list's own
    date, and its age is shown with every answer.
    """
    folder = Folder.at(None)
    stamp = folder.path / "metadata" / "timestamp.json"
    if not stamp.is_file():
        return None
    key = (str(folder.path), stamp.stat().st_mtime_ns, at.date())
    kept = _listed.get("own")
    if kept is None or kept.key != key:
        trust = publishing.bundle(folder.load())
        memory = _remembered(folder.path / "memory.json") or Memory(root=first_root(trust))
        found = open_list(trust, memory, now=at, reference_time=_issued(trust))
        write_atomically(folder.path / "memory.json", found.memory.to_bytes())
        kept = _listed["own"] = Own(key, found, trust)
    return kept


def listed(*, at: datetime) -> TrustedList | None:
    """The trust list of this node, None where it has none. Raises ``Untrusted`` for one that is wrong."""
    own = _own(at)
    return own.found if own else None


# Threads share what is kept: each goes on with what it found or made itself, and keeps it with one assignment.
_listed: dict[str, Own] = {}


def desk_bundle(at: datetime, authority: str) -> Bundle:
    """What a desk of this node judges by; made anew only when the journal or the trust list has moved.

    Every certificate of this node's own journal is proved from the journal itself.
    """
    from openkimberley.certificates import queries as certificates
    from openkimberley.journal import queries as journal

    own = _own(at)
    key = (journal.head(), at.strftime("%Y-%m-%dT%H"), own.key if own else None)
    kept = _desk.get(authority)
    if kept is None or kept[0] != key:
        made = certificates.bundle(at=at) if own is None else _evaluated(own.found, authority, at)
        kept = _desk[authority] = (key, Bundle(made, prove=lambda cid: own_proof(cid, at=at)))
    return kept[1]


_desk: dict[str, tuple[object, Bundle]] = {}


def _evaluated(found: TrustedList, authority: str, at: datetime) -> dict[str, Any]:
    from openkimberley.certificates import queries as certificates

    local = certificates.local(authority=authority, at=at)
    if not authority:
        local["expected"] = None
    return evaluated(
        found, local=local, status_lists=certificates.signed_lists(), checkpoints=checkpoints(at=at), problems=[]
    )


def travelling(*, at: datetime, authority: str) -> dict[str, Any]:
    """The bundle for an authority's officers, signed piece by piece (version 2). Raises ``NotFound`` without a list."""
    from openkimberley.certificates import queries as certificates

    local = certificates.signed_local(authority=authority, at=at, proof=lambda row: proof_text(row, at=at))
    return {**_of_all(at), "local": local}


def _of_all(at: datetime) -> dict[str, Any]:
    """What of a signed bundle is no authority's own: trust list, status lists, checkpoints."""
    from openkimberley.certificates import queries as certificates

    own = _own(at)
    if own is None:
        raise NotFound("trust list", "of this node: kimberley trust init begins one")
    return {
        "v": 2,
        "trust": own.trust,
        "status_lists": certificates.signed_lists(),
        "checkpoints": checkpoints(at=at),
    }


def public(*, at: datetime) -> bytes:
    """The bytes of the bundle that anybody may have: nothing of who is expected where, or who confirmed what."""
    from openkimberley.certificates import queries as certificates

    if listed(at=at) is None:
        return json.dumps(certificates.bundle(at=at) | {"expected": None, "used": []}, ensure_ascii=False).encode()
    return canonical(_of_all(at))


def handed_out(*, at: datetime, authority: str, **more: Any) -> bytes:
    """The bytes of the bundle that this node hands out: signed where it has a trust list, else adopted by hand."""
    from openkimberley.certificates import queries as certificates

    if listed(at=at) is None:
        return json.dumps({**certificates.bundle(at=at), **more}, ensure_ascii=False).encode()
    return canonical({**travelling(at=at, authority=authority), **more})


def checkpoints(*, at: datetime) -> list[str]:
    """The newest cosigned checkpoints of this node's journal, oldest first."""
    from openkimberley.journal import queries as journal

    return [str(journal.note(row)) for row in reversed(journal.latest(KEPT_CHECKPOINTS, at=at))]


def own_proof(cid: bytes, *, at: datetime) -> Proved | None:
    """The proof of a certificate that was issued on this node, by its cid or a label's part of it."""
    from openkimberley.certificates import queries as certificates
    from openkimberley.trust.canonical import b64u, unb64u

    row = certificates.issued_as(b64u(cid)[:CHARS_OF_PREFIX])
    text = proof_text(row, at=at) if row is not None else ""
    if row is None or not text:
        return None
    return Proved(unb64u(row.cid), (row.issue_date - datetime(1970, 1, 1, tzinfo=UTC).date()).days, text)


def proof_text(row: Certificate, *, at: datetime) -> str:
    """The proof of a certificate as text, empty while no checkpoint covers it."""
    from openkimberley.certificates import queries as certificates

    return certificates.journal_proof(at=at, enough=_quorum(at))(row)


def _quorum(at: datetime) -> Any:
    """Whether a checkpoint's cosignatures satisfy the list's witness policy, the node's own witness left out."""
    found = listed(at=at)
    if found is None or not found.policy:
        return None
    policy = Policy.parse(found.policy)
    from openkimberley.witness import queries as witness

    own = witness.own_keys()

    def enough(note: Note) -> bool:
        return policy.quorum_time(note, own=own) is not None

    return enough


# What a machine adopts.


def foreign(data: bytes) -> str:
    """Why a bundle's signatures say nothing to this machine: it has adopted another list. Empty where it has not.

    Whoever made a root of his own signs anything with it. Raises ``Untrusted`` for what is no bundle.
    """
    written, memory = read_bundle(data), _remembered(place.adopted_memory())
    if written.get("v") != 2 or memory is None or _of_same_list(memory, written.get("trust")):
        return ""
    return (
        f"its trust list is not the one that this machine adopted: its root is {root_fingerprint(written['trust'])},"
        f" the adopted one {_groups(memory.root)}; where it is the right one after all, remove"
        f" {place.adopted_bundle().parent} and adopt it with `kimberley bundle import`"
    )


def load(data: bytes, *, now: datetime, remembering: bool = True) -> Bundle:
    """A bundle that somebody named on purpose, checked against what this machine has adopted of the same trust list.

    A bundle of a list that this machine never adopted is opened by the root it brings: naming it was the adoption. On
    a machine that has adopted another one it is worth no more than its bearer, and ``foreign`` says so.
    ``remembering`` False asks as a machine that has adopted nothing. Raises ``Untrusted``, also for the adopted list
    as it was before its offices changed.
    """
    written = read_bundle(data)
    if written.get("v") != 2:
        return Bundle(written)
    memory = _remembered(place.adopted_memory()) if remembering else None
    first = first_root(written["trust"])
    if memory is None:
        return open_bundle(written, Memory(root=first), now=now).bundle
    if not _of_same_list(memory, written["trust"]):
        if sha256(first).hex() in known_parts(now=now).roots:
            reason = f"this bundle's root is {_groups(first)}, and this machine has adopted its successor"
            raise Untrusted(STEP, f"{reason} {_groups(memory.root)}: it is from before, {parts.FETCH}")
        return open_bundle(written, Memory(root=first), now=now).bundle
    opened = open_bundle(written, memory, now=now)
    known_parts(now=now).check(parts.of(written, opened.bundle))
    return opened.bundle


def adopt(data: bytes, *, now: datetime) -> Bundle:
    """Adopt a bundle as the one that this machine trusts; it never goes back. Raises ``Untrusted``.

    The root of the first one is adopted with it; every later one must follow from it by the offices' signatures.
    """
    written, path = read_bundle(data), place.adopted_bundle()
    if written.get("v") == 2:
        memory = _remembered(place.adopted_memory()) or Memory(root=first_root(written["trust"]))
        opened = open_bundle(written, memory, now=now)
        known, brought = known_parts(now=now), parts.of(written, opened.bundle)
        known.check(brought)
        write_atomically(place.adopted_memory(), opened.memory.to_bytes())
        write_atomically(place.adopted_parts(), known.with_(brought, now=now).to_bytes())
        new = opened.bundle
    else:
        if place.adopted_memory().is_file():
            raise Untrusted(STEP, "this bundle is not signed, and this machine has adopted a trust list")
        new = Bundle(written)
        if path.is_file():
            old = Bundle(read_bundle(path.read_bytes()))
            if old.as_json().get("node") == new.as_json().get("node") and old.issued > new.issued:
                raise Untrusted(STEP, f"this bundle of {new.issued} is older than the adopted one of {old.issued}")
    write_atomically(path, data)
    return new


def known_parts(*, now: datetime) -> parts.Parts:
    """How new the parts were that this machine adopted. A machine that kept none of it reads its adopted bundle."""
    path, memory = place.adopted_parts(), _remembered(place.adopted_memory())
    if path.is_file():
        return parts.Parts.from_bytes(path.read_bytes())
    if memory is None or not place.adopted_bundle().is_file():
        return parts.Parts()
    written = read_bundle(place.adopted_bundle().read_bytes())
    return parts.Parts().with_(parts.of(written, open_bundle(written, memory, now=now).bundle), now=now)


def packed(data: bytes) -> bytes:
    """A bundle as it travels by e-mail."""
    return pack_bundle(data)


def _remembered(path: Path) -> Memory | None:
    return Memory.from_bytes(path.read_bytes()) if path.is_file() else None


def _of_same_list(memory: Memory, trust: Any) -> bool:
    """True where the bundle brings the very root that was adopted."""
    texts = trust.get("metadata", {}).values() if isinstance(trust, dict) else ()
    return memory.root.decode() in texts


def first_root(trust: Any) -> bytes:
    """The oldest root that a list brings: whoever adopts it has the later ones follow from it."""
    try:
        names = sorted((int(name.split(".")[0]), name) for name in trust["metadata"] if name.endswith(".root.json"))
        text: str = trust["metadata"][names[0][1]]
        return text.encode()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Untrusted(STEP, "the bundle brings no root of a trust list") from error


def root_fingerprint(trust: Any) -> str:
    """The SHA-256 of a list's first root in groups of four, as people compare it before they adopt the list."""
    return _groups(first_root(trust))


def _groups(root: bytes) -> str:
    digest = sha256(root).hex()
    return " ".join(digest[at : at + 4] for at in range(0, 64, 4))


def own_fingerprint(*, at: datetime) -> str:
    """That of this node's own trust list; empty where it has none."""
    own = _own(at)
    return root_fingerprint(own.trust) if own else ""


def _issued(trust: Any) -> datetime:
    stamp = json.loads(trust["metadata"]["timestamp.json"])
    return datetime.fromisoformat(stamp["signed"]["issued"]) + timedelta(seconds=1)
