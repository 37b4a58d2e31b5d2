"""The signer against the threats of its model: T5, T6, T11, T12, T13. No Django, no database of the node."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, NotPermitted, Untrusted
from openkimberley.signer import audit
from openkimberley.signer.audit import Audit
from openkimberley.signer.ledger import Ledger
from openkimberley.signer.policy import Policy
from openkimberley.signer.service import LocalService
from openkimberley.signer.tests.devices import (
    DAY,
    KEYS,
    NOW,
    PASSPHRASE,
    STRICT,
    Office,
    SecurityKey,
    content_of,
    draft,
    request,
)  # fmt: skip
from openkimberley.trust import approval, qr, sdjwt, statuslist
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.statuslist import Status

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256."""


@pytest.fixture
def office() -> Office:
    return Office()


def test_two_officers_at_security_keys_get_a_certificate_and_its_codes(office):
    signed = office.issue(draft())
    assert signed["level"] == "webauthn"
    parsed = sdjwt.parse(signed["sd_jwt"])
    parsed.verify(KEYS["BW", "sign"].public())
    assert b64u(parsed.cid) == signed["cid"]
    assert parsed.claims["validated_by"] == "naledi"  # what the approving officer's key says, not what the node says
    codes = office.service.codes(authority="BW", number="BW0012345", log_index=41)
    for text in codes.values():
        qr.read(text).statement.verify(KEYS["BW", "sign"].public())
    assert qr.read(codes["full"]).payload[14] == 41


# --- T5: number reuse -------------------------------------------------------------------------------------------------


def test_t5_the_same_request_again_gets_the_same_certificate(office):
    wanted = draft()
    approvals = office.both(wanted)
    first = office.issue(wanted, approvals)
    assert office.issue(wanted, approvals) == first


def test_t5_a_number_is_never_signed_for_a_second_draft(office):
    first = office.issue(draft())
    other = draft(seals=["BW-SEAL-2"])
    answer = office.issue(other)
    assert answer == {"bound": {"number": "BW0012345", "cid": first["cid"], "issue_date": "2026-11-02"}}
    with pytest.raises(NotFound):  # it is spent: no codes, no seal
        office.service.codes(authority="BW", number="BW0012345", log_index=1)
    assert office.issue(other, number=12346)["number"] == "BW0012346"


@pytest.mark.parametrize("again", [12345, 12346])
def test_t5_a_recorded_number_or_one_before_it_is_refused(office, again):
    for number in (12345, 12346):
        office.issue(draft(seals=[f"BW-SEAL-{number}"]), number=number)
        office.service.settle(authority="BW", number=f"BW{number:07d}")
    with pytest.raises(Conflict, match="behind what this signer has signed"):
        office.issue(draft(seals=["BW-SEAL-9"]), number=again)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"number": "BW0013000"}, "no number of the range"),
        ({"number": "BW12345"}, "no number of the range"),
        ({"number": "BW00١2345"}, "no number of the range"),
        ({"number": "ZA0012345"}, "no number of the range"),
        ({"authority": "ZA"}, "has not its form"),
    ],
)
def test_t5_a_number_outside_its_registered_range_is_refused(office, changes, why):
    office.issue(draft(seals=["BW-SEAL-0"]), number=12345)
    wanted = draft()
    with pytest.raises(KimberleyError, match=why):
        office.service.certificate(request={**request(wanted, office.both(wanted), 12346), **changes})


def test_t5_a_range_is_entered_at_the_signer_and_not_told_by_the_node():
    office = Office(replace(STRICT, ranges="confirmed"))
    with pytest.raises(Conflict, match="kimberley signer range BW BW 12345 12999 7"):
        office.issue(draft())


def test_t5_a_range_for_a_year_is_for_that_year(office):
    year = {"prefix": "BW", "first": 12345, "last": 12999, "digits": 7, "year": 2025}
    with pytest.raises(Conflict, match="is of 2025"):
        office.issue(draft(), range=year)


# --- T6: one officer alone, swapped data ------------------------------------------------------------------------------


