"""Outside vectors through the page's engine in a browser (see test_outside_vectors), and input bent at random."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openkimberley.trust.canonical import canonical, unb64u
from openkimberley.trust.tests.lists import scheme
from tests.conformance import artefacts
from tests.conformance.artefacts import logged, plain
from tests.conformance.engine_page import build, in_chromium, needs_build, needs_chromium
from tests.conformance.test_outside_vectors import OUT_OF_SCOPE, VECTORS, cose_key

pytestmark = [needs_build, needs_chromium, pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from in_chromium(build(tmp_path_factory.mktemp("engine")))


def found(pattern: str) -> list[Path]:
    files = sorted(VECTORS.glob(pattern))
    if not files:
        pytest.skip(f"OUTSIDE VECTORS ABSENT: {pattern} was not run")
    return files


def asked(page: Any, function: str, *given: Any) -> Any:
    return page.evaluate("([name, given]) => engine.vectors[name](...given)", [function, given])


@pytest.mark.vectors
def test_cose_sign1(page):
    vectors = []
    for path in [*found("cose/sign1-tests/*.json"), *found("cose/e*-examples/e*-sig-*.json")]:
        written = json.loads(path.read_text("utf-8"))
        about = written["input"]["sign0"]
        key = cose_key(about["key"])
        named = {"alg": key.alg, "pub": key.pub.hex()} if key else {"alg": "ES256", "pub": ""}
        code = {"code": written["output"]["cbor"], "external": about.get("external", "")}
        vectors.append({**named, **code, "name": path.stem})
    steps = asked(page, "cose", vectors)
    for vector, step in zip(vectors, steps, strict=True):
        refused = "fail" in vector["name"] or vector["name"] in OUT_OF_SCOPE
        assert (step != "") is refused, (vector["name"], step)
    assert steps.count("") > 3


@pytest.mark.vectors
def test_rfc_9901(page):
    vectors = json.loads(found("sd-jwt/rfc9901_examples.json")[0].read_text("utf-8"))
    jwk, tokens = vectors["issuer_jwk"], vectors["tokens"]
    issuer = {"alg": "ES256", "pub": (b"\x04" + unb64u(jwk["x"]) + unb64u(jwk["y"])).hex()}
    claims = asked(page, "sdJwts", issuer, tokens)
    assert claims[0]["nationalities"] == ["US", "DE"]
    assert "_sd" not in json.dumps(claims)
    bent = [token.replace(token.split("~")[1], token.split("~")[1][:-4] + "AAAA", 1) for token in tokens]
    assert set(asked(page, "sdJwtSteps", bent)) == {"1 parse"}


@pytest.mark.vectors
def test_status_lists(page):
    short, long, one_bit = (
        found(f"status-list/examples/status_list_encoding{name}_json.md")[0].read_text("utf-8")
        for name in ("2", "2_long", "")
    )
    lists = [re.sub(r"\s", "", re.findall(r'"lst": "([^"]+)"', text, re.DOTALL)[0]) for text in (short, long, one_bit)]
    raw = [int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})", short)]
    assert asked(page, "statusEntries", lists[0]) == [byte >> shift & 3 for byte in raw for shift in (0, 2, 4, 6)]
    assert len(asked(page, "statusEntries", lists[1])) == 2**20
    assert asked(page, "statusStep", lists[2], 1) == "9 status"


@pytest.mark.vectors
def test_canonical_json(page):
    """What is strict JSON of ours (no fractions) comes out as RFC 8785 wants it; what is not is refused."""
    texts = [path.read_text("utf-8") for path in found("jcs/input/*.json")]
    made = asked(page, "canonicals", texts)
    for text, one in zip(texts, made, strict=True):
        assert one is None or one.encode() == canonical(json.loads(text))
    assert sum(one is not None for one in made) > 2


@pytest.mark.vectors
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_proofs_of_rfc_6962(kind, page):
    paths = found(f"rfc6962-proofs/{kind}/**/*.json")
    vectors = [json.loads(path.read_text("utf-8")) for path in paths]
    numbers = ("leafIdx", "treeSize", "size1", "size2")
    given = [{**one, **{name: str(one[name]) for name in numbers if name in one}} for one in vectors]
    steps = asked(page, {"inclusion": "inclusions", "consistency": "consistencies"}[kind], given)
    for path, vector, step in zip(paths, vectors, steps, strict=True):
        assert step == ("8 log" if vector["wantErr"] else ""), path
    assert len(vectors) > 40


@pytest.mark.vectors
def test_the_signed_note_of_c2sp(page):
    vector = json.loads(found("signed-note/c2sp_example.json")[0].read_text("utf-8"))
    vkey, note = vector["vkey"], vector["note"]
    assert asked(page, "noteOf", vkey, note) == 1
    assert asked(page, "noteOf", vkey, note.replace("example message", "other message")) == "3 signature"


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_thrown_at_it_only_untrusted_comes_out(seed, page):
    """Good artefacts, proofs, bundles and lists bent at random: a verdict or ``Untrusted``, never another error."""
    made = scheme()
    signed = {"v": 2, "trust": made.bundle, "status_lists": ["e30.e30.e30"], "checkpoints": ["x"]}
    given = {
        "seed": seed,
        "rounds": 1500,
        "now": artefacts.NOW,
        "bundle": artefacts.JOURNALLED,
        "artefacts": [plain.CODE, plain.LABEL, plain.CREDENTIAL, logged.CODE, "SL 004912"],
        "proofs": [logged.proof().text, logged.proof().code(log=logged.ORIGIN)],
        "signed": json.dumps(signed),
        "root": made.first_root.decode(),
    }
    assert asked(page, "bent", given)["invalid"] > 500
