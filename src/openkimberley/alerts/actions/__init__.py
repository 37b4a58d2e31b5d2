"""The verbs of alerts. What is entered once is known at every desk of the node."""

from __future__ import annotations

from openkimberley.alerts.actions.marks import end_mark, enter_mark, keep_specimen, retire_specimen
from openkimberley.alerts.actions.names import delist_name, list_name, screen
from openkimberley.alerts.actions.questions import ask_issuer, record_answer
from openkimberley.alerts.actions.warnings import (
    confirm_alert,
    import_alerts,
    raise_alert,
    seed_known_fakes,
    withdraw_alert,
)

__all__ = [
    "ask_issuer", "confirm_alert", "delist_name", "end_mark", "enter_mark", "import_alerts", "keep_specimen",
    "list_name", "raise_alert", "record_answer", "retire_specimen", "screen", "seed_known_fakes", "withdraw_alert",
]  # fmt: skip