def test_t6_one_officer_alone_gets_nothing(office):
    wanted = draft()
    maker = office.approve("kagiso", "maker", wanted)
    for approvals in ([], [maker], [maker, maker]):
        with pytest.raises(NotPermitted, match="both approvals are needed"):
            office.issue(wanted, approvals)


def test_t6_the_same_person_twice_gets_nothing(office):
    device = SecurityKey(name=b"a second key of kagiso")
    challenge = office.service.challenge(authority="BW", officer="kagiso", at=0)
    evidence = {"level": "webauthn", "challenge": challenge, "credential": device.register(challenge)}
    office.service.enrol(authority="BW", officer="kagiso", roles=["maker", "checker"], evidence=evidence, at=0)
    office.keys["kagiso"] = device
    wanted = draft()
    approvals = [office.approve("kagiso", role, wanted) for role in ("maker", "checker")]
    with pytest.raises(NotPermitted, match="the same person"):
        office.issue(wanted, approvals)


def test_t6_one_key_is_not_enrolled_for_two_officers(office):
    with pytest.raises(Conflict, match="enrolled already"):
        office.enrol("impostor", "checker", office.keys["kagiso"])


@pytest.mark.parametrize(
    "changes",
    [
        {"importer": {"name": "Another", "address": "Elsewhere", "licence": "X"}},
        {"lines": [{"hs": "7102.31", "carats": "12.51", "usd": "4000.00"}], "total_carats": "12.51"},
        {"seals": ["BW-SEAL-2"]},
        {"destination": "AE", "destination_authority": "AE"},
    ],
)
def test_t6_data_swapped_between_draft_and_signing_is_refused(office, changes):
    approvals = office.both(draft())
    with pytest.raises(Untrusted, match="not of this draft"):
        office.issue(draft(**changes), approvals)


def test_t6_an_approval_is_used_once(office):
    wanted = draft()
    approvals = office.both(wanted)
    office.issue(wanted, approvals)
    with pytest.raises(Untrusted, match="was used for BW0012345"):
        office.issue(wanted, approvals, number=12346)


def test_t6_an_assertion_handed_in_twice_is_one_approval():
    device = SecurityKey(name=b"one without a counter")
    office = Office()
    office.enrol("kagiso", "maker", device)
    wanted = draft()
    device.counter = -1  # each approval will say 0, as passkeys do
    evidence = office.assertion("kagiso", "maker", wanted)
    first = office.approve("kagiso", "maker", wanted, evidence)
    office.now += 72 * 3600 + 1
    assert office.approve("kagiso", "maker", wanted, evidence) == first
    assert office.service.approval(id=first, at=0)["state"] == "old"  # handing it in again makes it no younger


def _changed(evidence, *, turned: bool) -> dict:
    """The same assertion in other words: with a name more, or with the other signature that ECDSA knows for it."""
    said = evidence["credential"]["response"]
    more = {"x": "1"}
    if turned:
        r, s = decode_dss_signature(unb64u(said["signature"]))
        more = {"signature": b64u(encode_dss_signature(r, ORDER - s))}
    return {**evidence, "credential": {**evidence["credential"], "response": {**said, **more}}}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("wanted", [draft(), {"v": 1, "void": {"kpc_number": "BW0012345"}}])
def test_t6_an_assertion_in_other_words_is_the_same_one(office, wanted, turned):
    device = SecurityKey(name=b"a passkey")
    office.enrol("kagiso", "maker", device)
    device.counter = -1
    evidence = office.assertion("kagiso", "maker", wanted)
    first = office.approve("kagiso", "maker", wanted, evidence)
    assert office.approve("kagiso", "maker", wanted, _changed(evidence, turned=turned)) == first
    assert len(office.service.ledger.rows("SELECT id FROM approvals")) == 1


def test_t6_a_retry_at_passkeys_gets_the_same_certificate_and_no_second_one(office):
    for officer, role in (("kagiso", "maker"), ("naledi", "checker")):
        office.enrol(officer, role, SecurityKey(name=f"passkey of {officer}".encode()))
    wanted, answers = draft(), []
    for number in (12345, 12345, 12346):
        for device in office.keys.values():
            device.counter = -1
        if number == 12346:
            with pytest.raises(Untrusted, match="was used for BW0012345"):
                office.issue(wanted, number=number)
        else:
            answers.append(office.issue(wanted, number=number))
    assert answers[0] == answers[1]


