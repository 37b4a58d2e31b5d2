"""The border check, as a guard uses it: from a stick with no network, and kept by a telephone after one visit.

Most run the single file from a folder, with the browser's network off, and a list and certificates made here for the
day of the test.
"""

from __future__ import annotations

import copy
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from openkimberley.certificates import facts
from openkimberley.certificates.statements import full_qr, issue_credential, label_qr, present_credential
from openkimberley.node.verifier import page as made
from openkimberley.trust import jws, qr, statuslist
from openkimberley.trust.canonical import b64u, canonical
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.notes import LOG, VerifierKey
from openkimberley.trust.proof import Proof
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.trust.tests.lists import Scheme, key, keys_document
from openkimberley.trust.trustlist import ceremony, making
from openkimberley.trust.trustlist.roles import keys_file
from openkimberley.verification.tests import test_journal as journals
from tests.browser import CHROMIUM, FLAGS
from tests.journeys.test_browser import AXE, free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium: apt-get install chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="needs axe-core in var/axe/axe.min.js: see .ci/run"),
    pytest.mark.enable_socket,
]

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
KEY = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))
FORGER = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(1, 33)))
LIST = "https://kp.example/status/1"
VOID_INDEX = 5
ORIGIN = "journal.bw.example/1"
HISTORY = [{"status": "PARTICIPANT", "from": "2003-01-01", "until": None, "source": "list"}]


def paper(number: str = "BW0012345", **about: object) -> facts.Certificate:
    """A certificate of three parcels and 1,843.27 carats for Antwerp, issued yesterday."""
    said = {
        "number": number,
        "issuer": "BW",
        "issue_date": (NOW - DAY).date(),
        "expiry_date": (NOW + 60 * DAY).date(),
        "title": facts.TITLE,
        "statement": facts.STATEMENT,
        "english": True,
        "origin": ("BW",),
        "destination": "EU",
        "destination_authority": "EU-BE",
        "exporter": facts.Party("Example exporter", "Gaborone", ""),
        "importer": facts.Party("Example importer", "Antwerp", ""),
        "parcels": 3,
        "lines": (facts.Line("7102.31", Decimal("1843.27"), Decimal("421234.56")),),
        "total_carats": Decimal("1843.27"),
        "total_usd": Decimal("421234.56"),
        "seals": ("BW-SEAL-0098812",),
        **about,
    }
    return facts.Certificate(**said)  # type: ignore[arg-type]


class Issued:
    """A certificate in all its forms."""

    def __init__(self, content: facts.Certificate, index: int, key: SoftwareKey = KEY) -> None:
        signed_at = int(datetime.combine(content.issue_date, datetime.min.time(), UTC).timestamp()) + 43_200
        self.credential, self.cid = issue_credential(
            content, signer=key, iat=signed_at, status_uri=LIST, status_idx=index
        )
        self.code = full_qr(content, signer=key, cid=self.cid, status=(1, index))
        self.label = label_qr(content, signer=key, cid=self.cid, status=(1, index))


GOOD = Issued(paper(), 0)
OTHER = Issued(paper("BW0012346", seals=("BW-SEAL-0098813",)), 1)
VOID = Issued(paper("BW0012347"), VOID_INDEX)
ELSEWHERE = Issued(paper("BW0012348", destination="AE", destination_authority="AE"), 2)
EXPIRED = Issued(paper("BW0012349", issue_date=(NOW - 90 * DAY).date(), expiry_date=(NOW - 30 * DAY).date()), 3)
FORGED = Issued(paper("BW0012350"), 4, FORGER)
STRANGER = Issued(
    paper("KE0000001", issuer="KE", issuing_authority="KE"),
    6,
    SoftwareKey.from_secret("KE/sign/1", "Ed25519", bytes(range(2, 34))),
)


def altered() -> str:
    """The code of the good certificate with one other digit in its seal, and the old signature."""
    content = qr.read(GOOD.code).statement
    raw = bytearray(_bytes_of(GOOD.code))
    place = raw.index(b"BW-SEAL-0098812") + 14
    raw[place] = ord("3")
    assert content
    return qr.FULL + _base45(bytes(raw))


def _bytes_of(text: str) -> bytes:
    import zlib

    import base45

    raw = base45.b45decode(text[5:])
    return zlib.decompress(raw) if raw[:1] == b"\x78" else raw


def _base45(raw: bytes) -> str:
    import base45

    said = base45.b45encode(raw)
    return said if isinstance(said, str) else said.decode()


