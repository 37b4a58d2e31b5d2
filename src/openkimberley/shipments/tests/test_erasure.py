"""What is personal is erased when its time is over; what others rely on stays, and a paper can still be checked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.cast import ANNEKE, BW, DIRK, DRAFT, MPHO, NALEDI, NOW, SEKGOMA

from openkimberley.certificates import actions as certification
from openkimberley.certificates import queries as certificates
from openkimberley.certificates.models import Certificate
from openkimberley.desk import files
from openkimberley.journal import queries as journal
from openkimberley.journal.models import Entry, Personal
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.shipments import actions
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import at, image, node, signed_in, words  # noqa: F401
from openkimberley.trust import sdjwt
from openkimberley.verification import Bundle, verify

pytestmark = pytest.mark.usefixtures("node")
LATER = NOW + timedelta(days=3 * 366 + 30)
PERSONAL = ("Fictional Kalahari", "Fictional Scheldt", "Plot 1, Gaborone", "Fictiestraat", "BW-SEAL-0098812")


def confirmed():
    one = steps.departed()
    certification.disclose(by=MPHO, at=NOW, number=one.number, profile="bank", to="Fictional Bank", basis="Finance")
    steps.present(one)
    steps.inspect(one)
    steps.confirm(one)
    return Certificate.objects.get(pk=one.pk)


def erase(number, by=SEKGOMA, at=LATER, **changes):
    return actions.erase(by=by, at=at, number=number, **{"basis": "Section 9 of the Act", **changes})


def whole_database():
    """Every text in every table of the areas, as somebody at the disk would find it."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("certificates_", "shipments_", "journal_")):
                cursor.execute(f"SELECT * FROM {table}")
                found += [text for text in map(str, cursor.fetchall()) if "'licence." not in text]  # a public register
    return "\n".join(found)


def test_what_is_personal_is_gone_from_every_table(django_capture_on_commit_callbacks):
    one = confirmed()
    before = whole_database()
    assert all(secret in before for secret in PERSONAL)
    kept = files.keep(image("another"), "picture")
    with django_capture_on_commit_callbacks(execute=True):
        erase(one.number)
        erase(one.number, by=DIRK)
    after = whole_database()
    for secret in PERSONAL[:-1]:  # a seal stays as used for ever (R070) and tells of no person
        assert secret not in after, secret
    assert files.open_file(kept)  # what belongs to nobody of this shipment stays


def test_number_dates_figures_status_and_journal_stay():
    one = confirmed()
    entries = list(Entry.objects.values_list("index", "statement", "hash", "entry"))
    erase(one.number)
    row = Certificate.objects.get(pk=one.pk)
    for name in ("number", "cid", "issue_date", "expiry_date", "status", "carats", "usd", "status_index"):
        assert getattr(row, name) == getattr(one, name), name
    assert row.content["lines"] == one.content["lines"]
    assert set(row.content) <= set(certification.reduced(one.content))
    assert "exporter" not in row.content
    assert list(Entry.objects.values_list("index", "statement", "hash", "entry"))[: len(entries)] == entries
    assert journal.verify()[1] == []
    signed = sdjwt.parse(row.sd_jwt)
    assert signed.disclosures == ()
    assert signed.cid == sdjwt.parse(one.sd_jwt).cid
    assert certificates.certificate_facts(row).number == one.number


def test_a_paper_is_still_checked_against_status_and_journal():
    one = confirmed()
    erase(one.number)
    steps.forget()
    report = verify(one.qr_full, Bundle(certificates.bundle(at=NOW + timedelta(days=9))), now=NOW + timedelta(days=9))
    assert report.proven
    assert report.check(9).detail == "The certificate was already confirmed: it cannot be used again."
    entry = Entry.objects.get(event="certificate.issued", subject=one.number)
    assert one.cid in entry.entry