def test_t6_a_draft_becomes_one_certificate_however_often_it_is_approved(office):
    wanted = draft()
    office.issue(wanted)
    with pytest.raises(Untrusted, match="the draft was used for BW0012345"):
        office.issue(wanted, number=12346)
    office.service.settle(authority="BW", number="BW0012345")
    with pytest.raises(Untrusted, match="the draft was used for BW0012345"):
        office.issue(wanted, number=12346)


def test_t6_a_draft_whose_number_was_given_up_may_be_issued_under_the_next(office):
    wanted = draft()
    office.issue(wanted)
    assert "bound" in office.issue(draft(seals=["BW-SEAL-2"]))
    assert office.issue(wanted, number=12346)["number"] == "BW0012346"


def test_t6_an_old_approval_is_refused(office):
    wanted = draft()
    approvals = office.both(wanted)
    office.now += 72 * 3600 + 1
    with pytest.raises(Untrusted, match="older than 72 hours"):
        office.issue(wanted, approvals, issue_date="2026-11-05")
    assert office.service.approval(id=approvals[0], at=0)["state"] == "old"


def test_t6_the_wrong_role_is_refused(office):
    wanted = draft()
    with pytest.raises(NotPermitted, match="not for the role checker"):
        office.approve("kagiso", "checker", wanted)
    evidence = office.assertion("naledi", "maker", wanted)  # the challenge of the other role
    with pytest.raises(Untrusted, match="challenge"):
        office.approve("naledi", "checker", wanted, evidence)


def test_t6_a_cloned_authenticator_is_refused(office):
    wanted = draft()
    clone = SecurityKey(key=office.keys["kagiso"].key, name=office.keys["kagiso"].name)
    for _ in range(3):
        office.approve("kagiso", "maker", wanted)
    office.keys["kagiso"] = clone
    with pytest.raises(Untrusted, match="counter"):
        office.approve("kagiso", "maker", wanted)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"verified": False}, "verif"),
        ({"host": "evil.example"}, "RP ID"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "http://node.mines.example"}, "origin"),
        ({"key": SecurityKey().key}, "signature"),
        ({"name": b"unknown"}, "credential"),
    ],
)
def test_t6_an_assertion_with_a_fault_is_refused(office, fault, why):
    for name, value in fault.items():
        setattr(office.keys["naledi"], name, value)
    with pytest.raises(Untrusted, match=f"(?i){why}"):
        office.approve("naledi", "checker", draft())


def test_t6_a_credential_that_ended_approves_nothing_more(office):
    wanted = draft()
    approvals = office.both(wanted)
    office.enrol("naledi", "checker", SecurityKey(name=b"the next key"))
    with pytest.raises(Untrusted, match="has ended"):
        office.issue(wanted, approvals)


def test_t6_a_new_credential_waits_until_the_operator_confirms_it():
    office = Office(replace(STRICT, enrolment="confirmed"))
    assert {row["state"] for row in office.service.ways(authority="BW", officer="kagiso")["credentials"]} == {"pending"}
    with pytest.raises(NotFound, match="have it confirmed"):
        office.approve("kagiso", "maker", draft())


def test_t6_the_nodes_word_counts_only_where_the_policy_says_so(office):
    word = [{"officer": "kagiso", "role": "maker"}, {"officer": "naledi", "role": "checker"}]
    with pytest.raises(NotPermitted, match="does not take the node's word"):
        office.issue(draft(), word)
    assert Office(replace(STRICT, levels=("webauthn", "node"))).issue(draft(), word)["level"] == "node"


def test_t6_a_passphrase_approves_and_is_marked_weaker(office):
    office.enrol_passphrase("naledi", "checker")
    wanted = draft()
    typed = {"level": "software", "passphrase": PASSPHRASE}
    approvals = [office.approve("kagiso", "maker", wanted), office.approve("naledi", "checker", wanted, typed)]
    assert office.issue(wanted, approvals)["level"] == "software"


