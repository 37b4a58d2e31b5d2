"""A PDF before both engines: the credential inside it, and whether its page was altered after it was sealed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from openkimberley.certificates.statements.contract import certificate_to_json
from openkimberley.documents.certificate import render_certificate
from openkimberley.documents.seal import make_root_certificate, make_seal_certificate, seal_pdf
from openkimberley.documents.tests.conftest import PAGE, SIGNED
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, sha256
from openkimberley.verification import Bundle
from openkimberley.verification.files import verify_file
from openkimberley.verification.tests.test_engine import CREDENTIAL, NOW, WRITTEN
from tests.conformance.artefacts import JOURNALLED, logged
from tests.conformance.engine_page import build, in_chromium, needs_build, needs_chromium

pytestmark = [needs_build, needs_chromium, pytest.mark.browser, pytest.mark.enable_socket]

START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = make_root_certificate("Department of Mines", "BW", not_before=START)
SEAL = make_seal_certificate("Department of Mines", "BW", root=ROOT, not_before=START)
STRANGER = make_seal_certificate("Department of Mines", "BW", root=ROOT, not_before=START)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from in_chromium(build(tmp_path_factory.mktemp("engine")))


@pytest.fixture(scope="module")
def sealed() -> bytes:
    plain = render_certificate(replace(PAGE, sd_jwt=CREDENTIAL))
    return seal_pdf(plain, SEAL.key, SEAL.certificate, at=SIGNED)


def bundle(*certificates: bytes) -> dict[str, Any]:
    written = copy.deepcopy(WRITTEN)
    written["authorities"]["BW"] |= {
        "seal_certificates": [sha256(one).hex() for one in certificates], "seal_roots": [b64u(ROOT.certificate)],
    }  # fmt: skip
    return written


def ours(data: bytes, known: dict[str, Any]) -> dict[str, Any] | None:
    """Our report on a file; None where it is said to hold no certificate, or cannot be opened."""
    try:
        report = verify_file(data, Bundle(known), now=NOW, authority="EU-BE")
    except Untrusted:
        return None
    checks = [{**check.as_json(), "template": check.template} for check in report.checks]
    certificate = certificate_to_json(report.certificate) if report.certificate else None
    return json.loads(json.dumps({**report.as_json(), "checks": checks, "certificate": certificate}))


def theirs(page: Any, files: list[bytes], known: dict[str, Any]) -> list[dict[str, Any]]:
    given = [[b64u(one) for one in files], known, NOW.isoformat(), "EU-BE"]
    found: list[dict[str, Any]] = page.evaluate("(given) => engine.vectors.files(...given)", given)
    return found


def test_a_sealed_page_is_accepted_by_both(sealed, page):
    found = ours(sealed, bundle(SEAL.certificate))
    assert found is not None
    assert (found["verdict"], found["artefact"], found["checks"][2]["result"]) == ("valid", "pdf", "pass")
    assert theirs(page, [sealed], bundle(SEAL.certificate)) == [found]


@pytest.mark.parametrize("listed", [(), (STRANGER.certificate,)])
def test_a_seal_that_is_not_listed_is_told_alike(listed, sealed, page):
    assert theirs(page, [sealed], bundle(*listed)) == [ours(sealed, bundle(*listed))]


def test_pages_without_seal_or_credential(page, sealed):
    known = bundle(SEAL.certificate)
    unsealed = render_certificate(replace(PAGE, sd_jwt=CREDENTIAL))
    assert theirs(page, [unsealed], known) == [ours(unsealed, known)]
    bare, scan = theirs(page, [render_certificate(replace(PAGE, sd_jwt="")), b"%PDF-1.7 a scan"], known)
    for one in (bare, scan):  # nothing is said against a paper
        assert (one["artefact"], one["verdict"], one["checks"][0]["result"]) == ("pdf", "cannot_tell", "unknown")


def test_the_proof_travels_in_the_page(page):
    known = bundle(SEAL.certificate) | {"policy": JOURNALLED["policy"]}
    known["authorities"]["BW"] |= {name: JOURNALLED["authorities"]["BW"][name] for name in ("log", "witness")}
    for proof in (logged.proof().text, logged.proof(place=4).text, ""):
        data = render_certificate(replace(PAGE, sd_jwt=CREDENTIAL, proof=proof))
        found = ours(data, known)
        assert found is not None
        assert theirs(page, [data], known) == [found]
        assert found["checks"][7]["id"] == 8
        assert found["checks"][7]["result"] == ("pass" if "index 5" in proof else "unknown" if not proof else "pass")


def altered(sealed: bytes) -> Iterator[bytes]:
    """The file with one thing changed: in its page, its seal, around both, and after the end."""
    chance = random.Random(7)
    start = sealed.index(b"/ByteRange")
    gap = sealed.rindex(b"/Contents", 0, start)
    places = [chance.randrange(len(sealed)) for _ in range(12)] + [
        chance.randrange(start - 200, len(sealed)) for _ in range(20)
    ]
    places += [gap + chance.randrange(2200) for _ in range(20)] + [gap + 8000, gap + 8001]
    for at in places:
        yield sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        yield sealed[:at] + sealed[at + 1 :]
    yield sealed + b"\n"
    yield sealed + b"\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"
    yield sealed[:-20]
    yield sealed.replace(b"/ByteRange", b"/ByteRanges", 1)
    lower = sealed[gap : gap + 2000].lower()
    yield sealed[:gap] + lower + sealed[gap + 2000 :]


def test_an_altered_page_is_never_shown_as_sealed(page, sealed):
    known = bundle(SEAL.certificate)
    files = list(altered(sealed))
    for data, found in zip(files, theirs(page, files, known), strict=True):
        wanted = ours(data, known)
        assert found["verdict"] != "valid"
        if wanted is None:
            assert found["checks"][0]["result"] in ("unknown", "fail")
        else:
            assert found == wanted
