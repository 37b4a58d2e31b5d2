"""Every alarm of the monitor: raised where it must be, and not raised where all is well or nobody can tell."""

import json
from datetime import UTC, datetime

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.merkle import MemoryHashes, Tree
from openkimberley.trust.notes import Note
from openkimberley.trust.policy import Policy
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.trust.times import Bounds
from openkimberley.witness.facts import Alarm, AlarmCode, Announced, Issuer, NumberRange
from openkimberley.witness.rules import monitoring as rules
from openkimberley.witness.tests.logs import ORIGIN, WITNESSES, Log, policy_text

NOW = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
DAY = 86_400
POLICY = Policy.parse(policy_text())
CID = b64u(bytes([1]) * 32)


def issue(number="BW0012345", cid=CID, day="2026-11-02"):
    return canonical({"v": 1, "t": "kpc.issue", "n": number, "h": cid, "d": day})


def void(ref, day="2026-11-03", why="error"):
    return canonical({"v": 1, "t": "kpc.void", "r": ref, "d": day, "why": why})


def codes(alarms):
    found = list(alarms)
    for alarm in found:
        assert alarm.sentence.endswith(".")
        assert alarm.remedy.endswith(".")
        assert Alarm.from_json(json.loads(json.dumps(alarm.as_json()))) == alarm
    return [alarm.code for alarm in found]


def entries(count, word="entry"):
    return [f"{word} {number}" for number in range(count)]


def test_equivocation():
    log, fork = Log(entries(9)), Log([*entries(4), "another"])

    def root(size):
        return Tree(size, log.tree).root()

    good = [log.note(3), log.note(7), log.note(9)]
    assert codes(rules.contradictions(ORIGIN, 9, root, good)) == []
    (alarm,) = rules.contradictions(ORIGIN, 9, root, [fork.note(4), fork.note(5), log.note(9)])
    assert alarm.code is AlarmCode.EQUIVOCATION
    for text in (alarm.evidence["one"], alarm.evidence["other"]):
        assert Note.parse(text).verified([log.key])
    longer = Log([*entries(4), *entries(9, "other")])
    assert codes(rules.contradictions(ORIGIN, 9, root, [longer.note(), log.note(9)])) == []  # nobody can tell yet


def test_equivocation_is_one_finding_whichever_version_was_seen_first():
    log, fork = Log(entries(5)), Log([*entries(4), "another"])
    assert (
        rules.equivocation(ORIGIN, log.note(), fork.note()).mark
        == rules.equivocation(ORIGIN, fork.note(be=NOW), log.note()).mark
    )


def test_inconsistent():
    log = Log(entries(9))
    assert codes([rules.inconsistent(ORIGIN, log.note(4), log.note(9))]) == [AlarmCode.INCONSISTENT]


def test_shrinking():
    log = Log(entries(9))
    assert codes(rules.shrinking(ORIGIN, log.note(9), log.note(7))) == [AlarmCode.SHRINKING]
    assert codes(rules.shrinking(ORIGIN, log.note(7), log.note(9))) == []
    assert codes(rules.shrinking(ORIGIN, log.note(9), log.note(9))) == []


def test_quorum_missing():
    note = Log(entries(3)).note(be=NOW)
    assert codes(rules.quorum(ORIGIN, note, since=NOW - 7 * 3600, now=NOW)) == [AlarmCode.QUORUM]
    assert codes(rules.quorum(ORIGIN, note, since=NOW - 3600, now=NOW)) == []  # they may yet sign
    assert codes(rules.quorum(ORIGIN, note, since=0, now=NOW)) == []  # enough do


def test_t20_a_missing_heartbeat():
    note = Log(entries(3)).note(be=NOW, za=NOW)
    assert codes(rules.heartbeat(ORIGIN, note, last=NOW - 31 * 3600, now=NOW)) == [AlarmCode.HEARTBEAT]
    assert codes(rules.heartbeat(ORIGIN, note, last=NOW - 29 * 3600, now=NOW)) == []
    assert codes(rules.heartbeat(ORIGIN, note, last=0, now=NOW)) == []


