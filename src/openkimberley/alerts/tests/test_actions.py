"""The verbs of alerts: permitted, refused, recorded, in conflict; and what every desk then knows."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from tests.cast import ANNEKE, AUDITOR, CHAIR, DIRK, KAGISO, MPHO, NOW, SEKGOMA, VISITOR

from openkimberley.alerts import actions, models, queries
from openkimberley.alerts.facts import (
    Alert,
    AlertKind,
    AlertStatus,
    Answer,
    Feature,
    ListedName,
    ListKind,
    Mark,
    MarkKind,
    Picture,
    Specimen,
    Verdict,
    serials,
)
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.measures import Period

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
FAKE = Alert(AlertKind.FAKE, "SL", TODAY, "SL 004911", features=("dotted lines differ",), source="seen at our desk")
FREETOWN = Actor(id="freetown", roles=frozenset({Role.SUPERVISOR}), authority="SL")


@contextmanager
def raises(kind, match=None):
    """The error is raised, and the act that raised it is undone: the test goes on in the same transaction."""
    with pytest.raises(kind, match=match) as caught, transaction.atomic():
        yield caught


def enter(alert=FAKE, by=ANNEKE):
    return actions.raise_alert(by=by, at=NOW, alert=alert)


def test_R177_a_fake_entered_once_stops_the_number_at_every_desk_however_it_is_written():
    one = enter()
    assert one.reference == "EU-BE-ALERT-2026-0001"
    for number, issuer in [("SL004911", "SL"), ("4911", "SL"), ("sl-4911", "SL"), ("SL 004911", "")]:
        assert queries.alert_for(number, issuer) == one
    assert queries.alert_for("SL004912", "SL") is None
    assert queries.alert_for("", "SL") is None
    assert queries.known_fakes() == {"SL4911", "SL004911"}
    assert [entry["event"] for entry in journal.history(one.reference)] == ["alert.raised"]


@pytest.mark.parametrize("who", [VISITOR, AUDITOR, MPHO])
def test_only_officers_and_the_chair_raise_alerts(who):
    with raises(NotPermitted):
        enter(by=who)
    assert enter(by=CHAIR).reference == "KP-ALERT-2026-0001"


def test_R177_a_confirmed_fake_without_features_is_refused():
    with raises(Refused, match="R177"):
        enter(replace(FAKE, status=AlertStatus.CONFIRMED, features=()))
    assert queries.known_fakes() == frozenset()


def test_the_same_fake_is_entered_once():
    enter()
    for again in (FAKE, replace(FAKE, number="4911", source="another desk")):
        with raises(Conflict):
            enter(again, by=KAGISO)
    with raises(Conflict):
        enter(replace(FAKE, number="1", status=AlertStatus.WITHDRAWN))


def confirm(reference, by=ANNEKE, **more):
    return actions.confirm_alert(by=by, at=NOW, reference=reference, **({"reason": "SL wrote so"} | more))


def test_a_confirmed_alert_gains_its_features_and_becomes_public():
    one = enter()
    assert list(queries.alerts(public=True)) == []
    after = confirm(one.reference, features=["number of another year", "dotted lines differ"])
    assert after.features == ("dotted lines differ", "number of another year")
    assert queries.alert(one.reference) == after
    assert queries.reason_of(one.reference) == "SL wrote so"
    assert [row.reference for row in queries.alerts(public=True)] == [one.reference]
    with raises(Conflict, match="confirmed already"):
        confirm(one.reference)


def test_an_alert_is_decided_by_who_raised_it_by_the_issuer_or_by_the_chair():
    numbers = [enter(replace(FAKE, number=f"SL {n}")).reference for n in range(4)]
    for stranger in (SEKGOMA, KAGISO):
        with raises(NotPermitted, match="decided by"):
            confirm(numbers[0], by=stranger)
    for who, reference in zip((ANNEKE, DIRK, FREETOWN, CHAIR), numbers):
        assert confirm(reference, by=who).status is AlertStatus.CONFIRMED


def test_a_fake_without_features_is_not_confirmed_nor_without_a_reason():
    one = enter(replace(FAKE, features=()))
    with raises(Refused, match="R177"):
        confirm(one.reference)
    with raises(Conflict, match="says who"):
        confirm(one.reference, reason=" ", features=["x"])
    with raises(NotFound):
        confirm("NONE")


def test_a_withdrawn_alert_stays_on_record_and_stops_nothing():
    one = enter()
    with raises(Conflict, match="says why"):
        actions.withdraw_alert(by=ANNEKE, at=NOW, reference=one.reference, reason="")
    actions.withdraw_alert(by=ANNEKE, at=NOW, reference=one.reference, reason="the issuer says it is genuine")
    assert queries.alert_for("SL004911", "SL") is None
    assert queries.known_fakes() == frozenset()
    assert queries.alert(one.reference).status is AlertStatus.WITHDRAWN
    assert journal.history(one.reference)[-1]["statement"]["withdraws"] == one.reference
    with raises(Conflict, match="withdrawn already"):
        actions.withdraw_alert(by=ANNEKE, at=NOW, reference=one.reference, reason="x")


def test_stolen_blank_paper_is_stopped_by_its_serial():
    run = serials("A000100", "A000199")
    stolen = enter(Alert(AlertKind.STOLEN_BLANKS, "BW", TODAY, serials=run, source="our store"), by=SEKGOMA)
    single = enter(Alert(AlertKind.LOST_BLANKS, "BW", TODAY, number="ZZ-1-X", source="our store"), by=SEKGOMA)
    assert queries.paper_serial_alert("A 150") == stolen
    assert queries.paper_serial_alert("zz1x") == single
    for other in ("A200", "B150", "", "9" * 40):
        assert queries.paper_serial_alert(other) is None
    with raises(Refused):
        enter(Alert(AlertKind.LOST_BLANKS, "BW", TODAY, source="x"))


def test_a_warning_without_number_and_a_closed_zone_are_known_by_issuer():
    enter(replace(FAKE, number="", issuer="KE"))
    enter(Alert(AlertKind.ZONE_CLOSED, "CF", date(2013, 5, 23), zone="Sosso-Nakombo", source="decision"))
    assert [one.issuer for one in queries.warnings_about("KE")] == ["KE"]
    assert queries.warnings_about("CF") == []
    assert [one.zone for one in queries.closed_zones("CF", TODAY)] == ["Sosso-Nakombo"]
    assert queries.closed_zones("CF", date(2013, 1, 1)) == []


def test_the_shipped_warnings_are_entered_once():
    first = actions.seed_known_fakes(by=SEKGOMA, at=NOW)
    assert len(first) == 6
    assert actions.seed_known_fakes(by=SEKGOMA, at=NOW) == ()
    assert {"SL004306", "SL4911"} <= queries.known_fakes()
    assert queries.alert_for("SL004306", "SL").status is AlertStatus.CONFIRMED
    assert len(journal.entries(event="alerts.seeded")) == 2


def test_alerts_of_another_node_are_entered_all_or_none_and_only_once():
    other = [replace(FAKE, reference="X-1"), replace(FAKE, number="SL 7"), replace(FAKE, status=AlertStatus.WITHDRAWN)]
    assert len(actions.import_alerts(by=ANNEKE, at=NOW, alerts=other)) == 2
    assert actions.import_alerts(by=ANNEKE, at=NOW, alerts=other) == ()
    assert journal.history("EU-BE-ALERT-2026-0001")[0]["statement"]["senders_reference"] == "X-1"
    bad = [replace(FAKE, number="SL 8"), replace(FAKE, number="SL 9", status=AlertStatus.CONFIRMED, features=())]
    with raises(Refused):
        actions.import_alerts(by=ANNEKE, at=NOW, alerts=bad)
    assert queries.alert_for("SL8", "SL") is None
    assert [one.number for one in queries.export()] == ["SL 004911", "SL 7"]
    assert queries.export(public=True) == []


def test_alerts_are_searched_by_number_kind_issuer_and_status():
    enter()
    for wanted in ({"text": "4911"}, {"text": "eu-be-alert-2026-0001"}, {"kind": "FAKE"}, {"issuer": "sl"}):
        assert queries.alerts(**wanted).count() == 1
    assert queries.alerts(text="...").count() == 0
    assert queries.alerts(status="CONFIRMED").count() == 0
    assert queries.page_of(queries.alerts(), "9").number == 1


# --- specimens, signatories -------------------------------------------------------------------------------------------

SPECIMEN = Specimen(
    "SL", "Fictional specimen of 2015", Period(date(2015, 1, 1)), (serials("SL4500", "SL5500"),),
    (Feature("Watermark", "centre", "hold against the light"),), (Picture("ab" * 32, "front"),), date(2014, 12, 1),
    "notice 1",
)  # fmt: skip


def test_R011_a_specimen_holds_from_its_day_until_it_is_retired():
    one = actions.keep_specimen(by=DIRK, at=NOW, specimen=SPECIMEN)
    assert queries.specimens("SL", date(2015, 6, 1)) == (one,)
    assert queries.specimen(one.reference) == one
    assert queries.specimens("SL", date(2014, 12, 31)) == queries.specimens("BW", TODAY) == ()
    gone = actions.retire_specimen(by=DIRK, at=NOW, reference=one.reference, until=date(2016, 1, 1), reason="new print")
    assert gone.retired_reason == "new print"
    assert queries.specimens("SL", date(2016, 1, 1)) == ()
    assert queries.specimens() == (gone,)
    for until, reason in [(date(2017, 1, 1), "x"), (date(2014, 1, 1), "x"), (date(2015, 5, 1), "")]:
        with raises(Conflict):
            actions.retire_specimen(by=DIRK, at=NOW, reference=one.reference, until=until, reason=reason)
    assert [e["event"] for e in journal.history(one.reference)] == ["specimen.kept", "specimen.retired"]
    assert queries.picture_is_shown("ab" * 32)
    assert not queries.picture_is_shown("cd" * 32)


def test_only_a_supervisor_keeps_specimens_and_only_complete_ones():
    with raises(NotPermitted):
        actions.keep_specimen(by=ANNEKE, at=NOW, specimen=SPECIMEN)
    with raises(Refused, match="R011"):
        actions.keep_specimen(by=DIRK, at=NOW, specimen=replace(SPECIMEN, notified_on=None))
    with raises(NotFound):
        actions.retire_specimen(by=DIRK, at=NOW, reference="NONE", until=TODAY, reason="x")


def test_R012_a_signatory_validates_between_two_days():
    since = Period(date(2015, 1, 1))
    mark = Mark("SL", MarkKind.SIGNATORY, "Fictional Signer", since, "Director", "ab" * 32, "notice 1")
    one = actions.enter_mark(by=DIRK, at=NOW, mark=mark)
    assert queries.signatories("SL", date(2015, 1, 1)) == (one,)
    assert queries.signatories("SL", TODAY, kind="STAMP") == ()
    with raises(Conflict, match="already"):
        actions.enter_mark(by=DIRK, at=NOW, mark=mark)
    with raises(Conflict, match="name"):
        actions.enter_mark(by=DIRK, at=NOW, mark=replace(mark, name=""))
    actions.end_mark(by=DIRK, at=NOW, reference=one.reference, until=TODAY, reason="retired")
    assert queries.signatories("SL", TODAY) == ()
    with raises(Conflict, match="reason"):
        actions.end_mark(by=DIRK, at=NOW, reference=one.reference, until=date(2015, 5, 5), reason="")
    assert queries.picture_is_shown("ab" * 32)


# --- names ------------------------------------------------------------------------------------------------------------

LISTED = ListedName(
    ListKind.SANCTION, "Fictional list 2127", "Fictional Bad Stones SARL", Period(date(2026, 1, 1)), ("FBS",),
    source="gazette",
)  # fmt: skip


def test_a_listed_name_is_found_while_it_stands_on_the_list():
    one = actions.list_name(by=SEKGOMA, at=NOW, entry=LISTED)
    (found,) = queries.match_names(["Nobody", "bad stones, FICTIONAL", ""], TODAY)
    assert (found.entry, found.exact) == (one, False)
    assert queries.match_names(["F.B.S."], TODAY)[0].entry == one
    assert queries.match_names(["FBS"], date(2025, 12, 31)) == ()
    assert [row.reference for row in queries.listed_names(TODAY, "stones")] == [one.reference]
    assert queries.listed_names(TODAY, "elsewhere").count() == 0
    with raises(Conflict, match="already"):
        actions.list_name(by=SEKGOMA, at=NOW, entry=LISTED)
    with raises(Conflict, match="names the list"):
        actions.list_name(by=SEKGOMA, at=NOW, entry=replace(LISTED, source=""))
    with raises(Conflict):
        actions.delist_name(by=SEKGOMA, at=NOW, reference=one.reference, until=TODAY, reason="")
    actions.delist_name(by=SEKGOMA, at=NOW, reference=one.reference, until=TODAY, reason="appeal won")
    assert queries.match_names(["FBS"], TODAY) == ()
    assert queries.match_names(["FBS"], TODAY - timedelta(days=1))
    with raises(NotFound):
        actions.delist_name(by=SEKGOMA, at=NOW, reference="NONE", until=TODAY, reason="x")


def test_screening_keeps_its_evidence_without_names():
    one = actions.list_name(by=SEKGOMA, at=NOW, entry=LISTED)
    found = actions.screen(by=ANNEKE, at=NOW, names=["FBS", "Fictional Good Stones"], subject="BW000001", on=TODAY)
    assert [match.entry for match in found] == [one]
    said = journal.history("BW000001")[0]
    assert said["statement"]["matches"][0]["entry"] == one.reference
    assert "Stones" not in json.dumps(said)
    with raises(NotPermitted):
        actions.screen(by=MPHO, at=NOW, names=["FBS"], subject="x", on=TODAY)


# --- questions to issuers ---------------------------------------------------------------------------------------------


def ask(by=ANNEKE, **more):
    stated = {"number": "SL 004911", "issuer": "SL", "question": "Is this yours?", "sent_to": "nma@example.org"}
    return actions.ask_issuer(by=by, at=NOW, **(stated | more))


def answer(reference, verdict, by=ANNEKE, day=TODAY, who="Fictional Officer, Freetown"):
    return actions.record_answer(
        by=by, at=NOW, reference=reference, answer=Answer(verdict, "see letter", who, day, ("ab" * 32,))
    )


def test_a_question_and_its_answers_stay_on_record_and_the_last_counts():
    one = ask()
    assert queries.issuer_answer("SL4911", "SL") is None
    assert queries.issuer_queries(open_only=True).count() == 1
    answer(one.reference, Verdict.UNCLEAR)
    assert queries.issuer_answer("SL4911", "SL") is None
    after = answer(one.reference, Verdict.NOT_GENUINE, by=FREETOWN)
    assert [a.verdict for a in after.answers] == [Verdict.UNCLEAR, Verdict.NOT_GENUINE]
    assert queries.issuer_query(one.reference) == after
    assert after.verdict is Verdict.NOT_GENUINE
    assert queries.issuer_answer("4911", "SL") is False
    assert queries.issuer_queries(authority="EU-BE", number="4911", issuer="SL", open_only=True).count() == 0
    events = [e["event"] for e in journal.history(one.reference)]
    assert events == ["issuer.asked", "issuer.answered", "issuer.answered"]
    assert queries.file_is_shown("ab" * 32, "EU-BE")
    assert not queries.file_is_shown("ab" * 32, "BW")
    assert not queries.picture_is_shown("ab" * 32)


def test_what_waits_are_open_questions_and_suspected_alerts_of_the_own_authority():
    question, suspected = ask().reference, enter().reference
    assert {row["number"] for row in queries.waiting(ANNEKE)} == {question, suspected}
    assert queries.waiting(SEKGOMA) == queries.waiting(MPHO) == queries.waiting(CHAIR) == []
    answer(question, Verdict.GENUINE)
    confirm(suspected)
    assert queries.waiting(ANNEKE) == []


def test_a_genuine_paper_is_said_to_be_genuine():
    answer(ask().reference, Verdict.GENUINE)
    assert queries.issuer_answer("SL4911", "SL") is True
    assert models.Answer.objects.count() == 1


def test_a_question_needs_a_number_and_an_answer_somebody_who_gave_it():
    for more in ({"number": " "}, {"issuer": ""}, {"question": ""}):
        with raises(Conflict):
            ask(**more)
    with raises(NotPermitted):
        ask(by=MPHO)
    one = ask()
    for more in ({"who": ""}, {"day": TODAY - timedelta(days=1)}, {"day": TODAY + timedelta(days=1)}):
        with raises(Conflict):
            answer(one.reference, Verdict.GENUINE, **more)
    with raises(NotPermitted):
        answer(one.reference, Verdict.GENUINE, by=SEKGOMA)
    with raises(NotFound):
        answer("NONE", Verdict.GENUINE)
