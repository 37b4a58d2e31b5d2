"""A bundle that travelled: what is believed of it, what is left out, and what refuses the whole of it."""

import json
from datetime import timedelta

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, notes, statuslist
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.notes import LOG, Checkpoint, VerifierKey
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.trust.tests.lists import Scheme, key, keys_document
from openkimberley.trust.trustlist import ceremony, making
from openkimberley.trust.trustlist.roles import keys_file
from openkimberley.verification.opening import LOCAL, MOST_BYTES, open_bundle, pack_bundle, read_bundle

JOURNAL = key("journal")
ORIGIN = "journal.bw.example/1"
URI = "https://kp.example/status/BW/2027-1"


def journal(origin=ORIGIN, vkey=None):
    return {"origin": origin, "vkey": vkey or VerifierKey(origin, LOG, JOURNAL.public_key).text}


@pytest.fixture
def made():
    found = Scheme().found()
    enrol(found, "BW", log=journal())
    enrol(found, "ZA", log=journal("journal.za.example/1", "no key at all"))
    found.publish()
    return found


def enrol(found, code, **more):
    found.own[code] = [key(f"{code}/trust/{n}") for n in (1, 2, 3)]
    document = keys_document(code, "sign/2027-1", "status/2027-1", **more)
    request = ceremony.hold(
        code, found.own[code], {keys_file(code, code): canonical(document)}, present=["A", "B", "witness"],
        place="Gaborone", terms=found.terms, at=found.at,
    )  # fmt: skip
    found.repo = making.enrol(found.repo, request, terms=found.terms, at=found.at)


def signed(found, typ, payload, kid="BW/status/2027-1"):
    return jws.sign(payload, typ=typ, signer=key(kid))


def status_list(found, kid="BW/status/2027-1", uri=URI):
    entries = StatusList.empty(16).with_({3: Status.VOID})
    return signed(found, statuslist.TYP, statuslist.claims_of(uri, entries, iat=int(found.at.timestamp())), kid)


def checkpoint(origin=ORIGIN, size=3):
    return notes.sign_note(Checkpoint(origin, size, bytes(32)).text, name=origin, signer=JOURNAL)


def local(found, kid="BW/status/2027-1", **more):
    said = {"iss": "https://kp.example/p/BW", "authority": "BW", "iat": int(found.at.timestamp()), **more}
    return signed(found, LOCAL, said, kid)


CID = bytes(range(32))
EXPECTED = [{"cid": b64u(CID), "d": "2027-01-01", "proof": "text"}, {"cid": b64u(bytes(32)), "d": "2027-01-01"}]


def bundle(found, **changes):
    written = {
        "v": 2, "trust": found.bundle, "status_lists": [status_list(found)],
        "checkpoints": [checkpoint(size=5), checkpoint()],
        "local": local(found, expected=EXPECTED, used=[], alerts=["SL004911"], overlay={}),
    }  # fmt: skip
    return json.loads(json.dumps(written | changes))


def opened(found, written=None, memory=None, days=0.0):
    return open_bundle(written or bundle(found), memory or found.newcomer(), now=found.at + timedelta(days=days))


def test_what_is_signed_by_whom_it_should_be_is_believed(made):
    found = opened(made)
    known = found.bundle
    assert found.problems == ("ZA was left out: 8 log: this is not the public key of a journal or a witness",)
    assert set(known.keys) >= {"BW/sign/2027-1", "BW/status/2027-1"}
    assert known.authorities["BW"].journal.name == ORIGIN
    assert known.statuses[URI].entries[3] is Status.VOID
    assert [Checkpoint.parse(note.text).size for note in known.seen[ORIGIN]] == [3, 5]
    assert known.proofs[CID[:16]].proof == "text"
    assert len(known.expected) == 2
    assert known.alerts == {"SL004911"}
    assert known.trust["root_version"] == 1
    assert known.issued == made.at


def test_anothers_claim_to_a_journal_takes_none_of_its_checkpoints():
    found, theirs = Scheme().found(), key("XX/log/1")
    enrol(found, "BW", log=journal())
    enrol(found, "ZA", log=journal(ORIGIN, VerifierKey(ORIGIN, LOG, theirs.public_key).text))
    found.publish()
    seen = opened(found).bundle.seen[ORIGIN]
    assert [Checkpoint.parse(note.text).size for note in seen] == [3, 5]


def test_one_issuers_mistake_keeps_nobody_from_the_news_about_others(made):
    strangers = [status_list(made, kid="ZA/status/2027-1"), status_list(made, kid="XX/status/1"), "nonsense", 7]
    found = opened(made, bundle(made, status_lists=strangers, checkpoints=[checkpoint("other/1"), "nonsense"]))
    assert (found.bundle.statuses, found.bundle.seen) == ({}, {})
    assert len(found.problems) == 1 + 4 + 2


@pytest.mark.parametrize(
    "change",
    [
        {"v": 1}, {"v": 3}, {"trust": None}, {"trust": {"metadata": {}, "targets": {}}}, {"local": 7},
        {"local": "nonsense"},
        {"trust": {"metadata": {"timestamp.json": "{}"}, "targets": {}}},
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused(made, change):
    with pytest.raises(Untrusted):
        opened(made, bundle(made, **change))


def test_only_ones_own_authority_says_what_is_expected_and_used(made):
    for kid in ("BW/sign/2027-1", "ZA/status/2027-1", "XX/status/1"):
        with pytest.raises(Untrusted, match="not signed by a key of its"):
            opened(made, bundle(made, local=local(made, kid)))
    forged = bundle(made)["local"].split(".")
    with pytest.raises(Untrusted):
        opened(made, bundle(made, local=".".join([*forged[:2], forged[2][::-1]])))
    assert opened(made, bundle(made, local=None)).bundle.expected is None


def test_t20_an_older_bundle_is_refused_and_the_age_is_that_of_its_oldest_part(made):
    old = bundle(made)
    first = opened(made)
    made.later(3)
    made.propose("participants.json", {**json.loads(made.repo.content("participants.json")), "serial": 2})
    made.publish()
    second = opened(made, memory=first.memory)
    assert second.bundle.issued == made.at
    assert opened(made, bundle(made, local=json.loads(json.dumps(old))["local"])).bundle.issued < made.at
    with pytest.raises(Untrusted, match="never goes back"):
        opened(made, old, second.memory)


def test_a_post_without_a_line_opens_an_old_bundle_and_is_told_its_age(made):
    """Expiry is for those whom a network could have brought something newer; without one, age decides in the engine."""
    found = opened(made, days=200)
    assert found.bundle.issued == made.at
    with pytest.raises(Untrusted, match="expired"):
        open_bundle(bundle(made), made.newcomer(), now=made.at, reference_time=made.at + timedelta(days=200))


def test_it_travels_packed_and_a_bomb_does_not_go_off(made):
    data = canonical(bundle(made))
    assert read_bundle(pack_bundle(data)) == read_bundle(data)
    assert pack_bundle(data) == pack_bundle(data)
    for bad in (pack_bundle(data)[:-9], b"\x1f\x8bnonsense", pack_bundle(bytes(MOST_BYTES + 1)), b"[]", b"\xff"):
        with pytest.raises(Untrusted):
            read_bundle(bad)
