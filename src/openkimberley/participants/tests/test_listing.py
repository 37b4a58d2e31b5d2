"""The register as the trust list has it."""

from __future__ import annotations

from datetime import date

import pytest

from openkimberley.kernel.errors import Untrusted
from openkimberley.participants.data import shipped_register
from openkimberley.participants.statements import Said, trust_document
from openkimberley.trust.canonical import canonical
from openkimberley.trust.trustlist.documents import read_participants

DAY = date(2026, 11, 23)


def test_the_shipped_register_becomes_a_participants_file_that_opens():
    document = trust_document(shipped_register(), issued=DAY)
    assert read_participants(canonical(document)) == document
    assert document["serial"] == 1
    assert document["participants"]["BW"]["mode"] == "paper"
    assert "EC" in document["participants"]["EU"]["codes"]
    assert document["participants"]["CF"]["history"][-1]["status"]


def test_what_was_said_before_stays_as_long_as_its_status():
    condition = {"kind": "countersign", "role": "KP-MT-CAF", "min": 1}
    point = {"journal.cf.example/1": {"size": 7, "root": "A" * 43}}
    said = {"CF": Said(mode="hybrid", max_log_delay_h=168, conditions=[condition], log_freeze=point)}
    first = trust_document(shipped_register(), issued=DAY, said=said, roles={"KP-MT-CAF": {"keys": []}}, warned=["KE"])
    second = trust_document(shipped_register(), issued=DAY, previous=first)
    assert second == {**first, "serial": 2}
    assert second["participants"]["CF"]["history"][-1]["conditions"] == [condition]
    first["participants"]["CF"]["history"][-1]["from"] = "2001-01-01"  # another status than the register has now
    third = trust_document(shipped_register(), issued=DAY, previous=first, said={"CF": Said(entry_embargo_days=0)})
    assert "conditions" not in third["participants"]["CF"]["history"][-1]
    assert third["participants"]["CF"]["max_log_delay_h"] == 168
    assert third["participants"]["CF"]["entry_embargo_days"] == 0


def test_what_is_said_is_read_strictly():
    assert Said.from_json({"mode": "node"}, "BW").mode == "node"
    for bad in ([], {"status": "SUSPENDED"}):
        with pytest.raises(Untrusted, match="BW"):
            Said.from_json(bad, "BW")
