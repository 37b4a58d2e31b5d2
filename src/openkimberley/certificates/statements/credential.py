"""PURE. A certificate as a signed credential (SD-JWT), and back.

Always visible: issuer, number, validity, place in the status list. Everything of trade is a disclosure of its own, so
that a bank, a carrier or the public can be shown just their part of the one signed document.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import facts
from openkimberley.certificates.statements.shapes import (
    Shape,
    day,
    each,
    exactly,
    name,
    optional,
    problems,
    record,
    scaled,
    text,
    truth,
    whole,
)
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.measures import HUNDREDTH
from openkimberley.trust import sdjwt
from openkimberley.trust.canonical import b64u

if TYPE_CHECKING:
    from openkimberley.trust.keys import Signer

CONTENT = "5 content"

ISSUERS = "https://kp.example/p/"
VCT = "https://kp.example/vct/kpc/1"

_BANDS = (
    (10_000, "0-10K"),
    (100_000, "10K-100K"),
    (1_000_000, "100K-1M"),
    (10_000_000, "1M-10M"),
    (50_000_000, "10M-50M"),
)

_PARTY = record({"name": text, "address": text, "id": text})
LINE = record({"hs": name, "carats": scaled, "usd": scaled})

_VISIBLE: Mapping[str, Shape] = {
    "iss": name,
    "vct": exactly(VCT),
    "iat": whole,
    "nbf": whole,
    "exp": whole,
    "kpc_number": name,
    "participant": name,
    "authority": name,
    "replaces": optional(name),
    "status": record({"status_list": record({"idx": whole, "uri": name})}),
}
CLAIMS: Mapping[str, Shape] = {
    "issue_date": day,
    "expiry_date": day,
    "issuing_authority": text,
    "origin": each(name),
    "mixed": exactly(True),
    "destination": text,
    "exporter": optional(_PARTY),
    "importer": optional(_PARTY),
    "parcels": optional(whole),
    "lines": each(LINE),
    "total_carats": scaled,
    "total_usd": scaled,
    "value_band": text,
    "seal": optional(text),
    "paper_serial": text,
    "zone": optional(name),
    "validated_by": text,
    "remarks": text,
    "countersign": each(record({"role": name}, {"kid": name, "jws": name})),
    # Said only where the certificate says it:
    "seals": each(name),
    "kind": exactly(*(kind.value for kind in facts.Kind)),
    "title": text,
    "statement": text,
    "english": truth,
    "origin_shares": lambda value: (
        "; ".join(problems(value, {}, dict.fromkeys(value, scaled))) if isinstance(value, dict) else "must be an object"
    ),
    "parcel_reference": name,
    "same_party_reason": name,
    "draws_on": each(name),
    "validated_on": day,
}
"""Every claim that may be disclosed, with its shape."""

ALWAYS = (
    "issue_date", "expiry_date", "issuing_authority", "destination", "exporter", "importer", "parcels", "lines",
    "total_carats", "total_usd", "value_band", "seal", "paper_serial", "zone", "countersign", "validated_by", "remarks",
)  # fmt: skip
"""Claims that every credential holds: where one is not shown, it is withheld."""

PROFILES: Mapping[str, frozenset[str]] = {
    "authority": frozenset(CLAIMS),
    "bank": frozenset({"exporter", "importer", "total_carats", "total_usd", "issue_date", "expiry_date"}),
    "carrier": frozenset({"seal", "seals", "parcels", "destination", "expiry_date"}),
    "monitor": frozenset({"issue_date", "origin", "mixed", "origin_shares", "zone", "destination", "lines"}),
    "observer": frozenset({"origin", "mixed", "destination", "value_band"}),
    "public": frozenset(),
}
"""Who is shown which claims. The number and the validity are always visible."""


def credential_claims(
    certificate: facts.Certificate,
    *,
    iat: int,
    status_uri: str,
    status_idx: int,
    authority: str = "",
    nbf: int | None = None,
    exp: int | None = None,
    replaces: bytes | None = None,
    kind: facts.Kind = facts.Kind.EXPORT,
    seal: str = "",
    remarks: str = "",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The visible payload and the disclosable claims of a certificate.

    ``iat``, ``nbf`` and ``exp`` are seconds since 1970 (``nbf`` is ``iat`` if left out, ``exp`` the end of the expiry
    day in UTC); ``authority`` the issuing authority's code; ``replaces`` the cid of a voided predecessor; ``seal`` the
    seal if the certificate does not name it itself. Raises ``Untrusted("5 content", ...)`` naming every field that a
    certificate cannot be issued without or that has not its form.
    """
    missing = [
        field
        for field in ("issue_date", "expiry_date", "total_carats", "total_usd")
        if getattr(certificate, field) is None
    ]
    missing += [f"lines/{at}" for at, line in enumerate(certificate.lines) if None in (line.carats, line.usd)]
    if missing or not certificate.lines:
        raise Untrusted(CONTENT, "; ".join(f"{field}: is missing" for field in missing or ["lines"]))
    visible = {
        "iss": ISSUERS + certificate.issuer,
        "vct": VCT,
        "iat": iat,
        "nbf": iat if nbf is None else nbf,
        "exp": end_of(certificate.expiry_date) if exp is None else exp,
        "kpc_number": certificate.number,
        "participant": certificate.issuer,
        "authority": authority or certificate.issuer,
        "replaces": None if replaces is None else b64u(replaces),
        "status": {"status_list": {"idx": status_idx, "uri": status_uri}},
    }
    claims: dict[str, Any] = _nfc(_claims(certificate, kind, seal, remarks))
    if wrong := claim_problems({**visible, **claims}):
        raise Untrusted(CONTENT, "; ".join(wrong))
    return visible, claims


