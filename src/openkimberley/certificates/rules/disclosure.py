"""PURE. Who may show which part of a certificate to whom, and when what is personal in it may be erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from openkimberley.certificates.statements import CONTENT_CLAIMS, PROFILES

if TYPE_CHECKING:
    from collections.abc import Collection

HOLDER_PROFILES = ("bank", "carrier", "public")
"""What an exporter or importer may make of his own certificate; its authorities may make every part."""

NEVER_ON_THE_WAY = frozenset(
    {"exporter", "importer", "lines", "total_carats", "total_usd", "value_band", "origin_shares"}
)  # fmt: skip
"""What tells a robber where to wait: never added to a carrier's part (trust.md, T21)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a certificate: he is named in it, or serves the authority that issued or receives it."""

    holder: bool = False
    authority: bool = False


def profiles_for(standing: Standing) -> tuple[str, ...]:
    """The parts that may be made, the most usual first."""
    if standing.authority:
        return ("bank", "carrier", "monitor", "observer", "public", "authority")
    return HOLDER_PROFILES if standing.holder else ()


def may_add(standing: Standing, profile: str) -> frozenset[str]:
    """The claims that may be shown besides those of the profile: by the holder alone, who decides for himself."""
    if not standing.holder or profile not in HOLDER_PROFILES:
        return frozenset()
    never = NEVER_ON_THE_WAY if profile == "carrier" else frozenset()
    return frozenset(CONTENT_CLAIMS) - PROFILES[profile] - never


def shown_claims(profile: str, also: Collection[str] = ()) -> frozenset[str]:
    """The names of the claims that a part shows."""
    return PROFILES[profile] | frozenset(also)


def erasable_from(ended_on: date, *, years: int) -> date:
    """The first day on which what is personal may be erased: whole years after the certificate's life ended."""
    day = 28 if (ended_on.month, ended_on.day) == (2, 29) else ended_on.day
    return date(ended_on.year + years, ended_on.month, day)


def may_erase(ended_on: date | None, *, on: date, years: int, ordered: bool) -> bool:
    """Whether erasing is allowed: after its time, or at any time by order of a court. Never while it may be used."""
    if ended_on is None:
        return False
    return ordered or on >= erasable_from(ended_on, years=years)
