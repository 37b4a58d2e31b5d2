"""Group C: how long a certificate is valid. Each rule satisfied and broken."""

from __future__ import annotations

from datetime import date

from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.rules import Known, expiry, latest_expiry, validity
from openkimberley.certificates.tests.cases import case, said
from openkimberley.participants.data import shipped_profiles


def test_expiry_is_the_last_day_the_issuers_law_allows() -> None:
    profiles = shipped_profiles()
    assert expiry(profiles.of("EU"), date(2023, 12, 31)) == date(2024, 2, 29)
    assert expiry(profiles.of("CA"), date(2023, 6, 1)) == date(2023, 7, 31)
    assert expiry(profiles.of("BW"), date(2023, 6, 1)) == date(2023, 7, 31)  # no law known: 60 days
    assert latest_expiry(profiles.of("BW"), date(2023, 6, 1)) is None


def test_R033_validity_within_months() -> None:
    rule, union = validity.validity_within_months, {"issuer": "EU", "number": "EU00012345"}
    assert said(rule, case(expiry_date=date(2023, 8, 1), **union)) == []
    assert said(rule, case(expiry_date=date(2023, 8, 2), **union)) == ["refuse"]
    assert said(rule, case(expiry_date=None, **union)) == []  # R027 says that
    assert said(rule, case(expiry_date=date(2024, 8, 2))) == []


def test_R034_validity_to_midnight_gmt() -> None:
    rule, canada = validity.validity_to_midnight_gmt, {"issuer": "CA", "number": "CA0012345"}
    assert said(rule, case(expiry_date=date(2023, 7, 31), **canada)) == []
    assert said(rule, case(expiry_date=date(2023, 8, 1), **canada)) == ["refuse"]


def test_R035_validity_within_days_of_the_control_system() -> None:
    rule, macao = validity.validity_within_days, {"issuer": "CN", "number": "MO0012345"}
    assert said(rule, case(expiry_date=date(2023, 7, 31), **macao)) == []
    assert said(rule, case(expiry_date=date(2023, 8, 1), **macao)) == ["refuse"]
    assert said(rule, case(expiry_date=date(2023, 8, 1), issuer="CN", number="CN0012345")) == []


def test_R036_valid_for_the_entire_journey() -> None:
    rule, australia = validity.valid_for_the_entire_journey, {"issuer": "AU", "number": "AU0012345"}
    assert said(rule, case(**australia)) == []
    assert said(rule, case(Known(arrives_on=date(2023, 8, 1)), **australia)) == ["hold"]
    assert said(rule, case(Known(arrives_on=date(2023, 8, 1)))) == []


def test_R037_expired_waits_for_a_person() -> None:
    assert said(validity.not_expired, case(on=date(2023, 7, 31))) == []
    assert said(validity.not_expired, case(on=date(2023, 8, 1))) == ["hold"]


def test_R038_expired_unused_is_not_used_again() -> None:
    rule = validity.expired_unused_is_not_used_again
    assert said(rule, case(Known(status=CertificateStatus.DEPARTED))) == []
    assert said(rule, case(Known(status=CertificateStatus.EXPIRED_RETURNED))) == ["refuse"]
