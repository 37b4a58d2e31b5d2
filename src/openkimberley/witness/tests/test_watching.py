"""The monitor reads journals as plain files: what it finds over time, what it cannot look at, what it never forgets."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from openkimberley.journal.shelf import Folder
from openkimberley.trust import jws
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.policy import Policy
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.witness.alone.asking import Reply
from openkimberley.witness.alone.memory import Memory
from openkimberley.witness.alone.rounds import StatusSource, Watchlist, look, read_watchlist
from openkimberley.witness.alone.watching import Watched
from openkimberley.witness.cli import monitor
from openkimberley.witness.facts import AlarmCode, Announced, Issuer, NumberRange
from openkimberley.witness.rules.monitoring import reference
from openkimberley.witness.tests.logs import ORIGIN, WITNESSES, Log, policy_text
from openkimberley.witness.tests.test_monitoring import issue, void

C = AlarmCode
HOUR, DAY = 3600, 86_400
START = int(datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp())
POLICY = Policy.parse(policy_text())


def nobody(address, body):
    return Reply(0, "", b"nobody is there")


def cid(number):
    return b64u(number.to_bytes(32, "big"))


class World:
    """A journal on a mirror, and a monitor that looks at it."""

    def __init__(self, folder, **about):
        self.mirror, self.memory = folder / "mirror", Memory(folder / "monitor.sqlite3")
        self.log, self.about, self.now = Log(), about, START

    def publish(self, *entries, log=None, **how):
        one = (log or self.log).add(*entries)
        cosigned = how.pop("cosigned", {"be": self.now, "za": self.now})
        one.publish(self.mirror, **how, **cosigned)
        return self

    def later(self, seconds):
        self.now += seconds
        return self

    def round(self, *, policy=POLICY, signed=(), get=nobody, **more):
        watched = Watched(ORIGIN, (self.log.key,), Folder(self.mirror), **self.about)
        found = look(Watchlist(policy, (watched,), **more), self.memory, now=self.now,
                     signed={ORIGIN: signed}, get=get)  # fmt: skip
        self.memory.delivered(alarm.mark for alarm in found.alarms)
        return found

    def codes(self, **how):
        found = self.round(**how)
        assert not found.trouble, found.trouble
        return [alarm.code for alarm in found.alarms]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_t18_a_journal_is_watched_from_static_files_alone_and_all_is_well(world):
    world.publish(*(issue(f"BW{number:07d}", cid(number)) for number in range(300)))
    assert world.codes() == []
    for hour in range(5):
        first = 300 + hour * 130
        world.later(HOUR).publish(*(issue(f"BW{number:07d}", cid(number)) for number in range(first, first + 130)))
        assert world.codes() == []
    known = world.memory.log(ORIGIN)
    assert (known.size, known.entries, known.root) == (950, 950, world.log.root())


def test_t9_a_fork_at_the_same_size_or_behind_a_longer_one_is_found(world, tmp_path):
    world.publish("x", "y", "z")
    world.codes()
    fork = Log(["x", "y", "other"])
    world.publish(log=fork)
    found = world.round()
    assert [alarm.code for alarm in found.alarms] == [C.EQUIVOCATION]
    assert "two versions" in found.trouble[ORIGIN]
    assert world.round().alarms == ()  # said once

    other = World(tmp_path / "other")
    other.publish("x", "y", "z")
    other.round()
    longer = Log(["x", "y", "other", "more"])
    other.publish(log=longer)
    assert C.INCONSISTENT in [alarm.code for alarm in other.round().alarms]
    assert other.memory.log(ORIGIN).size == 3


def test_t9_what_another_witness_holds_gives_the_second_version_away(world):
    world.publish("x", "y", "z", "more")
    fork = Log(["x", "y", "other"])
    be = WITNESSES["be"]
    policy = Policy.parse(policy_text(urls={"be": "https://be.example/witness"}.items()))

    def get(address, body):
        assert body is None
        assert address.startswith("https://be.example/witness/")
        return Reply(200, "text/plain", fork.note(be=START).encode())

    found = world.round(policy=policy, get=get)
    assert C.EQUIVOCATION in [alarm.code for alarm in found.alarms]
    assert be.key in policy.addresses
    stranger = Log(["x", "y", "other"], seed=6)  # signed by nobody that we trust for this journal
    assert world.codes(signed=[stranger.note(), "nonsense"]) == []


def test_a_journal_that_shows_less_than_before(world):
    world.publish("x", "y", "z")
    world.round()
    world.publish(size=2)
    assert [alarm.code for alarm in world.round().alarms if alarm.code is not C.FORMAT] == [C.SHRINKING]


def test_damaged_files_are_no_alarm_but_nothing_moves_on(world):
    world.publish(issue())
    world.round()
    world.publish(issue("BW0000002", cid(2)))
    path = world.mirror / "tile/0/000.p/2"
    good = path.read_bytes()
    path.write_bytes(good[:32] + bytes(32))
    found = world.round()
    assert (found.alarms, "does not lead" in found.trouble[ORIGIN]) == ((), True)
    assert world.memory.log(ORIGIN).size == 1
    path.unlink()
    assert world.round().alarms == ()
    path.write_bytes(good)
    bundle = world.mirror / "tile/entries/000.p/2"
    bundle.write_bytes(bundle.read_bytes().replace(b"BW0000002", b"BW0000009"))
    found = world.round()
    assert (found.alarms, "not the one that was signed" in found.trouble[ORIGIN]) == ((), True)


def test_another_key_or_nothing_at_all_is_trouble_and_no_alarm(world):
    assert world.round().alarms == ()
    world.publish("x", log=Log(seed=5))
    assert "not signed by" in world.round().trouble[ORIGIN]
    (world.mirror / "checkpoint").write_text("what is this")
    assert world.round().trouble


def test_too_few_witnesses_after_a_while_however_fast_it_grows(world):
    world.publish(issue(), cosigned={"be": world.now})
    assert world.codes() == []
    for hour in range(1, 7):
        world.later(HOUR).publish(issue(f"BW{hour:07d}", cid(hour)), cosigned={"be": world.now})
        assert world.codes() == []
    world.later(HOUR).publish(issue("BW0000008", cid(8)), cosigned={"be": world.now})
    assert world.codes() == [C.QUORUM]
    assert world.codes() == [C.QUORUM]  # as long as it lasts
    world.publish()
    assert world.codes() == []


def test_the_own_witness_does_not_count(tmp_path):
    world = World(tmp_path, own=frozenset([WITNESSES["be"].key.public_key]))
    world.publish(issue())
    world.codes()
    assert world.later(7 * HOUR).codes() == [C.QUORUM]


def test_t20_a_frozen_journal_is_noticed_by_the_heartbeat_that_is_missing(world):
    world.publish(issue())
    assert world.codes() == []
    assert world.later(29 * HOUR).codes() == []
    assert world.later(2 * HOUR).codes() == [C.HEARTBEAT]
    shutil.rmtree(world.mirror)
    assert [alarm.code for alarm in world.round().alarms] == [C.HEARTBEAT]
    world.publish()  # the same entries, freshly cosigned
    assert world.codes() == []


def test_t5_duplicates_and_ranges_also_across_two_journals_of_one_issuer(tmp_path):
    facts = Issuer((), (NumberRange("BW", 1, 100, 2026),))
    world = World(tmp_path, issuer="BW", facts=facts)
    world.publish(issue("BW0000001", cid(1)), issue("BW0000002", cid(2)))
    assert world.codes() == []
    world.publish(issue("BW0000001", cid(3)), issue("BW0000101", cid(4)))
    assert world.codes() == [C.DUPLICATE, C.RANGE]
    assert world.codes() == []
    second = Log([issue("BW0000002", cid(9))], origin="journal.bw.example/2")
    second.publish(tmp_path / "second", be=START, za=START)
    other = Watched(second.origin, (second.key,), Folder(tmp_path / "second"), issuer="BW", facts=facts)
    found = look(Watchlist(POLICY, (other,)), world.memory, now=world.now, get=nobody)
    assert [alarm.code for alarm in found.alarms] == [C.DUPLICATE]


def test_an_unknown_entry_and_a_withdrawal_of_nothing(world):
    world.publish(issue("BW0000001", cid(1)), void(reference(cid(1))), void(reference(cid(2))), b'{"v":1,"t":"gift"}')
    assert world.codes() == [C.VOID, C.FORMAT]


def test_where_not_all_journals_are_known_no_withdrawal_is_accused(tmp_path):
    world = World(tmp_path, complete=False)
    world.publish(void(reference(cid(2))))
    assert world.codes() == []


def test_t8_a_certificate_dated_back_two_months_is_found_by_the_checkpoints_seen(world):
    world.publish(issue("BW0000001", cid(1)))
    world.codes()
    world.later(DAY).publish()
    world.codes()
    world.later(HOUR).publish(issue("BW0000002", cid(2), day="2026-09-02"), issue("BW0000003", cid(3), "2026-11-03"))
    found = world.round()
    assert [(alarm.code, alarm.evidence["number"]) for alarm in found.alarms] == [(C.LATE, "BW0000002")]


def test_no_date_is_judged_before_the_quorum_has_spoken(world):
    world.publish(issue("BW0000001", cid(1)))
    world.codes()
    world.later(HOUR).publish(issue("BW0000002", cid(2), day="2026-09-02"), cosigned={})
    assert world.codes() == []
    world.publish()
    assert world.codes() == [C.LATE]


def test_t7_a_certificate_that_was_announced_and_never_logged_is_found(world):
    world.publish(issue("BW0000001", cid(1), "2026-11-02"))
    told = (
        Announced("BW0000001", cid(1), "2026-11-02", ORIGIN),
        Announced("BW0000002", cid(2), "2026-11-02", ORIGIN),
        Announced("XX0000002", cid(3), "2026-11-02", "journal.not.known/1"),
    )
    assert world.codes(announced=told) == []
    world.later(3 * DAY).publish()
    found = world.round(announced=told)
    assert [(alarm.code, alarm.evidence["number"]) for alarm in found.alarms] == [(C.UNLOGGED, "BW0000002")]


def test_where_entries_are_withheld_nobody_is_accused_of_what_they_say(world):
    world.publish(issue("BW0000001", cid(1)), issue("BW0000001", cid(2)), entries=False)
    told = (Announced("BW0000002", cid(9), "2026-11-02", ORIGIN),)
    world.later(3 * DAY).publish(entries=False)
    found = world.round(announced=told)
    assert found.alarms == ()
    assert "not shown to us" in found.trouble[ORIGIN]
    world.publish()  # the embargo is over
    assert world.codes() == [C.DUPLICATE]


def test_a_partner_that_owes_a_notice_of_each(tmp_path):
    world = World(tmp_path, notices=True)
    world.publish(issue("BW0000001", cid(1)), issue("BW0000002", cid(2)))
    told = (Announced("BW0000001", cid(1), "2026-11-02", ORIGIN),)
    assert world.codes(announced=told) == []
    world.later(4 * DAY).publish()
    assert world.codes(announced=told) == [C.UNANNOUNCED]


def test_a_void_certificate_that_is_valid_again(world):
    key = SoftwareKey.from_secret("BW/status/2026-1", "Ed25519", bytes([3]) * 32)
    lists = [StatusList.empty(64).with_({7: status}) for status in (Status.VALID, Status.VOID, Status.VALID)]

    def source(entries, signer=key):
        payload = {"status_list": {"bits": 2, "lst": entries.encode()}}
        token = jws.sign(payload, typ="statuslist+jwt", signer=signer)
        return (StatusSource("BW/2026-1", ORIGIN, token.encode, key.public()),)

    world.publish()
    assert world.codes(status_lists=source(lists[0])) == []
    assert world.codes(status_lists=source(lists[1])) == []
    forger = SoftwareKey.from_secret("BW/status/2026-1", "Ed25519", bytes([4]) * 32)
    assert "BW/2026-1" in world.round(status_lists=source(lists[2], forger)).trouble
    assert world.codes(status_lists=source(lists[2])) == [C.STATUS]


def test_a_round_that_takes_too_long_goes_on_with_the_others_next_time(tmp_path):
    memory, logs, asked = Memory(tmp_path / "m.sqlite3"), [], []
    for number in range(3):
        log = Log([issue()], origin=f"journal.{number}.example/1")
        log.publish(tmp_path / str(number), be=START, za=START)
        logs.append(Watched(log.origin, (log.key,), Folder(tmp_path / str(number))))
    policy = Policy.parse(policy_text(urls={"be": "https://be.example"}.items()))

    def get(address, body):
        asked.append(address)
        return Reply(0, "", b"")

    first = look(Watchlist(policy, tuple(logs)), memory, now=START, get=get, seconds=-1)
    assert len(first.trouble) == 3
    look(Watchlist(policy, tuple(logs[:1])), memory, now=START, get=get)
    whole = look(Watchlist(policy, tuple(logs)), memory, now=START + 60, get=get)
    assert not whole.trouble
    assert len(asked) == 2  # a witness that is down is asked once in a round
    assert {memory.log(log.origin).size for log in logs} == {1}


def test_a_journal_that_claims_millions_at_once_is_not_read(world, monkeypatch):
    from openkimberley.witness.alone import watching

    monkeypatch.setattr(watching, "MOST_NEW", 3)
    world.publish(*(issue(f"BW{number:07d}", cid(number)) for number in range(4)))
    assert "claims 4" in world.round().trouble[ORIGIN]


def test_own_delegation(world):
    world.publish()
    assert world.codes(own={"BW": {"keys": [{"kid": "a"}]}}) == []
    assert world.codes(own={"BW": {"keys": [{"kid": "a"}]}}) == []
    assert world.codes(own={"BW": {"keys": [{"kid": "b"}]}}) == [C.DELEGATION]


def test_what_was_found_is_said_again_until_somebody_was_told(world):
    world.publish(issue("BW0000001", cid(1)), issue("BW0000001", cid(2)))
    watched = Watched(ORIGIN, (world.log.key,), Folder(world.mirror))
    for _ in range(2):  # killed before anybody was told: the entries are not read again, the finding is
        found = look(Watchlist(POLICY, (watched,)), world.memory, now=world.now, get=nobody)
        assert [alarm.code for alarm in found.alarms] == [C.DUPLICATE]
    assert world.codes() == [C.DUPLICATE]
    assert world.codes() == []
    assert [json.loads(line)["alarm"] for line in world.memory.reported()] == ["duplicate"]


def configured(tmp_path, log, **more):
    (tmp_path / "policy.txt").write_text(policy_text())
    config = tmp_path / "monitor.json"
    config.write_text(
        json.dumps({
            "policy_file": "policy.txt",
            "logs": [{"origin": ORIGIN, "vkeys": [log.key.text], "folder": "mirror", "issuer": "BW", **more}],
        })
    )  # fmt: skip
    return config


def test_the_command_says_alarms_as_json_lines_and_leaves_with_one(tmp_path):
    log = Log([issue("BW0000001", cid(1)), issue("BW0000001", cid(2))])
    log.publish(tmp_path / "mirror", be=START, za=START)
    config = str(configured(tmp_path, log))
    done = CliRunner().invoke(monitor, ["--config", config, "--once", "--json"])
    assert done.exit_code == 1
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"duplicate", "heartbeat"} >= {one["alarm"] for one in said} >= {"duplicate"}
    assert all({"alarm", "origin", "sentence", "remedy", "evidence"} <= set(one) for one in said)
    again = CliRunner().invoke(monitor, ["--config", config, "--all"])
    assert "duplicate" in again.output
    shutil.rmtree(tmp_path / "mirror")
    (tmp_path / "monitor.sqlite3").unlink()
    assert CliRunner().invoke(monitor, ["--config", config, "--once"]).exit_code == 3


def test_the_monitor_and_the_witness_start_without_django():
    code = (
        "import sys, openkimberley.witness.alone.rounds, openkimberley.witness.alone.serving, "
        "openkimberley.witness.alone.store, openkimberley.witness.cli;"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('django', 'ninja')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("bad", ["", "[]", "{}", '{"policy": "quorum none"}', '{"policy": 5, "logs": []}'])
def test_a_configuration_that_cannot_be_read_is_refused(tmp_path, bad):
    from openkimberley.kernel.errors import Untrusted

    with pytest.raises(Untrusted):
        read_watchlist(bad, base=tmp_path)
