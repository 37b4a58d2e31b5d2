"""Tables of shipments: what left, what came in, what was found, who was told. No verbs here.

The exporting side keeps a ``Shipment``, the importing side an ``Arrival``; they may live on two nodes and know each
other by the certificate's number only. ``Notice`` is the outbox of e-mails: written with the act it tells of.
"""

from __future__ import annotations

from django.db import models

from openkimberley.journal.fields import CaratsField, USDollarsField


class Shipment(models.Model):
    """A sealed shipment on its exporting side. ``status`` is one of ``facts.ShipmentStatus``."""

    authority = models.CharField(max_length=12)
    certificate_number = models.CharField(max_length=40)
    participant = models.CharField(max_length=4)
    status = models.CharField(max_length=20)
    importing_participant = models.CharField(max_length=4)
    importing_authority = models.CharField(max_length=12, blank=True)
    exporter_licence = models.CharField(max_length=40, blank=True)
    exporter_name = models.CharField(max_length=200, blank=True)
    importer_licence = models.CharField(max_length=40, blank=True)
    importer_name = models.CharField(max_length=200, blank=True)
    carats = CaratsField()
    usd = USDollarsField()
    expiry_date = models.DateField()
    containers = models.PositiveIntegerField()
    container_numbers = models.JSONField(default=list)
    number_on_container = models.BooleanField()  # the certificate's number stands on each container (R066)
    packed_alone = models.BooleanField()  # nothing else in the containers (R068)
    copy_enclosed = models.BooleanField()  # certificate or authenticated copy sealed in (R069)
    sealed_at = models.DateTimeField()
    sealed_by = models.CharField(max_length=60)
    carrier = models.CharField(max_length=200, blank=True)
    courier_licence = models.CharField(max_length=40, blank=True)
    mode = models.CharField(max_length=10, blank=True)  # AIR, ROAD, RAIL, SEA, HAND
    hand_carried = models.BooleanField(default=False)
    expected_on = models.DateField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=60, blank=True)
    departed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)  # as the importing authority told
    closed_at = models.DateTimeField(null=True)
    chased_at = models.DateTimeField(null=True)
    chases = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-sealed_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "certificate_number"], name="shipments_one_per_certificate"),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "expiry_date"], name="ship_status_ix"),
            models.Index(fields=["importing_authority", "status"], name="ship_to_ix"),
            models.Index(fields=["authority", "exporter_licence"], name="ship_exporter_ix"),
            models.Index(fields=["certificate_number"], name="ship_number_ix"),
        ]

    def __str__(self) -> str:
        return self.certificate_number