def listed(at: datetime = NOW, **changes: object) -> dict:
    """A list of that moment: three Participants, one authority with a key."""
    spoiled = StatusList.empty(64).with_({VOID_INDEX: Status.VOID})
    return (
        copy.deepcopy(
            {
                "v": 1,
                "node": "node",
                "issued": at.isoformat(timespec="seconds"),
                "participants": {
                    code: {"code": code, "name": name, "codes": [], "history": HISTORY}
                    for code, name in [("BW", "Botswana"), ("EU", "European Union"), ("AE", "United Arab Emirates")]
                },
                "authorities": {
                    "BW": {
                        "participant": "BW",
                        "mode": "node",
                        "keys": [KEY.public().as_json()],
                        "number_patterns": ["BW[0-9]{7}"],
                    },
                    "EU-BE": {"participant": "EU", "mode": "node", "keys": []},
                    "AE": {"participant": "AE", "mode": "node", "keys": []},
                },
                "status_lists": {
                    LIST: {
                        "bits": 2,
                        "lst": spoiled.encode(),
                        "exp": (at + 7 * DAY).isoformat(timespec="seconds"),
                        "authority": "BW",
                        "id": 1,
                    }
                },
                "expected": [b64u(one.cid) for one in (GOOD, OTHER, VOID, EXPIRED, FORGED)],
                "used": [],
                "alerts": [],
                "overlay": {},
            }
        )
        | changes
    )


def picture(*texts: str) -> bytes:
    """A photograph of codes: on grey, a little turned, not quite sharp."""
    import segno
    from PIL import Image, ImageFilter

    sheet = Image.new("RGB", (1400, 1000 * len(texts)), "#d8d4cc")
    for place, text in enumerate(filter(None, texts)):
        out = io.BytesIO()
        segno.make(text, error="m", boost_error=False).save(out, kind="png", scale=8, border=4)
        sheet.paste(Image.open(out).convert("RGB"), (180, 120 + 1000 * place))
    turned = sheet.rotate(4, expand=True, fillcolor="#d8d4cc").filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    turned.save(out, "JPEG", quality=80)
    return out.getvalue()


