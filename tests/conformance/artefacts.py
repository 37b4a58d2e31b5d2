"""Artefacts and bundles for both engines, made and signed here: what the case files do not hold.

Each case is plain JSON, as in ``conformance/verify.json``: ``name``, ``artefact`` (or ``bytes``, base64url), ``now``,
``authority``, ``transit``, ``beside``, ``proof`` and, where it is not the common one, ``bundle``.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from openkimberley.certificates.statements import (
    PROFILES,
    Correction,
    ImportReceipt,
    Voiding,
    full_qr,
    full_qr_payload,
    issue_credential,
    label_qr,
    present_credential,
    sign_correction,
    sign_receipt,
    sign_void,
)
from openkimberley.certificates.statements.credential import ISSUERS
from openkimberley.trust import jws, qr, sdjwt
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import Tree
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.trust.proof import Proof
from openkimberley.verification.tests import test_engine as plain
from openkimberley.verification.tests import test_journal as logged

Case = dict[str, Any]

NOW = "2026-11-09T12:00:00+00:00"
JOURNALLED = dict(logged.bundle().as_json())
MORE = SoftwareKey.from_secret("BW/sign/2026-2", "ES256", bytes(range(1, 33)))


def case(name: str, artefact: str | bytes, bundle: Any = None, **about: Any) -> Case:
    what = {"bytes": b64u(artefact)} if isinstance(artefact, bytes) else {"artefact": artefact}
    given = {} if bundle is None else {"bundle": dict(bundle)}
    return {"name": name, **what, "now": NOW, "authority": "EU-BE", "transit": False, **given, **about}


def changed(**changes: Any) -> Any:
    return copy.deepcopy(plain.WRITTEN) | changes


def forms() -> Iterator[Case]:
    """Every form of an artefact, whole and in part."""
    yield case("code", plain.CODE)
    yield case("code as bytes", plain.CODE.encode())
    yield case("bytes that are no text", b"\xff\xfe\x00")
    yield case("label", plain.LABEL)
    for profile in PROFILES:
        yield case(f"credential for {profile}", present_credential(plain.CREDENTIAL, profile))
    yield case("code beside its credential", plain.CODE, beside=plain.CREDENTIAL)
    for beside in ("rubbish", "a.b.c~", "eyJ9.e30.AA~", "e30.e30.AA~", plain.CREDENTIAL.replace("~", "X~", 1)):
        yield case(f"code beside {beside[:12]}", plain.CODE, beside=beside)
    yield case("P-256", full_qr(PAPER, signer=MORE, cid=plain.CID), _with_key(MORE))
    other = SoftwareKey.from_secret("BW/sign/2026-1", "ES256", bytes(range(1, 33)))
    yield case("another algorithm", issue_credential(PAPER, signer=other, **ISSUE)[0])
    for number in ("SL 004912", "BW0012345", "zw 123-45", "KE 777", "EC 5555"):
        yield case(f"the number {number}", number)
    yield case("an alerted number", "BW 0012-345", changed(alerts=["bw0012345"]))
    yield case("an alerted code", plain.CODE, changed(alerts=["BW 0012345"]))


PAPER = plain.PAPER
ISSUE: dict[str, Any] = {"iat": 1_793_610_000, "status_uri": plain.LIST, "status_idx": 0}


def _with_key(key: SoftwareKey, **about: Any) -> Any:
    bundle = changed()
    bundle["authorities"]["BW"]["keys"].append(key.public().as_json() | about)
    return bundle


def contents() -> Iterator[Case]:
    """Codes and credentials whose content is not as it must be, rightly signed."""
    right = full_qr_payload(PAPER, cid=plain.CID, status=(1, 0))
    for key, value in [
        (1, 2), (2, ""), (2, 7), (3, -1), (3, 10**6), (4, 2**60), (5, "BW"), (6, b"EU"), (7, ["a"]), (8, ["a", 1]),
        (9, []), (9, [[1, 2, 3]]), (9, [[710231, -1, 3]]), (9, [[710231, 10**16, 3]]), (10, "3"), (11, 4), (12, b"short"),
        (13, [1]), (13, [1, 2**60]), (13, [1, 2**53]), (14, -1), (14, 2**63), (15, ""), (16, 1), (17, 5), (20, 1), (23, [1, {1: 2}]),
    ]:  # fmt: skip
        yield case(f"code with {key} {value!r}"[:40], qr.write(qr.FULL, right | {key: value}, plain.KEY))
    for key in right:
        less = {name: value for name, value in right.items() if name != key}
        yield case(f"code without {key}", qr.write(qr.FULL, less, plain.KEY))
        yield case(f"label with only {key}", qr.write(qr.LABEL, {key: right[key]}, plain.KEY))
    visible, claims = _claims()
    for name, value in [
        ("issue_date", "2026-02-30"), ("issue_date", "2026-11-02\n"), ("issue_date", "0001-01-01"), ("issue_date", 5),
        ("total_carats", "12.5"), ("total_carats", "12.50\n"), ("total_usd", "4000.01"), ("total_usd", None),
        ("origin", ["BW", ""]), ("origin", "BW"), ("origin", [" \u2003"]), ("mixed", True), ("mixed", 1), ("mixed", False),
        ("exporter", {"name": "x"}), ("exporter", {"name": "x", "address": 1, "id": "", "more": ""}), ("exporter", None),
        ("parcels", -1), ("parcels", True), ("lines", []), ("lines", [{"hs": "7102.31", "carats": "12.50"}]),
        ("zone", ""), ("zone", "CF-BER"), ("seal", "x" * 1001), ("seal", "\U0001f48e" * 1000), ("english", "no"),
        ("countersign", [{"role": "A", "kid": "k", "more": 1}]), ("kind", "EXPORT"), ("kind", "OTHER"), ("remarks", 3),
        ("origin_shares", {"BW": "60.00", "ZA": "x"}), ("origin_shares", []), ("origin_shares", {"BW": "60.00"}),
        ("b\u00e9lier \U0001f411" * 9, 1), ("10", 1), ("__proto__", 1), ("constructor", {"a": 1}), ("expiry_date", "2027-01-02"), ("expiry_date", "9999-12-31"),
        ("validated_by", "7F3A"), ("draws_on", ["A"]), ("seals", ["A", "B"]), ("title", "Other"), ("destination", "EU"),
    ]:  # fmt: skip
        yield case(f"credential with {name} {value!r}"[:60], _signed(visible, claims | {name: value}))
    for name, value in [
        ("iss", "https://else.example/p/BW"), ("iss", 7), ("vct", "other"), ("iat", 2**53 - 1), ("iat", -5), ("nbf", "1"),
        ("exp", 0), ("exp", 1), ("kpc_number", ""), ("kpc_number", "BW12"), ("kpc_number", "BW0012345\n"), ("participant", "ZA"),
        ("authority", "EU-BE"), ("authority", "XX"), ("replaces", 1), ("status", {}), ("status", {"status_list": {"idx": -1, "uri": "x"}}),
        ("status", {"status_list": {"idx": 3, "uri": plain.LIST}}), ("status", {"status_list": {"idx": 2**52, "uri": plain.LIST}}),
        ("new", "thing"), ("iat", 1_793_610_000 + 5 * 86_400),
    ]:  # fmt: skip
        yield case(f"credential with visible {name} {value!r}"[:60], _signed(visible | {name: value}, claims))
    for name in visible:
        yield case(f"credential without {name}", _signed({k: v for k, v in visible.items() if k != name}, claims))


def _claims() -> tuple[dict[str, Any], dict[str, Any]]:
    from openkimberley.certificates.statements.credential import credential_claims

    return credential_claims(PAPER, **ISSUE)


def _signed(visible: Any, claims: Any) -> str:
    salt = iter(range(10**6))
    each = ("lines",) if isinstance(claims.get("lines"), list) else ()
    claims = {name: value for name, value in claims.items() if name not in visible}
    return sdjwt.issue(visible, claims, signer=plain.KEY, each_element_of=each, salt=lambda n: next(salt).to_bytes(n, "big"))


def circumstances() -> Iterator[Case]:
    """Moments, places, bundles: nothing wrong with the artefact itself."""
    for days in (0, 1, 7, 8, 30, 31, 52, 53, 54, 90, 91, 400):
        moment = f"{_day(days)}T12:00:00Z"
        for what, artefact in (("code", plain.CODE), ("credential", plain.CREDENTIAL), ("number", "SL 004912")):
            yield case(f"{what} after {days} days", artefact, now=moment)
    yield case("before its day", plain.CODE, now="2026-10-31T23:00:00Z")
    for authority in (None, "", "EU-DE", "EU", "AE", "BW", "XX-1"):
        for transit in (False, True):
            yield case(f"at {authority}, transit {transit}", plain.CODE, authority=authority, transit=transit)
    cid = b64u(plain.CID)
    for users in ([], ["EU-BE"], ["AE"], ["EU-BE", "AE", "AO"]):
        used = [{"cid": cid, "authority": user} for user in users]
        yield case(f"used by {users}", plain.CODE, changed(used=used))
        yield case(f"used by {users}, nobody asks", plain.LABEL, changed(used=used), authority=None)
    yield case("no notices known", plain.CODE, changed(expected=None))
    yield case("not expected", plain.CODE, changed(expected=[]))
    yield case("a ban", plain.CODE, changed(overlay={"participants": {"EU": {"from": "2024-01-01", "reason": "100 %"}}}))
    for state in ("active", "retired", "compromised"):
        for ends in ({}, {"naf": "2026-11-01"}, {"nbf": "2026-11-03"}, {"naf": "2027-01-01"}, {"compromised_since": "2026-11-03"},
                     {"compromised_since": "2026-11-02"}, {"use": "status"}):  # fmt: skip
            bundle = changed()
            bundle["authorities"]["BW"]["keys"][0] |= {"state": state, **ends}
            yield case(f"key {state} {ends}", plain.CREDENTIAL, bundle)
    for about in (
        {"number_patterns": ["^BW[0-9]{7}$"]}, {"number_patterns": ["BW[0-9]{6}", "ZA.*"]}, {"keys": []}, {"participant": "EU"},
        {"ranges": [{"series": "BW", "from": 1, "to": 99999, "year": 2026}]}, {"ranges": [{"from": 1, "to": 9}]},
        {"ranges": [{"from": 1, "to": 99999, "year": 2025}, {"series": "ZA", "from": 1, "to": 99999}]},
    ):  # fmt: skip
        bundle = changed()
        bundle["authorities"]["BW"] |= about
        yield case(f"an authority with {about}"[:60], plain.CODE, bundle)
        yield case(f"a credential of an authority with {about}"[:60], plain.CREDENTIAL, bundle)
    for status in ("RESTRICTED", "SUSPENDED", "SELF_SUSPENDED", "REMOVED", "EMBARGOED", "MERGED", "APPLICANT", "TRADING_ENTITY"):
        for code in ("BW", "EU"):
            bundle = changed()
            span = {"status": status, "from": "2026-11-01", "until": None, "source": "AD 2026/1", "zones": ["BW-1", "BW-0"]}
            bundle["participants"][code]["history"] = [*plain.HISTORY, span]
            for what, artefact in (("code", plain.CODE), ("label", plain.LABEL)):
                yield case(f"{code} is {status}, {what}", artefact, bundle)
    for gone in ("BW", "EU"):
        bundle = changed()
        del bundle["participants"][gone]
        for days in (0, 40):
            yield case(f"{gone} is unknown after {days} days", plain.CODE, bundle, now=f"{_day(days)}T12:00:00Z")
    for number in range(4):
        visible, claims = _claims()
        visible["status"] = {"status_list": {"idx": number, "uri": "https://kp.example/status/2"}}
        from openkimberley.trust.statuslist import Status, StatusList

        lst = StatusList.empty(8).with_({n: Status(n) for n in range(4)}).encode()
        lists = {"https://kp.example/status/2": {"bits": 2, "lst": lst, "exp": "2026-11-20T00:00:00+02:00"}}
        yield case(f"status {number}", _signed(visible, claims), changed(status_lists=lists))


def _day(days: int) -> str:
    from datetime import date, timedelta

    return (date(2026, 11, 8) + timedelta(days)).isoformat()


def messages() -> Iterator[Case]:
    """Receipts, voidings, corrections, and other signed statements."""
    from datetime import date

    common: dict[str, Any] = {"participant": "BW", "authority": "BW", "iat": 1_793_700_000, "cid": plain.CID, "number": "BW0012345"}
    receipt = ImportReceipt(**common, exporting="ZA", received=date(2026, 11, 9), result="match")
    yield case("receipt", sign_receipt(receipt, signer=plain.KEY, salt=bytes))
    yield case("receipt in another's name", sign_receipt(replace(receipt, authority="EU-BE"), signer=plain.KEY, salt=bytes))
    yield case("void", sign_void(Voiding(**common, kind="VOID"), signer=plain.KEY))
    yield case("correction", sign_correction(Correction(**common, field="parcels", old="3", new="2"), signer=plain.KEY))
    yield case("correction by nobody known", sign_correction(Correction(**common, field="p", old="3", new="2"), signer=MORE))
    for typ in ("kp-void+jwt", "kp-alert+jwt", "kp-receipt+jwt", ""):
        for payload in ({}, {"iss": 5}, {"iss": ISSUERS + "BW", "authority": "BW", "iat": 2**50, "cid": b64u(plain.CID),
                                         "kpc_number": "BW1", "kind": "VOID", "reason": "", "replaced_by": None}):  # fmt: skip
            yield case(f"{typ} {str(payload)[:20]}", jws.sign(payload, typ=typ, signer=plain.KEY))


def journals() -> Iterator[Case]:
    """6, 7 and 8 with the proof of a journal."""
    one = logged.proof()
    code, label = logged.CODE, label_qr(PAPER, signer=plain.KEY, cid=plain.CID, status=(1, 0), log_index=logged.PLACE)
    brought = {b64u(plain.CID[:16]): {"cid": b64u(plain.CID), "d": "2026-11-02", "proof": one.text}}
    with_proof = JOURNALLED | {"proofs": brought}
    texts = {"text": one.text, "code": one.code(log=logged.ORIGIN), "none": "", "padded": f"  {one.text}  "}
    for what, artefact in (("credential", plain.CREDENTIAL), ("carrier", present_credential(plain.CREDENTIAL, "carrier")),
                           ("code", code), ("label", label)):  # fmt: skip
        for form, text in texts.items():
            yield case(f"{what}, proof {form}", artefact, JOURNALLED, proof=text)
        yield case(f"{what}, proof in the bundle", artefact, with_proof)
        yield case(f"{what}, false proof over that of the bundle", artefact, with_proof, proof=logged.proof(place=4).text)
    yield case("no journal is listed", plain.CREDENTIAL, proof=one.text)
    yield case("no proof on the first day", plain.CREDENTIAL, JOURNALLED, now="2026-11-02T18:00:00Z")
    slow = copy.deepcopy(JOURNALLED)
    slow["participants"]["BW"]["max_log_delay_h"] = 168
    yield case("no proof, slow issuer", plain.CREDENTIAL, slow)
    yield case("no policy", plain.CREDENTIAL, {k: v for k, v in JOURNALLED.items() if k != "policy"}, proof=one.text)
    bad = {
        "another number": logged.proof(logged.entry(number="BW0012346")), "another day": logged.proof(logged.entry(day="2026-11-03")),
        "another signer": logged.proof(signer=plain.KEY), "another place": logged.proof(place=4),
        "no cosignature": logged.proof(times={}), "one cosignature": logged.proof(times={"w1": logged.SEEN}),
        "late": logged.proof(after=logged.seconds("2027-01-03"), by=logged.seconds("2027-01-04")),
        "early": logged.proof(by=logged.seconds("2026-10-20"), after=None), "no time before": logged.proof(after=None),
        "cut": Proof(one.index, one.hashes[:-1], one.note), "long": Proof(one.index, (*one.hashes, bytes(32)), one.note),
        "too far": Proof(99, one.hashes, one.note), "altered": Proof(one.index, (bytes(32), *one.hashes[1:]), one.note),
    }  # fmt: skip
    for name, wrong in bad.items():
        for what, artefact in (("code", code), ("credential", plain.CREDENTIAL)):
            yield case(f"proof: {name}, {what}", artefact, JOURNALLED, proof=wrong.text, now="2026-12-20T12:00:00Z")
    lines = one.note.signatures
    forged = lines[1]._replace(signature=lines[1].signature[:8] + lines[2].signature[8:])
    yield case("false cosignature", code, JOURNALLED, proof=replace(one, note=Note(one.note.text, (lines[0], forged, lines[2]))).text)
    text = one.text
    for name, broken in {
        "nonsense": "nonsense", "short code": "KPP1:ABC", "bad code": "KPP1:6BF", "end missing": text[:-20], "no index": text.replace("index 5\n", ""),
        "index 05": text.replace("index 5", "index 05"), "index quoted": text.replace("index 5", "index '5"), "extra": text.replace("extra ", "extra *"),
        "stray bits": text.replace("\nindex", "\nextra QR==\nindex"), "size": text.replace(f"\n{logged.SIZE}\n", "\n-1\n"),
        "dash": text.replace("\u2014", "-"), "no lines": text.split("\n\n")[0], "two gaps": text.replace("\n\n", "\n\n\n", 1),
        "control": text.replace("index", "in\x01dex"), "padding": text.replace("=\n", "\n", 1),
    }.items():  # fmt: skip
        yield case(f"unreadable proof: {name}", code, JOURNALLED, proof=broken)
    _, hashes = logged.tree(logged.entry())
    kept = str(logged.cosigned(Checkpoint(logged.ORIGIN, 3, Tree(3, hashes).root()).text, {"w1": logged.seconds("2027-01-03")}))
    yield case("kept checkpoints are stricter", plain.CREDENTIAL, JOURNALLED | {"checkpoints": {logged.ORIGIN: [kept]}},
               proof=logged.proof(after=None, by=logged.seconds("2027-01-04")).text, now="2026-12-20T12:00:00Z")  # fmt: skip
    late = logged.proof(after=logged.seconds("2026-11-04"), by=logged.seconds("2026-11-05"))
    for since in ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"):
        stolen = logged.compromised(since).as_json()
        for name, text in (("proof", one.text), ("late proof", late.text), ("no proof", "")):
            yield case(f"compromised since {since}, {name}", plain.CREDENTIAL, stolen, proof=text)
    for ends in ({"naf": "2026-11-03"}, {"naf": "2026-11-02"}, {"nbf": "2026-11-04"}, {"nbf": "2026-11-02"}, {"naf": "2026-11-04", "state": "retired"}):
        bundle = copy.deepcopy(JOURNALLED)
        bundle["authorities"]["BW"]["keys"][0] |= ends
        yield case(f"key {ends} with a late proof", plain.CREDENTIAL, bundle, proof=late.text)
    for size in (0, logged.PLACE, logged.PLACE + 1):
        for since in ("2026-11-01", "2026-11-05"):
            frozen = logged.suspended(size, since).as_json()
            for name, text in (("proof", one.text), ("no proof", "")):
                yield case(f"frozen at {size} since {since}, {name}", code, frozen, proof=text)
                yield case(f"credential, frozen at {size} since {since}, {name}", plain.CREDENTIAL, frozen, proof=text)
    supervised = logged.restricted().as_json()
    signatures = {
        "good": logged.under_supervision(), "none": [], "only the role": [{"role": "KP-MT-CAF"}],
        "another number": logged.under_supervision(kpc_number="BW0099999"), "another destination": logged.under_supervision(destination="AE"),
        "another key": [{"role": "KP-MT-CAF", "jws": jws.sign({}, typ="kp-countersign+jwt", signer=plain.KEY)}],
        "no statement": [{"role": "KP-MT-CAF", "jws": "x"}],
    }  # fmt: skip
    for name, signed in signatures.items():
        yield case(f"countersigned: {name}", logged.with_countersignatures(signed), supervised)
    yield case("countersigned: a code", code, supervised)
    yield case("countersigned: a carrier", present_credential(plain.CREDENTIAL, "carrier"), supervised)
    pending = JOURNALLED | {"trust": {"root_version": 1, "pending": {"BW": "its keys were exchanged on 2026-11-05"}}}
    yield case("keys in question", plain.CREDENTIAL, pending, proof=one.text)


def mutations(count: int = 300) -> Iterator[Case]:
    """Good artefacts with bytes changed, taken out, doubled or cut off. The same ones in every run."""
    chance = random.Random(20261109)
    good = [plain.CODE, plain.LABEL, plain.CREDENTIAL, logged.CODE, present_credential(plain.CREDENTIAL, "bank")]
    for number in range(count):
        text = chance.choice(good)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            at = chance.randrange(len(text))
            end = at + chance.choice((0, 1, 1, 1, 4, 40))
            new = chance.choice(("", "~", ".", "A", "0", " ", "-", "_", "+", "=", "\u00e9", "\U0001f48e", chance.choice(good)[:7], text[at:end] * 2))
            text = text[:at] + new + text[end:]
        yield case(f"mutation {number}", text)
    for number in range(count):
        header, payload, rest = plain.CREDENTIAL.split(".")
        yield case(f"json {number}", ".".join([_bent(header, chance), payload, rest] if number % 2 else [header, _bent(payload, chance), rest]))


def _bent(part: str, chance: random.Random) -> str:
    """A part of a JWS whose JSON has a few bytes changed."""
    from openkimberley.trust.canonical import unb64u

    data = bytearray(unb64u(part))
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(data))
        data[at : at + chance.choice((0, 1, 1, 3))] = chance.choice(
            (b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u00", b"\\ud800", b"\n", b"\xff", b"\xe2\x82", b"\xed\xa0\x80", b"1.5", b"-", b"00",
             b"9" * 30, b"1e9", b"NaN", b"true", b"nul", b'"a":1,', b"[" * 20, b"\x01", "\u00e9".encode())
        )  # fmt: skip
    return b64u(bytes(data))


def refused() -> Iterator[Case]:
    """The codes and credentials of the case files, good and bad, as artefacts."""
    files = Path(__file__).parents[2] / "conformance"
    for name in ("qr", "sdjwt"):
        read = json.loads((files / f"{name}.json").read_text("utf-8"))
        for one in [*read.get("good", ()), *read["bad"]]:
            yield case(f"{name}: {one.get('name', one['text'][:20])}", one["text"])


def all_cases() -> list[Case]:
    return [*forms(), *refused(), *contents(), *circumstances(), *messages(), *journals(), *mutations()]


FILE: dict[str, Any] = {"bundle": dict(plain.WRITTEN)}
