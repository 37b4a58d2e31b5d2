"""PURE. The rules on certificates, and which of them bite at which act.

Each rule is a function of a ``Case`` (see ``case``), tied to its official code, in a file by group: ``number`` (A),
``content`` (B), ``validity`` (C), ``participants`` (D), ``issuing`` (E), ``fraud`` (Q). The functions here gather them
by act and return *all* objections at once; ``ask`` also returns what could not be asked, and why::

    stops = ask(BEFORE_ISSUE, case).stops
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.certificates.rules import content, fraud, issuing, number, participants, validity
from openkimberley.certificates.rules.case import (
    Alert,
    Asked,
    Case,
    HeldImport,
    HeldLicence,
    Known,
    NotAsked,
    Sanction,
    Signatory,
    Specimen,
    Valuations,
    Verification,
    ask,
    not_asked,
    objection,
    prefix_of,
    serial_of,
)
from openkimberley.certificates.rules.correction import (
    Correction,
    Replacement,
    before_correction,
    before_replacement,
    is_minor,
)
from openkimberley.certificates.rules.disclosure import (
    Standing,
    erasable_from,
    may_add,
    may_erase,
    profiles_for,
    shown_claims,
)
from openkimberley.certificates.rules.number import normalised
from openkimberley.certificates.rules.validity import expiry, latest_expiry

if TYPE_CHECKING:
    from openkimberley.kernel.rules import Objection

GOODS = (
    content.parties_are_identified, content.carats_are_given, content.value_is_given, content.parcels_are_counted,
    content.codes_are_of_rough_diamonds, content.goods_are_within_the_scheme, content.origin_is_given,
    content.mixed_origin_is_marked, content.mixed_origin_names_all_countries, content.single_origin_is_single,
    content.origin_is_a_mining_country, content.totals_add_up, content.price_is_plausible,
)  # fmt: skip
"""What parties, goods and figures must say, in an application as on a certificate."""

TRADE = (
    participants.no_trade_with_non_participants, participants.issuer_and_destination_are_participants,
    participants.provenance_is_the_issuer, participants.issuer_is_not_suspended,
    participants.restricted_goods_come_from_compliant_zones, participants.stock_of_the_suspension_is_audited,
    participants.no_certificate_inside_one_territory, participants.separate_systems_need_their_own_documents,
    participants.no_import_ban_is_in_force,
)  # fmt: skip
"""Who may trade with whom on the day."""

EVIDENCE = (
    issuing.origin_is_proven, issuing.reexport_lists_its_imports, issuing.no_more_goes_out_than_came_in,
    issuing.exporter_declared, issuing.exporter_and_agents_are_licensed, issuing.trader_is_registered,
    issuing.private_person_trades_once, issuing.stock_was_declared,
)  # fmt: skip
"""What an application must bring."""

FORM = (
    number.number_starts_with_a_participants_code, number.number_is_unique, number.prefix_is_the_issuers,
    number.number_has_the_issuers_form, number.old_union_prefix_only_before_the_changeover,
    number.number_lies_in_a_range_of_its_year, number.parcel_reference_ends_with_the_number,
    number.number_is_of_the_authoritys_allotment, number.authority_was_notified, content.title_is_present,
    content.statement_is_present, content.english_is_on_it, content.dates_are_in_order, content.validation_is_present,
    content.destination_and_seals_are_named, validity.validity_within_months, validity.validity_to_midnight_gmt,
    validity.validity_within_days, validity.valid_for_the_entire_journey,
)  # fmt: skip
"""Number, wording, dates and validation of a finished certificate."""

BEFORE_FILING = GOODS + TRADE + EVIDENCE
"""The pre-check of an application: no number, date of expiry or validation exists yet."""

BEFORE_ISSUE = (
    *FORM, *BEFORE_FILING, number.signatory_is_registered, issuing.content_was_verified, issuing.method_is_recorded,
    issuing.valuation_was_requested_in_time, issuing.highest_valuation_counts,
    issuing.goods_were_offered_at_the_exchange, issuing.frequent_exporter_stays_within_its_licence,
    issuing.no_one_does_two_steps, fraud.no_alert_is_out,
)  # fmt: skip
"""Everything that must be right before a certificate is signed."""

ON_PAPER = (
    *FORM, *GOODS, *TRADE, number.customs_number_is_the_same, number.paper_matches_the_specimen,
    number.signatory_is_registered, validity.not_expired, validity.expired_unused_is_not_used_again,
    issuing.trader_is_registered, issuing.private_person_trades_once, issuing.stock_was_declared,
    fraud.signature_is_good, fraud.paper_and_record_agree, fraud.no_alert_is_out, fraud.issuer_was_ever_a_participant,
    fraud.no_payment_before_shipment,
)  # fmt: skip
"""What is asked of a certificate that somebody else issued."""


def _own(case: Case) -> Case:
    """The same case as the desk's own certificate."""
    return case if case.own else replace(case, own=True)


def before_filing(case: Case) -> tuple[Objection, ...]:
    """The pre-check: everything an application lacks, at once."""
    return ask(BEFORE_FILING, _own(case)).objections


def before_issue(case: Case) -> tuple[Objection, ...]:
    """Everything that stands against signing this certificate, flags included."""
    return ask(BEFORE_ISSUE, _own(case)).objections


def on_paper(case: Case) -> Asked:
    """What the rules say of a certificate that somebody else issued, and what could not be asked."""
    return ask(ON_PAPER, case)


__all__ = [
    "BEFORE_FILING",
    "BEFORE_ISSUE",
    "ON_PAPER",
    "Alert",
    "Asked",
    "Case",
    "Correction",
    "HeldImport",
    "HeldLicence",
    "Known",
    "NotAsked",
    "Replacement",
    "Sanction",
    "Signatory",
    "Specimen",
    "Standing",
    "Valuations",
    "Verification",
    "ask",
    "before_correction",
    "before_filing",
    "before_issue",
    "before_replacement",
    "erasable_from",
    "expiry",
    "is_minor",
    "latest_expiry",
    "may_add",
    "may_erase",
    "normalised",
    "not_asked",
    "objection",
    "on_paper",
    "prefix_of",
    "profiles_for",
    "serial_of",
    "shown_claims",
]  # fmt: skip
