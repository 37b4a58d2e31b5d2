"""Pages, labels and seals for the tests of paper."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from openkimberley.documents.facts import Label, Page, PrintedLine, PrintedOrigin, PrintedParty
from openkimberley.documents.seal import make_root_certificate, make_seal_certificate

SIGNED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def noise(letters: str, length: int, seed: int) -> str:
    chooser = random.Random(seed)
    return "".join(chooser.choice(letters) for _ in range(length))


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sd_jwt(number: str) -> str:
    header = b64u(json.dumps({"alg": "Ed25519", "typ": "dc+sd-jwt"}).encode())
    payload = b64u(json.dumps({"kpc_number": number, "iss": "https://kp.example/p/BW"}).encode())
    return f"{header}.{payload}.{b64u(bytes(64))}~" + "~".join(b64u(bytes([n] * 60)) for n in range(16)) + "~"


PAGE = Page(
    number="BW0012345",
    issuer="Republic of Botswana",
    issuing_authority="Department of Mines, Ministry of Minerals and Energy",
    issue_date=date(2026, 11, 2),
    expiry_date=date(2027, 1, 1),
    destination="European Union",
    destination_authority="Federal Public Service Economy, Antwerp",
    exporter=PrintedParty(
        "Okavango Rough Trading (Pty) Ltd", "Plot 63016, Block 8\nGaborone, Botswana", "EXP-2026-0071"
    ),
    importer=PrintedParty("Scheldt Diamonds NV", "Hoveniersstraat 22\n2018 Antwerpen, Belgium", "BE-0411.222.333"),
    parcels=3,
    lines=(
        PrintedLine("7102.10", Decimal("1843.27"), Decimal("42123456.78")),
        PrintedLine("7102.21", Decimal("1000.00"), Decimal("12000.00")),
        PrintedLine("7102.31", Decimal("1157.65"), Decimal("5923801.00")),
    ),
    total_carats=Decimal("4000.92"),
    total_usd=Decimal("48059257.78"),
    check_code="7K3M9XQ2",
    qr_text="KPC1:" + noise(BASE45, 584, 1),
    sd_jwt=sd_jwt("BW0012345"),
    issued_at_unix=int(SIGNED.timestamp()),
    origin=(PrintedOrigin("Botswana", Decimal("100.00")),),
    seals=("BW-SEAL-0098812", "BW-SEAL-0098813"),
    paper_serial="BW-P-778812",
    parcel_reference="JMI/GGDO/12345",
    validated_by="Officer 7F3A",
    validated_on=date(2026, 11, 2),
    countersigned_by=("KP-MT-CAF",),
    remarks="Two boxes, one seal each.",
    zone="CF-BER",
    replaces="BW0012300",
)

LABEL = Label(
    number="BW0012345",
    destination="European Union (EU-BE)",
    seal="BW-SEAL-0098812",
    expiry_date=date(2027, 1, 1),
    check_code="7K3M9XQ2",
    qr_text="KPL1:" + noise(BASE45, 245, 2),
    issued_at_unix=int(SIGNED.timestamp()),
    issuer="Republic of Botswana",
    parcels=3,
    paper_serial="BW-P-778812",
)


@pytest.fixture
def page():
    return PAGE


@pytest.fixture
def in_language():
    return lambda language, **changes: replace(PAGE, language=language, **changes)


@pytest.fixture
def label():
    return LABEL


@pytest.fixture
def signed_at():
    return SIGNED


@pytest.fixture(scope="session")
def root():
    return make_root_certificate("Department of Mines", "BW", not_before=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def seal(root):
    return make_seal_certificate("Department of Mines", "BW", root=root, not_before=datetime(2026, 1, 1, tzinfo=UTC))


def poppler(tool: str) -> str:
    found = shutil.which(tool)
    if found is None:
        pytest.skip(
            f"{tool} is missing: install the Debian package poppler-utils to test the text and the look of the page"
        )
    return found


@pytest.fixture
def text_of(tmp_path: Path):
    """The words of a PDF as a reader's clipboard gives them, runs of space made one."""

    def read(pdf: bytes) -> str:
        tool = poppler("pdftotext")
        (tmp_path / "page.pdf").write_bytes(pdf)
        got = subprocess.run(
            [tool, "-raw", "-enc", "UTF-8", tmp_path / "page.pdf", "-"], capture_output=True, check=True
        )
        words = got.stdout.decode("utf-8").translate(dict.fromkeys(map(ord, "\u202a\u202b\u202c\u200e\u200f")))
        return " ".join(words.split())

    return read


@pytest.fixture
def picture_of(tmp_path: Path):
    """The first page as a PNG at ``dpi``."""

    def draw(pdf: bytes, dpi: int) -> bytes:
        tool = poppler("pdftoppm")
        (tmp_path / "page.pdf").write_bytes(pdf)
        subprocess.run(
            [tool, "-r", str(dpi), "-png", "-singlefile", tmp_path / "page.pdf", tmp_path / "page"], check=True
        )
        return (tmp_path / "page.png").read_bytes()

    return draw
