"""Five answers: good, altered, revoked, of an unknown issuer, and without a line for too long.

Asked of the demonstration's own papers as code, credential and page, with its own signed bundles: once of the program,
once of the engine of the border check in a browser without a network. Both must give the right answer, for one reason.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from openkimberley.node.demo.answers import FOLDER, FORMS, QUESTIONS
from tests.conformance.engine_page import build, in_chromium, needs_build, needs_chromium
from tests.journeys.test_demonstration import demonstration, home, kimberley  # noqa: F401 - fixtures

ASK = """async ([bundle, files, now]) => {
  const root = Object.entries(JSON.parse(bundle).trust.metadata).find(([name]) => name === "1.root.json")[1];
  const opened = await engine.openBundle(bundle, {root, now: new Date(now)});
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const asked = (file) => engine.verify(bytes(file), opened.bundle, {now: new Date(now), authority: "EU-BE"});
  return Promise.all(files.map(asked));
}"""


@pytest.fixture(scope="module")
def said(demonstration, home):  # noqa: F811
    done = kimberley("answers", "--dir", str(demonstration), "--json", home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return {(row["question"], row["form"]): row for row in json.loads(done.stdout)}


def test_the_program_gives_the_right_answers_and_says_why(said):
    assert len(said) == len(QUESTIONS) * len(FORMS)
    for (question, form), row in said.items():
        verdict, advice = QUESTIONS[question][1:]
        assert (row["verdict"], row["advice"], row["right"]) == (verdict, advice, True), row
        assert bool(row["because"]) == (question != "good"), (question, form, row)
    reasons = {question: " ".join(said[question, "code"]["because"]) for question in QUESTIONS}
    assert "something was changed, or it is a forgery" in reasons["altered"]
    assert "BW has made the certificate void." in reasons["revoked"]
    assert "ask the issuing authority" in reasons["unknown-issuer"]
    assert "too old to tell" in reasons["no-network"]


@needs_build
@needs_chromium
@pytest.mark.browser
@pytest.mark.enable_socket
def test_the_border_check_gives_the_same_answers_for_the_same_reasons(demonstration, said, tmp_path):  # noqa: F811
    folder, now = demonstration / FOLDER, datetime.now(UTC).isoformat()
    pages = in_chromium(build(tmp_path))
    page = next(pages)
    for question, (bundle, verdict, advice) in QUESTIONS.items():
        files = [base64.b64encode((folder / f"{question}.{ending}").read_bytes()).decode() for ending in FORMS.values()]
        reports = page.evaluate(ASK, [(folder / bundle).read_text(), files, now])
        for form, report in zip(FORMS, reports, strict=True):
            because = [one["detail"] for one in report["checks"] if one["counts"] and one["result"] != "pass"]
            assert (report["verdict"], report["advice"]) == (verdict, advice), (question, form, report)
            assert because == said[question, form]["because"], (question, form)
    pages.close()
