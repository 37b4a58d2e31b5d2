"""The shipped data: complete, sourced, and in agreement with the lists it was made from, or saying where not."""

import re
from datetime import date

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.participants import statements
from openkimberley.participants.data import shipped_document, shipped_profiles, shipped_register
from openkimberley.participants.facts import Status

REGISTER = shipped_register()
TODAY = date(2026, 1, 1)


def rows_of(participant):
    for kind in ("history", "covers", "prefixes", "producer", "zones", "authorities"):
        for row in getattr(participant, kind):
            yield f"{participant.code}.{kind}", row


def test_sixty_participants_and_chinese_taipei():
    trading = [c for c in REGISTER.participants if REGISTER.status_at(c, TODAY).status is Status.TRADING_ENTITY]
    assert len(REGISTER.members_at(TODAY)) == 60
    assert trading == ["TW"]


def test_every_row_has_a_source():
    bare = [where for one in REGISTER.participants.values() for where, row in rows_of(one) if not row.source.strip()]
    assert not bare
    assert not [code for code, one in REGISTER.national_lists.items() if not one.source]
    for national in REGISTER.national_lists.values():
        assert all(entry.source for entries in national.periods.values() for entry in entries)


def test_every_profile_value_has_a_source():
    assert all(v.source.strip() for p in shipped_profiles().by_code.values() for v in p.known().values())


def test_addresses_of_sources_are_addresses():
    urls = [row.url for one in REGISTER.participants.values() for _, row in rows_of(one) if row.url]
    assert urls
    assert all(re.match(r"https?://[^\s]+$", url) for url in urls)


def test_what_is_not_known_to_the_day_says_so_and_why():
    for one in REGISTER.participants.values():
        for period in one.history:
            if period.precision != "day":
                assert period.note, one.code
                assert period.earliest <= period.since <= period.latest, one.code
            if period.confidence.startswith("own"):
                assert period.note or period.decision, one.code


def test_histories_have_no_gap_and_stay_open():
    for one in REGISTER.participants.values():
        statements.check_history(one.history, one.code)


def test_every_participant_of_today_has_an_authority():
    assert [one.code for one in REGISTER.members_at(TODAY) if not one.authorities] == [
        "KG", "MZ", "QA", "UZ",  # nobody has told us
    ]  # fmt: skip


def test_the_union_has_twenty_seven_states():
    covers = [c for c in REGISTER.participants["EU"].covers if c.country and c.until is None]
    assert len(covers) == 27


def test_the_canadian_schedule_agrees_or_the_difference_is_named():
    canada = next(one for one in shipped_document("national_lists")["lists"] if one["list"] == "CA")
    differences = {
        (version["in_force_from"], code)
        for version in canada["versions"]
        if version["in_force_from"] > "2019"
        for code in set(REGISTER.participants) | set(version["names"])
        if (code in version["names"])
        != (REGISTER.status_at(code, date.fromisoformat(version["in_force_from"])).status
            not in {Status.MERGED, Status.NON_PARTICIPANT, Status.APPLICANT, Status.REMOVED})
    }  # fmt: skip
    # Canada followed later each time, so on the days its versions came into force nothing differs.
    assert differences == set()


CHAIRS_LIST = (  # of 31 October 2003, in its order
    "AO AM AU BY BW BR BG CA CF CN CD CG CI HR EU GN GY HU IN IL JP KR LA LB LS MY MU NA PL RO RU SL SI ZA LK CH TZ TH "
    "TG UA AE US VE VN ZW"
)


def test_the_chairs_list_of_2003_agrees():
    assert set(CHAIRS_LIST.split()) == {one.code for one in REGISTER.members_at(date(2003, 10, 31))}


def test_contradicting_sources_are_both_kept():
    assert any("2007" in doubt for doubt in REGISTER.participants["LB"].doubts)
    assert any("4 November 2010" in doubt for doubt in REGISTER.participants["VE"].doubts)
    assert any("2009-10" in doubt for doubt in REGISTER.participants["EU"].doubts)
    assert any("Canada" in doubt for doubt in REGISTER.participants["HR"].doubts)


