"""Who expects goods hears of it when their certificate no longer stands, or is corrected: once, and only then."""

from __future__ import annotations

import pytest
from tests import story
from tests.cast import BE, NALEDI, NOW

from openkimberley.certificates import actions as certificates
from openkimberley.kernel.actor import Actor, Role
from openkimberley.shipments import actions
from openkimberley.shipments.actions import letter
from openkimberley.shipments.models import Notice
from openkimberley.shipments.tests import steps

pytestmark = pytest.mark.django_db
NODE = Actor("node", frozenset({Role.ISSUING_OFFICER, Role.IMPORT_OFFICER, Role.SUPERVISOR}), via="node")


@pytest.fixture(autouse=True)
def _furnished(db):
    story.furnish()
    steps.forget()


def kinds() -> list[str]:
    return sorted(Notice.objects.exclude(kind="ADVANCE").values_list("kind", flat=True))


def test_a_certificate_voided_before_anybody_was_told_needs_no_notice():
    one = story.issued()
    certificates.void(by=NALEDI, at=NOW, number=one.number, why="error", reason="Sale withdrawn")
    assert actions.tell_changes(by=NODE, at=NOW) == 0
    assert kinds() == []


@pytest.mark.parametrize("how", ["void", "lost"])
def test_a_withdrawal_after_the_announcement_is_told_once(how):
    one = story.issued()
    steps.seal(one.number)
    steps.announce(one.number)
    at = NOW + 2 * steps.HOUR
    if how == "void":
        certificates.void(by=NALEDI, at=at, number=one.number, why="stolen", reason="Box gone")
    else:
        certificates.report_lost(by=NALEDI, at=at, number=one.number, circumstances="Bag gone")
    assert actions.tell_changes(by=NODE, at=at) == 1
    assert actions.tell_changes(by=NODE, at=at) == 0
    notice = Notice.objects.get(kind="WITHDRAWN")
    assert (notice.to_authority, notice.authority) == (BE, "BW")
    assert one.number in notice.subject
    assert "Do not accept goods under it" in notice.body


def test_a_correction_travels_with_its_signed_instruction_and_each_is_told_once():
    one = steps.departed()
    about = {"by": NALEDI, "number": one.number, "field": "importer/address", "reason": "Misspelt"}
    first = certificates.instruct_correction(at=steps.ARRIVED, new="Fictiestraat 2, Antwerpen", **about)
    assert actions.tell_changes(by=NODE, at=steps.ARRIVED) == 1
    assert actions.tell_changes(by=NODE, at=steps.ARRIVED) == 0
    attached = {name: content for name, content, _ in letter(Notice.objects.get(kind="CORRECTION")).attachments}
    assert attached["correction.jws"] == first.instruction
    certificates.instruct_correction(at=steps.ARRIVED, new="Fictiestraat 3, Antwerpen", **about)
    assert actions.tell_changes(by=NODE, at=steps.ARRIVED) == 1
    assert kinds() == ["CORRECTION", "CORRECTION"]
