"""Steps 6, 7 and 8 with the proof of a journal, for both engines."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

from openkimberley.certificates.statements import label_qr, present_credential
from openkimberley.trust import jws
from openkimberley.trust.canonical import b64u
from openkimberley.trust.merkle import Tree
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.trust.proof import Proof
from tests.conformance.artefacts import JOURNALLED, PAPER, Case, case, logged, plain


def journals() -> Iterator[Case]:
    """6, 7 and 8 with the proof of a journal."""
    one = logged.proof()
    code, label = logged.CODE, label_qr(PAPER, signer=plain.KEY, cid=plain.CID, status=(1, 0), log_index=logged.PLACE)
    brought = {b64u(plain.CID[:16]): {"cid": b64u(plain.CID), "d": "2026-11-02", "proof": one.text}}
    with_proof = JOURNALLED | {"proofs": brought}
    texts = {"text": one.text, "code": one.code(log=logged.ORIGIN), "none": "", "padded": f"  {one.text}  "}
    for what, artefact in (("credential", plain.CREDENTIAL),
    ("carrier", present_credential(plain.CREDENTIAL, "carrier")),
                           ("code", code), ("label", label)):  # fmt: skip
        for form, text in texts.items():
            yield case(f"{what}, proof {form}", artefact, JOURNALLED, proof=text)
        yield case(f"{what}, proof in the bundle", artefact, with_proof)
        yield case(
            f"{what}, false proof over that of the bundle", artefact, with_proof, proof=logged.proof(place=4).text
        )
    yield case("no journal is listed", plain.CREDENTIAL, proof=one.text)
    yield case("no proof on the first day", plain.CREDENTIAL, JOURNALLED, now="2026-11-02T18:00:00Z")
    slow = copy.deepcopy(JOURNALLED)
    slow["participants"]["BW"]["max_log_delay_h"] = 168
    yield case("no proof, slow issuer", plain.CREDENTIAL, slow)
    yield case("no policy", plain.CREDENTIAL, {k: v for k, v in JOURNALLED.items() if k != "policy"}, proof=one.text)
    bad = {
        "another number": logged.proof(logged.entry(number="BW0012346")),
        "another day": logged.proof(logged.entry(day="2026-11-03")),
        "another signer": logged.proof(signer=plain.KEY), "another place": logged.proof(place=4),
        "no cosignature": logged.proof(times={}), "one cosignature": logged.proof(times={"w1": logged.SEEN}),
        "late": logged.proof(after=logged.seconds("2027-01-03"), by=logged.seconds("2027-01-04")),
        "early": logged.proof(by=logged.seconds("2026-10-20"), after=None), "no time before": logged.proof(after=None),
        "cut": Proof(one.index, one.hashes[:-1], one.note), "long": Proof(one.index, (*one.hashes, bytes(32)),
        one.note),
        "too far": Proof(99, one.hashes, one.note), "altered": Proof(one.index, (bytes(32), *one.hashes[1:]), one.note),
    }  # fmt: skip
    for name, wrong in bad.items():
        for what, artefact in (("code", code), ("credential", plain.CREDENTIAL)):
            yield case(f"proof: {name}, {what}", artefact, JOURNALLED, proof=wrong.text, now="2026-12-20T12:00:00Z")

    yield from _forks(code)


def _forks(code: str) -> Iterator[Case]:
    """A tree that no witness saw is worth nothing beside a larger one that they did see: the entry may not be in it."""
    secret = logged.proof(times={})
    seen = logged.proof(logged.entry(number="BW0012346")).note
    bundle = JOURNALLED | {"checkpoints": {logged.ORIGIN: [str(seen)]}}
    frozen = copy.deepcopy(bundle)
    span = {"status": "SUSPENDED", "from": "2026-11-01", "until": None, "source": "AD", "log_freeze": {logged.ORIGIN: {
        "size": logged.SIZE, "root": b64u(bytes(32))}}}  # fmt: skip
    held = frozen["participants"]["BW"]["history"]
    held[:] = [{**held[0], "until": "2026-11-01"}, span]
    extra = replace(secret, extra=str(seen).encode())
    for what, proof in (("alone", secret), ("with it as extra", extra)):
        for name, one in (("seen before", bundle), ("frozen", frozen)):
            for form, artefact in (("code", code), ("credential", plain.CREDENTIAL)):
                yield case(f"secret tree {what}, {name}, {form}", artefact, one, proof=proof.text)


def unreadable() -> Iterator[Case]:
    """Proofs that cannot be read, or whose witnesses did not sign."""
    one, code = logged.proof(), logged.CODE
    lines = one.note.signatures
    forged = lines[1]._replace(signature=lines[1].signature[:8] + lines[2].signature[8:])
    yield case(
        "false cosignature",
        code,
        JOURNALLED,
        proof=replace(one, note=Note(one.note.text, (lines[0], forged, lines[2]))).text,
    )
    text = one.text
    for name, broken in {
        "nonsense": "nonsense", "short code": "KPP1:ABC", "bad code": "KPP1:6BF", "end missing": text[:-20],
        "no index": text.replace("index 5\n", ""),
        "index 05": text.replace("index 5", "index 05"), "index quoted": text.replace("index 5", "index '5"),
        "extra": text.replace("extra ", "extra *"),
        "stray bits": text.replace("\nindex", "\nextra QR==\nindex"), "size": text.replace(f"\n{logged.SIZE}\n",
        "\n-1\n"),
        "dash": text.replace("\u2014", "-"), "no lines": text.split("\n\n")[0], "two gaps": text.replace("\n\n",
        "\n\n\n", 1),
        "control": text.replace("index", "in\x01dex"), "padding": text.replace("=\n", "\n", 1),
    }.items():  # fmt: skip
        yield case(f"unreadable proof: {name}", code, JOURNALLED, proof=broken)
    _, hashes = logged.tree(logged.entry())
    kept = str(
        logged.cosigned(Checkpoint(logged.ORIGIN, 3, Tree(3, hashes).root()).text, {"w1": logged.seconds("2027-01-03")})
    )
    yield case("kept checkpoints are stricter", plain.CREDENTIAL, JOURNALLED | {"checkpoints": {logged.ORIGIN: [kept]}},
               proof=logged.proof(after=None, by=logged.seconds("2027-01-04")).text,
               now="2026-12-20T12:00:00Z")  # fmt: skip


def times() -> Iterator[Case]:
    """What witnesses saw, and when: keys that were stolen or had ended."""
    one = logged.proof()
    late = logged.proof(after=logged.seconds("2026-11-04"), by=logged.seconds("2026-11-05"))
    for since in ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"):
        stolen = logged.compromised(since).as_json()
        for name, text in (("proof", one.text), ("late proof", late.text), ("no proof", "")):
            yield case(f"compromised since {since}, {name}", plain.CREDENTIAL, stolen, proof=text)
    for ends in (
        {"naf": "2026-11-03"},
        {"naf": "2026-11-02"},
        {"nbf": "2026-11-04"},
        {"nbf": "2026-11-02"},
        {"naf": "2026-11-04", "state": "retired"},
    ):
        bundle = copy.deepcopy(JOURNALLED)
        bundle["authorities"]["BW"]["keys"][0] |= ends
        yield case(f"key {ends} with a late proof", plain.CREDENTIAL, bundle, proof=late.text)


def conditions() -> Iterator[Case]:
    """Journals frozen at a suspension, countersignatures, keys in question."""
    one, code = logged.proof(), logged.CODE
    for size in (0, logged.PLACE, logged.PLACE + 1):
        for since in ("2026-11-01", "2026-11-05"):
            frozen = logged.suspended(size, since).as_json()
            for name, text in (("proof", one.text), ("no proof", "")):
                yield case(f"frozen at {size} since {since}, {name}", code, frozen, proof=text)
                yield case(f"credential, frozen at {size} since {since}, {name}", plain.CREDENTIAL, frozen, proof=text)
    supervised = logged.restricted().as_json()
    signatures = {
        "good": logged.under_supervision(), "none": [], "only the role": [{"role": "KP-MT-CAF"}],
        "another number": logged.under_supervision(kpc_number="BW0099999"),
        "another destination": logged.under_supervision(destination="AE"),
        "another key": [{"role": "KP-MT-CAF", "jws": jws.sign({}, typ="kp-countersign+jwt", signer=plain.KEY)}],
        "no statement": [{"role": "KP-MT-CAF", "jws": "x"}],
    }  # fmt: skip
    for name, signed in signatures.items():
        yield case(f"countersigned: {name}", logged.with_countersignatures(signed), supervised)
    yield case("countersigned: a code", code, supervised)
    yield case("countersigned: a carrier", present_credential(plain.CREDENTIAL, "carrier"), supervised)
    pending = JOURNALLED | {"trust": {"root_version": 1, "pending": {"BW": "its keys were exchanged on 2026-11-05"}}}
    yield case("keys in question", plain.CREDENTIAL, pending, proof=one.text)
