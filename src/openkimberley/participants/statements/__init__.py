"""PURE. What is written about participation: the register's own files, and what the trust list says of it."""

from __future__ import annotations

from openkimberley.participants.statements.listing import Said, trust_document
from openkimberley.participants.statements.reading import (
    check_history,
    read_national_lists,
    read_participant,
    read_participants,
    read_profile_value,
    read_profiles,
    read_row,
    standing,
    write_participant,
    write_profile,
    write_profile_value,
    write_row,
)

__all__ = [
    "Said", "check_history", "read_national_lists", "read_participant", "read_participants",
    "read_profile_value", "read_profiles", "read_row", "standing", "trust_document", "write_participant",
    "write_profile", "write_profile_value", "write_row",
]  # fmt: skip
