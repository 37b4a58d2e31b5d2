"""6, 7 and 8 with a journal: what a proof, a lack of one, a freeze and a countersignature do to a verdict."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from openkimberley.certificates.statements import full_qr, issue_credential, label_qr, present_credential
from openkimberley.trust import jws, notes
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.trust.proof import Proof
from openkimberley.verification import Advice, Bundle, Result, Verdict, verify
from openkimberley.verification.tests.test_engine import CID, CREDENTIAL, HISTORY, KEY, LIST, PAPER, WRITTEN

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
ORIGIN = "journal.bw.example/1"
JOURNAL = SoftwareKey.from_secret("node/log/1", "Ed25519", b"J" * 32)
WITNESSES = {name: SoftwareKey.from_secret(name, "Ed25519", name.encode() * 16) for name in ("w1", "w2")}
OWN = SoftwareKey.from_secret("own", "Ed25519", b"o" * 32)
MONITOR = SoftwareKey.from_secret("KP-MT-CAF/1", "Ed25519", b"M" * 32)
PLACE, SIZE = 5, 9


def seconds(day, hour=12):
    return int(datetime.fromisoformat(f"{day}T{hour:02d}:00:00+00:00").timestamp())


SEEN, NOT_YET = seconds("2026-11-03"), seconds("2026-11-02", 0)


def vkey(name, key, kind=COSIGNATURE):
    return VerifierKey(name, kind, key.public_key).text


def entry(cid=CID, number=PAPER.number, day="2026-11-02"):
    return canonical({"v": 1, "t": "kpc.issue", "n": number, "h": b64u(cid), "d": day})


def tree(leaf, place=PLACE, size=SIZE):
    leaves = [leaf_hash(b"other %d" % number) for number in range(size)]
    leaves[place] = leaf_hash(leaf)
    return Tree(size, MemoryHashes(leaves)), MemoryHashes(leaves)


def cosigned(text, times, keys=WITNESSES):
    note = Note.parse(notes.sign_note(text, name=ORIGIN, signer=JOURNAL))
    return note.with_lines(notes.cosign(text, name=name, signer=keys[name], time=time) for name, time in times.items())


def proof(leaf=None, *, place=PLACE, size=SIZE, by=SEEN, after=NOT_YET, times=None, signer=JOURNAL):
    """A proof whose entry was seen ``by`` a moment and was not there ``after`` another."""
    whole, hashes = tree(leaf or entry(), place, size)
    text = Checkpoint(ORIGIN, size, whole.root()).text
    before = Checkpoint(ORIGIN, place, Tree(place, hashes).root()).text if place else ""
    extra = str(cosigned(before, {"w1": after})).encode() if after and place else b""
    note = cosigned(text, {"w1": by, "w2": by} if times is None else times)
    if signer is not JOURNAL:
        note = Note.parse(notes.sign_note(text, name=ORIGIN, signer=signer)).with_lines(note.signatures[1:])
    return Proof(place, tuple(whole.inclusion(place)), note, extra)


def bundle(**changes):
    written = copy.deepcopy(WRITTEN) | {
        "policy": "\n".join(
            [*(f"witness {name} {vkey(name, key)}" for name, key in {**WITNESSES, "own": OWN}.items()),
             "group all 2 w1 w2 own", "quorum all"]
        ),
    }  # fmt: skip
    written["authorities"]["BW"] |= {
        "log": {"origin": ORIGIN, "vkey": vkey(ORIGIN, JOURNAL, LOG)},
        "witness": {"name": "own", "vkey": vkey("own", OWN)},
    }  # fmt: skip
    return Bundle(written | changes)


def ask(artefact=CREDENTIAL, known=None, **about):
    return verify(artefact, known or bundle(), **{"now": NOW, "authority": "EU-BE", **about})


def said(report, number):
    return report.check(number).result, report.check(number).detail


CODE = full_qr(PAPER, signer=KEY, cid=CID, status=(1, 0), log_index=PLACE)


@pytest.mark.parametrize("artefact", [CREDENTIAL, CODE, present_credential(CREDENTIAL, "carrier")])
@pytest.mark.parametrize("form", ["text", "code", "bundle"])
def test_a_proof_that_holds_is_accepted_in_every_form(artefact, form):
    one = proof()
    known, about = bundle(), {"proof": one.text if form == "text" else one.code(log=ORIGIN)}
    if form == "bundle":
        brought = {b64u(CID[:16]): {"cid": b64u(CID), "d": "2026-11-02", "proof": one.text}}
        known, about = bundle(proofs=brought), {}
    report = ask(artefact, known, **about)
    assert report.verdict is Verdict.VALID, report.as_json()
    assert said(report, 8) == (
        Result.PASS, "It is entry 5 of the journal of BW; enough witnesses had seen it by 2026-11-03."
    )  # fmt: skip
    assert "assurance high" in report.check(6).detail


def test_without_a_proof_nobody_is_accused_and_nothing_passes():
    """README decision 7: a check that could not be made is never shown as failed."""
    for now, words in ((datetime(2026, 11, 2, 18, tzinfo=UTC), "has 24 hours"), (NOW, "get it before")):
        report = ask(now=now)
        assert (report.verdict, report.advice) == (Verdict.CANNOT_TELL, Advice.ASK_ISSUER)
        assert report.check(8).result is Result.UNKNOWN
        assert words in report.check(8).detail
    assert "assurance low" in report.check(6).detail


def test_an_issuer_without_a_journal_is_not_held_against_its_certificates():
    report = ask(known=Bundle(WRITTEN), proof=proof().text)
    assert (report.verdict, report.check(8).counts) == (Verdict.VALID, False)


def test_t7_a_certificate_that_is_not_in_the_journal_cannot_borrow_a_proof():
    other, cid = issue_credential(
        replace(PAPER, parcels=2), signer=KEY, iat=1_793_610_000, status_uri=LIST, status_idx=1
    )
    report = ask(other, proof=proof().text)
    assert report.verdict is Verdict.INVALID
    assert report.check(8).result is Result.FAIL
    assert cid != CID


@pytest.mark.parametrize(
    "bad",
    [
        proof(entry(number="BW0012346")), proof(entry(day="2026-11-03")), proof(signer=KEY),
        proof(place=4),  # the code names entry 5
    ],
)  # fmt: skip
def test_a_proof_of_something_else_is_refused(bad):
    report = ask(CODE, proof=bad.text)
    assert (report.verdict, report.check(8).result) == (Verdict.INVALID, Result.FAIL)


def test_a_proof_that_cannot_be_read_is_asked_for_again():
    for bad in ("nonsense", "KPP1:ABC", proof().text[:-20]):
        assert ask(proof=bad).check(8).result is Result.UNKNOWN


def test_t9_without_enough_witnesses_the_goods_are_held():
    for times in ({}, {"w1": seconds("2026-11-03")}):
        report = ask(proof=proof(times=times).text)
        assert (report.verdict, report.check(8).result) == (Verdict.CANNOT_TELL, Result.WARN)


def test_an_authority_does_not_witness_its_own_journal():
    whole, _ = tree(entry())
    text = Checkpoint(ORIGIN, SIZE, whole.root()).text
    keys, day = {**WITNESSES, "own": OWN}, seconds("2026-11-03")
    note = cosigned(text, {"w1": day, "own": day}, keys)
    report = ask(proof=Proof(PLACE, tuple(whole.inclusion(PLACE)), note).text)
    assert report.check(8).result is Result.WARN


def test_a_false_cosignature_is_refused():
    one = proof()
    lines = one.note.signatures
    forged = lines[1]._replace(signature=lines[1].signature[:8] + lines[2].signature[8:])
    report = ask(proof=replace(one, note=Note(one.note.text, (lines[0], forged, lines[2]))).text)
    assert (report.verdict, report.check(8).result) == (Verdict.INVALID, Result.FAIL)


def test_t8_a_back_dated_certificate_is_refused():
    late = proof(after=seconds("2027-01-03"), by=seconds("2027-01-04"))
    report = ask(proof=late.text, now=datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert said(report, 8)[0] is Result.FAIL
    assert "entered in the journal after 2027-01-03" in said(report, 8)[1]


def test_t8_what_the_guard_kept_himself_counts_more_than_what_the_issuer_chose():
    honest = proof(after=None, by=seconds("2027-01-04"))
    _, hashes = tree(entry())
    kept = cosigned(Checkpoint(ORIGIN, 3, Tree(3, hashes).root()).text, {"w1": seconds("2027-01-03")})
    now = datetime(2027, 1, 1, 12, tzinfo=UTC)
    assert ask(proof=honest.text, now=now).check(8).result is Result.PASS
    assert (
        ask(proof=honest.text, now=now, known=bundle(checkpoints={ORIGIN: [str(kept)]})).check(8).result is Result.FAIL
    )


def compromised(since):
    known = bundle().as_json()
    known["authorities"]["BW"]["keys"][0] |= {"state": "compromised", "compromised_since": since}
    return Bundle(known)


def test_t12_what_witnesses_saw_before_the_theft_stays_good_and_the_rest_does_not():
    before, after, same = compromised("2026-11-05"), compromised("2026-11-02"), compromised("2026-11-03")
    assert ask(known=before, proof=proof().text).verdict is Verdict.VALID
    assert ask(known=before).check(6).result is Result.UNKNOWN  # without a witness only the issuer knows
    assert ask(known=after, proof=proof().text).check(6).result is Result.FAIL
    late = proof(after=seconds("2026-11-04"), by=seconds("2026-11-05"))
    assert ask(known=same, proof=late.text).check(6).result is Result.FAIL


def suspended(size, since="2026-11-01"):
    participants = copy.deepcopy(WRITTEN["participants"])
    participants["BW"]["history"] = [
        {**HISTORY[0], "until": since},
        {"status": "SUSPENDED", "from": since, "until": None, "source": "AD 2026/1",
         "log_freeze": {ORIGIN: {"size": size, "root": b64u(bytes(32))}}},
    ]  # fmt: skip
    return bundle(participants=participants)


def test_t15_the_place_in_the_frozen_journal_decides_not_the_date():
    entered_before, entered_after = suspended(PLACE + 1), suspended(PLACE)
    assert ask(known=entered_before, proof=proof().text).check(7).result is Result.PASS
    assert ask(known=entered_after, proof=proof().text).check(7).result is Result.FAIL
    back_dated = suspended(PLACE, since="2026-11-05")  # dated before the suspension, entered after it
    report = ask(known=back_dated, proof=proof().text)
    assert (report.verdict, report.check(7).result) == (Verdict.INVALID, Result.FAIL)
    assert "frozen at 5 entries" in report.check(7).detail
    assert ask(CODE, back_dated).check(7).result is Result.FAIL  # the code alone names its place
    assert ask(known=suspended(PLACE + 1, since="2026-11-05"), proof=proof().text).check(7).result is Result.PASS


def under_supervision(**signed):
    by = {"role": "KP-MT-CAF", "kpc_number": PAPER.number, "destination": "EU-BE", **signed}
    payload = jws.sign(by, typ="kp-countersign+jwt", signer=MONITOR)
    return [{"role": "KP-MT-CAF", "kid": MONITOR.kid, "jws": payload}]


def restricted():
    participants = copy.deepcopy(WRITTEN["participants"])
    participants["BW"]["history"] = [
        {"status": "RESTRICTED", "from": "2003-01-01", "until": None, "source": "AD 2015/1", "zones": [],
         "conditions": [{"kind": "countersign", "role": "KP-MT-CAF", "min": 1}, {"kind": "observer_copy", "to": "x"}]}
    ]  # fmt: skip
    return bundle(participants=participants, roles={"KP-MT-CAF": {"keys": [MONITOR.public().as_json()]}})


def with_countersignatures(signatures):
    from openkimberley.certificates.statements import credential
    from openkimberley.trust import sdjwt

    visible, claims = credential.credential_claims(PAPER, iat=1_793_610_000, status_uri=LIST, status_idx=0)
    return sdjwt.issue(visible, claims | {"countersign": signatures}, signer=KEY, each_element_of=("lines",))


def test_t15_what_must_be_countersigned_is_and_an_issuers_word_is_not_enough():
    good = with_countersignatures(under_supervision())
    assert ask(good, restricted()).check(7).result is Result.PASS
    for bad in (
        [], [{"role": "KP-MT-CAF"}], under_supervision(kpc_number="BW0099999"), under_supervision(destination="AE"),
        [{"role": "KP-MT-CAF", "jws": jws.sign({}, typ="kp-countersign+jwt", signer=KEY)}],
    ):  # fmt: skip
        report = ask(with_countersignatures(bad), restricted())
        assert (report.check(7).result, report.verdict) == (Result.FAIL, Verdict.INVALID)
    assert ask(CODE, restricted()).check(7).result is Result.UNKNOWN  # a code has no room for it
    assert ask(present_credential(good, "carrier"), restricted()).check(7).result is Result.UNKNOWN


def test_t16_keys_exchanged_without_the_old_ones_word_hold_the_goods():
    known = bundle(trust={"root_version": 1, "pending": {"BW": "its keys were exchanged on 2026-11-05"}})
    report = ask(known=known, proof=proof().text)
    assert (report.verdict, report.advice) == (Verdict.CANNOT_TELL, Advice.ASK_ISSUER)
    assert "exchanged on 2026-11-05" in report.check(7).detail


def test_a_label_finds_its_proof_only_in_the_bundle():
    label = label_qr(PAPER, signer=KEY, cid=CID, status=(1, 0), log_index=PLACE)
    assert ask(label, proof=proof().text).check(8).result is Result.UNKNOWN
    brought = {b64u(CID[:16]): {"cid": b64u(CID), "d": date(2026, 11, 2).isoformat(), "proof": proof().text}}
    assert ask(label, bundle(proofs=brought)).verdict is Verdict.VALID


def test_a_journal_under_another_name_than_its_key_is_no_bundle():
    from openkimberley.kernel.errors import Untrusted

    known = bundle().as_json()
    known["authorities"]["BW"]["log"] = {"origin": "other", "vkey": vkey(ORIGIN, JOURNAL, LOG)}
    with pytest.raises(Untrusted, match="another name"):
        Bundle(known)


@pytest.mark.parametrize("where", ["extra", "bundle"])
def test_t8_a_tree_that_no_witness_saw_gains_nothing_from_a_larger_one_that_they_did_see(where):
    secret, seen = proof(times={}), proof(entry(number="BW0012346")).note
    if where == "extra":
        secret = replace(secret, extra=str(seen).encode())
    known = bundle(checkpoints={ORIGIN: [str(seen)]}) if where == "bundle" else bundle()
    report = verify(CREDENTIAL, known, now=NOW, authority="EU-BE", proof=secret.text)
    results = {check.id: check.result for check in report.checks}
    assert (report.verdict, results[8]) == (Verdict.CANNOT_TELL, Result.WARN)
    assert "assurance low" in next(check.detail for check in report.checks if check.id == 6)


def test_t12_a_place_that_no_witness_saw_does_not_lead_behind_the_freeze():
    known = suspended(PLACE + 1)
    assert ask(known=known, proof=proof().text).check(7).result is Result.PASS
    assert ask(known=known, proof=proof(times={}).text).check(7).result is Result.FAIL
