"""Tables of the register. Rows are only added: a later row names in ``replaces`` the one that it ends or corrects.

A period has no end of its own: it ends where the next one of the same Participant begins. What is no period (names,
covers, prefixes) stands as JSON in the form of ``statements``.
"""

from __future__ import annotations

from django.db import models


class Sourced(models.Model):
    """What every row carries: who says so, where it can be read, and when it was entered."""

    source = models.TextField()
    url = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    confidence = models.CharField(max_length=10, default="seen")
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True


class Period(Sourced):
    """A dated status, in the Scheme's list or in a national one."""

    status = models.CharField(max_length=20)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    decision = models.TextField(blank=True, default="")
    zones = models.JSONField(default=list, blank=True)
    precision = models.CharField(max_length=10, default="day")
    into = models.CharField(max_length=8, blank=True, default="")
    earliest = models.DateField(null=True, blank=True)
    latest = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class ParticipantRow(models.Model):
    """A Participant, a state merged into one, or the trading entity. ``about`` holds what has no history of its own."""

    code = models.CharField(max_length=8, primary_key=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8)
    about = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class StatusRow(Period):
    """One status of one Participant from a day on. ``corrects`` names a row that was wrong and no longer counts."""

    participant = models.ForeignKey(ParticipantRow, on_delete=models.PROTECT, related_name="statuses")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["participant", "since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "replaces"], name="participants_status_one_successor"),
            models.UniqueConstraint(fields=["participant", "corrects"], name="participants_status_one_correction"),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.status} {self.since}"


class AuthorityRow(Sourced):
    """An authority as its Participant has named it. A later row with the same code and name replaces this one."""

    participant = models.ForeignKey(ParticipantRow, on_delete=models.PROTECT, related_name="authorities")
    code = models.CharField(max_length=12)
    name = models.TextField()
    exporting = models.BooleanField()
    importing = models.BooleanField()
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    email = models.CharField(max_length=254, blank=True, default="")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["participant", "id"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "replaces"], name="participants_authority_one_successor")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProfileValue(Sourced):
    """One value of a profile; the latest of a code and field counts. ``value`` is JSON null where it was taken away."""

    code = models.CharField(max_length=8)
    field = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["code", "field", "id"]
        indexes = [models.Index(fields=["code", "field", "id"], name="participants_profile_value")]
        constraints = [models.UniqueConstraint(fields=["code", "replaces"], name="participants_profile_one_successor")]

    def __str__(self) -> str:
        return f"{self.code}.{self.field}"


class NationalListDate(Period):
    """What a national list says of one code from a day on."""

    by_list = models.CharField(max_length=8)
    code = models.CharField(max_length=8)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["by_list", "code", "since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["by_list", "code", "since"], name="participants_list_one_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.by_list} {self.code} {self.status} {self.since}"


class Version(models.Model):
    """Which content the register has: one row, renewed by every action, so that readers know when to re-read.

    ``token`` is drawn anew each time, so that a change which was rolled back can never be taken for another.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=32, blank=True, default="")
    shipped = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return str(self.number)
