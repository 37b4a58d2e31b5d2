"""The proof of the journal goes with the page: attached, printed as a second code, and under the same seal."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from openkimberley.documents.certificate import MIN_PROOF_MM, render_certificate
from openkimberley.documents.facts import NotPrintable
from openkimberley.documents.qr import qr_side_mm, scan
from openkimberley.documents.read import PROOF_HEADER, read_pdf
from openkimberley.documents.seal import seal_pdf
from openkimberley.documents.tests.conftest import BASE45, PAGE, SIGNED, noise, poppler
from openkimberley.kernel.errors import Untrusted

PROOF = PROOF_HEADER.decode() + "index 7\nAAAA\n\njournal.bw.kp.example/1\n8\nAAAA\n\n— journal.bw.kp.example/1 AAAA\n"
CODE = "KPP1:" + noise(BASE45, 1_112, 9)


@pytest.fixture(scope="module")
def proven():
    return render_certificate(replace(PAGE, proof=PROOF, proof_code=CODE))


def test_the_proof_is_attached_unchanged_and_sealed(proven, root, seal):
    sealed = seal_pdf(proven, seal.key, seal.certificate, at=SIGNED)
    reading = read_pdf(sealed, [root.certificate])
    assert (reading.proof, reading.sd_jwt, reading.seal) == (PROOF, PAGE.sd_jwt, "intact")
    assert reading.number == PAGE.number
    assert read_pdf(sealed.replace(b"7102", b"7103", 1), [root.certificate]).seal in ("altered", "intact")


def test_a_page_without_a_proof_has_none():
    assert read_pdf(render_certificate(PAGE)).proof is None


def test_the_second_code_stands_on_a_page_of_its_own_and_reads(proven, tmp_path):
    (tmp_path / "page.pdf").write_bytes(proven)
    for number, code in ((1, PAGE.qr_text), (2, CODE)):
        drawn = tmp_path / f"page{number}"
        draw = ["-r", "200", "-f", str(number), "-l", str(number), "-png", "-singlefile", tmp_path / "page.pdf", drawn]
        subprocess.run([poppler("pdftoppm"), *draw], check=True)
        assert scan(drawn.with_suffix(".png").read_bytes()) == [code]
    assert qr_side_mm(CODE, "M") >= MIN_PROOF_MM


def test_a_code_that_no_page_holds_is_refused():
    too_long = "KPP1:" + noise(BASE45, 3_500, 3)
    with pytest.raises(NotPrintable, match="does not fit"):
        render_certificate(replace(PAGE, proof=PROOF, proof_code=too_long))


def test_two_proofs_contradict_each_other(proven):
    other = render_certificate(replace(PAGE, proof=PROOF.replace("index 7", "index 9"), proof_code=CODE))
    with pytest.raises(Untrusted, match="more than one"):
        read_pdf(proven + other)
