"""Artefacts and bundles for both engines, made and signed here: what the case files do not hold.

Each case is plain JSON, as in ``conformance/verify.json``: ``name``, ``artefact`` (or ``bytes``, base64url), ``now``,
``authority``, ``transit``, ``beside``, ``proof`` and, where it is not the common one, ``bundle``.
"""

from __future__ import annotations

import copy
import json
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
    present_credential,
    sign_correction,
    sign_receipt,
    sign_void,
)
from openkimberley.certificates.statements.credential import ISSUERS
from openkimberley.trust import jws, qr, sdjwt
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey
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
        (9, []), (9, [[1, 2, 3]]), (9, [[710231, -1, 3]]), (9, [[710231, 10**16, 3]]), (10, "3"), (11, 4),
        (12, b"short"),
        (13, [1]), (13, [1, 2**60]), (13, [1, 2**53]), (14, -1), (14, 2**63), (15, ""), (16, 1), (17, 5), (20, 1),
        (23, [1, {1: 2}]),
    ]:  # fmt: skip
        yield case(f"code with {key} {value!r}"[:40], qr.write(qr.FULL, right | {key: value}, plain.KEY))
    for key in right:
        less = {name: value for name, value in right.items() if name != key}
        yield case(f"code without {key}", qr.write(qr.FULL, less, plain.KEY))
        yield case(f"label with only {key}", qr.write(qr.LABEL, {key: right[key]}, plain.KEY))
    visible, claims = claims_of_paper()
    for name, value in [
        ("issue_date", "2026-02-30"), ("issue_date", "2026-11-02\n"), ("issue_date", "0001-01-01"), ("issue_date", 5),
        ("total_carats", "12.5"), ("total_carats", "12.50\n"), ("total_usd", "4000.01"), ("total_usd", None),
        ("origin", ["BW", ""]), ("origin", "BW"), ("origin", [" \u2003"]), ("mixed", True), ("mixed", 1),
        ("mixed", False),
        ("exporter", {"name": "x"}), ("exporter", {"name": "x", "address": 1, "id": "", "more": ""}),
        ("exporter", None),
        ("parcels", -1), ("parcels", True), ("lines", []), ("lines", [{"hs": "7102.31", "carats": "12.50"}]),
        ("zone", ""), ("zone", "CF-BER"), ("seal", "x" * 1001), ("seal", "\U0001f48e" * 1000), ("english", "no"),
        ("countersign", [{"role": "A", "kid": "k", "more": 1}]), ("kind", "EXPORT"), ("kind", "OTHER"), ("remarks", 3),
        ("origin_shares", {"BW": "60.00", "ZA": "x"}), ("origin_shares", []), ("origin_shares", {"BW": "60.00"}),
        ("b\u00e9lier \U0001f411" * 9, 1), ("10", 1), ("__proto__", 1), ("constructor", {"a": 1}),
        ("expiry_date", "2027-01-02"), ("expiry_date", "9999-12-31"),
        ("validated_by", "7F3A"), ("draws_on", ["A"]), ("seals", ["A", "B"]), ("title", "Other"), ("destination", "EU"),
    ]:  # fmt: skip
        yield case(f"credential with {name} {value!r}"[:60], signed(visible, claims | {name: value}))
    for name, value in [
        ("iss", "https://else.example/p/BW"), ("iss", 7), ("vct", "other"), ("iat", 2**53 - 1), ("iat", -5),
        ("nbf", "1"),
        ("exp", 0), ("exp", 1), ("kpc_number", ""), ("kpc_number", "BW12"), ("kpc_number", "BW0012345\n"),
        ("participant", "ZA"),
        ("authority", "EU-BE"), ("authority", "XX"), ("replaces", 1), ("status", {}),
        ("status", {"status_list": {"idx": -1, "uri": "x"}}),
        ("status", {"status_list": {"idx": 3, "uri": plain.LIST}}),
        ("status", {"status_list": {"idx": 2**52, "uri": plain.LIST}}),
        ("new", "thing"), ("iat", 1_793_610_000 + 5 * 86_400),
    ]:  # fmt: skip
        yield case(f"credential with visible {name} {value!r}"[:60], signed(visible | {name: value}, claims))
    for name in visible:
        yield case(f"credential without {name}", signed({k: v for k, v in visible.items() if k != name}, claims))


def claims_of_paper() -> tuple[dict[str, Any], dict[str, Any]]:
    from openkimberley.certificates.statements.credential import credential_claims

    return credential_claims(PAPER, **ISSUE)


def signed(visible: Any, claims: Any) -> str:
    salt = iter(range(10**6))
    each = ("lines",) if isinstance(claims.get("lines"), list) else ()
    claims = {name: value for name, value in claims.items() if name not in visible}
    return sdjwt.issue(
        visible, claims, signer=plain.KEY, each_element_of=each, salt=lambda n: next(salt).to_bytes(n, "big")
    )


def messages() -> Iterator[Case]:
    """Receipts, voidings, corrections, and other signed statements."""
    from datetime import date

    common: dict[str, Any] = {
        "participant": "BW",
        "authority": "BW",
        "iat": 1_793_700_000,
        "cid": plain.CID,
        "number": "BW0012345",
    }
    receipt = ImportReceipt(**common, exporting="ZA", received=date(2026, 11, 9), result="match")
    yield case("receipt", sign_receipt(receipt, signer=plain.KEY, salt=bytes))
    yield case(
        "receipt in another's name", sign_receipt(replace(receipt, authority="EU-BE"), signer=plain.KEY, salt=bytes)
    )
    yield case("void", sign_void(Voiding(**common, kind="VOID"), signer=plain.KEY))
    yield case("correction", sign_correction(Correction(**common, field="parcels", old="3", new="2"), signer=plain.KEY))
    yield case(
        "correction by nobody known", sign_correction(Correction(**common, field="p", old="3", new="2"), signer=MORE)
    )
    for typ in ("kp-void+jwt", "kp-alert+jwt", "kp-receipt+jwt", ""):
        for payload in ({}, {"iss": 5}, {"iss": ISSUERS + "BW", "authority": "BW", "iat": 2**50, "cid": b64u(plain.CID),
                                         "kpc_number": "BW1", "kind": "VOID", "reason": "",
                                         "replaced_by": None}):  # fmt: skip
            yield case(f"{typ} {str(payload)[:20]}", jws.sign(payload, typ=typ, signer=plain.KEY))


def refused() -> Iterator[Case]:
    """The codes and credentials of the case files, good and bad, as artefacts."""
    files = Path(__file__).parents[2] / "conformance"
    for name in ("qr", "sdjwt"):
        read = json.loads((files / f"{name}.json").read_text("utf-8"))
        for one in [*read.get("good", ()), *read["bad"]]:
            yield case(f"{name}: {one.get('name', one['text'][:20])}", one["text"])