class Guard:
    """Somebody at a border post with the file on a stick, on one device without a network."""

    def __init__(
        self,
        browser,
        folder: Path,
        *,
        language: str = "en",
        size: tuple[int, int] = (390, 844),
        adopt: bool = True,
        bundle: dict | None = None,
    ) -> None:
        self.file = folder / "verifier.html"
        self.carry(bundle or listed())
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, offline=True, locale=language, accept_downloads=True
        )
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", lambda said: self.broken.append(said.text) if said.type == "error" else None)
        self.open(adopt=adopt)

    def carry(self, bundle: dict) -> None:
        self.file.write_bytes(
            made.on_a_stick({"form": "stick", "authority": "EU-BE", "version": "test", "bundle": bundle})
        )

    def open(self, *, adopt: bool = True) -> None:
        self.page.goto(self.file.as_uri())
        self.page.wait_for_selector("html[data-ready]")
        if adopt and self.page.locator("#waiting").count():
            self.adopt()

    def adopt(self) -> None:
        self.page.locator("section:has(#waiting) .button").first.click()
        self.page.wait_for_selector("#waiting", state="detached")
        self.page.evaluate("document.getElementById('live').textContent = ''")

    def at(self, view: str) -> None:
        self.page.click(f'#nav a[href="#{view}"]')
        self.page.wait_for_selector(f'#nav a[href="#{view}"][aria-current]')

    def paste(self, text: str) -> str:
        self.page.fill("#artefact", text)
        self.page.press("#artefact", "Enter")
        return self.said()

    def hand_over(self, name: str, data: bytes) -> str:
        self.page.set_input_files("#any-file", files=[{"name": name, "mimeType": "", "buffer": data}])
        return self.said()

    def said(self) -> str:
        """What is spoken: the verdict with its reasons, or why there is none."""
        self.page.wait_for_selector("#live:not(:empty)", state="attached")
        self.page.wait_for_selector("#busy", state="hidden")
        said = self.page.text_content("#live")
        self.page.evaluate("document.getElementById('live').textContent = ''")
        return said

    def clear(self) -> None:
        if self.page.locator("text=Next certificate").count():
            self.page.click("text=Next certificate")
        self.page.wait_for_selector("#verdict", state="detached")

    def find(self, seal: str, parcels: str, carats: str, officer: str = "AB") -> str:
        for name, value in {"seal": seal, "parcels": parcels, "carats": carats, "officer": officer}.items():
            self.page.fill(f"#found-{name}", value)
        self.page.press("#found-officer", "Enter")
        return self.said()

    def export(self) -> dict:
        self.at("seen")
        with self.page.expect_download() as waiting:
            self.page.click("text=Export for other devices")
        return json.loads(Path(waiting.value.path()).read_text())

    def clean(self) -> None:
        """Axe finds nothing, nothing is wider than the screen, nothing was asked of any network, no script failed."""
        page = self.page
        page.wait_for_timeout(50)
        assert not [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in self._axe()]
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        self.quiet()

    def _axe(self) -> list[dict]:
        """Axe through the developer tools: the page's own policy lets no foreign script in."""
        tools = self.context.new_cdp_session(self.page)
        tools.send("Runtime.evaluate", {"expression": AXE.read_text()})
        answer = tools.send(
            "Runtime.evaluate",
            {
                "expression": "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)",
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        tools.detach()
        return answer["result"]["value"]

    def quiet(self) -> None:
        assert not [url for url in self.asked if not url.startswith(("file:", "blob:", "data:"))]
        assert not self.broken

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def guard(chromium, tmp_path) -> Iterator[Guard]:
    one = Guard(chromium, tmp_path)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("artefact", "verdict", "because"),
    [
        (GOOD.code, "Valid", "compare the box"),
        (GOOD.label, "Valid", "compare the box"),
        (GOOD.credential, "Valid", "compare the box"),
        (f" \r\n{GOOD.code}\r\n", "Valid", "compare the box"),
        (GOOD.code.swapcase(), "Valid", "compare the box"),
        (altered(), "Invalid", "something was changed, or it is a forgery"),
        (VOID.code, "Invalid", "has made the certificate void"),
        (FORGED.code, "Invalid", "No authority of a Participant has this key"),
        (STRANGER.code, "Invalid", "never been a Participant"),
        (ELSEWHERE.code, "Invalid", "is for AE, not for EU-BE"),
        (EXPIRED.code, "Invalid", "expired on"),
        ("SL 004911", "Invalid", "never been a Participant"),
        ("hello", "Invalid", "not a KP digital certificate"),
        ("KPC1:NOTHING", "Invalid", "not a KP digital certificate"),
    ],
    ids=[
        "good",
        "label",
        "sd-jwt",
        "blanks",
        "swapped capitals",
        "altered",
        "void",
        "forged",
        "unknown issuer",
        "elsewhere",
        "expired",
        "paper",
        "text",
        "broken",
    ],
)
def test_every_verdict_is_in_words_from_a_stick_without_a_network(guard, artefact, verdict, because):
    said = guard.paste(artefact)
    assert said.startswith(f"Verdict: {verdict}."), said
    assert because in said
    assert guard.page.inner_text("#verdict") == verdict
    assert guard.page.evaluate("document.activeElement.id") == "verdict"
    guard.quiet()


def test_codes_in_a_photograph_are_read_and_joined(guard):
    said = guard.hand_over("photo.jpg", picture(GOOD.code, GOOD.label))
    assert said.startswith("Verdict: Valid."), said
    assert "The label belongs to this certificate." in guard.page.inner_text("main")
    guard.clean()
    assert "No code was found" in guard.hand_over("grey.jpg", picture(""))


def test_a_hand_scanner_needs_no_field_and_another_layout_is_told(guard):
    guard.page.locator("h1").first.evaluate("e => e.focus()")
    guard.page.keyboard.type(GOOD.code)
    guard.page.keyboard.press("Enter")
    assert guard.said().startswith("Verdict: Valid.")
    guard.clear()
    assert "layout of the United States" in guard.paste(GOOD.code.replace(":", "Ö"))


def test_the_essentials_stand_on_one_screen_of_a_telephone(chromium, tmp_path):
    guard = Guard(chromium, tmp_path, size=(360, 640))
    guard.paste(GOOD.code)
    for word in ("BW0012345", "Botswana", "BW-SEAL-0098812", "Belgium (EU-BE)", qr.check_code(GOOD.cid), "0 days old"):
        box = guard.page.get_by_text(word, exact=False).first.bounding_box()
        assert box is not None, word
        assert box["y"] + box["height"] <= 640, word
    guard.clean()
    guard.close()


def test_the_box_is_typed_and_compared_never_ticked(guard):
    guard.paste(GOOD.code)
    assert "Accept: nothing found" not in guard.page.inner_text("main")
    assert not guard.page.locator("main input[type=checkbox]").count()
    assert all(
        value == ""
        for value in guard.page.locator("#found-seal, #found-parcels, #found-carats").evaluate_all(
            "all => all.map(e => e.value)"
        )
    )
    guard.page.get_by_role("button", name="Compare", exact=True).click()
    assert guard.page.evaluate("document.activeElement.id") == "found-seal"
    assert guard.page.locator("[aria-invalid=true]").count() == 4
    said = guard.find("bw seal 0098812", "3", "1 843,27")
    assert "Accept: nothing found against it." in said
    guard.clean()
    guard.page.click("text=type again")
    said = guard.find("BW-SEAL-0098812", "3", "1843.26")
    assert said.startswith("Verdict: Cannot tell. Hold the shipment"), said
    assert "Found were 1843.26 carats; signed were 1843.27." in said
    chain = guard.export()["entries"]
    assert [one["what"] for one in chain] == ["shown", "compared", "compared"]
    assert chain[2]["found"] == {"seal": "BW-SEAL-0098812", "parcels": "3", "carats": "1843.26"}
    assert (chain[2]["officer"], chain[2]["differences"]) == ("AB", ["Weight"])


def film(code: str) -> bytes:
    """What a camera sees: a dozen frames of a code on grey, as Y4M."""
    import segno
    from PIL import Image

    drawn = io.BytesIO()
    segno.make(code, error="m", boost_error=False).save(drawn, kind="png", scale=5, border=4)
    sheet = Image.new("L", (640, 480), 200)
    sheet.paste(Image.open(drawn).convert("L"), (100, 30))
    picture = b"FRAME\n" + sheet.tobytes() + b"\x80" * (640 * 480 // 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + picture * 12


def test_the_live_camera_reads_a_code(tmp_path, chromium):
    (tmp_path / "film.y4m").write_bytes(film(GOOD.label))
    seen = [f"--use-file-for-fake-video-capture={tmp_path / 'film.y4m'}", "--use-fake-device-for-media-stream"]
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS, *seen, "--use-fake-ui-for-media-stream"]
    )
    guard = Guard(browser, tmp_path)
    guard.page.click("text=Use the camera")
    assert guard.said().startswith("Verdict: Valid.")
    assert not guard.page.locator("video:visible").count()
    guard.clean()
    guard.close()
    browser.close()


