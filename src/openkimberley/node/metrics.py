"""Counters in the form that Prometheus reads: what the node holds and what waits. No names, no numbers of papers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from openkimberley.certificates import queries as certificates
from openkimberley.journal import queries as journal
from openkimberley.shipments import queries as shipments


def exposition() -> tuple[bytes, str]:
    """The text of all counters, and its content type."""
    registry = CollectorRegistry()
    states = Gauge("kimberley_certificates", "Certificates by status", ["status"], registry=registry)
    for status, count in certificates.count_by_status().items():
        states.labels(status).set(count)
    Gauge("kimberley_journal_entries", "Entries in the journal", registry=registry).set(journal.size())
    newest = journal.newest()
    Gauge("kimberley_journal_checkpoint_entries", "Entries under the newest checkpoint", registry=registry).set(
        newest.size if newest else 0
    )
    Gauge("kimberley_journal_stopped", "1 where nothing may be signed: an old copy", registry=registry).set(
        bool(journal.must_not_sign())
    )
    Gauge("kimberley_notices_waiting", "Notices not delivered yet", registry=registry).set(shipments.notices_waiting())
    return generate_latest(registry), CONTENT_TYPE_LATEST
