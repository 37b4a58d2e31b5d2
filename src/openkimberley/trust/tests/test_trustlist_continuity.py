"""A participant's keys change with the consent of the old ones, or after a public notice (threat T16)."""

from __future__ import annotations

import pytest
from tuf.api.metadata import TargetFile

from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust.canonical import canonical
from openkimberley.trust.tests.lists import DAY, START, Scheme, forged, key, keys, keys_document, opened, scheme
from openkimberley.trust.trustlist import ceremony, continuity, gathering, making, metadata, publishing, rotating
from openkimberley.trust.trustlist.facts import Delegation
from openkimberley.trust.trustlist.roles import PROPOSED, continuity_file, keys_file


@pytest.fixture
def made() -> Scheme:
    return scheme()


@pytest.fixture
def memory(made):
    return opened(made.bundle, made.newcomer(), START).memory


def substituted(made: Scheme, thieves, **contents: bytes):
    """Root and targets agree to put their own keys under Botswana's name, and publish a key of theirs there."""

    def change(top):
        making.delegate(metadata.Metadata(top), "BW", [one.public() for one in thieves], 2)
        for path, data in contents.items():
            top.targets[path] = TargetFile.from_data(path, data, ["sha256"])

    trust = forged(made, "targets", change, made.top[:2], **contents)
    path, data = keys_file("BW", "BW"), canonical(keys_document("BW", "sign/stolen"))
    own = made.repo.need("participant-BW")
    own.signed.version += 1
    own.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
    own.signatures.clear()
    for one in thieves[:2]:
        metadata.sign(own, one)
    from openkimberley.trust.tests.lists import hub_again

    text = own.to_bytes().decode()
    trust["metadata"].pop("1.participant-BW.json")
    trust["metadata"]["2.participant-BW.json"] = text
    trust["targets"][path] = data.decode()
    snap = metadata.load(metadata.Snapshot, trust["metadata"]["2.snapshot.json"].encode(), "snapshot")
    made.repo = publishing.replace(
        made.repo,
        metadata={name: one.encode() for name, one in trust["metadata"].items()},
        targets={name: one.encode() for name, one in trust["targets"].items()},
    )
    assert snap.signed.version == 2
    return hub_again(made, trust, "participant-BW", 2, text)


def test_substituted_keys_do_not_count_and_the_old_ones_stay_in_force(made, memory):
    trust = substituted(made, keys("thief/1", "thief/2"))
    found = opened(trust, memory, START)
    assert "without the consent of the old ones" in found.pending["BW"]
    assert [one["kid"] for one in found.authorities["BW"]["keys"]] == ["BW/sign/2027-1", "BW/status/2027-1"]
    assert found.memory.delegations["BW"].digest == memory.delegations["BW"].digest
    again = opened(trust, found.memory, START + 400 * DAY, reference_time=START)
    assert "BW" in again.pending  # no time heals it


def test_the_consent_of_enough_old_keys_lets_the_new_ones_count(made, memory):
    made.later(5).replace_keys("BW", "b")
    assert made.publish().pending == {}
    found = opened(made.bundle, memory, made.at)
    assert found.pending == {}
    assert found.memory.delegations["BW"].digest != memory.delegations["BW"].digest
    assert found.memory.delegations["BW"].version == 2
    assert opened(made.bundle, found.memory, made.at).pending == {}


def test_one_old_key_alone_is_not_enough(made, memory):
    made.later(5).replace_keys("BW", "b", agree=1)
    with pytest.raises(Conflict, match=r"nobody would believe .* BW: its keys were replaced without"):
        made.publish()


def test_two_changes_missed_by_a_machine_are_followed_one_by_one(made, memory):
    made.later(5).replace_keys("BW", "b")
    made.publish()
    made.later(5).replace_keys("BW", "c")
    made.publish()
    found = opened(made.bundle, memory, made.at)
    assert found.pending == {}
    assert found.memory.delegations["BW"].version == 3


def test_an_old_consent_is_not_played_again(made, memory):
    first = made.own["BW"]
    made.later(5).replace_keys("BW", "b")
    made.publish()
    second = made.own["BW"]
    made.later(5)
    made.repo = rotating.replace_keys(made.repo, "BW", [one.public() for one in first], 2, terms=made.terms, at=made.at)
    for one in second[:2]:
        made.repo = rotating.consent(made.repo, "BW", one, terms=made.terms, at=made.at)
    made.own["BW"] = first
    made.sign_own("BW")
    made.publish()
    memory = opened(made.bundle, memory, made.at).memory
    assert memory.delegations["BW"].version == 3

    def again(top):
        making.delegate(metadata.Metadata(top), "BW", [one.public() for one in second], 2)
        del top.targets[continuity_file("BW", 3)]

    found = opened(forged(made, "targets", again, made.top[:2]), memory, made.at)
    assert "without the consent" in found.pending["BW"]


