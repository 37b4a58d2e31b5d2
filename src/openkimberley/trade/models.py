"""Tables of the register of licences. What a licence is on a day follows from its terms and changes; no row is altered
to say so, and an amendment is a new version beside the old."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Series(models.Model):
    """The last number given in one series of an authority: ``BW-EXP-2026``. Locked while a number is drawn."""

    authority = models.CharField(max_length=12)
    name = models.CharField(max_length=40)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authority", "name"], name="trade_series_once")]

    def __str__(self) -> str:
        return self.name


class Licence(models.Model):
    """A licence by its number in the authority's register. ``number_key`` is the number as people search it."""

    authority = models.CharField(max_length=12)
    number = models.CharField(max_length=40)
    number_key = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authority", "number"], name="trade_licence_number_once")]
        indexes = [
            models.Index(fields=["authority", "number_key"], name="trade_licence_search"),
            models.Index(fields=["number"], name="trade_licence_number"),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.number}"


class Version(models.Model):
    """Kinds and holder of a licence from a day on. Version 1 is the grant; each amendment names the one before."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    since = models.DateField()
    kinds = models.CharField(max_length=80)  # " EXPORTER IMPORTER ", so that one word is found whole
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200)
    address = models.TextField(blank=True)
    nationality = models.CharField(max_length=2, blank=True)
    residence = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=200, blank=True)
    legal_form = models.CharField(max_length=12)
    registration_id = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    contact = models.CharField(max_length=200, blank=True)
    one_time = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["licence", "version"], name="trade_version_once")]
        indexes = [models.Index(fields=["name_key"], name="trade_version_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class Term(models.Model):
    """A period that a licence was granted or renewed for. ``until`` is the first day after it."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="terms")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(fields=["licence", "since"], name="trade_term_starts_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="trade_term_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} to {self.until or '-'}"


class Change(models.Model):
    """From a day on the licence is suspended, in force again or revoked."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="changes")
    status = models.CharField(max_length=12)
    since = models.DateField()
    reason = models.CharField(max_length=400)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["since", "id"]
        indexes = [models.Index(fields=["licence", "since"], name="trade_change_day")]

    def __str__(self) -> str:
        return f"{self.status} from {self.since}"


class PowerOfAttorney(models.Model):
    """A company that an agent may file for. ``until`` is the first day after; it is set once, when it ends."""

    agent = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="powers")
    company = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    document = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["company", "since"]
        indexes = [models.Index(fields=["company"], name="trade_power_company")]
        constraints = [
            models.UniqueConstraint(fields=["agent", "company", "since"], name="trade_power_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="trade_power_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} from {self.since}"


class StockDeclaration(models.Model):
    """A year for which the holder declared its stock, nil included (R058)."""

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="declarations")
    year = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["licence", "year"], name="trade_declaration_once")]

    def __str__(self) -> str:
        return str(self.year)