def test_the_freshest_word_of_each_witness_counts_for_the_heartbeat_and_the_own_never():
    log = Log(entries(3))
    note = Note.parse(log.note(be=NOW - 5 * DAY, za=NOW - 5 * DAY))
    again = note.with_lines([WITNESSES["be"].line(note, NOW), WITNESSES["za"].line(note, NOW - 60)])
    none = frozenset()
    assert rules.fresh_quorum(note, POLICY, none) == NOW - 5 * DAY
    assert rules.fresh_quorum(again, POLICY, none) == NOW
    assert rules.fresh_quorum(again, POLICY, frozenset([WITNESSES["be"].key.public_key])) is None
    assert rules.fresh_quorum(Note.parse(log.note(be=NOW)), POLICY, none) is None


@pytest.mark.parametrize(
    "data",
    [
        issue(),
        void(b64u(bytes(32))),
        canonical({"v": 1, "t": "act", "h": b64u(bytes(32))}),
        canonical({"v": 1, "t": "kpc.confirm", "r": "x", "h": b64u(bytes(32)), "d": "2026-11-02", "res": "match"}),
        canonical({"v": 1, "t": "form.void", "s": "BW-P-778813"}),
        canonical({"v": 1, "t": "status.list", "u": "BW/2026-1", "h": b64u(bytes(32))}),
        canonical({"v": 1, "t": "key", "a": "BW", "h": b64u(bytes(32))}),
        canonical({"v": 1, "t": "trust.update", "f": "participants.json", "h": b64u(bytes(32))}),
        canonical({"v": 1, "t": "log.close", "next": "journal.bw.example/2"}),
    ],
)
def test_known_entries_are_read(data):
    assert rules.read_entry(data)["v"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b"[" * 60_000, b'{"v":1,"t":[]}',
        issue().replace(b'"v":1', b'"v":2'),
        issue().replace(b'"v":1', b'"v":true'),
        issue().replace(b"kpc.issue", b"kpc.gift"),
        issue().replace(b"2026-11-02", b"2026-13-02"),
        issue(cid="AAAA"),
        issue().replace(b'"n":', b'"n": '),
        canonical({**json.loads(issue()), "more": "x"}),
        canonical({**json.loads(issue()), "n": 5}),
        void("x", why="because"),
    ],
)  # fmt: skip
def test_unknown_entries_are_alarms(data):
    with pytest.raises(Untrusted):
        rules.read_entry(data)
    assert codes([rules.unreadable(ORIGIN, 3, data)]) == [AlarmCode.FORMAT]


def test_t5_a_number_used_twice():
    here, there = (ORIGIN, 4), ("journal.bw.example/2", 9)
    assert codes(rules.duplicate(ORIGIN, "BW0012345", here, there)) == [AlarmCode.DUPLICATE]
    assert codes(rules.duplicate(ORIGIN, "BW0012345", here, here)) == []


@pytest.mark.parametrize(
    ("number", "day", "alarm"),
    [
        ("BW0012345", "2026-11-02", False),
        ("BW0022340", "2026-11-02", True),  # past the range
        ("BW0012345", "2027-01-02", True),  # a range of 2026
        ("ZA0012345", "2026-11-02", True),  # another's letters
        ("BW12345", "2026-11-02", True),  # another pattern
        ("BW", "2026-11-02", True),
        ("BW" + "9" * 30, "2026-11-02", True),
    ],
)
def test_t5_a_number_out_of_its_range(number, day, alarm):
    issuer = Issuer(("BW[0-9]{7}",), (NumberRange("BW", 12_340, 22_339, 2026),))
    said = json.loads(issue(number, day=day))
    assert codes(rules.out_of_range(ORIGIN, 3, said, issuer)) == [AlarmCode.RANGE] * alarm
    assert codes(rules.out_of_range(ORIGIN, 3, said, Issuer())) == []  # nothing is registered: nobody can tell


