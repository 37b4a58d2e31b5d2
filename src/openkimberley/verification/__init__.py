"""PURE. Is this certificate genuine, still usable, and for me? One engine for every face, without network or database.

``verify(artefact, bundle, now=..., authority=...)`` answers with a verdict, an advice and every numbered check.
"""

from openkimberley.verification.engine import verify, verify_pdf
from openkimberley.verification.facts import Advice, Check, Report, Result, SealFinding, SealState, Verdict
from openkimberley.verification.statements import Bundle

__all__ = [
    "Advice",
    "Bundle",
    "Check",
    "Report",
    "Result",
    "SealFinding",
    "SealState",
    "Verdict",
    "verify",
    "verify_pdf",
]
