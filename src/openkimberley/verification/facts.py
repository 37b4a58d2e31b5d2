"""PURE. The nouns of verification: a check, a verdict, a report, and what an artefact claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from openkimberley.certificates.statements.codes import iso
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trust.canonical import b64u
from openkimberley.trust.qr import check_code

if TYPE_CHECKING:
    from openkimberley.certificates.facts import Certificate
    from openkimberley.trust.keys import PublicKey


class Result(StrEnum):
    """What became of one check. UNKNOWN: it could not be made, and why is said."""

    PASS = "pass"  # noqa: S105 the word, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What all checks say together."""

    VALID = "valid"
    INVALID = "invalid"
    CANNOT_TELL = "cannot_tell"


class Advice(StrEnum):
    """What the officer is to do."""

    ACCEPT = "accept"
    HOLD = "hold"
    REJECT = "reject"
    ASK_ISSUER = "ask_issuer"
    NO_CERTIFICATE = "no_certificate"
    """It is what it says, but no certificate: a receipt, a voiding, a correction. No goods travel on it."""


# The numbers are those of the published algorithm.
NAMES: Mapping[int, str] = {
    1: _("parse"),
    2: _("key"),
    3: _("signature"),
    4: _("binding"),
    5: _("content"),
    6: _("time"),
    7: _("participant"),
    8: _("log"),
    9: _("status"),
    10: _("use"),
    11: _("validity"),
    12: _("destination"),
    13: _("physical"),
}


class Check(NamedTuple):
    """One numbered check.

    ``template`` is English with named ``facts``, so that a shell can translate it; ``counts`` is False where the check
    bears on no verdict (yet); ``ask`` True where the way out is to ask the issuer.
    """

    id: int
    result: Result
    template: str
    facts: Mapping[str, str] = {}
    counts: bool = True
    ask: bool = False

    @property
    def name(self) -> str:
        """The name of the step, in English."""
        return NAMES[self.id]

    @property
    def detail(self) -> str:
        """The English sentence."""
        return self.template % self.facts

    def as_json(self) -> dict[str, Any]:
        """The check as the API and the command line print it."""
        return {
            "id": self.id,
            "name": self.name,
            "result": self.result.value,
            "detail": self.detail,
            "facts": dict(self.facts),
            "counts": self.counts,
        }


class SealState(StrEnum):
    """What the seal of a PDF says of the page."""

    INTACT = "intact"
    ALTERED = "altered"
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown_signer"


@dataclass(frozen=True, slots=True)
class SealFinding:
    """What a reader of PDFs found: the state of the seal, and the SHA-256 (hex) of the certificate that sealed."""

    state: SealState
    certificate_sha256: str = ""
    detail: str = ""


@dataclass(slots=True)
class Claims:
    """What an artefact says of itself, not yet believed. Days are counted from 1970-01-01.

    ``status`` is (list, index): the list is a URI, or the pair of authority and list id. ``problems`` is what step 5
    objects to in the form; ``certificate`` builds the full facts when somebody asks. ``issue_shown`` and ``zone_shown``
    tell a withheld claim from an absent one; ``countersigned`` is None where it is withheld. Of a credential, ``shown``
    are the claims it discloses, ``withheld`` those that it certainly holds and does not disclose, ``hidden`` how many.
    """

    kind: str
    number: str = ""
    participant: str = ""
    authority: str = ""
    kid: str | bytes = b""
    verify: Callable[[PublicKey], None] | None = None
    issued: int | None = None
    expires: int | None = None
    issue_shown: bool = True
    signed_on: int | None = None
    destination: str = ""
    zone: str | None = None
    zone_shown: bool = False
    countersigned: Sequence[Mapping[str, str]] | None = None
    log_index: int | None = None
    seal: str = ""
    cid: bytes = b""
    status: tuple[str | tuple[str, int], int] | None = None
    problems: Sequence[str] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    hidden: int = 0
    certificate: Callable[[], Certificate] | None = None


@dataclass(slots=True)
class Report:
    """The whole answer. ``proven`` is True where a key on the list signed what is claimed.

    ``list_date`` is when the data used was issued, ``age_days`` how old that is: show both, always.
    """

    verdict: Verdict
    advice: Advice
    checks: tuple[Check, ...]
    list_date: str
    age_days: int
    claims: Claims = field(default_factory=lambda: Claims(kind="text"))

    @property
    def proven(self) -> bool:
        """True where step 3 passed: the claims are the issuer's, not just somebody's."""
        return any(check.id == 3 and check.result is Result.PASS for check in self.checks)

    @property
    def certificate(self) -> Certificate | None:
        """The certificate as far as the artefact shows it; None where it holds none that can be read."""
        read = self.claims.certificate
        return read() if read is not None and not self.claims.problems else None

    def check(self, number: int) -> Check | None:
        """The check of that number, if it was come to."""
        return next((check for check in self.checks if check.id == number), None)

    def as_json(self) -> dict[str, Any]:
        """The report as the API and the command line print it."""
        claims = self.claims
        return {
            "verdict": self.verdict.value,
            "advice": self.advice.value,
            "proven": self.proven,
            "artefact": claims.kind,
            "number": claims.number,
            "issuer": claims.participant,
            "authority": claims.authority,
            "issue_date": _day(claims.issued),
            "expiry_date": _day(claims.expires),
            "destination": claims.destination,
            "seal": claims.seal,
            "cid": b64u(claims.cid) if claims.cid else "",
            "check_code": check_code(claims.cid) if claims.cid else "",
            "withheld": {"claims": list(claims.withheld), "count": claims.hidden},
            "data": {"issued": self.list_date, "age_days": self.age_days},
            "checks": [check.as_json() for check in self.checks],
        }


def _day(day: int | None) -> str | None:
    return None if day is None else iso(day)
