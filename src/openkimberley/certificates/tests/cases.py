"""A good certificate, and ways to ask a rule about it: Botswana to Antwerp, presented in June 2023."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from openkimberley.certificates.facts import STATEMENT, TITLE, Certificate, Line, Party, Presented, Validation
from openkimberley.certificates.rules import Case, Known, NotAsked
from openkimberley.kernel.rules import Objection
from openkimberley.participants.data import shipped_profiles, shipped_register

ISSUED, EXPIRES, SHOWN = date(2023, 6, 1), date(2023, 7, 31), date(2023, 6, 20)


def ct(text: str) -> Decimal:
    """An exact amount."""
    return Decimal(text)


PAPER = Certificate(
    number="BW00412345", issuer="BW", issue_date=ISSUED, expiry_date=EXPIRES, title=TITLE, statement=STATEMENT,
    issuing_authority="Ministry of Minerals, Energy and Water Resources", english=True, origin=("BW",),
    destination="EU", destination_authority="EU-BE",
    exporter=Party("Okavango Rough (fictional)", "Gaborone", "BW-EXP-1"),
    importer=Party("Scheldt Diamonds (fictional)", "Antwerp", "BE-IMP-1"), parcels=1,
    lines=(Line("7102.31", ct("12.50"), ct("4000.00")), Line("7102.10", ct("2.50"), ct("100.00"))),
    total_carats=ct("15.00"), total_usd=ct("4100.00"), seals=("S-0001",), validated=Validation("K. Officer", ISSUED),
    presented=Presented(date=SHOWN, at="EU-BE", seals_intact=True, original=True, announced=True),
)  # fmt: skip


def paper(**changes: Any) -> Certificate:
    """The good certificate with some fields changed."""
    return replace(PAPER, **changes)


def case(known: Known | None = None, /, **given: Any) -> Case:
    """A case of the good certificate, against the shipped register and profiles.

    ``on`` (day asked), ``own`` and ``profiles`` (an overlay) are the case's; all else given changes the certificate.
    """
    on, own, overlay = given.pop("on", SHOWN), given.pop("own", False), given.pop("profiles", {})
    return Case(paper(**given), on, shipped_register(), shipped_profiles().overlaid(overlay), known or Known(), own)


def said(rule: Callable[[Any], Any], about: object) -> list[str]:
    """What a rule says of a case: the severity of each objection in order, and "not asked" where it could not be asked.

    Checks on the way that each says it with its own code, in a whole sentence, and with a remedy.
    """
    found = []
    for one in rule(about):
        assert one.rule == rule.code  # type: ignore[attr-defined]
        if isinstance(one, NotAsked):
            assert "%(" not in one.why
            assert one.why.endswith(".")
            assert one.as_json() == {"rule": one.rule, "why": one.why}
            found.append("not asked")
        else:
            assert isinstance(one, Objection)
            assert "%(" not in one.message
            assert one.message
            assert "%" not in one.remedy
            assert one.remedy.endswith(".")
            found.append(one.severity.value)
    return found
