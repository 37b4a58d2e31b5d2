"""The published journal over HTTP, its page, and its command."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone
from tests import story
from tests.cast import BW, KAGISO, NOW
from tests.signer import sign_with

from openkimberley.accounts import actions as accounts
from openkimberley.certificates import actions as certificates
from openkimberley.journal import chain, mirror, queries, standing
from openkimberley.journal.actions.sequencing import add_cosignatures, make_checkpoint
from openkimberley.journal.shelf import Folder, Web
from openkimberley.journal.tests.sealed import KEY, LOG, ORIGIN, WITNESS_KEYS, enter, entered, line
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import NotFound
from openkimberley.node import journal_pages, reactions
from openkimberley.node.journal_cli import journal as command
from openkimberley.trust import httpsig, merkle, notes, signing, tiles
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.proof import Proof

pytestmark = pytest.mark.django_db(transaction=True)
TRANSPORT = SoftwareKey.from_secret("BW/transport/2026-1", "Ed25519", bytes(range(1, 33)))
INSTALLER = Actor("installer", frozenset({Role.ADMINISTRATOR}), authority=BW, via="cli")


def signs(authority, use):
    return {(signing.NODE, "log"): KEY, (BW, "transport"): TRANSPORT}.get((authority, use))


@pytest.fixture(autouse=True)
def log(settings):
    settings.JOURNAL_ORIGIN = ORIGIN
    settings.SECOND_FACTOR_REQUIRED = False
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    sign_with(signs)
    yield
    signing.provide(None)


@pytest.fixture
def sealed():
    entered(300, at=timezone.now())
    row = make_checkpoint(at=timezone.now())
    add_cosignatures(300, [line(row, "w1.example", int(timezone.now().timestamp()) - 60)], witnesses=WITNESS_KEYS)
    return row


def client(role=None):
    browser = Client(HTTP_HOST="localhost")
    if role is not None:
        user = accounts.open_account(
            by=INSTALLER, at=NOW, email=f"{role}@demo.example", name=role.value, role=role, authority=BW,
            password="a-long-password-for-tests", actor_id=role.lower(),
        )  # fmt: skip
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


class Served:
    """The node's own pages as a mirror's: read through the test client."""

    def __init__(self, browser, sign=lambda url: {}):
        self.browser, self.sign = browser, sign

    def read(self, path):
        address = f"/journal/{path}"
        answer = self.browser.get(address, headers=self.sign(f"http://localhost{address}"))
        return answer.content if answer.status_code == 200 else None


def test_checkpoint_and_hashes_are_public_and_say_how_long_they_may_be_kept(sealed):
    page = client().get("/journal/checkpoint")
    assert page["Content-Type"] == "text/plain; charset=utf-8"
    assert page["Cache-Control"] == "public, max-age=5"
    assert page.content.startswith(f"{ORIGIN}\n300\n".encode())
    assert b"w1.example" in page.content
    for path in ("0/000", "0/001.p/44", "1/000.p/1", "0/000.p/7"):
        page = client().get(f"/journal/tile/{path}")
        assert page.status_code == 200, path
        assert page["Content-Type"] == "application/octet-stream"
        assert page["Cache-Control"] == "public, max-age=31536000, immutable"
        assert len(page.content) == 32 * tiles.Tile.parse(path).width


@pytest.mark.parametrize("path", ["0/002", "0/001", "0/1", "9/000", "entries", "../../node.json", "0/000.p/256"])
def test_what_is_no_tile_is_not_found(sealed, path):
    page = client().get(f"/journal/tile/{path}")
    assert page.status_code == 404
    assert page["Cache-Control"] in ("no-store",)


def test_a_node_without_a_journal_says_so(settings):
    settings.JOURNAL_ORIGIN = ""
    assert client().get("/journal/checkpoint").status_code == 404
    assert client().get("/journal/tile/0/000").status_code == 404
    assert b"does not publish its journal yet" in client(Role.AUDITOR).get("/journal").content
    assert "origin" in CliRunner().invoke(command, ["checkpoint"]).exception.args[0]


def test_young_entries_are_for_those_who_may_read_the_journal(sealed):
    assert client().get("/journal/tile/entries/000").status_code == 403
    assert client(Role.IMPORT_OFFICER).get("/journal/tile/entries/000").status_code == 403
    page = client(Role.AUDITOR).get("/journal/tile/entries/001.p/44")
    assert page["Cache-Control"].startswith("private")
    assert tiles.decode_bundle(page.content, 44) == standing.entries(256, 300)


def test_entries_older_than_the_embargo_are_for_everybody(settings):
    entered(256, at=timezone.now() - timedelta(days=91))
    entered(3, at=timezone.now(), first=256)
    make_checkpoint(at=timezone.now())
    page = client().get("/journal/tile/entries/000")
    assert page.status_code == 200
    assert page["Cache-Control"].startswith("public")
    assert client().get("/journal/tile/entries/001.p/3").status_code == 403
    assert client().get("/journal/tile/entries/001").status_code == 403
    settings.JOURNAL_EMBARGO_DAYS = 120
    assert client().get("/journal/tile/entries/000").status_code == 403


@pytest.fixture
def transport():
    today = timezone.now().date()
    certificates.register_key(
        by=INSTALLER, at=timezone.now(), kid=TRANSPORT.kid, use="transport", alg="Ed25519",
        public_key=TRANSPORT.public_key, not_before=today, not_after=date(today.year + 1, 12, 31), x509=b"", root=b"",
    )  # fmt: skip


def signature(url, nonce="nonce-0001", at=None):
    request = httpsig.Request("GET", url)
    return httpsig.sign(request, signer=TRANSPORT, now=at or timezone.now(), nonce=nonce)


def test_a_participant_signs_its_request_and_each_signature_is_good_once(sealed, transport):
    address = "/journal/tile/entries/000"
    headers = signature(f"http://localhost{address}")
    assert client().get(address, headers=headers).status_code == 200
    again = client().get(address, headers=headers)
    assert (again.status_code, b"before" in again.content) == (403, True)
    for other in (
        signature("http://localhost/journal/tile/entries/001.p/44", "nonce-0002"),
        signature(f"http://elsewhere{address}", "nonce-0003"),
        signature(f"http://localhost{address}", "nonce-0004", timezone.now() - timedelta(minutes=10)),
        {"Signature": "kp=:AAAA:", "Signature-Input": "nonsense"},
    ):
        assert client().get(address, headers=other).status_code == 403


def test_a_stranger_s_signature_opens_nothing(sealed):
    address = "/journal/tile/entries/000"
    assert client().get(address, headers=signature(f"http://localhost{address}")).status_code == 403
    assert journal_pages.transport_key("nonsense") is None
    assert not (standing.folder().root / "used").exists() or not list((standing.folder().root / "used").iterdir())


def test_a_mirror_over_http_copies_hashes_freely_and_entries_by_signed_requests(sealed, transport, tmp_path):
    hashes = Folder(tmp_path / "hashes")
    assert mirror.copy(Served(client()), hashes, LOG, entries=False).size == 300
    with pytest.raises(NotFound, match="not for us"):
        mirror.copy(Served(client()), Folder(tmp_path / "none"), LOG)
    nonces = iter(range(100))

    def sign(url):
        return signature(url, f"mirroring-{next(nonces):04}")

    copy = Folder(tmp_path / "copy")
    assert mirror.copy(Served(client(), sign), copy, LOG).size == 300
    assert copy.read("tile/entries/000") == standing.folder().read("tile/entries/000")


def test_the_page_shows_what_protects_the_journal(sealed):
    browser = client(Role.AUDITOR)
    page = browser.get("/journal").content.decode()
    for words in ("What protects it", ORIGIN, "300 entries", "w1.example", "minute", bytes(sealed.root).hex(),
                  journal_pages.spelled(bytes(sealed.root))):  # fmt: skip
        assert words in page, words
    assert len(journal_pages.spelled(bytes(sealed.root)).split()) == 12
    said = browser.post("/journal/check").content.decode()
    assert "none is missing" in said
    assert "1 checkpoint and 5 published files" in said
    assert "w1.example" in said  # its key is not at hand: not checked, and said so


def test_what_is_due_makes_a_checkpoint():
    entered(2, at=NOW)
    assert reactions.tick(at=NOW)["checkpoints made"] == 1
    assert reactions.tick(at=NOW)["checkpoints made"] == 0


# the command


def run(*arguments):
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_the_command_seals_proves_and_verifies(sealed, tmp_path):
    entered(1, at=timezone.now(), first=300)
    assert json.loads(run("checkpoint", "--json").output) == {"made": True, "size": 301, "origin": ORIGIN}
    assert "nothing is new" in run("checkpoint").output
    assert "nothing is new" in run("checkpoint", "--afresh").output
    out = tmp_path / "proof.txt"
    assert "entry 7 of 300" in run("proof", "7", "--out", str(out)).output
    Proof.parse(out.read_text()).verify(standing.entries(7, 8)[0])
    assert run("proof", "7", "--code").output.startswith("KPP1:")
    told = json.loads(run("verify", "--json").output)
    assert (told["entries"], told["checkpoints"], told["whole"]) == (301, 2, True)
    (standing.folder().root / "tile/0/000").unlink()
    done = run("verify")
    assert (done.exit_code, "tile/0/000 is missing" in done.output) == (1, True)


def test_the_proof_of_a_certificate_is_found_by_its_number(monkeypatch):
    certificate = Actor("kagiso", KAGISO.roles, authority=BW)
    enter(by=certificate, at=NOW)
    with pytest.raises(NotFound):
        queries.index_of("BW0000000")
    with pytest.raises(NotFound):
        run("proof", "BW0000000")


def test_a_number_that_came_back_from_a_mirror_is_not_given_again(settings):
    story.furnish()
    first = story.issued().number
    lost = f"BW{int(first[2:]) + 1:07d}"
    size = standing.size()
    entry = chain.canonical({"v": 1, "t": "kpc.issue", "n": lost, "h": "x" * 43, "d": "2026-11-02"})
    later = merkle.MemoryHashes([*standing.leaves(0, size), merkle.leaf_hash(entry)])
    said = notes.Checkpoint(ORIGIN, size + 1, merkle.Tree(size + 1, later).root())
    folder = Folder(standing.folder().root.parent / "stick")
    leaves = [later(0, index) for index in range(size + 1)]
    found = [*standing.entries(0, size), entry]
    made = Tiles(lambda start, end: leaves[start:end]).files(0, size + 1, lambda start, end: found[start:end])
    folder.write([*made, ("checkpoint", signing.sign_checkpoint(said).encode())])
    assert json.loads(run("recover", "--from", str(folder.root), "--json").output) == {"recovered": 1, "size": size + 2}
    assert queries.index_of(lost) == size
    assert Proof.parse(run("proof", lost).output).index == size
    assert story.issued().number == f"BW{int(first[2:]) + 2:07d}"
    assert queries.verify()[1] == []
    assert client(Role.AUDITOR).get(f"/journal?subject={lost}").content.count(b"journal.recovered") == 1


def test_the_command_mirrors_and_asks_once_whose_log_it_is(sealed, tmp_path):
    source, to = str(standing.folder().root), str(tmp_path / "mirror")
    assert run("mirror", "--from", source, "--to", to).exit_code == 2
    assert "300 entries, proved" in run("mirror", "--from", source, "--to", to, "--vkey", LOG.text).output
    assert json.loads(run("mirror", "--from", source, "--to", to, "--json").output)["size"] == 300
    with pytest.raises(NotFound):
        run("mirror", "--from", str(tmp_path), "--to", to)


def test_recover_says_when_there_is_nothing_to_fetch(sealed):
    done = CliRunner().invoke(command, ["recover", "--from", str(standing.folder().root)])
    assert "nothing to fetch" in str(done.exception)


def test_a_log_elsewhere_is_read_as_far_as_it_answers(tmp_path):
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            status = {"/journal/checkpoint": 200, "/journal/gone": 404, "/journal/moved": 302}.get(self.path, 500)
            self.send_response(status)
            self.send_header("Location", "/journal/checkpoint")
            self.end_headers()
            self.wfile.write(self.headers.get("Signature", "unsigned").encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/journal/"
        assert Web(address).read("checkpoint") == b"unsigned"
        assert Web(address, sign=lambda url: {"Signature": "x"}).read("checkpoint") == b"x"
        assert Web(address).read("gone") is None
        for path in ("moved", "broken"):
            with pytest.raises(NotFound):
                Web(address).read(path)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(NotFound):
        Web(address).read("checkpoint")
    with pytest.raises(NotFound):
        Web("file:///etc")