def test_a_participant_does_not_vanish_from_the_list_unnoticed(made, memory):
    def drop(top):
        del top.delegations.roles["participant-BW"]

    found = opened(forged(made, "targets", drop, made.top[:2]), memory, START)
    assert "taken off the list" in found.pending["BW"]
    assert found.authorities["BW"]["keys"]  # its own file still stands, signed by its old keys
    again = found.memory.delegations["BW"]
    assert again.digest == memory.delegations["BW"].digest


def test_an_emergency_counts_after_fourteen_days_of_notice(made, memory):
    made.later(3).replace_keys("BW", "b", agree=0, emergency=True)
    assert "emergency" in made.publish().pending["BW"]
    found = opened(made.bundle, memory, made.at)
    assert "it counts from 2027-01-18" in found.pending["BW"]
    assert [one["kid"] for one in found.authorities["BW"]["keys"]]  # the last trusted
    made.later(6).publish()
    middle = opened(made.bundle, found.memory, made.at)
    assert "BW" in middle.pending
    made.later(6).publish()
    made.later(3).publish()
    late = opened(made.bundle, middle.memory, made.at)
    assert late.pending == {}
    assert late.memory.delegations["BW"].digest != memory.delegations["BW"].digest


def test_a_new_machine_holds_during_the_notice_too(made):
    made.later(3).replace_keys("BW", "b", agree=0, emergency=True)
    made.publish()
    found = opened(made.bundle, made.newcomer(), made.at)
    assert "it counts from 2027-01-18" in found.pending["BW"]
    made.later(5)
    made.propose(keys_file("BW", "BW"), canonical(keys_document("BW", "sign/2027-2")))
    made.sign_own("BW")
    made.publish()  # the new keys work meanwhile; all know that they wait
    found = opened(made.bundle, found.memory, made.at)
    assert "it counts from 2027-01-18" in found.pending["BW"]
    for days in (5, 5):
        made.later(days).publish()
    assert opened(made.bundle, found.memory, made.at).pending == {}


def test_an_emergency_dated_back_is_not_believed_without_the_trust_log(made, memory):
    made.later(3).replace_keys("BW", "b", agree=0, emergency=True)
    path = continuity_file("BW", 2)
    stated = continuity.payload(
        "BW", 2, rotating.delegation(made.repo, "BW", published=True), rotating.delegation(made.repo, "BW"),
        since=made.at - 30 * DAY,
    )  # fmt: skip
    made.propose(path, continuity.emergency(stated))
    made.publish()
    found = opened(made.bundle, memory, made.at)
    assert "it counts from 2027-01-18" in found.pending["BW"]
    witnessed = {"2.targets.json": made.at - 15 * DAY}
    assert opened(made.bundle, memory, made.at, noticed=witnessed).pending == {}
    recent = {"2.targets.json": made.at - 13 * DAY}
    assert "BW" in opened(made.bundle, memory, made.at, noticed=recent).pending


def test_another_emergency_starts_the_notice_again(made, memory):
    made.later(1).replace_keys("BW", "b", agree=0, emergency=True)
    made.publish()
    memory = opened(made.bundle, memory, made.at).memory
    made.later(6).publish()
    made.later(6).replace_keys("BW", "c", agree=0, emergency=True)
    made.publish()
    found = opened(made.bundle, memory, made.at)
    assert "it counts from 2027-01-28" in found.pending["BW"]


def test_an_enrolment_without_a_ceremony_does_not_count(made):
    def forget(top):
        del top.targets["ceremonies/BW-1.json"]

    found = opened(forged(made, "targets", forget, made.top[:2]), made.newcomer(), START)
    assert "without the record of a key ceremony" in found.pending["BW"]
    assert "BW" not in found.authorities
    assert "BW" not in found.memory.delegations


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"{}", b'{"emergency":false,"since":"2027-01-01T00:00:00Z"}', b"\xff", b"a.b.c",
     b'{"emergency":true,"since":"yesterday","participant":"BW","version":2,"old":[],"new":[],"threshold":1}'],
)  # fmt: skip
def test_an_unreadable_continuity_file_proves_nothing(made, memory, data):
    with pytest.raises(Untrusted, match=r"continuity/BW-2\.jws"):
        continuity.read("continuity/BW-2.jws", data)
    old = memory.delegations["BW"]
    new = Delegation(1, {"x": key("other").public()})
    found = continuity.judge(
        "BW", new, old, {"continuity/BW-2.jws": data}, awaited=None, now=START, noticed={}
    )  # fmt: skip
    assert found.counts is old


def test_a_continuity_file_speaks_for_its_own_name_and_with_one_voice(made):
    old = rotating.delegation(made.repo, "BW")
    new = Delegation(1, {"x": key("other").public()})
    lines = [
        continuity.consent(continuity.payload("BW", version, old, new), one, "a")
        for version, one in zip((2, 3), made.own["BW"], strict=False)
    ]
    with pytest.raises(Untrusted, match="different things"):
        continuity.read("continuity/BW-2.jws", "\n".join(lines).encode())
    with pytest.raises(Untrusted, match="another participant or version"):
        continuity.read("continuity/ZA-2.jws", lines[0].encode())


# Making: what is refused before anything is signed


