"""What a newcomer types, and what he must see: the demonstration, its papers verified, altered, of other keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openkimberley.node import bundles

ARTEFACTS = ["certificate.sd-jwt", "certificate.pdf", "qr-full.txt", "qr-label.txt"]


def kimberley(*words: str, home: Path, node: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a user types it, with a home and a node of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KIMBERLEY_", "DJANGO_", "XDG_", "COV_"))}
    environment |= {"HOME": str(home), "KIMBERLEY_DIR": str(node or home / "none")}
    return subprocess.run(
        [sys.executable, "-c", "from openkimberley.node.cli import main; main()", *words],
        capture_output=True, text=True, env=environment, cwd=home, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def demonstration(home) -> Path:
    """A demonstration node, built once."""
    done = kimberley("demo", "--dir", str(home / "demo"), "--no-serve", "--json", home=home)
    assert done.returncode == 0, done.stderr
    (home / "said.json").write_text(done.stdout)
    return home / "demo"


@pytest.fixture(scope="module")
def another(tmp_path_factory) -> Path:
    """A second demonstration: the same authorities, other keys."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = kimberley("demo", "--dir", str(elsewhere / "demo"), "--no-serve", "--json", home=elsewhere)
    assert done.returncode == 0, done.stderr
    return elsewhere / "demo"


def test_the_demonstration_prints_one_document_and_leaves_its_papers(demonstration, home):
    said = json.loads((home / "said.json").read_text())
    assert said == {**json.loads((demonstration / "out" / "summary.json").read_text()), "out": said["out"]}
    assert {*ARTEFACTS, "receipt.jws", "label.pdf"} <= set(said["out"])
    assert (said["verdict"], said["advice"]) == ("valid", "accept")
    assert said["journal"]["faults"] == []
    assert said["participants_in_force"] == 61
    assert len(said["certificates"]) == 13
    assert said["rules_asked"] > 90


@pytest.mark.parametrize("name", [*ARTEFACTS, "receipt.jws"])
def test_each_paper_left_is_valid(demonstration, home, name):
    done = kimberley("verify", str(demonstration / "out" / name), "--json", home=home)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "valid"), done.stdout


@pytest.mark.parametrize("name", [*ARTEFACTS, "receipt.jws"])
def test_one_changed_digit_is_found_and_the_step_is_named(demonstration, home, tmp_path, name):
    data = bytearray((demonstration / "out" / name).read_bytes())
    middle = next(i for i in range(len(data) // 2, len(data)) if chr(data[i]).isdigit())
    data[middle] = ord("0") + (data[middle] - ord("0") + 1) % 10
    (tmp_path / name).write_bytes(data)
    done = kimberley("verify", str(tmp_path / name), "--json", home=home)
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"]) == (1, "invalid")
    failed = [check for check in document["checks"] if check["result"] == "fail"]
    assert failed[0]["id"] in (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "step"), [("qr-full.txt", 2), ("qr-label.txt", 2), ("certificate.sd-jwt", 3), ("certificate.pdf", 3)]
)
def test_a_paper_of_other_keys_is_refused(demonstration, another, home, name, step):
    """A code names its key by hash: it is not on the list. A credential borrows the name: its signature is wrong."""
    done = kimberley("verify", str(another / "out" / name), "--json", home=home)
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert next(check for check in document["checks"] if check["result"] == "fail")["id"] == step


def test_a_page_that_holds_no_certificate_is_not_judged(demonstration, home):
    """The label has a code to photograph but no credential inside: nothing was found against it."""
    done = kimberley("verify", str(demonstration / "out/label.pdf"), "--json", home=home)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"] == "Untrusted"


def open_bundle_of(demonstration):
    return bundles.load((demonstration / "bundle.json").read_bytes(), now=datetime.now(UTC))


def test_t16_a_signed_bundle_is_not_changed_on_its_way(demonstration, home, tmp_path):
    """What the offices signed refuses the whole bundle; what one state signed puts that state in question."""
    written, changed = (demonstration / "bundle.json").read_text(), tmp_path / "bundle.json"
    words = ("verify", str(demonstration / "out/qr-full.txt"), "--bundle", str(changed))
    changed.write_text(written.replace("PARTICIPANT", "PARTICIPANS", 1))
    done = kimberley(*words, home=home)
    assert (done.returncode, "0 trust list" in done.stderr) == (3, True), done.stderr
    changed.write_text(written.replace("BW/sign/", "BX/sign/", 1))
    done = kimberley(*words, home=home)
    assert (done.returncode, "The keys of Botswana are in question" in done.stdout) == (3, True), done.stdout


def test_an_issuer_whose_keys_the_list_does_not_hold_cannot_be_told(demonstration, home, tmp_path):
    known = open_bundle_of(demonstration).as_json()
    bundle = json.loads(json.dumps(dict(known)))  # as somebody without a trust list would make one
    bundle["authorities"]["BW"]["keys"] = []
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    done = kimberley(
        "verify", str(demonstration / "out/qr-full.txt"), "--bundle", str(tmp_path / "bundle.json"), "--json", home=home
    )
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["advice"]) == (3, "cannot_tell", "ask_issuer")


