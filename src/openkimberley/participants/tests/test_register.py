"""Status by date: what the register answers, by shipped data and by any history."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.participants.data import shipped_register
from openkimberley.participants.facts import (
    Cover,
    NationalList,
    Participant,
    Register,
    Status,
    StatusPeriod,
)
from openkimberley.participants.facts.register import ALWAYS

REGISTER = shipped_register()
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))

FACTS_OF_THE_SCHEME = {
    date(2004, 8, 1): {
        "CG": ("removed", False, "2004-07-09"), "CI": ("participant", True, "2003-01-01"),
        "CF": ("participant", True, "2003-01-01"), "VE": ("participant", True, "2003-01-01"),
        "GB": ("merged", False, "2003-01-01"), "UZ": ("non_participant", False, None),
    },
    date(2014, 1, 1): {
        "CG": ("participant", True, "2007-11-08"), "CI": ("embargoed", False, "2005-12-15"),
        "CF": ("suspended", False, "2013-05-23"), "VE": ("self_suspended", False, "2008-11-06"),
        "GB": ("merged", False, "2003-01-01"), "UZ": ("non_participant", False, None),
    },
    date(2016, 1, 1): {
        "CG": ("participant", True, "2007-11-08"), "CI": ("participant", True, "2014-04-29"),
        "CF": ("restricted", False, "2015-07-17"), "VE": ("self_suspended", False, "2008-11-06"),
        "GB": ("merged", False, "2003-01-01"), "UZ": ("non_participant", False, None),
    },
    date(2021, 6, 1): {
        "CG": ("participant", True, "2007-11-08"), "CI": ("participant", True, "2014-04-29"),
        "CF": ("restricted", False, "2015-07-17"), "VE": ("participant", True, "2016-11-17"),
        "GB": ("participant", True, "2021-01-01"), "UZ": ("non_participant", False, None),
    },
    date(2025, 1, 1): {
        "CG": ("participant", True, "2007-11-08"), "CI": ("participant", True, "2014-04-29"),
        "CF": ("participant", True, "2024-11-15"), "VE": ("participant", True, "2016-11-17"),
        "GB": ("participant", True, "2021-01-01"), "UZ": ("participant", True, "2024-11-15"),
    },
}  # fmt: skip


@st.composite
def histories(draw):
    days = sorted(draw(st.sets(DAYS, max_size=8)))
    statuses = draw(st.lists(st.sampled_from(Status), min_size=len(days), max_size=len(days)))
    ends = [*days[1:], None][: len(days)]
    return tuple(StatusPeriod(s, a, b, "drawn") for s, a, b in zip(statuses, days, ends, strict=True))


@given(histories(), DAYS)
def test_periods_never_overlap_and_cover_every_day(history, on):
    participant = Participant("XX", "Drawn", history=history)
    assert sum(period.covers(on) for period in participant.timeline()) == 1
    assert participant.period_at(on).covers(on)
    timeline = participant.timeline()
    assert timeline[0].since == ALWAYS
    assert timeline[-1].until is None
    assert all(a.until == b.since for a, b in pairwise(timeline))


@given(histories(), DAYS)
def test_a_status_changes_only_on_a_recorded_day(history, on):
    participant = Participant("XX", "Drawn", history=history)
    yesterday = on - timedelta(days=1)
    changed = participant.period_at(on) != participant.period_at(yesterday)
    assert changed == (on in {period.since for period in history})


@given(st.sampled_from(sorted(REGISTER.participants)), DAYS)
def test_every_code_has_one_status_on_every_day(code, on):
    period = REGISTER.status_at(code, on)
    assert period.covers(on)
    assert REGISTER.trades_at(code, on) == (period.status in {Status.PARTICIPANT, Status.TRADING_ENTITY})


@given(st.text(max_size=4), DAYS)
def test_any_text_gets_an_answer(code, on):
    assert REGISTER.status_at(code, on).source
    assert REGISTER.is_known_producer(code, on) in {True, False, None}
    assert REGISTER.of_prefix(code, on) is None or code.isupper()


@pytest.mark.parametrize("on", FACTS_OF_THE_SCHEME)
def test_the_register_says_what_the_scheme_knows(on):
    for code, (status, trades, since) in FACTS_OF_THE_SCHEME[on].items():
        period = REGISTER.status_at(code, on)
        said = None if period.since == ALWAYS else period.since.isoformat()
        assert (period.status.word, period.trades, said) == (status, trades, since), code


@pytest.mark.parametrize(
    ("on", "seats", "countries"),
    [
        (date(2003, 8, 31), 39, 53),  # "Kimberley Confirms 53 Participants"
        (date(2003, 10, 31), 45, 59),  # the Chair's list has 45 names
        (date(2004, 8, 1), 43, 67),  # GIL printed 43 names, the European Community with 25 states among them
        (date(2007, 11, 9), 48, 74),  # "47 member countries and the 27-nation European Union"
        (date(2024, 11, 14), 59, 85),
        (date(2026, 1, 1), 60, 86),  # 60 Participants, 86 countries
    ],
)
def test_counts_agree_with_what_was_printed_at_the_time(on, seats, countries):
    assert len(REGISTER.members_at(on)) == seats
    assert len(REGISTER.countries_at(on)) == countries


def test_states_of_the_union_say_which_one():
    merged = REGISTER.status_at("BE", date(2020, 1, 1))
    assert (merged.status, merged.into) == (Status.MERGED, "EU")
    assert REGISTER.participant_of_country("BE", date(2020, 1, 1)) == "EU"
    assert REGISTER.participant_of_country("HU", date(2004, 4, 30)) == "HU"
    assert REGISTER.participant_of_country("HU", date(2004, 5, 1)) == "EU"
    assert REGISTER.participant_of_country("GB", date(2020, 12, 31)) == "EU"
    assert REGISTER.participant_of_country("GB", date(2021, 1, 1)) == "GB"
    assert REGISTER.participant_of_country("GL", date(2020, 1, 1)) == "EU"
    assert REGISTER.participant_of_country("KE", date(2020, 1, 1)) == "KE"


def test_territories_have_the_status_of_their_participant():
    assert REGISTER.trades_at("HK", date(2020, 1, 1))
    assert REGISTER.status_at("MO", date(2020, 1, 1)).into == "CN"
    assert REGISTER.participant_of_country("LI", date(2020, 1, 1)) == "CH"


@pytest.mark.parametrize(
    ("prefix", "on", "owner"),
    [
        ("EU", date(2020, 1, 1), "EU"),
        ("EC", date(2005, 1, 1), "EU"),
        ("EC", date(2015, 1, 1), None),  # least of all Ecuador
        ("HK", date(2015, 1, 1), "CN"),
        ("MO", date(2020, 1, 1), "CN"),
        ("GB", date(2015, 1, 1), None),  # British certificates of then were Union certificates
        ("GB", date(2022, 1, 1), "GB"),
        ("UK", date(2022, 1, 1), "GB"),
        ("TW", date(2015, 1, 1), "TW"),
        ("HR", date(2010, 1, 1), "HR"),
        ("HR", date(2015, 1, 1), None),
        ("KE", date(2015, 1, 1), None),
    ],
)
def test_a_prefix_belongs_to_its_issuer_on_its_day(prefix, on, owner):
    found = REGISTER.of_prefix(prefix, on)
    assert (found.code if found else None) == owner


def test_the_profile_of_a_separate_control_system_is_its_own():
    assert REGISTER.system_of_prefix("HK", date(2015, 1, 1)) == ("CN", "HK")
    assert REGISTER.system_of_prefix("CN", date(2015, 1, 1)) == ("CN", "CN")


def test_national_lists_follow_on_days_of_their_own():
    uzbek = [("", True), ("CA", False), ("US", False)]
    for by_list, trades in uzbek:
        assert REGISTER.trades_at("UZ", date(2024, 12, 1), by_list) is trades
    assert REGISTER.listed("UZ", date(2025, 1, 23), "CA") is True
    assert REGISTER.listed("UZ", date(2025, 3, 5), "US") is False
    assert REGISTER.listed("UZ", date(2025, 3, 6), "US") is True
    assert REGISTER.listed("GB", date(2021, 2, 15), "CA") is False
    assert REGISTER.status_at("QA", date(2022, 5, 27), "CA").since == date(2022, 5, 27)


def test_a_national_list_does_not_lift_what_the_scheme_restricts():
    assert REGISTER.status_at("CF", date(2018, 1, 1), "US").status is Status.RESTRICTED
    assert REGISTER.status_at("CF", date(2016, 1, 1), "US").status is Status.SUSPENDED
    assert REGISTER.status_at("TW", date(2020, 1, 1), "CA").status is Status.TRADING_ENTITY


def test_where_the_versions_held_do_not_tell_the_answer_is_not_known():
    assert REGISTER.listed("AO", date(2010, 1, 1), "CA") is None
    assert REGISTER.listed("AO", date(2010, 1, 1), "nowhere") is None
    assert REGISTER.status_at("AO", date(2010, 1, 1), "CA") == REGISTER.status_at("AO", date(2010, 1, 1))


def test_a_day_inside_a_doubt_is_said_to_be_unsure():
    assert not REGISTER.sure_at("MX", date(2008, 6, 1))
    assert REGISTER.sure_at("MX", date(2012, 8, 14))
    assert REGISTER.sure_at("KE", date(2012, 8, 14))


def test_authorities_are_found_by_code_or_name_on_their_days():
    assert REGISTER.authority("EU-BE", "EU", date(2020, 1, 1)).exporting
    assert REGISTER.authority("national  minerals AGENCY", "SL", date(2015, 10, 5)).code == "SL"
    assert REGISTER.authority("EU-GB", "EU", date(2020, 1, 1))
    assert REGISTER.authority("EU-GB", "EU", date(2021, 1, 1)) is None
    assert REGISTER.authority("EU-BE", "BW", date(2020, 1, 1)) is None
    assert REGISTER.authority("EU-BE", "nowhere", date(2020, 1, 1)) is None


def test_producers_are_known_known_not_to_be_or_unknown():
    assert REGISTER.is_known_producer("BW", date(2020, 1, 1)) is True
    assert REGISTER.is_known_producer("AE", date(2020, 1, 1)) is False
    assert REGISTER.is_known_producer("KE", date(2020, 1, 1)) is None
    assert REGISTER.is_known_producer("BW", date(2000, 1, 1)) is None


def test_zones_open_while_the_restriction_lasts():
    assert [z.name for z in REGISTER.open_zones("CF", date(2015, 12, 1))] == ["Berberati"]
    assert "Nola" in {z.name for z in REGISTER.open_zones("CF", date(2018, 1, 1))}
    assert REGISTER.open_zones("CF", date(2025, 1, 1)) == ()
    assert REGISTER.open_zones("KE", date(2025, 1, 1)) == ()


def test_an_embargo_before_admission_gives_no_seat():
    assert REGISTER.status_at("LR", date(2005, 1, 1)).status is Status.EMBARGOED
    assert "LR" not in {one.code for one in REGISTER.members_at(date(2005, 1, 1))}
    assert "CI" in {one.code for one in REGISTER.members_at(date(2010, 1, 1))}


def test_a_period_says_how_exactly_its_first_day_is_known():
    assert REGISTER.status_at("CG", date(2004, 8, 1)).starts_exactly
    assert not REGISTER.status_at("MX", date(2012, 1, 1)).starts_exactly


def test_a_small_register_of_ones_own_works_too():
    union = Participant("AA", "A", kind="REIO", covers=(Cover("BB", None, None, "s"),))
    listed = StatusPeriod(Status.PARTICIPANT, ALWAYS, None, "s")
    own = Register({"AA": union}, {"XX": NationalList("XX", "X", "s", {"BB": (listed,)})})
    assert own.status_at("BB", date(2020, 1, 1)).into == "AA"
    assert own.status_at("BB", date(2020, 1, 1), "XX").status is Status.PARTICIPANT
    assert own.participant_of_country("BB", date(2020, 1, 1)) == "AA"
    assert own.system_of_prefix("AA", date(2020, 1, 1)) is None
