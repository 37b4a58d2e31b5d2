"""The verbs of certification: permitted, refused, recorded, in conflict; and what a crash leaves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests import story
from tests.cast import (
    AGENT,
    ANNEKE,
    AUDITOR,
    BE,
    BW,
    DIRK,
    DRAFT,
    EXPORTER_LICENCE,
    KAGISO,
    MPHO,
    NALEDI,
    NOW,
    OBSERVER,
    SEKGOMA,
    STRANGER,
    TUMELO,
)  # fmt: skip

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import actions, queries, statements
from openkimberley.certificates.facts import CertificateStatus, FormStatus, Kind
from openkimberley.certificates.models import Application, Certificate, Form, NumberRange, Received
from openkimberley.journal import queries as journal
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.trust import sdjwt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _furnished(db):
    story.furnish()


def codes(refusal: Refused) -> set[str]:
    return {objection.rule for objection in refusal.objections}


# --- applying ---------------------------------------------------------------------------------------------------------


def test_a_draft_may_be_as_incomplete_as_it_is():
    row = actions.open_draft(by=MPHO, at=NOW, company=EXPORTER_LICENCE, content={"parcels": "two?"})
    again = actions.save_draft(
        by=MPHO, at=NOW, reference=row.reference, version=row.version, content={"parcels": "still two?"}
    )
    assert again.content == {"parcels": "still two?"}


def test_the_agent_that_a_company_named_may_file_for_it_and_a_stranger_may_not():
    assert actions.open_draft(by=AGENT, at=NOW, company=EXPORTER_LICENCE, content={}).opened_by == "agent"
    with pytest.raises(NotPermitted):
        actions.open_draft(by=STRANGER, at=NOW, company=EXPORTER_LICENCE, content={})
    with pytest.raises(NotPermitted):
        actions.open_draft(by=OBSERVER, at=NOW, company=EXPORTER_LICENCE, content={})


def test_an_application_of_another_company_does_not_exist_for_a_stranger():
    row = story.opened()
    with pytest.raises(NotFound):
        queries.application(row.reference, by=STRANGER)


def test_a_draft_is_the_companys_own_until_it_is_filed():
    row = story.opened()
    with pytest.raises(NotFound):
        queries.application(row.reference, by=KAGISO)


def test_two_people_never_overwrite_each_other():
    row = story.opened()
    actions.save_draft(by=MPHO, at=NOW, reference=row.reference, version=row.version, content=dict(DRAFT))
    with pytest.raises(Conflict, match="changed by somebody else"):
        actions.save_draft(by=AGENT, at=NOW, reference=row.reference, version=row.version, content={})


def test_filing_lists_everything_that_is_missing_at_once():
    row = actions.open_draft(by=MPHO, at=NOW, company=EXPORTER_LICENCE, content={"origin": ["BW"]})
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=False)
    assert {"R016", "R017", "R018", "R019", "R020", "R054"} <= codes(refusal.value)
    assert Application.objects.get().status == "DRAFT"


def test_nothing_is_filed_without_the_declaration():
    row = story.opened()
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=False)
    assert codes(refusal.value) == {"R054"}


def test_a_change_after_the_declaration_asks_for_it_again():
    row = story.filed()
    row = actions.return_to_applicant(by=KAGISO, at=NOW, reference=row.reference, reason="The invoice is missing")
    row = actions.save_draft(by=MPHO, at=NOW, reference=row.reference, version=row.version, content=story.draft())
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=False)
    assert codes(refusal.value) == {"R054"}


def test_a_destination_that_takes_no_part_is_refused_before_filing():
    row = story.opened(destination="KE", destination_authority="KE")
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    assert codes(refusal.value) & {"R039", "R040"}


def test_papers_are_attached_to_a_draft_and_withdrawn_but_never_deleted():
    row = story.opened()
    paper = actions.attach(
        by=MPHO, at=NOW, reference=row.reference, kind="INVOICE", name="a.pdf", sha256="0" * 64,
        media_type="application/pdf", size=9,
    )  # fmt: skip
    actions.detach(by=MPHO, at=NOW, reference=row.reference, document=paper.pk)
    assert row.documents.get().withdrawn_at == NOW


def test_a_table_of_drafts_is_loaded_whole_or_not_at_all():
    good, bad = story.draft(), story.draft(parcels="many")
    with pytest.raises(Refused) as refusal:
        actions.load_drafts(by=MPHO, at=NOW, company=EXPORTER_LICENCE, rows=[good, bad])
    assert [o.field for o in refusal.value.objections] == ["row/2"]
    assert not Application.objects.exists()
    assert len(actions.load_drafts(by=MPHO, at=NOW, company=EXPORTER_LICENCE, rows=[good, good])) == 2


# --- examining and approving ------------------------------------------------------------------------------------------


def test_the_main_path_from_draft_to_signed_certificate():
    one = story.issued()
    assert (one.number, one.status, str(one.carats)) == ("BW0012345", "ISSUED", "2093.27")
    signed = sdjwt.parse(one.sd_jwt)
    signed.verify(story.KEYS[BW].public(authority=BW))
    assert statements.read_credential(signed.claims).total_carats == one.carats
    assert Form.objects.get(certificate_number=one.number).status == "USED"
    said = journal.history(one.number)
    assert said[-1]["public"]["h"] == one.cid
    assert said[-1]["index"] == one.journal_index
    assert journal.verify()[1] == []


def test_weights_are_those_measured_and_values_those_declared():
    row = story.filed()
    lines = [{"hs": "7102.31", "carats": "1843.00"}, {"hs": "7102.10", "carats": "250.00"}]
    actions.examine(
        by=KAGISO, at=NOW, reference=row.reference, method="OPENED", method_reason="", parcels=1, lines=lines,
        seals=["S1"], origin_evidence="seen",
    )  # fmt: skip
    one = story.approve(row)
    assert str(one.carats) == "2093.00"
    assert str(one.usd) == "439234.56"


def test_the_highest_of_three_valuations_counts_where_the_profile_says_so(monkeypatch):
    row = story.filed()
    story.examine(row)
    actions.value(
        by=TUMELO, at=NOW, reference=row.reference, role="INDEPENDENT",
        lines=[{"hs": "7102.31", "usd": "500000.00"}, {"hs": "7102.10", "usd": "20000.00"}],
    )  # fmt: skip
    from openkimberley.certificates.actions.drafting import values_that_count

    assert values_that_count(row, highest=True) == ["500000.00", "20000.00"]
    assert values_that_count(row, highest=False) == ["421234.56", "18000.00"]


def test_a_risk_analysis_gives_its_reason():
    row = story.filed()
    with pytest.raises(Conflict, match="R053"):
        actions.examine(
            by=KAGISO, at=NOW, reference=row.reference, method="RISK_ANALYSIS", method_reason=" ", parcels=1,
            lines=[], seals=[], origin_evidence="",
        )  # fmt: skip


def test_who_examined_does_not_approve():
    from dataclasses import replace

    from openkimberley.kernel.actor import Role

    row = story.examined()
    both = replace(KAGISO, roles=frozenset({Role.ISSUING_OFFICER, Role.APPROVING_OFFICER}))
    with pytest.raises(Refused) as refusal:
        actions.approve(by=both, at=NOW, reference=row.reference, version=row.version)
    assert "R063" in codes(refusal.value)
    assert not Certificate.objects.exists()


def test_only_an_approving_officer_of_the_authority_approves():
    row = story.examined()
    for stranger in (KAGISO, AUDITOR, SEKGOMA):
        with pytest.raises(NotPermitted):
            actions.approve(by=stranger, at=NOW, reference=row.reference, version=row.version)
    from tests.cast import CLARA

    with pytest.raises(NotFound):
        actions.approve(by=CLARA, at=NOW, reference=row.reference, version=row.version)


def test_an_application_is_approved_once():
    row = story.examined()
    story.approve(row)
    with pytest.raises(Conflict):
        story.approve(row)


def test_a_refusal_gives_number_paper_and_journal_back():
    row = (
        story.examined(origin=["BW"], exporter={"name": "", "address": "", "licence": ""})
        if False
        else story.examined()
    )
    Application.objects.filter(pk=row.pk).update(content={**row.content, "importer": {}})
    with pytest.raises(Refused):
        story.approve(row)
    assert NumberRange.objects.get(authority=BW).next == 12345
    assert not Form.objects.filter(status="USED").exists()
    assert story.issued().number == "BW0012345"


def test_numbers_have_no_gap_and_end_with_their_range():
    first, second = story.issued(), story.issued()
    assert (first.number, second.number) == ("BW0012345", "BW0012346")
    NumberRange.objects.filter(authority=BW).update(next=13000)
    with pytest.raises(NotFound, match="register a range"):
        story.issued()


def test_a_second_range_may_not_overlap_the_first():
    with pytest.raises(Conflict, match="overlaps"):
        actions.register_range(by=SEKGOMA, at=NOW, prefix="BW", first=12999, last=13100, digits=7)


def test_the_database_itself_refuses_a_number_twice():
    one = story.issued()
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.filter(pk=story.issued().pk).update(number=one.number)


def test_a_sheet_that_is_not_blank_is_not_used():
    row = story.examined()
    serial = queries.next_blank(BW)
    actions.write_off_form(by=SEKGOMA, at=NOW, serial=serial, status=FormStatus.STOLEN, reason="Vault broken open")
    assert alerts.paper_serial_alert(serial) is not None
    with pytest.raises((Conflict, Refused)):
        actions.approve(by=NALEDI, at=NOW, reference=row.reference, version=row.version, paper_serial=serial)
    assert story.approve(row).paper_serial != serial


def test_a_written_off_sheet_stays_written_off():
    serial = queries.next_blank(BW)
    actions.write_off_form(by=SEKGOMA, at=NOW, serial=serial, status=FormStatus.SPOILED, reason="Printer jam")
    with pytest.raises(Conflict):
        actions.write_off_form(by=SEKGOMA, at=NOW, serial=serial, status=FormStatus.LOST, reason="?")


def test_no_sheet_is_received_twice():
    with pytest.raises(Conflict, match="on the ledger already"):
        actions.receive_forms(by=SEKGOMA, at=NOW, batch="x", prefix="BW-P-", first=30, last=60, digits=6)


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_a_replacement_needs_the_old_paper_back_and_links_both_ways():
    old = story.issued()
    row = actions.open_replacement(by=MPHO, at=NOW, number=old.number, reason="Address misspelt")
    row = actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    story.examine(row, seals=("BW-SEAL-0098813",))
    with pytest.raises(Refused) as refusal:
        story.approve(row)
    assert codes(refusal.value) == {"R087"}
    new = story.approve(row, surrendered=True)
    old.refresh_from_db()
    assert (old.status, old.replaced_by, new.replaces) == ("REPLACED", new.number, old.number)
    assert sdjwt.parse(new.sd_jwt).claims["replaces"] == old.cid


def test_after_departure_nothing_is_replaced():
    old = story.issued()
    Certificate.objects.filter(pk=old.pk).update(status=CertificateStatus.DEPARTED)
    row = actions.open_replacement(by=MPHO, at=NOW, number=old.number, reason="Too late")
    row = actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    story.examine(row, seals=("BW-SEAL-0098813",))
    with pytest.raises(Refused) as refusal:
        story.approve(row, surrendered=True)
    assert codes(refusal.value) == {"R087"}


def test_a_lost_certificate_is_void_and_told_before_another_is_issued():
    old = story.issued()
    actions.report_lost(by=NALEDI, at=NOW, number=old.number, circumstances="Stolen with the bag")
    assert alerts.alert_for(old.number, "BW") is not None
    row = actions.open_replacement(by=MPHO, at=NOW, number=old.number, reason="Lost")
    row = actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    story.examine(row, seals=("BW-SEAL-0098813",))
    new = story.approve(row)
    old.refresh_from_db()
    assert (old.status, old.replaced_by) == ("LOST", new.number)


def test_void_is_final():
    one = story.issued()
    actions.void(by=NALEDI, at=NOW, number=one.number, why="error", reason="Sale withdrawn")
    with pytest.raises(Conflict):
        actions.void(by=NALEDI, at=NOW, number=one.number, why="error", reason="again")
    with pytest.raises(NotPermitted):
        actions.void(by=MPHO, at=NOW, number=one.number, why="error", reason="mine")


def test_only_an_expired_certificate_is_taken_back_as_such():
    one = story.issued()
    with pytest.raises(Conflict, match="valid until"):
        actions.take_back_expired(by=NALEDI, at=NOW, number=one.number)
    later = NOW + timedelta(days=100)
    assert actions.take_back_expired(by=NALEDI, at=later, number=one.number).status == "EXPIRED_RETURNED"


def test_a_correction_is_signed_and_never_touches_weight_or_value():
    one = story.issued()
    done = actions.instruct_correction(
        by=NALEDI,
        at=NOW,
        number=one.number,
        field="importer/name",
        new="Fictional Scheldt Diamond BV",
        reason="Misspelt",
    )
    read = statements.read_correction(done.instruction, key_of=lambda kid: story.KEYS[BW].public(authority=BW))
    assert (read.number, read.old, read.new) == (one.number, DRAFT["importer"]["name"], "Fictional Scheldt Diamond BV")
    with pytest.raises(Refused) as refusal:
        actions.instruct_correction(
            by=NALEDI, at=NOW, number=one.number, field="lines/0/carats", new="1.00", reason="Slip"
        )
    assert codes(refusal.value) == {"R086"}


def test_a_certificate_is_used_once_whatever_the_desk():
    about = {"issuer": "ZA", "number": "ZA0000001", "importer_licence": "", "carats": Decimal("1.00"),
             "usd": Decimal("2.00"), "origin": ["ZA"], "received_on": NOW.date()}  # fmt: skip
    actions.enter_received(by=ANNEKE, at=NOW, **about)
    with pytest.raises(Conflict, match="used before"):
        actions.enter_received(by=ANNEKE, at=NOW, **about)
    with pytest.raises(IntegrityError), transaction.atomic():
        Received.objects.create(authority="AE", **about)


def test_a_reexport_draws_no_more_than_came_in():
    from tests.cast import BART  # noqa: F401 - the side that examines

    actions.enter_received(
        by=ANNEKE, at=NOW, issuer="BW", number="BW0000001", importer_licence=EXPORTER_LICENCE, carats=Decimal("10.00"),
        usd=Decimal("100.00"), origin=["BW"], received_on=NOW.date(),
    )  # fmt: skip
    Received.objects.update(authority=BW)
    row = story.opened(draws_on=[{"number": "BW0000001", "carats": "10.01"}])
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    assert "R051" in codes(refusal.value)


def test_a_technical_certificate_is_opened_by_one_officer_and_approved_by_another():
    one = story.issued()
    content = story.draft(destination="EU", destination_authority=BE)
    row = actions.open_technical(
        by=KAGISO, at=NOW, kind=Kind.TECHNICAL_RESEARCH, about=one.number, reason="Samples", content=content
    )
    story.examine(row, seals=("BW-SEAL-0098899",))
    technical = story.approve(row)
    assert (technical.kind, technical.return_of) == ("TECHNICAL_RESEARCH", one.number)


def test_the_importing_side_moves_only_what_is_addressed_to_it():
    one = story.issued()
    Certificate.objects.filter(pk=one.pk).update(status="DEPARTED", destination_authority="AE")
    with pytest.raises(Conflict, match="addressed to AE"):
        actions.record_import_step(by=ANNEKE, at=NOW, number=one.number, to=CertificateStatus.ARRIVED)


def test_a_supervisor_of_antwerp_has_no_paper_of_gaborone():
    with pytest.raises(NotFound):
        actions.write_off_form(by=DIRK, at=NOW, serial=queries.next_blank(BW), status=FormStatus.SPOILED, reason="x")


@pytest.mark.parametrize("written", ["BW0000001", "BW 1", "BW-0000001"])
def test_an_import_certificate_is_found_however_its_number_is_written(written):
    actions.enter_received(
        by=ANNEKE, at=NOW, issuer="BW", number="BW0000001", importer_licence=EXPORTER_LICENCE, carats=Decimal("10.00"),
        usd=Decimal("100.00"), origin=["BW"], received_on=NOW.date(),
    )  # fmt: skip
    Received.objects.update(authority=BW)
    lines = [{"hs": "7102.31", "carats": "6.00", "usd": "60.00"}]
    story.issued(lines=lines, draws_on=[{"number": written, "carats": "6.00"}])
    row = story.opened(lines=lines, draws_on=[{"number": "BW0000001", "carats": "6.00"}])
    with pytest.raises(Refused) as refusal:
        actions.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    assert "R051" in codes(refusal.value)


def test_goods_that_left_are_not_free_again_when_their_certificate_is_voided():
    actions.enter_received(
        by=ANNEKE, at=NOW, issuer="BW", number="BW0000001", importer_licence=EXPORTER_LICENCE, carats=Decimal("10.00"),
        usd=Decimal("100.00"), origin=["BW"], received_on=NOW.date(),
    )  # fmt: skip
    Received.objects.update(authority=BW)
    lines = [{"hs": "7102.31", "carats": "6.00", "usd": "60.00"}]
    draws = [{"number": "BW0000001", "carats": "6.00"}]
    here = story.issued(lines=lines, draws_on=draws)
    actions.void(by=NALEDI, at=NOW, number=here.number, why="error", reason="Sale withdrawn before it left")
    gone = story.issued(lines=lines, draws_on=draws)
    for step in (CertificateStatus.SEALED, CertificateStatus.ANNOUNCED, CertificateStatus.DEPARTED):
        actions.record_export_step(by=KAGISO, at=NOW, number=gone.number, to=step)
    actions.void(by=NALEDI, at=NOW, number=gone.number, why="recalled", reason="Under way")
    assert queries.drawn(BW, ["BW0000001"]) == {"BW0000001": Decimal("6.00")}
