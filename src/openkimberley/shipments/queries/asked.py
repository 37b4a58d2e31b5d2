"""What every question to the rules on shipments needs: the certificate's case, and who works on this node."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import queries as certificates
from openkimberley.certificates.facts import MIXED, Certificate, Line
from openkimberley.certificates.rules import (
    Case,
    Known,
)  # fmt: skip
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries as participants
from openkimberley.trust.signing import can_sign

if TYPE_CHECKING:
    from collections.abc import Iterable


def certificate_case(certificate: Certificate, *, on: date, known: Known, own: bool) -> Case:
    """The case of a certificate on a day, with the register and profiles of this node."""
    return Case(
        certificate=certificate, asked_on=on, register=participants.register(), profiles=participants.profiles(),
        known=known, own=own,
    )  # fmt: skip


def own_certificate(number: str, *, by: Actor) -> Any:
    """The issued certificate of the actor's authority. Raises ``NotFound``."""
    row = certificates.issued(number)
    if row is None or row.authority != by.authority or not by.authority:
        raise NotFound("certificate", number[:40])
    return row


def own_visible_certificate(number: str, *, by: Actor) -> Any:
    """The issued certificate of the actor's authority, if the actor may see it: companies see their own only."""
    row = certificates.certificate(number, by=by)
    if row.authority != by.authority:
        raise NotFound("shipment", number[:40])
    return row


def certificate_facts(row: Any) -> Certificate:
    """An issued certificate as facts."""
    return certificates.certificate_facts(row)


def still_stands(number: str) -> bool:
    """False for a certificate that its issuer has made void since: nobody is asked to confirm it."""
    issued = certificates.issued(number)
    return issued is not None and issued.status not in ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED")


def works_here(authority: str) -> bool:
    """True where an authority does its work on this node (its key is here): what it is told needs no e-mail."""
    return can_sign(authority)


def lines_json(lines: Iterable[Line]) -> list[dict[str, str]]:
    """Lines as they are kept: amounts as text, what is not known left out."""
    return [
        {"hs": one.hs, "carats": str(one.carats), **({"usd": str(one.usd)} if one.usd is not None else {})}
        for one in lines
    ]


def origin_text(paper: Certificate) -> str:
    """The origin as it stands on a certificate."""
    countries = ", ".join(paper.origin)
    return f"{MIXED} {countries}".strip() if paper.mixed else countries


def iso(day: date | None) -> str:
    """A day as text, empty where none is known."""
    return day.isoformat() if day else ""
