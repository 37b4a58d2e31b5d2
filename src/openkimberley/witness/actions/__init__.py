"""The verbs of the witness: know journals, cosign them, take one's own round, watch them all."""

from __future__ import annotations

from openkimberley.witness.actions.collecting import collect, requests, take_answer
from openkimberley.witness.actions.cosigning import add_checkpoint
from openkimberley.witness.actions.keeping import forget_log, know_log, learn_logs, retire_office, take_office
from openkimberley.witness.actions.reporting import report_evidence, report_findings
from openkimberley.witness.actions.watching import watch_journals

__all__ = [
    "add_checkpoint", "collect", "forget_log", "know_log", "learn_logs", "report_evidence", "report_findings",
    "requests", "retire_office", "take_answer", "take_office", "watch_journals",
]  # fmt: skip
