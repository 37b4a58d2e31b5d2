"""A whole export and import by keyboard alone, in English and in Arabic; axe finds nothing on any page on the way.

The story, through Chromium, with nothing but Tab, Space, Enter, arrows and letters:

1.  The exporter signs in, begins an application, fills its pages, checks, declares, files.
2.  The issuing officer examines: types what was weighed, counted and seen.
3.  The approving officer approves: the certificate is issued.
4.  The issuing officer seals, announces and lets it go.
5.  The import officer types the number, reads the verdict, types what he finds, confirms.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.browser import CHROMIUM

AXE = Path(__file__).parents[2] / "var" / "axe" / "axe.min.js"
PASSWORD = "rough-diamonds-2026"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium: apt-get install chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="needs axe-core in var/axe/axe.min.js: see .ci/run"),
    pytest.mark.enable_socket,
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A demonstration node, served on loopback."""
    home = tmp_path_factory.mktemp("browser")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KIMBERLEY_", "DJANGO_", "XDG_"))}
    environment |= {"HOME": str(home), "KIMBERLEY_DIR": str(home / "demo")}
    command = [sys.executable, "-c", "from openkimberley.node.cli import main; main()"]
    subprocess.run([*command, "demo", "--dir", str(home / "demo"), "--no-serve", "--json"], env=environment, check=True,
                   stdout=subprocess.DEVNULL, timeout=300)  # fmt: skip
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
        yield url
    finally:
        server.terminate()
        server.wait(20)


