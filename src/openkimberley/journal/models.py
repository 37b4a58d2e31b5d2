"""The journal's table: append-only, hash-chained, guarded by the database itself (see the first migration)."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One act that happened. Holds identifiers, never foreign keys, so that it neither blocks nor follows live data.

    ``index`` counts from 0 without gaps, and is the entry's place in the published tree. ``hash`` is SHA-256 over
    ``previous`` (32 bytes) and the canonical JSON ``statement``, which never leaves the node. ``entry`` is what the
    journal publishes of the act (docs/spec/journal.md) and ``leaf`` its RFC 6962 leaf hash.
    """

    index = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    authority = models.CharField(max_length=12, blank=True)
    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    statement = models.TextField()
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    entry = models.TextField()
    leaf = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["index"]
        indexes = [
            models.Index(fields=["subject", "index"], name="journal_subject"),
            models.Index(fields=["authority", "index"], name="journal_authority"),
            models.Index(fields=["event", "index"], name="journal_event"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["previous"], name="journal_one_successor"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.event} {self.subject}"
