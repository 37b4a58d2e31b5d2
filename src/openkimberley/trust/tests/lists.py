"""A trust list for tests: offices with keys, two participants, and machines that open what is published."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import MetaFile

from openkimberley.trust.canonical import canonical, sha256
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.trustlist import (
    Memory,
    TrustedList,
    ceremony,
    making,
    metadata,
    open_list,
    publishing,
    rotating,
)
from openkimberley.trust.trustlist.gathering import add_signature
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import PROPOSED, Terms, keys_file, role_of

START = datetime(2027, 1, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def key(name: str, alg: str = "Ed25519") -> SoftwareKey:
    """The same key for the same name in every run."""
    return SoftwareKey.from_secret(name, alg, sha256(name.encode()))


def keys(*names: str) -> list[SoftwareKey]:
    return [key(name) for name in names]


def participants(serial: int = 1, issued: str = "2027-01-01", **changes: Any) -> dict[str, Any]:
    def one(name: str) -> dict[str, Any]:
        return {
            "name": name, "codes": [], "mode": "node", "max_log_delay_h": 24, "entry_embargo_days": 90,
            "history": [{"status": "PARTICIPANT", "from": "2003-01-01", "until": None, "zones": [], "source": "Chair"}],
        }  # fmt: skip

    rows = {"BW": one("Botswana"), "ZA": one("South Africa"), **changes}
    return {"v": 1, "serial": serial, "issued": issued, "participants": rows, "roles": {}, "warned": ["KE"]}


def keys_document(authority: str, *names: str, **more: Any) -> dict[str, Any]:
    rows = [key(f"{authority}/{name}").public(use=name.split("/")[0]).as_json() for name in names]
    return {
        "v": 1, "authority": authority, "participant": authority.partition("-")[0], "mode": "node", "keys": rows,
        "number_patterns": [f"^{authority[:2]}[0-9]{{7}}$"],
        "ranges": [{"series": authority[:2], "from": 1, "to": 9999999, "year": 0}], "seal_certificates": [],
        "seal_roots": [],
        "log": {"origin": f"journal.{authority.lower()}.example/1", "vkey": "x"},
        "routes": [{"kind": "file"}], "status_lists": [], **more,
    }  # fmt: skip


def opened(trust: Any, memory: Memory, at: datetime, **more: Any) -> TrustedList:
    return open_list(json.loads(json.dumps(trust)), memory, now=at, **more)


@dataclass
class Scheme:
    """The offices and their list; each method is an act of theirs at a moment."""

    at: datetime = START
    terms: Terms = field(default_factory=lambda: PROPOSED)
    root: list[SoftwareKey] = field(default_factory=lambda: keys(*(f"root/{n}" for n in range(5))))
    top: list[SoftwareKey] = field(default_factory=lambda: keys(*(f"targets/{n}" for n in range(4))))
    hub: SoftwareKey = field(default_factory=lambda: key("hub/1"))
    clock: SoftwareKey = field(default_factory=lambda: key("clock/1"))
    own: dict[str, list[SoftwareKey]] = field(default_factory=dict)
    repo: Repository = field(default_factory=Repository)
    entries: list[Any] = field(default_factory=list)

    def found(self) -> Scheme:
        offices = {"root": self.root, "targets": self.top, "snapshot": [self.hub], "timestamp": [self.clock]}
        named = {role: [one.public() for one in holders] for role, holders in offices.items()}
        self.repo = making.begin(named, terms=self.terms, at=self.at)
        self.propose("participants.json", participants())
        self.sign_root()
        return self

    def propose(self, path: str, content: Any) -> None:
        data = content if isinstance(content, bytes) else canonical(content)
        self.repo = making.propose(self.repo, path, data, terms=self.terms, at=self.at)

    def enrol(self, code: str, *uses: str) -> None:
        self.own[code] = keys(*(f"{code}/trust/{n}" for n in (1, 2, 3)))
        files = {keys_file(code, code): canonical(keys_document(code, *(uses or ("sign/2027-1", "status/2027-1"))))}
        request = ceremony.hold(
            code, self.own[code], files, present=["A", "B", "witness C"], place="Gaborone", terms=self.terms, at=self.at
        )  # fmt: skip
        request = ceremony.Request.from_bytes(request.to_bytes())
        self.repo = making.enrol(self.repo, request, terms=self.terms, at=self.at)

    def sign(self, role: str, holders: list[SoftwareKey]) -> None:
        for one in holders:
            self.repo = add_signature(self.repo, role, one)

    def sign_root(self) -> None:
        self.sign("root", self.root[: self.terms["root"].threshold])

    def sign_targets(self) -> None:
        self.sign("targets", self.top[-self.terms["targets"].threshold :])

    def sign_own(self, code: str, holders: list[SoftwareKey] | None = None) -> None:
        self.sign(role_of(code), holders or self.own[code][:2])

    def publish(self) -> TrustedList:
        if "targets" in self.repo.staged:
            self.sign_targets()
        done = publishing.publish(self.repo, snapshot=self.hub, timestamp=self.clock, terms=self.terms, at=self.at)
        self.repo = done.repository
        self.entries += done.entries
        return done.opened

    def replace_keys(self, code: str, name: str, *, agree: int = 2, emergency: bool = False) -> None:
        old, new = self.own[code], keys(*(f"{code}/trust/{name}/{n}" for n in (1, 2, 3)))
        public = [one.public() for one in new]
        self.repo = rotating.replace_keys(
            self.repo, code, public, 2, terms=self.terms, at=self.at, emergency=emergency
        )  # fmt: skip
        for one in old[:agree]:
            self.repo = rotating.consent(self.repo, code, one, terms=self.terms, at=self.at)
        self.own[code] = new
        self.sign_own(code)

    @property
    def bundle(self) -> Any:
        return publishing.bundle(self.repo)

    @property
    def first_root(self) -> bytes:
        return self.repo.metadata["1.root.json"]

    def newcomer(self) -> Memory:
        return Memory(root=self.first_root)

    def later(self, days: float) -> Scheme:
        self.at += timedelta(days=days)
        return self


def scheme() -> Scheme:
    """A list in force with Botswana and South Africa enrolled."""
    made = Scheme().found()
    made.enrol("BW")
    made.enrol("ZA")
    made.publish()
    return made


def forged(made: Scheme, role: str, change: Any, holders: list[SoftwareKey], **contents: bytes) -> dict[str, Any]:
    """A bundle in which one role's metadata was changed and signed by ``holders``; the hub's keys go along with it."""
    trust = made.bundle
    found = made.repo.need(role)
    old_name = f"{found.signed.version}.{role}.json"
    if role not in ("snapshot", "timestamp"):
        found.signed.version += 1
    change(found.signed)
    found.signatures.clear()
    for one in holders:
        metadata.sign(found, one)
    data = found.to_bytes().decode()
    if role == "timestamp":
        trust["metadata"]["timestamp.json"] = data
        return trust
    trust["metadata"].pop(old_name, None)
    trust["metadata"][f"{found.signed.version}.{role}.json"] = data
    trust["targets"].update({path: text.decode() for path, text in contents.items()})
    if role == "root":
        return trust
    return hub_again(made, trust, role, found.signed.version, data)


def hub_again(made: Scheme, trust: dict[str, Any], role: str, version: int, data: str) -> dict[str, Any]:
    """Snapshot and timestamp made anew over a changed file, by the hub's true keys."""
    snap, stamp = made.repo.need("snapshot"), made.repo.need("timestamp")
    if role != "snapshot":
        trust["metadata"].pop(f"{snap.signed.version}.snapshot.json", None)
        snap.signed.version += 1
        snap.signed.meta[f"{role}.json"] = MetaFile.from_data(version, data.encode(), ["sha256"])
        metadata.sign(snap, made.hub)
        data, version = snap.to_bytes().decode(), snap.signed.version
        trust["metadata"][f"{version}.snapshot.json"] = data
    stamp.signed.version += 1
    stamp.signed.snapshot_meta = MetaFile.from_data(version, data.encode(), ["sha256"])
    stamp.signatures.clear()
    metadata.sign(stamp, made.clock)
    trust["metadata"]["timestamp.json"] = stamp.to_bytes().decode()
    return trust
