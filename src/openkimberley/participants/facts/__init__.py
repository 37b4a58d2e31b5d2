"""PURE. The nouns of participation: who takes part, since when, under whose authority, by which national rules.

Every question is asked as of a date. What nobody knows is ``None`` and is said to be unknown, never guessed.
"""

from __future__ import annotations

from openkimberley.participants.facts.decisions import BECOMES, FOLLOWS, WORDS, Decision, Verb
from openkimberley.participants.facts.labels import CONFIDENCE, LABELS, PRECISION
from openkimberley.participants.facts.profiles import (
    Allotment,
    Deadline,
    Profile,
    Profiles,
    Range,
    Retention,
    Validity,
    Value,
)
from openkimberley.participants.facts.register import (
    MEMBERS,
    TRADES,
    Authority,
    Cover,
    NationalList,
    Participant,
    Prefix,
    ProducerPeriod,
    Register,
    Status,
    StatusPeriod,
    Zone,
)

__all__ = [
    "BECOMES", "CONFIDENCE", "FOLLOWS", "LABELS", "MEMBERS", "PRECISION", "TRADES", "WORDS", "Allotment", "Authority",
    "Cover", "Deadline", "Decision", "NationalList", "Participant", "Prefix", "ProducerPeriod", "Profile", "Profiles",
    "Range", "Register", "Retention", "Status", "StatusPeriod", "Validity", "Value", "Verb", "Zone",
]  # fmt: skip
