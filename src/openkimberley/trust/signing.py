"""PURE. Where an area asks for a signing key: the node installs a resolver, areas never see a keystore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from openkimberley.trust.keys import Signer

_resolver: Callable[[str, str], Signer] | None = None


def provide(resolver: Callable[[str, str], Signer]) -> None:
    """Install the function that finds the key of an authority for a use."""
    global _resolver
    _resolver = resolver


def signer_for(authority: str, use: str = "sign") -> Signer:
    """The signer of an authority for a use. Raises ``NotFound`` where the node has no such key."""
    if _resolver is None:
        raise NotFound("signing key", f"{authority}/{use}")
    return _resolver(authority, use)
