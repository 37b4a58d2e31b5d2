"""PURE. The verification: artefact, bundle, moment and place in; verdict, advice and every numbered check out.

::

    1 parse   2 key   3 signature   4 binding   5 content   6 time   7 participant
    8 log   9 status  10 use  11 validity   12 destination   13 physical

A failed check makes the verdict ``invalid``; one that could not be made, or a warning about stale data, status or use,
makes it ``cannot_tell``; only when all that counts has passed it is ``valid``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trust import sdjwt
from openkimberley.verification import checks, reading
from openkimberley.verification.facts import (
    Advice,
    Check,
    Claims,
    Report,
    Result,
    SealFinding,
    Verdict,
)
from openkimberley.verification.journal import Case
from openkimberley.verification.statements import Bundle

HOLDING = (7, 8, 9, 10)
"""Steps whose warning holds the goods: stale data, journal, status, use."""

MESSAGES = ("receipt", "void", "correction")
"""What may be said, signed, about a certificate."""

_PARSED = {
    "qr-full": Check(1, Result.PASS, _("This is the code of a certificate.")),
    "qr-label": Check(1, Result.PASS, _("This is the code of a label: it shows neither weight, value nor names.")),
    "sd-jwt": Check(1, Result.PASS, _("This is a certificate as a signed credential.")),
    "receipt": Check(1, Result.PASS, _("This is an import confirmation.")),
    "void": Check(1, Result.PASS, _("This is the issuer's word that a certificate is void.")),
    "correction": Check(1, Result.PASS, _("This is the issuer's instruction to correct a certificate.")),
    "pdf": Check(1, Result.PASS, _("This page holds a certificate as a signed credential.")),
}


def verify(
    artefact: str | bytes,
    bundle: Bundle,
    *,
    now: datetime,
    authority: str | None = None,
    transit: bool = False,
    beside: str = "",
    proof: str = "",
) -> Report:
    """Check a QR text, an SD-JWT, a signed receipt, voiding or correction, or the number of a paper certificate.

    ``now`` is an aware moment; ``authority`` the importing authority that asks, if one does; ``transit`` True where the
    goods only pass through it. ``beside`` is an SD-JWT said to be of the same certificate as a QR text: it must carry
    the same cid. ``proof`` is the proof that the certificate stands in its issuer's journal, as text or ``KPP1:`` code;
    without one the bundle's own is used. Never raises for what the artefact is; a PDF's bytes are for ``verify_pdf``.
    """
    try:
        claims = reading.read(artefact, bundle)
    except Untrusted as error:
        return _unreadable(error, bundle, now)
    case = _case(claims, bundle, now, authority=authority, transit=transit, proof=proof)
    if claims.kind in ("number", "pdf"):
        return _report(case, list(_paper(case) if claims.kind == "number" else _closed_page()))
    if claims.kind in MESSAGES:
        return _report(case, [_PARSED[claims.kind], *checks.message_checks(case)])
    found = [_PARSED[claims.kind], *checks.all_checks(case)]
    if beside:
        found = [_same(check, claims, beside) if check.id == 5 else check for check in found]
    return _report(case, found)


def verify_pdf(
    embedded: str,
    seal: SealFinding,
    bundle: Bundle,
    *,
    now: datetime,
    authority: str | None = None,
    transit: bool = False,
    proof: str = "",
) -> Report:
    """Check a PDF by what its reader found: the SD-JWT and proof inside it, and the state of the page's seal."""
    try:
        claims = reading.from_credential(sdjwt.parse(embedded.strip()), kind="pdf")
    except Untrusted as error:
        return _unreadable(error, bundle, now)
    case = _case(claims, bundle, now, authority=authority, transit=transit, proof=proof)
    return _report(case, [_PARSED["pdf"], *checks.all_checks(case, seal)])


def judge(found: Sequence[Check]) -> tuple[Verdict, Advice]:
    """The verdict and the advice that checks come to together."""
    noted = [check for check in found if check.result is not Result.PASS and check.counts]
    if any(check.result is Result.FAIL for check in noted):
        return Verdict.INVALID, Advice.REJECT
    open_ = [check for check in noted if check.result is Result.UNKNOWN or check.id in HOLDING]
    if not open_:
        return Verdict.VALID, Advice.ACCEPT
    return Verdict.CANNOT_TELL, Advice.ASK_ISSUER if any(check.ask for check in open_) else Advice.HOLD


def _case(
    claims: Claims, bundle: Bundle, now: datetime, *, authority: str | None, transit: bool, proof: str = ""
) -> Case:
    seconds = int(now.timestamp())
    age = max(0, seconds - bundle.issued_seconds) // reading.SECONDS_A_DAY
    return Case(
        claims, bundle, seconds // reading.SECONDS_A_DAY, seconds, age, authority or None, transit, proof.strip()
    )


def _report(case: Case, found: Sequence[Check]) -> Report:
    verdict, advice = judge(found)
    if case.claims.kind in MESSAGES and advice is Advice.ACCEPT:
        advice = Advice.NO_CERTIFICATE
    return Report(verdict, advice, tuple(found), case.bundle.list_date, case.age, case.claims)


def _unreadable(error: Untrusted, bundle: Bundle, now: datetime) -> Report:
    case = _case(Claims(kind="text"), bundle, now, authority=None, transit=False)
    number = 2 if error.step.startswith("2") else 1
    first = [] if number == 1 else [Check(1, Result.PASS, _("This is the code of a signed statement."))]
    facts = {"reason": error.reason}
    failed = Check(number, Result.FAIL, _("This is not a KP digital certificate: %(reason)s."), facts)
    return _report(case, [*first, failed])


def _paper(case: Case) -> Sequence[Check]:
    """A bare number: nothing is signed, so only the register, the alerts and the issuer can say something."""
    claims, bundle = case.claims, case.bundle
    facts = {"number": claims.number, "issuer": claims.participant}
    digital = bundle.has_keys("", claims.participant)
    first = Check(
        1,
        Result.UNKNOWN,
        _("%(issuer)s signs its certificates: scan the code on %(number)s.")
        if digital
        else _(
            "%(number)s is a paper certificate: %(issuer)s signs none digitally. Compare with the specimen and ask."
        ),
        facts,
        ask=not digital,
    )
    return [first, checks.participant(case), checks.status(case)]


def _closed_page() -> Sequence[Check]:
    return [Check(1, Result.UNKNOWN, _("A PDF is opened first: this is its closed page."))]


def _same(check: Check, claims: Claims, beside: str) -> Check:
    """Step 5 with a second artefact: code and credential must be of one certificate."""
    try:
        other = sdjwt.signing_input_hash(beside.strip())
    except Untrusted as error:
        facts = {"reason": error.reason}
        return Check(5, Result.FAIL, _("The credential beside it cannot be read: %(reason)s."), facts)
    if check.result is Result.PASS and other[: len(claims.cid)] != claims.cid:
        return Check(5, Result.FAIL, _("The code and the credential beside it are of different certificates."))
    return check
