"""The tree, notes, tiles, policies and proofs of a witnessed journal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import merkle, notes, tiles
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.trust.policy import Policy
from openkimberley.trust.proof import Proof
from openkimberley.trust.tiles import Tile, TileHashes

ZERO = notes.base64_of(bytes(32))
ORIGIN = "journal.bw.example/1"
KEY = SoftwareKey.from_secret("node/log/1", "Ed25519", bytes(range(32)))
WITNESSES = {
    name: SoftwareKey.from_secret(name, "Ed25519", bytes([number]) * 32)
    for number, name in enumerate(["w1.example", "w2.example", "w3.example"], 1)
}
LOG_KEY = VerifierKey(ORIGIN, LOG, KEY.public_key)


def witness_key(name):
    return VerifierKey(name, COSIGNATURE, WITNESSES[name].public_key)


def entries(count):
    return [b"entry %d" % number for number in range(count)]


def hashes(count):
    return MemoryHashes(map(leaf_hash, entries(count)))


def plain_root(leaves):
    """RFC 6962, section 2.1, word for word: slow, and nothing to get wrong."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


@given(st.integers(1, 700))
def test_the_root_is_that_of_the_definition(count):
    assert Tree(count, hashes(count)).root() == plain_root([leaf_hash(entry) for entry in entries(count)])


@given(st.data())
def test_every_entry_is_proved_and_no_other_in_its_place(data):
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(size, hashes(size))
    proof, root = tree.inclusion(index), tree.root()
    verify_inclusion(leaf_hash(b"entry %d" % index), index, size, proof, root)
    for wrong in (leaf_hash(b"another"), bytes(32)):
        with pytest.raises(Untrusted):
            verify_inclusion(wrong, index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda found: found != index)) if size > 1 else index + 1
    with pytest.raises(Untrusted):
        verify_inclusion(leaf_hash(b"entry %d" % index), other, size, proof, root)


@given(st.data())
def test_a_grown_tree_is_consistent_and_a_rewritten_one_is_not(data):
    new = data.draw(st.integers(2, 600))
    old = data.draw(st.integers(1, new))
    tree = Tree(new, hashes(new))
    proof, older, newer = tree.consistency(old), Tree(old, hashes(new)).root(), tree.root()
    verify_consistency(old, new, proof, older, newer)
    forged = MemoryHashes(leaf_hash(b"x" if number == 0 else entry) for number, entry in enumerate(entries(new)))
    rewritten = Tree(new, forged)
    with pytest.raises(Untrusted):
        verify_consistency(old, new, rewritten.consistency(old), older, rewritten.root())


def test_the_empty_beginning_shows_nothing():
    with pytest.raises(Untrusted):
        verify_consistency(0, 3, [], merkle.EMPTY_ROOT, Tree(3, hashes(3)).root())
    assert Tree(0, hashes(0)).root() == merkle.EMPTY_ROOT
    with pytest.raises(ValueError):
        Tree(3, hashes(3)).inclusion(3)
    with pytest.raises(ValueError):
        Tree(3, hashes(3)).consistency(4)


@given(st.integers(1, 70_000), st.integers(0, 70_000))
def test_tiles_are_those_of_the_specification(new, grown):
    old = min(grown, new)
    wanted = set(tiles.tiles_between(0, new)) - {
        tile for tile in tiles.tiles_between(0, old) if tile.width == tiles.WIDTH
    }
    assert set(tiles.tiles_between(old, new)) <= wanted
    for tile in tiles.tiles_between(old, new):
        assert Tile.parse(tile.path) == tile


def test_the_example_of_the_specification():
    found = list(tiles.tiles_between(0, 70_000))
    assert sum(tile.level == 0 and tile.width == 256 for tile in found) == 273
    assert {(tile.level, tile.width) for tile in found if tile.width < 256} == {(0, 112), (1, 17), (2, 1)}
    assert [tile for tile in tiles.tiles_between(0, 256) if tile.level == 1] == [Tile(1, 0, 1)]
    assert Tile(0, 1_234_067).path == "0/x001/x234/067"


@pytest.mark.parametrize(
    "path", ["", "0/1", "0/x000/001", "64/000", "0/000.p/256", "0/000.p/0", "00/000", "0/000/", "entries/../000"]
)
def test_an_address_has_one_spelling(path):
    with pytest.raises(Untrusted):
        Tile.parse(path)


def test_proofs_can_be_made_from_tiles_alone():
    size = 70_000
    whole = hashes(size)
    published = {tile: tiles.hashes_of(tile, whole) for tile in tiles.tiles_between(0, size)}
    reader = TileHashes(size, published.__getitem__)
    assert Tree(size, reader).root() == Tree(size, whole).root()
    assert Tree(size, reader).inclusion(69_999) == Tree(size, whole).inclusion(69_999)
    assert Tree(size, reader).consistency(4_321) == Tree(size, whole).consistency(4_321)
    with pytest.raises(Untrusted):
        Tree(size, TileHashes(size, lambda tile: published[tile][:-1])).root()


def test_a_bundle_of_entries_reads_back_and_a_cut_one_does_not():
    data = tiles.encode_bundle(entries(17))
    assert tiles.decode_bundle(data, 17) == entries(17)
    for bad in (data[:-1], data + b"\0", b""):
        with pytest.raises(Untrusted):
            tiles.decode_bundle(bad, 17)
    with pytest.raises(ValueError):
        tiles.encode_bundle([bytes(65_536)])