def test_a_pattern_that_cannot_be_read_accuses_nobody():
    assert codes(rules.out_of_range(ORIGIN, 3, json.loads(issue()), Issuer(("BW[",)))) == []


def test_t8_dated_back_two_months():
    said = json.loads(issue(day="2026-09-02"))
    between = Bounds(NOW - 3600, NOW)
    (alarm,) = rules.late(ORIGIN, 3, said, between, 24)
    assert alarm.code is AlarmCode.LATE
    assert "2026-09-02" in alarm.sentence
    assert codes(rules.late(ORIGIN, 3, json.loads(issue(day="2026-11-19")), between, 24)) == []
    assert codes(rules.late(ORIGIN, 3, said, Bounds(None, NOW), 24)) == []


def test_a_withdrawal_of_what_was_never_issued():
    said = json.loads(void(rules.reference(CID)))
    assert codes(rules.void_without_issue(ORIGIN, 3, said, issued=False)) == [AlarmCode.VOID]
    assert codes(rules.void_without_issue(ORIGIN, 3, said, issued=True)) == []


@pytest.mark.parametrize("old", list(Status))
@pytest.mark.parametrize("new", list(Status))
def test_moves_of_a_status(old, new):
    before = StatusList.empty(8).with_({5: old})
    after = StatusList.empty(8).with_({5: new})
    legal = old is new or old in (Status.VALID, Status.SUSPENDED)
    assert codes(rules.moves(ORIGIN, "BW/2026-1", before, after)) == ([] if legal else [AlarmCode.STATUS])


def test_a_status_list_does_not_get_shorter():
    assert codes(rules.moves(ORIGIN, "u", StatusList.empty(16), StatusList.empty(8))) == [AlarmCode.STATUS]
    assert codes(rules.moves(ORIGIN, "u", StatusList.empty(8), StatusList.empty(16))) == []


def test_own_delegation_changed():
    before = {"v": 1, "keys": [{"kid": "BW/sign/2026-1"}]}
    after = {"v": 1, "keys": [{"kid": "BW/sign/2026-2"}]}
    (alarm,) = rules.delegation("BW", before, after)
    assert (alarm.evidence["added"], alarm.evidence["removed"]) == (["BW/sign/2026-2"], ["BW/sign/2026-1"])
    assert codes([alarm]) == [AlarmCode.DELEGATION]
    assert codes(rules.delegation("BW", before, dict(reversed(before.items())))) == []


def test_t7_announced_and_in_no_journal():
    one = Announced("BW0012345", CID, "2026-11-02", ORIGIN)

    def found(logged, read_to, delay=24):
        return codes(rules.unlogged([one], lambda *_: logged, lambda _: read_to, lambda _: delay))

    limit = int(datetime(2026, 11, 4, 12, tzinfo=UTC).timestamp())
    assert found(False, limit + 1) == [AlarmCode.UNLOGGED]
    assert found(False, limit) == []  # it may still come
    assert found(False, limit + 1, delay=168) == []
    assert found(True, limit + 1) == []
    assert found(False, None) == []  # its entries are not shown to us


def test_issued_and_never_announced():
    said = json.loads(issue())
    assert codes(rules.unannounced(ORIGIN, 3, said, frozenset(), now=NOW)) == [AlarmCode.UNANNOUNCED]
    assert codes(rules.unannounced(ORIGIN, 3, said, frozenset({"BW0012345"}), now=NOW)) == []
    assert codes(rules.unannounced(ORIGIN, 3, said, frozenset({CID}), now=NOW)) == []
    early = int(datetime(2026, 11, 4, tzinfo=UTC).timestamp())
    assert codes(rules.unannounced(ORIGIN, 3, said, frozenset(), now=early)) == []


def test_trees_of_the_helpers_are_those_of_the_log():
    log = Log(entries(5))
    assert Tree(5, MemoryHashes(log.tree(0, place) for place in range(5))).root() == log.root()