class Keyboard:
    """A person who has no mouse. Reaches a control by Tab only, and asks axe about every page on the way."""

    def __init__(self, browser, address: str, language: str) -> None:
        self.browser, self.address, self.language = browser, address, language
        self.page = None

    def sign_in(self, who: str) -> None:
        if self.page:
            self.page.context.close()
        context = self.browser.new_context(viewport={"width": 1000, "height": 900})
        context.add_cookies([{"name": "django_language", "value": self.language, "url": self.address}])
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.open("/accounts/login/")
        self.type("#id_login", who)
        self.type("#id_password", PASSWORD)
        self.press_enter()

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look()

    def look(self) -> None:
        """The page is in the language and direction asked for, and axe finds nothing."""
        page = self.page
        page.wait_for_load_state("domcontentloaded")
        assert page.get_attribute("html", "lang") == self.language
        assert page.get_attribute("html", "dir") == ("rtl" if self.language == "ar" else "ltr")
        page.evaluate(AXE.read_text())
        found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        told = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        assert not told, f"{page.url}: {told}"

    def reach(self, selector: str) -> None:
        """Tab until the control has the focus; a control that cannot be reached fails."""
        wanted = self.page.locator(selector).first
        wanted.wait_for(state="attached")
        if wanted.evaluate("e => e === document.activeElement"):
            return
        for _ in range(160):
            self.page.keyboard.press("Tab")
            if wanted.evaluate(
                "e => e === document.activeElement || (e.type === 'radio' && document.activeElement.name === e.name)"
            ):
                return
        raise AssertionError(f"{selector} is not reached by Tab on {self.page.url}")

    def type(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def type_moment(self, selector: str, when: datetime) -> None:
        """A day and time of day, part by part, as the browser's field takes them."""
        self.reach(selector)
        self.page.keyboard.type(f"{when:%m%d%Y}")
        self.page.keyboard.press("ArrowRight")
        self.page.keyboard.type(f"{when:%I%M%p}")
        assert self.page.locator(selector).input_value() == f"{when:%Y-%m-%dT%H:%M}"

    def choose(self, selector: str, value: str) -> None:
        """Choose in a list by its arrows."""
        self.reach(selector)
        options = self.page.locator(f"{selector} option").evaluate_all("all => all.map(o => o.value)")
        self.page.keyboard.press("Home")
        for _ in range(options.index(value)):
            self.page.keyboard.press("ArrowDown")
        assert self.page.locator(selector).input_value() == value

    def tick(self, selector: str) -> None:
        """Tick a box, or a radio button by its arrows."""
        self.reach(selector)
        wanted = self.page.locator(selector).first
        if wanted.get_attribute("type") == "radio":
            for _ in range(6):
                if wanted.is_checked():
                    return
                self.page.keyboard.press("Space")
                if wanted.is_checked():
                    return
                self.page.keyboard.press("ArrowDown")
        elif not wanted.is_checked():
            self.page.keyboard.press("Space")
        assert wanted.is_checked()

    def upload(self, selector: str, path: Path) -> None:
        """The file chooser of the system is not a page: it opens by Space and is answered here."""
        from playwright.sync_api import TimeoutError as TooLate

        for _ in range(4):  # a chooser that opens while the page still settles is dropped by the browser
            self.reach(selector)
            try:
                with self.page.expect_file_chooser(timeout=4_000) as chooser:
                    self.page.keyboard.press("Space")
                chooser.value.set_files(str(path))
                return
            except TooLate:
                self.page.wait_for_timeout(500)
        raise AssertionError(f"{selector} opens no file chooser by keyboard")

    def press(self, selector: str) -> None:
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def press_enter(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()


@pytest.fixture(scope="module", params=["en", "ar"])
def person(request, chromium, address) -> Iterator[Keyboard]:
    """Somebody at a keyboard, in one language."""
    one = Keyboard(chromium, address, request.param)
    yield one
    if one.page:
        one.page.context.close()


def submit(person: Keyboard, which: str = "main form .actions button.button:not(.secondary)") -> None:
    person.press(which)
    problems = person.page.locator(".error-summary")
    assert not problems.count(), f"{person.page.url}: {problems.first.inner_text()}"


def apply(person: Keyboard, picture: Path) -> str:
    """1. The exporter applies. Returns the application's reference."""
    person.sign_in("exporter@demo.example")
    person.open("/applications/new")
    submit(person, "main form button[type=submit]")
    reference = person.page.url.split("/applications/")[1].split("/")[0]
    here = f"/applications/{reference}"
    person.open(f"{here}/edit/parties")
    person.type("[name='exporter/name']", "Fictional Kalahari Rough (Pty) Ltd")
    person.type("[name='exporter/address']", "Plot 1, Main Mall, Gaborone")
    person.type("[name='importer/name']", "Fictional Scheldt Diamonds BV")
    person.type("[name='importer/address']", "Fictiestraat 1, Antwerpen")
    person.type("[name='importer/licence']", "EU-BE-IMP-2026-0001")
    submit(person)
    person.choose("[name='lines/0/hs']", "7102.31")
    person.type("[name='lines/0/carats']", "120.50")
    person.type("[name='lines/0/usd']", "18075.00")
    person.type("[name='parcels']", "1")
    submit(person)
    person.type("[name='origins/0/country']", "BW")
    submit(person)
    person.open(f"{here}/edit/destination")
    person.choose("[name='destination']", "EU-BE")
    submit(person)
    person.open(f"{here}/documents")
    person.upload("#f-file", picture)
    submit(person, "main form button[type=submit]")
    person.open(f"{here}/check")
    person.tick("[name=declared]")
    submit(person)
    return reference


def certify(person: Keyboard, reference: str, seal: str) -> str:
    """2 and 3. Examined, valued, approved. Returns the certificate's number."""
    here = f"/applications/{reference}"
    person.sign_in("issuing@demo.example")
    person.open(f"{here}/examine")
    person.choose("[name='lines/0/hs']", "7102.31")
    person.type("[name='lines/0/carats']", "120.50")
    person.type("[name=parcels]", "1")
    person.tick("#f-method_0")
    person.type("[name=origin_evidence]", "Production record 114, seen")
    person.type("[name=seals]", seal)
    submit(person)
    person.look()  # what will be certified: the examining officer signs for exactly that
    person.type("[name=passphrase]", PASSWORD)
    submit(person)
    person.sign_in("valuer@demo.example")
    person.open(f"{here}/value")
    person.tick("#f-role_0")
    person.type("[name='lines/0/usd']", "18075.00")
    submit(person)
    person.sign_in("approving@demo.example")
    person.open(f"{here}/approve")
    person.tick("[name=confirm]")
    person.type("[name=passphrase]", PASSWORD)
    submit(person)
    return person.page.locator("h1 bdi, h1").first.inner_text().split()[-1]


def send(person: Keyboard, number: str, seal: str, picture: Path) -> None:
    """4. Sealed with just that seal, announced, released, departed."""
    here = f"/shipments/{number}"
    person.sign_in("issuing@demo.example")
    person.open(f"{here}/seal")
    person.type("#id_containers", "1")
    person.type("#id_seals-0-number", seal)
    person.type("#id_seals-0-container", "1")
    for question in ("number_on_container", "packed_alone", "copy_enclosed"):
        person.tick(f"#id_{question}_0")
    person.upload("#id_box", picture)
    from PIL import Image

    with Image.open(picture) as box:
        box.transpose(Image.Transpose.ROTATE_90).save(picture.with_name("parcel.jpg"))
    person.upload("#id_parcel", picture.with_name("parcel.jpg"))
    submit(person)
    person.open(f"{here}/announce")
    person.type("#id_carrier", "Fictional Secure Carriers")
    person.choose("#id_mode", "AIR")
    person.type("#id_courier_licence", "BW-COU-2026-0001")
    person.type("#id_address", "import@antwerp.demo.example")
    person.press("button[name=send]")
    person.open(f"{here}/departure")
    now = datetime.now(UTC)
    person.type_moment("#id_departed_at", now)
    person.tick("#id_seals_intact_0")
    submit(person)


def receive(person: Keyboard, number: str, seal: str, carats: str) -> None:
    """5. Presented, judged, opened, weighed."""
    person.sign_in("import@demo.example")
    person.open("/imports/present")
    person.type("#id_number", number)
    for question in ("original", "copy_enclosed"):
        person.tick(f"#id_{question}_0")
    person.tick("#id_hand_carried_1")
    submit(person)
    if person.page.locator(f"a[href='/imports/{number}/decision']").count():
        # minutes after issuing no witness has seen the entry yet: the issuer still has time, so an officer may decide
        assert person.page.locator(f"a[href='/imports/{number}/proof']").count()
        person.open(f"/imports/{number}/decision")
        person.type("#id_reason", "Issued this morning, seen at the counter of the issuer")
        submit(person)
    person.open(f"/imports/{number}/inspection")
    person.type("#id_seals", seal)
    person.tick("#id_seals_intact_0")
    person.tick("#id_tamper_resistant_0")
    person.type("#id_number", number)
    person.type("#id_exporter", "Fictional Kalahari Rough (Pty) Ltd")
    person.type("#id_importer", "Fictional Scheldt Diamonds BV")
    person.type("#id_parcels", "1")
    person.tick("#id_packed_alone_0")
    person.choose("#id_lines-0-hs", "7102.31")
    person.type("#id_lines-0-carats", carats)
    submit(person)


def test_a_full_export_and_import_by_keyboard_alone(person, tmp_path):
    from PIL import Image

    picture = tmp_path / "box.jpg"
    Image.new("RGB", (320, 200), "#b8b0a0").save(picture)
    seal = f"BW-SEAL-KEYS-{person.language.upper()}"
    reference = apply(person, picture)
    number = certify(person, reference, seal)
    assert number.startswith("BW00")
    send(person, number, seal, picture)
    receive(person, number, seal, "120.50")
    person.open(f"/imports/{number}/confirmation")
    person.tick("[name=declared]")
    submit(person)
    person.open(f"/imports/{number}")
    assert person.page.locator(".tag.good").count()
    person.sign_in("issuing@demo.example")
    person.open(f"/certificates/{number}")
    assert person.page.locator(".tag.good").count()


def test_one_hundredth_of_a_carat_opens_a_case(chromium, address, tmp_path):
    from PIL import Image

    person = Keyboard(chromium, address, "en")
    picture = tmp_path / "box.jpg"
    Image.new("RGB", (320, 200), "#b8b0a0").save(picture)
    seal = f"BW-SEAL-LESS-{person.language.upper()}"
    number = certify(person, apply(person, picture), seal)
    send(person, number, seal, picture)
    receive(person, number, seal, "120.49")
    person.open(f"/imports/{number}/case")
    assert "120.49" in person.page.locator("main").inner_text()
    person.page.context.close()


PUBLIC = ["/", "/verify", "/rules", "/participants", "/participants/CF", "/licences", "/alerts/public", "/permissions/"]
OF_PEOPLE = {
    "exporter@demo.example": ["/", "/applications", "/certificates", "/guide", "/me/"],
    "issuing@demo.example": ["/", "/me/approval/", "/shipments", "/papers", "/papers/new", "/alerts", "/search?q=BW"],
    "supervisor@demo.example": ["/paper", "/ranges", "/licences", "/specimens", "/journal"],
    "admin@demo.example": ["/people/", "/me/"],
    "import@demo.example": ["/imports", "/imports/present", "/papers"],
}


def test_every_page_of_every_person_is_clean_and_fits_320_pixels(person):
    person.sign_in("exporter@demo.example")
    for who, paths in {"": PUBLIC, **OF_PEOPLE}.items():
        if who:
            person.sign_in(who)
        person.page.set_viewport_size({"width": 320, "height": 800})
        for path in paths:
            person.open(path)
            wide = person.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 320, f"{path} of {who or 'a visitor'} is {wide} px wide in {person.language}"


def test_a_page_works_without_javascript(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/verify")
    page.fill("#artefact", "KPC1:NOTHING")
    page.click("main form button[type=submit]")
    assert "1." in page.content() or page.locator(".error-summary").count()
    context.close()


def give_key(person: Keyboard) -> None:
    """A security key in the officer's hand, enrolled for approvals under the account."""
    devtools = person.page.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    person.open("/me/approval/")
    with person.page.expect_navigation():
        person.press("#enrol-key")
    person.page.get_by_text("counts from now on").wait_for()


def test_t6_two_officers_approve_with_security_keys_and_a_certificate_is_issued(chromium, address, tmp_path):
    """The passphrase stays empty: the keys are asked over the exact draft, and the certificate says so."""
    from PIL import Image

    person = Keyboard(chromium, address.replace("127.0.0.1", "localhost"), "en")
    picture = tmp_path / "box.jpg"
    Image.new("RGB", (320, 200), "#b8b0a0").save(picture)
    here = f"/applications/{apply(person, picture)}"
    person.sign_in("issuing@demo.example")
    give_key(person)
    person.open(f"{here}/examine")
    person.choose("[name='lines/0/hs']", "7102.31")
    person.type("[name='lines/0/carats']", "120.50")
    person.type("[name=parcels]", "1")
    person.tick("#f-method_0")
    person.type("[name=origin_evidence]", "Production record 114, seen")
    person.type("[name=seals]", "BW-SEAL-WEBAUTHN")
    submit(person)
    with person.page.expect_navigation():
        person.press("main form button[type=submit]")
    person.page.get_by_text("Signed. The approving officer can go on.").wait_for()
    person.sign_in("approving@demo.example")
    give_key(person)
    person.open(f"{here}/approve")
    assert "with security keys" in person.page.locator("main").inner_text()
    person.tick("[name=confirm]")
    with person.page.expect_navigation():
        person.press("main form button[type=submit]")
    person.page.wait_for_url("**/certificates/BW*")
    assert "with security keys" in person.page.locator("main").inner_text()
    person.page.context.close()


def test_approval_works_without_javascript(chromium, address):
    """The passphrase alone is enough; the form for a key is not shown where no script could ask for it."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", "be-issuing@demo.example")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{address}/me/approval/")
    assert not page.locator("#enrol-key").is_visible()
    page.fill("[name=passphrase]", "another passphrase of mine")
    page.fill("[name=again]", "another passphrase of mine")
    page.get_by_role("button", name="Enrol the passphrase").click()
    assert "counts from now on" in page.content()
    context.close()


def test_an_officer_signs_in_with_a_passkey_and_no_password(chromium, address):
    """A passkey belongs to a name, not to a number: the address is localhost here.

    Stands last: from now on this officer's password alone opens nothing.
    """
    here = address.replace("127.0.0.1", "localhost")
    context = chromium.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{here}/accounts/login/")
    page.fill("#id_login", "approving@demo.example")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{here}/accounts/2fa/webauthn/add/")
    page.fill("#id_name", "Key on my desk")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    context.clear_cookies()
    page.goto(f"{here}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{here}/")
    assert page.locator("header").get_by_text("Naledi").count()
    context.close()