class Seal(models.Model):
    """A seal put on a container: used once only in the whole life of an authority (R070)."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="seals")
    authority = models.CharField(max_length=12)
    number = models.CharField(max_length=60)  # normalised
    written = models.CharField(max_length=60)  # as read from the seal
    container = models.CharField(max_length=40, blank=True)
    applied_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "number"], name="shipments_seal_used_once"),
        ]
        indexes = [models.Index(fields=["number"], name="ship_seal_number_ix")]

    def __str__(self) -> str:
        return self.written


class Photograph(models.Model):
    """A photograph of box or parcel, kept in the file store under its SHA-256."""

    authority = models.CharField(max_length=12)
    certificate_number = models.CharField(max_length=40)
    direction = models.CharField(max_length=6)  # EXPORT, IMPORT
    shows = models.CharField(max_length=6)  # BOX, PARCEL, OTHER
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=150, blank=True)
    taken_by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "certificate_number", "direction", "sha256"], name="shipments_photograph_once"
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=["EXPORT", "IMPORT"]), name="shipments_photograph_direction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shows} {self.sha256[:12]}"


class Notice(models.Model):
    """An e-mail to be sent: queued with the act it tells of, sent at least once, never lost.

    ``message_id`` is fixed when the notice is queued, so that a receiver knows a second copy for what it is.
    """

    authority = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)  # ADVANCE, RECEIPT, CHASE, FAILURE, WITHDRAWN, CORRECTION
    certificate_number = models.CharField(max_length=40)
    to_authority = models.CharField(max_length=12, blank=True)
    address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    fields = models.JSONField()
    message_id = models.CharField(max_length=120)
    status = models.CharField(max_length=8, default="QUEUED")  # QUEUED, SENT, FAILED
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_attempt = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["queued_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "message_id"], name="shipments_notice_message"),
            models.CheckConstraint(
                condition=models.Q(status__in=["QUEUED", "SENT", "FAILED"]), name="shipments_notice_status"
            ),
            models.CheckConstraint(
                condition=models.Q(status="SENT", sent_at__isnull=False)
                | (~models.Q(status="SENT") & models.Q(sent_at__isnull=True)),
                name="shipments_notice_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "next_attempt"], name="ship_notice_due_ix"),
            models.Index(fields=["authority", "certificate_number"], name="ship_notice_number_ix"),
        ]

    def __str__(self) -> str:
        return self.subject


class TransitPoint(models.Model):
    """What was seen of a shipment on its way into or out of a third territory (R094, R095)."""

    authority = models.CharField(max_length=12)  # who entered it
    certificate_number = models.CharField(max_length=40)
    territory = models.CharField(max_length=4)
    way = models.CharField(max_length=5)  # ENTRY, EXIT
    seen_at = models.DateTimeField()
    seals_intact = models.BooleanField()
    opened = models.BooleanField()
    remarks = models.CharField(max_length=300, blank=True)
    recorded_by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["seen_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(way__in=["ENTRY", "EXIT"]), name="shipments_transit_way"),
        ]
        indexes = [models.Index(fields=["authority", "certificate_number"], name="ship_transit_number_ix")]

    def __str__(self) -> str:
        return f"{self.territory} {self.way}"


class Arrival(models.Model):
    """A shipment on its importing side, from announcement (or first sight) to its end.

    ``content`` is the certificate as this authority knows it, in the contract's JSON; ``source`` says from where: the
    node itself (NODE), a checked digital artefact (ARTEFACT), or a paper registered by hand (PAPER).
    """

    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=4)
    number = models.CharField(max_length=40)  # normalised (R008)
    written = models.CharField(max_length=40)  # as printed
    issuing_authority = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20)
    source = models.CharField(max_length=8)
    content = models.JSONField()
    cid = models.CharField(max_length=43, blank=True)
    exporter_name = models.CharField(max_length=200, blank=True)
    importer_name = models.CharField(max_length=200, blank=True)
    importer_licence = models.CharField(max_length=40, blank=True)
    seal_keys = models.TextField(blank=True)  # the seals on the certificate, normalised, each between blanks
    carats = CaratsField(null=True)
    usd = USDollarsField(null=True)
    announced_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True)
    presented_on = models.DateField(null=True)
    presented_at = models.DateTimeField(null=True)
    presented_by = models.CharField(max_length=60, blank=True)
    original = models.BooleanField(null=True)
    copy_enclosed = models.BooleanField(null=True)
    hand_carried = models.BooleanField(default=False)
    declared_on_arrival = models.BooleanField(null=True)
    verdict = models.JSONField(default=dict)  # the verification engine's report, as it was that day
    objections = models.JSONField(default=list)  # what the rules said at presentation
    held = models.BooleanField(default=False)  # waits for a person's decision (R037 and other holds)
    decision = models.TextField(blank=True)  # why it may go on although held
    decided_by = models.CharField(max_length=60, blank=True)
    due_on = models.DateField(null=True)  # last day for the confirmation
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-presented_at", "-announced_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "issuer", "number"], name="shipments_arrival_once"),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "due_on"], name="ship_arrival_status_ix"),
            models.Index(fields=["authority", "importer_licence"], name="ship_arrival_importer_ix"),
            models.Index(fields=["issuer", "number"], name="ship_arrival_number_ix"),
        ]

    def __str__(self) -> str:
        return self.written


class PresentedArtefact(models.Model):
    """What was scanned of a presented certificate, as it was, to judge it again once its proof is handed in."""

    arrival = models.OneToOneField(Arrival, on_delete=models.PROTECT, primary_key=True, related_name="artefact")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.arrival)


class Inspection(models.Model):
    """What the import officer found, typed by hand from the goods themselves. The newest counts."""

    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="inspections")
    authority = models.CharField(max_length=12)
    inspected_by = models.CharField(max_length=60)
    inspected_at = models.DateTimeField()
    seals = models.JSONField()  # as read from the containers
    seals_intact = models.BooleanField()
    container_tamper_resistant = models.BooleanField()
    packed_alone = models.BooleanField()
    number_read = models.CharField(max_length=40)
    parcels = models.PositiveIntegerField()
    lines = models.JSONField()  # [{"hs", "carats", "usd"?}] as weighed
    carats = CaratsField()
    usd = USDollarsField(null=True)
    exporter_read = models.CharField(max_length=200)
    importer_read = models.CharField(max_length=200)
    remarks = models.TextField(blank=True)
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["authority", "inspected_at"], name="ship_inspection_ix")]

    def __str__(self) -> str:
        return f"{self.arrival} {self.carats} ct"


class Confirmation(models.Model):
    """The importing authority's word on a certificate, signed. One for each certificate, in all the world (R082)."""

    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=4)
    number = models.CharField(max_length=40)
    result = models.CharField(max_length=12)  # match, discrepancy, refused
    received_on = models.DateField()
    due_on = models.DateField(null=True)
    parcels = models.PositiveIntegerField(null=True)
    carats = CaratsField(null=True)
    usd = USDollarsField(null=True)
    receipt = models.TextField(blank=True)  # kp-receipt+jwt; empty where a paper authority wrote a letter
    letter = models.TextField(blank=True)  # its words then
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number"], name="shipments_confirmed_once"),
            models.CheckConstraint(
                condition=models.Q(result__in=["match", "discrepancy", "refused"]), name="shipments_confirmation_result"
            ),
        ]
        indexes = [models.Index(fields=["authority", "made_at"], name="ship_confirmation_made_ix")]

    def __str__(self) -> str:
        return f"{self.number} {self.result}"


