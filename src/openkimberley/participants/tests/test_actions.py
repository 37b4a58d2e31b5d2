"""Decisions, lists, authorities and values: permitted, refused, recorded, and never overwritten."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from tests.cast import AUDITOR, CHAIR, DIRK, MPHO, NOW, SEKGOMA

from openkimberley.journal.queries import history, verify
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused, Untrusted
from openkimberley.participants import actions, queries
from openkimberley.participants.data import shipped_profiles, shipped_register
from openkimberley.participants.facts import Authority, Decision, Status, StatusPeriod, Verb
from openkimberley.participants.models import (
    AuthorityRow,
    NationalListDate,
    ParticipantRow,
    ProfileValue,
    StatusRow,
    Version,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 1)
DECISION = Decision(
    Verb.SUSPEND, "GH", DAY, reference="KP/2026/Plenary/Administrative Decision 3", source="Final communique, fictional"
)


@pytest.fixture
def seeded():
    return actions.seed_register(by=SEKGOMA, at=NOW)


def test_an_empty_database_answers_with_the_shipped_register():
    assert queries.register() is shipped_register()
    assert queries.profiles() is shipped_profiles()


def test_seeding_makes_the_same_register_of_the_database(seeded):
    assert seeded == len(shipped_register().participants)
    assert queries.register() is not shipped_register()
    for code, one in shipped_register().participants.items():
        assert queries.register().participants[code] == one
    for code, national in shipped_register().national_lists.items():
        assert queries.register().national_lists[code].periods == national.periods
    assert queries.profiles() == shipped_profiles()


def test_seeding_twice_adds_nothing_and_keeps_decisions(seeded):
    actions.suspend(by=CHAIR, at=NOW, decision=DECISION)
    assert actions.seed_register(by=SEKGOMA, at=NOW) == 0
    assert queries.register().status_at("GH", DAY).status is Status.SUSPENDED
    assert [entry["statement"]["kept"] for entry in history("participants")] == [0, seeded]


def test_a_decision_ends_the_old_status_and_begins_the_new_one(seeded):
    before = queries.register().status_at("GH", date(2026, 11, 30))
    actions.suspend(by=CHAIR, at=NOW, decision=DECISION)
    register = queries.register()
    assert register.status_at("GH", date(2026, 11, 30)) == replace(before, until=DAY)
    assert register.status_at("GH", DAY).decision == DECISION.reference
    assert not register.trades_at("GH", DAY)
    assert StatusRow.objects.filter(participant="GH").count() == 2
    told = history("GH")[0]
    assert told["event"] == "participant.suspended"
    assert told["statement"]["ends"] == {"status": "PARTICIPANT", "since": before.since.isoformat()}
    assert verify()[1] == []


def test_the_whole_life_of_a_participant(seeded):
    steps = [
        (Verb.ADMIT, "KE", date(2027, 1, 1), Status.PARTICIPANT),
        (Verb.RESTRICT_TO_ZONES, "KE", date(2027, 2, 1), Status.RESTRICTED),
        (Verb.SUSPEND, "KE", date(2027, 3, 1), Status.SUSPENDED),
        (Verb.REINSTATE, "KE", date(2027, 4, 1), Status.PARTICIPANT),
        (Verb.SELF_SUSPEND, "KE", date(2027, 5, 1), Status.SELF_SUSPENDED),
        (Verb.REMOVE, "KE", date(2027, 6, 1), Status.REMOVED),
        (Verb.ADMIT, "KE", date(2027, 7, 1), Status.PARTICIPANT),
    ]
    for verb, code, day, status in steps:
        decision = replace(DECISION, verb=verb, code=code, effective=day, zones=("Kwale",))
        named = {"name": "Kenya"} if verb is Verb.ADMIT else {}
        actions.DECISIONS[verb](by=CHAIR, at=NOW, decision=decision, **named)
        assert queries.register().status_at(code, day).status is status
    kenya = queries.register().participants["KE"]
    assert kenya.name == "Kenya"
    assert kenya.period_at(date(2026, 12, 31)).status is Status.NON_PARTICIPANT
    assert len(kenya.history) == len(steps)


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"reference": " "}, ["R172"]),
        ({"source": ""}, ["R172"]),
        ({"effective": date(2001, 1, 1)}, ["R165"]),
        ({"verb": Verb.REINSTATE}, ["R165"]),
        ({"verb": Verb.ADMIT}, ["R165"]),
        ({"verb": Verb.RESTRICT_TO_ZONES}, ["R165"]),
        ({"reference": "", "source": "", "effective": date(2001, 1, 1)}, ["R172", "R172", "R165"]),
    ],
)
def test_a_decision_without_number_source_or_sense_is_refused_with_all_reasons(seeded, change, rules):
    decision = replace(DECISION, **change)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        actions.DECISIONS[decision.verb](by=CHAIR, at=NOW, decision=decision)
    assert [objection.rule for objection in refusal.value.objections] == rules
    assert all(objection.message and objection.source for objection in refusal.value.objections)
    assert queries.register().trades_at("GH", DAY)


def test_nobody_is_suspended_who_is_not_in_the_register(seeded):
    with pytest.raises(NotFound), transaction.atomic():
        actions.suspend(by=CHAIR, at=NOW, decision=replace(DECISION, code="KE"))


@pytest.mark.parametrize("actor", [MPHO, SEKGOMA, AUDITOR])
def test_only_the_chair_decides(seeded, actor):
    with pytest.raises(NotPermitted):
        actions.suspend(by=actor, at=NOW, decision=DECISION)


@pytest.mark.parametrize("actor", [MPHO, CHAIR, AUDITOR])
def test_only_a_supervisor_keeps_the_national_list(actor):
    entry = StatusPeriod(Status.PARTICIPANT, DAY, None, "fictional gazette")
    with pytest.raises(NotPermitted):
        actions.seed_register(by=actor, at=NOW)
    with pytest.raises(NotPermitted):
        actions.set_national_date(by=actor, at=NOW, by_list="CA", code="KE", entry=entry)


def test_two_decisions_on_one_status_cannot_both_stand(seeded):
    actions.suspend(by=CHAIR, at=NOW, decision=DECISION)
    row = StatusRow.objects.get(participant="GH", status="SUSPENDED")
    row.pk, row.since = None, date(2026, 12, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_decision_on_a_status_that_has_moved_on_is_a_conflict(seeded, monkeypatch):
    stale = queries.effective_statuses("CG")[:-1]  # as read before somebody else's decision came in
    queries.register()
    monkeypatch.setattr(queries, "effective_statuses", lambda code: stale)
    with pytest.raises(Conflict), transaction.atomic():
        actions.suspend(by=CHAIR, at=NOW, decision=replace(DECISION, code="CG"))


def test_who_never_took_part_is_said_to_be_outside_from_the_beginning(seeded):
    admitted = replace(DECISION, verb=Verb.ADMIT, code="KE")
    actions.admit(by=CHAIR, at=NOW, decision=admitted, name="Kenya")
    with pytest.raises(Refused) as refusal, transaction.atomic():
        actions.reinstate(by=CHAIR, at=NOW, decision=replace(DECISION, verb=Verb.REINSTATE, code="KE"))
    assert "since 2026-12-01" in str(refusal.value)
    assert queries.register().status_at("KE", date(2026, 1, 1)).since_text == "the beginning"
    assert queries.register().status_at("KE", DAY).since_text == "2026-12-01"


def test_a_national_list_gets_days_of_its_own(seeded):
    entry = StatusPeriod(Status.NON_PARTICIPANT, DAY, None, "SOR/2026-1, fictional")
    actions.set_national_date(by=SEKGOMA, at=NOW, by_list="CA", code="UZ", entry=entry)
    register = queries.register()
    assert register.trades_at("UZ", DAY)
    assert not register.trades_at("UZ", DAY, "CA")
    assert register.trades_at("UZ", date(2026, 11, 30), "CA")
    assert NationalListDate.objects.get(by_list="CA", code="UZ", since=DAY).replaces.since == date(2025, 1, 23)
    assert history("CA:UZ")[0]["event"] == "national_list.dated"


def test_a_national_list_entry_needs_a_source_and_leaves_the_past_alone(seeded):
    entry = StatusPeriod(Status.NON_PARTICIPANT, date(2001, 1, 1), None, "")
    with pytest.raises(Refused) as refusal, transaction.atomic():
        actions.set_national_date(by=SEKGOMA, at=NOW, by_list="CA", code="UZ", entry=entry)
    assert [objection.rule for objection in refusal.value.objections] == ["R173", "R173"]


def test_a_list_nobody_had_may_be_begun(seeded):
    entry = StatusPeriod(Status.PARTICIPANT, DAY, None, "fictional gazette")
    actions.set_national_date(by=SEKGOMA, at=NOW, by_list="HK", code="KE", entry=entry)
    assert queries.register().listed("KE", DAY, "HK") is True


def test_an_authority_follows_another(seeded):
    named = Authority("SL", "SL", "Fictional Diamond Office", True, True, None, None, "Chair's notice, fictional")
    actions.designate_authority(by=SEKGOMA, at=NOW, authority=named, replaces="national minerals agency", since=DAY)
    register = queries.register()
    assert register.authority("Fictional Diamond Office", "SL", DAY)
    assert register.authority("Fictional Diamond Office", "SL", date(2026, 11, 30)) is None
    assert register.authority("National Minerals Agency", "SL", date(2026, 11, 30))
    assert register.authority("National Minerals Agency", "SL", DAY) is None
    assert history("SL")[0]["statement"]["replaces"] == "national minerals agency"


def test_an_authority_of_nobody_or_instead_of_nobody_is_not_found(seeded):
    named = Authority("KE", "KE", "Nobody", True, True, None, None, "fictional")
    with pytest.raises(NotFound), transaction.atomic():
        actions.designate_authority(by=SEKGOMA, at=NOW, authority=named)
    with pytest.raises(NotFound), transaction.atomic():
        actions.designate_authority(by=SEKGOMA, at=NOW, authority=replace(named, participant="SL"), replaces="Nobody")


def test_a_profile_value_is_laid_over_and_the_old_one_stays_on_record(seeded):
    for digits in (7, 8):
        stated = {"value": digits, "source": "Notice of the authority, fictional"}
        actions.set_profile_value(by=SEKGOMA, at=NOW, code="BW", field="number_digits", stated=stated)
    assert queries.profiles().of("BW").number_digits.value == 8
    assert [row.value for row in ProfileValue.objects.all()] == [7, 8]
    assert history("BW.number_digits")[1]["statement"]["before"] == 7


def test_a_profile_value_may_be_taken_away(seeded):
    stated = {"value": None, "source": "The law was repealed, fictional"}
    actions.set_profile_value(by=DIRK, at=NOW, code="EU", field="fee_within_cost", stated=stated)
    assert queries.profiles().of("EU").fee_within_cost is None


@pytest.mark.parametrize("stated", [{"value": "seven", "source": "s"}, {"value": 7}, {"value": 7, "source": " "}])
def test_a_wrong_profile_value_is_refused(seeded, stated):
    with pytest.raises(Untrusted), transaction.atomic():
        actions.set_profile_value(by=SEKGOMA, at=NOW, code="BW", field="number_digits", stated=stated)
    assert not ProfileValue.objects.exists()


def test_a_field_that_no_profile_has_is_not_found(seeded):
    with pytest.raises(NotFound), transaction.atomic():
        actions.set_profile_value(by=SEKGOMA, at=NOW, code="BW", field="digits", stated={"value": 7, "source": "s"})


def test_a_change_that_was_rolled_back_is_never_shown(seeded):
    def cut_short():
        with transaction.atomic():
            actions.suspend(by=CHAIR, at=NOW, decision=DECISION)
            assert not queries.register().trades_at("GH", DAY)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        cut_short()
    assert queries.register().trades_at("GH", DAY)


def test_a_participant_in_the_register_is_protected(seeded):
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        ParticipantRow.objects.get(code="GH").delete()


def test_rows_name_themselves(seeded):
    assert str(ParticipantRow.objects.get(code="GH")) == "GH"
    assert str(StatusRow.objects.filter(participant="GH").first()).startswith("GH PARTICIPANT")
    assert str(AuthorityRow.objects.get(code="EU-IE")).startswith("EU-IE The Kimberley Process")
    assert str(Version.objects.get()) == "1"
    assert str(ProfileValue(code="SL", field="special")) == "SL.special"
    assert str(NationalListDate.objects.get(by_list="US", code="UZ", since=date(2025, 3, 6))) == (
        "US UZ PARTICIPANT 2025-03-06"
    )


def test_reading_the_register_again_costs_one_query(seeded, django_assert_num_queries):
    queries.register()
    with django_assert_num_queries(1):
        queries.register()


def test_a_correction_takes_the_place_of_what_was_wrong_and_leaves_it_on_record(seeded):
    admitted = date(2004, 3, 17)
    entry = StatusPeriod(Status.PARTICIPANT, admitted, None, "Chair's notice of that day, fictional")
    actions.correct_status(by=CHAIR, at=NOW, code="GH", since=date(2004, 1, 1), entry=entry)
    ghana = queries.register().participants["GH"]
    assert [(p.status, p.since) for p in ghana.history] == [(Status.PARTICIPANT, admitted)]
    assert ghana.period_at(date(2004, 2, 1)).status is Status.NON_PARTICIPANT
    assert StatusRow.objects.filter(participant="GH").count() == 2
    assert history("GH")[0]["event"] == "participant.corrected"
    assert history("GH")[0]["statement"]["corrects"]["since"] == "2004-01-01"
    actions.suspend(by=CHAIR, at=NOW, decision=DECISION)
    assert queries.register().status_at("GH", DAY).status is Status.SUSPENDED


@pytest.mark.parametrize(
    ("since", "source", "rules"),
    [
        (date(2013, 5, 23), "s", ["R165"]),  # would pass the suspension before it
        (date(2024, 11, 15), "s", ["R165"]),  # would pass the reinstatement after it
        (date(2015, 7, 18), " ", ["R172"]),
    ],
)
def test_a_correction_stays_between_its_neighbours_and_has_a_source(seeded, since, source, rules):
    entry = StatusPeriod(Status.RESTRICTED, since, None, source, zones=("Berberati",))
    with pytest.raises(Refused) as refusal, transaction.atomic():
        actions.correct_status(by=CHAIR, at=NOW, code="CF", since=date(2015, 7, 17), entry=entry)
    assert [objection.rule for objection in refusal.value.objections] == rules


def test_what_never_began_cannot_be_corrected(seeded):
    entry = StatusPeriod(Status.RESTRICTED, DAY, None, "s")
    with pytest.raises(NotFound), transaction.atomic():
        actions.correct_status(by=CHAIR, at=NOW, code="CF", since=date(2015, 7, 18), entry=entry)
