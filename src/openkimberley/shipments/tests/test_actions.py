"""The verbs of shipments: permitted, refused, recorded, in conflict; second use, tampered finding, late, mail down."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests import story
from tests.cast import (
    ANNEKE,
    AUDITOR,
    BART,
    BE,
    BW,
    CLARA,
    DIRK,
    EXPORTER_LICENCE,
    KAGISO,
    MPHO,
    NALEDI,
    NOW,
    STRANGER,
    VISITOR,
)  # fmt: skip

from openkimberley.certificates import queries as certificates
from openkimberley.certificates import statements
from openkimberley.certificates.models import Certificate, Received
from openkimberley.journal import queries as journal
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused, Untrusted
from openkimberley.shipments import actions, facts, queries
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Inspection,
    Notice,
    Photograph,
    Seal,
    Shipment,
)  # fmt: skip
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.steps import ARRIVED, HOUR, codes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _furnished(db):
    story.furnish()
    steps.forget()


def status(certificate) -> str:
    return Certificate.objects.get(number=certificate.number).status


def arrival(certificate) -> Arrival:
    return Arrival.objects.get(authority=BE, number=certificate.number)


def events(certificate) -> list[str]:
    return [act["event"] for act in journal.history(certificate.number)]


# --- sealing ----------------------------------------------------------------------------------------------------------


def test_a_sealed_container_is_on_record_with_seals_and_photographs():
    certificate = story.issued()
    steps.seal(certificate.number)
    assert status(certificate) == "SEALED"
    assert [one.number for one in Seal.objects.all()] == ["BWSEAL0098812"]
    assert {one.shows for one in Photograph.objects.all()} == {"BOX", "PARCEL"}
    assert "shipment.sealed" in events(certificate)


def test_seals_other_than_those_on_the_certificate_are_refused():
    certificate = story.issued()
    with pytest.raises(Refused) as refusal:
        steps.seal(certificate.number, seals=("BW-SEAL-7",))
    assert "R066" in codes(refusal.value)
    assert status(certificate) == "ISSUED"


def test_a_container_without_seal_is_refused():
    certificate = story.issued()
    with pytest.raises(Refused) as refusal:
        steps.seal(certificate.number, seals=())
    assert "R065" in codes(refusal.value)


def test_all_faults_of_a_sealing_come_at_once():
    certificate = story.issued()
    with pytest.raises(Refused) as refusal:
        steps.seal(certificate.number, seals=("BW-SEAL-7",), packed_alone=False)
    assert {"R066", "R068"} <= codes(refusal.value)


def test_a_seal_is_used_once_however_it_is_written():
    first = story.issued()
    steps.seal(first.number)
    second = story.issued()
    with pytest.raises(Refused) as refusal:
        steps.seal(second.number, seals=("bw seal 0098812",))
    assert "R070" in codes(refusal.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.create(
            shipment=Shipment.objects.get(), authority=BW, number="BWSEAL0098812", written="x", applied_at=NOW
        )


def test_one_photograph_does_not_show_both_the_box_and_the_parcel():
    certificate = story.issued()
    same = [steps.picture("one.jpg", "BOX"), steps.picture("one.jpg", "PARCEL")]
    with pytest.raises(Conflict, match="each by itself"):
        steps.seal(certificate.number, pictures=same)
    assert not Photograph.objects.filter(certificate_number=certificate.number).exists()


@pytest.mark.parametrize("missing", ["BOX", "PARCEL"])
def test_box_and_parcel_are_photographed(missing):
    certificate = story.issued()
    pictures = [one for one in steps.PICTURES if one.shows != missing]
    with pytest.raises(Conflict, match="photograph"):
        steps.seal(certificate.number, pictures=pictures)


@pytest.mark.parametrize("by", [MPHO, NALEDI, ANNEKE, AUDITOR, VISITOR])
def test_only_who_may_seal_seals(by):
    certificate = story.issued()
    with pytest.raises(NotPermitted):
        steps.seal(certificate.number, by=by)


def test_another_authoritys_certificate_is_not_sealed_here():
    certificate = story.issued()
    with pytest.raises(NotFound):
        steps.seal(certificate.number, by=BART)


def test_a_shipment_is_sealed_once():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Conflict):
        steps.seal(certificate.number, seals=("BW-SEAL-2",))


# --- announcing and leaving -------------------------------------------------------------------------------------------


def test_announcing_releases_and_queues_the_notice_with_the_fields_of_annex_ii_19():
    certificate = story.issued()
    steps.seal(certificate.number)
    notice = steps.announce(certificate.number)
    assert status(certificate) == "ANNOUNCED"
    assert notice.status == "QUEUED"
    for said in (
        certificate.number,
        "2093.27",
        "439234.56",
        "Issuing authority: Botswana",
        "Scheldt Diamonds",
        steps.SEAL,
    ):
        assert said in notice.body
    assert notice.fields["total_carats"] == "2093.27"


def test_announcing_opens_the_expected_arrival_at_an_authority_of_this_node():
    certificate = story.issued()
    steps.seal(certificate.number)
    assert not queries.expected(by=ANNEKE)
    steps.announce(certificate.number)
    assert [row.number for row in queries.expected(by=ANNEKE)] == [certificate.number]


def test_an_unlicensed_courier_is_refused():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Refused) as refusal:
        steps.announce(certificate.number, courier_licence="BW-COU-2026-0666")
    assert "R055" in codes(refusal.value)
    assert not Notice.objects.exists()


def test_a_courier_without_licence_number_is_refused_unless_the_exporter_carries_by_hand():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Refused):
        steps.announce(certificate.number, courier_licence="")
    steps.announce(certificate.number, courier_licence="", mode="HAND")
    assert Shipment.objects.get().hand_carried


def test_nothing_is_announced_before_it_is_sealed():
    certificate = story.issued()
    with pytest.raises(NotFound):
        steps.announce(certificate.number)


def test_an_expired_certificate_is_not_released():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Refused):
        steps.announce(certificate.number, at=NOW + timedelta(days=200))


def test_an_authority_without_address_gets_a_notice_that_says_so():
    certificate = story.issued(destination="AE", destination_authority="AE")
    steps.seal(certificate.number)
    notice = steps.announce(certificate.number, address="")
    if not queries.address_of("AE", on=NOW.date()):
        assert notice.status == "FAILED"
        assert any(item["kind"] == "notice" for item in queries.waiting(KAGISO, at=NOW))
        actions.readdress_notice(by=KAGISO, at=NOW, message_id=notice.message_id, address="kp@example.ae")
        assert Notice.objects.get().status == "QUEUED"


def test_a_shipment_leaves_only_after_its_release_and_with_whole_seals():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Conflict):
        steps.depart(certificate.number)
    steps.announce(certificate.number)
    with pytest.raises(Refused) as refusal:
        steps.depart(certificate.number, seals_intact=False)
    assert "R067" in codes(refusal.value)
    with pytest.raises(Conflict):
        actions.depart(
            by=KAGISO, at=NOW + 2 * HOUR, number=certificate.number, departed_at=NOW + 5 * HOUR, seals_intact=True
        )
    steps.depart(certificate.number)
    assert status(certificate) == "DEPARTED"


def test_a_shipment_is_cancelled_only_when_its_certificate_counts_no_more():
    from openkimberley.certificates import actions as certification

    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(Conflict):
        actions.cancel(by=KAGISO, at=NOW, number=certificate.number, reason="opened again")
    certification.void(by=NALEDI, at=NOW, number=certificate.number, why="error", reason="wrong value")
    row = actions.cancel(by=KAGISO, at=NOW, number=certificate.number, reason="opened again")
    assert row.status == "CANCELLED"


def test_nobody_waits_for_a_cancelled_shipment():
    from openkimberley.certificates import actions as certification

    certificate = story.issued()
    steps.seal(certificate.number)
    steps.announce(certificate.number)
    certification.void(by=NALEDI, at=NOW + HOUR, number=certificate.number, why="error", reason="wrong value")
    actions.cancel(by=KAGISO, at=NOW + HOUR, number=certificate.number, reason="opened again")
    assert not queries.expected(by=ANNEKE)
    assert not queries.concluded(by=ANNEKE)
    assert steps.present(certificate).held


def test_broken_seals_in_transit_are_recorded_and_objected_to():
    certificate = steps.departed()
    _, objections = actions.record_transit(
        by=KAGISO, at=NOW + 5 * HOUR, number=certificate.number, territory="ZA", way="ENTRY", seen_at=NOW + 4 * HOUR,
        seals_intact=True, opened=False,
    )  # fmt: skip
    assert "R094" not in {one.rule for one in objections}
    _, objections = actions.record_transit(
        by=KAGISO, at=NOW + 9 * HOUR, number=certificate.number, territory="ZA", way="EXIT", seen_at=NOW + 8 * HOUR,
        seals_intact=False, opened=True,
    )  # fmt: skip
    assert "R094" in {one.rule for one in objections}
    assert len(queries.transit_points(certificate.number, by=KAGISO)) == 2
    with pytest.raises(NotPermitted):
        actions.record_transit(
            by=AUDITOR, at=NOW, number=certificate.number, territory="ZA", way="EXIT", seen_at=NOW, seals_intact=True,
            opened=False,
        )  # fmt: skip


# --- arriving ---------------------------------------------------------------------------------------------------------


def test_presenting_by_the_scanned_code_keeps_the_engines_report():
    certificate = steps.departed()
    row = steps.present(certificate)
    assert row.status == "PRESENTED"
    assert row.verdict["number"] == certificate.number
    assert row.verdict["verdict"] == "valid", row.verdict
    assert not row.held, row.objections
    assert row.due_on == facts.working_days_after(ARRIVED.date(), 10)
    assert status(certificate) == "ARRIVED"
    assert Shipment.objects.get().status == "ARRIVED"


def test_presenting_by_the_typed_number_asks_the_engine_too():
    certificate = steps.departed()
    row = steps.present(certificate, artefact=b"", number=certificate.number)
    assert row.verdict["proven"] is True


def test_presenting_by_the_label_leads_to_the_whole_record():
    certificate = steps.departed()
    row = steps.present(certificate, artefact=certificate.qr_label.encode())
    assert row.carats == certificate.carats


def test_a_number_that_nobody_knows_asks_for_the_paper():
    with pytest.raises(NotFound, match="register the paper"):
        actions.present(by=ANNEKE, at=ARRIVED, number="SL004911", presented_on=ARRIVED.date(), original=True)


@pytest.mark.parametrize("artefact", [b"KPC1:NONSENSE", b"\xff\x00", b"%PDF-1.7 nothing", b"a.b.c", b"hello"])
def test_a_hostile_artefact_is_untrusted_and_never_a_traceback(artefact):
    with pytest.raises((Untrusted, NotFound)):
        actions.present(by=ANNEKE, at=ARRIVED, artefact=artefact, presented_on=ARRIVED.date(), original=True)
    assert not Arrival.objects.exists()


def test_one_digit_changed_in_the_code_is_not_accepted():
    certificate = steps.departed()
    text = certificate.qr_full
    changed = text[:60] + ("A" if text[60] != "A" else "B") + text[61:]
    try:
        row = steps.present(certificate, artefact=changed.encode())
    except (Untrusted, NotFound, Refused):
        return
    assert row.held
    assert row.verdict["verdict"] == "invalid"


def test_without_the_original_the_goods_wait():
    certificate = steps.departed()
    row = steps.present(certificate, original=False)
    assert row.held
    assert "R073" in {one["rule"] for one in row.objections}
    with pytest.raises(Refused):
        actions.decide_hold(by=ANNEKE, at=ARRIVED, number=certificate.number, reason="the importer is a good man")


def test_an_expired_certificate_waits_for_a_persons_decision():
    certificate = steps.departed()
    late = NOW + timedelta(days=100)
    row = steps.present(certificate, at=late)
    assert row.held
    assert "R037" in {one["rule"] for one in row.objections}
    steps.inspect(certificate, at=late)
    with pytest.raises(Conflict, match="held"):
        steps.confirm(certificate, at=late)
    if all(one["severity"] != "refuse" for one in row.objections):
        actions.decide_hold(
            by=ANNEKE, at=late, number=certificate.number, reason="The flight was delayed by the airline's strike."
        )
        assert steps.confirm(certificate, at=late).result == "match"


def test_a_certificate_for_somebody_else_waits():
    certificate = story.issued(destination="AE", destination_authority="AE")
    steps.seal(certificate.number)
    steps.announce(certificate.number)
    steps.depart(certificate.number)
    row = steps.present(certificate)
    assert row.held
    assert status(certificate) == "DEPARTED"


def test_a_voided_certificate_that_arrives_is_kept_and_stays_void():
    from openkimberley.certificates import actions as certification

    certificate = steps.departed()
    certification.void(by=NALEDI, at=NOW + 3 * HOUR, number=certificate.number, why="stolen", reason="stolen")
    row = steps.present(certificate)
    assert row.held
    assert row.verdict["verdict"] == "invalid"
    assert status(certificate) == "VOID"


def test_a_shipment_is_not_presented_twice_or_in_the_future():
    certificate = steps.departed()
    steps.present(certificate)
    with pytest.raises(Conflict):
        steps.present(certificate)
    other = story.issued()
    with pytest.raises(Conflict):
        steps.present(other, presented_on=(ARRIVED + timedelta(days=9)).date())


@pytest.mark.parametrize("by", [KAGISO, DIRK, CLARA, MPHO, VISITOR])
def test_only_an_import_officer_receives(by):
    certificate = steps.departed()
    with pytest.raises(NotPermitted):
        steps.present(certificate, by=by)


# --- inspecting -------------------------------------------------------------------------------------------------------


def test_goods_that_agree_are_ready_to_confirm():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    assert arrival(certificate).status == "INSPECTED"
    assert not DiscrepancyCase.objects.exists()


def test_a_hundredth_of_a_carat_opens_a_case():
    certificate = steps.disputed()
    case = DiscrepancyCase.objects.get()
    assert {one["field"] for one in case.differences} >= {"total_carats"}
    assert arrival(certificate).status == "DISPUTED"
    assert status(certificate) == "DISPUTED"
    assert case.tell_issuer_by == facts.months_later((ARRIVED + HOUR).date(), 1)


def test_nothing_is_taken_over_from_the_certificate():
    certificate = steps.departed()
    steps.present(certificate)
    holes = ({"parcels": None}, {"lines": (), "carats": None}, {"seals": ()}, {"seals_intact": None}, {"number": ""})
    for hole in holes:
        with pytest.raises(Refused) as refusal:
            steps.inspect(certificate, **hole)
        assert "R074" in codes(refusal.value)
    assert not Inspection.objects.exists()


@pytest.mark.parametrize(
    "found", [{"seals_intact": False}, {"tamper_resistant": False}, {"packed_alone": False}, {"seals": ("BW-SEAL-1",)}]
)
def test_a_condition_that_failed_opens_a_case(found):
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate, **found)
    assert arrival(certificate).status == "DISPUTED"


def test_a_slip_of_the_pen_is_mended_by_a_second_inspection_and_both_stay():
    certificate = steps.disputed()
    steps.inspect(certificate, at=ARRIVED + 2 * HOUR)
    case = DiscrepancyCase.objects.get()
    assert (case.status, case.way_out) == ("CLOSED", "INSPECTED_AGAIN")
    assert Inspection.objects.count() == 2
    assert steps.confirm(certificate, at=ARRIVED + 3 * HOUR).result == "match"


# --- confirming -------------------------------------------------------------------------------------------------------


def test_the_receipt_is_signed_journalled_and_closes_the_certificate():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    confirmation = steps.confirm(certificate)
    receipt = statements.read_receipt(confirmation.receipt, key_of=lambda kid: story.KEYS[BE].public())
    assert (receipt.number, receipt.result, receipt.carats) == (certificate.number, "match", Decimal("2093.27"))
    assert status(certificate) == "CONFIRMED"
    assert Shipment.objects.get().status == "CONFIRMED"
    used = Received.objects.get()
    assert (used.authority, used.carats) == (BE, Decimal("2093.27"))
    said = next(act for act in journal.history(certificate.number) if act["event"] == "shipment.confirmed")
    assert said["statement"]["t"] == "kpc.confirm"
    assert said["statement"]["res"] == "match"
    assert journal.verify()[1] == []


def test_nothing_is_confirmed_before_inspection_or_without_declaration():
    certificate = steps.departed()
    steps.present(certificate)
    with pytest.raises(Conflict):
        steps.confirm(certificate)
    steps.inspect(certificate)
    with pytest.raises(Conflict):
        actions.confirm_import(by=ANNEKE, at=ARRIVED + 3 * HOUR, number=certificate.number, declared=False)


def test_a_second_use_is_refused_and_journalled():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    steps.confirm(certificate)
    with pytest.raises(Conflict):  # at the same desk: it is presented already
        steps.confirm(certificate)
    with pytest.raises(Refused) as refusal:
        steps.present(certificate, at=ARRIVED + timedelta(days=30))
    assert "R082" in codes(refusal.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        Confirmation.objects.create(
            authority=BW, issuer="BW", number=certificate.number, result="match", received_on=NOW.date(), made_by="x",
            made_at=NOW,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_refusal_of_a_second_use_stays_in_the_journal_and_raises_an_alert():
    from openkimberley.alerts import queries as alerts

    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    steps.confirm(certificate)
    with pytest.raises(Refused):
        steps.present(certificate, at=ARRIVED + timedelta(days=30))
    refused = journal.entries(event="act.refused").first()
    assert refused.subject == certificate.number
    assert "R082" in refused.statement
    assert alerts.alert_for(certificate.number, "BW") is not None


def test_the_same_person_does_not_seal_and_confirm():
    from openkimberley.kernel.actor import Actor, Role

    both = Actor(id=KAGISO.id, roles=frozenset({Role.IMPORT_OFFICER}), authority=BE)
    certificate = steps.departed()
    steps.present(certificate, by=both)
    steps.inspect(certificate, by=both)
    with pytest.raises(Refused) as refusal:
        steps.confirm(certificate, by=both)
    assert "R063" in codes(refusal.value)


def test_an_open_case_is_not_confirmed_over():
    certificate = steps.disputed()
    with pytest.raises((Conflict, Refused)):
        steps.confirm(certificate)
    assert not Confirmation.objects.exists()


# --- the ways out -----------------------------------------------------------------------------------------------------


def test_goods_are_detained_and_the_issuer_is_told():
    certificate = steps.disputed()
    actions.detain(by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="lighter than certified")
    assert arrival(certificate).status == "DETAINED"
    notice = actions.tell_issuer(
        by=ANNEKE, at=ARRIVED + 3 * HOUR, number=certificate.number, question="Is it yours?", address="kp@example.bw"
    )
    assert "2093.27" in notice.body
    assert DiscrepancyCase.objects.get().issuer_told_at
    with pytest.raises(Conflict):
        actions.detain(by=ANNEKE, at=ARRIVED + 4 * HOUR, number=certificate.number, reason="again")


def test_goods_may_be_detained_unopened():
    certificate = steps.departed()
    steps.present(certificate, original=False)
    actions.detain(by=ANNEKE, at=ARRIVED, number=certificate.number, reason="no original")
    assert DiscrepancyCase.objects.get().differences == []
    steps.inspect(certificate)
    actions.bring_original(
        by=ANNEKE, at=ARRIVED + timedelta(days=2), number=certificate.number, fault="NOT_KNOWING",
        measures="The courier brought the original",
    )  # fmt: skip
    assert steps.confirm(certificate, at=ARRIVED + timedelta(days=2)).result == "match"


def test_release_needs_measures_and_a_finding():
    certificate = steps.disputed()
    for fault, measures in (("KNOWING", "weighed again"), ("NOT_KNOWING", " "), ("", "weighed again")):
        with pytest.raises(Refused) as refusal:
            actions.release_with_remedy(
                by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, fault=fault, measures=measures
            )
        assert "R084" in codes(refusal.value)
    actions.release_with_remedy(
        by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, fault="NOT_KNOWING",
        measures="Weighed three times on two scales; the issuer's scale was out by 0.01 ct.",
    )  # fmt: skip
    confirmation = steps.confirm(certificate, at=ARRIVED + 3 * HOUR)
    assert confirmation.result == "discrepancy"
    assert Received.objects.get().carats == Decimal("2093.26")
    receipt = statements.read_receipt(confirmation.receipt, key_of=lambda kid: story.KEYS[BE].public())
    assert receipt.differences


def test_a_minor_error_is_corrected_on_the_issuers_instruction_only():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate, importer="Fictional Schelde Diamonds BV")
    given = {"by": ANNEKE, "at": ARRIVED + 2 * HOUR, "number": certificate.number, "reason": "misspelt"}
    with pytest.raises(Refused) as refusal:
        actions.accept_correction(**given, field="importer/name", new="Fictional Schelde Diamonds BV", instruction=" ")
    assert "R086" in codes(refusal.value)
    case = actions.accept_correction(
        **given, field="importer/name", new="Fictional Schelde Diamonds BV", instruction="Letter of 5 November, no. 12"
    )
    assert (case.status, case.way_out) == ("CLOSED", "CORRECTED")
    assert certificates.corrections(certificate.number)[0].instruction.startswith("Letter")
    assert steps.confirm(certificate, at=ARRIVED + 3 * HOUR).result == "match"
    unchanged = Certificate.objects.get(number=certificate.number).content
    assert unchanged["importer"]["name"] == "Fictional Scheldt Diamonds BV"


def test_a_weight_is_no_minor_error():
    certificate = steps.disputed()
    with pytest.raises(Refused) as refusal:
        actions.accept_correction(
            by=ANNEKE, at=ARRIVED, number=certificate.number, field="total_carats", new="2093.26", reason="x",
            instruction="letter",
        )  # fmt: skip
    assert "R086" in codes(refusal.value)


def test_refused_goods_spend_their_certificate():
    certificate = steps.disputed()
    confirmation = actions.refuse_goods(by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="not ours")
    assert confirmation.result == "refused"
    assert status(certificate) == "REFUSED"
    assert not Received.objects.exists()
    with pytest.raises(Refused) as refusal:
        steps.present(certificate, at=ARRIVED + timedelta(days=1))
    assert "R082" in codes(refusal.value)


def test_confiscation_records_the_disposal():
    certificate = steps.disputed()
    with pytest.raises(Refused) as refusal:
        actions.confiscate(by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="fraud", disposal="")
    assert "R093" in codes(refusal.value)
    actions.confiscate(
        by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="fraud", disposal="Vault of the court"
    )
    assert arrival(certificate).status == "CONFISCATED"


def test_a_return_needs_a_technical_certificate_linked_to_the_original():
    certificate = steps.disputed()
    with pytest.raises(Refused) as refusal:
        actions.return_goods(
            by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, requested_by_issuer="Letter of 6 November"
        )
    assert "R089" in codes(refusal.value)
    with pytest.raises(Conflict):
        actions.return_goods(by=ANNEKE, at=ARRIVED, number=certificate.number, technical_number="EU00000001")


def test_a_case_is_closed_once():
    certificate = steps.disputed()
    actions.refuse_goods(by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="not ours")
    with pytest.raises(Conflict):
        actions.refuse_goods(by=ANNEKE, at=ARRIVED + 3 * HOUR, number=certificate.number, reason="not ours")
    with pytest.raises(Conflict):
        steps.inspect(certificate, at=ARRIVED + 3 * HOUR)


# --- late -------------------------------------------------------------------------------------------------------------


def test_an_export_without_confirmation_is_chased_once_per_interval():
    certificate = steps.departed()
    assert actions.chase_late(by=KAGISO, at=NOW + timedelta(days=20)) == 0
    late = NOW + timedelta(days=100)
    assert actions.chase_late(by=KAGISO, at=late) == 1
    assert actions.chase_late(by=KAGISO, at=late + timedelta(days=3)) == 0
    assert actions.chase_late(by=KAGISO, at=late + timedelta(days=15)) == 1
    assert Notice.objects.filter(kind="CHASE").count() == 2
    assert [item["what"] for item in queries.waiting(KAGISO, at=late) if item["kind"] == "shipment"] == ["LATE"]
    steps.present(certificate, at=late)
    assert Shipment.objects.get().status == "ARRIVED"


def test_a_void_certificate_is_not_chased():
    from openkimberley.certificates import actions as certification

    certificate = steps.departed()
    certification.void(by=NALEDI, at=NOW + 3 * HOUR, number=certificate.number, why="stolen", reason="stolen")
    assert actions.chase_late(by=KAGISO, at=NOW + timedelta(days=100)) == 0


def test_an_overdue_confirmation_shows_on_the_work_list():
    certificate = steps.departed()
    steps.present(certificate)
    late = ARRIVED + timedelta(days=20)
    assert [item["what"] for item in queries.waiting(ANNEKE, at=late)] == ["OVERDUE"]
    assert queries.late_confirmations(by=ANNEKE, on=late.date()).count() == 1
    steps.inspect(certificate, at=late)
    assert steps.confirm(certificate, at=late).result == "match"


# --- confirmations from abroad ----------------------------------------------------------------------------------------


def abroad(**changes):
    certificate = story.issued(destination="AE", destination_authority="AE")
    steps.seal(certificate.number)
    steps.announce(certificate.number)
    steps.depart(certificate.number)
    return certificate, {
        "by": KAGISO, "at": ARRIVED, "number": certificate.number, "authority": "AE", "result": "match", "parcels": 1,
        "carats": Decimal("2093.27"), "usd": None, "exporter": certificate.exporter_name,
        "importer": certificate.importer_name, "received_on": ARRIVED.date(), "letter": "E-mail", **changes,
    }  # fmt: skip


def test_a_letter_from_abroad_closes_the_shipment():
    _, given = abroad()
    assert actions.enter_confirmation(**given).result == "match"
    assert Shipment.objects.get().status == "CONFIRMED"
    with pytest.raises((Conflict, Refused)):
        actions.enter_confirmation(**given)


def test_a_letter_that_differs_is_entered_as_a_discrepancy():
    _, given = abroad(carats=Decimal("2093.26"))
    assert actions.enter_confirmation(**given).result == "discrepancy"


def test_a_confirmation_of_a_number_never_issued_is_an_alert_of_fraud():
    _, given = abroad()
    with pytest.raises(Refused) as refusal:
        actions.enter_confirmation(**{**given, "number": "BW9999999"})
    assert "R080" in codes(refusal.value)


# --- who may see ------------------------------------------------------------------------------------------------------


def test_each_sees_what_concerns_it():
    certificate = steps.departed()
    number = certificate.number
    assert queries.shipment(number, by=KAGISO)
    assert queries.shipment(number, by=ANNEKE)
    assert queries.shipment(number, by=MPHO)
    for by in (STRANGER, VISITOR):
        with pytest.raises(NotFound):
            queries.shipment(number, by=by)
    assert queries.arrival(number.lower(), by=ANNEKE)
    with pytest.raises(NotFound):
        queries.arrival(number, by=KAGISO)


def test_the_importing_side_does_not_see_a_shipment_before_it_is_announced():
    certificate = story.issued()
    steps.seal(certificate.number)
    with pytest.raises(NotFound):
        queries.shipment(certificate.number, by=ANNEKE)


@pytest.mark.parametrize("text", ["BW0012345", "scheldt", "BW-SEAL 0098812", "bw0012345"])
def test_search_finds_by_number_company_and_seal(text):
    steps.departed()
    assert {one["url_name"] for one in queries.search(text, by=KAGISO)} == {"shipment"}
    assert "arrival" in {one["url_name"] for one in queries.search(text, by=ANNEKE)}
    assert queries.search(text, by=STRANGER) == []


def test_the_timeline_tells_the_story_in_order():
    certificate = steps.departed()
    steps.present(certificate)
    told = [one["event"] for one in queries.timeline(certificate.number, by=KAGISO)]
    assert told.index("shipment.sealed") < told.index("shipment.announced") < told.index("shipment.departed")
    assert told[-1] == "shipment.presented"
    assert all(one["who"] == "" for one in queries.timeline(certificate.number, by=MPHO))
    names = {one["who"] for one in queries.timeline(certificate.number, by=KAGISO)}
    assert KAGISO.id in names
    assert ANNEKE.id not in names


def test_lists_ask_the_database_a_constant_number_of_questions(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    steps.departed()
    with CaptureQueriesContext(
        connection,
    ) as few:
        queries.waiting(ANNEKE, at=NOW)
        queries.waiting(KAGISO, at=NOW)
    row = Arrival.objects.get()
    for serial in range(5):
        row.pk, row.number, row.written = None, f"BW99{serial:05d}", f"BW99{serial:05d}"
        row.save(force_insert=True)
    with CaptureQueriesContext(connection) as many:
        assert len(queries.waiting(ANNEKE, at=NOW)) == 6
        queries.waiting(KAGISO, at=NOW)
    assert len(many) <= len(few)


def test_the_licence_of_the_exporter_is_on_the_shipment():
    steps.departed()
    assert Shipment.objects.get().exporter_licence == EXPORTER_LICENCE


# --- papers of others -------------------------------------------------------------------------------------------------

PAPER = {
    "number": "SL005012", "issuer": "SL", "issuing_authority": "National Minerals Agency", "issue_date": "2026-10-20",
    "expiry_date": "2026-12-18", "title": "Kimberley Process Certificate", "english": True,
    "statement": "The rough diamonds in this shipment have been handled in accordance with the provisions of the "
    "Kimberley Process Certification Scheme for rough diamonds",
    "origin": ["SL"], "destination": "EU", "destination_authority": BE,
    "exporter": {"name": "Fictional Sewa Diamonds", "address": "Kenema", "licence": "SL-1"},
    "importer": {"name": "Fictional Scheldt Diamonds BV", "address": "Antwerpen", "licence": "EU-BE-IMP-2026-0001"},
    "parcels": 1, "parcel_reference": "JMI/GGDO/5012",
    "lines": [{"hs": "7102.31", "carats": "12.50", "usd": "4000.00"}],
    "total_carats": "12.50", "total_usd": "4000.00", "seals": ["SL-77"],
    "validated": {"by": "A. Signatory", "date": "2026-10-20"},
}  # fmt: skip


def found_as_on_paper() -> facts.Inspection:
    from openkimberley.certificates.facts import Line

    return facts.Inspection(
        number="SL 005012", seals=("sl 77",), seals_intact=True, tamper_resistant=True, packed_alone=True, parcels=1,
        lines=(Line("7102.31", Decimal("12.50"), None),), carats=Decimal("12.50"), exporter="FICTIONAL SEWA DIAMONDS",
        importer="Fictional Scheldt Diamonds BV",
    )  # fmt: skip


def test_a_foreign_paper_goes_the_same_way_to_its_receipt_by_e_mail():
    row = actions.register_paper(by=ANNEKE, at=ARRIVED, content=PAPER, scans=[], matches_specimen=True)
    assert row.verdict != "valid" or row.advice == "accept"
    here = actions.present(by=ANNEKE, at=ARRIVED, number="SL-5012", presented_on=ARRIVED.date(), original=True)
    assert here.source == "PAPER"
    assert here.held, "a paper without signature is for a person to decide"
    assert not [one for one in here.objections if one["severity"] == "refuse"], here.objections
    actions.decide_hold(by=ANNEKE, at=ARRIVED, number="SL005012", reason="The issuer answered by telephone and letter.")
    actions.inspect(by=ANNEKE, at=ARRIVED + HOUR, number="SL005012", found=found_as_on_paper(), pictures=[])
    assert not DiscrepancyCase.objects.exists(), DiscrepancyCase.objects.values("differences", "objections")
    confirmation = actions.confirm_import(by=ANNEKE, at=ARRIVED + 2 * HOUR, number="SL005012", declared=True)
    receipt = statements.read_receipt(confirmation.receipt, key_of=lambda kid: story.KEYS[BE].public())
    assert (receipt.exporting, receipt.result, receipt.usd) == ("SL", "match", Decimal("4000.00"))
    notice = Notice.objects.get(kind="RECEIPT")
    assert notice.to_authority == "SL", "the paper names its authority, a message goes to a code"
    assert "12.50" in notice.body
    assert notice.fields["receipt"] == confirmation.receipt
    with pytest.raises(Refused) as refusal:
        actions.present(by=ANNEKE, at=ARRIVED + 3 * HOUR, number="SL 5012", presented_on=ARRIVED.date(), original=True)
    assert "R082" in codes(refusal.value)


def test_a_paper_is_registered_once_and_kept_whatever_the_answer_is():
    fake = {**PAPER, "issuer": "KE", "number": "KE000123", "origin": ["KE"]}
    row = actions.register_paper(by=ANNEKE, at=ARRIVED, content=fake, scans=[])
    assert row.verdict == "invalid"
    assert row.answer["objections"]
    with pytest.raises(Conflict):
        actions.register_paper(by=ANNEKE, at=ARRIVED, content={**fake, "number": "KE 123"}, scans=[])
    with pytest.raises(Untrusted):
        actions.register_paper(by=ANNEKE, at=ARRIVED, content={"number": 5}, scans=[])
    with pytest.raises(NotPermitted):
        actions.register_paper(by=MPHO, at=ARRIVED, content=PAPER, scans=[])


def test_a_question_to_the_issuer_is_on_record_and_its_answer_changes_the_verdict():
    from openkimberley.alerts import actions as alerts
    from openkimberley.alerts.facts import Answer, Verdict

    actions.register_paper(by=ANNEKE, at=ARRIVED, content=PAPER, scans=[])
    query = actions.ask_issuer(by=ANNEKE, at=ARRIVED, number="SL005012", question="Is it yours?")
    alerts.record_answer(
        by=ANNEKE, at=ARRIVED + HOUR, reference=query.reference,
        answer=Answer(Verdict.NOT_GENUINE, "Never issued", "NMA", ARRIVED.date()),
    )  # fmt: skip
    row = actions.check_paper_again(by=ANNEKE, at=ARRIVED + 2 * HOUR, number="SL005012")
    assert row.verdict == "invalid"
    assert "R083" in {one["rule"] for one in row.answer["objections"]}
    assert "paper.registered" in [one["event"] for one in queries.timeline("SL0005012", by=ANNEKE)]


def test_a_paper_is_its_authoritys_own():
    actions.register_paper(by=ANNEKE, at=ARRIVED, content=PAPER, scans=[])
    assert queries.paper("SL005012", by=BART)
    for by in (KAGISO, MPHO, VISITOR):
        with pytest.raises(NotFound):
            queries.paper("SL005012", by=by)


def test_a_decision_does_not_cover_what_came_to_light_after_it():
    from openkimberley.certificates import actions as certification

    certificate = story.issued()
    steps.seal(certificate.number)
    steps.announce(certificate.number)
    steps.depart(certificate.number)
    late = NOW + timedelta(days=100)
    row = steps.present(certificate, at=late)
    assert row.held
    steps.inspect(certificate, at=late)
    if arrival(certificate).status == "INSPECTED":
        actions.decide_hold(by=ANNEKE, at=late, number=certificate.number, reason="The flight was delayed by a strike.")
    certification.void(by=NALEDI, at=late + HOUR, number=certificate.number, why="stolen", reason="stolen")
    with pytest.raises((Refused, Conflict)) as refusal:
        steps.confirm(certificate, at=late + 2 * HOUR)
    if isinstance(refusal.value, Refused):
        assert "R088" in codes(refusal.value)
    assert not Confirmation.objects.exists()


def test_a_seal_of_the_certificate_that_was_not_put_on_stops_the_sealing():
    certificate = story.approve(story.examined(seals=("BW-SEAL-0098812", "BW-SEAL-0098813")))
    with pytest.raises(Refused) as refusal:
        steps.seal(certificate.number)
    assert "R066" in codes(refusal.value)
    steps.seal(certificate.number, seals=("BW-SEAL-0098812", "BW-SEAL-0098813"))


def test_a_code_and_another_number_beside_it_are_not_one_paper():
    certificate = steps.departed()
    with pytest.raises(Conflict, match="was typed"):
        steps.present(certificate, number="BW0099999", artefact=certificate.qr_full.encode())