def test_t6_guessing_a_passphrase_locks_the_key(office):
    office.enrol_passphrase("naledi", "checker")
    wanted = draft()
    for _ in range(5):
        with pytest.raises(Untrusted, match="passphrase of the approval key is wrong"):
            office.approve("naledi", "checker", wanted, {"level": "software", "passphrase": "guessed guessed"})
    with pytest.raises(Conflict, match="locked"):
        office.approve("naledi", "checker", wanted, {"level": "software", "passphrase": PASSPHRASE})
    office.now += 901
    assert office.approve("naledi", "checker", wanted, {"level": "software", "passphrase": PASSPHRASE})


def test_t6_an_enrolment_needs_its_own_fresh_challenge(office):
    challenge = office.service.challenge(authority="BW", officer="bart", at=0)
    evidence = {"level": "webauthn", "challenge": challenge, "credential": SecurityKey().register(challenge)}
    office.now += 601
    with pytest.raises(Conflict, match="took too long"):
        office.service.enrol(authority="BW", officer="bart", roles=["maker"], evidence=evidence, at=0)


# --- T11: a node in wrong hands ---------------------------------------------------------------------------------------


def test_t11_the_daily_cap_holds():
    office = Office(replace(STRICT, cap=2))
    for number in (12345, 12346):
        office.issue(draft(seals=[str(number)]), number=number)
    with pytest.raises(Conflict, match="daily cap of 2"):
        office.issue(draft(seals=["3"]), number=12347)
    office.now += DAY
    assert office.issue(draft(seals=["3"]), number=12347, issue_date="2026-11-03")["number"] == "BW0012347"


@pytest.mark.parametrize(
    "changes",
    [
        {"total_carats": "12.49"},
        {"total_usd": "4000.01"},
        {"lines": []},
        {"lines": [{"hs": "7102.31", "carats": "1e3", "usd": "4000.00"}]},
        {"anything": "else"},
        {"issuer": "ZA"},
        {"issuing_authority": "ZA"},
        {"number": "BW0000001"},
        {"validated": {"by": "nobody", "date": "2026-11-02"}},
    ],
)
def test_t11_what_is_no_certificate_is_not_signed(office, changes):
    wanted = draft(**changes)
    wanted["content"] |= changes
    with pytest.raises(Untrusted):
        office.issue(wanted)


@pytest.mark.parametrize(
    "changes",
    [
        {"issue_date": "2026-10-31"},
        {"issue_date": "2026-11-04"},
        {"expiry_date": "2026-11-02"},
        {"expiry_date": "2029-11-02"},
        {"iat": NOW + 2 * DAY},
    ],
)
def test_t11_dates_are_those_of_the_signers_own_clock(office, changes):
    with pytest.raises(Conflict):
        office.issue(draft(), **changes)


def test_t11_what_is_replaced_is_what_the_officers_saw(office):
    first, second = (office.issue(draft(seals=[str(number)]), number=number)["cid"] for number in (12345, 12346))
    wanted = {**draft(), "about": "BW0012345"}
    for wrong in (second, b64u(bytes(32))):
        with pytest.raises(Untrusted, match="replaces another"):
            office.issue(wanted, number=12347, replaces=wrong)
    with pytest.raises(Untrusted, match="replaces another"):  # the officers approved no replacement
        office.issue(draft(), number=12347, replaces=first)
    assert content_of(office.issue(wanted, number=12347, replaces=first))["replaces"] == first
    elder = {**draft(), "about": "BW0000007"}  # from before this signer
    assert office.issue(elder, number=12348, replaces=b64u(bytes(32)))["number"] == "BW0012348"


