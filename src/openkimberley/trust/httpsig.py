"""PURE. Signed HTTP requests between nodes (RFC 9421): who asks, for what, just now, and only once.

The signature speaks for the request, never for what is carried in it: that does not survive a relay, and is signed
itself. Keys have the use ``transport`` and are Ed25519.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.keys import ED25519, PublicKey

if TYPE_CHECKING:
    from openkimberley.trust.keys import Signer

STEP = "0 request"
USE = "transport"
COVERED = ("@method", "@authority", "@path", "@query")
"""What every signature covers at least."""

LIFETIME = timedelta(seconds=300)
"""How old a signature may be, and for how long it may be made."""

SKEW = timedelta(seconds=60)
"""How far two clocks may differ."""

REMEMBER = LIFETIME + 2 * SKEW
"""How long a nonce must be remembered: no signature lives longer."""

_NONCE = range(8, 129)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the library reads it: method in capitals, whole encoded URL, headers."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class Signed(NamedTuple):
    """A signature that holds: whose key, and its nonce (empty where it has none)."""

    keyid: str
    nonce: str


def verify(
    request: Request, *, key: Callable[[str], PublicKey | None], now: datetime, first: Callable[[str], bool],
    covered: tuple[str, ...] = COVERED,
) -> str:  # fmt: skip
    """The name of the key that signed the request. Raises ``Untrusted("0 request", ...)``.

    ``key`` looks a name up in the trust list; ``first`` says whether a text is used for the first time, and remembers
    it for ``REMEMBER``: it is asked only once the signature holds, so that strangers cannot fill its memory.
    """
    signed = holds(request, key=key, now=now, covered=covered)
    if len(signed.nonce) not in _NONCE:
        raise Untrusted(STEP, "a signed request needs a nonce of 8 to 128 characters")
    if not first(f"{signed.keyid}\n{signed.nonce}"):
        raise Untrusted(STEP, "this signed request was received before")
    return signed.keyid


def holds(
    request: Request, *, key: Callable[[str], PublicKey | None], now: datetime, covered: tuple[str, ...] = COVERED
) -> Signed:
    """The signature of a request, which holds at ``now`` and covers ``covered``. Raises ``Untrusted``."""
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Known(key, now))
    verifier.now = now
    try:
        found = verifier.verify(request, max_age=LIFETIME, require_components=covered)
    except HTTPMessageSignaturesException as error:
        raise Untrusted(STEP, f"the request's signature does not hold: {str(error)[:120]}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Untrusted(STEP, "the request's signature cannot be read") from error
    if len(found) != 1:
        raise Untrusted(STEP, "a request carries one signature")
    return Signed(str(found[0].parameters["keyid"]), str(found[0].nonce or ""))


def sign(request: Request, *, signer: Signer, now: datetime, nonce: str) -> dict[str, str]:
    """The headers that sign a request, to send beside its own. Covers ``COVERED`` and every header it has."""
    mine = Request(request.method, request.url, dict(request.headers))
    library = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)
    names = (*COVERED, *(name.lower() for name in request.headers))
    prepared = library.prepare(
        mine, key_id=signer.kid, created=now, expires=now + LIFETIME, nonce=nonce, label="kp",
        covered_component_ids=names,
    )  # fmt: skip
    library.apply(mine, prepared, signer.sign(prepared.signature_base))
    return {name: mine.headers[name] for name in ("Signature-Input", "Signature")}


class _Verifier(HTTPMessageVerifier):
    """The library's, with a clock that is an argument."""

    now: datetime

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Refuse what is not of this moment."""
        created = _moment(sig_input.params.get("created"))
        expires = _moment(sig_input.params.get("expires", sig_input.params["created"]))
        if created > self.now + SKEW or created + LIFETIME < self.now - SKEW:
            raise InvalidSignature("it was not made within the last five minutes")
        if "expires" in sig_input.params and (expires < self.now - SKEW or expires - created > LIFETIME):
            raise InvalidSignature("it has expired, or is made for more than five minutes")


class _Known(HTTPSignatureKeyResolver):
    """Keys by name, those for requests only, good at the moment."""

    def __init__(self, key: Callable[[str], PublicKey | None], now: datetime) -> None:
        self._key, self._today = key, now.astimezone(UTC).date()

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        """The key. Raises ``InvalidSignature``."""
        found = self._key(key_id)
        good = found is not None and (found.use, found.alg, found.state) == (USE, ED25519, "active")
        if not good or found is None or not _within(found, self._today):
            raise InvalidSignature("no key for requests has this name now")
        return Ed25519PublicKey.from_public_bytes(found.pub)

    def resolve_private_key(self, key_id: str) -> Any:
        """None: what signs here is a ``Signer``."""
        raise InvalidSignature("private keys are not looked up")


def _within(key: PublicKey, today: date) -> bool:
    return not (key.not_before and today < key.not_before) and not (key.not_after and today > key.not_after)


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int or not 0 <= seconds < 1 << 37:
        raise InvalidSignature("its times are not seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)
