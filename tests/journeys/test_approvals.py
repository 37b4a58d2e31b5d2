"""Approvals on the pages and over HTTP, where the signer takes no one's word; and what stands while it is down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from openkimberley.certificates import actions, queries
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.tests.world import node, sign_in, words  # noqa: F401
from openkimberley.journal import queries as journal
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Untrusted
from openkimberley.signer.client import Client
from openkimberley.signer.place import of
from openkimberley.signer.policy import TRIAL
from openkimberley.signer.service import LocalService
from openkimberley.trust import signing
from tests.cast import AUDITOR, KAGISO, MPHO, NALEDI, NOW
from tests.story import examined, filed, issued, key_of

PASSPHRASE = "a passphrase of an officer"
TYPED = {"level": "software", "passphrase": PASSPHRASE}


@pytest.fixture
def strict(node) -> LocalService:  # noqa: F811
    """A signer that wants both officers' own approvals, and knows theirs."""
    service = LocalService(key_of, policy=replace(TRIAL, levels=("webauthn", "software")))
    signing.provide(service)
    for officer, role in ((KAGISO, "maker"), (NALEDI, "checker")):
        service.enrol(authority="BW", officer=officer.id, roles=[role], evidence=TYPED, at=int(NOW.timestamp()))
    return service


def attest(row, by=KAGISO, **typed):
    now = queries.application(row.reference, by=by)
    return actions.attest(by=by, at=NOW, reference=row.reference, version=now.version, approval={**TYPED, **typed})


def approve(row, **more):
    now = queries.application(row.reference, by=NALEDI)
    return actions.approve(by=NALEDI, at=NOW, reference=row.reference, version=now.version, **more)


def test_t6_two_officers_sign_and_the_certificate_says_how(strict):
    row = examined()
    kept = attest(row)
    assert (kept.officer, kept.role, kept.level) == (KAGISO.id, "maker", "software")
    certificate = approve(row, approval=TYPED)
    assert certificate.approval_level == "software"
    assert certificate.content["validated"]["by"] == NALEDI.id


def test_t6_without_both_approvals_nothing_is_issued(strict):
    row = examined()
    with pytest.raises(NotPermitted, match="node's word"):
        approve(row)
    with pytest.raises(Conflict, match="has not signed this draft"):
        approve(row, approval=TYPED)
    attest(row)
    with pytest.raises(Untrusted, match="passphrase"):
        approve(row, approval={**TYPED, "passphrase": "guessed guessed"})
    assert queries.application(row.reference, by=NALEDI).status == "EXAMINED"
    assert queries.next_number("BW", on=NOW.date()) == "BW0012345"


def test_t6_what_changed_after_the_makers_signature_is_signed_again(strict):
    row = examined()
    attest(row)
    lines = [{"hs": line["hs"], "carats": line["carats"]} for line in row.content["lines"]]
    actions.examine(by=KAGISO, at=NOW, reference=row.reference, method="OPENED", method_reason="", parcels=1,
                    lines=[{**lines[0], "carats": "1843.26"}, *lines[1:]], seals=["BW-SEAL-0098812"],
                    origin_evidence="weighed again")  # fmt: skip
    with pytest.raises(Conflict, match="changed since"):
        approve(row, approval=TYPED)


def test_t6_only_the_examining_officer_signs_and_only_after_the_examination(strict):
    waiting = filed()
    with pytest.raises(Conflict, match="after its examination"):
        attest(waiting)
    row = examined()
    with pytest.raises(NotPermitted, match="who examined the goods"):
        attest(row, by=replace(KAGISO, id="another"))
    with pytest.raises(NotPermitted):
        attest(row, by=NALEDI)


def test_the_pages_lead_both_officers_through(strict, client):
    row = examined()
    kagiso = sign_in(client, KAGISO)
    summary = words(kagiso.get(f"/applications/{row.reference}"))
    assert "Sign what you examined" in summary
    here = f"/applications/{row.reference}/sign"
    page = words(kagiso.get(here))
    assert "1843.27" in page
    assert drafting_hash(row)[:16] in page
    version = queries.application(row.reference, by=KAGISO).version
    assert "Type the passphrase" in words(kagiso.post(here, {"version": version}))
    wrong = kagiso.post(here, {"version": version, "passphrase": "guessed guessed"})
    assert (wrong.status_code, "wrong" in words(wrong)) == (400, True)
    broken = kagiso.post(here, {"version": version, "credential": "[1"})
    assert (broken.status_code, "not understood" in words(broken)) == (422, True)
    assert kagiso.post(here, {"version": version, "passphrase": PASSPHRASE}).status_code == 302
    assert "You have signed this" in words(kagiso.get(here))
    assert "Sign what you examined" not in words(kagiso.get(f"/applications/{row.reference}"))
    naledi = sign_in(client, NALEDI)
    here = f"/applications/{row.reference}/approve"
    assert "Examined and signed by" in words(naledi.get(here))
    said = {"version": version, "paper_serial": "", "confirm": "on"}
    assert "Type the passphrase" in words(naledi.post(here, said))
    done = naledi.post(here, {**said, "passphrase": PASSPHRASE})
    assert done.status_code == 302
    assert "by passphrase (weaker)" in words(naledi.get(done.url))
    assert "by passphrase (weaker)" in words(sign_in(client, AUDITOR).get("/certificates"))
    assert "weaker" not in words(sign_in(client, MPHO).get(done.url))


