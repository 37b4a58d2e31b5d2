"""Status lists as they are published: when, under which address, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import story
from tests.cast import BE, BW, MPHO, NALEDI, NOW, SEKGOMA, VISITOR
from tests.story import NODE_KEYS

from openkimberley.certificates import actions, queries
from openkimberley.certificates.models import Certificate, StatusList
from openkimberley.certificates.tests.world import node  # noqa: F401
from openkimberley.journal.models import Entry
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import Conflict, NotPermitted
from openkimberley.trust import jws, statuslist
from openkimberley.trust.canonical import b64u, parse_json, sha256, unb64u
from openkimberley.trust.statuslist import Status

pytestmark = pytest.mark.usefixtures("node")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def status_key(node):  # noqa: F811
    key = NODE_KEYS[BW, "status"]
    actions.register_key(
        by=Actor("installer", story.INSTALLER, authority=BW), at=NOW - DAY, kid=key.kid, use="status", alg=key.alg,
        public_key=key.public_key, not_before=(NOW - DAY).date(), not_after=(NOW + 400 * DAY).date(),
    )  # fmt: skip


def key_of(kid):
    row = next((row for row in queries.keys(BW, "status") if row.kid == kid), None)
    return row and queries.public_key(row)


def publish(at=NOW, year=2026):
    return actions.publish_status_lists(by=SEKGOMA, at=at, year=year)


def test_a_list_is_signed_served_and_journalled(client):
    one = story.issued()
    (row,) = publish()
    answer = client.get(f"/status/{BW}/2026-1")
    assert answer["Content-Type"] == "application/statuslist+jwt"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=43200"
    found = statuslist.verify(answer.content.decode(), key_of)
    assert found.uri == queries.status_uri(BW, 2026) == row.uri
    assert found.entries[one.status_index] is Status.VALID
    assert parse_json(Entry.objects.get(event="status.published").entry.encode()) == {
        "v": 1, "t": "status.list", "u": "BW/2026-1", "h": b64u(sha256(answer.content)),
    }  # fmt: skip
    again = client.get(f"/status/{BW}/2026-1", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    (listed,) = client.get("/status/").json()["lists"]
    assert (listed["uri"], listed["serial"], listed["bytes"]) == (row.uri, 1, len(row.jwt))
    assert client.get("/status/ZZ/2026-1").status_code == 404


def test_the_signed_list_is_the_one_of_the_bundle():
    story.issued()
    publish()
    (jwt,) = queries.signed_lists()
    (uri, about), = queries.bundle(at=NOW)["status_lists"].items()  # fmt: skip
    found = statuslist.verify(jwt, key_of)
    assert (found.uri, found.lst) == (uri, about["lst"])
    assert found.evaluated().keys() == about.keys()


def test_t4_t20_a_list_is_published_when_a_status_changed_and_every_day():
    one = story.issued()
    assert actions.publish_due(by=Actor("node", SEKGOMA.roles, via="node"), at=NOW) == 1
    assert actions.publish_due(by=SEKGOMA, at=NOW + timedelta(hours=1)) == 0
    actions.void(by=NALEDI, at=NOW + timedelta(hours=2), number=one.number, why="error", reason="Wrong weight")
    assert actions.publish_due(by=SEKGOMA, at=NOW + timedelta(hours=3)) == 1
    assert actions.publish_due(by=SEKGOMA, at=NOW + timedelta(hours=4)) == 0
    newest = queries.edition(BW, 2026)
    assert newest.serial == 2
    assert queries.read(newest.jwt)[one.status_index] is Status.VOID
    assert actions.publish_due(by=SEKGOMA, at=NOW + timedelta(hours=27, seconds=1)) == 1  # a day went by


def test_a_status_that_was_taken_back_is_not_published():
    one = story.issued()
    actions.void(by=NALEDI, at=NOW, number=one.number, why="error", reason="Wrong weight")
    publish(NOW + timedelta(minutes=1))
    Certificate.objects.filter(pk=one.pk).update(status="ISSUED")  # somebody at the database's own door
    with pytest.raises(Conflict, match=f"{one.number} went from void to valid"):
        publish(NOW + timedelta(minutes=2))
    assert StatusList.objects.count() == 1


def test_a_node_that_moves_keeps_the_lists_that_its_certificates_name(settings):
    old = story.issued()
    settings.PLACE.configure(address="https://kp.gov.bw/")
    new = story.issued(at=NOW + timedelta(minutes=5))
    rows = publish(NOW + timedelta(minutes=6))
    assert [row.uri for row in rows] == [
        "https://kp.example/status/BW/2026-1", "https://kp.gov.bw/status/BW/2026-1",
    ]  # fmt: skip
    for row in (old, new):
        payload = parse_json(unb64u(row.sd_jwt.split(".")[1]))
        uri = payload["status"]["status_list"]["uri"]
        assert any(statuslist.verify(jwt, key_of).uri == uri for jwt in queries.signed_lists())
    assert queries.edition(BW, 2026).uri == "https://kp.gov.bw/status/BW/2026-1"


def test_who_may_publish_and_what_there_is_to_publish():
    with pytest.raises(NotPermitted):
        actions.publish_status_lists(by=MPHO, at=NOW, year=2026)
    with pytest.raises(NotPermitted):
        actions.publish_status_lists(by=VISITOR, at=NOW, year=2026)
    with pytest.raises(Conflict, match="no certificate in 2025"):
        publish(year=2025)
    story.issued()
    publish(NOW + DAY)
    with pytest.raises(Conflict, match="mend the clock"):
        publish(NOW)


def test_the_authority_tells_its_own_officers_whom_to_expect():
    one = story.issued()
    Certificate.objects.filter(pk=one.pk).update(status="DEPARTED")
    known = {
        "cid": one.cid, "d": "2026-11-02", "number": one.number, "issuer": "BW", "seal": "BW-SEAL-0098812",
    }  # fmt: skip
    assert queries.local(authority=BE, at=NOW)["expected"] == [known]
    assert queries.local(authority=BE, at=NOW, proof=lambda row: f"proof of {row.number}")["expected"] == [
        {**known, "proof": f"proof of {one.number}"}
    ]
    assert queries.local(authority=BE, at=NOW, proof=lambda row: "")["expected"] == [known]
    assert queries.local(authority=BW, at=NOW)["expected"] == []
    signed = jws.parse(queries.signed_local(authority=BE, at=NOW), "kp-bundle+jwt")
    signed.verify(NODE_KEYS[BE, "status"].public())
    assert set(signed.payload) == {"iss", "authority", "iat", "expected", "used", "alerts", "overlay"}
    assert (signed.payload["authority"], signed.payload["iat"]) == (BE, int(NOW.timestamp()))
    assert queries.bundle(at=NOW)["expected"] == [one.cid]
