"""PURE. Where a signature comes from: the node tells once at its start who signs, and everybody else asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import NotFound
from openkimberley.trust import jws, notes
from openkimberley.trust.notes import Checkpoint, VerifierKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openkimberley.trust.keys import Signer


def _nobody(authority: str, use: str) -> Signer | None:
    return None


_resolver: Callable[[str, str], Signer | None] = _nobody


def provide(resolver: Callable[[str, str], Signer | None] | None) -> None:
    """Install the resolver: (authority, use) to its signer, or None where it has none. None takes it away again."""
    global _resolver
    _resolver = resolver or _nobody


def signer_for(authority: str, use: str = "sign") -> Signer:
    """The signer of an authority. Raises ``NotFound`` (signing key) where this node holds no such key."""
    signer = _resolver(authority, use)
    if signer is None:
        raise NotFound("signing key", f"{authority}/{use}")
    return signer


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


def sign_statement(authority: str, typ: str, payload: Mapping[str, Any]) -> str:
    """The compact JWS of an authority's statement. Raises ``NotFound`` where it has no key for it."""
    return jws.sign(payload, typ=typ, signer=signer_for(authority, USES[typ]))


def sign_checkpoint(checkpoint: Checkpoint) -> str:
    """The signed note of the node's own journal at one size."""
    return notes.sign_note(checkpoint.text, name=checkpoint.origin, signer=signer_for(NODE, "log"))


def sign_cosignature(text: str, *, name: str, time: int) -> notes.Signature:
    """The node's cosignature, as the witness ``name`` at ``time`` (seconds), over the text of another's checkpoint."""
    return notes.cosign(text, name=name, signer=signer_for(NODE, "witness"), time=time)


def verifier_key(name: str, use: str) -> VerifierKey:
    """The public key of the node's journal (``log``) or witness (``witness``), under its name."""
    kind = {"log": notes.LOG, "witness": notes.COSIGNATURE}[use]
    return VerifierKey(name, kind, signer_for(NODE, use).public_key)
