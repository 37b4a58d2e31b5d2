"""A witness by itself: one SQLite file, one key, one process at a time. The same decision as in the node.

::

    DIR/witness.sqlite3     what is held of each journal, and the evidence; lost: the witness is retired
    DIR/witness-key.json    the private key, encrypted (docs/spec: trust.keystore)
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust import keystore, notes
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.notes import COSIGNATURE, Note, VerifierKey
from openkimberley.witness.facts import NOTHING, Answer, Decision, Evidence, EvidenceKind, Held, KnownLog
from openkimberley.witness.rules.deciding import decide
from openkimberley.witness.statements import read_submission

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD, KEY = "witness.sqlite3", "witness-key.json"
MOST_EVIDENCE = {EvidenceKind.EQUIVOCATION: 100, EvidenceKind.UNPROVED: 1000}

_TABLES = """
CREATE TABLE office (vkey TEXT NOT NULL);
CREATE TABLE held (origin TEXT PRIMARY KEY, size INTEGER, root BLOB, note TEXT, at INTEGER, line TEXT NOT NULL);
CREATE TABLE evidence (fingerprint TEXT PRIMARY KEY, origin TEXT, kind TEXT, held TEXT, shown TEXT, at INTEGER);
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is kept'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is kept'); END;
"""


class Store:
    """The witness of a folder, with the journals it knows by their origin."""

    def __init__(self, folder: Path, passphrase: str, logs: Mapping[str, tuple[VerifierKey, ...]]) -> None:
        """Open it. Raises ``NotFound`` where it was never made, ``Conflict`` where its record was lost or exchanged."""
        if not (folder / KEY).is_file():
            raise NotFound("witness", f"in {folder}: make one with `kimberley witness init`")
        sealed = json.loads((folder / KEY).read_text(encoding="utf-8"))
        self._signer = keystore.open_key(sealed, passphrase)
        self.key = VerifierKey(self._signer.kid, COSIGNATURE, self._signer.public_key)
        self._path, self._logs = folder / RECORD, logs
        self._lock = threading.Lock()
        if not self._path.is_file():
            raise Conflict(_LOST)
        with closing(self._open()) as base:
            row = base.execute("SELECT vkey FROM office").fetchone()
        if row is None or row[0] != self.key.text:
            raise Conflict(_LOST)

    def answer(self, body: bytes, *, now: int) -> Answer:
        """The answer to a request. What is accepted is on disk before it is signed. ``now`` in seconds since 1970."""
        try:
            shown = read_submission(body)
        except Untrusted as error:
            return Answer(400, f"{error.reason}\n")
        origin = shown.checkpoint.origin
        keys = self._logs.get(origin)
        # the database alone would do, but lets those who wait too long fall: threads wait here, each for its turn
        with self._lock, closing(self._open()) as base:
            base.execute("BEGIN IMMEDIATE")
            known = KnownLog(origin, keys, _held(base, origin)) if keys else None
            decision = decide(known, shown, now=now)
            self._write(base, origin, decision, now)
            base.execute("COMMIT")
            if decision.accepted is None:
                assert decision.answer is not None
                return decision.answer
            text, at = Note.parse(decision.accepted.note).text, decision.accepted.at
            line = notes.cosign(text, name=self.key.name, signer=self._signer, time=at).line
            size = decision.accepted.size
            base.execute("UPDATE held SET line = ? WHERE origin = ? AND size = ? AND at = ?", (line, origin, size, at))
        return Answer(200, line)

    def _write(self, base: sqlite3.Connection, origin: str, decision: Decision, now: int) -> None:
        new, piece = decision.accepted, decision.evidence
        if new is not None:
            row = (origin, new.size, new.root, new.note, new.at, "")
            base.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?)", row)
        if piece is None:
            return
        asked = (origin, piece.kind.value)
        kept = base.execute("SELECT COUNT(*) FROM evidence WHERE origin = ? AND kind = ?", asked).fetchone()[0]
        if kept < MOST_EVIDENCE[piece.kind]:
            found = (piece.fingerprint, origin, piece.kind.value, piece.held, piece.shown, now)
            base.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)", found)

    def checkpoint(self, origin_id: str, ids: Mapping[str, str]) -> str:
        """The last checkpoint accepted of a journal, with the cosignature. ``ids`` names origins by their address."""
        with closing(self._open()) as base:
            row = base.execute("SELECT note, line FROM held WHERE origin = ?", (ids.get(origin_id, ""),)).fetchone()
        if row is None:
            raise NotFound("journal", origin_id[:64])
        return str(row[0]) + str(row[1])

    def held(self, origin: str) -> Held:
        """What is held of a journal."""
        with closing(self._open()) as base:
            return _held(base, origin)

    def evidence(self, origin: str) -> list[Evidence]:
        """The evidence kept of a journal, oldest first."""
        with closing(self._open()) as base:
            rows = base.execute(
                "SELECT kind, origin, held, shown FROM evidence WHERE origin = ? ORDER BY at", (origin,)
            )
            return [Evidence(EvidenceKind(kind), *rest) for kind, *rest in rows]

    def _open(self) -> sqlite3.Connection:
        return _connect(self._path)


_LOST = (
    "the record of this witness is not here, or not its own: it does not know what it has cosigned, and must not go on."
    " Retire it with `kimberley witness retire`, which gives it a new name and key"
)


def make(folder: Path, name: str, passphrase: str, *, memory: int = keystore.MEMORY_KIB) -> VerifierKey:
    """Make a witness in a folder that has none. Raises ``Conflict`` where it has, ``Untrusted`` for an unfit name."""
    if (folder / KEY).exists() or (folder / RECORD).exists():
        raise Conflict(f"{folder} holds a witness, or a part of one, already")
    signer = SoftwareKey.generate(name, "Ed25519")
    key = VerifierKey.parse(VerifierKey(name, COSIGNATURE, signer.public_key).text)
    folder.mkdir(parents=True, exist_ok=True)
    with closing(_connect(folder / RECORD)) as base:
        base.executescript(_TABLES)
        base.execute("INSERT INTO office VALUES (?)", (key.text,))
    sealed = keystore.seal_key(signer, passphrase, use="witness", m=memory)
    write_atomically(folder / KEY, json.dumps(sealed, indent=1).encode(), mode=0o600)
    return key


def retire(folder: Path, name: str, passphrase: str, *, at: str, memory: int = keystore.MEMORY_KIB) -> VerifierKey:
    """Set the old key and record aside and make a new witness. ``at`` marks the old files; the name must be new.

    Raises ``Conflict`` for the old name.
    """
    if (folder / KEY).is_file():
        old = json.loads((folder / KEY).read_text(encoding="utf-8"))["aad"]["kid"]
        if old == name:
            raise Conflict(f"{name} is the name that is retired: choose another")
    for part in (KEY, RECORD):
        if (folder / part).exists():
            (folder / part).rename(folder / f"{part}.retired-{at}")
    return make(folder, name, passphrase, memory=memory)


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=20, isolation_level=None)
    base.execute("PRAGMA synchronous=FULL")
    return base


def _held(base: sqlite3.Connection, origin: str) -> Held:
    row = base.execute("SELECT size, root, note, at FROM held WHERE origin = ?", (origin,)).fetchone()
    return Held(*row) if row else NOTHING
