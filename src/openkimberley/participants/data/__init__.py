"""The register, profiles and national lists that the package ships: each row and value with its source.

Canadian schedule: contains information licensed under the Open Government Licence - Canada.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from openkimberley.participants import statements
from openkimberley.participants.facts import Profiles, Register


def shipped_document(name: str) -> Any:
    """One of the shipped JSON documents: ``participants``, ``profiles`` or ``national_lists``."""
    return json.loads(resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))


@cache
def shipped_register() -> Register:
    """The shipped register of Participants, with the national lists."""
    return Register(
        participants=statements.read_participants(shipped_document("participants")),
        national_lists=statements.read_national_lists(shipped_document("national_lists")),
    )


@cache
def shipped_profiles() -> Profiles:
    """The shipped jurisdiction profiles."""
    return statements.read_profiles(shipped_document("profiles"))
