"""PURE. Where a signature comes from: the node tells once at its start who signs, and everybody else asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

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