def drafting_hash(row) -> str:
    from openkimberley.trust import approval

    return approval.draft_hash(drafting.draft_now(row, at=NOW)).hex()


def test_an_officer_without_a_credential_is_told_where_to_enrol(strict, client):
    row = examined()
    strict.ledger.rows("DELETE FROM officers RETURNING 1")
    assert "You have no approval credential yet" in words(
        sign_in(client, KAGISO).get(f"/applications/{row.reference}/sign")
    )
    assert "has not signed this yet" in words(sign_in(client, NALEDI).get(f"/applications/{row.reference}/approve"))


def test_approvals_over_http(strict, client):
    row = examined()
    here = f"/api/v1/applications/{row.reference}"
    kagiso = sign_in(client, KAGISO)
    told = kagiso.get(f"{here}/draft").json()
    assert told["draft"]["content"]["total_carats"] == "2093.27"
    assert set(told["challenges"]) == {"maker", "checker"}
    body = {"version": told["version"], "approval": TYPED}
    assert kagiso.post(f"{here}/sign", json.dumps(body), content_type="application/json").status_code == 201
    assert sign_in(client, MPHO).get(f"{here}/draft").status_code == 404
    naledi = sign_in(client, NALEDI)
    without = naledi.post(f"{here}/approve", json.dumps({"version": told["version"]}), content_type="application/json")
    assert without.status_code == 403
    answer = {"id": "AA", "rawId": "AA", "response": {"signature": "AA"}}
    forged = {"level": "webauthn", "credential": answer}
    for given, status in ((forged, 404), ({**TYPED, "passphrase": "x"}, 400), (TYPED, 201)):
        asked = {"version": told["version"], "approval": given}
        done = naledi.post(f"{here}/approve", json.dumps(asked), content_type="application/json")
        assert done.status_code == status, done.content
    assert done.json()["approval_level"] == "software"


def test_without_a_signer_pages_say_so_and_everything_else_works(node, client, tmp_path: Path):  # noqa: F811
    certificate, row, waiting = issued(), examined(seals=("BW-SEAL-2",)), filed()
    signing.provide(Client(of(tmp_path / "nobody")))
    naledi = sign_in(client, NALEDI)
    here = f"/applications/{row.reference}/approve"
    down = naledi.get(here)
    assert (down.status_code, "nothing was done" in words(down)) == (409, True)
    body = json.dumps({"version": row.version})
    over = naledi.post(f"/api/v1/applications/{row.reference}/approve", body, content_type="application/json")
    assert (over.status_code, "nothing was done" in over.content.decode()) == (409, True)
    for path in ("/", "/applications", f"/applications/{row.reference}", f"/certificates/{certificate.number}"):
        assert naledi.get(path).status_code == 200
    assert naledi.get(f"/certificates/{certificate.number}/label.pdf").status_code == 200
    kagiso = sign_in(client, KAGISO)
    assert kagiso.get(f"/applications/{row.reference}").status_code == 200
    assert kagiso.get(f"/applications/{waiting.reference}/examine").status_code == 200
    assert kagiso.get("/me/approval/").status_code == 409
    assert kagiso.get("/me/").status_code == 200
    now = queries.application(row.reference, by=NALEDI)
    assert (now.status, queries.next_number("BW", on=NOW.date())) == ("EXAMINED", "BW0012346")


def test_an_officer_enrols_under_the_account_and_nobody_else_needs_to(strict, client):
    kagiso = sign_in(client, KAGISO)
    assert "Enrol the passphrase" in words(kagiso.get("/me/approval/"))
    short = kagiso.post("/me/approval/", {"passphrase": "short", "again": "short"})
    assert (short.status_code, "at least 12" in words(short)) == (422, True)
    other = kagiso.post("/me/approval/", {"passphrase": "long enough to be one", "again": "another"})
    assert "not the same" in words(other)
    odd = kagiso.post("/me/approval/", {"credential": "{", "challenge": "x"})
    assert "not understood" in words(odd)
    forged = kagiso.post("/me/approval/", {"credential": "{}", "challenge": "x"})
    assert forged.status_code in (409, 422)
    good = {"passphrase": "a new passphrase of mine", "again": "a new passphrase of mine"}
    assert kagiso.post("/me/approval/", good).status_code == 302
    assert "Approval credential" in words(kagiso.get("/me/"))
    assert sign_in(client, MPHO).get("/me/approval/").status_code == 404
    assert "Approval credential" not in words(sign_in(client, MPHO).get("/me/"))


def test_t5_a_number_that_the_signer_spent_is_entered_as_void(node):  # noqa: F811
    """The node forgot what the signer signed: the number is void on record, and the next one is given."""
    first, second = examined(), examined(seals=("BW-SEAL-2",))
    service = signing.service()
    kept = {}
    plain = service.codes
    service.codes = lambda **said: (_ for _ in ()).throw(Conflict("the node dies here"))
    with pytest.raises(Conflict, match="dies here"):
        approve(first)
    service.codes = plain
    kept["next"] = queries.next_number("BW", on=NOW.date())
    assert kept["next"] == "BW0012345"
    certificate = approve(second)
    assert certificate.number == "BW0012346"
    (void,) = [e for e in journal.history("BW0012345") if e["event"] == "certificate.number_void"]
    assert void["public"]["t"] == "kpc.void"
    assert void["public"]["why"] == "error"
    assert approve(first).number == "BW0012347"
    with pytest.raises(NotFound):
        queries.certificate("BW0012345", by=NALEDI)
