"""T7: an import waits for the proof that the certificate was entered in its issuer's journal, and takes no other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.cast import ANNEKE

from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.shipments import actions, queries
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import node  # noqa: F401
from openkimberley.trust.canonical import unb64u
from openkimberley.verification import Bundle, known
from openkimberley.verification.tests import test_journal as journal


@pytest.fixture
def desk(node, monkeypatch):  # noqa: F811
    """A desk whose list says that BW keeps a journal with two witnesses; the proofs are made by hand."""
    of_node = known._source

    def listed(at, authority):
        written = dict(of_node(at, authority).as_json())
        own = {**written["authorities"], "BW": {**written["authorities"]["BW"], **JOURNAL}}
        return Bundle(
            {**written, "authorities": own, "policy": journal.bundle().as_json()["policy"]}
            | {"participants": written["participants"] | later}
        )

    later = {}  # what the list comes to say of participants
    monkeypatch.setattr(known, "_source", listed)
    return later


JOURNAL = {name: journal.bundle().as_json()["authorities"]["BW"][name] for name in ("log", "witness")}


def proof_of(certificate):
    entry = journal.entry(unb64u(certificate.cid), certificate.number, certificate.issue_date.isoformat())
    seen, place = int((steps.ARRIVED - timedelta(hours=5)).timestamp()), certificate.journal_index
    return journal.proof(entry, place=place, size=place + 2, by=seen, after=None)


@pytest.fixture
def held(desk):
    certificate = steps.departed()
    arrival = steps.present(certificate)
    assert (arrival.held, queries.unproved(arrival)) == (True, True)
    return certificate


def test_t7_a_hold_for_want_of_a_proof_is_not_talked_away_once_the_issuers_time_is_over(held):
    late = steps.ARRIVED + timedelta(days=3)
    with pytest.raises(Conflict, match="ask it for the proof"):
        actions.decide_hold(by=ANNEKE, at=late, number=held.number, reason="The courier is known to everybody here")


def test_t7_another_certificates_proof_is_refused_and_nothing_is_kept(held):
    before = queries.arrival(held.number, by=ANNEKE).verdict
    for bad in ("nonsense", journal.proof().text):
        with pytest.raises(Untrusted):
            actions.hand_in_proof(by=ANNEKE, at=steps.ARRIVED, number=held.number, proof=bad)
    assert queries.arrival(held.number, by=ANNEKE).verdict == before


def test_t7_with_its_own_proof_the_import_goes_on_and_the_proof_is_on_record(held):
    proof = proof_of(held)
    row = actions.hand_in_proof(by=ANNEKE, at=steps.ARRIVED, number=held.number, proof=proof.text)
    assert (row.held, queries.unproved(row), row.verdict["advice"]) == (False, False, "accept")
    steps.inspect(held)
    steps.confirm(held)
    with pytest.raises(Conflict, match="no proof is asked for"):
        actions.hand_in_proof(by=ANNEKE, at=steps.ARRIVED, number=held.number, proof=proof.text)


def test_t7_the_proof_as_a_browser_sends_it_is_taken_too(held):
    pasted = proof_of(held).text.replace("\n", "\r\n")
    assert not actions.hand_in_proof(by=ANNEKE, at=steps.ARRIVED, number=held.number, proof=pasted).held


def test_t7_a_proof_that_shows_the_entry_to_be_younger_than_the_issuers_suspension_lets_nothing_go_on(desk, held):
    bundle = known.known_bundle(at=steps.ARRIVED, authority="EU-BE").as_json()
    about = bundle["participants"]["BW"]
    since = (steps.ARRIVED + timedelta(days=1)).date().isoformat()
    frozen = {journal.ORIGIN: {"size": held.journal_index, "root": "A" * 43}}
    span = {"status": "SUSPENDED", "from": since, "until": None, "source": "AD 2026/1", "log_freeze": frozen}
    desk["BW"] = {**about, "history": [*about["history"][:-1], {**about["history"][-1], "until": since}, span]}
    row = actions.hand_in_proof(by=ANNEKE, at=steps.ARRIVED, number=held.number, proof=proof_of(held).text)
    assert (row.held, row.verdict["verdict"], row.verdict["advice"]) == (True, "invalid", "reject")