def issue_credential(
    certificate: facts.Certificate, *, signer: Signer, salt: Callable[[int], bytes] = secrets.token_bytes, **about: Any
) -> tuple[str, bytes]:
    """Sign a certificate: the SD-JWT text with every disclosure, and its cid. ``about`` as in ``credential_claims``."""
    visible, claims = credential_claims(certificate, **about)
    signed = sdjwt.issue(visible, claims, signer=signer, each_element_of=("lines",), salt=salt)
    return signed, sdjwt.signing_input_hash(signed)


def present_credential(signed: str, profile: str, also: Collection[str] = ()) -> str:
    """The credential showing what a profile (``bank``, ``carrier``, ...) may see, and the claims in ``also``."""
    return sdjwt.present(signed, PROFILES[profile] | frozenset(also))


def shown_in(signed: str) -> dict[str, Any]:
    """The claims that a credential's text discloses, by name, as far as the schema knows them."""
    claims = sdjwt.parse(signed).claims
    return {name: claims[name] for name in CLAIMS if name in claims}


def withheld_in(shown: Collection[str]) -> tuple[str, ...]:
    """The claims that every credential holds and this one does not show."""
    return tuple(name for name in ALWAYS if name not in shown)


def claim_problems(claims: Mapping[str, Any]) -> list[str]:
    """Everything that is not as the schema of a credential says. What is not shown is no problem."""
    return problems(claims, _VISIBLE, CLAIMS)


def read_credential(claims: Mapping[str, Any]) -> facts.Certificate:
    """The certificate of a credential's claims, as far as they are shown.

    ``claims`` is ``sdjwt.parse(text).claims``. Raises ``Untrusted("5 content", ...)`` naming every field at fault.
    """
    if wrong := claim_problems(claims):
        raise Untrusted(CONTENT, "; ".join(wrong))
    get = claims.get
    destination = get("destination", "")
    return facts.Certificate(
        number=claims["kpc_number"],
        issuer=claims["participant"],
        issue_date=_date(get("issue_date")),
        issuing_authority=get("issuing_authority", ""),
        expiry_date=_date(get("expiry_date")),
        title=get("title", facts.TITLE),
        statement=get("statement", facts.STATEMENT),
        english=get("english", True),
        origin=tuple(get("origin", ())),
        mixed=get("mixed", False),
        origin_shares={code: Decimal(share) for code, share in get("origin_shares", {}).items()},
        destination=destination.partition("-")[0],
        destination_authority=destination,
        exporter=_party(get("exporter")),
        importer=_party(get("importer")),
        same_party_reason=get("same_party_reason", ""),
        parcels=get("parcels"),
        parcel_reference=get("parcel_reference", ""),
        lines=tuple(facts.Line(line["hs"], Decimal(line["carats"]), Decimal(line["usd"])) for line in get("lines", ())),
        total_carats=_amount(get("total_carats")),
        total_usd=_amount(get("total_usd")),
        seals=tuple(get("seals", (get("seal"),) if get("seal") else ())),
        validated=facts.Validation(get("validated_by", ""), _date(get("validated_on")))
        if "validated_by" in claims
        else None,
        zone=get("zone") or "",
        countersigned_by=tuple(one["role"] for one in get("countersign", ())),
        paper_serial=get("paper_serial", ""),
        draws_on=tuple(get("draws_on", ())),
    )


