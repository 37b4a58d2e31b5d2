"""``kimberley check`` answers every case of ``conformance/check``: verdict, advice, exactly the rules that object."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openkimberley.certificates.statements import certificate_from_json
from openkimberley.kernel.errors import Untrusted
from openkimberley.participants.data import shipped_profiles, shipped_register
from openkimberley.shipments.cli import MOST_BYTES
from openkimberley.shipments.cli import check as command
from openkimberley.shipments.rules import Knowledge, check

FILE = json.loads((Path(__file__).parents[2] / "conformance" / "check" / "cases.json").read_text(encoding="utf-8"))
CASES, WRONG = FILE["cases"], FILE["wrong_use"]
STATUS = {"valid": 0, "invalid": 1, "cannot_tell": 3}


@pytest.mark.parametrize("one", CASES, ids=[one["name"] for one in CASES])
def test_the_answer_is_that_of_the_case(one: dict[str, Any]) -> None:
    paper = certificate_from_json(one["certificate"])
    day = date.fromisoformat(one.get("at") or one["certificate"]["presented"]["date"])
    knowledge = Knowledge(shipped_register(), shipped_profiles().overlaid(one.get("profiles", {})))
    answer = check(paper, knowledge, day).as_json()
    assert sorted({said["rule"] for said in answer["objections"]}) == one["rules"]
    assert (answer["verdict"], answer["advice"]) == (one["verdict"], one["advice"])
    assert set(one.get("not_checked", [])) <= {said["rule"] for said in answer["not_checked"]}
    for said in answer["objections"]:
        assert said["source"]
        assert said["level"]
        assert said["severity"] in {"refuse", "hold", "flag"}


def run(tmp_path: Path, document: Any, *options: str, profiles: Any = None) -> Any:
    """The command on a file."""
    file = tmp_path / "certificate.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    if profiles is not None:
        (tmp_path / "profiles.json").write_text(json.dumps(profiles), encoding="utf-8")
        options += ("--profiles", str(tmp_path / "profiles.json"))
    return CliRunner().invoke(command, [str(file), *options])


@pytest.mark.parametrize("one", CASES, ids=[one["name"] for one in CASES])
def test_the_command_says_the_same_with_its_status(one: dict[str, Any], tmp_path: Path) -> None:
    at = ("--at", one["at"]) if "at" in one else ()
    done = run(tmp_path, one["certificate"], "--json", *at, profiles=one.get("profiles"))
    assert done.exit_code == STATUS[one["verdict"]]
    assert sorted({said["rule"] for said in json.loads(done.output)["objections"]}) == one["rules"]


@pytest.mark.parametrize("one", WRONG, ids=[one["name"] for one in WRONG])
def test_wrong_use_names_the_field(one: dict[str, Any], tmp_path: Path) -> None:
    done = run(tmp_path, one["certificate"])
    assert done.exit_code == 2
    assert one["names"] in done.output
    told = run(tmp_path, one["certificate"], "--json")
    assert told.exit_code == 2
    assert one["names"] in json.loads(told.output)["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,",
        "nonsense",
        '{"number": NaN}',
        '{"number": "A", "number": "B"}',
        "[" * 100_000,
        " " * (MOST_BYTES + 1),
    ],
    ids=["empty", "cut", "list", "words", "nan", "twice", "deep", "huge"],
)
def test_bad_json_is_wrong_use(text: str, tmp_path: Path) -> None:
    assert run(tmp_path, text).exit_code == 2


def test_bad_options_and_profiles_are_wrong_use(tmp_path: Path) -> None:
    good = CASES[0]["certificate"]
    assert run(tmp_path, good, "--at", "yesterday").exit_code == 2
    assert run(tmp_path, good, profiles={"SL": {"colour": "D"}}).exit_code == 2
    assert run(tmp_path, good, profiles={"SL": {"ranges": [{"from": 9, "to": 1}]}}).exit_code == 2
    assert CliRunner().invoke(command, [str(tmp_path / "absent.json")]).exit_code == 2
    assert run(tmp_path, [good]).exit_code == 2


def test_plain_words_and_standard_input(tmp_path: Path) -> None:
    one = next(case for case in CASES if case["name"] == "one-cent")
    done = CliRunner().invoke(command, ["-"], input=json.dumps(one["certificate"]))
    assert done.exit_code == 3
    assert done.output.startswith("cannot tell. Hold it and ask the issuing authority.")
    assert "R029" in done.output
    assert "Not checked:" in done.output


def test_without_a_day_the_file_or_today_says_it(tmp_path: Path) -> None:
    bare = {key: value for key, value in CASES[0]["certificate"].items() if key != "presented"}
    assert "R037" in run(tmp_path, bare).output  # its validity is long over


def test_nothing_but_the_five_errors_leaves_the_reader() -> None:
    for broken in (None, 1, "x", [], {}, {"number": []}, {"number": "BW1", "issuer": "BW", "issue_date": {}}):
        with pytest.raises(Untrusted):
            certificate_from_json(broken)


def test_a_profile_laid_over_changes_nothing_shipped() -> None:
    before = shipped_profiles()
    before.overlaid({"SL": {"parcel_reference_ends_with_number": True}})
    assert shipped_profiles() == before
    assert replace(before) == before
