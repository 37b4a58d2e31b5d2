"""Three years of the trust list: offices change, keys rotate, are lost and stolen, a participant is suspended.

After each event three machines look: one that saw everything, one that last synced some time before, and one that knows
nothing but the very first root. And the bundle of the event before is refused by whoever saw the newer one.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.trust.canonical import b64u, canonical, sha256
from openkimberley.trust.tests.lists import DAY, Scheme, key, keys, keys_document, opened, participants, scheme
from openkimberley.trust.trustlist import Memory, making, publishing, rotating
from openkimberley.trust.trustlist.roles import BILATERAL, keys_file

ORIGIN = "journal.za.example/1"


class World:
    """The scheme, and machines that look at its list now and then."""

    def __init__(self) -> None:
        self.made = scheme()
        self.close = opened(self.made.bundle, self.made.newcomer(), self.made.at).memory
        self.far = self.close
        self.before = self.made.bundle
        self.history: list[str] = []

    def at(self, year: int, month: int, day: int) -> Scheme:
        """Go on to a day; the hub renews what it must every five days on the way."""
        then = datetime(year, month, day, 9, tzinfo=UTC)
        while self.made.at + 5 * DAY < then:
            self.made.later(5)
            self.hub_alone()
        self.made.at = then
        return self.made

    def hub_alone(self) -> None:
        self.made.publish()
        self.close = opened(self.made.bundle, self.close, self.made.at).memory
        self.before = self.made.bundle

    def happened(self, what: str):
        """Publish, and let everybody look."""
        self.made.publish()
        trust = self.made.bundle
        found = opened(trust, self.close, self.made.at)
        assert found.pending == {}, what
        with pytest.raises(Untrusted, match=r"never goes back|signed by 0 of the 1 keys of timestamp"):
            opened(self.before, found.memory, self.made.at, reference_time=self.close.synced)
        # Long without a network: whatever has expired since, the newest bundle still reaches it through all roots.
        far = opened(trust, self.far, self.made.at, reference_time=self.far.synced)
        new = opened(trust, self.made.newcomer(), self.made.at)
        assert far.authorities == new.authorities == found.authorities
        assert far.versions == new.versions == found.versions
        assert Memory.from_bytes(far.memory.to_bytes()) == far.memory
        self.close, self.before = found.memory, trust
        if len(self.history) % 3 == 2:
            self.far = far.memory
        self.history.append(what)
        return found

    def renew_targets(self, changes=None) -> None:
        serial = json.loads(self.made.repo.targets["participants.json"])["serial"] + 1
        self.made.propose("participants.json", changes(serial) if changes else same(self.made, serial))

    def renew_participants(self) -> None:
        for code in ("BW", "ZA"):
            if f"participant-{code}" not in self.made.repo.staged:
                self.made.repo = making.renew(
                    self.made.repo, f"participant-{code}", terms=self.made.terms, at=self.made.at
                )
            self.made.sign_own(code)

    def new_offices(self, year: int) -> None:
        """1 January: the Chair moves on, and with it two of five root keys and one of four keys of targets."""
        made = self.made
        root = [*made.root[2:], *keys(f"root/{year}/1", f"root/{year}/2")]
        top = [*made.top[1:], key(f"targets/{year}")]
        public = {"root": [one.public() for one in root], "targets": [one.public() for one in top]}
        made.repo = rotating.rotate_root(made.repo, public, terms=made.terms, at=made.at)
        made.sign("root", made.root[2:])  # three old ones, of which all stay
        made.sign("root", root[-2:])
        made.root, made.top = root, top


def same(made: Scheme, serial: int):
    return {**json.loads(made.repo.targets["participants.json"]), "serial": serial}


def test_three_years_of_the_list():
    world = World()

    made = world.at(2027, 5, 20)
    world.renew_targets()
    world.happened("Intersessional signs targets")

    made = world.at(2027, 7, 1)
    document = keys_document("BW", "sign/2027-1", "sign/2027-2", "status/2027-1")
    document["keys"][0].update(state="retired", naf="2027-09-30")
    made.propose(keys_file("BW", "BW"), canonical(document))
    made.sign_own("BW")
    found = world.happened("Botswana rotates the key that signs")
    assert [one["state"] for one in found.authorities["BW"]["keys"]] == ["retired", "active", "active"]

    made = world.at(2027, 11, 10)
    world.renew_targets()
    world.happened("Plenary signs targets")

    made = world.at(2027, 12, 10)
    made.replace_keys("BW", "2028")
    made.replace_keys("ZA", "2028")
    world.happened("yearly keys of the participants, with the consent of the old ones")

    made = world.at(2028, 1, 1)
    world.new_offices(2028)
    assert world.happened("root 2").root_version == 2

    made = world.at(2028, 3, 2)
    lost = made.own["BW"][0]  # a stick that nobody can open any more
    made.own["BW"] = [one for one in made.own["BW"] if one is not lost]
    made.propose(keys_file("BW", "BW"), canonical(keys_document("BW", "sign/2027-2", "sign/2028-1", "status/2027-1")))
    made.sign_own("BW", made.own["BW"])
    world.happened("one of three keys lost: the two others sign")
    made.own["BW"].append(lost)  # only so that the rotation below takes its first two consents from the others
    made.own["BW"].sort(key=lambda one: one is lost)
    made.later(1).replace_keys("BW", "2028b")
    world.happened("and agree to three new ones")

    made = world.at(2028, 5, 20)
    world.renew_targets()
    made.repo = making.compromise(
        made.repo, "ZA", "ZA/sign/2027-1", date(2028, 5, 2), terms=made.terms, at=made.at
    )  # fmt: skip
    with pytest.raises(Conflict, match=r"participant-ZA \(2\)"):
        publishing.publish(made.repo, snapshot=made.hub, timestamp=made.clock, terms=made.terms, at=made.at)
    made.sign_own("ZA")
    found = world.happened("a key of South Africa is stolen")
    key_of = found.authorities["ZA"]["keys"][0]
    assert (key_of["state"], key_of["compromised_since"]) == ("compromised", "2028-05-02")
    with pytest.raises(Conflict, match="since 2028-05-02"):
        making.compromise(made.repo, "ZA", "ZA/sign/2027-1", date(2028, 6, 1), terms=made.terms, at=made.at)

    made = world.at(2028, 9, 4)

    def suspended(serial: int):
        document = participants(serial, "2028-09-04")
        history = document["participants"]["ZA"]["history"]
        history[0]["until"] = "2028-09-01"
        point = {"size": 4711, "root": b64u(sha256(b"tree"))}
        history.append({
            "status": "SUSPENDED", "from": "2028-09-01", "until": None, "zones": [], "source": "AD 2028/1",
            "log_freeze": {ORIGIN: point},
        })  # fmt: skip
        return document

    world.renew_targets(suspended)
    found = world.happened("South Africa is suspended, its log pinned")
    assert found.participants["ZA"]["history"][-1]["log_freeze"][ORIGIN]["size"] == 4711

    made = world.at(2028, 12, 5)
    made.replace_keys("BW", "2029")
    made.replace_keys("ZA", "2029")
    world.renew_targets()
    world.happened("yearly keys again")

    made = world.at(2029, 1, 1)
    world.new_offices(2029)
    made.hub, made.clock = key("hub/2"), key("clock/2")
    online = {"snapshot": [made.hub.public()], "timestamp": [made.clock.public()]}
    made.repo = rotating.rotate_root(made.repo, online, terms=made.terms, at=made.at)
    made.sign("root", keys("root/4", "root/2028/1", "root/2028/2"))
    made.sign("root", made.root[-2:])
    assert world.happened("root 3, new online keys").root_version == 3

    for month, what in ((6, "targets"), (11, "targets and participants")):
        made = world.at(2029, month, 1)
        world.renew_targets()
        world.renew_participants()
        world.happened(what)

    made = world.at(2029, 12, 31)
    found = world.happened("the end")
    assert found.root_version == 3
    assert {one["f"] for one in made.entries} >= {"1.root.json", "2.root.json", "3.root.json", "timestamp.json"}
    assert len(world.history) == 14


def test_two_states_begin_alone_and_neither_acts_without_the_other():
    sides = keys("BW/trust", "EU/trust")
    made = Scheme(terms=BILATERAL, root=sides, top=sides).found()
    rows = participants(2)
    rows["participants"]["EU"] = {**rows["participants"]["BW"], "name": "European Union"}
    made.propose("participants.json", rows)
    made.enrol("BW")
    made.enrol("EU")
    made.sign("targets", sides[:1])
    with pytest.raises(Conflict, match=r"targets \(1\)"):
        publishing.publish(made.repo, snapshot=made.hub, timestamp=made.clock, terms=made.terms, at=made.at)
    found = made.publish()
    assert set(found.authorities) == {"BW", "EU"}
    assert opened(made.bundle, made.newcomer(), made.at).root_version == 1
    made.later(1)
    made.repo = rotating.rotate_root(
        made.repo, {"root": [one.public() for one in keys("x", "y")]}, terms=made.terms, at=made.at
    )
    made.sign("root", [sides[0], *keys("x", "y")])
    with pytest.raises(Conflict, match=r"root \(1\)"):
        publishing.publish(made.repo, snapshot=made.hub, timestamp=made.clock, terms=made.terms, at=made.at)


def test_pythons_own_tuf_client_opens_what_we_make(tmp_path):
    """The files are plain TUF: another program with another client reads them."""
    from tuf.api.exceptions import DownloadHTTPError
    from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

    made = Scheme(at=datetime.now(UTC)).found()
    made.enrol("BW")
    made.publish()
    files = {f"https://x/m/{name}": data for name, data in made.repo.metadata.items()}
    files |= {f"https://x/t/{path}": data for path, data in made.repo.targets.items()}

    class Mirror(FetcherInterface):
        def _fetch(self, url):
            if url not in files:
                raise DownloadHTTPError("none", 404)
            yield files[url]

    (tmp_path / "t").mkdir()
    updater = Updater(
        str(tmp_path), "https://x/m/", str(tmp_path / "t"), "https://x/t/", fetcher=Mirror(), bootstrap=made.first_root,
        config=UpdaterConfig(prefix_targets_with_hash=False),
    )  # fmt: skip
    updater.refresh()
    path = keys_file("BW", "BW")
    assert updater.get_targetinfo(path) is not None
    target = updater.download_target(updater.get_targetinfo(path), str(tmp_path / "keys.json"))
    assert Path(target).read_bytes() == made.repo.targets[path]
