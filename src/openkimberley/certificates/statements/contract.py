"""PURE. A certificate as plain JSON, for ``kimberley check``, the API and bulk load.

Amounts are text, dates are YYYY-MM-DD, ``"origin": "mixed"`` stands for ``***``. Unknown names are refused, so that a
misspelt field is not silently ignored; every fault is reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from openkimberley.certificates import facts
from openkimberley.certificates.statements.credential import CONTENT
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.measures import BadMeasure, amount

T = TypeVar("T")

MIXED = "mixed"
_NEEDED = ("number", "issuer", "issue_date")
_MAX_LINES = 200
_NOTHING: list[Any] = []
_NO_TEXTS: tuple[str, ...] = ()


def certificate_from_json(written: Any) -> facts.Certificate:
    """The certificate of a JSON object. Only ``number``, ``issuer`` and ``issue_date`` are needed.

    Raises ``Untrusted("5 content", "field: what is asked; ...")`` naming every field at fault.
    """
    wrong: list[str] = []
    top = _Fields(written, "", wrong)
    origin, mixed = _origin(top)
    certificate = facts.Certificate(
        number=top.text("number"),
        issuer=top.text("issuer"),
        issue_date=top.day("issue_date"),
        issuing_authority=top.text("issuing_authority"),
        expiry_date=top.day("expiry_date"),
        title=top.text("title"),
        statement=top.text("statement"),
        english=top.truth("english"),
        origin=origin,
        mixed=mixed,
        origin_shares=_shares(top),
        destination=top.text("destination"),
        destination_authority=top.text("destination_authority"),
        exporter=_party(top, "exporter"),
        importer=_party(top, "importer"),
        same_party_reason=top.text("same_party_reason"),
        parcels=top.whole("parcels"),
        parcel_reference=top.text("parcel_reference"),
        lines=_lines(top),
        total_carats=top.amount("total_carats"),
        total_usd=top.amount("total_usd"),
        seals=top.texts("seals"),
        validated=_validated(top),
        presented=_presented(top),
        zone=top.text("zone"),
        countersigned_by=top.texts("countersigned_by"),
        paper_serial=top.text("paper_serial"),
        draws_on=top.texts("draws_on"),
        provenance=top.text("provenance"),
    )
    wrong += [f"{name}: is missing" for name in _NEEDED if top.raw.get(name) in (None, "")]
    top.refuse_others()
    if wrong:
        raise Untrusted(CONTENT, "; ".join(wrong))
    return certificate


def certificate_to_json(certificate: facts.Certificate) -> dict[str, Any]:
    """The certificate as ``certificate_from_json`` reads it, without what is not known."""
    presented, validated = certificate.presented, certificate.validated
    written: dict[str, Any] = {
        "number": certificate.number,
        "issuer": certificate.issuer,
        "issuing_authority": certificate.issuing_authority,
        "issue_date": _iso(certificate.issue_date),
        "expiry_date": _iso(certificate.expiry_date),
        "title": certificate.title,
        "statement": certificate.statement,
        "english": certificate.english,
        "origin": _origin_json(certificate),
        "origin_shares": {code: _fixed(share) for code, share in certificate.origin_shares.items()},
        "destination": certificate.destination,
        "destination_authority": certificate.destination_authority,
        "exporter": _party_json(certificate.exporter),
        "importer": _party_json(certificate.importer),
        "same_party_reason": certificate.same_party_reason,
        "parcels": certificate.parcels,
        "parcel_reference": certificate.parcel_reference,
        "lines": [
            {"hs": line.hs, "carats": _fixed(line.carats), "usd": _fixed(line.usd)} for line in certificate.lines
        ],
        "total_carats": _fixed(certificate.total_carats),
        "total_usd": _fixed(certificate.total_usd),
        "seals": list(certificate.seals),
        "validated": _said({"by": validated.by, "date": _iso(validated.date)}) if validated else None,
        "presented": _said(
            {
                "date": _iso(presented.date),
                "at": presented.at,
                "seals_intact": presented.seals_intact,
                "original": presented.original,
                "announced": presented.announced,
            }
        )
        if presented
        else None,
        "zone": certificate.zone,
        "countersigned_by": list(certificate.countersigned_by),
        "paper_serial": certificate.paper_serial,
        "draws_on": list(certificate.draws_on),
        "provenance": certificate.provenance,
    }
    return _said(written)


class _Fields:
    """Reads one JSON object field by field; what is wrong goes to ``wrong``, what nobody asked for is refused."""

    def __init__(self, written: Any, where: str, wrong: list[str]) -> None:
        self.where, self.wrong = where, wrong
        self.raw: Mapping[str, Any] = written if isinstance(written, dict) else {}
        self.asked: set[str] = set()
        if not isinstance(written, dict):
            self.complain("", "must be an object")

    def complain(self, name: str, what: str) -> None:
        self.wrong.append(f"{'/'.join(part for part in (self.where, name) if part) or 'certificate'}: {what}")

    def take(self, name: str, read: Callable[[Any], T], empty: T, asks: str) -> T:
        """The field as ``read`` understands it; ``empty`` where it is missing, null or wrong."""
        self.asked.add(name)
        value = self.raw.get(name)
        if value is None:
            return empty
        try:
            return read(value)
        except (ValueError, TypeError, AttributeError) as error:
            self.complain(name, str(error) if isinstance(error, BadMeasure) else asks)
            return empty

    def text(self, name: str) -> str:
        return self.take(name, _text, "", "must be text")

    def texts(self, name: str) -> tuple[str, ...]:
        return self.take(name, _texts, _NO_TEXTS, "must be a list of texts")

    def day(self, name: str) -> date | None:
        return self.take(name, _day, None, "must be a date as YYYY-MM-DD")

    def amount(self, name: str) -> Decimal | None:
        return self.take(name, _amount, None, "must be text with at most two decimals, such as 12.50")

    def truth(self, name: str) -> bool | None:
        return self.take(name, _truth, None, "must be true or false")

    def whole(self, name: str) -> int | None:
        return self.take(name, _whole, None, "must be a whole number of at most 1,000,000,000")

    def inner(self, name: str) -> _Fields | None:
        self.asked.add(name)
        value = self.raw.get(name)
        return None if value is None else _Fields(value, f"{self.where}/{name}".strip("/"), self.wrong)

    def refuse_others(self) -> None:
        for name in self.raw:
            if name not in self.asked:
                self.complain(str(name)[:40], "is not known here")


def _party(top: _Fields, name: str) -> facts.Party | None:
    fields = top.inner(name)
    if fields is None:
        return None
    party = facts.Party(fields.text("name"), fields.text("address"), fields.text("licence"))
    fields.refuse_others()
    return party


def _validated(top: _Fields) -> facts.Validation | None:
    fields = top.inner("validated")
    if fields is None:
        return None
    validation = facts.Validation(fields.text("by"), fields.day("date"))
    fields.refuse_others()
    return validation


def _presented(top: _Fields) -> facts.Presented | None:
    fields = top.inner("presented")
    if fields is None:
        return None
    presented = facts.Presented(
        fields.day("date"),
        fields.text("at"),
        fields.truth("seals_intact"),
        fields.truth("original"),
        fields.truth("announced"),
    )
    fields.refuse_others()
    return presented


def _lines(top: _Fields) -> tuple[facts.Line, ...]:
    found = []
    for at, written in enumerate(top.take("lines", _list, _NOTHING, f"must be a list of at most {_MAX_LINES}")):
        fields = _Fields(written, f"lines/{at}", top.wrong)
        found.append(facts.Line(fields.text("hs"), fields.amount("carats"), fields.amount("usd")))
        fields.refuse_others()
    return tuple(found)


def _shares(top: _Fields) -> dict[str, Decimal]:
    fields = top.inner("origin_shares")
    if fields is None:
        return {}
    read = {str(code): fields.amount(code) for code in fields.raw}
    return {code: share for code, share in read.items() if share is not None}


def _origin(top: _Fields) -> tuple[tuple[str, ...], bool]:
    def read(value: Any) -> tuple[str, ...]:
        return (value,) if value in (MIXED, facts.MIXED) else _texts(value)

    codes = top.take("origin", read, _NO_TEXTS, 'must be a list of country codes, or "mixed"')
    return tuple(code for code in codes if code not in (MIXED, facts.MIXED)), any(
        code in (MIXED, facts.MIXED) for code in codes
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode("utf-8")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in _list(value))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MAX_LINES:
        raise TypeError
    return value


def _day(value: Any) -> date:
    if len(_text(value)) != len("2026-01-31"):
        raise ValueError
    return date.fromisoformat(value)


def _amount(value: Any) -> Decimal:
    return amount(_text(value))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 1_000_000_000:
        raise ValueError
    return value


def _origin_json(certificate: facts.Certificate) -> Any:
    if certificate.mixed:
        return [MIXED, *certificate.origin] if certificate.origin else MIXED
    return list(certificate.origin)


def _party_json(party: facts.Party | None) -> dict[str, str] | None:
    return {"name": party.name, "address": party.address, "licence": party.licence} if party else None


def _said(written: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if value not in (None, "", [], {})}


def _fixed(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
