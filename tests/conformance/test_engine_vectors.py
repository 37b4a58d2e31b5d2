"""Vectors of public projects and specifications, run through the page's engine in a browser; see test_outside_vectors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openkimberley.trust.canonical import b64u, canonical
from tests.conformance.engine_page import build, in_chromium, needs_build, needs_chromium
from tests.conformance.test_outside_vectors import OUT_OF_SCOPE, VECTORS, cose_key

pytestmark = [pytest.mark.vectors, needs_build, needs_chromium, pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from in_chromium(build(tmp_path_factory.mktemp("engine")))


def found(pattern: str) -> list[Path]:
    files = sorted(VECTORS.glob(pattern))
    if not files:
        pytest.skip(f"OUTSIDE VECTORS ABSENT: {pattern} was not run")
    return files


TRY = """const attempt = async (run) => { try { await run(); return ""; } catch (error) {
    if (!(error instanceof engine.Untrusted)) throw error; return error.step; } };"""


def asked(page: Any, body: str, given: Any) -> Any:
    return page.evaluate(f"async (given) => {{ {TRY} {body} }}", given)


def test_cose_sign1(page):
    vectors = []
    for path in [*found("cose/sign1-tests/*.json"), *found("cose/e*-examples/e*-sig-*.json")]:
        written = json.loads(path.read_text("utf-8"))
        about = written["input"]["sign0"]
        key = cose_key(about["key"])
        vectors.append({
            "code": written["output"]["cbor"], "external": about.get("external", ""), "alg": key.alg if key else "ES256",
            "pub": b64u(key.pub) if key else "", "good": not ("fail" in path.stem or path.stem in OUT_OF_SCOPE), "name": path.stem,
        })  # fmt: skip
    answers = asked(page, """const found = []; for (const one of given) found.push(await attempt(async () => {
        const key = new engine.PublicKey({kid: "vector", alg: one.alg, pub: engine.unb64u(one.pub)});
        await engine.parseCose(engine.unhex(one.code)).verify(key, engine.unhex(one.external)); })); return found;""", vectors)  # fmt: skip
    assert [one["name"] for one, answer in zip(vectors, answers, strict=True) if one["good"] != (answer == "")] == []
    assert sum(one["good"] for one in vectors) > 3


def test_rfc_9901(page):
    vectors = json.loads(found("sd-jwt/rfc9901_examples.json")[0].read_text("utf-8"))
    jwk = vectors["issuer_jwk"]
    point = b"\x04" + base64.urlsafe_b64decode(jwk["x"] + "==") + base64.urlsafe_b64decode(jwk["y"] + "==")
    claims = asked(page, """const key = new engine.PublicKey({kid: "issuer", alg: "ES256", pub: engine.unb64u(given.pub)}), found = [];
        for (const token of given.tokens) { const one = engine.parseSdJwt(token, null); await one.verify(key); found.push(engine.toPlain(one.claims)); }
        return found;""", {"pub": b64u(point), "tokens": vectors["tokens"]})  # fmt: skip
    assert claims[0]["nationalities"] == ["US", "DE"]
    assert "_sd" not in json.dumps(claims)
    bent = [token.replace(token.split("~")[1], token.split("~")[1][:-4] + "AAAA", 1) for token in vectors["tokens"]]
    steps = asked(page, "return Promise.all(given.map((token) => attempt(() => engine.parseSdJwt(token, null))))", bent)
    assert set(steps) == {"1 parse"}


def test_status_lists(page):
    short, long, one_bit = (
        found(f"status-list/examples/status_list_encoding{name}_json.md")[0].read_text("utf-8")
        for name in ("2", "2_long", "")
    )
    lists = [re.sub(r"\s", "", re.search(r'"lst": "([^"]+)"', text, re.DOTALL)[1]) for text in (short, long, one_bit)]  # type: ignore[index]
    raw = [int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})", short)]
    entries, size, step = asked(page, """const short = engine.decodeStatusList(given[0]), long = engine.decodeStatusList(given[1]);
        return [Array.from({length: short.size}, (_, at) => short.at(at)), long.size, await attempt(() => engine.decodeStatusList(given[2], 1))];""", lists)  # fmt: skip
    assert entries == [byte >> shift & 3 for byte in raw for shift in (0, 2, 4, 6)]
    assert (size, step) == (2**20, "9 status")


def test_canonical_json(page):
    """What is strict JSON of ours (no fractions) comes out as RFC 8785 wants it; what is not is refused."""
    paths = found("jcs/input/*.json")
    answers = asked(page, """return Promise.all(given.map(async (text) => { let made = null; const step = await attempt(() => {
        made = new TextDecoder().decode(engine.canonical(engine.parseJson(new TextEncoder().encode(text)))); }); return [made, step]; }))""",
        [path.read_text("utf-8") for path in paths])  # fmt: skip
    for path, (made, step) in zip(paths, answers, strict=True):
        value = json.loads(path.read_text("utf-8"))
        assert step == "1 parse" if made is None else made.encode() == canonical(value)
    assert sum(made is not None for made, _ in answers) > 2


def test_proofs_of_rfc_6962(page):
    vectors: list[dict[str, Any]] = []
    for kind in ("inclusion", "consistency"):
        for path in found(f"rfc6962-proofs/{kind}/**/*.json"):
            vectors.append({"kind": kind, "name": str(path), **json.loads(path.read_text("utf-8"))})
    answers = asked(page, """const bytes = (text) => Uint8Array.from(atob(text ?? ""), (one) => one.charCodeAt(0));
        return Promise.all(given.map((one) => attempt(() => { const proof = (one.proof ?? []).map(bytes);
        if (one.kind === "inclusion") engine.verifyInclusion(bytes(one.leafHash), BigInt(one.leafIdx), BigInt(one.treeSize), proof, bytes(one.root));
        else engine.verifyConsistency(BigInt(one.size1), BigInt(one.size2), proof, bytes(one.root1), bytes(one.root2)); })))""",
        [{name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value for name, value in one.items()} for one in vectors])  # fmt: skip
    wrong = [one["name"] for one, answer in zip(vectors, answers, strict=True) if one["wantErr"] != (answer == "8 log")]
    assert wrong == []
    assert len(vectors) > 80


def test_the_signed_note_of_c2sp(page):
    vector = json.loads(found("signed-note/c2sp_example.json")[0].read_text("utf-8"))
    count, step = asked(page, """const key = engine.VerifierKey.parse(given.vkey), note = engine.Note.parse(given.note);
        const bent = engine.Note.parse(given.note.replace("example message", "other message"));
        return [(await note.verified([key])).length, await attempt(() => bent.verified([key]))];""", vector)  # fmt: skip
    assert (count, step) == (1, "3 signature")


def test_wycheproof(page):
    """Ed25519 and P-256 with raw signatures, where the vectors are at hand."""
    paths = found("wycheproof/*.json")
    vectors = []
    for path in paths:
        for group in json.loads(path.read_text("utf-8"))["testGroups"]:
            key = group.get("publicKey") or group.get("key")
            pub = key.get("pk") or key.get("uncompressed")
            vectors += [{"alg": "Ed25519" if len(pub) == 64 else "ES256", "pub": pub, **test} for test in group["tests"]]
    answers = asked(page, """return Promise.all(given.map((one) => attempt(() => new engine.PublicKey({kid: "v", alg: one.alg,
        pub: engine.unhex(one.pub)}).verify(engine.unhex(one.msg), engine.unhex(one.sig)))))""", vectors)  # fmt: skip
    assert [one["tcId"] for one, step in zip(vectors, answers, strict=True) if (one["result"] == "valid") != (step == "")] == []


FUZZ = """const seeded = (seed) => () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
    const chance = seeded(given.seed), pick = (list) => list[Math.floor(chance() * list.length)];
    const now = new Date("2026-11-09T12:00:00Z"), bundle = new engine.Bundle(given.bundle), odd = [], verdicts = {};
    const bend = (text) => { for (let left = pick([1, 1, 2, 4]); left; left--) { const at = Math.floor(chance() * text.length);
        text = text.slice(0, at) + pick(["", "A", "~", ".", "0", "\\u0000", "\\ud800", "\\"", "{", "9".repeat(40), text.slice(at, at + 30)]) + text.slice(at + pick([0, 1, 1, 3, 50])); }
        return text; };
    for (let round = 0; round < given.rounds; round++) {
        const text = bend(pick(given.good)), proof = bend(pick(given.proofs));
        try {
            const report = await engine.verify(pick([text, new TextEncoder().encode(text)]), bundle, {now, authority: "EU-BE", proof, beside: pick(["", text])});
            verdicts[report.verdict] = (verdicts[report.verdict] ?? 0) + 1;
        } catch (error) { if (!(error instanceof engine.Untrusted)) odd.push(String(error.stack)); }
        try { new engine.Bundle(bend(given.text)); } catch (error) { if (!(error instanceof engine.Untrusted)) odd.push(String(error.stack)); }
        try { await engine.openBundle(bend(given.signed), {root: pick([given.root, bend(given.root)]), now}); }
        catch (error) { if (!(error instanceof engine.Untrusted)) odd.push(String(error.stack)); }
    }
    return [odd.slice(0, 3), verdicts];"""


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_thrown_at_it_only_untrusted_comes_out(seed, page):
    """Not a vector, but of the same kind: good artefacts, bundles and proofs bent at random."""
    from openkimberley.trust.tests.lists import scheme
    from tests.conformance import artefacts

    made = scheme()
    given = {
        "seed": seed, "rounds": 1500, "bundle": artefacts.JOURNALLED, "text": json.dumps(artefacts.JOURNALLED),
        "good": [artefacts.plain.CODE, artefacts.plain.LABEL, artefacts.plain.CREDENTIAL, artefacts.logged.CODE, "SL 004912"],
        "proofs": [artefacts.logged.proof().text, artefacts.logged.proof().code(log=artefacts.logged.ORIGIN)],
        "signed": json.dumps({"v": 2, "trust": made.bundle, "status_lists": ["e30.e30.e30"], "checkpoints": ["x"]}),
        "root": made.first_root.decode(),
    }  # fmt: skip
    odd, verdicts = asked(page, FUZZ, given)
    assert odd == []
    assert verdicts["invalid"] > 500
