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
from openkimberley.certificates.statements.credential import CLAIMS as CONTENT_CLAIMS
from openkimberley.certificates.statements.credential import (
    CONTENT,
    ISSUERS,
    PROFILES,
    claim_problems,
    credential_claims,
    issue_credential,
    present_credential,
    read_credential,
    shown_in,
    value_band,
    withheld_in,
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
from openkimberley.certificates.statements.public import (
    KEYS as PUBLIC_KEYS,
)
from openkimberley.certificates.statements.public import (
    confirm_entry,
    form_entry,
    key_entry,
    list_entry,
    ref,
    void_entry,
)

__all__ = [
    "CONTENT",
    "CONTENT_CLAIMS",
    "CORRECTION",
    "ISSUERS",
    "PROFILES",
    "PUBLIC_KEYS",
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
    "confirm_entry",
    "correction_claims",
    "credential_claims",
    "form_entry",
    "full_qr",
    "full_qr_payload",
    "issue_credential",
    "key_entry",
    "label_qr",
    "label_qr_payload",
    "list_entry",
    "message_problems",
    "present_credential",
    "read_correction",
    "read_credential",
    "read_receipt",
    "read_void",
    "receipt_claims",
    "ref",
    "shown_in",
    "sign_correction",
    "sign_receipt",
    "sign_void",
    "value_band",
    "void_claims",
    "void_entry",
    "withheld_in",
]
