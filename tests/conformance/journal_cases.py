"""Makes ``conformance/journal.json``: ``python -m tests.conformance.journal_cases``. All keys are no secret."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from openkimberley.journal import chain
from openkimberley.trust import notes, tiles
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash
from openkimberley.trust.proof import Proof

FILE = Path(__file__).parents[2] / "conformance" / "journal.json"
ORIGIN = "journal.bw.kp.example/1"
LOG = SoftwareKey.from_secret("node/log/1", "Ed25519", bytes([1]) * 32)
WITNESSES = {
    f"witness.{who}.kp.example": SoftwareKey.from_secret(who, "Ed25519", bytes([number]) * 32)
    for number, who in enumerate(("be", "za", "ngo"), 2)
}
TIMES = {"witness.be.kp.example": 1793610000, "witness.za.kp.example": 1793610300, "witness.ngo.kp.example": 1793610100}
SIZE, SMALL, INDEX = 259, 7, 9


def cid(number: int) -> bytes:
    return hashlib.sha256(b"certificate %d" % number).digest()


def ref(number: int) -> str:
    return b64u(hashlib.sha256(b"kpc.ref.v1" + cid(number)).digest())


def entry(number: int) -> bytes:
    kinds = {
        2: {"t": "kpc.void", "r": ref(1), "d": "2026-11-03", "why": "spoiled"},
        3: {"t": "status.list", "u": "BW/2026-1", "h": b64u(hashlib.sha256(b"a list").digest())},
        4: {"t": "form.void", "s": "BW-P-778813"},
    }  # fmt: skip
    issued = {"t": "kpc.issue", "n": f"BW{number:07d}", "h": b64u(cid(number)), "d": "2026-11-02"}
    return chain.published(STATEMENT) if number == 5 else chain.canonical({"v": 1, **kinds.get(number, issued)})


STATEMENT = chain.canonical({
    "v": 1, "index": 5, "at": "2026-11-02T09:00:00+00:00", "event": "licence.granted", "actor": "sekgoma", "via": "web",
    "authority": "BW", "subject": "BW-EXP-2026-0001", "statement": {"until": "2027-12-31"},
    "salt": "AAAAAAAAAAAAAAAAAAAAAA",
})  # fmt: skip


def checkpoint(size: int, hashes: MemoryHashes) -> notes.Note:
    text = notes.Checkpoint(ORIGIN, size, Tree(size, hashes).root()).text
    return notes.Note.parse(notes.sign_note(text, name=ORIGIN, signer=LOG))


def cosigned(note: notes.Note, earlier: int = 0) -> notes.Note:
    return note.with_lines(
        notes.cosign(note.text, name=name, signer=key, time=TIMES[name] - earlier) for name, key in WITNESSES.items()
    )


def made() -> dict:
    """The document."""
    entries = [entry(number) for number in range(SIZE)]
    hashes = MemoryHashes(map(leaf_hash, entries))
    keys = {name: notes.VerifierKey(name, notes.COSIGNATURE, key.public_key) for name, key in WITNESSES.items()}
    before, after = cosigned(checkpoint(SMALL, hashes), earlier=3600), cosigned(checkpoint(SIZE, hashes))
    proof = Proof(INDEX, tuple(Tree(SIZE, hashes).inclusion(INDEX)), after, str(before).encode())
    vkey = notes.VerifierKey(ORIGIN, notes.LOG, LOG.public_key)
    policy = [f"log {vkey.text}", *(f"witness {name.split('.')[1]} {key.text}" for name, key in keys.items()),
              "group states 2 be za", "group all all states ngo", "quorum all", ""]  # fmt: skip
    sizes = [1, 2, 3, SMALL, 8, 255, 256, 257, SIZE]
    return {
        "about": "The published journal of one node, from its entries to the proof that travels with a certificate.",
        "origin": ORIGIN, "log": vkey.text, "witnesses": [key.text for key in keys.values()],
        "statement": STATEMENT.decode(), "statement_index": 5,
        "ref": {"cid": b64u(cid(1)), "ref": json.loads(entries[2])["r"]},
        "entries": [one.decode() for one in entries],
        "leaves": [b64u(hashes(0, number)) for number in range(8)],
        "roots": {str(size): b64u(Tree(size, hashes).root()) for size in sizes},
        "inclusion": [
            {"index": index, "size": size, "hashes": [b64u(one) for one in Tree(size, hashes).inclusion(index)]}
            for index, size in ((0, 1), (0, 8), (6, 7), (INDEX, SIZE), (258, SIZE))
        ],
        "consistency": [
            {"old": old, "new": new, "hashes": [b64u(one) for one in Tree(new, hashes).consistency(old)]}
            for old, new in ((1, 2), (3, 7), (SMALL, SIZE), (256, 257), (SIZE, SIZE))
        ],
        "tiles": {
            tile.path: hashlib.sha256(data).hexdigest()
            for tile, data in [
                *((tile, tiles.hashes_of(tile, hashes)) for tile in tiles.tiles_between(0, SIZE)),
                *((tile, tiles.encode_bundle(entries[tile.index * 256 : tile.index * 256 + tile.width]))
                  for tile in tiles.bundles_between(0, SIZE)),
            ]
        },
        "checkpoint": str(checkpoint(SIZE, hashes)), "cosigned": str(after), "cosigned_before": str(before),
        "policy": "\n".join(policy), "quorum_time": 1793610300, "quorum_time_before": 1793606700,
        "proof": {"index": INDEX, "text": proof.text, "code": proof.code(log=ORIGIN)},
        "bad": bad(proof, after),
    }  # fmt: skip


def bad(proof: Proof, note: notes.Note) -> list[dict]:
    """What must be refused at step "8 log" or as a signature, and by which reader."""
    text, written, index = proof.text, str(note), f"index {INDEX}\n"
    other = Proof(INDEX, (*proof.hashes[1:], proof.hashes[0]), note).text
    code = proof.code(log=ORIGIN)
    return [
        {"name": "another index", "kind": "proof", "text": text.replace(index, f"index {INDEX + 1}\n")},
        {"name": "hashes in another order", "kind": "proof", "text": other},
        {"name": "index with a leading zero", "kind": "proof", "text": text.replace(index, f"index 0{INDEX}\n")},
        {"name": "an index beyond the size", "kind": "proof", "text": text.replace(index, f"index {SIZE}\n")},
        {"name": "another header", "kind": "proof", "text": text.replace("@v1", "@v2")},
        {"name": "no checkpoint", "kind": "proof", "text": text.partition("\n\n")[0]},
        {"name": "another size under the signature", "kind": "note", "text": written.replace(f"\n{SIZE}\n", "\n260\n")},
        {"name": "another name over the signature", "kind": "note", "text": written.replace("l.bw.", "l.bz.", 1)},
        {"name": "a hyphen for the dash", "kind": "note", "text": written.replace("\N{EM DASH} ", "- ", 1)},
        {"name": "a code cut off", "kind": "code", "text": code[:-4]},
        {"name": "a code of something else", "kind": "code", "text": code.replace("KPP1:", "KPC1:")},
        *({"name": f"the address {path}", "kind": "address", "text": path}
          for path in ("0/1", "0/000.p/256", "0/000.p/0", "64/000", "0/x000/001", "entries/../0/000")),
    ]  # fmt: skip


def text() -> str:
    """The document as the file has it."""
    return json.dumps(made(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(FILE)
