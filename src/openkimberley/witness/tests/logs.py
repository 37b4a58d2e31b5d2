"""Journals in memory for tests: they grow, fork and sign, with as many witnesses as are wanted."""

from openkimberley.trust import notes
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.trust.tiles import Tile, bundles_between, encode_bundle, hashes_of, tiles_between
from openkimberley.witness.statements import write_submission

ORIGIN = "journal.bw.example/1"


class Witness:
    def __init__(self, name, seed):
        self.name, self.signer = name, SoftwareKey.from_secret(name, "Ed25519", bytes([seed]) * 32)
        self.key = VerifierKey(name, COSIGNATURE, self.signer.public_key)

    def line(self, note, time):
        return notes.cosign(Note.parse(str(note)).text, name=self.name, signer=self.signer, time=time)


WITNESSES = {name: Witness(f"{name}.example", seed) for seed, name in enumerate(["be", "za", "csc", "own"], 1)}


def policy_text(*names, threshold=2, urls=()):
    chosen = names or ("be", "za", "csc")
    lines = [f"witness {name} {WITNESSES[name].key.text} {dict(urls).get(name, '')}".rstrip() for name in chosen]
    return "\n".join([*lines, f"group all {threshold} {' '.join(chosen)}", "quorum all", ""])


class Log:
    def __init__(self, entries=(), origin=ORIGIN, seed=77):
        self.origin, self.entries, self.tree = origin, [], MemoryHashes()
        self.signer = SoftwareKey.from_secret("node/log/1", "Ed25519", bytes([seed]) * 32)
        self.key = VerifierKey(origin, LOG, self.signer.public_key)
        self.add(*entries)

    def add(self, *entries):
        for entry in entries:
            data = entry if isinstance(entry, bytes) else entry.encode()
            self.entries.append(data)
            self.tree.append(leaf_hash(data))
        return self

    def root(self, size=None):
        return Tree(len(self.entries) if size is None else size, self.tree).root()

    def note(self, size=None, **cosigned):
        """The checkpoint of a size; ``be=100`` adds the cosignature of the witness be at 100."""
        size = len(self.entries) if size is None else size
        text = Checkpoint(self.origin, size, self.root(size)).text
        note = Note.parse(notes.sign_note(text, name=self.origin, signer=self.signer))
        return str(note.with_lines(WITNESSES[who].line(note, time) for who, time in cosigned.items()))

    def request(self, old, size=None):
        size = len(self.entries) if size is None else size
        proof = Tree(size, self.tree).consistency(old) if old <= size else []
        return write_submission(old, proof, self.note(size)).encode()

    def publish(self, folder, size=None, *, entries=True, **cosigned):
        """Write the log as static files, as any mirror holds it."""
        size = len(self.entries) if size is None else size
        for tile in tiles_between(0, size):
            self._write(folder / "tile" / tile.path, hashes_of(tile, self.tree))
        for tile in bundles_between(0, size) if entries else ():
            first = tile.index * 256
            bundle = encode_bundle(self.entries[first : first + tile.width])
            self._write(folder / "tile" / Tile(tile.level, tile.index, tile.width).path, bundle)
        self._write(folder / "checkpoint", self.note(size, **cosigned).encode())

    @staticmethod
    def _write(path, data):
        if path.parent.name.endswith(".p") or not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
