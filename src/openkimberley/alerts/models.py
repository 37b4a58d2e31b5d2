"""Tables of alerts. Rows are entered once; what becomes of them is written beside them, and in the journal."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Series(models.Model):
    """The last number of a series of references: ``BW-ALERT-2026``."""

    name = models.CharField(max_length=40, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A warning. ``number_key`` is the number as R008 compares it; ``fingerprint`` what it says, for coming twice."""

    reference = models.CharField(max_length=40, unique=True)
    authority = models.CharField(max_length=12)
    kind = models.CharField(max_length=20)
    issuer = models.CharField(max_length=2)
    number = models.CharField(max_length=40, blank=True)
    number_key = models.CharField(max_length=45, blank=True)
    serial_prefix = models.CharField(max_length=20, blank=True)
    serial_first = models.BigIntegerField(null=True, blank=True)
    serial_last = models.BigIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=120, blank=True)
    features = models.JSONField(default=list)
    reported_by = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500)
    day = models.DateField()
    status = models.CharField(max_length=12)
    decided_reason = models.CharField(max_length=500, blank=True)  # why confirmed or withdrawn
    fingerprint = models.CharField(max_length=64, unique=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["-day", "-id"]
        indexes = [
            models.Index(fields=["number_key"], name="alerts_number"),
            models.Index(fields=["serial_prefix", "serial_first"], name="alerts_serial"),
            models.Index(fields=["status", "kind", "day"], name="alerts_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(serial_first__isnull=True, serial_last__isnull=True)
                | Q(serial_last__gte=F("serial_first")),
                name="alerts_serials_run_up",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Specimen(models.Model):
    """What an issuer's certificates look like in a period. ``until`` is set once, when it is retired."""

    reference = models.CharField(max_length=40, unique=True)
    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=2)
    title = models.CharField(max_length=200)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    numbers = models.JSONField(default=list)
    features = models.JSONField(default=list)
    pictures = models.JSONField(default=list)
    notified_on = models.DateField()
    source = models.CharField(max_length=500)
    retired_reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["issuer", "-since", "-id"]
        indexes = [models.Index(fields=["issuer", "since"], name="alerts_specimen_issuer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="alerts_specimen_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.title}"


class Mark(models.Model):
    """A signatory or stamp of an issuer. ``until`` is set once, when it ends."""

    reference = models.CharField(max_length=40, unique=True)
    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=2)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    post = models.CharField(max_length=200, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    sample = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=500)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["issuer", "name", "-since"]
        indexes = [models.Index(fields=["issuer", "since"], name="alerts_mark_issuer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="alerts_mark_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.name}"


class ListedName(models.Model):
    """An entry of a sanctions list or of convictions. ``until`` is set once, when it is taken off the list."""

    reference = models.CharField(max_length=40, unique=True)
    authority = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    list_name = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    aliases = models.JSONField(default=list)
    entity = models.CharField(max_length=12)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500)
    note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["name", "-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="alerts_listing_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list_name}: {self.name}"


class NameKey(models.Model):
    """A name or alias of an entry as it is compared."""

    entry = models.ForeignKey(ListedName, on_delete=models.PROTECT, related_name="keys")
    key = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["key"], name="alerts_name_key")]

    def __str__(self) -> str:
        return self.key


class IssuerQuery(models.Model):
    """A question to an issuer about a paper."""

    reference = models.CharField(max_length=40, unique=True)
    authority = models.CharField(max_length=12)
    number = models.CharField(max_length=40)
    number_key = models.CharField(max_length=45)
    issuer = models.CharField(max_length=2)
    question = models.TextField()
    sent_on = models.DateField()
    sent_to = models.CharField(max_length=200, blank=True)
    files = models.JSONField(default=list)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["-sent_on", "-id"]
        indexes = [
            models.Index(fields=["authority", "sent_on"], name="alerts_query_authority"),
            models.Index(fields=["number_key"], name="alerts_query_number"),
        ]

    def __str__(self) -> str:
        return self.reference


class Answer(models.Model):
    """An answer of an issuer. A later one stands beside the earlier."""

    query = models.ForeignKey(IssuerQuery, on_delete=models.PROTECT, related_name="answers")
    verdict = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    answered_by = models.CharField(max_length=200)
    day = models.DateField()
    files = models.JSONField(default=list)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.verdict