def test_a_label_of_another_bag_holds_the_shipment(guard):
    guard.paste(GOOD.code)
    said = guard.paste(OTHER.label)
    assert said.startswith("Verdict: Cannot tell. Hold"), said
    assert "The label is of another certificate: BW0012346." in said
    guard.page.click("text=Take that label away")
    assert guard.paste(GOOD.label).startswith("Verdict: Valid.")


def test_credential_beside_its_code(guard):
    guard.paste(GOOD.code)
    assert guard.paste(GOOD.credential).startswith("Verdict: Valid.")
    guard.clear()
    assert "same presentation" not in guard.paste(OTHER.code)


def test_a_second_showing_is_asked_about_within_ten_minutes_and_held_after(guard):
    guard.paste(GOOD.code)
    guard.clear()
    said = guard.paste(GOOD.code)
    assert said.startswith("Verdict: Cannot tell. Hold"), said
    assert "This certificate was shown here on" in said
    assert guard.page.locator("text=Is this the same presentation?").count()
    guard.clean()
    guard.page.click("text=Yes, the same")
    assert guard.said().startswith("Verdict: Valid.")
    assert [one.get("verdict") for one in guard.export()["entries"]] == ["valid", "cannot_tell", None]
    assert guard.page.locator("text=Scanned again").count()
    guard.open()  # memory outlives the page
    guard.page.clock.install(time=NOW + timedelta(minutes=40))
    guard.open()
    said = guard.paste(GOOD.label)
    assert said.startswith("Verdict: Cannot tell. Hold"), said
    assert not guard.page.locator("text=Is this the same presentation?").count()
    guard.at("seen")
    assert "Shown more than once" in guard.page.inner_text("main")
    guard.clean()


