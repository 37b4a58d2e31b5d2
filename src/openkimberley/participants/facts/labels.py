"""PURE. How people read a profile's fields: English marked for translation."""

from __future__ import annotations

from collections.abc import Mapping

from openkimberley.kernel.rules import gettext_noop as _

LABELS: Mapping[str, str] = {
    "number_pattern": _("Pattern of the number"),
    "number_digits": _("Digits of the number"),
    "ranges": _("Ranges of numbers"),
    "allotments": _("Numbers allotted to authorities"),
    "parcel_reference_ends_with_number": _("Parcel reference ends with the number"),
    "customs_number_digits": _("Digits of the number in customs messages"),
    "ec_changeover": _("Prefix EC no longer used from"),
    "statement_variants": _("Own wording of the statement"),
    "languages": _("Languages of the certificate"),
    "mixed_origin_refused_from": _("Mixed origin refused from"),
    "destination_named": _("Destination named on the certificate"),
    "seal_number_on_certificate": _("Seal numbers on the certificate"),
    "minimum_size_mm": _("Smallest size that needs a certificate, mm"),
    "validity": _("Validity at most"),
    "retention_years": _("Papers are kept"),
    "confirmation": _("Import confirmed within"),
    "confirmation_chase_days": _("Confirmation chased after"),
    "export_report": _("Export reported within"),
    "issuer_notice_deadline": _("Issuer told of a failure within"),
    "exporting_authority": _("Exporting authority"),
    "registration_required": _("Importers and exporters are registered"),
    "one_time_private": _("Private person trades once only"),
    "stock_declaration_required": _("Yearly stock declaration"),
    "evidence_required": _("Evidence of lawful source before issue"),
    "reexport_lists_certificates": _("Re-export lists the import certificates"),
    "highest_of_three_valuations": _("Highest of three valuations counts"),
    "valuation_by_government": _("Valued by the government valuator"),
    "valuation_notice_hours": _("Hours of notice before valuation"),
    "exchange_offer_working_days": _("Working days of offer at the exchange"),
    "frequent_exporter_own_origin_only": _("Frequent exporters issue for own origin only"),
    "verify_before_validation": _("Content verified before validation"),
    "verification_method": _("How content is verified"),
    "fee_within_cost": _("Fee not above cost"),
    "packed_alone": _("Packed with nothing else"),
    "original_required": _("Original certificate required"),
    "seals_unbroken_on_import": _("Seals unbroken on import"),
    "on_mismatch": _("When something does not match"),
    "confiscation": _("Goods that fail are confiscated"),
    "order_return": _("Return to the issuer may be ordered"),
    "technical_certificate": _("Technical certificate for returned goods"),
    "endorsement_on_instruction": _("Minor errors endorsed on the issuer's instruction"),
    "bring_original_working_days": _("Working days to bring the original"),
    "replacement_only_before_export": _("Replacement before export only"),
    "expired_unused_returned": _("Unused expired certificate goes back"),
    "immediate_void_report": _("Void certificates reported at once"),
    "no_gift_exemption": _("No exemption for gifts or low value"),
    "hand_carry_declared": _("Hand-carried goods declared on arrival"),
    "transit_destination_attested": _("Transit attested by the certificate"),
    "transit_not_counted": _("Transit is no import or export"),
    "special": _("Special"),
}
"""The name of each field of a profile."""

CONFIDENCE: Mapping[str, str] = {
    "seen": _("read in the source"),
    "own:H": _("from memory, nearly certain"),
    "own:M": _("from memory, likely"),
    "own:L": _("from memory, doubtful"),
    "derived": _("follows from the sources"),
}
"""How sure a value is."""

PRECISION: Mapping[str, str] = {
    "day": _("known to the day"),
    "month": _("known to the month"),
    "year": _("known to the year"),
    "window": _("known within a span of time"),
}
"""How exactly a first day is known."""

NAMES = (_("European Union"), _("Chinese Taipei (rough diamond-trading entity of)"))
"""Names that no list of countries has, marked for translation."""
