"""What the record of a licence must hold, and what a licence is on a day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.measures import Period
from openkimberley.kernel.rules import Severity
from openkimberley.trade import facts, rules, statements
from openkimberley.trade.facts import Change, Holder, Licence, LicenceKind, LicenceStatus, PowerOfAttorney

D = date


def licence(**more):
    stated = {
        "authority": "BW",
        "number": "BW-EXP-2026-0001",
        "kinds": frozenset({LicenceKind.EXPORTER}),
        "holder": Holder("Fictional Kalahari Rough (Pty) Ltd", "Plot 1, Gaborone", "BW", area="Gaborone"),
        "terms": (Period(D(2026, 1, 1), D(2027, 1, 1)),),
    }
    return Licence(**(stated | more))


def test_R122_a_complete_record_passes():
    assert list(rules.licence_record_is_complete(licence())) == []


@pytest.mark.parametrize("field", ["name", "address", "nationality"])
def test_R122_a_record_without_name_address_or_nationality_is_refused(field):
    stated = {"name": "A", "address": "B", "nationality": "BW", "area": "C", field: " "}
    found = list(rules.licence_record_is_complete(licence(holder=Holder(**stated))))
    assert [(o.rule, o.severity, o.field) for o in found] == [("R122", Severity.REFUSE, field)]


def test_R122_residence_status_serves_as_well_as_nationality():
    assert rules.before_grant(licence(holder=Holder("A", "B", residence="permanent resident"))) == []


def test_R122_the_area_is_needed_by_miners_and_asked_of_traders():
    bare = Holder("A", "B", "BW")
    assert [o.severity for o in rules.licence_record_is_complete(licence(holder=bare))] == [Severity.FLAG]
    miner = licence(holder=bare, kinds=frozenset({LicenceKind.MINER}))
    assert [o.field for o in rules.before_grant(miner)] == ["area"]


def test_R122_all_that_is_missing_is_said_at_once():
    assert len(rules.before_grant(licence(holder=Holder("")))) == 3


def test_a_licence_is_pending_then_granted_then_expired():
    one = licence()
    days = [D(2025, 12, 31), D(2026, 1, 1), D(2026, 12, 31), D(2027, 1, 1)]
    assert [one.status_on(day).value for day in days] == ["PENDING", "GRANTED", "GRANTED", "EXPIRED"]
    assert [one.in_force("EXPORTER", day) for day in days] == [False, True, True, False]
    assert not one.in_force(LicenceKind.IMPORTER, D(2026, 5, 1))


def test_a_gap_between_two_terms_is_a_gap():
    one = licence(terms=(Period(D(2024, 1, 1), D(2025, 1, 1)), Period(D(2025, 3, 1), None)))
    assert one.status_on(D(2025, 2, 1)) is LicenceStatus.EXPIRED
    assert one.status_on(D(2030, 1, 1)) is LicenceStatus.GRANTED
    assert one.term_on(D(2025, 2, 1)) == one.terms[0]
    assert one.term_on(D(2020, 1, 1)) == one.terms[0]
    assert licence(terms=()).term_on(D(2020, 1, 1)) is None


def test_a_suspension_holds_from_its_day_until_it_is_lifted():
    first, then = Change(LicenceStatus.SUSPENDED, D(2026, 3, 1)), Change(LicenceStatus.GRANTED, D(2026, 4, 1))
    one = licence(changes=(first, then))
    days = [D(2026, 2, 28), D(2026, 3, 1), D(2026, 4, 1)]
    assert [one.status_on(day).value for day in days] == ["GRANTED", "SUSPENDED", "GRANTED"]


def test_a_suspended_licence_expires_all_the_same_and_a_revoked_one_stays_revoked():
    suspended = licence(changes=(Change(LicenceStatus.SUSPENDED, D(2026, 3, 1)),))
    assert suspended.status_on(D(2027, 5, 1)) is LicenceStatus.EXPIRED
    revoked = licence(changes=(Change(LicenceStatus.REVOKED, D(2026, 3, 1)),))
    assert revoked.status_on(D(2027, 5, 1)) is LicenceStatus.REVOKED
    assert facts.TRANSITIONS[LicenceStatus.REVOKED] == frozenset()


def test_an_agent_files_for_the_companies_that_named_it_while_both_hold():
    power = PowerOfAttorney("BW-EXP-2026-0001", Period(D(2026, 2, 1), D(2026, 6, 1)))
    agent = licence(kinds=frozenset({LicenceKind.AGENT}), may_file_for=(power,))
    assert agent.files_for("BW-EXP-2026-0001", D(2026, 2, 1))
    assert not agent.files_for("BW-EXP-2026-0001", D(2026, 6, 1))
    assert not agent.files_for("BW-EXP-2026-0002", D(2026, 2, 1))
    assert not licence(may_file_for=(power,)).files_for("BW-EXP-2026-0001", D(2026, 2, 1))


@given(st.dates(D(1990, 1, 1), D(2060, 1, 1)))
def test_every_day_has_one_status(day):
    assert licence(changes=(Change(LicenceStatus.SUSPENDED, D(2026, 3, 1)),)).status_on(day) in LicenceStatus


def test_search_keys_forget_case_accents_and_dots():
    assert facts.search_key("  Société  ÅNGSTRÖM & Łódź ") == "societe angstrom & lodz"
    assert facts.number_key("bw-exp. 2026/1") == "BWEXP20261"


def test_a_licence_written_as_a_row_reads_back_the_same():
    from openkimberley.desk.tables import Row

    one = licence(changes=(Change(LicenceStatus.SUSPENDED, D(2026, 3, 1), "late returns"),), one_time=True)
    row = statements.to_row(one, D(2026, 11, 2))
    assert set(row) == set(statements.COLUMNS)
    assert (row["valid_from"], row["valid_to"]) == ("2026-01-01", "2026-12-31")
    assert statements.from_row(Row(2, row), "BW") == (one, [])


def test_the_public_record_and_the_journal_name_no_address():
    person = Holder("Fictional Person", "Secret Street 5", "BW", "resident", "Orapa", facts.LegalForm.INDIVIDUAL,
                    "ID-9", "secret@example.org", "+267 1")  # fmt: skip
    one = licence(holder=person)
    public, journal = str(statements.to_public(one, D(2026, 2, 1))), str(statements.for_journal(one))
    for secret in ("Secret Street", "secret@", "+267", "ID-9", "resident"):
        assert secret not in public
        assert secret not in journal
    assert "Fictional Person" in public
    assert "Fictional Person" not in journal


def test_the_last_day_is_said_as_people_say_it():
    assert statements.term_of(D(2026, 1, 1), D(2026, 1, 1)) == Period(D(2026, 1, 1), D(2026, 1, 2))
    assert statements.last_day(Period(D(2026, 1, 1))) == ""
    for last in (D(2025, 1, 1), date.max):
        with pytest.raises(ValueError, match="ends after"):
            statements.term_of(D(2026, 1, 1), last)


days = st.sampled_from(["", "2026-01-01", "0001-01-01", "9999-12-31", "20260101", "1.1.2026", "2026-02-30"])
cells = st.fixed_dictionaries(
    {},
    optional={
        column: days if column in ("valid_from", "valid_to", "status_since") else st.text(max_size=12)
        for column in (*statements.COLUMNS, "stranger")
    },
)


@given(cells)
def test_no_row_of_a_table_ends_in_an_error(given_cells):
    from openkimberley.desk.tables import Fault, Row

    found, faults = statements.from_row(Row(2, given_cells), "BW")
    assert isinstance(found, Licence)
    assert all(isinstance(one, Fault) and one.message for one in faults)
    rules.before_grant(found)
