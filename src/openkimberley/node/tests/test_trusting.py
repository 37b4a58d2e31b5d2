"""``kimberley trust`` end to end on folders: two states begin, enrol, rotate, are robbed, and hand out bundles."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, Untrusted
from openkimberley.node.bench.trustset import trust_set
from openkimberley.node.cli import main_group
from openkimberley.trust.tests.lists import keys_document, participants
from openkimberley.trust.trustlist import Memory, open_list
from openkimberley.trust.trustlist.documents import STATUSES
from openkimberley.verification import statements

SMALL = ["--memory", "1024"]  # a key opens in a moment; the default is for real keys


class Desk:
    """A machine with one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "passphrase"
        folder.mkdir(exist_ok=True)
        self.secret.write_text("correct horse battery\n")

    def run(self, *words: object, fails: type[BaseException] | None = None, says: str = "", stdin: str = "") -> str:
        result = CliRunner().invoke(main_group, ["trust", *map(str, words)], input=stdin)
        if fails is None:
            assert result.exception is None, (result.exception, result.output)
            assert says in result.output
        else:
            assert isinstance(result.exception, fails), (result.exception, result.output)
            assert says in f"{result.exception} {result.output}"
        assert "correct horse" not in result.output
        return result.output

    def here(self, command: str, *words: object, **more) -> str:
        return self.run(*command.split(), *words, "--dir", self.folder, **more)

    def key(self, name: str) -> Path:
        self.run("key", name, "--out", self.folder / "own", "--passphrase-file", self.secret, *SMALL)
        return self.folder / "own" / f"{name.replace('/', '_')}.json"

    def sign(self, what: str, key: Path, **more) -> str:
        return self.here("sign", what, "--key", key, "--passphrase-file", self.secret, "--yes", **more)

    def publish(self, **more) -> str:
        return self.here("publish", "--key", self.online, "--passphrase-file", self.secret, **more)

    def file(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path

    def ceremony(self, code: str, series: str, **more) -> Path:
        sticks = [self.folder / f"stick-{code}-{series}-{n}" for n in (1, 2, 3)]
        for stick in sticks:
            stick.mkdir()
        document = self.file(f"{code}-keys.json", keys_document(code, "sign/2027-1", "status/2027-1"))
        request = self.folder / f"{code}-{series}.request.json"
        words = [f"--stick={stick}" for stick in sticks] + [f"--passphrase-file={self.secret}"] * 3
        words += ["--present=Officer A", "--present=Officer B", "--present=Witness C", "--place=Gaborone"]
        self.run(
            "ceremony", "participant", code, *words, f"--keys={code}={document}", "--out", request, "--series", series,
            "--yes", *SMALL, **more,
        )  # fmt: skip
        return request

    def stick(self, code: str, series: str, number: int) -> Path:
        return self.folder / f"stick-{code}-{series}-{number}" / f"{code}_trust_{series}-{number}.json"


def public(path: Path) -> Path:
    return path.with_name(path.name.replace(".json", ".pub.json"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Botswana and the Union begin with a list of their own."""
    desk = Desk(tmp_path / "desk")
    desk.bw, desk.eu, desk.online = desk.key("side/BW"), desk.key("side/EU"), desk.key("online/1")
    rows = participants()
    rows["participants"]["EU"] = {**rows["participants"].pop("ZA"), "name": "European Union"}
    text = desk.here(
        "init --bilateral", "--side", public(desk.bw), "--side", public(desk.eu), "--online", public(desk.online),
        "--participants", desk.file("p.json", rows),
    )  # fmt: skip
    assert "root: 2 of 2 keys sign" in text
    assert "BW (Botswana): ADDED, PARTICIPANT since 2003-01-01" in text
    for key in (desk.bw, desk.eu):
        desk.sign("root", key)
        desk.sign("targets", key)
    desk.publish(says="timestamp.json; good until")
    return desk


@pytest.fixture
def enrolled(desk: Desk) -> Desk:
    request = desk.ceremony("BW", "2027")
    desk.here("enrol", request, says="participant-BW: ENROLLED")
    for key in (desk.bw, desk.eu):
        desk.sign("targets", key)
    desk.publish()
    return desk


def opened(desk: Desk):
    desk.here("bundle", desk.folder / "b.json")
    trust = json.loads((desk.folder / "b.json").read_text())["trust"]
    root = (desk.folder / "trust/metadata/1.root.json").read_bytes()
    return open_list(trust, Memory(root=root), now=datetime.now(UTC), strict=True)


def test_a_list_is_begun_signed_published_and_opened(enrolled: Desk):
    found = opened(enrolled)
    assert found.authorities["BW"]["keys"][0]["kid"] == "BW/sign/2027-1"
    enrolled.here("bundle", enrolled.folder / "b.json.gz")
    assert json.loads(gzip.decompress((enrolled.folder / "b.json.gz").read_bytes()))["v"] == 2
    lines = (enrolled.folder / "trust/log-entries.jsonl").read_text().splitlines()
    assert [json.loads(line)["f"] for line in lines] == [
        "1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json",
        "2.targets.json", "1.participant-BW.json", "2.snapshot.json", "timestamp.json",
    ]  # fmt: skip
    assert set(json.loads(lines[0])) == {"t", "f", "h"}
    state = json.loads(enrolled.here("inspect --json"))
    assert state["proposed"] == {}
    assert state["published"]["participant-BW"]["panels"][0]["missing"] == 0
    assert len(state["published"]["root"]["panels"][0]["keys"][0]["fingerprint"].split()) == 8
    enrolled.here("inspect", says="signed  ")
    for path in enrolled.folder.rglob("*.json"):
        if path.name.startswith(("side_", "online_", "BW_trust")) and not path.name.endswith(".pub.json"):
            assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_published_below_the_threshold(desk: Desk):
    desk.here("propose witness-policy.txt", desk.file("policy", "quorum none"))
    desk.sign("targets", desk.bw)
    desk.publish(fails=Conflict, says="signatures are missing: targets (1)")
    state = desk.here("inspect", says="1 MISSING")
    assert "witness-policy.txt: new" in state
    desk.sign("targets", desk.online, fails=Conflict, says="none of the keys that sign targets")
    desk.sign("targets", desk.eu)
    desk.publish()
    assert opened(desk).policy == '"quorum none"'


def test_one_sees_in_words_what_one_signs_and_may_say_no(desk: Desk):
    rows = json.loads((desk.folder / "trust/targets/participants.json").read_text())
    history = rows["participants"]["EU"]["history"]
    history[0]["until"] = "2027-02-01"
    point = {"journal.eu.example/1": {"size": 4711, "root": "A" * 43}}
    history.append({"status": "SUSPENDED", "from": "2027-02-01", "until": None, "source": "AD", "log_freeze": point})
    desk.here("propose participants.json", desk.file("q.json", {**rows, "serial": 2, "warned": []}))
    words = desk.here(
        "sign targets", "--key", desk.bw, "--passphrase-file", desk.secret, stdin="n\n", fails=Conflict,
        says="nothing was signed",
    )  # fmt: skip
    assert "EU (European Union): STATUS PARTICIPANT since 2003-01-01 -> SUSPENDED since 2027-02-01" in words
    assert 'log_freeze {"journal.eu.example/1":{"root"' in words
    assert 'warned: changed from ["KE"] to []' in words
    desk.here("sign targets", "--key", desk.bw, "--passphrase-file", desk.secret, stdin="y\n", says="1 more needed")


def test_a_stick_with_a_false_past_hides_nothing_from_who_signs(desk: Desk, tmp_path: Path):
    """The "published" version on the stick already has the change, so no difference would be told: it is refused."""
    import shutil

    desk.here("propose alerts/1.json", desk.file("a.json", {}))
    words = desk.sign("targets", desk.bw)
    assert "for the first time. Compare by voice" in words
    desk.sign("targets", desk.eu)
    desk.here("propose alerts/2.json", desk.file("a.json", {}))
    assert "first time" not in desk.sign("targets", desk.bw)
    old = Desk(tmp_path / "old")
    shutil.copytree(desk.folder / "trust", old.folder / "trust")
    desk.sign("targets", desk.eu)
    desk.publish()
    desk.here("renew targets")
    desk.sign("targets", desk.bw, says="Compared with the list published on")
    old.secret = desk.secret
    old.sign("targets", desk.bw, fails=Untrusted, says="never goes back")
    shutil.rmtree(old.folder / "trust/metadata")
    old.sign("targets", desk.bw, fails=Untrusted, says="this folder holds none")
    other = Desk(tmp_path / "other")
    thief = other.key("side/X")
    other.here("init --bilateral", "--side", public(thief), "--side", public(desk.bw), "--online", public(thief))
    other.secret = desk.secret
    for key in (thief, desk.bw):
        if key is desk.bw:
            other.sign("root", key, fails=Untrusted, says="this folder holds none")
        else:
            other.sign("root", key)


def test_a_changed_past_is_told_as_well(desk: Desk):
    rows = json.loads((desk.folder / "trust/targets/participants.json").read_text())
    rows["participants"]["BW"]["history"][0]["from"] = "2004-01-01"
    rows["participants"]["EU"]["history"] = []
    words = desk.here("propose participants.json", desk.file("q.json", {**rows, "serial": 2}))
    assert "BW: what was PARTICIPANT from 2003-01-01 becomes PARTICIPANT from 2004-01-01" in words
    assert "EU (European Union): STATUS PARTICIPANT since 2003-01-01 -> no status" in words


def test_passphrases_are_asked_for_and_never_shown(tmp_path: Path):
    desk = Desk(tmp_path / "d")
    desk.here("key office/1", "--memory", 1024, stdin="long enough\nlong enough\n")
    desk.here(
        "key office/1", "--memory", 1024, stdin="long enough\nlong enough\n", fails=Conflict, says="never overwritten"
    )
    desk.here("key office/2", "--memory", 1024, stdin="short\nshort\n", fails=SystemExit, says="at least 8 characters")
    desk.here("key ../x", "--passphrase-file", desk.secret, fails=SystemExit, says="no name for a key")


def test_signatures_are_gathered_from_machines_without_a_network(desk: Desk, tmp_path: Path):
    import shutil

    desk.here("propose alerts/1.json", desk.file("a.json", {}))
    away = Desk(tmp_path / "away")
    shutil.copytree(desk.folder / "trust", away.folder / "trust")
    away.sign("targets", desk.eu)
    desk.sign("targets", desk.bw)
    desk.here("collect", away.folder, says="targets: signature of side/EU")
    desk.here("collect", away.folder, says="nothing new")
    desk.publish()
    assert "alerts/1.json" in opened(desk).targets


def test_a_participants_keys_rotate_with_the_consent_of_the_old_ones(enrolled: Desk):
    memory = opened(enrolled).memory
    request = enrolled.ceremony("BW", "2028")
    enrolled.here("rotate participant", request, says="first the old keys agree")
    for number in (1, 3):
        enrolled.sign("consent-BW", enrolled.stick("BW", "2027", number))
        enrolled.sign("participant-BW", enrolled.stick("BW", "2028", number))
    enrolled.sign("consent-BW", enrolled.stick("BW", "2028", 1), fails=Conflict, says="none of the old keys")
    for key in (enrolled.bw, enrolled.eu):
        assert "consent of the old keys (2)" in enrolled.sign("targets", key)
    enrolled.publish()
    enrolled.here("bundle", enrolled.folder / "b.json")
    trust = json.loads((enrolled.folder / "b.json").read_text())["trust"]
    assert open_list(trust, memory, now=datetime.now(UTC)).pending == {}


def test_an_emergency_is_announced(enrolled: Desk):
    memory = opened(enrolled).memory
    enrolled.here("rotate participant", enrolled.ceremony("BW", "2028"), "--emergency")
    for number in (1, 2):
        enrolled.sign("participant-BW", enrolled.stick("BW", "2028", number))
    for key in (enrolled.bw, enrolled.eu):
        assert "EMERGENCY change" in enrolled.sign("targets", key)
    enrolled.publish(says="BW is pending: an emergency change")
    enrolled.here("bundle", enrolled.folder / "b.json")
    trust = json.loads((enrolled.folder / "b.json").read_text())["trust"]
    assert "BW" in open_list(trust, memory, now=datetime.now(UTC)).pending


def test_a_stolen_key_is_said_to_be_compromised_by_two_of_three(enrolled: Desk):
    enrolled.here("compromise BW BW/sign/2027-1 --since 2026-01-05", says="COMPROMISED since 2026-01-05")
    enrolled.sign("participant-BW", enrolled.stick("BW", "2027", 2))
    enrolled.publish(fails=Conflict, says="participant-BW (1)")
    enrolled.sign("participant-BW", enrolled.stick("BW", "2027", 3))
    enrolled.publish()
    assert opened(enrolled).authorities["BW"]["keys"][0]["compromised_since"] == "2026-01-05"
    enrolled.here("compromise BW BW/sign/none --since 2026-01-05", fails=NotFound)
    enrolled.here("compromise BW BW/sign/2027-1 --since 2999-01-05", fails=SystemExit, says="still to come")


def test_offices_change_on_the_first_of_january(desk: Desk):
    new, online = desk.key("side/BW-2028"), desk.key("online/2")
    words = desk.here(
        "rotate offices", "--root", public(new), "--root", public(desk.eu), "--targets", public(new), "--targets",
        public(desk.eu), "--online", public(online),
    )  # fmt: skip
    assert "root: key taken away side/BW [" in words
    for key in (desk.bw, desk.eu, new):
        desk.sign("root", key)
    for key in (desk.eu, new):
        desk.sign("targets", key)
    desk.publish(fails=Conflict, says="none of the keys that sign")
    desk.online = online
    desk.publish()
    assert opened(desk).root_version == 2


def test_terms_are_renewed_and_the_hub_renews_its_own(desk: Desk):
    desk.here("renew targets", says="it is signed for another term")
    for key in (desk.bw, desk.eu):
        desk.sign("targets", key)
    desk.publish()
    assert json.loads(desk.here("publish --json", "--key", desk.online, "--passphrase-file", desk.secret))["files"] == [
        "timestamp.json"
    ]
    desk.here("renew snapshot", fails=SystemExit, says="is made anew by")


def test_participants_are_made_from_the_register(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KIMBERLEY_DIR", str(tmp_path / "no node"))
    said = desk.file("said.json", {"participants": {"BW": {"mode": "hosted"}}, "warned": ["KE"]})
    words = desk.here("propose participants.json --from-register", "--said", said)
    assert "AO (Angola): ADDED" in words
    assert "BW: mode" in words
    bad = desk.file("bad.json", {"participants": {"BW": {"status": "x"}}})
    desk.here("propose participants.json --from-register", "--said", bad, fails=Untrusted, says="BW")
    bad = desk.file("bad.json", {"participants": {"XX": {}}})
    desk.here("propose participants.json --from-register", "--said", bad, fails=SystemExit, says="XX stand not")
    bad = desk.file("bad.json", [])
    desk.here("propose participants.json --from-register", "--said", bad, fails=SystemExit, says="is wanted")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("init --online {pub}", "name either --root and --targets"),
        ("init --bilateral --side {pub} --online {pub}", "for two states: 1"),
        ("propose x", "name a FILE"), ("propose x {pub} --withdraw", "name a FILE"),
        ("propose x {pub} --said {pub}", "goes with --from-register"),
        ("propose x --from-register", "and nothing else"), ("rotate offices", "at least one office"),
        ("sign consent-bw --key {pub}", "such as consent-BW"), ("sign root --key {pub}", "nothing is proposed"),
        ("sign participant-ZZ --key {pub}", "nothing is proposed"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_with_what_to_do(desk: Desk, tmp_path: Path, command: str, says: str):
    folder = Desk(tmp_path / "empty") if command.startswith("init") else desk
    folder.here(command.format(pub=public(desk.bw)), fails=(SystemExit, KimberleyError), says=says)


def test_bad_files_are_named(desk: Desk, tmp_path: Path):
    empty = Desk(tmp_path / "empty")
    empty.here("inspect", fails=NotFound, says="trust init begins one")
    desk.here("init --bilateral", "--side", public(desk.bw), "--side", public(desk.eu), "--online", public(desk.online),
              fails=Conflict, says="holds a list already")  # fmt: skip
    empty.here("init --bilateral", "--side", desk.bw, "--side", public(desk.eu), "--online", public(desk.online),
               fails=Untrusted, says="is not a public key file")  # fmt: skip
    empty.here("init --bilateral", "--side", desk.file("x", "x"), "--side", public(desk.eu), "--online",
               public(desk.bw), fails=Untrusted, says="is not a public key file")  # fmt: skip
    desk.here("propose participants.json", desk.file("x", {}), fails=Untrusted, says="participants.json is not")
    desk.here("enrol", desk.file("x", {}), fails=Untrusted, says="not a participant's request")
    desk.here("propose alerts/1.json", desk.file("x", {}))
    desk.sign("targets", public(desk.bw), fails=Untrusted, says="holds no key to sign with")
    desk.secret.write_text("wrong passphrase")
    desk.sign("targets", desk.bw, fails=Untrusted, says="the passphrase is wrong")
    (desk.folder / "trust/metadata/1.targets.json").write_text("{")
    desk.here("inspect", fails=Untrusted, says="1.targets.json is not trust list metadata")


def test_a_ceremony_begins_only_when_everything_is_there(desk: Desk, tmp_path: Path):
    stick = tmp_path / "stick"
    stick.mkdir()
    base = ["ceremony", "participant", "BW", "--place=G", "--out", tmp_path / "r.json", *SMALL]
    desk.run(*base, f"--stick={stick}", "--present=A", fails=SystemExit, says="three different sticks")
    sticks = []
    for number in (1, 2, 3):
        (tmp_path / f"s{number}").mkdir()
        sticks.append(f"--stick={tmp_path / f's{number}'}")
    people = ["--present=A", "--present=B", "--present=C"]
    desk.run(*base, *sticks, "--present=A", fails=SystemExit, says="two officers and a witness")
    desk.run(*base, *sticks, *people, "--passphrase-file", desk.secret, fails=SystemExit, says="its own passphrase")
    desk.run(*base, *sticks, *people, "--keys=BW", fails=SystemExit, says="write AUTHORITY=FILE")
    bad = desk.file("k.json", keys_document("ZA", "sign/1"))
    desk.run(*base, *sticks, *people, f"--keys=BW={bad}", fails=Untrusted, says="keys.json of BW")
    desk.run(*base, *sticks, *people, stdin="y\nn\n", fails=Conflict, says="stopped at point 2; nothing was made")
    assert not list((tmp_path / "s1").iterdir())
    secrets = "".join(f"passphrase {n}\n" * 2 for n in (1, 2, 3))
    words = desk.run(*base, *sticks, *people, stdin="y\n" * 4 + secrets)
    assert "Read aloud and write down" in words
    desk.run(*base, *sticks, *people, fails=Conflict, says="exists: name another file")


def test_a_publication_that_broke_off_was_never_made(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Power fails before timestamp.json: the old list stands, and publishing again completes."""
    from openkimberley.node.trusting import folder

    desk.here("propose alerts/1.json", desk.file("a.json", {}))
    for key in (desk.bw, desk.eu):
        desk.sign("targets", key)
    before, write = opened(desk).versions, folder.write_atomically

    def dies(path: Path, data: bytes, mode: int = 0o644) -> None:
        if path.name == "timestamp.json":
            raise OSError("no power")
        write(path, data, mode)

    monkeypatch.setattr(folder, "write_atomically", dies)
    desk.publish(fails=OSError)
    monkeypatch.undo()
    assert opened(desk).versions == before
    desk.publish()
    assert opened(desk).versions["targets"] == 2


def test_new_online_keys_survive_a_publication_that_broke_off(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from openkimberley.node.trusting import folder

    online = desk.key("online/2")
    desk.here("rotate offices", "--online", public(online))
    for key in (desk.bw, desk.eu):
        desk.sign("root", key)
    write = folder.write_atomically

    def dies(path: Path, data: bytes, mode: int = 0o644) -> None:
        if path.name == "timestamp.json":
            raise OSError("no power")
        write(path, data, mode)

    monkeypatch.setattr(folder, "write_atomically", dies)
    desk.online = online
    desk.publish(fails=OSError)
    monkeypatch.undo()
    desk.publish()
    assert opened(desk).root_version == 2


@pytest.mark.django_db
def test_the_register_of_a_node_comes_from_its_database(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from openkimberley.node import place

    (tmp_path / "node").mkdir()
    (tmp_path / "node/node.json").write_text(json.dumps(place.here().config))
    monkeypatch.setenv("KIMBERLEY_DIR", str(tmp_path / "node"))
    desk.here("propose participants.json --from-register", says="AO (Angola): ADDED")


def test_names_from_another_machine_stay_inside_the_folder(tmp_path: Path):
    from openkimberley.node.trusting import folder

    for name in ("../x", "", "/etc/passwd"):
        with pytest.raises(Untrusted, match="outside"):
            folder._inside(tmp_path / "a", name)


def test_the_statuses_of_the_list_are_those_of_verification():
    assert statements.STATUSES == STATUSES


def test_the_benchmarks_set_opens_and_is_small():
    made = trust_set(participants=4, keys_each=12)
    found = open_list(made.trust, Memory(root=made.root), now=made.at, strict=True)
    assert len(found.authorities) == 4
    assert all(len(one["keys"]) == 12 for one in found.authorities.values())
    assert made.sizes()["gzip"] < made.sizes()["json"]


def test_trust_runs_without_django():
    code = (
        "import sys, openkimberley.node.trusting; "
        "assert not [m for m in sys.modules if m.split('.')[0] in ('django', 'ninja', 'sqlite3')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
