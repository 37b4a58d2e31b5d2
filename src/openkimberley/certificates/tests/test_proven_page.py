"""A certificate's page carries the proof of the journal once there is one, and is made without it before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import story
from tests.cast import KAGISO, NOW

from openkimberley.certificates import queries
from openkimberley.certificates.tests.world import node, sign_in  # noqa: F401
from openkimberley.documents.read import read_pdf
from openkimberley.journal import queries as journal
from openkimberley.journal import standing
from openkimberley.journal.tree import Tiles
from openkimberley.trust import notes
from openkimberley.trust.canonical import canonical
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.proof import Proof

pytestmark = pytest.mark.usefixtures("node")


def test_without_a_checkpoint_a_page_is_made_all_the_same():
    one = story.issued()
    page = queries.certificate_pdf(one.number, by=KAGISO, proof=queries.journal_proof(at=NOW), proof_page=True)
    assert read_pdf(page).proof is None
    assert read_pdf(page).sd_jwt == one.sd_jwt


def test_the_proof_at_hand_is_attached_and_proves_the_entry(monkeypatch, client):
    one = story.issued()
    found = sealed_proof(one.journal_index)
    monkeypatch.setattr(
        journal, "proof", lambda index, *, at, enough=None: found if index == one.journal_index else None
    )
    page = queries.certificate_pdf(one.number, by=KAGISO, proof=queries.journal_proof(at=NOW + timedelta(hours=1)))
    read = Proof.parse(read_pdf(page).proof)
    read.verify(canonical({"v": 1, "t": "kpc.issue", "n": one.number, "h": one.cid, "d": one.issue_date.isoformat()}))
    sign_in(client, KAGISO)
    served = client.get(f"/certificates/{one.number}/certificate.pdf?proof=page")
    assert read_pdf(served.content).proof == found.text
    assert len(served.content) > len(page)


def sealed_proof(index):
    """The proof that a journal of exactly the present entries gives, signed by a key of the test."""
    tree = Tiles(standing.leaves).tree(standing.size())
    key = SoftwareKey.from_secret("node/log/1", "Ed25519", bytes(range(32)))
    checkpoint = notes.Checkpoint("journal.bw.example/1", tree.size, tree.root())
    note = notes.sign_note(checkpoint.text, name=checkpoint.origin, signer=key)
    return Proof(index, tuple(tree.inclusion(index)), notes.Note.parse(note))
