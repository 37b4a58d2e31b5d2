"""What a machine adopts, and what it then refuses: no part of a bundle goes back, and no other list passes for its."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from openkimberley.kernel.errors import Untrusted
from openkimberley.node import bundles, place
from openkimberley.node.cli import main_group
from openkimberley.node.parts import Parts
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.tests.lists import Scheme, key, keys
from openkimberley.trust.trustlist import rotating
from openkimberley.verification.tests.test_opening import URI, bundle, local, made, status_list  # noqa: F401

USED = [{"cid": b64u(bytes(32)), "authority": "BW"}]


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def adopt(found, written):
    return bundles.adopt(canonical(written), now=found.at + timedelta(minutes=1))


def load(found, written, **more):
    return bundles.load(canonical(written), now=found.at + timedelta(minutes=1), **more)


def newer(found):
    """A bundle of a day later, by which a certificate is used; and the older parts."""
    parts = {"local": local(found, used=[]), "status_lists": [status_list(found)]}
    found.later(1).publish()
    return bundle(found, local=local(found, used=USED)), parts


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("part", ["local", "status_lists"])
def test_an_older_part_under_the_same_list_is_refused(made, part, lost):  # noqa: F811
    written, old = newer(made)
    assert adopt(made, written).as_json()["used"] == USED
    if lost:  # as it was adopted by a program that kept no such file
        place.adopted_parts().unlink()
    for act in (adopt, load):
        with pytest.raises(Untrusted, match=r"is of 2027-.* older than the one of .* newest bundle"):
            act(made, {**written, part: old[part]})
    assert load(made, written).as_json()["used"] == USED
    adopt(made, written)


def test_a_bundle_without_the_authoritys_own_part_is_refused_once_there_was_one(made):  # noqa: F811
    written, _ = newer(made)
    public = {name: part for name, part in written.items() if name != "local"}
    adopt(made, public)  # whoever never had one misses nothing
    adopt(made, written)
    for act in (adopt, load):
        with pytest.raises(Untrusted, match="lacks the part that BW signed"):
            act(made, public)


def test_the_part_of_another_authority_is_refused(made):  # noqa: F811
    adopt(made, bundle(made))
    said = {"authority": "ZA", "iss": "https://kp.example/p/ZA"}
    with pytest.raises(Untrusted, match=r"for the officers of ZA, and this machine is one of BW: .* remove"):
        adopt(made, bundle(made, local=local(made, kid="ZA/status/2027-1", **said)))


def test_a_missing_status_list_is_no_step_back_and_forgets_nothing(made):  # noqa: F811
    written, old = newer(made)
    adopt(made, written)
    assert adopt(made, {**written, "status_lists": []}).as_json()["status_lists"] == {}
    with pytest.raises(Untrusted, match="the status list BW/2027-1"):
        adopt(made, {**written, "status_lists": old["status_lists"]})


def test_a_part_dated_ahead_keeps_no_later_one_out(made):  # noqa: F811
    at = int(made.at.timestamp())
    kept = Parts().with_(Parts({"BW": at + 9_999}, {URI: at + 9_999}), now=made.at)
    kept.check(Parts({"BW": at}, {URI: at}))
    assert kept.with_(Parts({"BW": at}, {URI: at}), now=made.at - timedelta(days=9)) == kept  # nor a clock put back


def test_a_damaged_memory_is_said(made):  # noqa: F811
    adopt(made, bundle(made))
    place.adopted_parts().write_bytes(b"{}")
    with pytest.raises(Untrusted, match=r"parts\.json is damaged"):
        adopt(made, bundle(made))


def test_a_list_of_its_own_making_does_not_pass_for_the_adopted_one(made, tmp_path):  # noqa: F811
    own = Scheme(root=keys(*(f"forger/{n}" for n in range(5)))).found()
    own.publish()
    forged, paper = tmp_path / "forged.json", tmp_path / "paper.txt"
    forged.write_bytes(canonical({"v": 2, "trust": own.bundle}))
    paper.write_text("BW0012345")
    asked = ["verify", str(paper), "--bundle", str(forged), "--at", "2027-01-02"]
    assert json.loads(run(*asked, "--json"))["bundle_signed"]  # naming it is all that a new machine has
    adopt(made, bundle(made))
    told = json.loads(run(*asked, "--json"))
    assert not told["bundle_signed"]
    for root in (own.bundle, made.bundle):
        assert bundles.root_fingerprint(root) in told["bundle_foreign"]
    assert "do not rely on that bundle" in run(*asked)
    with pytest.raises(Untrusted):
        adopt(own, {"v": 2, "trust": own.bundle})


def run(*words):
    return CliRunner().invoke(main_group, list(words)).output


@pytest.mark.parametrize("lost", [False, True])
def test_the_adopted_list_from_before_its_offices_changed_is_refused(made, lost):  # noqa: F811
    old = bundle(made)
    made.later(1)
    made.clock = key("clock/2")
    made.repo = rotating.rotate_root(made.repo, {"timestamp": [made.clock.public()]}, terms=made.terms, at=made.at)
    made.sign_root()
    made.publish()
    adopt(made, bundle(made))
    if lost:
        place.adopted_parts().unlink()
    with pytest.raises(Untrusted, match="it is from before, ask your authority"):
        load(made, old)
    assert load(made, old, remembering=False).trust


class Shared(dict):
    """What is kept, while another thread always keeps its own thing right afterwards."""

    def update(self, **kept):
        super().update(dict.fromkeys(kept, "another thread's"))

    def __setitem__(self, name, kept):
        super().__setitem__(name, ("key", "another thread's"))


def test_a_desk_judges_by_its_own_bundle_whatever_other_threads_keep(monkeypatch):
    monkeypatch.setattr(bundles, "_desk", Shared())
    monkeypatch.setattr(bundles, "_own", lambda at: bundles.Own("key", None, {}))
    monkeypatch.setattr(bundles, "_evaluated", lambda found, authority, at: f"of {authority}")
    monkeypatch.setattr(bundles, "Bundle", lambda written, prove: written)
    monkeypatch.setattr("openkimberley.journal.queries.head", lambda: "head")
    for authority in ("EU-BE", "BW", "EU-BE"):
        assert bundles.desk_bundle(Scheme().at, authority) == f"of {authority}"


def test_a_nodes_own_list_is_opened_whatever_other_threads_keep(made, monkeypatch, tmp_path):  # noqa: F811
    folder = tmp_path / "trust" / "metadata"
    folder.mkdir(parents=True)
    (folder / "timestamp.json").write_text("{}")
    monkeypatch.setenv("KIMBERLEY_DIR", str(tmp_path))
    monkeypatch.setattr(bundles, "_listed", Shared())
    monkeypatch.setattr(bundles.Folder, "load", lambda folder: made.repo)
    assert bundles.listed(at=made.at).authorities["BW"]