def test_before_its_time_it_is_refused_with_the_rule_and_a_court_goes_before_it():
    one = confirmed()
    early = NOW + timedelta(days=400)
    with pytest.raises(Refused) as refusal:
        erase(one.number, at=early)
    assert {"R101", "R104"} <= steps.codes(refusal.value)
    with pytest.raises(Conflict, match="kept until"):
        certification.erase(by=SEKGOMA, at=early, number=one.number, basis="Section 9")
    erase(one.number, at=early, ground="ORDER", basis="Order 12/2027")
    assert certificates.erasure(one.number, authority=BW).ground == "ORDER"
    with pytest.raises(Conflict, match="was erased"):
        erase(one.number)


def test_what_may_still_be_used_is_erased_by_nobody():
    one = steps.departed()
    for ground in ("RETENTION", "ORDER"):
        with pytest.raises(Conflict, match="it may be used"):
            erase(one.number, at=NOW + timedelta(days=3), ground=ground)
    with pytest.raises(NotPermitted):
        erase(one.number, by=NALEDI)
    with pytest.raises(NotFound):
        erase("BW9999999")
    with pytest.raises(Conflict, match="has not ended"):  # expected, and not yet expired
        erase(one.number, by=DIRK, at=NOW + timedelta(days=3))


def test_the_retention_list_names_what_is_due_and_touches_nothing():
    one = confirmed()
    assert certificates.due_for_erasure(authority=BW, on=NOW.date()) == []
    (due,) = certificates.due_for_erasure(authority=BW, on=LATER.date())
    assert (due["number"], due["status"], due["years"]) == (one.number, "CONFIRMED", 3)
    erase(one.number)
    assert certificates.due_for_erasure(authority=BW, on=LATER.date()) == []


def test_an_undone_erasure_has_lost_nothing():
    one = confirmed()
    before = whole_database()

    def fail():
        with transaction.atomic():
            erase(one.number)
            raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        fail()
    assert whole_database() == before


def test_the_pages_of_an_erased_certificate_say_so():
    one = confirmed()
    browser = signed_in(SEKGOMA)
    assert "Erase what is personal" not in words(browser.get(f"/certificates/{one.number}"))
    with at(LATER):
        browser = signed_in(SEKGOMA)
        assert f"/certificates/{one.number}/erase" in words(browser.get(f"/certificates/{one.number}"))
        assert "Erase for ever" in words(browser.get(f"/certificates/{one.number}/erase"))
        given = {"ground": "RETENTION", "basis": "Section 9 of the Act"}
        assert browser.post(f"/certificates/{one.number}/erase", given).status_code == 302
        page = words(browser.get(f"/certificates/{one.number}"))
        assert "were erased on" in page
        assert DRAFT["exporter"]["name"] not in page
        assert browser.get(f"/certificates/{one.number}/certificate.pdf").status_code == 409
        assert browser.get(f"/certificates/{one.number}/label.pdf").status_code == 409
        assert browser.get(f"/certificates/{one.number}/show").status_code == 409
        assert browser.get(f"/shipments/{one.number}").status_code == 200
        erase(one.number, by=DIRK)
        assert signed_in(ANNEKE).get(f"/imports/{one.number}").status_code == 200


def test_no_entry_of_the_journal_names_a_party():
    confirmed()
    for text in Entry.objects.exclude(event__startswith="licence.").values_list("statement", flat=True):
        for secret in PERSONAL[:-1]:  # seal numbers tell of no person
            assert secret not in text
    assert Personal.objects.exists()


def test_words_beside_the_journal_that_were_altered_are_found():
    confirmed()
    row = Personal.objects.filter(text__contains="Gaborone").first()
    Personal.objects.filter(pk=row.pk).update(text=row.text.replace("Gaborone", "Lobatse"))
    assert journal.verify()[1] == [f"what entry {row.index} said of persons was altered"]


def test_what_was_expected_and_never_came_is_erased_in_its_time_too():
    one = steps.departed()
    years = LATER + timedelta(days=90)  # counted from its expiry
    erase(one.number, by=DIRK, at=years)
    erase(one.number, at=years)
    assert "Fictional Scheldt" not in whole_database()
