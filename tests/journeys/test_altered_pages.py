"""T3: a page that was altered, one without a seal and one of an unknown sealer are three things, each said right."""

from __future__ import annotations

import copy
import hashlib
import re

import pytest

from openkimberley.certificates import queries
from openkimberley.certificates.queries import bundling
from openkimberley.certificates.tests.world import node  # noqa: F401
from openkimberley.documents.seal import make_root_certificate, make_seal_certificate, seal_pdf
from openkimberley.trust.canonical import b64u
from openkimberley.verification.files import verify_file
from openkimberley.verification.statements import Bundle
from tests import story
from tests.cast import KAGISO, NOW

pytestmark = pytest.mark.usefixtures("node")


@pytest.fixture
def page():
    bundling._bundle.clear()
    return queries.certificate_pdf(story.issued().number, by=KAGISO)


@pytest.fixture
def chain():
    root = make_root_certificate("Fictional Mines Office", "BW", not_before=NOW)
    return root, make_seal_certificate("Fictional Mines Office", "BW", root=root, not_before=NOW)


def judged(page, *chains):
    written = copy.deepcopy(queries.bundle(at=NOW))
    written["authorities"]["BW"] |= {
        "seal_roots": [b64u(root.certificate) for root, _ in chains],
        "seal_certificates": [hashlib.sha256(seal.certificate).hexdigest() for _, seal in chains],
    }
    return verify_file(page, Bundle(written), now=NOW)


def sealed(page, chain):
    return seal_pdf(page, chain[1].key, chain[1].certificate, at=NOW)


def told(report):
    return report.verdict.value, report.check(3).result.value, report.check(3).detail


def test_t3_a_sealed_page_is_valid(page, chain):
    assert told(judged(sealed(page, chain), chain))[:2] == ("valid", "pass")


def test_t3_an_altered_page_is_invalid_and_says_so(page, chain):
    whole = sealed(page, chain)
    found = re.search(rb"/CreationDate", whole)
    altered = bytearray(whole)
    altered[found.start() + 20] ^= 1
    for changed in (bytes(altered), whole + b"\n% an incremental update\n%%EOF\n"):
        assert told(judged(changed, chain)) == ("invalid", "fail", "The page was altered after it was sealed.")


def test_t3_a_page_without_a_seal_is_no_forgery_and_no_proof(page, chain):
    assert told(judged(page, chain)) == (
        "cannot_tell", "unknown", "The page carries no seal: only the credential inside it can be believed.",
    )  # fmt: skip


def test_t3_a_page_that_somebody_else_sealed_is_told_from_one_that_nobody_can_judge(page, chain):
    root = make_root_certificate("Somebody", "BW", not_before=NOW)
    other = (root, make_seal_certificate("Somebody", "BW", root=root, not_before=NOW))
    verdict, result, detail = told(judged(sealed(page, other), chain))
    assert (verdict, result) == ("invalid", "fail")
    assert "has not listed" in detail
    verdict, result, detail = told(judged(sealed(page, other)))
    assert (verdict, result) == ("cannot_tell", "unknown")
    assert "cannot be told" in detail
