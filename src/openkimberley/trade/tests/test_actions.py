"""The verbs of the register: permitted, refused, recorded, in conflict."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.cast import AUDITOR, BE, BW, DIRK, KAGISO, NOW, SEKGOMA, VISITOR

from openkimberley.desk.tables import BadRows, read_table, write_table
from openkimberley.journal import queries as journal
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.measures import Period
from openkimberley.trade import actions, models, queries, statements
from openkimberley.trade.facts import Holder, LegalForm, LicenceKind

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
HOLDER = Holder("Fictional Kalahari Rough (Pty) Ltd", "Plot 1, Gaborone", "BW", area="Gaborone", email="k@example.org")


@contextmanager
def raises(kind, match=None):
    """The error is raised, and the act that raised it is undone: the test goes on in the same transaction."""
    with pytest.raises(kind, match=match) as caught, transaction.atomic():
        yield caught


def grant(**more):
    kinds = [LicenceKind.EXPORTER]
    stated = {"by": SEKGOMA, "at": NOW, "authority": BW, "kinds": kinds, "holder": HOLDER, "term": YEAR}
    return actions.grant(**(stated | more))


def test_a_granted_licence_is_in_the_register_and_in_the_journal():
    one = grant()
    assert one.number == "BW-EXP-2026-0001"
    assert queries.licence(BW, one.number) == one
    said = journal.history(one.number)
    assert [entry["event"] for entry in said] == ["licence.granted"]
    assert HOLDER.address not in json.dumps(said)


def test_numbers_follow_one_another_in_each_series_without_gaps():
    numbers = [grant().number for _ in range(2)]
    with raises(Refused):
        grant(holder=Holder(""))
    numbers += [grant().number, grant(kinds=[LicenceKind.IMPORTER, LicenceKind.DEALER]).number]
    assert numbers == ["BW-EXP-2026-0001", "BW-EXP-2026-0002", "BW-EXP-2026-0003", "BW-IMP-2026-0001"]


def test_a_number_that_came_in_by_hand_is_not_given_again():
    grant(number="BW-EXP-2026-0001")
    assert grant().number == "BW-EXP-2026-0002"


def test_a_number_is_given_once():
    grant(number="OLD 1")
    with raises(Conflict, match="already"):
        grant(number="OLD 1")
    assert grant(by=DIRK, authority=BE, kinds=[LicenceKind.IMPORTER], number="OLD 1").authority == BE
    assert queries.known_licences(["OLD 1"]) == {}
    assert queries.known_licences(["OLD 1", "none"], BW)["OLD 1"].authority == BW


@pytest.mark.parametrize("who", [VISITOR, KAGISO, AUDITOR, DIRK])
def test_only_the_authoritys_own_supervisor_grants(who):
    with raises(NotPermitted):
        grant(by=who)
    assert not models.Licence.objects.exists()


def test_R122_an_incomplete_record_is_refused_with_every_objection():
    with raises(Refused) as caught:
        grant(holder=Holder("A"))
    assert [o.field for o in caught.value.objections] == ["address", "nationality"]


@pytest.mark.parametrize("more", [{"kinds": []}, {"number": "<script>"}])
def test_a_licence_of_no_kind_or_with_a_strange_number_is_not_granted(more):
    with raises(Conflict):
        grant(**more)


def act(verb, number, **more):
    return getattr(actions, verb)(by=SEKGOMA, at=NOW, authority=BW, number=number, **more)


def test_suspended_reinstated_and_revoked_each_from_its_day():
    number = grant().number
    act("suspend", number, since=date(2026, 11, 2), reason="returns are late")
    act("reinstate", number, since=date(2026, 11, 20), reason="returns came in")
    one = act("revoke", number, since=date(2026, 12, 1), reason="forged invoice")
    assert one == queries.licence(BW, number)
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 20), date(2026, 12, 1)]
    assert [one.status_on(day).value for day in days] == ["GRANTED", "SUSPENDED", "GRANTED", "REVOKED"]
    events = [entry["event"] for entry in journal.history(number)]
    assert events == ["licence.granted", "licence.suspended", "licence.reinstated", "licence.revoked"]


def test_what_the_status_forbids_is_a_conflict():
    number = grant().number
    with raises(Conflict, match="in force"):
        act("reinstate", number, since=TODAY, reason="x")
    with raises(Conflict, match="says why"):
        act("suspend", number, since=TODAY, reason=" ")
    act("suspend", number, since=TODAY, reason="x")
    with raises(Conflict, match="suspended"):
        act("suspend", number, since=TODAY, reason="x")
    with raises(Conflict, match="before it"):
        act("revoke", number, since=TODAY - timedelta(days=5), reason="x")
    act("revoke", number, since=TODAY, reason="x")
    for verb, more in [("renew", {"term": Period(date(2027, 1, 1))}), ("suspend", {"since": TODAY, "reason": "x"})]:
        with raises(Conflict, match="revoked"):
            act(verb, number, **more)
    with raises(NotFound):
        act("revoke", "NONE", since=TODAY, reason="x")


def test_a_renewal_follows_the_last_term_and_never_overlaps():
    number = grant().number
    with raises(Conflict, match="valid in that time"):
        act("renew", number, term=Period(date(2026, 12, 31), date(2028, 1, 1)))
    with raises(Conflict):
        act("renew", number, term=Period(date(2025, 1, 1), date(2025, 6, 1)))
    one = act("renew", number, term=Period(date(2027, 1, 1), date(2028, 1, 1)))
    assert one.in_force("EXPORTER", date(2027, 6, 1))


def test_an_amendment_is_a_new_version_that_names_the_old():
    number = grant().number
    moved = replace(HOLDER, address="Plot 2, Francistown", name="Fictional Kalahari Rough Holdings")
    kinds = [LicenceKind.EXPORTER, LicenceKind.IMPORTER]
    more = {"kinds": kinds, "holder": moved, "since": date(2026, 12, 1), "reason": "moved"}
    act("amend", number, version=1, **more)
    assert queries.licence(BW, number, on=date(2026, 11, 30)).holder == HOLDER
    assert queries.licence(BW, number, on=date(2026, 12, 1)).holder == moved
    assert queries.licence(BW, number).version == 2
    assert journal.history(number)[-1]["statement"]["amends"] == 1
    with raises(Conflict, match="meanwhile"):
        act("amend", number, version=1, **more)
    with raises(Conflict, match="cannot be earlier"):
        act("amend", number, version=2, **(more | {"since": date(2026, 1, 1)}))
    with raises(Conflict, match="says why"):
        act("amend", number, version=2, **(more | {"reason": ""}))
    with raises(Refused):
        act("amend", number, version=2, **(more | {"holder": Holder("A")}))
    assert [v.version for v in queries.versions(BW, number)] == [2, 1]


def test_an_agent_files_for_a_company_between_two_days():
    company, agent = grant().number, grant(kinds=[LicenceKind.AGENT]).number
    more = {"by": SEKGOMA, "at": NOW, "authority": BW, "agent": agent, "company": company}
    actions.name_agent(**more, period=Period(TODAY), document="POA 7")
    assert queries.companies_of(agent, TODAY) == {company}
    assert [one.number for one in queries.agents_of(company, TODAY)] == [agent]
    with raises(Conflict, match="already"):
        actions.name_agent(**more, period=Period(TODAY))
    actions.end_agent(**more, until=TODAY + timedelta(days=3))
    assert queries.companies_of(agent, TODAY + timedelta(days=3)) == frozenset()
    assert queries.agents_of(company, TODAY + timedelta(days=3)) == []
    with raises(Conflict, match="no power"):
        actions.end_agent(**more, until=TODAY + timedelta(days=9))
    assert [entry["event"] for entry in journal.history(agent)][1:] == ["agent.named", "agent.ended"]


def test_only_an_agent_is_named_and_only_for_a_known_company():
    company, agent = grant().number, grant(kinds=[LicenceKind.AGENT]).number
    more = {"by": SEKGOMA, "at": NOW, "authority": BW, "period": Period(TODAY)}
    with raises(Conflict, match="agent"):
        actions.name_agent(**more, agent=company, company=agent)
    with raises(NotFound):
        actions.name_agent(**more, agent=agent, company="NONE")
    assert queries.companies_of("NONE", TODAY) == frozenset()


def test_stock_is_declared_once_a_year_and_not_for_years_to_come():
    number = grant().number
    act("declare_stock", number, year=2025)
    assert queries.licence(BW, number).stock_declared == {2025}
    for year in (2025, 2027, 1999):
        with raises(Conflict):
            act("declare_stock", number, year=year)


def test_the_database_itself_refuses_a_number_twice_and_a_term_that_ends_first():
    number = grant().number
    row = models.Licence.objects.get(number=number)
    with raises(IntegrityError):
        models.Licence.objects.create(authority=BW, number=number, recorded_at=NOW)
    with raises(IntegrityError):
        models.Term.objects.create(licence=row, since=TODAY, until=TODAY, recorded_at=NOW)


# --- tables -----------------------------------------------------------------------------------------------------------

GOOD = {
    "kinds": "EXPORTER", "holder": "Fictional A", "address": "Plot 1", "nationality": "bw", "valid_from": "2026-01-01"
}  # fmt: skip


def load(*rows, by=SEKGOMA, kind="csv"):
    columns = sorted({column for row in rows for column in row})
    return actions.load(by=by, at=NOW, authority=BW, rows=read_table(write_table(rows, kind, columns), f"x.{kind}"))


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_a_table_is_loaded_whole(kind):
    numbers = load(GOOD, GOOD | {"number": "OLD/7", "valid_to": "2026-12-31"}, kind=kind)
    assert numbers == ("BW-EXP-2026-0001", "OLD/7")
    assert queries.licence(BW, "OLD/7").terms == (YEAR,)
    assert journal.entries(event="licences.loaded").count() == 1
    assert journal.entries(event="licence.granted").count() == 2


def test_one_bad_row_leaves_the_register_as_it_was_and_every_fault_is_reported():
    grant(number="TAKEN")
    bad = [
        {"number": "TAKEN"}, {"number": "TWICE"}, {"number": "TWICE"}, {"address": ""}, {"kinds": "PIRATE"},
        {"kinds": ""}, {"valid_from": "1.1.2026"}, {"valid_from": ""}, {"valid_to": "2025-01-01"},
        {"valid_to": "9999-12-31"}, {"nationality": "Botswana"}, {"email": "no"}, {"legal_form": "CLUB"},
        {"one_time": "maybe"}, {"status": "SUSPENDED"}, {"status": "REVOKED", "status_since": "2026-02-01"},
        {"authority": "EU-BE"}, {"number": "<b>"}, {"holder": "x" * 300}, {"colour": "red"},
    ]  # fmt: skip
    with raises(BadRows) as caught:
        load(GOOD, *[GOOD | one for one in bad])
    lines = {fault.line for fault in caught.value.faults}
    assert lines >= {2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22}
    missing = [fault for fault in caught.value.faults if fault.rule == "R122"]
    assert [(fault.line, fault.field) for fault in missing] == [(6, "address")]
    assert all(fault.remedy for fault in caught.value.faults if fault.field)
    assert models.Licence.objects.count() == 1


def test_an_empty_table_and_a_stranger_load_nothing():
    with raises(BadRows, match="no rows"):
        actions.load(by=SEKGOMA, at=NOW, authority=BW, rows=[])
    with raises(NotPermitted):
        load(GOOD, by=DIRK)


def test_what_is_exported_can_be_loaded_elsewhere():
    person = replace(HOLDER, legal_form=LegalForm.INDIVIDUAL, residence="resident", contact="+267", registration_id="7")
    number = grant(holder=person, one_time=True).number
    act("suspend", number, since=TODAY, reason="=HYPERLINK(1)")
    rows = [statements.to_row(one, TODAY) for one in queries.every(on=TODAY)]
    data = write_table(rows, "csv", statements.COLUMNS)
    again = read_table(data.replace(number.encode(), b"COPY-1"), "x.csv")
    assert actions.load(by=SEKGOMA, at=NOW, authority=BW, rows=again) == ("COPY-1",)
    copy = queries.licence(BW, "COPY-1")
    assert replace(copy, number=number) == queries.licence(BW, number)


# --- search -----------------------------------------------------------------------------------------------------------


def test_the_search_finds_names_without_accents_numbers_without_dots_and_former_names():
    number = grant(holder=replace(HOLDER, name="Société Générique (fictive)"), number="EX.77/9").number
    for text in ("societe", "GENERIQUE", "ex779", "ex.77", ""):
        assert [one.number for one in queries.search(on=TODAY, text=text).licences] == [number]
    assert queries.search(on=TODAY, text="nobody").total == 0
    renamed = replace(HOLDER, name="Fictional Newname")
    act("amend", number, version=1, kinds=[LicenceKind.DEALER], holder=renamed, since=TODAY, reason="renamed")
    assert queries.search(on=TODAY, text="societe").licences[0].holder.name == "Fictional Newname"
    assert queries.search(on=TODAY, kind="DEALER").total == 1
    assert queries.search(on=TODAY, kind="EXPORTER").total == 0
    assert queries.search(on=TODAY - timedelta(days=1), kind="EXPORTER").total == 1


def test_the_search_by_status_says_the_same_as_the_licence_itself():
    for status in ("PENDING", "GRANTED", "SUSPENDED", "EXPIRED", "REVOKED"):
        terms = {"PENDING": Period(date(2027, 1, 1)), "EXPIRED": Period(date(2025, 1, 1), date(2026, 1, 1))}
        number = grant(term=terms.get(status, YEAR), number=status).number
        if status in ("SUSPENDED", "REVOKED"):
            act("suspend", number, since=date(2026, 3, 1), reason="x")
        if status == "REVOKED":
            act("revoke", number, since=date(2026, 4, 1), reason="x")
    for day in (date(2024, 1, 1), date(2025, 6, 1), date(2026, 3, 5), TODAY, date(2028, 1, 1)):
        for status in ("PENDING", "GRANTED", "SUSPENDED", "EXPIRED", "REVOKED"):
            found = {one.number for one in queries.search(on=day, status=status).licences}
            assert found == {one.number for one in queries.every(on=day) if one.status_on(day) == status}, (day, status)
    assert queries.search(on=TODAY, status="NONSENSE").total == 0


def test_the_search_is_paged_and_asks_the_database_five_times(django_assert_num_queries):
    load(*[GOOD | {"number": f"N{i:03}"} for i in range(60)])
    with django_assert_num_queries(5):
        found = queries.search(on=TODAY, page=3)
    assert (found.total, found.pages, found.page, len(found.licences)) == (60, 3, 3, 10)
    assert queries.search(on=TODAY, page=99).page == 3
    assert queries.authorities() == [BW]
