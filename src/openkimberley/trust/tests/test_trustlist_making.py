"""What makers and signers meet: wrong signatures, other copies, other forms, and every sentence that is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tuf.api.metadata import DelegatedRole, Delegations, Signature, TargetFile

from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust.canonical import canonical
from openkimberley.trust.tests.lists import (
    DAY,
    START,
    Scheme,
    forged,
    key,
    keys_document,
    opened,
    participants,
    scheme,
)
from openkimberley.trust.trustlist import Memory, continuity, gathering, making, publishing, rotating, telling
from openkimberley.trust.trustlist.documents import MOST_BYTES, read_keys, read_participants, read_policy
from openkimberley.trust.trustlist.facts import read_public
from openkimberley.trust.trustlist.metadata import tuf_key
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import continuity_file, keys_file


@pytest.fixture
def made() -> Scheme:
    return scheme()


def resigned(text: str, forge) -> str:
    document = json.loads(text)
    forge(document)
    return json.dumps(document)


def test_a_wrong_signature_under_a_right_key_counts_for_nothing(made):
    for wrong in ("00" * 64, "zz", "00"):
        trust = made.bundle

        def spoil(document, wrong=wrong):
            document["signatures"][0]["sig"] = wrong

        trust["metadata"]["timestamp.json"] = resigned(trust["metadata"]["timestamp.json"], spoil)
        with pytest.raises(Untrusted, match=r"timestamp\.json"):
            opened(trust, made.newcomer(), START)
    own = made.repo.need("participant-BW")
    for keyid in own.signatures:
        own.signatures[keyid] = Signature(keyid, "00" * 64)
    spoiled = replace(made.repo, staged={"participant-BW": own.to_bytes()})
    assert gathering.missing(spoiled, "participant-BW") == 2

    def nothing(signed):
        signed.unrecognized_fields["x"] = 1

    trust = forged(made, "participant-BW", nothing, made.own["BW"][:2])
    assert opened(trust, made.newcomer(), START).pending == {}


def test_a_participants_signatures_are_checked_one_by_one(made):
    """Its file as the snapshot lists it, with signatures that are none."""
    from openkimberley.trust.tests.lists import hub_again

    own = made.repo.need("participant-BW")
    own.signed.version = 2
    own.signatures = {keyid: Signature(keyid, "00" * 64) for keyid in own.signatures}
    trust = made.bundle
    text = own.to_bytes().decode()
    trust["metadata"].pop("1.participant-BW.json")
    trust["metadata"]["2.participant-BW.json"] = text
    found = opened(hub_again(made, trust, "participant-BW", 2, text), made.newcomer(), START)
    assert "signed by 0 of the 2" in found.pending["BW"]


def test_a_participant_does_not_delegate_and_does_not_lie_about_its_version(made):
    from openkimberley.trust.tests.lists import hub_again

    def further(signed):
        one = tuf_key(key("friend").public())
        role = DelegatedRole("friend", [one.keyid], 1, terminating=False, paths=["participants/BW/x"])
        signed.delegations = Delegations({one.keyid: one}, {"friend": role})

    trust = forged(made, "participant-BW", further, made.own["BW"][:2])
    assert "may not" in opened(trust, made.newcomer(), START).pending["BW"]
    trust = made.bundle
    text = trust["metadata"].pop("1.participant-BW.json")
    trust["metadata"]["5.participant-BW.json"] = text
    found = opened(hub_again(made, trust, "participant-BW", 5, text), made.newcomer(), START)
    assert "says that it is version 1" in found.pending["BW"]


def test_versions_and_missing_roles_of_the_hub_are_named(made):
    from openkimberley.trust.tests.lists import hub_again

    trust = made.bundle
    text = trust["metadata"].pop("1.targets.json")
    trust["metadata"]["4.targets.json"] = text
    with pytest.raises(Untrusted, match=r"4\.targets\.json says that it is version 1, snapshot says 4"):
        opened(hub_again(made, trust, "targets", 4, text), made.newcomer(), START)
    snap = made.repo.need("snapshot")
    snap.signed.version = 2
    del snap.signed.meta["targets.json"]
    snap.signatures.clear()
    from openkimberley.trust.trustlist import metadata

    metadata.sign(snap, made.hub)
    trust, text = made.bundle, snap.to_bytes().decode()
    trust["metadata"]["2.snapshot.json"] = text
    with pytest.raises(Untrusted, match=r"does not list targets\.json"):
        opened(hub_again(made, trust, "snapshot", 2, text), made.newcomer(), START)


def test_a_file_beyond_all_sizes_and_a_role_beyond_all_numbers_are_refused(made):
    trust = made.bundle
    trust["metadata"]["timestamp.json"] += " " * 20_000
    with pytest.raises(Untrusted, match="larger than any such file"):
        opened(trust, made.newcomer(), START)

    def many(root):
        for number in range(40):
            one = tuf_key(key(f"many/{number}").public())
            root.keys[one.keyid] = one
            root.roles["root"].keyids.append(one.keyid)

    with pytest.raises(Untrusted, match="too many"):
        opened(forged(made, "root", many, made.root[:3]), made.newcomer(), START)

    def impossible(root):
        root.roles["root"].threshold = 9

    with pytest.raises(Untrusted, match="wants 9 of 5"):
        opened(forged(made, "root", impossible, made.root[:3]), made.newcomer(), START)


def test_hashed_delegations_are_refused(made):
    text = json.loads(made.bundle["metadata"]["1.targets.json"])
    del text["signed"]["delegations"]["roles"]
    text["signed"]["delegations"]["succinct_roles"] = {
        "keyids": [], "threshold": 1, "bit_length": 4, "name_prefix": "bin"
    }  # fmt: skip
    trust = made.bundle
    trust["metadata"]["1.targets.json"] = json.dumps(text)
    repo = replace(made.repo, staged={"targets": json.dumps(text).encode()})
    with pytest.raises(Untrusted, match="succinct"):
        repo.proposed("targets")


@pytest.mark.parametrize("data", [b"\xff", b"x" * 70_000])
def test_a_policy_is_a_text_of_a_bounded_size(data):
    with pytest.raises(Untrusted, match="witness-policy"):
        read_policy(data)


def test_documents_have_a_bounded_size_and_are_json():
    for read in (read_participants, lambda data: read_keys(data, "BW", "BW")):
        for data in (b" " * (MOST_BYTES + 1), b"{", b"[]"):
            with pytest.raises(Untrusted, match="0 trust list"):
                read(data)
    one = participants()
    one["participants"]["BW"]["mode"] = "by pigeon"
    with pytest.raises(Untrusted, match="mode"):
        read_participants(canonical(one))
    for change in ({"ranges": [{"from": 1, "to": 2, "series": 1}]}, {"seal_roots": ["?"]}, {"keys": ["x"]}):
        with pytest.raises(Untrusted):
            read_keys(canonical({**keys_document("BW", "sign/1"), **change}), "BW", "BW")
    role = {"KP": {"keys": [key("KP/1").public().as_json()]}}
    assert read_participants(canonical({**participants(), "roles": role}))["roles"] == role
    with pytest.raises(Untrusted, match="not an object"):
        read_participants(canonical({**participants(), "roles": {"KP": {"keys": [1]}}}))


def test_a_public_key_file_is_named_when_it_is_none():
    with pytest.raises(Untrusted, match=r"a\.pub\.json"):
        read_public({"kid": "x"}, "a.pub.json")
    with pytest.raises(Untrusted, match="version"):
        Memory.from_bytes(b'{"v":2}')


def test_a_false_consent_beside_true_ones_is_passed_over(made):
    old, new = rotating.delegation(made.repo, "BW"), rotating.delegation(made.repo, "ZA")
    stated = continuity.payload("BW", 2, old, new)
    true = [continuity.consent(stated, one, tuf_key(one.public()).keyid) for one in made.own["BW"][:2]]
    stranger = continuity.consent(stated, key("stranger"), "f" * 64)
    false = continuity.consent(stated, key("stranger"), tuf_key(made.own["BW"][2].public()).keyid)
    read = continuity.read("continuity/BW-2.jws", "\n".join([*true, stranger, false]).encode())
    assert read.agreed_by(old)
    read = continuity.read("continuity/BW-2.jws", "\n".join([true[0], stranger, false]).encode())
    assert not read.agreed_by(old)


def test_an_emergency_that_leads_elsewhere_is_no_notice(made):
    memory = opened(made.bundle, made.newcomer(), START).memory
    assert continuity.announced("BW", memory.delegations["BW"], {}) is None


def test_consents_of_another_change_or_of_strangers_are_not_taken_over(made):
    made.later(1).replace_keys("BW", "b", agree=1)
    here = made.repo
    again, taken = gathering.collect(here, here, terms=made.terms, at=made.at)
    assert (again, taken) == (here, [])
    other = scheme()
    other.later(1).replace_keys("BW", "c", agree=1)
    with pytest.raises(Conflict, match="other keys of BW"):
        gathering.collect(here, other.repo, terms=made.terms, at=made.at)
    path = continuity_file("BW", 2)
    stated = continuity.payload(
        "BW", 2, rotating.delegation(here, "BW", published=True), rotating.delegation(here, "BW")
    )
    line = continuity.consent(stated, key("stranger"), "f" * 64).encode()
    with pytest.raises(Untrusted, match="none of the old keys"):
        gathering.collect(here, replace(here, staged_targets={path: line}), terms=made.terms, at=made.at)
    emergency = scheme()
    emergency.later(1).replace_keys("BW", "b", agree=0, emergency=True)
    with pytest.raises(Conflict, match="another targets"):
        gathering.collect(here, emergency.repo, terms=made.terms, at=made.at)


def test_targets_signed_before_the_consent_came_are_asked_again(made):
    old = made.own["BW"]
    made.later(1).replace_keys("BW", "b", agree=0)
    there = rotating.consent(made.repo, "BW", old[0], terms=made.terms, at=made.at)
    there = gathering.add_signature(there, "targets", made.top[0])
    here = rotating.consent(made.repo, "BW", old[1], terms=made.terms, at=made.at)
    both, taken = gathering.collect(here, there, terms=made.terms, at=made.at)
    assert [one.split(":")[0] for one in taken] == ["continuity/BW-2.jws"]
    assert gathering.missing(both, "targets") == 2


def test_nothing_comes_of_nothing(made):
    empty = Repository()
    assert gathering.panels(empty, "root") == []
    assert gathering.panels(replace(empty, staged={"participant-BW": made.repo.metadata["1.participant-BW.json"]}),
                            "participant-BW") == []  # fmt: skip
    with pytest.raises(Conflict, match="init makes one"):
        publishing.publish(empty, snapshot=made.hub, timestamp=made.clock, terms=made.terms, at=made.at)
    with pytest.raises(NotFound):
        empty.need("root")
    with pytest.raises(NotFound):
        rotating.delegation(empty, "BW")
    with pytest.raises(NotFound, match="BW"):
        making.compromise(empty, "BW", "x", START.date(), terms=made.terms, at=START)
    torn = replace(made.repo, metadata={name: one for name, one in made.repo.metadata.items() if "targets" not in name})
    with pytest.raises(Untrusted, match="missing in this trust folder"):
        torn.published("targets")
    with pytest.raises(Conflict, match="cannot sign"):
        rotating.replace_keys(made.repo, "BW", [key("x").public()], 2, terms=made.terms, at=START)


def test_a_participant_may_be_enrolled_before_it_has_keys_of_authorities(made):
    from openkimberley.trust.trustlist import ceremony

    rows = participants(2)
    rows["participants"]["CF"] = rows["participants"]["BW"]
    made.later(1).propose("participants.json", rows)
    own = [key(f"CF/{n}") for n in range(3)]
    request = ceremony.hold("CF", own, {}, present=["a", "b", "c"], place="Bangui", terms=made.terms, at=made.at)
    small = replace(request, threshold=1)
    with pytest.raises(Conflict, match="wants 1 signatures"):
        making.enrol(made.repo, small, terms=made.terms, at=made.at)
    made.repo = making.enrol(made.repo, request, terms=made.terms, at=made.at)
    made.repo = replace(made.repo, staged={name: one for name, one in made.repo.staged.items() if "CF" not in name})
    made.publish()
    found = opened(made.bundle, made.newcomer(), made.at)
    assert "CF" not in found.authorities
    assert found.pending == {}
    made.later(1).propose(keys_file("CF", "CF"), canonical(keys_document("CF", "sign/1")))
    made.sign("participant-CF", own[:2])
    made.publish()
    assert opened(made.bundle, found.memory, made.at).authorities["CF"]["keys"]


def test_every_change_is_told(made):
    made.propose("alerts/1.json", b"{}")
    made.propose("images/specimen.png", b"x")
    made.publish()
    made.later(1)
    made.repo = making.withdraw(made.repo, "alerts/1.json", terms=made.terms, at=made.at)
    draft = made.repo.need("targets")
    top = draft.signed
    del top.delegations.roles["participant-ZA"]
    top.delegations.roles["participant-BW"].paths = ["participants/BW/*"]
    top.targets["far/away.bin"] = TargetFile.from_data("far/away.bin", b"far", ["sha256"])
    rows = participants(2)
    del rows["participants"]["ZA"]
    past = {"status": "APPLICANT", "from": "2002-01-01", "until": "2003-01-01", "source": "x"}
    rows["participants"]["BW"]["history"].insert(0, past)
    data = canonical(rows)
    top.targets["participants.json"] = TargetFile.from_data("participants.json", data, ["sha256"])
    told = telling.changes(made.repo.with_staged("targets", draft, {"participants.json": data}), "targets")
    for words in (
        "alerts/1.json: listed no longer", "participant-ZA: TAKEN OFF the list", "participant-BW: its folders change",
        "far/away.bin: its content is not here", "ZA (South Africa): REMOVED", "what was PARTICIPANT from 2003-01-01",
    ):  # fmt: skip
        assert any(words in one for one in told), (words, told)
    fewer = participants(2)
    fewer["participants"]["BW"]["history"][0:0] = []
    two = json.loads(canonical(rows))
    assert [*telling._participants(two, {**fewer, "roles": {}})][1:3]
    assert any("1 periods of its history" in one for one in telling._participants(two, fewer))


def test_every_change_of_keys_is_told(made):
    document = keys_document("BW", "status/2027-1")
    document["keys"][0]["naf"] = "2027-02-01"
    made.later(1).propose(keys_file("BW", "BW"), canonical({**document, "mode": "hybrid"}))
    told = "\n".join(telling.changes(made.repo, "participant-BW"))
    assert "key BW/sign/2027-1 listed no longer" in told
    assert "key BW/status/2027-1 changed from" in told
    assert 'BW: mode "node" -> "hybrid"' in told
    assert telling.changes(made.repo, "targets") == []


def test_participants_do_not_hide_what_other_files_they_list(made):
    """Specimen images and the like are listed and not read."""
    path = "participants/BW/specimens/2027.png"
    made.later(1).propose(path, b"picture")
    made.sign_own("BW")
    made.publish()
    assert opened(made.bundle, made.newcomer(), made.at).authorities["BW"]["keys"]
    assert DAY.days == 1
