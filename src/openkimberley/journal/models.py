"""The journal's table: append-only, hash-chained, guarded by the database itself (see the first migration)."""

from __future__ import annotations

from django.db import models


class Personal(models.Model):
    """What an act said of persons and trade, beside the journal: the entry holds its salted hash, this the words.

    The journal is for ever and this is not: when it is erased, the hash left behind tells nobody anything.
    """

    index = models.BigIntegerField(primary_key=True)  # of the entry
    authority = models.CharField(max_length=12, blank=True)
    subject = models.CharField(max_length=80)
    text = models.TextField()  # canonical JSON with a random salt

    class Meta:
        ordering = ["index"]
        indexes = [models.Index(fields=["subject"], name="journal_personal_subject")]

    def __str__(self) -> str:
        return f"{self.index} {self.subject}"


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


class Checkpoint(models.Model):
    """The journal's length and root at one moment, signed with its key. Append-only, and sizes only ever grow.

    ``note`` is the signed note without cosignatures. No entry tells of a checkpoint: it says nothing that the entries
    do not say, proves itself, and an entry for each would make the next one due.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["size"]

    def __str__(self) -> str:
        return f"checkpoint of {self.size} entries"


class Cosignature(models.Model):
    """A witness's word that the journal was so long and had only grown. Append-only; no entry tells of it either.

    ``line`` is the signature line of the note, checked before it was kept; ``time`` the witness's, in seconds.
    """

    size = models.BigIntegerField()
    witness = models.CharField(max_length=200)
    key_id = models.BinaryField(max_length=4)
    time = models.BigIntegerField()
    line = models.TextField()

    class Meta:
        ordering = ["size", "time"]
        indexes = [models.Index(fields=["size", "time"], name="journal_cosigned")]
        constraints = [
            models.UniqueConstraint(fields=["size", "witness", "key_id", "time"], name="journal_cosigned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.witness} at {self.size} entries"
