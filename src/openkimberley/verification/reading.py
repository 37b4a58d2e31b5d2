"""PURE. From an artefact to what it claims. Raises ``Untrusted("1 parse", ...)`` for what is no certificate of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from openkimberley.certificates.statements import codes, credential, messages
from openkimberley.certificates.statements.codes import (
    K_AUTHORITY,
    K_CID,
    K_DESTINATION,
    K_EXPIRES,
    K_ISSUED,
    K_LOG,
    K_NUMBER,
    K_SEAL,
    K_STATUS,
    K_ZONE,
    days,
)
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trust import jws, qr, sdjwt
from openkimberley.trust.canonical import PARSE, unb64u
from openkimberley.verification.facts import Claims
from openkimberley.verification.statements import Bundle

SECONDS_A_DAY = 86_400
NOT_OURS = _("not a KP digital certificate")

_NUMBER = re.compile(r"^[A-Z]{2}[A-Z /.-]{0,6}[0-9][0-9 /.-]{2,20}$")


def read(artefact: str | bytes, bundle: Bundle) -> Claims:
    """What a QR text, an SD-JWT or a certificate number claims."""
    if isinstance(artefact, bytes):
        if artefact[:4] == b"%PDF":
            return Claims(kind="pdf")
        try:
            artefact = artefact.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Untrusted(PARSE, NOT_OURS) from error
    text = artefact.strip("\r\n\t")  # not the space: it is a character of base45
    if text[:5] in qr.PREFIXES:
        return from_code(qr.read(text), bundle)
    number = text.strip().upper() if len(text) < 64 else ""
    if _NUMBER.match(number):
        listed = bundle.participants.get(number[:2])
        return Claims(kind="number", number=number, participant=listed.code if listed else number[:2])
    if text.lstrip().startswith("ey"):
        bare = "~" not in text
        return from_message(jws.parse(text.strip())) if bare else from_credential(sdjwt.parse(text.strip()))
    raise Untrusted(PARSE, NOT_OURS)


def from_code(code: qr.Code, bundle: Bundle) -> Claims:
    """What a QR code claims."""
    payload = code.payload
    problems = codes.code_problems(code.prefix, payload)
    authority = payload.get(K_AUTHORITY)
    authority = authority if isinstance(authority, str) else ""
    claims = Claims(
        kind="qr-full" if code.prefix == qr.FULL else "qr-label",
        authority=authority,
        participant=bundle.participant_of(authority),
        kid=code.kid8,
        verify=code.statement.verify,
        problems=problems,
    )
    if problems:
        return claims
    status = payload.get(K_STATUS)
    claims.number, claims.destination = payload[K_NUMBER], payload[K_DESTINATION]
    claims.issued, claims.expires, claims.cid = payload[K_ISSUED], payload[K_EXPIRES], payload[K_CID]
    claims.seal, claims.zone = payload.get(K_SEAL, ""), payload.get(K_ZONE)
    claims.zone_shown = code.prefix == qr.FULL
    claims.log_index = payload.get(K_LOG)
    claims.status = ((authority, status[0]), status[1]) if status else None
    claims.certificate = partial(codes.certificate_from_code, code)
    return claims


def from_message(signed: jws.Jws) -> Claims:
    """What a signed message about a certificate claims: a receipt, a voiding, a correction.

    Raises ``Untrusted("1 parse", ...)`` for a signed statement of any other type.
    """
    typ = str(signed.header.get("typ", ""))
    problems = messages.message_problems(typ, signed.payload)
    if problems is None:
        raise Untrusted(PARSE, NOT_OURS)
    shown = signed.payload
    if not problems and shown["iat"] > codes.MAX_DAYS * SECONDS_A_DAY:
        problems = ["iat: lies beyond the calendar"]
    authority, issuer = (value if isinstance(value, str) else "" for value in map(shown.get, ("authority", "iss")))
    claims = Claims(
        kind=typ.removeprefix("kp-").removesuffix("+jwt"),
        authority=authority,
        participant=issuer.removeprefix(credential.ISSUERS),
        kid=signed.kid,
        verify=signed.verify,
        problems=problems,
    )
    if not problems:
        claims.number, claims.cid = shown["kpc_number"], unb64u(shown["cid"])
        claims.issued = claims.signed_on = shown["iat"] // SECONDS_A_DAY
    return claims


def from_credential(signed: sdjwt.SdJwt, kind: str = "sd-jwt") -> Claims:
    """What an SD-JWT claims, as far as it shows it."""
    shown = signed.claims
    problems = credential.claim_problems(shown) or _binding(shown)
    claims = Claims(kind=kind, kid=signed.kid, verify=signed.verify, cid=signed.cid, problems=problems)
    for name in ("authority", "participant"):
        setattr(claims, name, shown[name] if isinstance(shown.get(name), str) else "")
    if problems:
        return claims
    claims.number = shown["kpc_number"]
    claims.signed_on = shown["iat"] // SECONDS_A_DAY
    claims.issued, claims.issue_shown = _day(shown.get("issue_date"), claims.signed_on), "issue_date" in shown
    claims.expires = (shown["exp"] - 1) // SECONDS_A_DAY
    claims.destination, claims.seal = shown.get("destination", ""), shown.get("seal") or ""
    claims.zone, claims.zone_shown = shown.get("zone"), "zone" in shown
    claims.countersigned = shown.get("countersign")
    place = shown["status"]["status_list"]
    claims.status = (place["uri"], place["idx"])
    claims.certificate = partial(credential.read_credential, shown)
    claims.problems = _arithmetic(signed)
    claims.shown = {name: shown[name] for name in credential.CLAIMS if name in shown}
    claims.withheld, claims.hidden = credential.withheld_in(claims.shown), _hidden(signed)
    return claims


def _hidden(signed: sdjwt.SdJwt) -> int:
    """How many signed claims the text does not disclose, whatever they are."""
    digests = signed.jwt.payload.get("_sd", ())
    return max(0, len(digests) - sum(len(one.path) == 1 for one in signed.disclosures))


def _binding(shown: Mapping[str, Any]) -> list[str]:
    wrong = []
    if shown["iss"] != credential.ISSUERS + shown["participant"]:
        wrong.append("iss: is not the address of the Participant named")
    if max(shown["iat"], shown["nbf"], shown["exp"]) > codes.MAX_DAYS * SECONDS_A_DAY:
        return ["iat, nbf, exp: a time lies beyond the calendar"]
    if "expiry_date" in shown and shown["exp"] != credential.end_of(date.fromisoformat(shown["expiry_date"])):
        wrong.append("exp: is not the end of the expiry date")
    return wrong


def _arithmetic(signed: sdjwt.SdJwt) -> list[str]:
    """Totals equal the sum of lines, wherever all lines and the total are shown."""
    lines = signed.claims.get("lines")
    withheld = sum(shown.name == "lines" and len(shown.value) != len(lines or ()) for shown in signed.disclosures)
    if lines is None or withheld:
        return []
    return [
        f"{total}: is not the sum of the lines"
        for total, part in (("total_carats", "carats"), ("total_usd", "usd"))
        if total in signed.claims and Decimal(signed.claims[total]) != sum(Decimal(line[part]) for line in lines)
    ]


def _day(written: str | None, otherwise: int) -> int:
    return otherwise if written is None else days(date.fromisoformat(written))