def end_of(last: date | None) -> int:
    """The second at which a day is over in UTC, since 1970: from then on a credential has expired."""
    if last is None:
        raise ValueError("there is no last day")
    return (last.toordinal() - date(1970, 1, 1).toordinal() + 1) * 86_400  # counted, for 9999-12-31 has no next day


def value_band(total: Decimal) -> str:
    """The band of a value in US$, for those who may know the size of a shipment but not its price."""
    return next((band for limit, band in _BANDS if total < limit), "50M-")


def _claims(certificate: facts.Certificate, kind: facts.Kind, seal: str, remarks: str) -> dict[str, Any]:
    seals = (seal,) if seal else certificate.seals
    validated = certificate.validated or facts.Validation()
    total = certificate.total_usd or Decimal(0)
    claims: dict[str, Any] = {
        "issue_date": _iso(certificate.issue_date),
        "expiry_date": _iso(certificate.expiry_date),
        "issuing_authority": certificate.issuing_authority,
        "destination": certificate.destination_authority or certificate.destination,
        "exporter": _party_claim(certificate.exporter),
        "importer": _party_claim(certificate.importer),
        "parcels": certificate.parcels,
        "lines": [line_claim(line) for line in certificate.lines],
        "total_carats": _fixed(certificate.total_carats),
        "total_usd": _fixed(certificate.total_usd),
        "value_band": value_band(total),
        "seal": seals[0] if seals else None,
        "paper_serial": certificate.paper_serial,
        "zone": certificate.zone or None,
        "countersign": [{"role": role} for role in certificate.countersigned_by],
        "validated_by": validated.by,
        "remarks": remarks,
    }
    said = {
        "origin": list(certificate.origin),
        "mixed": certificate.mixed,
        "seals": list(seals) if len(seals) > 1 else [],
        "kind": "" if kind is facts.Kind.EXPORT else kind.value,
        "title": certificate.title if certificate.title != facts.TITLE else "",
        "statement": certificate.statement if certificate.statement != facts.STATEMENT else "",
        "origin_shares": {code: _fixed(share) for code, share in certificate.origin_shares.items()},
        "parcel_reference": certificate.parcel_reference,
        "same_party_reason": certificate.same_party_reason,
        "draws_on": list(certificate.draws_on),
        "validated_on": _iso(validated.date),
    }
    claims |= {claim: value for claim, value in said.items() if value}
    return claims | ({"english": False} if certificate.english is False else {})


def line_claim(line: facts.Line) -> dict[str, Any]:
    """One HS line as it is signed."""
    return {"hs": line.hs, "carats": _fixed(line.carats), "usd": _fixed(line.usd)}


def _nfc(value: Any) -> Any:
    # One text typed on two keyboards must be the same bytes once signed.
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_nfc(inner) for inner in value]
    return {key: _nfc(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _fixed(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(HUNDREDTH))


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _date(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def _amount(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)


def _party(written: Mapping[str, str] | None) -> facts.Party | None:
    return None if written is None else facts.Party(written["name"], written["address"], written["id"])


def _party_claim(party: facts.Party | None) -> dict[str, str] | None:
    return None if party is None else {"name": party.name, "address": party.address, "id": party.licence}