def checkpoint(size):
    return notes.sign_note(Checkpoint(ORIGIN, size, Tree(size, hashes(size)).root()).text, name=ORIGIN, signer=KEY)


def cosigned(size, **times):
    note = Note.parse(checkpoint(size))
    lines = [
        notes.cosign(note.text, name=f"{who}.example", signer=WITNESSES[f"{who}.example"], time=time)
        for who, time in times.items()
    ]
    return note.with_lines(lines)


def test_a_key_reads_back_and_a_wrong_one_is_refused():
    assert VerifierKey.parse(LOG_KEY.text) == LOG_KEY
    for bad in ("", "a+b", LOG_KEY.text[:-4], LOG_KEY.text.replace("journal", "Journal"), f"{ORIGIN}+00000000+AA=="):
        with pytest.raises(Untrusted):
            VerifierKey.parse(bad)


def test_an_altered_checkpoint_is_refused_and_strangers_count_for_nothing():
    note = cosigned(5, w1=1_700_000_000)
    assert {one.time for one in note.verified([LOG_KEY, witness_key("w1.example")])} == {None, 1_700_000_000}
    assert note.verified([witness_key("w2.example")]) == []
    altered = Note.parse(str(note).replace("\n5\n", "\n6\n"))
    for keys in ([LOG_KEY], [witness_key("w1.example")]):
        with pytest.raises(Untrusted):
            altered.verified(keys)


@pytest.mark.parametrize(
    "bad", ["", "x", "x\n\n", "x\n\n— a\n", "x\n\n— a AAAA\n", "x\n\n- a AAAAAAAA\n", "x\x00\n\n— a AAAAAAAA\n"]
)
def test_what_is_no_note_is_refused(bad):
    with pytest.raises(Untrusted):
        Note.parse(bad)


@pytest.mark.parametrize(
    "bad",
    [
        "a\n1\n",
        "a\n01\nAA==\n",
        "a\n-1\n" + notes.base64_of(bytes(32)) + "\n",
        "\n1\n" + notes.base64_of(bytes(32)) + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(bad):
    with pytest.raises(Untrusted):
        Checkpoint.parse(bad)


POLICY = "\n".join(
    [
        "# who watches",
        f"log {LOG_KEY.text} https://journal.bw.example/1",
        *(f"witness {name[:2]} {witness_key(name).text}" for name in WITNESSES),
        "group states 1 w1 w2",
        "group all all states w3",
        "quorum all",
        "",
    ]
)


def test_the_quorum_is_reached_when_its_last_member_has_signed():
    policy = Policy.parse(POLICY)
    assert policy.quorum_time(cosigned(5, w1=100)) is None
    assert policy.quorum_time(cosigned(5, w1=100, w3=300)) == 300
    assert policy.quorum_time(cosigned(5, w1=100, w2=400, w3=300)) == 300
    own = frozenset([WITNESSES["w1.example"].public_key])
    assert policy.quorum_time(cosigned(5, w1=100, w3=300), own=own) is None
    assert policy.quorum_time(cosigned(5, w1=100, w2=400, w3=300), own=own) == 400
    assert Policy.parse("quorum none\n").quorum_time(cosigned(5, w1=100)) is None


@pytest.mark.parametrize(
    "bad",
    [
        "", "quorum nobody", "quorum none\nquorum none", "witness none x",
        f"log {LOG_KEY.text}\nlog {LOG_KEY.text}\nquorum none",
        f"witness a {LOG_KEY.text}\nquorum a", f"{POLICY}group more 1 w1", POLICY.replace("states 1", "states 3"),
        POLICY.replace("states 1", "states 01"), POLICY.replace("quorum all", "group all any w2\nquorum all"),
        "what is this\nquorum none",
    ],
)  # fmt: skip
def test_a_wrong_policy_is_refused(bad):
    with pytest.raises(Untrusted):
        Policy.parse(bad)


def proof(index, size, **times):
    return Proof(
        index, tuple(Tree(size, hashes(size)).inclusion(index)), cosigned(size, **times), checkpoint(1).encode()
    )


def test_a_proof_reads_back_as_text_and_as_a_code():
    one = proof(3, 9, w1=100, w3=300)
    again = Proof.parse(one.text)
    assert (again.index, again.hashes, again.text) == (one.index, one.hashes, one.text)
    assert again.extra == checkpoint(1).encode()
    again.verify(b"entry 3")
    with pytest.raises(Untrusted):
        again.verify(b"entry 4")
    names = {key.id: key.name for key in map(witness_key, WITNESSES)}
    code = one.code(log=ORIGIN)
    from_code = Proof.from_code(code, names)
    assert str(from_code.note) == str(one.note)
    from_code.verify(b"entry 3")
    assert Policy.parse(POLICY).quorum_time(from_code.note) == 300
    assert len(Proof.from_code(code, {}).note.signatures) == 1


@given(st.data())
def test_a_damaged_proof_is_refused_and_nothing_else_happens(data):
    text = proof(3, 9, w1=100).text
    code = proof(3, 9, w1=100).code(log=ORIGIN)
    for whole, read in ((text, Proof.parse), (code, lambda found: Proof.from_code(found, {}))):
        place = data.draw(st.integers(0, len(whole) - 1))
        damaged = whole[:place] + data.draw(st.characters()) + whole[place + 1 :]
        try:
            found = read(damaged)
            found.verify(b"entry 3")
            assert found.note.verified([LOG_KEY]) or damaged != whole
        except Untrusted:
            pass
