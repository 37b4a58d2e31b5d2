"""PURE. Which bundle a desk judges by: the node tells once at its start where it comes from, every shell asks here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from openkimberley.kernel.errors import NotFound
from openkimberley.verification.statements import Bundle

Source = Callable[[datetime, str], Bundle]
"""Gives the bundle of a moment for the desk of an authority ("" for the public)."""


def _nobody(at: datetime, authority: str) -> Bundle:
    raise NotFound("bundle", "(nobody has told this process where it comes from)")


_source: Source = _nobody


def provide(source: Source) -> None:
    """Install the source."""
    global _source
    _source = source


def known_bundle(*, at: datetime, authority: str = "") -> Bundle:
    """What is known at a moment at an authority's desk. Raises ``NotFound`` where no source is installed."""
    return _source(at, authority)
