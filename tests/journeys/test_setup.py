"""``kimberley setup`` makes a real node, refuses what would be unsafe before it writes, and may be run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KIMBERLEY = str(Path(sys.executable).with_name("kimberley"))
ASKED = ["--authority", "BW", "--name", "Department of Mines", "--administrator", "Admin@mines.example"]


def setup(folder: Path, *asked: str, passphrase: Path | None) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIMBERLEY_")}
    environment |= {"KIMBERLEY_DIR": str(folder), "XDG_STATE_HOME": str(folder.parent)}
    if passphrase:
        environment["KIMBERLEY_PASSPHRASE_FILE"] = str(passphrase)
    return subprocess.run(
        [KIMBERLEY, "setup", *asked], capture_output=True, text=True, timeout=120, env=environment, check=False
    )


@pytest.fixture
def passphrase(tmp_path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery\n")
    file.chmod(0o600)
    return file


FOLLOW = """
import os, sys, json
from openkimberley.desk.cli import start_django
start_django()
from django.test import Client
from django.conf import settings
from openkimberley.accounts import queries
from openkimberley.journal import queries as journal
from openkimberley.trust.signing import public_key
client = Client(HTTP_HOST="localhost")
page = client.get(sys.argv[1], follow=True)
client.post(page.request["PATH_INFO"], dict.fromkeys(("password1", "password2"), "an-entirely-new-word-7"))
again = Client(HTTP_HOST="localhost").get(sys.argv[1], follow=True)
user = queries.user_by_email("admin@mines.example")
print(json.dumps({"set": user.has_usable_password(), "kid": public_key("BW").kid, "faults": journal.verify()[1],
                  "second_factor": settings.SECOND_FACTOR_REQUIRED, "again": b'name="password1"' in again.content}))
"""


def test_a_real_node_from_an_empty_folder_and_again(tmp_path, passphrase):
    node = tmp_path / "node"
    first = setup(node, *ASKED, "--json", passphrase=passphrase)
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert [kid.rpartition("/")[0] for kid in made["keys"]] == ["BW/seal", "BW/sign", "BW/status", "BW/transport"]
    assert node.stat().st_mode & 0o077 == 0
    assert (node / "node.json").stat().st_mode & 0o077 == 0
    policy = json.loads((node / "signer" / "policy.json").read_text())
    assert (policy["levels"], policy["ranges"], policy["enrolment"]) == (
        ["webauthn", "software"], "confirmed", "confirmed",
    )  # fmt: skip
    kept = {path.name: path.read_bytes() for path in [*node.glob("signer/keys/*"), node / "node.json"]}
    second = setup(node, *ASKED, "--json", passphrase=passphrase)
    assert second.returncode == 0, second.stderr
    assert {path.name: path.read_bytes() for path in [*node.glob("signer/keys/*"), node / "node.json"]} == kept
    link = json.loads(second.stdout)["link"].partition("8000")[2]
    environment = {**os.environ, "KIMBERLEY_DIR": str(node), "KIMBERLEY_PASSPHRASE_FILE": str(passphrase)}
    environment.pop("KIMBERLEY_DATABASE", None)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    seen = subprocess.run(
        [sys.executable, "-c", FOLLOW, link], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert seen.returncode == 0, seen.stderr
    found = json.loads(seen.stdout)
    assert found == {"set": True, "faults": [], "second_factor": True, "again": False, "kid": found["kid"]}
    third = setup(node, *ASKED, "--json", passphrase=passphrase)
    assert json.loads(third.stdout)["link"] == ""


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["--authority", "KE"], "no Participant in the register KE"),
        (["--authority", "bw"], "no code of an authority"),
        (["--administrator", "nobody"], "no e-mail address"),
        (["--host", "https://node.example"], "no host name"),
        (["--time-zone", "Mars/Olympus"], "no time zone"),
        (["--participant", "ZA"], "begins with it"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_written(tmp_path, passphrase, asked, why):
    node = tmp_path / "node"
    done = setup(node, *ASKED, *asked, passphrase=passphrase)
    assert done.returncode == 1
    assert why in done.stderr
    assert not node.exists()


def test_without_a_passphrase_nothing_is_made_and_the_words_say_what_to_do(tmp_path, passphrase):
    node = tmp_path / "node"
    assert "KIMBERLEY_PASSPHRASE_FILE" in setup(node, *ASKED, passphrase=None).stderr
    passphrase.chmod(0o644)
    assert "chmod 600" in setup(node, *ASKED, passphrase=passphrase).stderr
    passphrase.chmod(0o600)
    passphrase.write_text("short\n")
    assert "fewer than 12" in setup(node, *ASKED, passphrase=passphrase).stderr
    assert not node.exists()


def test_a_demonstration_is_never_made_a_real_node(tmp_path, passphrase):
    node = tmp_path / "node"
    node.mkdir()
    (node / "node.json").write_text('{"demonstration": true}')
    done = setup(node, *ASKED, passphrase=passphrase)
    assert done.returncode == 1
    assert "demonstration" in done.stderr
    assert [path.name for path in node.iterdir()] == ["node.json"]