def test_t11_no_call_signs_bytes_that_it_is_handed(office):
    signing = {"certificate", "codes", "seal", "statement", "checkpoint", "cosignature", "request"}
    ask = office.service
    for call in (
        lambda: ask.statement(authority="BW", typ="anything+jwt", payload={}),
        lambda: ask.statement(authority="BW", typ="dc+sd-jwt", payload={"kpc_number": "BW1"}),
        lambda: ask.statement(authority="BW", typ="kp-receipt+jwt", payload={"a": 1}),
        lambda: ask.statement(authority="BW", typ="statuslist+jwt", payload={"a": 1}),
        lambda: ask.statement(authority="BW", typ="kp-bundle+jwt", payload={"iss": "x", "iat": 1, "authority": "ZA"}),
        lambda: ask.checkpoint(origin="two\nlines", size=1, root=b64u(bytes(32))),
        lambda: ask.checkpoint(origin="log", size=1, root=b64u(bytes(31))),
        lambda: ask.cosignature(text="anything\n", name="witness", time=1),
        lambda: ask.request(authority="BW", base="eyJhbGciOiJFZDI1NTE5In0.e30"),
        lambda: ask.request(authority="BW", base="log.example/1\n5\nAAAA"),
    ):
        with pytest.raises(Untrusted):
            call()
    with pytest.raises(NotFound, match="signed here"):
        ask.seal(authority="BW", number="BW0012345", digest=b64u(bytes(32)))
    assert signing <= set(dir(ask))


def test_t11_a_request_to_another_node_is_signed_by_the_transport_key(office):
    base = '"@method": GET\n"@signature-params": ("@method");created=1'
    signature = unb64u(office.service.request(authority="BW", base=base))
    KEYS["BW", "transport"].public().verify(base.encode(), signature)


def test_t11_a_voiding_needs_two_officers(office):
    payload = {"iss": "https://kp.example/p/BW", "authority": "BW", "iat": NOW, "cid": b64u(bytes(32)),
               "kpc_number": "BW0012345", "kind": "VOID", "reason": "an error", "replaced_by": None}  # fmt: skip
    with pytest.raises(NotPermitted):
        office.service.statement(authority="BW", typ="kp-void+jwt", payload=payload)
    said = {"v": 1, "void": {name: value for name, value in payload.items() if name != "iat"}}
    approvals = office.both(said)
    assert office.service.statement(authority="BW", typ="kp-void+jwt", payload=payload, approvals=approvals)
    with pytest.raises(Untrusted, match="was used"):
        office.service.statement(authority="BW", typ="kp-void+jwt", payload=payload, approvals=approvals)


def _list(office, entries, uri="https://kp.example/status/BW/2026-1", authority="BW", **changes):
    claims = statuslist.claims_of(uri, entries, iat=office.now) | changes
    return office.service.statement(authority=authority, typ=statuslist.TYP, payload=claims)


def test_t11_what_is_void_or_used_stays_so_on_every_list(office):
    clean = statuslist.StatusList.empty(64)
    void = clean.with_({7: Status.VOID, 8: Status.USED, 9: Status.SUSPENDED})
    for entries in (clean, void, void, void.with_({9: Status.VALID})):
        assert statuslist.entries_of(_list(office, entries)).moves(entries) == []
    for entries, uri in (
        (clean, "https://kp.example/status/BW/2026-1"),
        (clean, "https://other.example/status/BW/2026-2"),
        (void.with_({7: Status.SUSPENDED}), "https://kp.example/status/BW/2026-1"),
        (statuslist.StatusList.empty(4), "https://kp.example/status/BW/2026-1"),
    ):
        with pytest.raises(Conflict, match="for ever"):
            _list(office, entries, uri)
    assert _list(office, clean, "https://kp.example/status/BW/2027-1")
    assert _list(office, clean, "https://kp.example/status/ZA/2026-1", "ZA")


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "https://kp.example/status/ZA/2026-1"},
        {"uri": "https://kp.example/status/BW/2026-1", "sub": "anything"},
        {"iat": NOW + DAY + 1},
        {"iat": NOW - DAY - 1},
        {"iat": "now"},
        {"exp": NOW},
        {"exp": NOW + 400 * DAY},
        {"status_list": {"bits": 1, "lst": "AA"}},
    ],
)
def test_t11_a_list_of_another_authority_or_time_is_not_signed(office, changes):
    with pytest.raises((Untrusted, Conflict)):
        _list(office, statuslist.StatusList.empty(64), **changes)
    assert not office.service.ledger.rows("SELECT * FROM lists")