class DiscrepancyCase(models.Model):
    """Certificate and goods do not agree, or a condition of import failed: open until one of the ways out is taken."""

    arrival = models.OneToOneField(Arrival, on_delete=models.PROTECT, related_name="case")
    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=4)
    number = models.CharField(max_length=40)
    status = models.CharField(max_length=10, default="OPEN")  # OPEN, CLOSED
    differences = models.JSONField()
    objections = models.JSONField(default=list)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    detained_at = models.DateTimeField(null=True)
    detained_reason = models.TextField(blank=True)
    tell_issuer_by = models.DateField()
    issuer_told_at = models.DateTimeField(null=True)
    way_out = models.CharField(max_length=20, blank=True)
    finding = models.CharField(max_length=40, blank=True)
    measures = models.TextField(blank=True)
    technical_number = models.CharField(max_length=40, blank=True)
    disposal = models.TextField(blank=True)
    closed_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="OPEN", closed_at__isnull=True, way_out="")
                | (models.Q(status="CLOSED", closed_at__isnull=False) & ~models.Q(way_out="")),
                name="shipments_closed_case_names_its_way_out",
            ),
        ]
        indexes = [models.Index(fields=["authority", "status", "tell_issuer_by"], name="ship_case_status_ix")]

    def __str__(self) -> str:
        return f"{self.number} {self.status}"


class PaperCertificate(models.Model):
    """A paper of an issuer without a node, registered by hand, with what the rules said of it."""

    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=4)
    number = models.CharField(max_length=40)  # normalised
    content = models.JSONField()
    scans = models.JSONField(default=list)  # SHA-256 of each scan
    answer = models.JSONField()  # verdict, advice, objections, not_checked of that day
    verdict = models.CharField(max_length=12)
    advice = models.CharField(max_length=12)
    registered_by = models.CharField(max_length=60)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "issuer", "number"], name="shipments_paper_once"),
        ]
        indexes = [models.Index(fields=["authority", "registered_at"], name="ship_paper_registered_ix")]

    def __str__(self) -> str:
        return self.number
