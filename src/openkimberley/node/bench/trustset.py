"""A trust list as large as the Scheme: every participant with its own keys, authorities and number ranges."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from openkimberley.trust.canonical import canonical, sha256
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.trustlist import ceremony, making, publishing
from openkimberley.trust.trustlist.gathering import add_signature
from openkimberley.trust.trustlist.roles import (
    PARTICIPANTS_FILE,
    POLICY_FILE,
    PROPOSED,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    keys_file,
)

AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
USES = (
    "sign",
    "sign",
    "status",
    "status",
    "log",
    "witness",
    "transport",
    "transport",
    "seal",
    "seal",
    "sign",
    "status",
)
"""What twelve keys of an authority are for: two generations of most, one of those that never change."""


@dataclass(frozen=True, slots=True)
class TrustSet:
    """A made list: the member ``trust`` of a bundle, its first root, and the moment it was made."""

    trust: dict[str, dict[str, str]]
    root: bytes
    at: datetime

    def sizes(self) -> dict[str, int]:
        """Bytes as JSON, compressed, and of the parts."""
        data = json.dumps(self.trust, separators=(",", ":")).encode()
        parts = {part: sum(map(len, files.values())) for part, files in self.trust.items()}
        targets = max((len(text) for name, text in self.trust["metadata"].items() if "targets" in name), default=0)
        return {"json": len(data), "gzip": len(gzip.compress(data, 9, mtime=0)), "targets.json": targets, **parts}


def trust_set(participants: int = 60, keys_each: int = 12) -> TrustSet:
    """A list with so many participants of the register, each enrolled with so many keys of one authority."""
    from openkimberley.participants.data import shipped_register
    from openkimberley.participants.statements import trust_document

    document = trust_document(shipped_register(), issued=date(2027, 1, 4))
    codes = _codes(sorted(document["participants"]), participants)
    for code in codes:
        document["participants"].setdefault(code, {**document["participants"]["BW"], "name": f"Participant {code}"})
    offices = {
        ROOT: [_key(f"root/{n}") for n in range(5)], TARGETS: [_key(f"targets/{n}") for n in range(4)],
        SNAPSHOT: [_key("snapshot/1")], TIMESTAMP: [_key("timestamp/1")],
    }  # fmt: skip
    public = {role: [one.public() for one in keys] for role, keys in offices.items()}
    repo = making.begin(public, terms=PROPOSED, at=AT)
    repo = making.propose(repo, PARTICIPANTS_FILE, canonical(document), terms=PROPOSED, at=AT)
    repo = making.propose(repo, POLICY_FILE, _policy(codes), terms=PROPOSED, at=AT)
    for code in codes:
        files = {keys_file(code, code): canonical(_keys_document(code, keys_each))}
        own = [_key(f"{code}/trust/2027-{n}") for n in (1, 2, 3)]
        request = ceremony.hold(code, own, files, present=["A", "B", "C"], place="capital", terms=PROPOSED, at=AT)
        repo = making.enrol(repo, request, terms=PROPOSED, at=AT)
    for role in (ROOT, TARGETS):
        for one in offices[role][: PROPOSED[role].threshold]:
            repo = add_signature(repo, role, one)
    done = publishing.publish(
        repo, snapshot=offices[SNAPSHOT][0], timestamp=offices[TIMESTAMP][0], terms=PROPOSED, at=AT
    )  # fmt: skip
    return TrustSet(publishing.bundle(done.repository), done.repository.metadata["1.root.json"], AT)


def _codes(known: list[str], wanted: int) -> list[str]:
    """So many codes: those of the register, then made-up ones."""
    more = (f"{first}{second}" for first in "XQ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    found = known[:wanted]
    while len(found) < wanted:
        if (code := next(more)) not in found:
            found.append(code)
    return found


def _key(name: str) -> SoftwareKey:
    return SoftwareKey.from_secret(name, "Ed25519", sha256(name.encode()))


def _policy(codes: list[str]) -> bytes:
    """A witness policy with one witness for each authority."""
    lines = [f"witness {code} {_vkey(f'witness.{code.lower()}.kp.example', 4)}" for code in codes]
    return "\n".join([*lines, f"group kp 2 {' '.join(codes)}", "quorum kp", ""]).encode()


def _vkey(name: str, kind: int) -> str:
    """A verifier key as signed notes write it (C2SP signed-note): name, id and kind with the public key."""
    public = bytes([kind]) + _key(name).public_key
    digest = sha256(name.encode() + b"\n" + public)
    return f"{name}+{digest[:4].hex()}+{b64encode(public).decode()}"


def _keys_document(code: str, count: int) -> dict[str, Any]:
    rows = []
    for number in range(count):
        use, since = USES[number % len(USES)], date(2027, 1, 1) - timedelta(days=365 * (number % 3))
        name = f"{code}/{use}/{since.year}-{number + 1}"
        about = {"use": use, "not_before": since, "not_after": since + timedelta(days=455)}
        rows.append(_key(name).public(**about).as_json())
    low = code.lower()
    return {
        "v": 1, "authority": code, "participant": code, "mode": "node", "keys": rows,
        "number_patterns": [f"^{code}[0-9]{{7}}$"],
        "ranges": [{"series": code, "from": 1, "to": 9_999_999, "year": 0}],
        "seal_certificates": [sha256(f"{code} seal {n}".encode()).hex() for n in (1, 2)], "seal_roots": [],
        "log": {"origin": f"journal.{low}.kp.example/1", "vkey": _vkey(f"journal.{low}.kp.example/1", 1),
                "start": "2027-01-01", "previous": []},
        "witness": {"name": f"witness.{low}.kp.example", "vkey": _vkey(f"witness.{low}.kp.example", 4)},
        "routes": [{"kind": "https", "url": f"https://kp.{low}.example/kpx"}, {"kind": "file"}],
        "status_lists": [f"https://kp.{low}.example/status/{code}/2027-1"],
    }  # fmt: skip
