"""PURE. What the Scheme may decide about a Participant, what that makes of its status, and from which status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.participants.facts.register import Status


class Verb(StrEnum):
    """What a decision does."""

    ADMIT = "ADMIT"
    SUSPEND = "SUSPEND"
    SELF_SUSPEND = "SELF_SUSPEND"
    RESTRICT_TO_ZONES = "RESTRICT_TO_ZONES"
    REINSTATE = "REINSTATE"
    REMOVE = "REMOVE"


BECOMES: Mapping[Verb, Status] = {
    Verb.ADMIT: Status.PARTICIPANT,
    Verb.SUSPEND: Status.SUSPENDED,
    Verb.SELF_SUSPEND: Status.SELF_SUSPENDED,
    Verb.RESTRICT_TO_ZONES: Status.RESTRICTED,
    Verb.REINSTATE: Status.PARTICIPANT,
    Verb.REMOVE: Status.REMOVED,
}
"""The status that a decision begins."""

S = Status
FOLLOWS: Mapping[Verb, frozenset[Status]] = {
    Verb.ADMIT: frozenset({S.NON_PARTICIPANT, S.APPLICANT, S.REMOVED, S.MERGED, S.TRADING_ENTITY}),
    Verb.SUSPEND: frozenset({S.PARTICIPANT, S.RESTRICTED, S.SELF_SUSPENDED}),
    Verb.SELF_SUSPEND: frozenset({S.PARTICIPANT, S.RESTRICTED}),
    Verb.RESTRICT_TO_ZONES: frozenset({S.PARTICIPANT, S.RESTRICTED, S.SUSPENDED, S.SELF_SUSPENDED}),
    Verb.REINSTATE: frozenset({S.RESTRICTED, S.SUSPENDED, S.SELF_SUSPENDED, S.EMBARGOED, S.REMOVED}),
    Verb.REMOVE: frozenset({S.PARTICIPANT, S.RESTRICTED, S.SUSPENDED, S.SELF_SUSPENDED, S.EMBARGOED}),
}
"""From which status a decision may start. A restriction may be decided anew with other zones."""

WORDS: Mapping[Status, str] = {
    S.PARTICIPANT: _("Participant"),
    S.RESTRICTED: _("Participant with restrictions"),
    S.SUSPENDED: _("Suspended"),
    S.SELF_SUSPENDED: _("Suspended by its own decision"),
    S.REMOVED: _("Removed from the list"),
    S.EMBARGOED: _("Under an embargo of the Security Council"),
    S.MERGED: _("Takes part as part of a union"),
    S.APPLICANT: _("Applicant"),
    S.NON_PARTICIPANT: _("Not a Participant"),
    S.TRADING_ENTITY: _("Trading entity, may trade"),
}
"""How people read a status."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about one Participant: its number, the first day of its effect, and where it can be read.

    ``reference`` is the official number or the Chair's notice (``KP/2017/Plenary/Administrative Decision 1``);
    ``zones`` names the compliant zones of a restriction.
    """

    verb: Verb
    code: str
    effective: date
    reference: str
    source: str
    url: str = ""
    note: str = ""
    zones: tuple[str, ...] = ()
