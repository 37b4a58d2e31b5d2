"""Who signs in a test: the real service, in this process, with the keys that the test gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.signer.service import LocalService
from openkimberley.trust import signing

if TYPE_CHECKING:
    from collections.abc import Callable

    from openkimberley.trust.keys import Signer


def sign_with(keys: Callable[[str, str], Signer | None]) -> None:
    """Let the process sign with ``keys`` (authority, use); ``signing.provide(None)`` takes them away again."""
    signing.provide(LocalService(keys))
