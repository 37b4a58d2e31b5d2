"""The border check put together: words, policy, the file for a stick and its check, the pages of the node."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client

from openkimberley.node.verifier import page, words
from openkimberley.node.verifier.cli import verifier
from openkimberley.trust.tests.lists import Scheme

SOURCES = Path(__file__).parents[5] / "web" / "verifier" / "page"
TEXT = r'"((?:[^"\\]|\\.)*)"'
LIST = {"v": 1, "issued": datetime(2026, 11, 2, tzinfo=UTC).isoformat(), "participants": {}, "authorities": {}}
DATA = {"form": "stick", "bundle": LIST, "version": "1", "made": "2026-11-02T09:00:00+00:00"}


def written() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.ts")))


@pytest.mark.skipif(not SOURCES.is_dir(), reason="reads the page's source, which an installed package does not have")
def test_every_sentence_of_the_page_is_registered_and_no_other():
    source = written()
    said = set(re.findall(r"\bt\(\s*" + TEXT, source))
    counted = set(re.findall(r"\bn\(\s*" + TEXT + r",\s*" + TEXT, source))
    assert not said - set(words.SENTENCES), "register these in words.py"
    assert counted == set(words.COUNTED)
    literals = set(re.findall(TEXT, source))
    assert not set(words.SENTENCES) - literals, "no longer said by the page"
    sentences = {text for text in literals if re.match(r"[A-Z][a-z]* .*[.?!]$", text)} - {
        one for pair in counted for one in pair
    }
    assert sentences - set(words.SENTENCES) <= {"This page cannot work in this browser."}


@pytest.mark.skipif(not SOURCES.is_dir(), reason="reads the page's source, which an installed package does not have")
def test_the_committed_page_was_built_from_the_sources_of_today():
    web, stale = SOURCES.parents[1], []
    for line in (page.BUILT / "sources.sha256").read_text().splitlines():
        sum_of, _, name = line.partition("  ")
        if hashlib.sha256((web / name).read_bytes()).hexdigest() != sum_of:
            stale.append(name)
    assert not stale, f"run `npm ci && npm run build` in web/ and commit what it writes; changed: {stale}"


def test_the_engines_sentences_travel_with_the_page_in_every_language():
    carried = words.carried()
    place = carried["ids"].index("The certificate expired on %(expires)s.")
    assert carried["fr"]["one"][place]
    assert carried["ar"]["one"][place] != carried["fr"]["one"][place]
    assert {"fr", "pt", "ru", "ar", "es", "zh-hans"} < set(carried)
    days = carried["plurals"].index(["%(n)s day old", "%(n)s days old"])
    assert len(carried["ar"]["many"][days]) == 6


def test_a_page_is_one_file_that_may_ask_nobody():
    made = page.on_a_stick(DATA).decode()
    assert "<!--" not in re.sub(r"<script.*?</script>", "", made, flags=re.S)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)[1]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    assert not re.search(r'(?:src|href)="(?!data:|#)', made)


def test_a_list_cannot_break_out_of_its_block():
    made = page.on_a_stick({**DATA, "made": "</script><script>alert(1)</script><!--words-->"})
    found = page.check(made)
    assert found.untouched
    assert found.data["made"] == "</script><script>alert(1)</script><!--words-->"


@pytest.mark.parametrize(
    "change",
    [
        lambda made: (
            made.replace(b'"use strict"', b'"use strict";alert(1)', 1)
            if b'"use strict"' in made
            else made.replace(b"<script>", b"<script>alert(1);", 1)
        ),
        lambda made: made.replace(b"'wasm-unsafe-eval'", b"'wasm-unsafe-eval' 'unsafe-inline'"),
        lambda made: made.replace(b"Do not accept it.", b"Do accept it."),
        lambda made: made + b"<script>alert(1)</script>",
        lambda made: made.replace(b"</body>", b"<img src=http://evil.example></body>"),
    ],
    ids=["script", "policy", "words", "after the end", "markup"],
)
def test_a_page_that_was_touched_is_found(change):
    made = page.on_a_stick(DATA)
    assert page.check(made).untouched
    assert change(made) != made
    assert not page.check(change(made)).untouched


def test_another_list_leaves_the_page_untouched_and_what_is_no_page_is_none():
    assert page.check(page.on_a_stick({**DATA, "bundle": {}})).untouched
    for strange in (b"", b"hello", b"\xff\xfe", page.served()[:1000]):
        assert not page.check(strange).ours


def test_a_signed_list_goes_on_a_stick_and_is_checked_from_its_root(tmp_path):
    found = Scheme(at=datetime.now(UTC)).found()
    found.publish()
    bundle, out = tmp_path / "bundle.json", tmp_path / "verifier.html"
    bundle.write_text(json.dumps({"v": 2, "trust": found.bundle, "status_lists": [], "checkpoints": []}))
    run = CliRunner().invoke(verifier, ["--bundle", str(bundle), "--out", str(out), "--authority", "BW"])
    assert run.exit_code == 0, run.output
    checked = CliRunner().invoke(verifier, ["--check", str(out)])
    assert checked.exit_code == 0, checked.output
    root = found.bundle["metadata"]["1.root.json"]
    assert hashlib.sha256(root.encode()).hexdigest() in checked.output.replace(" ", "")
    bundle.write_text(bundle.read_text().replace("Botswana", "Bottwana"))
    assert CliRunner().invoke(verifier, ["--bundle", str(bundle), "--out", str(out)]).exit_code == 2


@pytest.mark.django_db
def test_the_command_writes_a_page_and_checks_it(tmp_path):
    out = tmp_path / "verifier.html"
    run = CliRunner().invoke(verifier, ["--out", str(out), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.output)
    assert told["bytes"] == out.stat().st_size
    checked = CliRunner().invoke(verifier, ["--check", str(out), "--json"])
    assert checked.exit_code == 0, checked.output
    found = json.loads(checked.output)
    assert (found["untouched"], found["list_whole"], found["sha256"]) == (True, True, told["sha256"])
    out.write_bytes(out.read_bytes().replace(b"</body>", b"<p>x</p></body>"))
    assert CliRunner().invoke(verifier, ["--check", str(out)]).exit_code == 1
    out.write_bytes(page.on_a_stick({"form": "stick"}))
    assert CliRunner().invoke(verifier, ["--check", str(out)]).exit_code == 1
    assert CliRunner().invoke(verifier, ["--out", str(out), "--authority", "QQ-XX"]).exit_code == 2


@pytest.mark.django_db
def test_the_served_page_has_its_own_policy_and_comes_packed():
    client = Client()
    plain, packed = client.get("/verifier/"), client.get("/verifier/", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content == page.served()
    assert len(packed.content) < 560_000
    policy = plain["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert client.get("/verifier/", headers={"If-None-Match": plain["ETag"]}).status_code == 304
    assert not plain.cookies
    worker = client.get("/verifier/sw.js").content.decode()
    assert "VERSION" not in worker
    assert json.loads(client.get("/verifier/manifest.json").content)["start_url"] == "./"
    assert client.get("/verifier/icon.png").content[:4] == b"\x89PNG"
    assert client.get("/verifier/icon.exe").status_code == 404
