"""The node takes office as a witness, retires for ever, and makes its watch list of what it knows."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings
from tests.signer import sign_with

from openkimberley.node import keys, watchlist
from openkimberley.node.witnessing import witness
from openkimberley.shipments.models import Arrival
from openkimberley.signer import making
from openkimberley.signer.keystore import FileKeys
from openkimberley.trust import signing
from openkimberley.trust.notes import VerifierKey
from openkimberley.witness import queries
from openkimberley.witness.models import Office
from openkimberley.witness.tests.logs import Log, policy_text

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CID = "A" * 43


@pytest.fixture
def node(db, settings, tmp_path, monkeypatch):
    settings.PLACE = replace(django_settings.PLACE, root=tmp_path)
    monkeypatch.setenv("KIMBERLEY_DIR", str(tmp_path))
    (tmp_path / "phrase").write_text("correct horse\n")
    monkeypatch.setenv("KIMBERLEY_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    where = keys.signer_place()
    where.make()
    kept = FileKeys(where, "correct horse", memory=64)
    monkeypatch.setattr(making, "backend", lambda *_: kept)
    sign_with(kept)
    yield tmp_path
    signing.provide(None)


def run(*words):
    return CliRunner().invoke(witness, list(words))


def test_it_takes_office_once_and_after_retiring_only_under_a_new_name_and_key(node):
    done = run("take-office", "--name", "witness.bw.example")
    assert done.exit_code == 0, done.output
    first = VerifierKey.parse(done.output.strip())
    assert queries.office().vkey == first.text
    assert run("take-office", "--name", "witness.bw.example").exit_code == 1
    assert run("retire", "--name", "witness.bw.example").exit_code == 2
    done = run("retire", "--name", "witness2.bw.example", "--reason", "restored from a copy")
    assert done.exit_code == 0, done.output
    second = VerifierKey.parse(done.output.strip())
    assert second.public_key != first.public_key
    assert queries.own_keys() == {first.public_key, second.public_key}
    said = json.loads(run("status", "--json").output)
    assert (said["vkey"], said["logs"]) == (second.text, [])
    log = Log(["x"])
    assert run("know", log.key.text, "--participant", "BW").exit_code == 0
    assert [one["origin"] for one in json.loads(run("status", "--json").output)["logs"]] == [log.origin]


def test_after_the_loss_of_its_database_the_old_key_never_takes_office_again(node):
    first = VerifierKey.parse(run("take-office", "--name", "witness.bw.example").output.strip())
    Office.objects.all().delete()  # the database is gone, the keys are not
    for words in (("take-office", "--name", "witness2.bw.example"), ("retire", "--name", "witness3.bw.example")):
        done = run(*words)
        assert done.exit_code == 0, done.output
        assert VerifierKey.parse(done.output.strip()).public_key != first.public_key


def listed(node, log, authority, **more):
    path = node / f"trust/targets/participants/{authority}/authorities/{authority}/keys.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({
        "v": 1, "authority": authority, "participant": authority, "log": {"origin": log.origin, "vkey": log.key.text},
        "routes": [{"kind": "journal", "url": "https://za.example/journal"}], **more,
    }))  # fmt: skip


def test_the_watch_list_holds_the_listed_journals_what_was_announced_and_what_is_said_of_ourselves(node, settings):
    from openkimberley.witness import actions
    from openkimberley.witness.actions import watching
    from openkimberley.witness.tests.test_watching import nobody

    watching._last.clear()
    own, other = Log(origin="journal.bw.example/1"), Log(origin="journal.za.example/1", seed=5)
    settings.JOURNAL_ORIGIN = own.origin
    listed(node, own, "BW")
    listed(node, other, "ZA")
    (node / "trust/targets/witness-policy.txt").write_text(policy_text())
    (node / "trust/targets/participants.json").write_text('{"participants": {"ZA": {"max_log_delay_h": 168}}}')
    (node / "trust/targets/participants/XX/authorities/XX").mkdir(parents=True)
    (node / "trust/targets/participants/XX/authorities/XX/keys.json").write_text("what is this")
    content = {"issue_date": "2026-11-01"}
    old = AT - timedelta(days=200)
    rows = [("ZA1", "ZA", AT, CID), ("ZA2", "ZA", old, CID), ("ZA3", "ZA", None, CID), ("ZA4", "ZA", AT, "")]
    for number, issuer, at, cid in [*rows, ("CD1", "CD", AT, CID)]:
        Arrival.objects.create(authority="BW", issuer=issuer, number=number, written=number, status="ANNOUNCED",
                               source="NODE", content=content, cid=cid, announced_at=at)  # fmt: skip
    made = []
    count = actions.watch_journals(
        at=AT, get=nobody, watchlist=lambda: made.append(watchlist.watchlist(at=AT)),
    )  # fmt: skip
    assert count == 0
    (found,) = made
    assert [log.origin for log in found.logs] == [other.origin]
    assert found.logs[0].facts.max_delay_h == 168
    assert list(found.own) == ["BW"]
    assert [(one.number, one.origin, one.day) for one in found.announced] == [("ZA1", other.origin, "2026-11-01")]


def test_without_a_policy_there_is_no_watch_list(node):
    assert watchlist.watchlist(at=AT) is None
