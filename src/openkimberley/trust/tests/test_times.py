"""Between which moments an entry was logged, and T8: a certificate dated back two months."""

from datetime import UTC, date, datetime

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import notes
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.trust.policy import Policy
from openkimberley.trust.proof import Proof
from openkimberley.trust.times import Bounds, backdated, logged_between

ORIGIN = "journal.bw.example/1"
KEY = SoftwareKey.from_secret("log", "Ed25519", bytes(range(32)))
NAMES = ("a.example", "b.example", "c.example", "own.example")
WITNESSES = {name: SoftwareKey.from_secret(name, "Ed25519", bytes([n]) * 32) for n, name in enumerate(NAMES, 1)}
OWN = frozenset([WITNESSES["own.example"].public_key])
POLICY = Policy.parse(
    f"log {VerifierKey(ORIGIN, LOG, KEY.public_key).text}\n"
    + "".join(
        f"witness {name[0]} {VerifierKey(name, COSIGNATURE, key.public_key).text}\n" for name, key in WITNESSES.items()
    )
    + "group all 2 a b c o\nquorum all\n"
)
TREE = MemoryHashes(leaf_hash(b"%d" % n) for n in range(50))


def moment(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def cosigned(size, origin=ORIGIN, **times):
    text = Checkpoint(origin, size, Tree(size, TREE).root()).text
    note = Note.parse(notes.sign_note(text, name=origin, signer=KEY))
    names = {name.partition(".")[0]: name for name in NAMES}
    return note.with_lines(
        notes.cosign(text, name=names[who], signer=WITNESSES[names[who]], time=time) for who, time in times.items()
    )


def proved(index, note, extra=None):
    one = Checkpoint.parse(note.text)
    return Proof(index, tuple(Tree(one.size, TREE).inclusion(index)), note, str(extra).encode() if extra else b"")


def test_an_entry_lies_between_the_checkpoint_without_it_and_the_quorum_with_it():
    proof = proved(10, cosigned(11, a=200, b=220), cosigned(10, a=100))
    assert logged_between(proof, POLICY) == Bounds(100, 220)
    assert logged_between(proved(10, cosigned(11, a=200, b=220)), POLICY) == Bounds(None, 220)
    assert logged_between(proved(10, cosigned(11, a=200), cosigned(10, a=100)), POLICY) == Bounds(100, None)


def test_the_checkpoints_one_has_seen_are_stricter_than_the_one_the_issuer_chose():
    proof = proved(10, cosigned(20, a=500, b=520), cosigned(1, a=5, b=6))
    seen = [cosigned(9, a=150), cosigned(10, c=190), cosigned(12, a=210, b=230), cosigned(9, "else.example", a=205)]
    assert logged_between(proof, POLICY) == Bounds(6, 520)
    assert logged_between(proof, POLICY, seen=seen) == Bounds(190, 230)


def test_the_own_witness_counts_for_neither_bound():
    proof = proved(10, cosigned(11, a=200, own=210, b=300), cosigned(10, a=90, own=150))
    assert logged_between(proof, POLICY) == Bounds(150, 210)
    assert logged_between(proof, POLICY, OWN) == Bounds(90, 300)


def test_a_slow_witness_on_an_old_checkpoint_moves_no_bound():
    proof = proved(10, cosigned(11, a=200, b=220), cosigned(10, a=100, c=900))
    assert logged_between(proof, POLICY) == Bounds(100, 220)


def test_what_does_not_hold_counts_for_nothing_but_in_the_proof_it_is_refused():
    good = cosigned(10, a=100)
    false = Note.parse(str(good).replace("\n10\n", "\n9\n"))
    proof = proved(10, cosigned(11, a=200, b=220))
    assert logged_between(proof, POLICY, seen=[false]) == Bounds(None, 220)
    assert logged_between(Proof(10, proof.hashes, proof.note, b"no note"), POLICY) == Bounds(None, 220)
    with pytest.raises(Untrusted):
        logged_between(proved(8, Note.parse(str(cosigned(11, a=200)).replace("\n11\n", "\n12\n"))), POLICY)


def test_t8_a_certificate_dated_back_two_months_is_seen():
    bounds = Bounds(moment("2026-11-05 10:00"), moment("2026-11-06 10:00"))
    said = backdated(date(2026, 9, 1), bounds, 24)
    assert "2026-09-01" in said
    assert "2026-11-05 10:00" in said
    assert "later than the 24 hours" in said


@pytest.mark.parametrize(
    ("day", "after", "by", "fits"),
    [
        ("2026-11-05", "2026-11-05 09:00", "2026-11-05 10:00", True),
        ("2026-11-05", "2026-11-07 12:00", "2026-11-07 12:10", True),  # the day ended in the last zone, plus 24 hours
        ("2026-11-05", "2026-11-07 12:01", "2026-11-07 12:10", False),
        ("2026-11-05", "2026-11-03 12:00", "2026-11-04 00:00", True),  # the day had begun east of Greenwich
        ("2026-11-05", "2026-11-03 12:00", "2026-11-03 23:59", False),
        ("2026-11-05", None, None, True),
        ("2026-11-05", None, "2026-12-05 00:00", True),  # nobody knows since when: never a fail for absence
    ],
)
def test_the_limits_of_a_date(day, after, by, fits):
    bounds = Bounds(after and moment(after), by and moment(by))
    assert (backdated(date.fromisoformat(day), bounds, 24) == "") is fits


def test_a_participant_with_poor_connection_has_longer():
    bounds = Bounds(moment("2026-11-11 10:00"), moment("2026-11-11 12:00"))
    assert backdated(date(2026, 11, 5), bounds, 24)
    assert not backdated(date(2026, 11, 5), bounds, 168)
