"""The words that people read for codes: status, verdict, advice, severity, role, country. Codes stay in storage.

A status has one of five tones, each with its own colour *and* shape: ``good`` a disc, ``wait`` a triangle, ``bad`` a
diamond, ``info`` a ring, ``idle`` a dash. The word is always there; neither colour nor shape carries meaning alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from babel import Locale
    from django.utils.functional import _StrOrPromise

APPROVAL: dict[str, tuple[str, _StrOrPromise]] = {
    "webauthn": ("good", _("with security keys")),
    "software": ("wait", _("by passphrase (weaker)")),
    "node": ("bad", _("by the node's word alone (no proof)")),
}
"""How two officers' approvals were proven, the weaker of both, with its tone."""

STATUS: dict[str, tuple[str, _StrOrPromise]] = {
    # applications
    "DRAFT": ("idle", _("Draft")),
    "FILED": ("info", _("Filed")),
    "application:RETURNED": ("wait", _("Returned to the applicant")),
    "EXAMINED": ("info", _("Examined")),
    "APPROVED": ("good", _("Approved")),
    "REFUSED": ("bad", _("Refused")),
    "WITHDRAWN": ("idle", _("Withdrawn")),
    # certificates
    "ISSUED": ("good", _("Issued")),
    "REPLACED": ("idle", _("Replaced")),
    "RETURNED": ("idle", _("Goods sent back")),
    "VOID": ("bad", _("Void")),
    "LOST": ("bad", _("Lost")),
    "EXPIRED": ("bad", _("Expired")),
    "EXPIRED_RETURNED": ("idle", _("Expired and returned")),
    "USED": ("idle", _("Used")),
    "EXPORT": ("info", pgettext_lazy("kind of certificate", "Export")),
    "TECHNICAL_RETURN": ("info", _("Technical: returned goods")),
    "TECHNICAL_SEIZED": ("info", _("Technical: seized goods")),
    "TECHNICAL_RESEARCH": ("info", _("Technical: research")),
    # blank paper
    "RECEIVED": ("good", _("Received")),
    "SPOILED": ("idle", _("Spoiled")),
    "STOLEN": ("bad", _("Stolen")),
    # shipments
    "PREPARED": ("idle", _("Being prepared")),
    "SEALED": ("info", _("Sealed")),
    "ANNOUNCED": ("info", _("Announced")),
    "RELEASED": ("info", _("Released")),
    "DEPARTED": ("info", _("On its way")),
    "IN_TRANSIT": ("info", _("In transit")),
    "ARRIVED": ("wait", _("Arrived")),
    "CHECKED": ("info", _("Checked")),
    "INSPECTED": ("info", _("Inspected")),
    "EXPECTED": ("idle", _("Expected")),
    "PRESENTED": ("info", _("Presented")),
    "CANCELLED": ("idle", _("Cancelled")),
    "CONFISCATED": ("bad", _("Confiscated")),
    "CONFIRMED": ("good", _("Confirmed")),
    "DISPUTED": ("bad", _("Discrepancy")),
    "DISCREPANCY": ("bad", _("Discrepancy")),
    "DETAINED": ("bad", _("Detained")),
    "SEIZED": ("bad", _("Seized")),
    "RETURNED_TO_EXPORTER": ("idle", _("Returned to the exporter")),
    "LATE": ("wait", _("Late")),
    "OVERDUE": ("wait", _("Overdue")),
    # participants
    "PARTICIPANT": ("good", _("Participant")),
    "SUSPENDED": ("bad", _("Suspended")),
    "SELF_SUSPENDED": ("bad", _("Self-suspended")),
    "RESTRICTED": ("wait", _("Restricted")),
    "EMBARGOED": ("bad", _("Embargoed")),
    "REMOVED": ("bad", _("Removed")),
    "MERGED": ("idle", _("Part of the European Union")),
    "NON_PARTICIPANT": ("bad", _("Not a Participant")),
    "NEVER": ("bad", _("Never a Participant")),
    "APPLICANT": ("wait", _("Applicant")),
    "OBSERVER": ("info", _("Observer")),
    "TRADING_ENTITY": ("good", _("Rough diamond-trading entity")),
    # licences, tokens, accounts, cases, queries, mail
    "ACTIVE": ("good", _("Active")),
    "GRANTED": ("good", _("Granted")),
    "VALID": ("good", _("Valid")),
    "INVALID": ("bad", _("Invalid")),
    "REVOKED": ("bad", _("Revoked")),
    "ENDED": ("idle", _("Ended")),
    "LOCKED": ("bad", _("Locked")),
    "CLOSED": ("idle", _("Closed")),
    "OPEN": ("wait", _("Open")),
    "ASKED": ("wait", _("Asked")),
    "ANSWERED": ("good", _("Answered")),
    "QUEUED": ("wait", _("Waiting to be sent")),
    "WAITING": ("wait", _("Waiting")),
    "SENT": ("good", _("Sent")),
    "FAILED": ("bad", _("Failed")),
    "GENUINE": ("good", _("Genuine")),
    "FAKE": ("bad", _("Fake")),
    # checks
    "PASS": ("good", _("Passed")),
    "FAIL": ("bad", _("Failed")),
    "WARN": ("wait", _("Warning")),
    "UNKNOWN": ("wait", _("Could not be checked")),
}

