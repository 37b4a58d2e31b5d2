"""PURE. The certificate's signed and written forms: facts to statement, and back.

``credential`` the SD-JWT, ``codes`` the two QR codes, ``messages`` receipt, voiding and correction, ``contract`` plain
JSON. The wire forms are described, example first, in ``docs/spec/``.
"""

from openkimberley.certificates.statements.codes import (
    certificate_from_code,
    code_problems,
    full_qr,
    full_qr_payload,
    label_qr,
    label_qr_payload,
)
from openkimberley.certificates.statements.contract import certificate_from_json, certificate_to_json
from openkimberley.certificates.statements.credential import (
    CONTENT,
    PROFILES,
    claim_problems,
    credential_claims,
    issue_credential,
    present_credential,
    read_credential,
    value_band,
)
from openkimberley.certificates.statements.messages import (
    CORRECTION,
    RECEIPT,
    VOID,
    Correction,
    Difference,
    ImportReceipt,
    Voiding,
    correction_claims,
    message_problems,
    read_correction,
    read_receipt,
    read_void,
    receipt_claims,
    sign_correction,
    sign_receipt,
    sign_void,
    void_claims,
)

__all__ = [
    "CONTENT",
    "CORRECTION",
    "PROFILES",
    "RECEIPT",
    "VOID",
    "Correction",
    "Difference",
    "ImportReceipt",
    "Voiding",
    "certificate_from_code",
    "certificate_from_json",
    "certificate_to_json",
    "claim_problems",
    "code_problems",
    "correction_claims",
    "credential_claims",
    "full_qr",
    "full_qr_payload",
    "issue_credential",
    "label_qr",
    "label_qr_payload",
    "message_problems",
    "present_credential",
    "read_correction",
    "read_credential",
    "read_receipt",
    "read_void",
    "receipt_claims",
    "sign_correction",
    "sign_receipt",
    "sign_void",
    "value_band",
    "void_claims",
]
