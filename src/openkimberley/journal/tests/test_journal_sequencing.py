"""Checkpoints: when they are made, what they rest on, and what keeps an old copy of the journal from signing."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction
from tests.cast import KAGISO, NOW
from tests.signer import sign_with

from openkimberley.journal import checking, guard, mirror, queries, standing
from openkimberley.journal.actions.sequencing import add_cosignatures, make_checkpoint
from openkimberley.journal.marks import HighWater, Mark
from openkimberley.journal.models import Checkpoint, Cosignature, Entry
from openkimberley.journal.shelf import Folder, Once
from openkimberley.journal.tests.sealed import LOG, ORIGIN, WITNESS_KEYS, enter, entered, faults, line, signs
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust import merkle, notes, signing
from openkimberley.trust.proof import Proof

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def log(settings):
    settings.JOURNAL_ORIGIN = ORIGIN
    sign_with(signs)
    yield
    signing.provide(None)


def folder():
    return standing.folder()


def sealed(count, *, at=NOW, first=None):
    entered(count, at=at, first=standing.size() if first is None else first)
    return make_checkpoint(at=at, every=timedelta(0))


def test_a_node_without_a_name_publishes_nothing(settings):
    settings.JOURNAL_ORIGIN = ""
    entered(2, at=NOW)
    assert make_checkpoint(at=NOW) is None
    assert not folder().root.exists()
    assert guard.must_not_sign() == ""


def test_a_checkpoint_is_signed_and_published_with_all_its_tiles():
    row = sealed(300)
    assert row.size == 300
    note, found = mirror.opened(folder(), LOG)
    assert (found.size, found.root, str(note)) == (300, bytes(row.root), row.note)
    assert set(folder().tiles()) == {"0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"}
    assert faults() == []
    assert guard.must_not_sign() == ""


def test_one_checkpoint_a_minute_and_none_without_new_entries():
    assert make_checkpoint(at=NOW) is None
    first = sealed(3)
    entered(2, at=NOW, first=3)
    assert make_checkpoint(at=NOW + timedelta(seconds=59)) is None
    second = make_checkpoint(at=NOW + MINUTE)
    assert (first.size, second.size) == (3, 5)
    assert make_checkpoint(at=NOW + 2 * MINUTE) is None
    assert make_checkpoint(at=NOW + timedelta(days=2)) is None


@pytest.mark.parametrize("steps", [[1, 1, 1], [255, 1, 1], [256, 256], [200, 400, 3], [513]])
def test_growing_by_the_right_edge_gives_the_tree_of_the_definition(steps):
    for number, count in enumerate(steps):
        row = sealed(count, at=NOW + number * MINUTE)
        leaves = [bytes(leaf) for leaf in Entry.objects.order_by("index").values_list("leaf", flat=True)]
        assert bytes(row.root) == merkle.Tree(row.size, merkle.MemoryHashes(leaves)).root()
    assert faults() == []


def test_growing_reads_the_right_edge_only(monkeypatch):
    sealed(700)
    asked = []
    real = standing.leaves

    def watched(start, end):
        asked.append((start, end))
        return real(start, end)

    monkeypatch.setattr(standing, "leaves", watched)
    sealed(5, at=NOW + MINUTE)
    assert sum(end - start for start, end in asked) == 5
    assert faults() == []


def test_partial_tiles_stay_until_the_full_one_has_replaced_them():
    sealed(10)
    sealed(10, at=NOW + MINUTE)
    assert {"0/000.p/10", "0/000.p/20", "entries/000.p/10", "entries/000.p/20"} == set(folder().tiles())
    sealed(240, at=NOW + 2 * MINUTE)
    assert set(folder().tiles()) == {"0/000", "0/001.p/4", "1/000.p/1", "entries/000", "entries/001.p/4"}


def test_a_lost_or_damaged_disk_is_written_again_from_the_table():
    sealed(300)
    for path in list(folder().tiles()):
        (folder().root / "tile" / path).unlink()
    (folder().root / "checkpoint").unlink()
    assert len(faults()) == 6
    make_checkpoint(at=NOW)
    assert faults() == []
    (folder().root / "tile/0/000").write_bytes(bytes(8192))
    assert faults() == ["the file tile/0/000 is not what the entries give"]
    make_checkpoint(at=NOW, afresh=True)
    assert faults() == []
    (folder().root / "tile/0/001.p/44").write_bytes(bytes(44 * 32))
    sealed(3, at=NOW + MINUTE)  # what lies on the right edge is seen in passing
    assert faults() == []


@pytest.mark.parametrize("disk", [True, False])
def test_an_altered_table_is_not_signed(disk):
    row = sealed(5)
    guards = __import__("importlib").import_module("openkimberley.journal.migrations.0001_initial")
    with connection.schema_editor() as editor:
        guards.unguard(None, editor)
    Entry.objects.filter(index=2).update(entry="{}", leaf=merkle.leaf_hash(b"{}"))
    with connection.schema_editor() as editor:
        guards.guard(None, editor)
    entered(1, at=NOW, first=5)
    if not disk:
        shutil.rmtree(folder().root)
    with pytest.raises(Conflict, match="not those that"):
        make_checkpoint(at=NOW + MINUTE)
    assert Checkpoint.objects.get() == row
    assert any("another root" in fault for fault in faults())


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE journal_checkpoint SET note = 'forged'",
        "DELETE FROM journal_checkpoint",
        "UPDATE journal_cosignature SET line = 'forged'",
        "DELETE FROM journal_cosignature",
        "INSERT INTO journal_checkpoint (size, root, note, at) VALUES (2, 'x', 'y', '2026-01-01')",
        "INSERT INTO journal_cosignature (size, witness, key_id, time, line) VALUES (9, 'w', 'k', 1, 'l')",
    ],
)
def test_the_database_itself_refuses_to_change_a_seal_or_go_back(attack):
    row = sealed(3)
    add_cosignatures(3, [line(row, "w1.example", 100)], witnesses=WITNESS_KEYS)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_cosignatures_are_checked_kept_once_and_published():
    row = sealed(3)
    good = line(row, "w1.example", 100)
    assert add_cosignatures(3, [good, good], witnesses=WITNESS_KEYS) == 1
    assert add_cosignatures(3, [good], witnesses=WITNESS_KEYS) == 0
    assert add_cosignatures(3, [line(row, "w2.example", 100)], witnesses=WITNESS_KEYS[:1]) == 0
    assert str(mirror.opened(folder(), LOG).note) == row.note + good
    with pytest.raises(NotFound):
        add_cosignatures(4, [good], witnesses=WITNESS_KEYS)
    bad = good[:-6] + ("A" if good[-6] != "A" else "B") + good[-5:]
    with pytest.raises(Untrusted):
        add_cosignatures(3, [bad], witnesses=WITNESS_KEYS)
    assert Cosignature.objects.count() == 1
    assert faults() == []
    assert checking.everything(log=None).not_checked


def test_the_heartbeat_asks_witnesses_again_after_a_day_without_entries():
    assert queries.cosigning_due(at=NOW) is None
    row = sealed(3)
    assert queries.cosigning_due(at=NOW) == row
    add_cosignatures(3, [line(row, "w1.example", int(NOW.timestamp()))], witnesses=WITNESS_KEYS)
    assert queries.cosigning_due(at=NOW + timedelta(hours=23)) is None
    assert queries.cosigning_due(at=NOW + timedelta(hours=24)) == row
    later = int(NOW.timestamp()) + 90_000
    add_cosignatures(3, [line(row, "w1.example", later)], witnesses=WITNESS_KEYS)
    times = [one.time for one in queries.note(row).verified(WITNESS_KEYS)]
    assert times == [later]
    assert [one.time for one in queries.note(row, first=True).verified(WITNESS_KEYS)] == [int(NOW.timestamp())]
    assert Checkpoint.objects.count() == 1
    assert standing.size() == 3


def test_a_proof_rests_on_the_earliest_checkpoint_with_most_witnesses():
    assert queries.newest() is None
    start = int(NOW.timestamp())
    first = sealed(3)
    add_cosignatures(3, [line(first, "w1.example", start)], witnesses=WITNESS_KEYS)
    entered(2, at=NOW, first=3)
    assert queries.proof(4, at=NOW) is None
    for number, witnesses in enumerate([[], ["w1.example"], ["w1.example", "w2.example"], ["w1.example"]], 1):
        row = sealed(2, at=NOW + number * MINUTE)
        add_cosignatures(row.size, [line(row, who, start + 60 * number) for who in witnesses], witnesses=WITNESS_KEYS)
    found = queries.proof(4, at=NOW + timedelta(hours=1))
    assert found.checkpoint.size == 11
    assert notes.Checkpoint.parse(notes.Note.parse(found.extra).text).size == 3
    again = Proof.parse(found.text)
    again.verify(standing.entries(4, 5)[0])
    with pytest.raises(Untrusted):
        again.verify(standing.entries(5, 6)[0])
    any_one = queries.proof(4, at=NOW + timedelta(hours=1), enough=lambda note: bool(note.verified(WITNESS_KEYS)))
    assert any_one.checkpoint.size == 9
    assert queries.proof(4, at=NOW + MINUTE).checkpoint.size == 7
    assert queries.newest().size == 13
    assert queries.newest(cosigned=True).size == 13
    with pytest.raises(NotFound):
        queries.proof(99, at=NOW)
    merkle.verify_consistency(3, 13, queries.consistency(3, 13), bytes(first.root), bytes(queries.newest().root))


def test_a_damaged_tile_does_not_spoil_a_proof():
    sealed(300)
    (folder().root / "tile/0/000").write_bytes(bytes(8192))
    queries.proof(7, at=NOW).verify(standing.entries(7, 8)[0])


# the high-water mark


def test_the_mark_is_raised_and_never_lowered(tmp_path):
    mark = HighWater(tmp_path, ORIGIN)
    assert mark.read() is None
    mark.raise_to(Mark(5, b"5" * 32))
    mark.raise_to(Mark(3, b"3" * 32))
    assert mark.read() == Mark(5, b"5" * 32)
    with pytest.raises(Conflict):
        mark.raise_to(Mark(5, b"6" * 32))
    with pytest.raises(Conflict):
        HighWater(tmp_path, "another/1").read()
    mark.path.write_bytes(b"nonsense")
    with pytest.raises(Untrusted):
        mark.read()


def test_a_journal_behind_its_mark_signs_and_enters_nothing():
    sealed(3)
    guard.high_water().raise_to(Mark(9, bytes(32)))
    assert "older copy" in guard.must_not_sign()
    assert "kimberley journal recover" in guard.must_not_sign()
    with pytest.raises(Conflict, match="older copy"):
        enter(by=KAGISO, at=NOW)
    with pytest.raises(Conflict, match="older copy"):
        make_checkpoint(at=NOW + MINUTE)
    assert any("older copy" in fault for fault in faults())


def test_a_journal_with_another_past_than_the_mark_says_so():
    entered(9, at=NOW)
    guard.high_water().raise_to(Mark(5, bytes(32)))
    assert "not those that were signed" in guard.must_not_sign()
    with pytest.raises(Conflict):
        make_checkpoint(at=NOW)
    guard.high_water().path.write_bytes(b"nonsense")
    assert "cannot be read" in guard.must_not_sign()


def test_a_crash_between_mark_and_row_does_not_stop_the_journal(monkeypatch):
    entered(9, at=NOW)
    signing.provide(None)
    with pytest.raises(NotFound):
        make_checkpoint(at=NOW)
    assert guard.high_water().read().size == 9
    assert guard.must_not_sign() == ""
    sign_with(signs)
    entered(1, at=NOW, first=9)
    assert make_checkpoint(at=NOW).size == 10
    assert faults() == []


def test_a_witness_that_knows_more_stops_the_journal_even_where_the_mark_was_restored_too():
    sealed(3)
    entered(1, at=NOW, first=3)
    with pytest.raises(Conflict, match="older copy"):
        make_checkpoint(at=NOW + MINUTE, witnesses=lambda: [Mark(9, bytes(32))])
    with pytest.raises(Conflict, match="older copy"):
        enter(by=KAGISO, at=NOW)
    assert guard.must_not_sign()


def test_a_witness_that_knows_another_root_stops_the_signing():
    sealed(3)
    entered(1, at=NOW, first=3)
    with pytest.raises(Conflict, match="not those that were signed"):
        make_checkpoint(at=NOW + MINUTE, witnesses=lambda: [Mark(2, bytes(32))])


# mirrors


def grown(at, *counts):
    for number, count in enumerate(counts):
        sealed(count, at=at + number * MINUTE)


@pytest.mark.parametrize("entries", [True, False])
def test_a_mirror_grows_with_the_log_and_holds_what_it_holds(tmp_path, entries):
    copy = Folder(tmp_path / "copy")
    for number, count in enumerate([3, 250, 300, 1]):
        sealed(count, at=NOW + number * MINUTE)
        assert mirror.copy(folder(), copy, LOG, entries=entries).size == standing.size()
    assert {path for path in copy.tiles() if ".p" not in path} == {
        path for path in folder().tiles() if ".p" not in path and (entries or "entries" not in path)
    }
    assert copy.read("checkpoint") == folder().read("checkpoint")
    assert mirror.copy(folder(), copy, LOG, entries=entries).size == 554


def test_a_mirror_does_not_follow_a_log_that_went_back_or_has_another_past(tmp_path, settings):
    copy = Folder(tmp_path / "copy")
    sealed(9)
    mirror.copy(folder(), copy, LOG)
    kept = copy.read("checkpoint")
    for size, root in ((5, bytes(32)), (9, bytes(32)), (12, bytes(32))):
        text = notes.Checkpoint(ORIGIN, size, root).text
        forged = Folder(tmp_path / f"forged{size}")
        files = [(f"tile/{path}", folder().read(f"tile/{path}")) for path in folder().tiles()]
        for width in (5, 12):
            files += [(f"tile/0/000.p/{width}", bytes(32 * width)),
                      (f"tile/entries/000.p/{width}", b"\0\1x" * width)]  # fmt: skip
        forged.write([*files, ("checkpoint", notes.sign_note(text, name=ORIGIN, signer=signs("node", "log")).encode())])
        with pytest.raises(Untrusted, match="another past"):
            mirror.copy(forged, copy, LOG)
        assert copy.read(f"evidence/{size}-{root.hex()[:16]}")
    assert copy.read("checkpoint") == kept


def test_a_stranger_s_checkpoint_is_not_opened(tmp_path):
    with pytest.raises(NotFound):
        mirror.opened(folder(), LOG)
    sealed(3)
    with pytest.raises(Untrusted):
        mirror.opened(folder(), notes.VerifierKey("another/1", notes.LOG, LOG.public_key))
    with pytest.raises(Untrusted):
        mirror.opened(folder(), notes.VerifierKey(ORIGIN, notes.LOG, bytes(32)))


def test_what_may_be_used_once_is_forgotten_after_its_time(tmp_path):
    once = Once(tmp_path / "once")
    assert once.first("a", now=1000, keep=300)
    assert not once.first("a", now=1001, keep=300)
    assert once.first("b", now=1001, keep=300)
    assert once.first("a", now=1400, keep=300)
    assert len(list((tmp_path / "once").iterdir())) == 1


def test_the_folder_is_that_of_the_settings():
    assert str(folder().root) == str(django_settings.JOURNAL_FOLDER)