def test_after_the_confirmation_the_same_paper_is_a_second_use(demonstration, home):
    done = kimberley(
        "verify",
        str(demonstration / "out/qr-full.txt"),
        "--bundle",
        str(demonstration / "bundle-after.json"),
        "--json",
        home=home,
    )
    failed = {check["id"] for check in json.loads(done.stdout)["checks"] if check["result"] == "fail"}
    assert (done.returncode, failed) == (1, {9, 10})


def test_for_another_border_the_destination_is_wrong(demonstration, home):
    done = kimberley("verify", str(demonstration / "out/qr-full.txt"), "--authority", "AE", "--json", home=home)
    assert done.returncode == 1
    assert [c["id"] for c in json.loads(done.stdout)["checks"] if c["result"] == "fail"] == [12]


def test_a_year_later_it_has_expired_and_the_list_is_old(demonstration, home):
    done = kimberley("verify", str(demonstration / "out/qr-full.txt"), "--at", "2030-01-01", "--json", home=home)
    assert done.returncode == 1
    assert 11 in {c["id"] for c in json.loads(done.stdout)["checks"] if c["result"] == "fail"}


def test_a_bundle_beside_the_paper_is_never_trusted(demonstration, tmp_path):
    (tmp_path / "qr-full.txt").write_bytes((demonstration / "out/qr-full.txt").read_bytes())
    (tmp_path / "bundle.json").write_bytes((demonstration / "bundle.json").read_bytes())
    done = kimberley("verify", str(tmp_path / "qr-full.txt"), home=tmp_path)
    assert done.returncode == 2
    assert "bundle import" in done.stderr


def test_the_journal_of_the_demonstration_is_whole(demonstration, home):
    done = kimberley("journal", "verify", "--json", home=home, node=demonstration)
    assert (done.returncode, json.loads(done.stdout)["whole"]) == (0, True)


def test_a_folder_that_is_no_demonstration_is_never_cleared(home, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    done = kimberley("demo", "--dir", str(tmp_path), "--no-serve", home=home)
    assert done.returncode == 1
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_rules_are_180_each_with_its_state_and_reason(home):
    rows = json.loads(kimberley("rules", "--json", home=home).stdout)
    assert [row["code"] for row in rows] == [f"R{n:03d}" for n in range(1, 181)]
    assert all(row["state"] and row["reason"] and row["source"] for row in rows)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            "2004-08-01",
            {"CG": "removed", "CI": "participant", "CF": "participant", "VE": "participant", "GB": "merged"},
        ),
        ("2014-01-01", {"CG": "participant", "CI": "embargoed", "CF": "suspended", "VE": "self_suspended"}),
        ("2016-01-01", {"CI": "participant", "CF": "restricted", "VE": "self_suspended", "GB": "merged"}),
        ("2021-06-01", {"CF": "restricted", "VE": "participant", "GB": "participant"}),
        ("2025-01-01", {"CF": "participant", "GB": "participant", "UZ": "participant", "CG": "participant"}),
    ],
)
def test_who_was_who_on_a_day(home, at, expected):
    rows = {r["code"]: r for r in json.loads(kimberley("participants", "--at", at, "--json", home=home).stdout)}
    assert {code: rows[code]["status"] for code in expected} == expected
    assert all(rows[code]["trades"] == (status == "participant") for code, status in expected.items())
    if at < "2024-11-15":
        assert rows.get("UZ", {"trades": False})["trades"] is False


def entries_of(demonstration):
    """What the journal of the demonstration holds: event, full text, published entry."""
    import sqlite3

    with sqlite3.connect(demonstration / "node.sqlite3") as database:
        return database.execute('SELECT event, statement, entry FROM journal_entry ORDER BY "index"').fetchall()


def test_t23_the_published_journal_says_the_agreed_words_and_no_others(demonstration):
    from openkimberley.certificates.statements import PUBLIC_KEYS

    kinds = set()
    for event, _, entry in entries_of(demonstration):
        said = json.loads(entry)
        assert set(said) == PUBLIC_KEYS[said["t"]], event
        kinds.add(said["t"])
        for name in ("Fictional", "EU-BE", "Kalahari", "Scheldt"):
            of_itself = said["t"] in ("key", "status.list") and name == "EU-BE"  # an authority's own keys and lists
            assert name not in entry or of_itself, event
    assert {"kpc.issue", "kpc.void", "kpc.confirm", "status.list", "key", "act"} <= kinds


def test_the_journal_names_no_party_outside_the_public_register_of_licences(demonstration):
    for event, statement, _ in entries_of(demonstration):
        if event.partition(".")[0] in ("licence", "licences"):
            continue
        for name in ("Fictional Kalahari", "Fictional Scheldt", "Kalahari Rough", "Fictiestraat"):
            assert name not in statement, event
