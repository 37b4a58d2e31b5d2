"""Tables of the witness: what it holds of each journal, the evidence it keeps for ever, and its own collection."""

from __future__ import annotations

from django.db import models


class Office(models.Model):
    """A name and key under which this database witnesses. Without a row the witness signs nothing.

    A database that was lost or brought back from a copy does not know what was cosigned since: its witness is retired
    and takes a new name and key (``retired_at``), it never goes on under the old ones.
    """

    vkey = models.CharField(max_length=250, unique=True)
    since = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.vkey


class WitnessedLog(models.Model):
    """A journal that this node knows, and the last of its checkpoints that it accepted (``at`` in seconds).

    ``log_id`` names it in addresses; ``about`` is what the trust list says of who writes it
    (``statements.about_logs``). ``cosignature`` is the line given for what is held; empty where a crash came between
    holding and answering.
    """

    origin = models.CharField(max_length=200, unique=True)
    log_id = models.CharField(max_length=64, unique=True)
    participant = models.CharField(max_length=2, blank=True)
    vkeys = models.JSONField(default=list)
    url = models.CharField(max_length=300, blank=True)
    about = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    note = models.TextField(blank=True)
    cosignature = models.TextField(blank=True)
    at = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["origin"]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class Evidence(models.Model):
    """Two checkpoints of one journal that do not agree. Kept for ever: the database refuses change and deletion."""

    fingerprint = models.CharField(max_length=64, unique=True)
    origin = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    held = models.TextField()
    shown = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["origin", "id"], name="witness_evidence_origin")]

    def __str__(self) -> str:
        return f"{self.kind} {self.origin}"


class Asked(models.Model):
    """How it stands with another witness that is asked to cosign this node's journal (times in seconds)."""

    vkey = models.CharField(max_length=250, unique=True)
    held = models.BigIntegerField(default=0)  # the size it holds, as far as is known
    cosigned = models.BigIntegerField(default=-1)  # the size it last cosigned for us
    cosigned_at = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    not_before = models.BigIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["vkey"]

    def __str__(self) -> str:
        return self.vkey


class Finding(models.Model):
    """An alarm of the monitor that this node has reported once; ``alert`` is the reference it was entered under."""

    mark = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=30)
    origin = models.CharField(max_length=200, blank=True)
    sentence = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500, blank=True)
    evidence = models.JSONField(default=dict)
    alert = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.origin}"
