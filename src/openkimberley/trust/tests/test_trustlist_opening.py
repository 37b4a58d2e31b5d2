"""Opening the trust list: all that tuf-conformance asks of a client, through our own opening; threats T16 and T20."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from tuf.api.metadata import Key, MetaFile, TargetFile

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.tests.lists import (
    DAY,
    START,
    Scheme,
    forged,
    hub_again,
    key,
    keys,
    keys_document,
    opened,
    participants,
    scheme,
)
from openkimberley.trust.trustlist import Memory, making, metadata, open_list, rotating
from openkimberley.trust.trustlist.documents import read_keys, read_participants
from openkimberley.trust.trustlist.facts import fingerprint
from openkimberley.trust.trustlist.roles import keys_file


@pytest.fixture
def made() -> Scheme:
    return scheme()


def refused(trust, memory, at, words, **more):
    with pytest.raises(Untrusted, match=words) as caught:
        opened(trust, memory, at, **more)
    assert caught.value.step == "0 trust list"


def test_a_list_opens_and_says_whose_keys_count(made):
    found = opened(made.bundle, made.newcomer(), START)
    assert set(found.authorities) == {"BW", "ZA"}
    assert found.authorities["BW"]["keys"][0]["kid"] == "BW/sign/2027-1"
    assert found.participants["ZA"]["name"] == "South Africa"
    assert found.pending == {}
    assert found.as_json() == {"root_version": 1, "serial": 1, "expires": "2027-01-08T09:00:00Z", "pending": {}}
    assert "ceremonies/BW-1.json" in found.targets
    assert found.issued == START


def test_what_a_machine_remembers_is_written_and_read_back(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    assert Memory.from_bytes(memory.to_bytes()) == memory
    for bad in (b"{}", b"[]", b"x", b'{"v":1}', memory.to_bytes().replace(b'"serial":1', b'"serial":"x"')):
        with pytest.raises(Untrusted):
            Memory.from_bytes(bad)


# Expiry and freeze (T20)


def test_a_frozen_list_is_refused_where_a_network_could_have_brought_a_newer_one(made):
    refused(made.bundle, made.newcomer(), START + 8 * DAY, "timestamp.json expired on 2027-01-08")


def test_a_machine_without_a_network_opens_what_it_has_at_its_last_sync(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    found = opened(made.bundle, memory, START + 60 * DAY, reference_time=memory.synced)
    assert found.issued == START  # the age is 60 days, and the verifier says so
    assert found.memory.synced == START


def test_a_newer_list_on_a_stick_reaches_a_post_that_was_long_alone(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    made.later(30).publish()
    refused(made.bundle, memory, START + 40 * DAY, "expired")
    found = opened(made.bundle, memory, START + 40 * DAY, reference_time=memory.synced)
    assert found.issued == START + 30 * DAY
    assert found.memory.synced == START + 30 * DAY


@pytest.mark.parametrize(("role", "days"), [("snapshot", 31), ("targets", 184), ("root", 731)])
def test_each_expired_role_is_refused_by_name(made, role, days):
    made.at = START + days * DAY
    trust = made.bundle
    if role != "snapshot":  # the hub signs on, whatever the offices do
        made.terms = {**made.terms, "snapshot": made.terms["root"], "timestamp": made.terms["root"]}
        snapshot = made.repo.need("snapshot")
        snapshot.signed.expires = made.at + DAY
        snapshot.signatures.clear()
        metadata.sign(snapshot, made.hub)
        trust["metadata"]["1.snapshot.json"] = snapshot.to_bytes().decode()
    stamp = made.repo.need("timestamp")
    stamp.signed.snapshot_meta = MetaFile.from_data(1, trust["metadata"]["1.snapshot.json"].encode(), ["sha256"])
    stamp.signed.expires = made.at + DAY
    stamp.signatures.clear()
    metadata.sign(stamp, made.clock)
    trust["metadata"]["timestamp.json"] = stamp.to_bytes().decode()
    refused(trust, made.newcomer(), made.at, f"{role}.* expired")


def test_a_timestamp_from_the_future_is_refused(made):
    trust = forged(
        made, "timestamp", lambda s: s.unrecognized_fields.update(issued="2027-02-01T00:00:00Z"), [made.clock]
    )
    refused(trust, made.newcomer(), START, "future")
    trust = forged(made, "timestamp", lambda s: s.unrecognized_fields.pop("issued"), [made.clock])
    refused(trust, made.newcomer(), START, "does not say when")


# Rollback, mix and match, fast-forward


def test_nothing_goes_back(made):
    old = made.bundle
    memory = opened(old, made.newcomer(), START).memory
    made.later(1).publish()
    memory = opened(made.bundle, memory, made.at).memory
    refused(old, memory, made.at, "timestamp has version 1; this machine has seen 2")


def test_a_snapshot_that_goes_back_or_leaves_somebody_out_is_refused(made):
    made.later(1).propose("participants.json", participants(2))
    made.publish()
    memory = opened(made.bundle, made.newcomer(), made.at).memory

    def back(snap):
        snap.version += 1
        snap.meta["targets.json"].version = 1

    def without(snap):
        snap.version += 1
        del snap.meta["participant-BW.json"]

    for change, words in (
        (back, "targets has version 1; this machine has seen 2"),
        (without, "leaves out participant-BW"),
    ):
        snap = made.repo.need("snapshot")
        change(snap.signed)
        snap.signatures.clear()
        metadata.sign(snap, made.hub)
        trust = made.bundle
        trust["metadata"][f"{snap.signed.version}.snapshot.json"] = snap.to_bytes().decode()
        refused(
            hub_again(made, trust, "snapshot", snap.signed.version, snap.to_bytes().decode()), memory, made.at, words
        )  # fmt: skip


def test_a_participants_file_with_an_older_serial_is_refused(made):
    made.later(1).propose("participants.json", participants(7))
    made.publish()
    memory = opened(made.bundle, made.newcomer(), made.at).memory
    data = canonical(participants(6))

    def older(top):
        top.targets["participants.json"] = TargetFile.from_data("participants.json", data, ["sha256"])

    trust = forged(made, "targets", older, made.top[:2], **{"participants.json": data})
    refused(trust, memory, made.at, "serial 6; this machine has seen 7")


def test_files_of_two_versions_are_not_mixed(made):
    old = made.bundle
    made.later(1).propose("participants.json", participants(2))
    made.publish()
    mixed = made.bundle
    mixed["targets"]["participants.json"] = old["targets"]["participants.json"]
    refused(mixed, made.newcomer(), made.at, "participants.json is not the file that was signed")
    mixed = made.bundle
    mixed["metadata"]["2.targets.json"] = old["metadata"]["1.targets.json"]
    refused(mixed, made.newcomer(), made.at, "2.targets.json is not the file that was signed")
    mixed = made.bundle
    mixed["metadata"]["timestamp.json"] = old["metadata"]["timestamp.json"]
    refused(mixed, made.newcomer(), made.at, "1.snapshot.json is missing")


def test_two_files_of_one_version_are_evidence(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    trust = forged(made, "timestamp", lambda s: setattr(s, "expires", s.expires - DAY), [made.clock])
    refused(trust, memory, START, "two different files of timestamp version 1")


def test_huge_versions_of_a_thief_are_forgotten_with_the_stolen_online_keys(made):
    """Fast-forward (TUF 5.3.11): new keys of timestamp and snapshot start the count again."""
    snap = made.repo.need("snapshot")
    snap.signed.version = 900_000
    for about in snap.signed.meta.values():
        about.version += 0
    snap.signatures.clear()
    metadata.sign(snap, made.hub)
    stamp = made.repo.need("timestamp")
    data = snap.to_bytes()
    stamp.signed.version, stamp.signed.snapshot_meta = 900_000, MetaFile.from_data(900_000, data, ["sha256"])
    stamp.signatures.clear()
    metadata.sign(stamp, made.clock)
    trust = made.bundle
    trust["metadata"].update({"900000.snapshot.json": data.decode(), "timestamp.json": stamp.to_bytes().decode()})
    memory = opened(trust, made.newcomer(), START).memory
    assert memory.versions["timestamp"] == 900_000
    made.later(1)
    made.publish()
    refused(made.bundle, memory, made.at, "never goes back")
    made.hub, made.clock = key("hub/2"), key("clock/2")
    made.repo = rotating.rotate_root(
        made.repo, {"snapshot": [made.hub.public()], "timestamp": [made.clock.public()]}, terms=made.terms, at=made.at
    )
    made.sign_root()
    made.publish()
    assert opened(made.bundle, memory, made.at).versions["timestamp"] == 3


# Thresholds, forms


def test_below_a_threshold_nothing_counts(made):
    def same(signed):
        signed.unrecognized_fields["x"] = 1

    refused(
        forged(made, "targets", same, made.top[:1]), made.newcomer(), START, "2.targets.json is signed by 1 of the 2"
    )
    refused(forged(made, "root", same, made.root[:2]), made.newcomer(), START, "2.root.json .* 2 of the 3")
    refused(forged(made, "timestamp", same, [key("thief")]), made.newcomer(), START, "timestamp.json is signed by 0 of")
    twice = forged(made, "targets", same, [made.top[0], made.top[0]])
    refused(twice, made.newcomer(), START, "signed by 1 of the 2")


def test_a_root_is_signed_by_the_old_and_the_new_keys(made):
    fresh = keys("new/1", "new/2", "new/3")

    def coup(root):
        made_keys = [metadata.tuf_key(one.public()) for one in fresh]
        root.roles["root"].keyids = [one.keyid for one in made_keys]
        root.keys.update({one.keyid: one for one in made_keys})

    refused(forged(made, "root", coup, fresh), made.newcomer(), START, "keys of the root before it")
    refused(forged(made, "root", coup, made.root[:3]), made.newcomer(), START, "2.root.json is signed by 0 of the 3")
    trust = forged(made, "root", coup, [*made.root[:3], *fresh])
    assert opened(trust, made.newcomer(), START).root_version == 2


def test_a_gap_or_another_root_under_the_same_number_is_refused(made):
    trust = made.bundle
    trust["metadata"]["3.root.json"] = trust["metadata"]["1.root.json"]
    refused(trust, made.newcomer(), START, "2.root.json is missing")
    trust["metadata"]["2.root.json"] = trust["metadata"].pop("3.root.json")
    refused(trust, made.newcomer(), START, "2.root.json says that it is version 1")
    other = Scheme(root=keys(*"abcde")).found()
    refused(made.bundle, Memory(root=other.repo.staged["root"]), START, "not the root that this machine adopted")


def test_a_key_counts_once_under_two_ids_and_only_under_its_own(made):
    def twin(root):
        one = root.keys[root.roles["root"].keyids[0]].to_dict()
        root.keys["f" * 64] = Key.from_dict("f" * 64, one)
        root.roles["root"].keyids.append("f" * 64)

    refused(forged(made, "root", twin, made.root[:3]), made.newcomer(), START, "not the hash of it")


def test_other_kinds_of_key_and_hashed_delegations_are_refused(made):
    trust = made.bundle
    root = json.loads(trust["metadata"]["1.root.json"])
    some = next(iter(root["signed"]["keys"].values()))
    some.update(keytype="rsa", scheme="rsassa-pss-sha256")
    refused(
        {**trust, "metadata": {}}, Memory(root=json.dumps(root).encode()), START, "rsassa-pss-sha256, which is not used"
    )


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "participants.json"])
def test_a_missing_or_changed_file_is_named(made, name):
    where = "targets" if name == "participants.json" else "metadata"
    trust = made.bundle
    text = trust[where].pop(name)
    refused(trust, made.newcomer(), START, f"{name} is missing")
    trust[where][name] = text + " "  # longer; a timestamp has no length above it, and JSON does not mind
    if name != "timestamp.json":
        refused(trust, made.newcomer(), START, f"{name} is not the file that was signed")
    trust[where][name] = text.replace("2", "3")
    refused(trust, made.newcomer(), START, name)


@pytest.mark.parametrize(
    "trust",
    [None, [], {}, {"metadata": {}}, {"metadata": {}, "targets": []}, {"metadata": {"a": 1}, "targets": {}},
     {"metadata": {"timestamp.json": "\ud800"}, "targets": {}}],
)  # fmt: skip
def test_what_is_no_trust_list_is_refused(made, trust):
    with pytest.raises(Untrusted, match="0 trust list"):
        open_list(trust, made.newcomer(), now=START)


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"signed":{}}', '{"signatures":[],"signed":{"_type":"root"}}', "[" * 5000, '{"a":1.5}',
     '{"signed":1,"signatures":[]}', '{"signatures":[],"signed":{"_type":"timestamp","version":"1"}}',
     '{"signatures":[{"keyid":1}],"signed":{"_type":"targets"}}'],
)  # fmt: skip
@pytest.mark.parametrize("name", ["1.root.json", "2.root.json", "timestamp.json"])
def test_every_malformed_file_ends_in_untrusted(made, name, text):
    trust = made.bundle
    trust["metadata"][name] = text
    refused(trust, made.newcomer(), START, ".")
    refused(made.bundle, Memory(root=text.encode()), START, "adopted root")


def test_metadata_of_another_kind_under_a_name_is_refused(made):
    trust = made.bundle
    trust["metadata"]["timestamp.json"] = trust["metadata"]["1.targets.json"]
    refused(trust, made.newcomer(), START, "timestamp.json is targets metadata, not timestamp")


def test_whatever_is_done_to_a_file_it_opens_the_same_or_is_refused(made):
    """A thousand small damages: nothing but ``Untrusted`` comes out, and nothing but what was signed gets in."""
    chance = random.Random(2027)
    memory = opened(made.bundle, made.newcomer(), START).memory
    good = opened(made.bundle, memory, START)
    for _ in range(1000):
        trust = made.bundle
        part = chance.choice(["metadata", "targets"])
        name = chance.choice(sorted(trust[part]))
        text, at = trust[part][name], chance.randrange(len(trust[part][name]))
        other = chance.choice(['"', "{", "}", "0", "9", "a", " ", "\\", "\x00", "é", "null", "[[", "-1", "1e9"])
        trust[part][name] = text[:at] + other + text[at + chance.randrange(3) :]
        try:
            found = opened(trust, memory, START)
        except Untrusted:
            continue
        assert found.authorities == good.authorities, (name, at, other)
        assert found.participants == good.participants


# Delegations: whose paths, whose keys (T16)


def test_targets_cannot_list_a_participants_keys_itself(made):
    path = keys_file("BW", "BW")
    data = canonical(keys_document("BW", "sign/stolen"))
    trust = forged(
        made, "targets", lambda top: top.targets.update({path: TargetFile.from_data(path, data, ["sha256"])}),
        made.top[:2],
    )  # fmt: skip
    refused(trust, made.newcomer(), START, "only that participant's own keys may")


def test_a_delegation_reaches_only_its_own_folder(made):
    for paths in (["participants/ZA/*"], ["participants/BW/*", "*"], []):
        trust = forged(
            made, "targets", lambda top, paths=paths: setattr(top.delegations.roles["participant-BW"], "paths", paths),
            made.top[:2],
        )  # fmt: skip
        refused(trust, made.newcomer(), START, "what is not under participants/BW/")
    trust = forged(
        made, "targets", lambda top: setattr(top.delegations.roles["participant-BW"], "terminating", False),
        made.top[:2],
    )  # fmt: skip
    refused(trust, made.newcomer(), START, "terminating")


def own_file(made, path, document, holders):
    data = canonical(document)
    return forged(
        made, "participant-BW", lambda s: s.targets.update({path: TargetFile.from_data(path, data, ["sha256"])}),
        holders,
        **({path: data} if path.startswith("participants/BW/") else {}),
    )  # fmt: skip


def test_one_participants_wrong_files_concern_that_participant_alone(made):
    """Its keys last trusted stay in force; all others open. ``strict`` refuses the whole."""
    memory = opened(made.bundle, made.newcomer(), START).memory
    bw, za, mine = keys_file("BW", "BW"), keys_file("ZA", "ZA"), made.own["BW"]
    cases = [
        (own_file(made, bw, keys_document("BW", "sign/2"), mine[:1]), "signed by 1 of the 2"),
        (own_file(made, bw, keys_document("BW", "sign/2"), made.own["ZA"]), "signed by 0 of the 2"),
        (own_file(made, za, keys_document("ZA", "sign/2"), mine[:2]), "outside participants/BW/"),
        (own_file(made, bw, keys_document("ZA", "sign/2"), mine[:2]), "whose folder it stands in"),
        (own_file(made, keys_file("BW", "ZA"), {**keys_document("ZA", "sign/2"), "participant": "BW"}, mine[:2]),
         "an authority of BW"),
        (own_file(made, bw, {**keys_document("ZA", "sign/2"), "participant": "BW", "authority": "BW"}, mine[:2]),
         "begins with BW/"),
        (own_file(made, bw, {"v": 2}, mine[:2]), "version 1"),
    ]  # fmt: skip
    for trust, words in cases:
        found = opened(trust, memory, START)
        assert set(found.pending) == {"BW"}
        assert words in found.pending["BW"]
        assert found.authorities["BW"]["keys"][0]["kid"] == "BW/sign/2027-1"
        assert found.authorities["ZA"]["keys"]
        assert "BW" not in opened(trust, made.newcomer(), START).authorities
        refused(trust, memory, START, "participant BW", strict=True)
        assert found.memory.versions["participant-BW"] == 1


def test_a_participant_that_forgot_to_renew_is_pending_and_keeps_its_keys(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    for step in (180, 180):
        made.later(step)
        made.repo = making.renew(made.repo, "targets", terms=made.terms, at=made.at)
        made.publish()
    made.repo = making.renew(made.repo, "participant-ZA", terms=made.terms, at=made.at)
    made.sign_own("ZA")
    made.publish()
    made.later(6).publish()
    found = opened(made.bundle, memory, made.at)
    assert list(found.pending) == ["BW"]
    assert "expired on 2028-01-01" in found.pending["BW"]
    assert found.authorities["BW"]["keys"]


def test_a_participants_file_that_was_changed_on_its_way_is_refused(made):
    for change in ({"1.participant-BW.json": made.bundle["metadata"]["1.participant-ZA.json"]}, {}):
        trust = made.bundle
        del trust["metadata"]["1.participant-BW.json"]
        trust["metadata"].update(change)
        refused(trust, made.newcomer(), START, "1.participant-BW.json is (not the file that was signed|missing)")


def test_a_key_list_that_was_changed_on_its_way_leaves_the_keys_last_trusted(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    trust = made.bundle
    trust["targets"][keys_file("BW", "BW")] += " "
    found = opened(trust, memory, START)
    assert "is not the file that was signed" in found.pending["BW"]
    assert found.authorities["BW"]["keys"]


# Documents


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"serial": 0}, "serial"), ({"issued": "soon"}, "issued"), ({"participants": []}, "participants"),
({"warned": [1]}, "warned"), ({"v": 2}, "version 1"),
        ({"roles": {"KP": {"keys": [{"kid": "a"}]}}}, "role KP"), ({"participants": {"bw": {}}}, "two capital"),
    ],
)  # fmt: skip
def test_a_participants_file_is_read_strictly(change, words):
    with pytest.raises(Untrusted, match=words):
        read_participants(canonical({**participants(), **change}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "FINE"}, "status"), ({"until": "2002-01-01"}, "after from"), ({"zones": "x"}, "zones"),
        ({"source": ""}, "source"), ({"conditions": [{"kind": "countersign"}]}, "countersign|min"),
        ({"conditions": [{"kind": "countersign", "role": "KP-MT-CAF", "min": 0}]}, "min"),
        ({"log_freeze": {"o": {"size": -1, "root": ""}}}, "size"),
        ({"log_freeze": {"o": {"size": 1, "root": "AA"}}}, "root"),
    ],
)  # fmt: skip
def test_a_period_is_read_strictly(change, words):
    document = participants()
    document["participants"]["BW"]["history"][0].update(change)
    with pytest.raises(Untrusted, match=words):
        read_participants(canonical(document))


def test_a_condition_of_a_later_version_holds_that_participant_and_nobody_else(made):
    document = participants(2)
    document["participants"]["BW"]["history"][0]["conditions"] = [{"kind": "assay", "by": "KP"}]
    name, data = "participants.json", canonical({**document, "later": 1})
    with pytest.raises(Untrusted, match="later"):
        made.propose("participants.json", data)
    with pytest.raises(Untrusted, match="assay"):
        made.propose("participants.json", canonical(document))
    trust = forged(
        made, "targets",
        lambda top: top.targets.update({name: TargetFile.from_data(name, data, ["sha256"])}),
        made.top[:2], **{"participants.json": data},
    )  # fmt: skip
    found = opened(trust, made.newcomer(), START)
    assert found.pending == {"BW": "its status has a condition that this version does not know: assay"}


def test_a_weak_hash_is_no_hash(made):
    def weak(top):
        top.targets["participants.json"].hashes = {"md5": "0" * 32}

    refused(forged(made, "targets", weak, made.top[:2]), made.newcomer(), START, "listed under md5, not under SHA-256")


def test_conditions_and_frozen_logs_are_read():
    document = participants()
    document["participants"]["BW"]["history"][0].update(
        conditions=[
            {"kind": "countersign", "role": "KP-MT-CAF", "min": 1},
            {"kind": "observer_copy", "to": "KP-MT-CAF"},
        ],
        log_freeze={"journal.bw.example/1": {"size": 4711, "root": b64u(bytes(32))}},
    )
    assert read_participants(canonical(document))["serial"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number_patterns": ["(a+)+$"]}, "plain pattern"), ({"number_patterns": ["0?" * 49 + "A"]}, "plain pattern"),
        ({"number_patterns": ["A{1,9}[A-Z]{1,9}"]}, "plain pattern"), ({"number_patterns": ["A{1,}"]}, "plain pattern"),
        ({"number_patterns": ["^BW[9-0]$"]}, "can be read"),
        ({"ranges": [{"from": "1", "to": 2}]}, "ranges.from"), ({"seal_certificates": ["AA"]}, "hex"),
        ({"log": {"origin": ""}}, "log.origin"), ({"routes": [{}]}, "routes.kind"), ({"mode": "x"}, "mode"),
        ({"keys": [{"use": "sign"}]}, "keys.json of BW"), ({"keys": 1}, "keys"),
        ({"status_lists": [1]}, "status_lists"),
        ({"authority": "ZA"}, "whose folder"),
    ],
)  # fmt: skip
def test_a_key_list_is_read_strictly(change, words):
    with pytest.raises(Untrusted, match=words):
        read_keys(canonical({**keys_document("BW", "sign/1"), **change}), "BW", "BW")


@pytest.mark.parametrize("pattern", ["^BW[0-9]{7}$", "[A-Z]{2}[0-9]{6,8}", "SL ?[0-9]{6}", "^X/[0-9]{4}-\\d{5}$"])
def test_number_patterns_with_one_part_of_no_fixed_length_are_read(pattern):
    document = {**keys_document("BW", "sign/1"), "number_patterns": [pattern]}
    assert read_keys(canonical(document), "BW", "BW")["number_patterns"] == [pattern]


def test_a_key_of_a_use_that_is_not_known_yet_is_left_out():
    document = keys_document("BW", "sign/1")
    document["keys"].append({"kid": "BW/enc/1", "use": "enc", "alg": "ECDH-ES+A256KW", "pub": "AA"})
    assert [one["kid"] for one in read_keys(canonical(document), "BW", "BW")["keys"]] == ["BW/sign/1"]


def test_a_compromised_key_says_since_when():
    document = keys_document("BW", "sign/1")
    document["keys"][0]["state"] = "compromised"
    with pytest.raises(Untrusted, match="since when"):
        read_keys(canonical(document), "BW", "BW")


def test_a_fingerprint_is_eight_groups_to_read_aloud():
    text = fingerprint(key("a").public())
    assert [len(group) for group in text.split()] == [4] * 8
    assert text != fingerprint(key("b").public())


def test_keys_of_a_security_module_sign_as_well():
    made = Scheme(top=[key(f"targets/{n}", "ES256") for n in range(4)], hub=key("hub", "ES256")).found()
    made.publish()
    assert opened(made.bundle, made.newcomer(), START).serial == 1


def test_opening_takes_a_moment_not_a_clock(made):
    assert opened(made.bundle, made.newcomer(), START + timedelta(days=6)).issued == START
