"""The Scheme around the demonstration node: the offices that sign its trust list, and two witnesses of its journal.

In the world these are other people in other places, each with a key of their own. Here they all live in the node's
folder, so that everything real can be seen at work: the list is signed by thresholds, the witnesses keep their own
record and refuse what does not follow from it. The page says so too.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.actor import Actor, Role
from openkimberley.node.demo.people import AUTHORITIES, ORIGIN, PRODUCER
from openkimberley.node.trusting.folder import Folder
from openkimberley.participants.statements import trust_document
from openkimberley.trust import keystore, signing
from openkimberley.trust.canonical import canonical
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.notes import VerifierKey
from openkimberley.trust.policy import Policy
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
    role_of,
)
from openkimberley.witness.alone.asking import Reply
from openkimberley.witness.alone.serving import server
from openkimberley.witness.alone.store import Store, make

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openkimberley.trust.trustlist.repository import Repository

OWN_WITNESS = "witness.demonstration.kp.example"
WITNESSES = {"civil-society": "witness.civil-society.example", "industry": "witness.industry.example"}
WARNED = ("KE",)
"""Who is no Participant and appears on forged papers all the same (the Chair's warning of 2015)."""

WEEKLY = timedelta(days=5)
"""Before a week is over the online key signs the list anew."""

KEEPER = Actor("installer", frozenset({Role.CHAIR, Role.ADMINISTRATOR, Role.SUPERVISOR}), via="cli")


@dataclass
class Scheme:
    """The offices and witnesses of one demonstration. ``memory`` is Argon2id's, in KiB: weak, since nothing is kept."""

    root: Path
    passphrase: str
    memory: int
    port: int
    keys: dict[str, list[SoftwareKey]] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    signed_at: datetime = field(init=False)

    def found(self, *, at: datetime) -> None:
        """Make keys, witnesses and the first list; the node takes office as a witness too."""
        from openkimberley.witness import actions as witness

        for role, count in ((ROOT, 5), (TARGETS, 4), ("online", 1), (PRODUCER, 3), ("EU", 3)):
            self.keys[role] = [self._key(f"{role}/{number}") for number in range(1, count + 1)]
        made = {short: self._witness(short, name) for short, name in WITNESSES.items()}
        witness.take_office(by=KEEPER, at=at, name=OWN_WITNESS)
        offices = {role: self.keys[role] for role in (ROOT, TARGETS)} | dict.fromkeys(
            (SNAPSHOT, TIMESTAMP), self.keys["online"]
        )
        public = {role: [key.public() for key in keys] for role, keys in offices.items()}
        repo = making.begin(public, terms=PROPOSED, at=at)
        repo = making.propose(repo, POLICY_FILE, self._policy(made).encode(), terms=PROPOSED, at=at)
        repo = self._with_participants(repo, at)
        for code in (PRODUCER, "EU"):
            repo = self._enrolled(repo, code, at)
        repo = _signed(repo, ROOT, self.keys[ROOT][:3])
        self._publish(_signed(repo, TARGETS, self.keys[TARGETS][:2]), at)

    def renew(self, *, at: datetime) -> None:
        """The online key signs anew: what is on the list has not changed, and is this young."""
        self._publish(Folder.at(self.root).load(), at)

    def witnessed(self, at: datetime) -> None:
        """Lists are published, the journal is sealed, the witnesses cosign it: what a served node does by itself."""
        from openkimberley.certificates import actions as certificates
        from openkimberley.journal.actions.sequencing import make_checkpoint
        from openkimberley.node.reactions import NODE
        from openkimberley.witness import actions as witness

        if at - self.signed_at > WEEKLY:
            self.renew(at=at)
        certificates.publish_due(by=NODE, at=at)
        make_checkpoint(at=at)
        witness.collect(at=at, post=self._post(int(at.timestamp())))

    def _key(self, kid: str) -> SoftwareKey:
        key = SoftwareKey.generate(kid)
        sealed = keystore.seal_key(key, self.passphrase, use="trust", m=self.memory)
        path = self.root / "trust" / "keys" / f"{kid.replace('/', '_')}.json"
        write_atomically(path, json.dumps(sealed, indent=1).encode(), mode=0o600)
        return key

    def _witness(self, short: str, name: str) -> VerifierKey:
        folder = self.root / "witnesses" / short
        key = make(folder, name, self.passphrase, memory=self.memory)
        log = signing.verifier_key(ORIGIN, "log")
        self.stores[short] = Store(folder, self.passphrase, {ORIGIN: (log,)})
        return key

    def _policy(self, made: dict[str, VerifierKey]) -> str:
        """Both have to cosign; the node's own witness is known, and never counts for its own journal."""
        own = signing.verifier_key(OWN_WITNESS, "witness")
        lines = [
            f"witness {short} {key.text} http://127.0.0.1:{self.port + place}"
            for place, (short, key) in enumerate(made.items(), 1)
        ]
        return "\n".join(
            [*lines, f"witness node {own.text}", f"group watch all {' '.join(made)}", "quorum watch", ""]
        )  # fmt: skip

    def _with_participants(self, repo: Repository, at: datetime) -> Repository:
        from openkimberley.participants import queries as participants

        document = trust_document(
            participants.register(), issued=at.date(), previous=None, said={}, roles=None, warned=list(WARNED)
        )
        data = making.readable(document)
        return making.propose(repo, PARTICIPANTS_FILE, data, terms=PROPOSED, at=at)

    def _enrolled(self, repo: Repository, code: str, at: datetime) -> Repository:
        files = {
            keys_file(code, authority): canonical(authority_document(authority, start=at))
            for authority in AUTHORITIES if authority.partition("-")[0] == code
        }  # fmt: skip
        request = ceremony.hold(
            code, self.keys[code], files, present=["Officer A", "Officer B", "Witness C"], terms=PROPOSED, at=at,
            place="the demonstration",
        )  # fmt: skip
        return _signed(making.enrol(repo, request, terms=PROPOSED, at=at), role_of(code), self.keys[code][:2])

    def _publish(self, repo: Repository, at: datetime) -> None:
        online = self.keys["online"][0]
        done = publishing.publish(repo, snapshot=online, timestamp=online, terms=PROPOSED, at=at)
        Folder.at(self.root).release(done)
        self.signed_at = at

    def _post(self, now: int) -> Callable[[str, bytes | None], Reply]:
        """The witnesses asked without a line: the same bodies, the same answers."""
        by_address = {
            f"http://127.0.0.1:{self.port + place}/add-checkpoint": self.stores[short]
            for place, short in enumerate(WITNESSES, 1)
        }

        def post(address: str, body: bytes | None) -> Reply:
            answer = by_address[address].answer(body or b"", now=now)
            return Reply(answer.status, answer.content_type, answer.body.encode())

        return post


def serve_witnesses(root: Path, passphrase: str) -> None:
    """Let a demonstration's witnesses answer on loopback, where its policy says, until the process ends."""
    policy = Policy.parse((root / "trust" / "targets" / POLICY_FILE).read_text(encoding="utf-8"))
    log = signing.verifier_key(ORIGIN, "log")
    for short in WITNESSES:
        port = urlsplit(policy.addresses[policy.witnesses[short]]).port or 0
        store = Store(root / "witnesses" / short, passphrase, {ORIGIN: (log,)})
        try:
            answering = server(store, [ORIGIN], address="127.0.0.1", port=port, quiet=True)
        except OSError as error:
            print(f"kimberley: the witness {short} does not answer at port {port}: {error}", file=sys.stderr)
            continue
        threading.Thread(target=answering.serve_forever, daemon=True).start()


def authority_document(authority: str, *, start: datetime) -> dict[str, Any]:
    """The ``keys.json`` of an authority on this node, as its participant's role signs it (docs/spec/trust-list.md)."""
    from openkimberley.certificates import queries as certificates
    from openkimberley.journal import standing
    from openkimberley.witness import queries as witness

    listed = certificates.listing(authority)
    origin, office = standing.origin(), witness.office()
    year = start.astimezone(UTC).year
    more: dict[str, Any] = {
        "status_lists": [certificates.status_uri(authority, year)],
        "routes": [{"kind": "file", "url": ""}],
    }
    if origin:
        vkey = signing.verifier_key(origin, "log").text
        more["log"] = {"origin": origin, "vkey": vkey, "start": start.date().isoformat(), "previous": []}
    if office is not None:
        more["witness"] = {"name": VerifierKey.parse(office.vkey).name, "vkey": office.vkey}
    return {"v": 1, "authority": authority, **listed, **more}


def _signed(repo: Repository, role: str, keys: Sequence[SoftwareKey]) -> Repository:
    for key in keys:
        repo = add_signature(repo, role, key)
    return repo