def test_a_copy_shown_while_the_first_is_still_on_the_screen_is_asked_about(guard):
    guard.page.clock.install(time=NOW)
    guard.open()
    guard.paste(GOOD.code)
    assert guard.paste(GOOD.code).startswith("Verdict: Valid."), "a scanner that reads twice"
    guard.page.clock.fast_forward(60_000)
    assert guard.paste(GOOD.code).startswith("Verdict: Cannot tell. Hold")
    guard.page.click("text=No, another paper or box")
    assert guard.said().startswith("Verdict: Cannot tell. Hold")
    assert [one["what"] for one in guard.export()["entries"]] == ["shown", "shown", "answer"]


def test_two_devices_find_the_double_when_their_files_are_joined(chromium, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = Guard(chromium, tmp_path / "a"), Guard(chromium, tmp_path / "b")
    one.paste(GOOD.code)
    two.paste(GOOD.code)
    two.clear()
    two.paste(OTHER.code)
    carried = two.export()
    one.at("scan")
    assert "2 entries of another device were joined." in one.hand_over("seen.json", json.dumps(carried).encode())
    text = one.page.inner_text("main")
    assert "Shown more than once" in text
    assert "BW0012345" in text
    one.clean()
    one.at("scan")
    one.clear()
    said = one.paste(OTHER.code)
    assert "was shown on the device" in said
    assert said.startswith("Verdict: Cannot tell.")
    forged = copy.deepcopy(carried)
    del forged["entries"][0]
    one.clear()
    assert "chain of this file is broken" in one.hand_over("seen.json", json.dumps(forged).encode())
    one.close()
    two.close()


def test_a_use_told_by_a_new_list_is_laid_beside_what_was_seen(guard):
    guard.paste(GOOD.code)
    new = listed(NOW + timedelta(hours=1), used=[{"cid": b64u(GOOD.cid), "authority": "AE"}])
    guard.page.set_input_files(
        "#any-file", files=[{"name": "bundle.json", "mimeType": "", "buffer": json.dumps(new).encode()}]
    )
    guard.page.wait_for_selector("#waiting")
    guard.adopt()
    guard.at("seen")
    assert "was confirmed by AE" in guard.page.inner_text("main")


def test_an_older_list_is_refused_with_the_reason(guard):
    older = listed(NOW - 3 * DAY)
    said = guard.hand_over("bundle.json", json.dumps(older).encode())
    assert (
        f"This list of {(NOW - 3 * DAY).date()} is older than the one of {NOW.date()} on this device: it was refused."
        in said
    )
    assert guard.page.evaluate("document.activeElement.id") == "message"
    guard.carry(older)  # the same device opens an older stick: it keeps what it has
    guard.open()
    assert not guard.page.locator("#waiting").count()
    assert "0 days old" in guard.page.inner_text("#age")
    guard.quiet()


def test_an_unsigned_list_is_adopted_on_purpose_and_said_aloud(chromium, tmp_path):
    guard = Guard(chromium, tmp_path, adopt=False)
    assert "NOT SIGNED" in guard.page.inner_text("main")
    assert "nothing can be checked" in guard.paste(GOOD.code)
    guard.adopt()
    assert "not signed" in guard.page.inner_text("#age")
    assert "adopted by hand" in guard.page.inner_text("main")
    guard.paste(GOOD.code)
    assert "not signed" in guard.page.inner_text(".essentials")
    guard.close()


HOSTILE = [
    b"\x1f\x8b" + b"\0" * 40,
    b"{" * 100_000,
    b"\xff\xfe\x00" * 1000,
    b"",
    b"%PDF-1.7\n" + os.urandom(2000),
    b"\x89PNG\r\n\x1a\n" + os.urandom(500),
    b'{"v":1,"kind":"kp-seen","device":"x","entries":[{"v":1}],"head":""}',
    b'{"v":1,"participants":{},"issued":"x"}',
    b'{"v":2,"trust":{"metadata":{}}}',
    b"\xc3\xa9\xe2\x80\x94 hello",
    b"KPP1:" + b"A" * 500,
    b"c2sp.org/tlog-proof@v1\nindex 0\n",
    b"KPC1:" + b"Z" * 100_000,
]


def test_hostile_input_does_no_harm(guard):
    markup = paper(
        "BW0012351",
        exporter=facts.Party('<img src=x onerror="document.title=1">', "<script>document.title=2</script>", ""),
    )
    assert guard.paste(Issued(markup, 7).code)
    assert "onerror" in guard.page.inner_text("main")
    assert not guard.page.locator("main img, main script").count()
    guard.clear()
    for data in HOSTILE:
        assert guard.hand_over("thing", data), data[:40]
        if guard.page.locator("text=Next certificate").count():
            guard.clear()
        assert not guard.page.locator("#verdict:has-text('Valid')").count() or "Invalid" in guard.page.inner_text(
            "#verdict"
        )
        if guard.page.locator("#waiting").count():
            guard.page.locator("section:has(#waiting) .button.secondary").click()
    assert guard.paste(OTHER.code).startswith("Verdict: Valid.")
    guard.quiet()


def test_by_keyboard_alone(guard):
    page = guard.page
    guard.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"

    def reach(selector: str) -> None:
        for _ in range(60):
            if page.locator(selector).first.evaluate("e => e === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab")

    reach("#artefact")
    page.keyboard.insert_text(GOOD.code)
    page.keyboard.press("Enter")
    assert guard.said().startswith("Verdict: Valid.")
    for name, value in {"seal": "BW-SEAL-0098812", "parcels": "3", "carats": "1843.27", "officer": "AB"}.items():
        reach(f"#found-{name}")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    assert "Accept" in guard.said()
    reach('#nav a[href="#settings"]')
    page.keyboard.press("Enter")
    reach("#set-authority")


@pytest.mark.parametrize(("language", "size"), [("en", (320, 640)), ("ar", (320, 640)), ("fr", (1280, 900))])
def test_every_screen_is_clean_and_fits(chromium, tmp_path, language, size):
    guard = Guard(chromium, tmp_path, language=language, size=size)
    assert guard.page.get_attribute("html", "lang") == language
    assert guard.page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
    guard.clean()
    for scheme in ("light", "dark"):
        guard.page.emulate_media(color_scheme=scheme)
        for artefact in (GOOD.code, VOID.code, "SL 004911"):
            guard.paste(artefact)
            guard.clean()
        for view in ("expected", "seen", "settings", "scan"):
            guard.at(view)
            guard.clean()
    if language != "en":
        assert guard.page.locator("main").inner_text()
        assert "Verdict" not in guard.page.locator("section.verdict").get_attribute("aria-label") or language == "fr"
    guard.close()


def test_expected_arrivals_are_ticked_off(guard):
    guard.at("expected")
    assert "0 of 5" in guard.page.inner_text("main")
    assert qr.check_code(GOOD.cid) in guard.page.inner_text("main")
    guard.at("scan")
    guard.paste(GOOD.code)
    guard.at("expected")
    assert "1 of 5" in guard.page.inner_text("main")
    assert "BW0012345" in guard.page.inner_text("main")


def test_settings_are_kept_and_change_the_question(guard):
    guard.at("settings")
    guard.page.fill("#set-authority", "ae")
    guard.page.fill("#set-post", "Gate 4")
    guard.page.select_option("#set-language", "fr")
    guard.page.press("#set-post", "Enter")
    guard.page.wait_for_selector("html[lang=fr]")
    guard.open()
    assert guard.page.get_attribute("html", "lang") == "fr"
    guard.paste(ELSEWHERE.code)
    assert "Gate 4" in guard.page.inner_text("#where")


def test_without_a_store_the_page_says_that_it_remembers_nothing(chromium, tmp_path):
    guard = Guard(chromium, tmp_path)
    guard.page.add_init_script(
        "for (const name of ['indexedDB', 'localStorage'])"
        " Object.defineProperty(window, name, {get() { throw new Error('no') }})"
    )
    guard.open()
    assert "REMEMBERS NOTHING" in guard.page.inner_text("main")
    assert guard.paste(GOOD.code).startswith("Verdict: Valid.")
    guard.close()


def journalled() -> dict:
    """A list whose Botswana keeps a journal, with the witnesses that are asked for."""
    told = listed()
    names = {**journals.WITNESSES, "own": journals.OWN}
    witnesses = [f"witness {name} {journals.vkey(name, one)}" for name, one in names.items()]
    log = {"origin": journals.ORIGIN, "vkey": journals.vkey(journals.ORIGIN, journals.JOURNAL, LOG)}
    told["authorities"]["BW"] |= {"log": log, "witness": {"name": "own", "vkey": journals.vkey("own", journals.OWN)}}
    return told | {"policy": "\n".join([*witnesses, "group all 2 w1 w2 own", "quorum all"])}


def proof_of(one: Issued, number: str) -> Proof:
    """That the certificate is in the journal, seen by the witnesses an hour ago and not there two days ago."""
    leaf = journals.entry(one.cid, number, (NOW - DAY).date().isoformat())
    return journals.proof(leaf, by=int(NOW.timestamp()) - 3600, after=int((NOW - 2 * DAY).timestamp()))


@pytest.mark.parametrize("first", ["certificate", "proof"])
@pytest.mark.parametrize("form", ["code", "text"])
def test_a_proof_is_joined_to_the_certificate_it_proves(chromium, tmp_path, first, form):
    guard = Guard(chromium, tmp_path, bundle=journalled())
    proof = proof_of(GOOD, "BW0012345")
    told = proof.code(log=journals.ORIGIN) if form == "code" else proof.text
    if first == "certificate":
        assert guard.paste(GOOD.code).startswith("Verdict: Cannot tell."), "no proof at hand yet"
        said = guard.hand_over("proof.tlog-proof", told.encode())
    else:
        assert "Now scan the certificate" in guard.hand_over("proof.tlog-proof", told.encode())
        said = guard.paste(GOOD.code)
    assert said.startswith("Verdict: Valid."), said
    assert guard.page.locator("tr:has-text('8. log') .tag.good").count()
    guard.clear()
    assert guard.paste(OTHER.code).startswith("Verdict: Cannot tell.")
    said = guard.hand_over("proof.tlog-proof", told.encode())
    assert said.startswith("Verdict: Invalid."), said
    guard.page.click("text=Take the proof away")
    assert guard.said().startswith("Verdict: Cannot tell.")
    guard.clean()
    guard.close()


@pytest.fixture
def scheme() -> Scheme:
    """The offices of the Scheme, with Botswana on their signed list."""
    found = Scheme(at=NOW - 2 * DAY).found()
    found.own["BW"] = [key(f"BW/trust/{n}") for n in (1, 2, 3)]
    log = {"origin": ORIGIN, "vkey": VerifierKey(ORIGIN, LOG, key("journal").public_key).text}
    files = {keys_file("BW", "BW"): canonical(keys_document("BW", "sign/2027-1", "status/2027-1", log=log))}
    present = ["A", "B", "witness"]
    request = ceremony.hold("BW", found.own["BW"], files, present=present, place="x", terms=found.terms, at=found.at)
    found.repo = making.enrol(found.repo, request, terms=found.terms, at=found.at)
    found.publish()
    return found


def signed(found: Scheme) -> dict:
    """A list of version 2: the trust list, and Botswana's status list."""
    entries = StatusList.empty(64).with_({VOID_INDEX: Status.VOID})
    claims = statuslist.claims_of("https://kp.example/status/BW/2027-1", entries, iat=int(found.at.timestamp()))
    told = jws.sign(claims, typ=statuslist.TYP, signer=key("BW/status/2027-1"))
    return {"v": 2, "trust": found.bundle, "status_lists": [told], "checkpoints": []}


def test_a_signed_list_is_adopted_by_its_root_and_never_exchanged_for_an_older_one(chromium, tmp_path, scheme):
    older = json.loads(json.dumps(signed(scheme)))
    scheme.later(1).publish()
    newer = json.loads(json.dumps(signed(scheme)))
    guard = Guard(chromium, tmp_path, bundle=newer, adopt=False)
    root = hashlib.sha256(newer["trust"]["metadata"]["1.root.json"].encode()).hexdigest()
    assert root[:4] + " " + root[4:8] in guard.page.inner_text("#content")
    guard.adopt()
    assert "not signed" not in guard.page.inner_text("#age")
    signer = key("BW/sign/2027-1")
    at = (NOW - DAY).date()
    code = full_qr(paper(issue_date=at, destination="ZA", destination_authority="ZA"), signer=signer, cid=GOOD.cid)
    guard.at("settings")
    assert "every signature was checked" in guard.page.inner_text("main")
    guard.page.fill("#set-authority", "ZA")
    guard.page.press("#set-authority", "Enter")
    guard.at("scan")
    said = guard.paste(code)
    assert guard.page.locator("tr:has-text('3. signature') .tag.good").count(), said
    assert "refused" in guard.hand_over("bundle.json", json.dumps(older).encode())
    forged = json.loads(json.dumps(newer).replace("Botswana", "Bottwana"))
    assert "refused" in guard.hand_over("bundle.json", json.dumps(forged).encode())
    assert "not signed, and this device has a signed one" in guard.hand_over("v1.json", json.dumps(listed()).encode())
    scheme.later(0.5).publish()
    packed = gzip.compress(json.dumps(signed(scheme)).encode())
    assert "The new list is in use." in guard.hand_over("bundle.json.gz", packed)
    guard.open()
    assert "0 days old" in guard.page.inner_text("#age")
    guard.clean()
    guard.close()


def test_no_part_of_a_signed_list_goes_back(chromium, tmp_path, scheme):
    def own(used: list, code: str = "BW") -> str:
        told = {
            "iss": f"https://kp.example/p/{code}",
            "authority": code,
            "iat": int(scheme.at.timestamp()),
            "used": used,
        }
        return jws.sign(told, typ="kp-bundle+jwt", signer=key(f"{code}/status/2027-1"))

    older = {**signed(scheme), "local": own([])}
    scheme.later(1).publish()
    newer = {**signed(scheme), "local": own([{"cid": b64u(GOOD.cid), "authority": "BW"}])}
    guard = Guard(chromium, tmp_path, bundle=newer)
    for changed, reason in (
        ({**newer, "local": older["local"]}, "signed for its officers is of"),
        ({**newer, "status_lists": older["status_lists"]}, "the status list BW/2027-1 is of"),
        ({name: part for name, part in newer.items() if name != "local"}, "lacks the part that BW signed"),
    ):
        assert reason in guard.hand_over("bundle.json", json.dumps(changed).encode())
    guard.clean()
    guard.close()


def test_a_clock_that_went_back_holds_everything(guard):
    guard.page.clock.install(time=NOW - 10 * DAY)
    guard.open()
    assert "clock of this device" in guard.paste(GOOD.code)


# Served by a node


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """A demonstration node, served on loopback: its address and its folder."""
    home = tmp_path_factory.mktemp("verifier")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KIMBERLEY_", "DJANGO_", "XDG_"))}
    environment |= {"HOME": str(home), "KIMBERLEY_DIR": str(home / "demo")}
    command = [sys.executable, "-c", "from openkimberley.node.cli import main; main()"]
    subprocess.run(
        [*command, "demo", "--dir", str(home / "demo"), "--no-serve", "--json"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    port = free_port()
    server = subprocess.Popen([*command, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=1)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        subprocess.run(
            [*command, "bundle", "verifier", "--out", str(home / "verifier.html"), "--authority", "EU-BE"],
            env=environment,
            check=True,
            timeout=100,
        )
        yield url, home
    finally:
        server.terminate()
        server.wait(20)


def test_the_served_page_works_offline_after_one_visit(chromium, node):
    address, home = node
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    answer = page.goto(f"{address}/verifier/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
    page.wait_for_selector("#waiting")
    page.locator("section:has(#waiting) .button").first.click()
    page.wait_for_selector("#waiting", state="detached")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.fill("#artefact", (home / "demo" / "out" / "qr-full.txt").read_text())
    page.press("#artefact", "Enter")
    page.wait_for_selector("#verdict")
    assert "BW00" in page.inner_text("main")
    assert not broken
    context.close()


def test_the_file_of_the_node_judges_its_pdf_and_its_own_hash_is_checked(chromium, node, tmp_path):
    _, home = node
    shutil.copy(home / "verifier.html", tmp_path)
    assert made.check((tmp_path / "verifier.html").read_bytes()).untouched
    guard = Guard.__new__(Guard)
    guard.file, guard.asked, guard.broken = tmp_path / "verifier.html", [], []
    guard.context = chromium.new_context(offline=True, viewport={"width": 390, "height": 844})
    guard.page = guard.context.new_page()
    guard.open()
    out = home / "demo" / "out"
    said = guard.hand_over("certificate.pdf", (out / "certificate.pdf").read_bytes())
    assert "BW00" in said
    assert not said.startswith("Verdict: Invalid"), said
    guard.clear()
    said = guard.hand_over("certificate.sd-jwt", (out / "certificate.sd-jwt").read_bytes())
    assert "BW00" in said
    guard.close()


def test_a_visitor_gets_the_public_part_of_the_list_only(node):
    address, _ = node
    with urllib.request.urlopen(f"{address}/verifier/bundle.json") as answer:
        written = json.loads(answer.read())
    if written["v"] == 2:
        assert "local" not in written
    else:
        assert (written["expected"], written["used"]) == (None, [])
        assert written["authorities"]["BW"]["keys"]


def test_presenting_less_is_no_other_certificate(guard):
    guard.paste(GOOD.code)
    guard.clear()
    said = guard.paste(present_credential(GOOD.credential, "carrier"))
    assert "was shown here" in said