@pytest.mark.parametrize("iat", [NOW - DAY - 1, NOW + DAY + 1])
def test_t11_a_voiding_is_of_the_signers_own_day(office, iat):
    payload = {"iss": "https://kp.example/p/BW", "authority": "BW", "iat": iat, "cid": b64u(bytes(32)),
               "kpc_number": "BW0012345", "kind": "VOID", "reason": "an error", "replaced_by": None}  # fmt: skip
    approvals = office.both({"v": 1, "void": {name: value for name, value in payload.items() if name != "iat"}})
    with pytest.raises(Conflict, match="signer's clock"):
        office.service.statement(authority="BW", typ="kp-void+jwt", payload=payload, approvals=approvals)


def test_t11_every_call_leaves_a_line_that_cannot_be_unsaid(tmp_path):
    office = Office(audit=Audit(tmp_path / "audit.jsonl"))
    office.issue(draft())
    with pytest.raises(KimberleyError):
        office.issue(draft(seals=["x"]), [], number=12346)
    written = (tmp_path / "audit.jsonl").read_bytes()
    count, faults = audit.verify(tmp_path / "audit.jsonl")
    assert not faults
    assert count == written.count(b"\n") == 8
    assert b"NotPermitted" in written
    for spoilt in (written.replace(b"BW0012345", b"BW0012399"), written.partition(b"\n")[2]):
        (tmp_path / "audit.jsonl").write_bytes(spoilt)
        assert audit.verify(tmp_path / "audit.jsonl")[1]


def test_t11_a_line_is_on_the_disk_before_the_answer_and_the_ledger_knows_the_last(tmp_path, monkeypatch):
    path, synced = tmp_path / "audit.jsonl", []
    monkeypatch.setattr(os, "fsync", lambda _number: synced.append(path.read_bytes().count(b"\n")))
    office = Office(audit=Audit(path))
    office.issue(draft())
    assert synced == list(range(1, synced[-1] + 1))
    count, head = office.service.ledger.rows("SELECT size, root FROM marks WHERE origin = 'audit'")[0]
    assert audit.verify(path, known=(count, head)) == (synced[-1], [])
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert audit.verify(path, known=(count, head))[1] == [f"the end is cut off: the ledger knows {count} lines"]
    Audit(path).append(call="another last line")
    assert audit.verify(path, known=(count, head))[1] == [f"line {count} is not the one that the ledger knows"]
    path.unlink()
    assert audit.verify(path, known=(count, head))[1]


def test_t11_two_writers_keep_one_chain_and_a_torn_line_stays(tmp_path):
    path = tmp_path / "audit.jsonl"
    one, two = Audit(path), Audit(path)
    for n in range(3):
        one.append(call="a", at=n)
        two.append(call="b", at=n)
    assert audit.verify(path) == (6, [])
    path.write_bytes(path.read_bytes()[:-5])
    Audit(path).append(call="after the power failed")
    count, faults = audit.verify(path)
    assert count == 7
    assert len(faults) == 1


# --- T12: a stolen key ------------------------------------------------------------------------------------------------


def test_t12_a_key_that_is_named_newer_signs_from_then_on(tmp_path, monkeypatch):
    """The hook of the kill-switch: the key in use is the newest in public.json; the old one only verifies."""
    from openkimberley.signer.keystore import newest

    public = [
        {"kid": "BW/sign/2026-1", "nbf": "2026-01-01"},
        {"kid": "BW/sign/2026-2", "nbf": "2026-06-01"},
        {"kid": "BW/seal/2027-1", "nbf": "2027-01-01"},
        {"kid": "BWX/sign/2028-1", "nbf": "2028-01-01"},
    ]
    assert newest(public, "BW", "sign")["kid"] == "BW/sign/2026-2"
    assert newest(public, "BW", "log") is None


# --- T13: restored from an old backup ---------------------------------------------------------------------------------


