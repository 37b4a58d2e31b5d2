"""The node takes its own checkpoints round: by HTTP and by files, whatever the witnesses believe, again every day."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from tests.signer import sign_with

from openkimberley.journal import queries as journal
from openkimberley.journal.actions.sequencing import make_checkpoint
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust import notes, signing
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.witness import actions, cli, queries
from openkimberley.witness.actions import watching
from openkimberley.witness.alone.asking import Reply
from openkimberley.witness.alone.store import Store, make
from openkimberley.witness.facts import TREE_SIZE, log_id
from openkimberley.witness.models import Asked, Finding
from openkimberley.witness.rules.collecting import due, wait
from openkimberley.witness.statements import read_submission, write_submission
from openkimberley.witness.tests.logs import WITNESSES, Log, policy_text

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEEPER = Actor(id="keeper", roles=frozenset({Role.ADMINISTRATOR}), authority="BW", via="cli")
ORIGIN = "journal.bw.example/1"
KEYS = {use: SoftwareKey.from_secret(f"node/{use}/1", "Ed25519", bytes([n]) * 32) for n, use in ((40, "log"), (41, "witness"))}  # fmt: skip  # noqa: E501
LOG_KEY = VerifierKey(ORIGIN, LOG, KEYS["log"].public_key)
OWN = VerifierKey("witness.bw.example", COSIGNATURE, KEYS["witness"].public_key)


class Place:
    def __init__(self, root, **config):
        self.root, self.config = root, config


class Net:
    """Witnesses by their address; the same decision as theirs, without sockets."""

    def __init__(self, folder):
        self.stores, self.down, self.calls, self.now = {}, set(), [], 0
        for name in ("be", "za"):
            make(folder / name, f"{name}.example", "x", memory=64)
            self.stores[name] = Store(folder / name, "x", {ORIGIN: (LOG_KEY,)})

    def __call__(self, address, body):
        name = address.split("//")[1].split(".")[0]
        self.calls.append(name)
        if name in self.down:
            return Reply(0, "", b"timed out")
        if body is None:
            return Reply(200, "text/plain", self.stores[name].checkpoint(log_id(ORIGIN), {log_id(ORIGIN): ORIGIN}).encode())  # fmt: skip  # noqa: E501
        answer = self.stores[name].answer(body, now=self.now)
        return Reply(answer.status, answer.content_type.partition(";")[0], answer.body.encode())

    def policy(self):
        lines = [f"witness {name} {one.key.text} https://{name}.example/witness" for name, one in self.stores.items()]
        own = f"witness own {OWN.text} https://own.example/witness"
        return "\n".join([*lines, own, "group all 2 be za own", "quorum all", ""])


@pytest.fixture
def net(db, settings, tmp_path):
    sign_with(lambda authority, use: KEYS.get(use) if authority == "node" else None)
    settings.JOURNAL_ORIGIN = ORIGIN
    made = Net(tmp_path)
    settings.PLACE = Place(tmp_path, policy=made.policy())
    watching._last.clear()
    actions.take_office(by=KEEPER, at=AT, name=OWN.name)
    yield made
    signing.provide(None)


def grow(count=1, at=AT):
    for number in range(count):
        log = Log(origin=f"other.{at.timestamp():.0f}.{number}/1")
        actions.know_log(by=KEEPER, at=at, origin=log.origin, vkeys=[log.key.text])
    return make_checkpoint(at=at, every=timedelta(0))


def collect(net, at=AT):
    net.now = int(at.timestamp())
    return actions.collect(at=at, post=net)


def cosigners(row):
    return {line.name for line in journal.note(row).signatures} - {ORIGIN}


def test_all_witnesses_but_the_own_are_asked_and_their_lines_are_published(net):
    row = grow(3)
    assert collect(net) == 2
    assert sorted(net.calls) == ["be", "za"]
    assert cosigners(row) == {"be.example", "za.example"}
    note = journal.note(row)
    assert queries.policy().quorum_time(note) == int(AT.timestamp())
    assert collect(net, AT + timedelta(minutes=5)) == 0  # nothing new
    newer = grow(2, AT + timedelta(minutes=10))
    assert collect(net, AT + timedelta(minutes=10)) == 2
    assert cosigners(newer) == {"be.example", "za.example"}
    assert len(net.calls) == 4  # each knew what the other held


def test_a_witness_that_holds_another_size_gets_the_right_proof(net):
    grow(3)
    collect(net)
    Asked.objects.all().delete()
    newer = grow(2, AT + timedelta(minutes=1))
    assert collect(net, AT + timedelta(minutes=1)) == 2
    assert cosigners(newer) == {"be.example", "za.example"}
    assert len(net.calls) == 6


def test_a_sign_of_life_every_day(net):
    row = grow(3)
    collect(net)
    assert collect(net, AT + timedelta(hours=23)) == 0
    assert collect(net, AT + timedelta(hours=24)) == 2
    times = sorted(one.time for one in journal.cosignatures(row))
    assert times == [int(AT.timestamp())] * 2 + [int(AT.timestamp()) + 86_400] * 2


def test_a_witness_that_is_down_is_asked_later_and_later_and_the_others_at_once(net):
    net.down = {"za"}
    row = grow(3)
    assert collect(net) == 1
    assert cosigners(row) == {"be.example"}
    za = Asked.objects.get(vkey=net.stores["za"].key.text)
    assert (za.failures, za.not_before) == (1, int(AT.timestamp()) + 60)
    assert "timed out" in za.trouble
    net.calls.clear()
    collect(net, AT + timedelta(seconds=30))
    assert net.calls == []
    collect(net, AT + timedelta(seconds=61))
    assert net.calls == ["za"]
    net.down = set()
    assert collect(net, AT + timedelta(hours=1)) == 1
    za.refresh_from_db()
    assert (za.failures, za.trouble, za.cosigned) == (0, "", row.size)


def test_when_a_witness_is_due_and_how_long_it_waits():
    assert [wait(failures) for failures in (0, 1, 2, 3, 6, 7, 100)] == [0, 60, 120, 240, 1920, 3600, 3600]
    asked = {"size": 5, "cosigned": 5, "cosigned_at": 1000, "not_before": 0}
    assert not due(**asked, now=1000 + 86_399)
    assert due(**asked, now=1000 + 86_400)
    assert due(**{**asked, "cosigned": 4}, now=1001)
    assert not due(**{**asked, "cosigned": 4, "not_before": 2000}, now=1999)


def test_an_old_copy_of_the_journal_is_told_so_by_the_witnesses(net):
    grow(3)
    collect(net)
    newest = journal.newest()
    net.stores["be"].answer  # noqa: B018 - it has seen what stands now
    (mark, _) = queries.remembered(get=net)
    assert (mark.size, mark.root) == (newest.size, bytes(newest.root))
    net.down = {"be", "za"}
    assert queries.remembered(get=net) == []


def test_a_witness_cannot_stop_a_journal_with_a_size_that_the_journal_never_signed(net):
    grow(3)
    collect(net)
    be = net.stores["be"]
    invented = Checkpoint(ORIGIN, 10**15, bytes(32)).text
    line = notes.cosign(invented, name=be.key.name, signer=be._signer, time=int(AT.timestamp())).line

    def lying(address, body):
        return Reply(200, "text/plain", f"{invented}\n{line}".encode()) if "//be." in address else net(address, body)

    assert [mark.size for mark in queries.remembered(get=lying)] == [journal.newest().size]


def test_without_policy_or_checkpoint_nobody_is_asked(net, settings, tmp_path):
    assert collect(net) == 0
    grow()
    settings.PLACE = Place(tmp_path)
    assert collect(net) == 0
    for act in (lambda: actions.requests(at=AT), lambda: actions.take_answer("x", at=AT)):
        with pytest.raises(NotFound):
            act()
    assert net.calls == []


def test_the_policy_of_the_trust_list_goes_before_the_one_set_by_hand(net, settings, tmp_path):
    path = tmp_path / "trust" / "targets" / "witness-policy.txt"
    path.parent.mkdir(parents=True)
    path.write_text(policy_text("be"[:0] or "be", "za"))
    assert set(queries.policy().witnesses) == {"be", "za"}


def test_by_files_a_witness_without_a_line_cosigns_too(net, tmp_path):
    row = grow(3)
    out, files = tmp_path / "out", CliRunner()
    done = files.invoke(cli.request, ["--out", str(out)])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == ["be.request", "za.request"]
    for name in ("be", "za"):
        said = net.stores[name].answer((out / f"{name}.request").read_bytes(), now=int(AT.timestamp()))
        (out / f"{name}.answer").write_text(said.body)
        kept = files.invoke(cli.answer, [str(out / f"{name}.answer")])
        assert "1 cosignatures kept" in kept.output
    assert cosigners(row) == {"be.example", "za.example"}


def test_by_files_a_witness_that_holds_another_size_says_so_and_gets_a_new_request(net):
    grow(3)
    collect(net)
    Asked.objects.all().delete()
    newer = grow(2, AT + timedelta(minutes=1))
    said = net.stores["be"].answer(actions.requests(at=AT + timedelta(minutes=2))["be"].encode(), now=1)
    assert (said.status, said.content_type) == (409, TREE_SIZE)
    with pytest.raises(NotFound):
        actions.take_answer(said.body, at=AT)
    with pytest.raises(Conflict):
        actions.take_answer("999\n", at=AT, witness="be")
    assert actions.take_answer(said.body, at=AT, witness="be") == 0
    again = actions.requests(at=AT + timedelta(minutes=2))["be"].encode()
    assert read_submission(again).old == int(said.body)
    fine = net.stores["be"].answer(again, now=int(AT.timestamp()) + 120)
    assert actions.take_answer(fine.body, at=AT + timedelta(minutes=2)) == 1
    assert cosigners(newer) == {"be.example"}


def test_an_answer_of_strangers_or_to_nothing_is_refused(net):
    row = grow(3)
    stranger = WITNESSES["csc"].line(Note.parse(row.note), int(AT.timestamp())).line
    own = signing.sign_cosignature(Note.parse(row.note).text, name=OWN.name, time=1).line
    for body in (stranger, own, "nonsense\n"):
        with pytest.raises(Untrusted):
            actions.take_answer(body, at=AT)


def test_the_node_watches_what_it_knows_and_turns_findings_into_alerts(net, tmp_path, settings):
    from openkimberley.alerts import queries as alerts
    from openkimberley.journal.shelf import Folder
    from openkimberley.trust.policy import Policy
    from openkimberley.witness.alone.rounds import Watchlist
    from openkimberley.witness.alone.watching import Watched
    from openkimberley.witness.tests.test_monitoring import issue
    from openkimberley.witness.tests.test_watching import cid, nobody

    now = int(AT.timestamp())
    log = Log([issue("ZA0000001", cid(1)), issue("ZA0000001", cid(2))], origin="journal.za.example/1")
    actions.know_log(
        by=KEEPER, at=AT, origin=log.origin, vkeys=[log.key.text], participant="ZA", url="https://za.example"
    )
    log.publish(tmp_path / "za-mirror", be=now, za=now)
    at = Watchlist(Policy.parse(policy_text()), (Watched(log.origin, (log.key,), Folder(tmp_path / "za-mirror")),))
    assert actions.watch_journals(at=AT, watchlist=lambda: at, get=nobody) == 1
    assert actions.watch_journals(at=AT, watchlist=lambda: at, get=nobody) == 0  # not twice in five minutes
    assert actions.watch_journals(at=AT, watchlist=lambda: at, get=nobody, every=0) == 0  # said once
    (row,) = alerts.alerts(kind="JOURNAL")
    assert row.issuer == "ZA"
    assert alerts.warnings_about("ZA") == []  # says nothing of a paper whose number nobody knows

    # a longer fork was refused by our witness, and accused nobody; what the journal publishes settles it
    true, fork = log.request(0), Log([*log.entries, "other", "more"], origin=log.origin)
    assert actions.add_checkpoint(true, at=AT).status == 200
    longer = Log([log.entries[0], "another", "more"], origin=log.origin)
    assert actions.add_checkpoint(write_submission(2, [bytes(32)], longer.note()).encode(), at=AT).status == 422
    assert Finding.objects.count() == 1
    fork.publish(tmp_path / "za-mirror", be=now, za=now)
    actions.watch_journals(at=AT, watchlist=lambda: at, get=nobody, every=0)
    codes = set(Finding.objects.values_list("code", flat=True))
    assert codes >= {"duplicate", "equivocation"}
    (row,) = alerts.alerts(kind="EQUIVOCATION")
    assert len(alerts.warnings_about("ZA")) == 1
    assert Checkpoint.parse(Note.parse(longer.note()).text).root.hex() in str(row.features)


def test_what_the_page_says_of_ones_own_witnesses(net, client):
    net.down = {"za"}
    grow(3)
    collect(net)
    page = client.get("/witness").content.decode()
    assert "be.example" in page
    assert "timed out" in page
