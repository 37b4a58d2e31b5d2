"""The witness in the node: compare and set, held before it is signed, evidence for ever, alerts, its addresses."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from tests.signer import sign_with

from openkimberley.alerts import queries as alerts
from openkimberley.alerts.facts import AlertKind, AlertStatus
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Untrusted
from openkimberley.trust import signing
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.witness import actions, queries, web
from openkimberley.witness.facts import EvidenceKind, log_id
from openkimberley.witness.models import Evidence, Finding, WitnessedLog
from openkimberley.witness.statements import read_cosignatures, write_submission
from openkimberley.witness.tests.logs import Log, policy_text

VECTORS = Path(__file__).parents[5] / "shared" / "vectors" / "witness" / "add_checkpoint.json"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEEPER = Actor(id="keeper", roles=frozenset({Role.ADMINISTRATOR}), authority="BE", via="cli")
NAME = "witness.be.example"
SIGNER = SoftwareKey.from_secret("node/witness/1", "Ed25519", bytes([9]) * 32)
KEY = VerifierKey(NAME, COSIGNATURE, SIGNER.public_key)


def entries(count, word="entry"):
    return [f"{word} {number}" for number in range(count)]


@pytest.fixture(autouse=True)
def _signing(monkeypatch):
    sign_with(lambda authority, use: SIGNER if (authority, use) == ("node", "witness") else None)
    monkeypatch.setattr(web, "PACE", web.Pace(60))
    monkeypatch.setattr(web, "STRANGERS", web.Pace(60))
    yield
    signing.provide(None)


@pytest.fixture
def office(db):
    return actions.take_office(by=KEEPER, at=AT, name=NAME)


def know(log, participant="BW"):
    return actions.know_log(by=KEEPER, at=AT, origin=log.origin, vkeys=[log.key.text], participant=participant)


def post(client, body):
    return client.post("/witness/add-checkpoint", body, content_type="text/plain")


def test_a_checkpoint_is_cosigned_and_shown(client, office):
    log = Log(entries(9))
    know(log)
    answer = post(client, log.request(0, 4))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text = Checkpoint(log.origin, 4, log.root(4)).text
    assert [line.name for line in read_cosignatures(answer.content.decode(), text, [KEY])] == [NAME]
    assert post(client, log.request(4)).status_code == 200
    shown = client.get(f"/witness/{log_id(log.origin)}/checkpoint")
    note = Note.parse(shown.content)
    assert Checkpoint.parse(note.text).size == 9
    assert {found.key for found in note.verified([log.key, KEY])} == {log.key, KEY}
    assert client.get(f"/witness/{'0' * 64}/checkpoint").status_code == 404
    assert not client.cookies


def test_cosigning_leaves_no_entry_in_the_journal(client, office):
    log = Log(entries(9))
    know(log)
    before = journal.size()
    assert post(client, log.request(0)).status_code == 200
    assert post(client, log.request(9)).status_code == 200
    assert journal.size() == before


def test_it_asks_neither_for_a_session_nor_for_a_form_token(office):
    from django.test import Client

    log = Log(entries(2))
    know(log)
    assert post(Client(enforce_csrf_checks=True), log.request(0)).status_code == 200
    assert Client().get("/witness/add-checkpoint").status_code == 405


def test_a_request_that_is_too_large_or_too_many_is_refused(client, office, monkeypatch):
    assert post(client, b"x" * 140_000).status_code == 413
    assert post(client, b"what is this").status_code == 400
    log = Log(entries(2))
    know(log)
    monkeypatch.setattr(web, "PACE", web.Pace(2))
    assert [post(client, log.request(2 if turn else 0)).status_code for turn in range(3)] == [200, 200, 429]
    assert post(client, Log(entries(1), origin="other.example/1").request(0)).status_code == 404


def test_names_that_are_invented_take_nothing_from_a_journal(client, office, monkeypatch):
    monkeypatch.setattr(web, "PACE", web.Pace(2, names=2))
    monkeypatch.setattr(web, "STRANGERS", web.Pace(3, names=2))
    log = Log(entries(2))
    know(log)
    invented = [Log(entries(1), origin=f"invented.example/{number}").request(0) for number in range(3)]
    assert [post(client, body).status_code for body in (*invented, invented[0])] == [404, 404, 404, 429]
    forged = Log(entries(2), seed=78).request(0)
    assert post(client, forged).status_code == 429  # the journal's name without its signature is anybody's
    assert post(client, log.request(0)).status_code == 200
    assert post(client, log.request(2)).status_code == 200
    assert post(client, log.request(2)).status_code == 429


def test_the_pace_forgives_after_a_minute_and_forgets_names():
    pace = web.Pace(1, names=2)
    assert pace.allows("a", 0)
    assert not pace.allows("a", 59)
    assert pace.allows("a", 61)
    assert pace.allows("b", 61)
    assert not pace.allows("c", 61)
    assert pace.allows("c", 200)


@pytest.mark.vectors
@pytest.mark.django_db
def test_the_outside_vectors_through_the_address(client, office):
    if not VECTORS.exists():
        pytest.skip("OUTSIDE VECTORS ABSENT: witness/add_checkpoint.json was not run")
    vector = json.loads(VECTORS.read_text("utf-8"))
    origin = vector["cases"][0]["request"].split("\n")[2]
    key = VerifierKey(origin, LOG, bytes.fromhex(vector["log_public_key_hex"]))
    actions.know_log(by=KEEPER, at=AT, origin=origin, vkeys=[key.text])
    found = [post(client, case["request"].encode()).status_code for case in vector["cases"]]
    wanted = [404 if place == 2 else case["expect"] for place, case in enumerate(vector["cases"])]
    assert found == wanted
    assert WitnessedLog.objects.get().size == 5


def test_a_crash_between_holding_and_answering_costs_one_answer(client, office, monkeypatch):
    log = Log(entries(9))
    know(log)

    def killed(*args, **kwargs):
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(signing, "sign_cosignature", killed)
        with pytest.raises(SystemExit):
            post(client, log.request(0, 4))
    row = WitnessedLog.objects.get()
    assert (row.size, row.cosignature) == (4, "")
    assert post(client, log.request(0, 4)).status_code == 409
    assert post(client, log.request(4, 4)).status_code == 200
    assert NAME in WitnessedLog.objects.get().cosignature


def test_a_signer_that_is_away_costs_one_answer_too(client, office, monkeypatch):
    log = Log(entries(9))
    know(log)

    def away(*args, **kwargs):
        raise Conflict("the signer does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(signing, "sign_cosignature", away)
        assert post(client, log.request(0, 4)).status_code == 503
    assert post(client, log.request(4, 4)).status_code == 200


def test_t9_two_versions_are_refused_kept_and_told_once(client, office):
    log, fork = Log(entries(5)), Log([*entries(4), "another"])
    know(log)
    post(client, log.request(0))
    for old in (5, 0, 5):
        assert post(client, fork.request(old)).status_code == 409
    piece = Evidence.objects.get()
    assert piece.kind == EvidenceKind.EQUIVOCATION
    for text in (piece.held, piece.shown):
        assert Note.parse(text).verified([log.key])
    (row,) = alerts.alerts(kind="EQUIVOCATION")
    alert = alerts.to_alert(row)
    assert (alert.kind, alert.issuer, alert.status) == (AlertKind.EQUIVOCATION, "BW", AlertStatus.CONFIRMED)
    assert log.root().hex() in str(alert.features)
    assert fork.root().hex() in str(alert.features)
    assert Finding.objects.get().alert == alert.reference
    page = client.get("/witness")
    assert "contradict each other" in page.content.decode()
    shown = client.get(f"/witness/evidence/{piece.pk}").content.decode()
    assert piece.held in shown
    assert piece.shown in shown


def test_t9_a_longer_fork_is_kept_but_accuses_nobody_yet(client, office):
    log, fork = Log(entries(5)), Log([*entries(4), "another", "more"])
    know(log)
    post(client, log.request(0))
    assert post(client, fork.request(5)).status_code == 422
    assert Evidence.objects.get().kind == EvidenceKind.UNPROVED
    assert not Finding.objects.exists()
    assert WitnessedLog.objects.get().root == log.root(5)


@pytest.mark.django_db
def test_evidence_is_neither_changed_nor_deleted(client, office):
    log, fork = Log(entries(5)), Log([*entries(4), "another"])
    know(log)
    post(client, log.request(0))
    post(client, fork.request(5))
    for act in (lambda: Evidence.objects.update(held=""), lambda: Evidence.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert Evidence.objects.count() == 1


def test_a_journal_cannot_fill_the_disk_with_evidence(client, office, monkeypatch):
    from openkimberley.witness.actions import cosigning

    monkeypatch.setattr(cosigning, "MOST_EVIDENCE", {EvidenceKind.EQUIVOCATION: 2, EvidenceKind.UNPROVED: 1})
    log = Log(entries(5))
    know(log)
    post(client, log.request(0))
    for number in range(4):
        post(client, Log([*entries(4), f"another {number}"]).request(5))
    assert Evidence.objects.count() == 2
    true = Log(entries(7))
    for size in (6, 7):  # anybody can send a true checkpoint with a wrong proof
        assert post(client, write_submission(5, [bytes(32)], true.note(size)).encode()).status_code == 422
    assert Evidence.objects.filter(kind=EvidenceKind.UNPROVED).count() == 1
    assert Evidence.objects.count() == 3


def test_without_an_office_or_with_another_key_nothing_is_signed(client, db, office):
    log = Log(entries(5))
    know(log)
    other = SoftwareKey.from_secret("node/witness/2", "Ed25519", bytes([8]) * 32)
    sign_with(lambda authority, use: other if use == "witness" else None)
    assert post(client, log.request(0)).status_code == 503
    actions.retire_office(by=KEEPER, at=AT, reason="its database was lost")
    assert post(client, log.request(0)).status_code == 503
    assert WitnessedLog.objects.get().size == 0
    actions.take_office(by=KEEPER, at=AT, name="witness2.be.example")
    assert post(client, log.request(0)).status_code == 200


def test_a_retired_key_never_comes_back(office):
    with pytest.raises(Conflict):
        actions.take_office(by=KEEPER, at=AT, name="another.example")
    actions.retire_office(by=KEEPER, at=AT, reason="lost")
    with pytest.raises(Conflict):
        actions.take_office(by=KEEPER, at=AT, name="another.example")
    with pytest.raises(NotFound):
        actions.retire_office(by=KEEPER, at=AT, reason="lost")
    assert queries.own_keys() == {SIGNER.public_key}


def test_only_its_own_keys_make_a_journal_known_and_never_ones_own(db, settings):
    log = Log(entries(1))
    with pytest.raises(Untrusted):
        actions.know_log(by=KEEPER, at=AT, origin="another.example/1", vkeys=[log.key.text])
    with pytest.raises(Untrusted):
        actions.know_log(by=KEEPER, at=AT, origin=NAME, vkeys=[KEY.text])
    with pytest.raises(NotPermitted):
        actions.know_log(by=Actor(id="x"), at=AT, origin=log.origin, vkeys=[log.key.text])
    settings.JOURNAL_ORIGIN = log.origin
    with pytest.raises(Conflict):
        know(log)


def test_the_journals_of_a_trust_list_are_learned_once_and_watched_with_what_it_says(db, settings, tmp_path):
    log = Log(entries(1))
    document = {
        "authority": "BW", "participant": "BW", "number_patterns": ["BW[0-9]{7}"],
        "ranges": [{"series": "BW", "from": 1, "to": 9, "year": 2026}], "witness": {"name": NAME, "vkey": KEY.text},
        "log": {"origin": log.origin, "vkey": log.key.text},
        "routes": [{"kind": "file"}, {"kind": "journal", "url": "https://bw.example/journal"}],
    }  # fmt: skip
    paper = {"authority": "LR", "participant": "LR"}
    odd = {**document, "log": {"origin": "odd.example/1", "vkey": log.key.text}}
    given = {"BW": document, "BW2": {**document, "number_patterns": ["X[0-9]"]}, "LR": paper, "ODD": odd}
    assert actions.learn_logs(by=KEEPER, at=AT, authorities=given, delays={"BW": 168}) == 1
    size = journal.size()
    assert actions.learn_logs(by=KEEPER, at=AT, authorities=given, delays={"BW": 168}) == 0
    assert journal.size() == size
    settings.PLACE = type("Place", (), {"root": tmp_path, "config": {"policy": policy_text()}})
    (one,) = queries.watchlist().logs
    assert (one.origin, one.keys, one.issuer) == (log.origin, (log.key,), "BW")
    assert one.own == {SIGNER.public_key}
    assert one.facts.max_delay_h == 168
    assert one.facts.patterns == ("BW[0-9]{7}", "X[0-9]")
    assert one.source.address == "https://bw.example/journal"


def claim(log, participant="BW"):
    said = {"origin": log.origin, "vkey": log.key.text}
    return {"authority": participant, "participant": participant, "log": said}


def learn(*documents):
    given = {f"{place} {one['authority']}": one for place, one in enumerate(documents)}
    return actions.learn_logs(by=KEEPER, at=AT, authorities=given)


def test_another_participant_cannot_take_over_a_journal_by_naming_a_key_for_it(client, office):
    log, theirs = Log(entries(5)), Log(entries(9), seed=78)
    learn(claim(log))
    assert post(client, log.request(0, 3)).status_code == 200
    for documents in ((claim(log), claim(theirs, "ZZ")), (claim(theirs, "AA"), claim(log)), (claim(theirs, "ZZ"),)):
        assert learn(*documents) == 0
        row = WitnessedLog.objects.get()
        assert (row.vkeys, row.participant) == ([log.key.text], "BW")
        assert post(client, theirs.request(3)).status_code == 403
    assert {row.code for row in Finding.objects.all()} == {"claim"}
    assert not alerts.alerts(kind="JOURNAL")  # an alert would accuse whose journal it is
    assert post(client, log.request(3)).status_code == 200


def test_of_two_keys_for_an_unknown_journal_neither_counts(db):
    log, theirs = Log(entries(5)), Log(entries(5), seed=78)
    assert learn(claim(theirs, "AA"), claim(log)) == 0
    assert not WitnessedLog.objects.exists()
    assert Finding.objects.get().evidence["vkeys"] == sorted([log.key.text, theirs.key.text])
    assert learn(claim(log), {**claim(log, "ZZ"), "log": {"origin": log.origin, "vkey": "none"}}) == 1


def test_a_journal_that_was_let_in_with_two_claimed_keys_is_cosigned_no_more(client, office):
    log, theirs = Log(entries(5)), Log(entries(5), seed=78)
    actions.know_log(by=KEEPER, at=AT, origin=log.origin, vkeys=[log.key.text, theirs.key.text], participant="BW")
    learn(claim(log), claim(theirs, "ZZ"))
    assert WitnessedLog.objects.get().vkeys == []
    assert post(client, theirs.request(0)).status_code == 404


def test_a_participant_takes_a_new_key_and_a_stranger_who_names_the_true_one_owns_nothing(db):
    log, new = Log(entries(5)), Log(entries(5), seed=78)
    learn(claim(log))
    learn(claim(log, "AA"), claim(log))
    assert WitnessedLog.objects.get().participant == "BW"
    learn(claim(log, "AA"))
    assert WitnessedLog.objects.get().participant == "BW"
    assert learn(claim(new)) == 1
    assert WitnessedLog.objects.get().vkeys == [new.key.text]


def test_a_journal_that_is_forgotten_is_unknown_and_keeps_what_was_held(client, office):
    log = Log(entries(5))
    know(log)
    post(client, log.request(0, 3))
    actions.forget_log(by=KEEPER, at=AT, origin=log.origin)
    assert post(client, log.request(3)).status_code == 404
    know(log)
    assert post(client, log.request(0)).content == b"3\n"


def test_the_page_is_public_and_says_what_is_not_there(client, db):
    page = client.get("/witness")
    assert page.status_code == 200
    assert "does not cosign" in page.content.decode()
    assert client.get("/witness/evidence/1").status_code == 404


def test_a_request_of_an_old_size_beyond_the_checkpoint_is_refused(client, office):
    log = Log(entries(5))
    know(log)
    assert post(client, write_submission(6, [], log.note()).encode()).status_code == 400