def test_the_canadian_schedule_carries_its_attribution():
    assert "Open Government Licence - Canada" in REGISTER.national_lists["CA"].attribution


def test_everything_survives_writing_and_reading():
    again = {"participants": [statements.write_participant(one) for one in REGISTER.participants.values()]}
    assert statements.read_participants(again) == REGISTER.participants


GOOD = {"code": "XX", "name": "X", "history": [{"status": "PARTICIPANT", "since": "2003-01-01", "source": "s"}]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"history": [{"status": "MEMBER", "since": "2003-01-01", "source": "s"}]}, "history[0].status: 'MEMBER'"),
        ({"history": [{"status": "PARTICIPANT", "since": "soon", "source": "s"}]}, "history[0].since: a date"),
        ({"history": [{"status": "PARTICIPANT", "since": "2003-01-01"}]}, "history[0]: missing keys source"),
        ({"history": [{"status": "PARTICIPANT", "since": "2003-01-01", "source": " "}]}, "source: a source is wanted"),
        ({"history": [{"status": "PARTICIPANT", "since": "2003-01-01", "source": "s", "x": 1}]}, "unknown keys x"),
        ({"history": [{"status": "PARTICIPANT", "since": "2003-01-01", "source": "s", "zones": "a"}]}, "list of texts"),
        ({"history": [{**GOOD["history"][0], "until": "2002-01-01"}]}, "ends before"),
        ({"history": [{**GOOD["history"][0], "until": "2004-01-01"}]}, "must be open"),
        ({"history": [{"status": "PARTICIPANT", "since": "2003-01-01", "source": "s"},
                      {"status": "REMOVED", "since": "2004-01-01", "source": "s"}]}, "the next period begins"),
        ({"history": "none"}, "a list is wanted"),
        ({"history": [1]}, "an object is wanted"),
        ({"kind": "CITY"}, "XX).kind: one of"),
        ({"code": ""}, "code: text is wanted"),
        ({"more": 1}, "unknown keys more"),
        ({"covers": [{"code": "YY", "source": "s", "country": "yes"}]}, "covers[0].country: true or false"),
        ({"note": 1}, "note: text is wanted"),
    ],
)  # fmt: skip
def test_wrong_data_is_refused_naming_row_and_field(change, said):
    with pytest.raises(Untrusted) as refusal:
        statements.read_participants({"participants": [{**GOOD, **change}]})
    assert said in refusal.value.reason


@pytest.mark.parametrize(
    ("read", "document", "said"),
    [
        (statements.read_participants, {}, "a list is wanted"),
        (statements.read_participants, {"participants": [GOOD, GOOD]}, "XX stands twice"),
        (statements.read_profiles, {"profiles": {"XX": {"validity": {"value": 1}}}}, "value and source are wanted"),
        (statements.read_profiles, {"profiles": {"XX": {"validity": {"value": 1, "source": "s"}}}}, "an object"),
        (statements.read_national_lists, {"lists": 1}, "a list is wanted"),
        (statements.read_national_lists,
         {"lists": [{"list": "XX", "law": "x", "source": "s", "versions": [{"names": {}}]}]}, "a date is wanted"),
    ],
)  # fmt: skip
def test_wrong_documents_are_refused(read, document, said):
    with pytest.raises(Untrusted) as refusal:
        read(document)
    assert said in refusal.value.reason


def test_a_gap_between_recorded_periods_is_filled_as_no_participation():
    history = [
        {"status": "PARTICIPANT", "since": "2003-01-01", "until": "2004-01-01", "source": "s"},
        {"status": "PARTICIPANT", "since": "2005-01-01", "source": "s"},
    ]
    found = statements.read_participants({"participants": [{**GOOD, "history": history}]})["XX"]
    assert found.period_at(date(2004, 6, 1)).status is Status.NON_PARTICIPANT
