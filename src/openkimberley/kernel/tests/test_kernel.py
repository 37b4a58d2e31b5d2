"""Errors carry what a person needs, roles hold what the table says, rules are tied to their code once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openkimberley.kernel import errors
from openkimberley.kernel.actor import NOBODY, OFFICER_ROLES, PERMISSIONS, Actor, Permission, Role
from openkimberley.kernel.rules import Objection, Severity, functions, gettext_noop, register, rule, rulebook

MISSING = Objection(
    "R019", Severity.REFUSE, "The number of parcels is %(parcels)s.", {"parcels": "0"}, "parcels", "Count."
)


def test_a_refusal_names_every_objection() -> None:
    refused = errors.Refused([MISSING, Objection("R022", Severity.HOLD, "100 %% mixed")], subject="BW1")
    assert [o.rule for o in refused.objections] == ["R019", "R022"]
    assert str(refused) == "R019: The number of parcels is 0.; R022: 100 % mixed"
    with pytest.raises(ValueError, match="at least one"):
        errors.Refused([])


def test_each_error_has_its_status_and_words() -> None:
    assert errors.Refused([MISSING]).status == 422
    assert errors.NotPermitted("certificates.approve").status == 403
    assert "certificates.approve" in str(errors.NotPermitted("certificates.approve"))
    assert str(errors.NotPermitted("x", "not for this company")) == "not for this company"
    assert (errors.NotFound("certificate", "BW1").status, str(errors.NotFound("certificate", "BW1"))) == (
        404, "there is no certificate BW1",
    )  # fmt: skip
    assert errors.Conflict("moved on").status == 409
    untrusted = errors.Untrusted("2 signature", "not that key")
    assert (untrusted.status, untrusted.step, untrusted.reason) == (400, "2 signature", "not that key")
    assert str(untrusted) == "2 signature: not that key"
    assert errors.KimberleyError.status == 500


def test_an_objection_tells_rule_level_source_and_facts() -> None:
    told = MISSING.as_json()
    assert told["rule"] == "R019"
    assert told["level"] == "MIN"
    assert told["severity"] == "refuse"
    assert told["message"] == "The number of parcels is 0."
    assert told["facts"] == {"parcels": "0"}
    assert told["source"].startswith("KPCS Core Document")
    assert (told["field"], told["remedy"]) == ("parcels", "Count.")


def test_no_role_both_applies_and_decides() -> None:
    deciding = {Permission.CERTIFICATE_APPROVE, Permission.CERTIFICATE_EXAMINE, Permission.SHIPMENT_RECEIVE}
    for role, held in PERMISSIONS.items():
        assert not (Permission.CERTIFICATE_APPLY in held and held & deciding), role


def test_every_role_has_its_row_and_the_public_holds_nothing() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.PUBLIC] == frozenset()
    assert NOBODY.permissions == frozenset()
    assert Role.APPLICANT not in OFFICER_ROLES


def test_the_auditor_decides_nothing() -> None:
    writes = {
        Permission.CERTIFICATE_APPROVE, Permission.CERTIFICATE_EXAMINE, Permission.CERTIFICATE_VOID,
        Permission.SHIPMENT_RECEIVE, Permission.SHIPMENT_SEAL, Permission.LICENCE_GRANT,
    }  # fmt: skip
    assert not PERMISSIONS[Role.AUDITOR] & writes


def test_an_actor_may_what_one_of_the_roles_may() -> None:
    both = Actor("p", frozenset({Role.VALUER, Role.STATISTICIAN}))
    assert both.may(Permission.CERTIFICATE_VALUE)
    assert both.may(Permission.STATISTICS_READ)
    assert not both.may(Permission.CERTIFICATE_APPROVE)
    assert both.permissions == PERMISSIONS[Role.VALUER] | PERMISSIONS[Role.STATISTICIAN]


def test_a_rule_is_tied_to_a_code_of_the_book() -> None:
    with pytest.raises(ValueError, match="not in the rulebook"):
        rule("R999", severity=Severity.FLAG)(lambda: None)


def test_a_code_is_tied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from openkimberley.kernel import rules

    monkeypatch.setattr(rules, "_FUNCTIONS", {})

    @rule("R001", severity=Severity.FLAG)
    def first(case: object) -> Iterator[Objection]:
        """First."""
        yield from ()

    assert functions() == {"R001": first}
    assert (first.code, first.severity) == ("R001", Severity.FLAG)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="written twice"):

        @rule("R001", severity=Severity.FLAG)
        def second(case: object) -> Iterator[Objection]:
            """Second."""
            yield from ()


def test_the_register_is_the_book_in_order() -> None:
    assert [entry.code for entry in register()] == sorted(rulebook())


def test_a_marked_sentence_stays_english() -> None:
    assert gettext_noop("The number of parcels is missing.") == "The number of parcels is missing."
