"""``conformance/journal.json``, run against this implementation from the file alone."""

import hashlib
import json

import pytest

from openkimberley.journal import chain
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import merkle
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.merkle import leaf_hash
from openkimberley.trust.notes import Checkpoint, Note, VerifierKey
from openkimberley.trust.policy import Policy
from openkimberley.trust.proof import Proof
from openkimberley.trust.tiles import Tile, bundles_between, decode_bundle, encode_bundle
from tests.conformance import journal_cases

CASES = json.loads(journal_cases.FILE.read_text("utf-8"))
ENTRIES = [entry.encode() for entry in CASES["entries"]]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
LOG = VerifierKey.parse(CASES["log"])
WITNESSES = [VerifierKey.parse(text) for text in CASES["witnesses"]]
ROOTS = {int(size): unb64u(root) for size, root in CASES["roots"].items()}


def test_the_file_is_the_one_that_is_made():
    assert journal_cases.FILE.read_text("utf-8") == journal_cases.text()


def test_entries_are_canonical_and_their_leaves_those_of_rfc_6962():
    assert all(chain.canonical(json.loads(entry)) == entry for entry in ENTRIES)
    assert [b64u(leaf) for leaf in LEAVES[:8]] == CASES["leaves"]


def test_what_is_not_said_is_committed_to():
    assert ENTRIES[CASES["statement_index"]] == chain.published(CASES["statement"].encode())
    assert CASES["ref"]["ref"] == b64u(hashlib.sha256(b"kpc.ref.v1" + unb64u(CASES["ref"]["cid"])).digest())


def test_roots_tiles_and_bundles():
    tiles = Tiles(lambda start, end: LEAVES[start:end])
    for size, root in ROOTS.items():
        assert tiles.root(size) == root
    found = dict(tiles.files(0, len(ENTRIES), lambda start, end: ENTRIES[start:end]))
    written = {path.removeprefix("tile/"): hashlib.sha256(data).hexdigest() for path, data in found.items()}
    assert written == CASES["tiles"]
    for tile in bundles_between(0, len(ENTRIES)):
        assert decode_bundle(found[f"tile/{tile.path}"], tile.width) == ENTRIES[tile.index * 256 :][: tile.width]
    assert encode_bundle(ENTRIES[256:]) == found["tile/entries/001.p/3"]


def test_proofs_of_inclusion_and_consistency():
    for case in CASES["inclusion"]:
        index, size, proof = case["index"], case["size"], list(map(unb64u, case["hashes"]))
        merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        with pytest.raises(Untrusted):
            merkle.verify_inclusion(leaf_hash(b""), index, size, proof, ROOTS[size])
    for case in CASES["consistency"]:
        old, new, proof = case["old"], case["new"], list(map(unb64u, case["hashes"]))
        merkle.verify_consistency(old, new, proof, ROOTS[old], ROOTS[new])


def test_checkpoints_cosignatures_and_the_quorum():
    bare, note, before = (Note.parse(CASES[name]) for name in ("checkpoint", "cosigned", "cosigned_before"))
    for one in (bare, note, before):
        said = Checkpoint.parse(one.text)
        assert (said.origin, said.root) == (CASES["origin"], ROOTS[said.size])
        assert len(one.verified([LOG])) == 1
    policy = Policy.parse(CASES["policy"])
    assert policy.quorum_time(bare) is None
    assert policy.quorum_time(note) == CASES["quorum_time"]
    assert policy.quorum_time(before) == CASES["quorum_time_before"]


def test_the_proof_and_its_code_say_the_same():
    case = CASES["proof"]
    proof = Proof.parse(case["text"])
    assert (proof.index, proof.text) == (case["index"], case["text"])
    proof.verify(ENTRIES[case["index"]])
    assert proof.extra.decode() == CASES["cosigned_before"]
    assert proof.code(log=LOG.name) == case["code"]
    from_code = Proof.from_code(case["code"], {key.id: key.name for key in WITNESSES})
    from_code.verify(ENTRIES[case["index"]])
    assert str(from_code.note) == CASES["cosigned"]


@pytest.mark.parametrize("case", CASES["bad"], ids=lambda case: case["name"])
def test_what_is_wrong_is_refused(case):
    def proof(text):
        Proof.parse(text).verify(ENTRIES[CASES["proof"]["index"]])

    def note(text):
        if not Note.parse(text).verified([LOG, *WITNESSES]):
            raise Untrusted("8 log", "nobody known has signed")

    def code(text):
        Proof.from_code(text, {}).verify(ENTRIES[CASES["proof"]["index"]])

    with pytest.raises(Untrusted):
        {"proof": proof, "note": note, "code": code, "address": Tile.parse}[case["kind"]](case["text"])
