"""The outbox: at least once, never lost, a failing server is seen and outlived; one test speaks real SMTP."""

from __future__ import annotations

import socket
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from tests import story
from tests.cast import AUDITOR, KAGISO, MPHO, NOW

from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted
from openkimberley.shipments import actions, queries
from openkimberley.shipments.models import Notice
from openkimberley.shipments.tests import steps

pytestmark = pytest.mark.django_db
NODE = Actor("node", frozenset({Role.ISSUING_OFFICER, Role.IMPORT_OFFICER, Role.SUPERVISOR}), via="node")


@pytest.fixture(autouse=True)
def _furnished(db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    story.furnish()
    steps.forget()


@pytest.fixture
def notice() -> Notice:
    certificate = story.issued()
    steps.seal(certificate.number)
    return steps.announce(certificate.number, NOW)


class Down(BaseEmailBackend):
    """A mail server that is not there."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("[Errno 111] Connection refused")


@pytest.fixture
def smtp():
    """A real SMTP server on a port of its own, and what it received."""
    from aiosmtpd.controller import Controller

    received: list[bytes] = []

    class Keep:
        async def handle_DATA(self, server, session, envelope):
            received.append(envelope.original_content or envelope.content)
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port, received
    controller.stop()


def test_a_notice_goes_over_real_smtp_with_its_fields_attached(notice, smtp):
    port, received = smtp
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port, timeout=5)
    assert actions.deliver_notices(by=KAGISO, at=NOW, connection=connection) == 1
    message = message_from_bytes(received[0], policy=policy.default)
    assert message["To"] == "import@example.org"
    assert message["Message-ID"] == notice.message_id
    assert notice.certificate_number in message["Subject"]
    assert "2093.27" in message.get_body(("plain",)).get_content()
    assert [part.get_filename() for part in message.iter_attachments()] == ["notice.json"]
    row = Notice.objects.get()
    assert (row.status, row.sent_at, row.attempts) == ("SENT", NOW, 1)


def test_a_server_that_is_down_keeps_the_notice_until_it_is_up_again(notice, smtp):
    assert actions.deliver_notices(by=KAGISO, at=NOW, connection=Down()) == 0
    row = Notice.objects.get()
    assert (row.status, row.attempts) == ("QUEUED", 1)
    assert "refused" in row.error
    assert [one["kind"] for one in queries.waiting(KAGISO, at=NOW)] == ["notice"]
    # not tried again before its time
    assert actions.deliver_notices(by=KAGISO, at=NOW + timedelta(seconds=30)) == 0
    for hour in range(1, 30):
        actions.deliver_notices(by=KAGISO, at=NOW + timedelta(hours=hour), connection=Down())
    row.refresh_from_db()
    assert row.status == "QUEUED"
    assert row.attempts > 5
    assert row.next_attempt <= NOW + timedelta(hours=34)
    port, received = smtp
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port, timeout=5)
    assert actions.deliver_notices(by=KAGISO, at=NOW + timedelta(hours=40), connection=connection) == 1
    assert len(received) == 1
    assert queries.waiting(KAGISO, at=NOW + timedelta(hours=40)) == []


def test_a_crash_between_sending_and_marking_sends_again_under_the_same_name(notice, mailoutbox, monkeypatch):
    class Crashed(BaseException):
        pass

    def crash(**_):
        raise Crashed

    monkeypatch.setattr("openkimberley.shipments.actions.outbox.mark_notice_sent", crash)
    with pytest.raises(Crashed):
        actions.deliver_notices(by=KAGISO, at=NOW)
    monkeypatch.undo()
    assert Notice.objects.get().status == "QUEUED"
    assert actions.deliver_notices(by=KAGISO, at=NOW + timedelta(minutes=5)) == 0  # the claim still holds
    assert actions.deliver_notices(by=KAGISO, at=NOW + timedelta(minutes=11)) == 1
    assert {mail.extra_headers["Message-ID"] for mail in mailoutbox} == {notice.message_id}
    assert len(mailoutbox) == 2


def test_two_ticks_at_once_send_once(notice, mailoutbox):
    claimed = actions.claim_notices(by=KAGISO, at=NOW)
    assert len(claimed) == 1
    assert actions.deliver_notices(by=KAGISO, at=NOW) == 0
    assert mailoutbox == []


def test_the_node_itself_serves_every_authority(notice, mailoutbox):
    assert actions.deliver_notices(by=NODE, at=NOW) == 1
    assert queries.notices_waiting() == 0


def test_a_subject_cannot_smuggle_a_header(notice):
    subject, _ = actions.wording("ADVANCE", "BW1\nBcc: thief@example.org", {})
    assert "\n" not in subject


@pytest.mark.parametrize("by", [MPHO, AUDITOR])
def test_only_who_seals_sends(notice, by):
    from dataclasses import replace

    with pytest.raises(NotPermitted):
        actions.deliver_notices(by=replace(by, authority="BW"), at=NOW)


def test_an_address_is_one_and_a_sent_notice_stays(notice):
    with pytest.raises(Conflict):
        actions.readdress_notice(by=KAGISO, at=NOW, message_id=notice.message_id, address="nobody")
    with pytest.raises(NotFound):
        actions.readdress_notice(by=KAGISO, at=NOW, message_id="<x>", address="a@example.org")
    actions.deliver_notices(by=KAGISO, at=NOW)
    with pytest.raises(Conflict):
        actions.readdress_notice(by=KAGISO, at=NOW, message_id=notice.message_id, address="a@example.org")


def test_a_demonstration_writes_to_no_real_authority(settings):
    real = queries.address_of("EU-BE", on=NOW.date())
    settings.DEMONSTRATION = True
    shown = queries.address_of("EU-BE", on=NOW.date())
    assert shown.endswith(".demo.example")
    assert shown != real
