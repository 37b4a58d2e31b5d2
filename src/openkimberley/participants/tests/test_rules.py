"""The rules on changing the lists of Participants, by code, satisfied and broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from openkimberley.participants import rules
from openkimberley.participants.data import shipped_register
from openkimberley.participants.facts import Decision, Status, StatusPeriod, Verb

SUSPENSION = Decision(
    code="BW", verb=Verb.SUSPEND, effective=date(2030, 1, 1), reference="KP/2029/Plenary/Administrative Decision 1",
    source="Communique of the Plenary",
)  # fmt: skip
BOTSWANA = shipped_register().participants["BW"]
ENTRY = StatusPeriod(Status.PARTICIPANT, date(2025, 3, 6), None, "Federal Register 2025-03623")


def codes(objections) -> list[str]:
    return [objection.rule for objection in objections]


def test_R172_a_decision_has_its_number_and_a_source():
    assert codes(rules.decision_has_number_and_source(SUSPENSION)) == []
    assert codes(rules.decision_has_number_and_source(replace(SUSPENSION, reference=" ", source=""))) == ["R172"] * 2


def test_R165_a_status_starts_at_a_stated_day_after_the_one_before_it():
    assert codes(rules.decision_follows_the_status(SUSPENSION, BOTSWANA)) == []
    early = replace(SUSPENSION, effective=date(2001, 1, 1))
    assert codes(rules.decision_follows_the_status(early, BOTSWANA)) == ["R165"]
    assert codes(rules.decision_follows_the_status(replace(SUSPENSION, verb=Verb.REINSTATE), BOTSWANA)) == ["R165"]


def test_R173_a_national_list_follows_with_its_own_day_and_law():
    assert codes(rules.national_list_has_its_own_day_and_source(ENTRY, None)) == []
    assert codes(rules.national_list_has_its_own_day_and_source(replace(ENTRY, source=""), ENTRY)) == ["R173"] * 2
