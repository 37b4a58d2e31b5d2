"""One algorithm, two engines: the offline page's must say of every case just what the node's says, to the letter."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from openkimberley.certificates.statements.contract import certificate_to_json
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import unb64u
from openkimberley.verification import Bundle, Report, verify
from tests.conformance import artefacts, circumstances, mutations, proof_cases
from tests.conformance.engine_page import build, in_chromium, in_node, needs_build, needs_chromium

ROOT = Path(__file__).parents[2]
VERIFY, JOURNAL = (
    json.loads((ROOT / "conformance" / f"{name}.json").read_text("utf-8")) for name in ("verify", "proofs")
)
MAKERS = (
    *(artefacts.forms, artefacts.refused, artefacts.contents, artefacts.messages),
    *(circumstances.circumstances, circumstances.keys_and_numbers, circumstances.standings),
    *(proof_cases.journals, proof_cases.unreadable, proof_cases.times, proof_cases.conditions),
    mutations.mutations,
)
MADE = {"bundle": dict(artefacts.plain.WRITTEN), "cases": [case for maker in MAKERS for case in maker()]}
FILES = {"verify.json": VERIFY, "proofs.json": JOURNAL, "made here": MADE}

ASK = "async (file) => { const all = []; for await (const one of engine.reports(file)) all.push(one); return all; }"

pytestmark = needs_build


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def page(built: Path) -> Iterator[Any]:
    yield from in_chromium(built)


def plain(report: Report) -> dict[str, Any]:
    """A report as the engine in TypeScript gives it: with templates, and the certificate that it holds."""
    checks = [{**check.as_json(), "template": check.template} for check in report.checks]
    certificate = certificate_to_json(report.certificate) if report.certificate else None
    return {**report.as_json(), "checks": checks, "certificate": certificate}


def expected(file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common = Bundle(file["bundle"])
    for case in file["cases"]:
        try:
            bundle = Bundle(case["bundle"]) if "bundle" in case else common
            artefact = unb64u(case["bytes"]) if "bytes" in case else case["artefact"]
            about = {name: case[name] for name in ("authority", "transit", "beside", "proof") if name in case}
            report = verify(artefact, bundle, now=datetime.fromisoformat(case["now"]), **about)
        except Untrusted as refused:
            yield {"name": case["name"], "untrusted": {"step": refused.step, "reason": refused.reason}}
        else:
            yield {"name": case["name"], "report": json.loads(json.dumps(plain(report)))}


def differing(file: dict[str, Any], answers: list[dict[str, Any]]) -> list[str]:
    wanted = list(expected(file))
    assert len(wanted) == len(answers)
    return [
        f"{one['name']}\n  node: {one}\n  page: {other}"
        for one, other in zip(wanted, answers, strict=True)
        if one != other
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_engine_in_node_says_what_ours_says(name, built, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(FILES[name]), "utf-8")
    assert not differing(FILES[name], in_node(built, file))


@pytest.mark.browser
@pytest.mark.enable_socket
@needs_chromium
@pytest.mark.parametrize("name", FILES)
def test_the_engine_in_a_browser_says_what_ours_says(name, page):
    assert not differing(FILES[name], page.evaluate(ASK, FILES[name]))


OLDER = {
    "without Ed25519": """const importKey = SubtleCrypto.prototype.importKey;
        SubtleCrypto.prototype.importKey = function (form, data, name, ...more) {
            return name.name === "Ed25519" ? Promise.reject(new DOMException("", "NotSupportedError"))
                : importKey.call(this, form, data, name, ...more); };""",
    "without WebCrypto": "Object.defineProperty(SubtleCrypto.prototype, 'importKey', {value: () => "
    "Promise.reject(new DOMException('', 'NotSupportedError'))});",
}


@pytest.mark.browser
@pytest.mark.enable_socket
@needs_chromium
@pytest.mark.parametrize("older", OLDER)
def test_an_older_browser_says_the_same(older, page):
    other = page.context.browser.new_page()
    other.add_init_script(OLDER[older])
    other.goto(page.url)
    for name in ("verify.json", "proofs.json"):
        assert not differing(FILES[name], other.evaluate(ASK, FILES[name]))
    other.close()


def test_the_journals_cases_come_out_as_they_are_written():
    for case, one in zip(JOURNAL["cases"], expected(JOURNAL), strict=True):
        report, wanted = one["report"], case["expect"]
        found = {
            str(check["id"]): check["result"] for check in report["checks"] if str(check["id"]) in wanted["checks"]
        }
        assert {"verdict": report["verdict"], "advice": report["advice"], "checks": found} == wanted, case["name"]


def test_the_cases_reach_every_verdict_and_every_result_of_every_check():
    """A case file that only knows good certificates would prove nothing."""
    reports = [one["report"] for file in FILES.values() for one in expected(file) if "report" in one]
    assert {report["verdict"] for report in reports} == {"valid", "invalid", "cannot_tell"}
    assert {report["advice"] for report in reports} == {"accept", "reject", "hold", "ask_issuer", "no_certificate"}
    reached = {check["template"] for report in reports for check in report["checks"]}
    # What only a PDF can bring about is asked by test_engine_pages; of artefacts without dates, none is read now.
    unreached = {sentence for sentence in templates() if "page" not in sentence and "PDF" not in sentence} - reached
    assert unreached <= {"The dates of the certificate are not known."}


def templates() -> set[str]:
    """Every sentence that a check of the engine can say."""
    found = set()
    for module in ("checks", "journal", "engine"):
        tree = ast.parse((ROOT / "src" / "openkimberley" / "verification" / f"{module}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                found.add(ast.literal_eval(node.args[0]))
    return found


def test_both_engines_know_the_same_sentences():
    """The page translates by these: a sentence spelled otherwise would stay English."""
    sources = " ".join(path.read_text("utf-8") for path in sorted((ROOT / "web" / "verifier" / "engine").glob("*.ts")))
    joined = re.sub(r'"\s*\+\s*"', "", sources)
    assert {sentence for sentence in templates() if f'"{sentence}"' not in joined} == set()