def test_t13_a_checkpoint_never_goes_back_or_forks(office):
    root, other = b64u(bytes([1]) * 32), b64u(bytes([2]) * 32)
    sign = lambda size, at: office.service.checkpoint(origin="journal.bw.example/1", size=size, root=at)  # noqa: E731
    assert sign(10, root) == sign(10, root)
    sign(12, root)
    for size, at in ((11, root), (12, other), (0, root)):
        with pytest.raises(Conflict, match="gone back or forked"):
            sign(size, at)
    assert office.service.checkpoint(origin="journal.bw.example/2", size=1, root=other)


def test_t13_a_witness_never_goes_back_or_forks(office):
    def text(size: int, root: str = "A") -> str:
        return f"journal.za.example/1\n{size}\n{root}{'A' * 42}=\n"

    def cosign(written: str, name: str = "witness.bw.example") -> dict:
        return office.service.cosignature(text=written, name=name, time=NOW)

    cosign(text(5))
    cosign(text(5))
    for written in (text(4), text(5, "B")):
        for name in ("witness.bw.example", "another.example"):  # one key: the name is not among what it signs
            with pytest.raises(Conflict, match="gone back or forked"):
                cosign(written, name)


@pytest.mark.parametrize("time", [5, NOW - 61, NOW + 61])
def test_t13_a_witness_signs_the_time_of_its_own_clock(office, time):
    with pytest.raises(Conflict, match="signer's clock"):
        office.service.cosignature(text=f"journal.za.example/1\n5\n{'A' * 43}=\n", name="witness", time=time)


def test_t13_a_node_restored_from_an_old_backup_voids_nothing_that_stands(office):
    """The node asks for numbers that stand on paper: it hears of the rollback, and none of them is given up."""
    for number in range(12345, 12349):
        office.issue(draft(seals=[str(number)]), number=number)
    office.service.settle(authority="BW", number="BW0012348")
    for number in range(12345, 12349):
        with pytest.raises(Conflict, match="after a restore"):
            office.issue(draft(seals=["new"]), number=number)
    states = office.service.ledger.rows("SELECT DISTINCT state FROM numbers")
    assert [row["state"] for row in states] == ["settled"]


def test_the_ledger_is_on_the_disk_before_the_answer(tmp_path):
    """A second reader finds the number as soon as the certificate is out."""
    office = Office(ledger=Ledger(tmp_path / "ledger.sqlite3"))
    office.issue(draft())
    again = Ledger(tmp_path / "ledger.sqlite3")
    assert [row["number"] for row in again.rows("SELECT number FROM numbers")] == ["BW0012345"]
    assert again.rows("PRAGMA synchronous")[0][0] == 2
    assert again.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert (tmp_path / "ledger.sqlite3").stat().st_mode & 0o077 == 0


def test_t11_nobody_else_reads_the_ledger_nor_the_files_beside_it(tmp_path):
    before = os.umask(0o022)
    try:
        ledger = Ledger(tmp_path / "ledger.sqlite3")
        with ledger.transaction() as rows:
            rows.execute("INSERT INTO marks VALUES ('log:x', 1, '')")
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"), 0o600)


@pytest.mark.parametrize(
    "written",
    [{"cap": "many"}, {"levels": ["none"]}, {"clock": "mine"}, {"unknown": 1}, {"levels": "node"}, {"cap": True}],
)
def test_a_policy_that_is_not_understood_is_refused(written):
    with pytest.raises(Conflict):
        Policy.from_json(written)


def test_a_policy_reads_back_as_written_and_is_strict_where_nothing_is_said():
    assert Policy.from_json(STRICT.as_json()) == STRICT
    assert "node" not in Policy().levels
    assert (Policy().ranges, Policy().enrolment, Policy().clock) == ("confirmed", "confirmed", "own")


def test_what_is_signed_says_whose_it_is(office):
    signed = content_of(office.issue(draft()))
    assert signed["authority"] == "BW"
    assert signed["exp"] > NOW
    assert date.fromisoformat("2027-01-01").year == 2027
    assert approval.weakest(["webauthn", "node", "software"]) == "node"
    assert LocalService(lambda *_: None).public_key(authority="BW", use="sign") is None
