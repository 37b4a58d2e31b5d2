"""PURE. The answer to "is this paper good?": every rule that bears on a certificate somebody else issued.

``valid`` means that no rule which could be asked objects. It does not prove the paper genuine: nobody can prove that of
a paper without signature, and what could not be asked stands beside the verdict with its reason. Flags are shown and
recorded and do not change the verdict.

- something refuses: ``invalid``, ``reject``;
- something holds: ``cannot_tell``, and ``hold`` for a person's decision, or ``ask_issuer`` where the issuer can settle
  every doubt there is;
- nothing refuses or holds: ``valid``, ``accept``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openkimberley.certificates.rules import ON_PAPER, Case, Known, ask
from openkimberley.kernel.rules import Severity
from openkimberley.shipments.rules import arrival, discrepancy, packing
from openkimberley.shipments.rules.case import ShipmentCase

if TYPE_CHECKING:
    from datetime import date

    from openkimberley.certificates.facts import Certificate
    from openkimberley.certificates.rules import Asked
    from openkimberley.participants.facts import Profiles, Register

PRESENTED = (
    packing.seals_are_unbroken, packing.seal_is_used_once, arrival.notice_came_before_the_goods,
    arrival.original_is_there, arrival.used_once_only, arrival.issuer_stands_by_it, arrival.number_is_not_void,
    discrepancy.opened_container_may_go_back,
)  # fmt: skip
"""What is asked of a paper as it was presented, besides the paper itself."""

ISSUER_CAN_SETTLE = frozenset(
    {"R004", "R006", "R007", "R008", "R011", "R012", "R015", "R016", "R026", "R029", "R040", "R043", "R044", "R070"}
)
"""Rules whose doubt a word of the issuing authority settles."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything ``check`` needs besides the certificate: who took part, national profiles, what this desk knows.

    ``national_list`` asks by the list of one law (``US``, ``CA``, ``EU``) on the day of presentation.
    """

    register: Register
    profiles: Profiles
    known: Known = field(default_factory=Known)
    national_list: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on a paper, and everything it rests on."""

    verdict: str  # valid, invalid, cannot_tell
    advice: str  # accept, hold, reject, ask_issuer
    asked: Asked

    def as_json(self) -> dict[str, Any]:
        """The answer in the form of the contract (design, section 4)."""
        return {
            "verdict": self.verdict, "advice": self.advice,
            "objections": [one.as_json() for one in self.asked.objections],
            "not_checked": [one.as_json() for one in self.asked.not_asked],
        }  # fmt: skip


def answer(asked: Asked) -> Answer:
    """The verdict that follows from what the rules said."""
    if any(one.severity is Severity.REFUSE for one in asked.objections):
        return Answer("invalid", "reject", asked)
    if holds := [one for one in asked.objections if one.severity is Severity.HOLD]:
        ask_issuer = all(one.rule in ISSUER_CAN_SETTLE for one in holds)
        return Answer("cannot_tell", "ask_issuer" if ask_issuer else "hold", asked)
    return Answer("valid", "accept", asked)


def check(certificate: Certificate, knowledge: Knowledge, asked_on: date) -> Answer:
    """Ask every rule that bears on a certificate presented on a day; its issue is judged by the day of issue."""
    case = Case(
        certificate, asked_on, knowledge.register, knowledge.profiles, knowledge.known,
        national_list=knowledge.national_list,
    )  # fmt: skip
    return answer(on_presentation(ShipmentCase(case)))


def on_presentation(shipment: ShipmentCase) -> Asked:
    """What the rules say when container and certificate are handed in, and what could not be asked."""
    return ask(ON_PAPER, shipment.case) + ask(PRESENTED, shipment)
