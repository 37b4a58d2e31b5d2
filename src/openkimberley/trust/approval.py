"""PURE. What an officer approves: the exact draft of a certificate, by its hash, in one of two roles.

::

    draft_hash = SHA-256(JCS(draft))
    challenge  = SHA-256("kp.approve.v1" || role || draft_hash)

A draft is the certificate without what is known at issue only: number, dates, paper, validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.trust.canonical import canonical, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DOMAIN = b"kp.approve.v1"
MAKER, CHECKER = "maker", "checker"
ROLES = (MAKER, CHECKER)
"""The issuing officer, who examined; the approving officer, who validates."""

WEBAUTHN, SOFTWARE, NODE = "webauthn", "software", "node"
LEVELS = (NODE, SOFTWARE, WEBAUTHN)
"""How an approval is proven, weakest first: the node's word; a key under a passphrase; an authenticator."""

LEAST_PASSPHRASE = 12
"""Characters of the passphrase of a software key."""

AT_ISSUE = frozenset({"number", "issue_date", "expiry_date", "validated", "paper_serial"})
"""What a certificate says and its draft does not."""


def draft_of(content: Mapping[str, Any], *, application: str, authority: str, kind: str, about: str) -> dict[str, Any]:
    """The draft of a certificate's content. ``about`` is the certificate that it replaces or returns."""
    kept = {name: value for name, value in content.items() if name not in AT_ISSUE}
    return {"v": 1, "application": application, "authority": authority, "kind": kind, "about": about, "content": kept}


def draft_hash(draft: Mapping[str, Any]) -> bytes:
    """The hash of a draft, 32 bytes. Raises ``ValueError`` for what JSON cannot say."""
    return sha256(canonical(dict(draft)))


def challenge(role: str, hashed: bytes) -> bytes:
    """What an officer's key signs, 32 bytes: for WebAuthn the challenge, for a software key the message."""
    return sha256(DOMAIN + role.encode("ascii") + hashed)


def weakest(levels: Iterable[str]) -> str:
    """The level of several approvals together."""
    return min(levels, key=LEVELS.index)
