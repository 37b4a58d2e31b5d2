"""The public warnings that come with the software: ``known_fakes.json``, each with its source."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from openkimberley.alerts import statements

if TYPE_CHECKING:
    from openkimberley.alerts.facts import Alert


def known_fakes() -> tuple[Alert, ...]:
    """Fakes and frauds that authorities or the Chair warned of in public."""
    return statements.read(resources.files(__package__).joinpath("known_fakes.json").read_bytes())