def test_offices_are_different_people():
    one = key("a").public()
    with pytest.raises(Conflict, match="stands twice"):
        making.begin({"root": [one, one, one]}, terms=PROPOSED, at=START)
    with pytest.raises(Conflict, match="root needs at least 3 keys, 1 are named"):
        making.begin({"root": [one]}, terms=PROPOSED, at=START)


def test_what_cannot_be_right_is_not_proposed(made):
    with pytest.raises(Conflict, match="count up"):
        made.propose(
            "participants.json", {**__import__("json").loads(made.repo.targets["participants.json"]), "warned": []}
        )
    for path in ("", "/x", "a/../b", "participants/bw/x"):
        with pytest.raises(Conflict):
            made.propose(path, b"x")
    with pytest.raises(NotFound):
        made.propose(keys_file("CF", "CF"), canonical(keys_document("CF", "sign/1")))
    with pytest.raises(NotFound):
        making.withdraw(made.repo, "nothing", terms=made.terms, at=made.at)
    with pytest.raises(Conflict, match=r"participants\.json"):
        made.enrol("CF")
    with pytest.raises(Conflict, match="rotate"):
        made.enrol("BW")


def test_only_a_roles_own_keys_sign_and_only_what_is_proposed(made):
    with pytest.raises(Conflict, match="nothing is proposed for targets"):
        made.sign("targets", made.top[:1])
    made.propose("alerts/1.json", b"{}")
    with pytest.raises(Conflict, match="none of the keys that sign targets"):
        made.sign("targets", made.root[:1])
    with pytest.raises(Conflict, match=r"signatures are missing: targets \(2\)"):
        publishing.publish(made.repo, snapshot=made.hub, timestamp=made.clock, terms=made.terms, at=made.at)
    made.sign_targets()
    with pytest.raises(Conflict, match="none of the keys that sign timestamp"):
        publishing.publish(made.repo, snapshot=made.hub, timestamp=made.hub, terms=made.terms, at=made.at)


def test_consent_is_asked_of_old_keys_for_a_proposed_change(made):
    with pytest.raises(Conflict, match="no change"):
        rotating.consent(made.repo, "BW", made.own["BW"][0], terms=made.terms, at=made.at)
    made.replace_keys("BW", "b", agree=0)
    with pytest.raises(Conflict, match="none of the old keys"):
        rotating.consent(made.repo, "BW", made.own["BW"][0], terms=made.terms, at=made.at)
    with pytest.raises(Conflict, match="different keys"):
        rotating.rotate_root(made.repo, {"root": [key("x").public()] * 3}, terms=made.terms, at=made.at)


def test_signatures_made_on_two_copies_come_together(made):
    made.later(1).propose("alerts/1.json", b"{}")
    here = gathering.add_signature(made.repo, "targets", made.top[0])
    there = gathering.add_signature(made.repo, "targets", made.top[3])
    both, taken = gathering.collect(here, there, terms=made.terms, at=made.at)
    assert taken == ["targets: signature of targets/3"]
    assert gathering.missing(both, "targets") == 0
    made.propose("alerts/1.json", b"[]")
    with pytest.raises(Conflict, match="another targets"):
        gathering.collect(made.repo, there, terms=made.terms, at=made.at)
    with pytest.raises(Conflict, match="this one does not"):
        gathering.collect(scheme().repo, there, terms=made.terms, at=made.at)


def test_consents_given_on_two_copies_come_together(made, memory):
    old = made.own["BW"]
    made.later(1).replace_keys("BW", "b", agree=0)
    here = rotating.consent(made.repo, "BW", old[0], terms=made.terms, at=made.at)
    there = rotating.consent(made.repo, "BW", old[2], terms=made.terms, at=made.at + DAY / 24)
    made.repo, taken = gathering.collect(here, there, terms=made.terms, at=made.at)
    assert len(taken) == 1
    made.publish()
    assert opened(made.bundle, memory, made.at).pending == {}


def test_a_ceremony_is_signed_by_all_its_keys_and_by_nobody_for_another_state():
    own = keys("BW/trust/1", "BW/trust/2", "BW/trust/3")
    files = {keys_file("BW", "BW"): canonical(keys_document("BW", "sign/1"))}
    about = {"present": ["A", "B", "C"], "place": "Gaborone", "terms": PROPOSED, "at": START}
    request = ceremony.hold("BW", own, files, **about)
    assert ceremony.Request.from_bytes(request.to_bytes()).threshold == 2
    with pytest.raises(Conflict, match="different keys"):
        ceremony.hold("BW", own[:1], files, **about)
    with pytest.raises(Conflict, match="authority of ZA"):
        ceremony.hold("ZA", own, files, **about)
    import json

    written = json.loads(request.to_bytes())
    other = {**written, "keys": [one.public().as_json() for one in keys("x", "y", "z")]}
    missing = {
        **written,
        "transcript": {**written["transcript"], "signatures": written["transcript"]["signatures"][:2]},
    }
    for bad in (other, missing, {}, {**written, "participant": "bw"}, {**written, "threshold": 1}):
        with pytest.raises(Untrusted):
            ceremony.Request.from_bytes(canonical(bad))
