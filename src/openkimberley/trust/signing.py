"""PURE. Where a signature comes from: the node tells once at its start who signs, and everybody else asks here.

No caller holds a key or hands bytes over to be signed: it says *what* is to be signed, and the service builds it.
Everything that crosses is JSON, so that a service may be a process of its own (``openkimberley.signer``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from openkimberley.kernel.errors import NotFound
from openkimberley.trust import notes
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.notes import Checkpoint, VerifierKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NODE = "node"
"""Whose the keys are that belong to no authority: those of the journal (``log``) and of the witness."""

USES: Mapping[str, str] = {
    "kp-receipt+jwt": "sign",
    "kp-void+jwt": "sign",
    "kp-correction+jwt": "sign",
    "statuslist+jwt": "status",
    "kp-bundle+jwt": "status",
}
"""Which key signs a statement of which type."""


class SigningService(Protocol):
    """What signs. Bytes are base64url text, days ``YYYY-MM-DD``, moments seconds since 1970.

    Every call raises one of the five errors; ``Conflict`` too where the service does not answer: then nothing was done.
    """

    def public_key(self, *, authority: str, use: str) -> dict[str, Any] | None:
        """The newest key of an authority for a use as ``PublicKey.as_json`` has it, None where there is none."""

    def certificate(self, *, request: Mapping[str, Any]) -> dict[str, Any]:
        """Sign a certificate: see ``signer.issuing``. Gives ``bound`` instead where the number is another draft's."""

    def codes(self, *, authority: str, number: str, log_index: int) -> dict[str, str]:
        """The two QR texts (``full``, ``label``) of a certificate signed before, with its place in the journal."""

    def settle(self, *, authority: str, number: str) -> None:
        """Hear that the node has recorded the certificate for good."""

    def seal(self, *, authority: str, number: str, digest: str) -> str:
        """The DER signature of the seal over the page of a certificate signed here; ``digest`` is its SHA-256."""

    def statement(self, *, authority: str, typ: str, payload: Mapping[str, Any], approvals: Sequence[str]) -> str:
        """The compact JWS of an authority's statement."""

    def checkpoint(self, *, origin: str, size: int, root: str) -> str:
        """The signed note of the node's journal. Raises ``Conflict`` behind the highest size signed (T13)."""

    def cosignature(self, *, text: str, name: str, time: int) -> dict[str, Any]:
        """The witness's signature over a checkpoint: ``key_id`` and ``signature``."""

    def request(self, *, authority: str, base: str) -> str:
        """The signature over an RFC 9421 signature base, by the transport key."""

    def ways(self, *, authority: str, officer: str) -> dict[str, Any]:
        """How an officer may approve: ``levels`` that count, own ``credentials``, ``rp_id``."""

    def approve(
        self, *, authority: str, officer: str, role: str, draft: Mapping[str, Any], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Check and keep an officer's approval of a draft: its ``id``, ``level``, ``draft_hash``, ``made``."""

    def approval(self, *, id: str, at: int) -> dict[str, Any]:  # noqa: A002 - the name it has in JSON
        """What is known of an approval: ``state`` is fresh, spent, old or unknown."""

    def challenge(self, *, authority: str, officer: str, at: int) -> str:
        """A challenge for the enrolment of an authenticator, good once and for ten minutes."""

    def enrol(
        self, *, authority: str, officer: str, roles: Sequence[str], evidence: Mapping[str, Any], at: int
    ) -> dict[str, Any]:
        """Enter an officer's new approval credential: its ``fingerprint`` and ``state`` (pending or active)."""


class _Nobody:
    """The service of a process that has none: knows no key."""

    def public_key(self, *, authority: str, use: str) -> None:
        """No key."""

    def __getattr__(self, name: str) -> Any:
        raise NotFound("signing key", "(this process has no signing service)")


_NOBODY: Any = _Nobody()
_service: SigningService = _NOBODY


def provide(service: SigningService | None) -> None:
    """Install the signing service. None takes it away again."""
    global _service
    _service = service or _NOBODY


def service() -> SigningService:
    """The installed service; one that knows no key where none is installed."""
    return _service


def can_sign(authority: str, use: str = "sign") -> bool:
    """True where this node has a key of the authority for the use."""
    return bool(authority) and _service.public_key(authority=authority, use=use) is not None


def public_key(authority: str, use: str = "sign") -> PublicKey:
    """The newest public key of an authority for a use. Raises ``NotFound`` (signing key) where there is none."""
    found = _service.public_key(authority=authority, use=use)
    if found is None:
        raise NotFound("signing key", f"{authority}/{use}")
    return PublicKey.from_json(found, authority)


def sign_statement(
    authority: str, typ: str, payload: Mapping[str, Any], *, approvals: Sequence[str] = ()
) -> str:  # fmt: skip
    """The compact JWS of an authority's statement. Raises ``NotFound`` where it has no key for it.

    ``approvals`` are those of two officers, where the signer's policy asks for them (the voiding of a certificate).
    """
    return _service.statement(authority=authority, typ=typ, payload=dict(payload), approvals=list(approvals))


def sign_checkpoint(checkpoint: Checkpoint) -> str:
    """The signed note of the node's own journal at one size."""
    return _service.checkpoint(origin=checkpoint.origin, size=checkpoint.size, root=b64u(checkpoint.root))


def sign_cosignature(text: str, *, name: str, time: int) -> notes.Signature:
    """The node's cosignature, as the witness ``name`` at ``time`` (seconds), over the text of another's checkpoint."""
    made = _service.cosignature(text=text, name=name, time=time)
    return notes.Signature(name, unb64u(made["key_id"]), unb64u(made["signature"]))


def sign_request(authority: str, base: str) -> bytes:
    """The transport key's signature over the signature base of an HTTP message (RFC 9421)."""
    return unb64u(_service.request(authority=authority, base=base))


@dataclass(frozen=True)
class RequestSigner:
    """The service as the signer of HTTP requests, by the transport key that is told."""

    key: PublicKey

    @property
    def kid(self) -> str:
        """The key's name in the trust list."""
        return self.key.kid

    @property
    def alg(self) -> str:
        """Its algorithm."""
        return self.key.alg

    @property
    def public_key(self) -> bytes:
        """Its raw public key."""
        return self.key.pub

    @property
    def kid8(self) -> bytes:
        """Its short name."""
        return self.key.kid8

    def sign(self, message: bytes) -> bytes:
        """The signature over a signature base."""
        return sign_request(self.key.authority, message.decode("ascii"))


def verifier_key(name: str, use: str) -> VerifierKey:
    """The public key of the node's journal (``log``) or witness (``witness``), under its name."""
    kind = {"log": notes.LOG, "witness": notes.COSIGNATURE}[use]
    return VerifierKey(name, kind, public_key(NODE, use).pub)