VERDICT: dict[str, tuple[str, _StrOrPromise]] = {
    "valid": ("good", _("Valid")),
    "invalid": ("bad", _("Invalid")),
    "cannot_tell": ("wait", _("Cannot tell")),
    "no_certificate": ("wait", _("Not a certificate")),
}

ADVICE: dict[str, _StrOrPromise] = {
    "accept": _("Accept: nothing found against it."),
    "hold": _("Hold the shipment until a supervisor has decided."),
    "reject": _("Do not accept it. Keep the paper and tell your supervisor."),
    "ask_issuer": _("Ask the issuing authority before you decide."),
    "no_certificate": _("This is a message about a certificate, not a certificate: let no goods pass on it."),
}

SEVERITY: dict[str, _StrOrPromise] = {
    "refuse": _("Must be put right"),
    "hold": _("A person must decide"),
    "flag": _("Please note"),
}

ROLE: dict[str, _StrOrPromise] = {
    "APPLICANT": _("Exporter or importer"),
    "AGENT": _("Agent"),
    "ISSUING_OFFICER": _("Issuing officer"),
    "APPROVING_OFFICER": _("Approving officer"),
    "VALUER": _("Valuer"),
    "IMPORT_OFFICER": _("Import officer"),
    "SUPERVISOR": _("Supervisor"),
    "STATISTICIAN": _("Statistician"),
    "REVIEWER": _("Reviewer"),
    "CHAIR": _("Chair"),
    "SECRETARIAT": _("Secretariat"),
    "WORKING_GROUP_MEMBER": _("Working-group member"),
    "OBSERVER": _("Observer"),
    "AUDITOR": _("Auditor"),
    "ADMINISTRATOR": _("Administrator"),
    "PUBLIC": _("Public"),
}

# Where the Scheme's word differs from CLDR's, or CLDR has none.
COUNTRY: dict[str, _StrOrPromise] = {
    "EU": _("European Union"),
    "EC": _("European Union"),
    "***": _("Mixed origin"),
    "TW": _("Chinese Taipei"),
}


def _plain(code: str) -> str:
    """A code nobody has given words to, made readable."""
    return code.replace("_", " ").capitalize()


def _known(code: str, of: str) -> tuple[str, _StrOrPromise] | None:
    """Tone and word of a status; ``of`` says whose status it is where one code means two things."""
    return STATUS.get(f"{of}:{code.upper()}") or STATUS.get(code.upper())


def status(code: str, of: str = "") -> str:
    """The word for a status: ``RETURNED`` is said of goods, and ``of="application"`` of an application."""
    known = _known(code, of)
    return str(known[1]) if known else _plain(code)


def tone(code: str, of: str = "") -> str:
    """The tone of a status: good, wait, bad, info or idle."""
    known = _known(code, of)
    return known[0] if known else "idle"


def verdict(code: str) -> tuple[str, str]:
    """Word and tone of a verdict; what is not known is never shown as good."""
    css, word = VERDICT.get(code.lower(), VERDICT["cannot_tell"])
    return str(word), css


def advice(code: str) -> str:
    """The sentence for an advice."""
    return str(ADVICE.get(code, code))


def severity(code: str) -> str:
    """The words for a severity."""
    return str(SEVERITY.get(code, code))


def role(code: str) -> str:
    """The word for a role."""
    return str(ROLE.get(code, _plain(code)))


def country(code: str, locale: Locale) -> str:
    """The name of an alpha-2 code, ``EU``, ``EU-BE`` or ``***`` in the locale's language; else the code itself."""
    if code in COUNTRY:
        return str(COUNTRY[code])
    if code.startswith("EU-"):
        return f"{country(code[3:], locale)} ({code})"
    return str(locale.territories.get(code, code)) if len(code) == 2 else code
