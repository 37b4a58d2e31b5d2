"""Tables of certification: indexes over signed statements. No verbs here.

``content`` columns hold the certificate as JSON in the form of the contract (``statements.certificate_to_json``); the
columns beside it are what lists and searches need.
"""

from __future__ import annotations

from django.db import models

from openkimberley.certificates.facts import ApplicationStatus, CertificateStatus, FormStatus, Kind
from openkimberley.journal.fields import CaratsField, USDollarsField


class Application(models.Model):
    """An application for a certificate, from draft to decision. ``serial`` counts per authority without gaps."""

    authority = models.CharField(max_length=12)
    serial = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in Kind], default=Kind.EXPORT.value)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in ApplicationStatus], default=ApplicationStatus.DRAFT.value
    )
    version = models.PositiveIntegerField(default=1)  # rises with every change: two people never overwrite each other
    content = models.JSONField()
    company = models.CharField(max_length=40)  # licence number of the exporter it is filed for
    exporter_name = models.CharField(max_length=200, blank=True)
    importer_name = models.CharField(max_length=200, blank=True)
    destination = models.CharField(max_length=12, blank=True)
    carats = CaratsField(null=True)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    filed_by = models.CharField(max_length=60, blank=True)
    filed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    declared_by = models.CharField(max_length=60, blank=True)  # who signed the declaration of R054
    declared_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)  # why returned or refused
    about = models.CharField(max_length=40, blank=True)  # the certificate replaced or returned
    certificate_number = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "serial"], name="certificates_application_serial"),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "changed_at"], name="cert_app_status_ix"),
            models.Index(fields=["authority", "company", "-changed_at", "-id"], name="cert_app_company_ix"),
            models.Index(fields=["authority", "-changed_at", "-id"], name="cert_app_newest_ix"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people call the application: ``BW-A-000012``."""
        return f"{self.authority}-A-{self.serial:06d}"


class Document(models.Model):
    """A paper attached to an application. Withdrawn, never deleted."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20)  # INVOICE, ORIGIN_EVIDENCE, IMPORT_CERTIFICATE, PHOTOGRAPH, OTHER
    name = models.CharField(max_length=150)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Examination(models.Model):
    """What the issuing officer found: weights measured, parcels counted, how it was verified. The newest counts."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="examinations")
    examined_by = models.CharField(max_length=60)
    examined_at = models.DateTimeField()
    method = models.CharField(max_length=20)  # OPENED or RISK_ANALYSIS (R052, R053)
    method_reason = models.TextField(blank=True)
    parcels = models.PositiveIntegerField()
    lines = models.JSONField()  # [{"hs", "carats"}] as weighed
    carats = CaratsField()
    seals = models.JSONField()  # seal numbers set aside for this shipment
    origin_evidence = models.TextField()
    remarks = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application} {self.carats} ct"


class Approval(models.Model):
    """An officer's approval of the exact draft, checked and kept by the signer: here is only what names it.

    ``level`` is ``webauthn`` or ``software``; ``draft_hash`` and ``approval`` (the signer's id) are base64url.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="approvals")
    role = models.CharField(max_length=10)
    officer = models.CharField(max_length=60)
    level = models.CharField(max_length=10)
    draft_hash = models.CharField(max_length=43)
    approval = models.CharField(max_length=43)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.role} {self.officer}"


class Valuation(models.Model):
    """One of up to three valuations: the exporter's, the government valuer's, an independent one's."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="valuations")
    role = models.CharField(max_length=12)  # EXPORTER, GOVERNMENT, INDEPENDENT
    valued_by = models.CharField(max_length=60)
    valued_at = models.DateTimeField()
    lines = models.JSONField()  # [{"hs", "usd"}]
    usd = USDollarsField()
    price_list = models.CharField(max_length=120, blank=True)
    price_list_date = models.DateField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["EXPORTER", "GOVERNMENT", "INDEPENDENT"]),
                name="certificates_valuation_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.usd}"


class NumberRange(models.Model):
    """A registered range of certificate numbers. ``next`` moves by one in the transaction that issues."""

    authority = models.CharField(max_length=12)
    prefix = models.CharField(max_length=4)
    digits = models.PositiveSmallIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    next = models.BigIntegerField()
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["authority", "first"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "prefix", "first"], name="certificates_range_first"),
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first"))
                & models.Q(next__gte=models.F("first"))
                & models.Q(next__lte=models.F("last") + 1),
                name="certificates_range_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.first}-{self.last}"


class Form(models.Model):
    """A sheet of blank security paper and what became of it."""

    authority = models.CharField(max_length=12)
    serial = models.CharField(max_length=40)
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in FormStatus], default=FormStatus.RECEIVED.value
    )
    batch = models.CharField(max_length=60)
    received_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    certificate_number = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["authority", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "serial"], name="certificates_form_serial"),
            models.CheckConstraint(
                condition=~models.Q(status="USED") | ~models.Q(certificate_number=""),
                name="certificates_used_form_names_its_certificate",
            ),
        ]

    def __str__(self) -> str:
        return self.serial


class Certificate(models.Model):
    """An issued certificate: the signed credential and what lists need of it."""

    authority = models.CharField(max_length=12)
    number = models.CharField(max_length=40)
    participant = models.CharField(max_length=4)
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in Kind])
    status = models.CharField(max_length=20, choices=[(s.value, s.value) for s in CertificateStatus])
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="certificate")
    content = models.JSONField()
    issue_date = models.DateField()
    expiry_date = models.DateField()
    issued_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    exporter_licence = models.CharField(max_length=40)
    exporter_name = models.CharField(max_length=200)
    importer_name = models.CharField(max_length=200)
    destination = models.CharField(max_length=12)
    destination_authority = models.CharField(max_length=12, blank=True)
    carats = CaratsField()
    usd = USDollarsField()
    paper_serial = models.CharField(max_length=40, blank=True)
    cid = models.CharField(max_length=43)
    sd_jwt = models.TextField()
    approval_level = models.CharField(max_length=10, default="node")  # of both officers together: see Approval.level
    qr_full = models.TextField()
    qr_label = models.TextField()
    status_index = models.PositiveIntegerField()
    journal_index = models.BigIntegerField()
    departed_at = models.DateTimeField(null=True, blank=True)
    replaces = models.CharField(max_length=40, blank=True)
    replaced_by = models.CharField(max_length=40, blank=True)
    return_of = models.CharField(max_length=40, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)  # names, seals and disclosures are gone since

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "number"], name="certificates_number"),
            models.UniqueConstraint(fields=["number"], name="certificates_number_anywhere"),
            models.UniqueConstraint(fields=["authority", "cid"], name="certificates_cid"),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "changed_at"], name="cert_status_ix"),
            models.Index(fields=["authority", "exporter_licence", "issued_at"], name="cert_exporter_ix"),
            models.Index(fields=["destination_authority", "status"], name="cert_destination_ix"),
            models.Index(fields=["destination_authority", "-issued_at", "-id"], name="cert_arriving_newest_ix"),
            models.Index(fields=["authority", "-issued_at", "-id"], name="cert_newest_ix"),
            models.Index(fields=["cid"], name="cert_by_cid_ix"),
        ]

    def __str__(self) -> str:
        return self.number


class StatusIndex(models.Model):
    """A position in an authority's status list of a year: random, never used twice."""

    authority = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    index = models.PositiveIntegerField()
    uri = models.CharField(max_length=250, default="", blank=True)  # of the list, as the credential names it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "year", "index"], name="certificates_status_index"),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.year} {self.index}"


class StatusList(models.Model):
    """A status list as it was signed and published. ``serial`` counts the editions of one address; none is changed."""

    authority = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    uri = models.CharField(max_length=250)
    serial = models.PositiveIntegerField()
    jwt = models.TextField()  # statuslist+jwt
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["authority", "year", "uri", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "uri", "serial"], name="certificates_status_list_serial"),
        ]

    def __str__(self) -> str:
        return f"{self.uri} {self.serial}"


class Disclosure(models.Model):
    """A part of a certificate that was shown: to whom, on what basis, which claims. The part itself is not kept."""

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="disclosures")
    authority = models.CharField(max_length=12)  # at whose desk
    company = models.CharField(max_length=40, blank=True)  # the holder that showed it; empty for the authority itself
    profile = models.CharField(max_length=12)
    fields = models.JSONField()  # names of the claims shown
    shown_to = models.CharField(max_length=200)
    basis = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=43)  # of the text that was handed on, base64url
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["authority", "made_at"], name="cert_disclosure_ix")]

    def __str__(self) -> str:
        return f"{self.certificate} {self.profile}"


class Erasure(models.Model):
    """That what was personal in a certificate was erased, and why. The basis stays here, out of the journal."""

    authority = models.CharField(max_length=12)
    number = models.CharField(max_length=40)
    ground = models.CharField(max_length=10)  # RETENTION or ORDER
    basis = models.CharField(max_length=300)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "number"], name="certificates_erased_once"),
            models.CheckConstraint(
                condition=models.Q(ground__in=["RETENTION", "ORDER"]), name="certificates_erasure_ground"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Draw(models.Model):
    """Carats that a re-export takes from a certificate under which they came in (R050, R051)."""

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="draws")
    authority = models.CharField(max_length=12)
    source_number = models.CharField(max_length=40)
    carats = CaratsField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["certificate", "source_number"], name="certificates_draw_once"),
        ]
        indexes = [models.Index(fields=["authority", "source_number"], name="cert_draw_source_ix")]

    def __str__(self) -> str:
        return f"{self.source_number} {self.carats}"


class Received(models.Model):
    """A certificate under which rough diamonds came in, closed at import. A second use is refused by the key."""

    authority = models.CharField(max_length=12)
    issuer = models.CharField(max_length=4)
    number = models.CharField(max_length=40)  # normalised (R008)
    importer_licence = models.CharField(max_length=40, blank=True)
    carats = CaratsField()
    usd = USDollarsField()
    origin = models.JSONField()
    received_on = models.DateField()
    cid = models.CharField(max_length=43, blank=True)

    class Meta:
        ordering = ["-received_on"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number"], name="certificates_used_once"),
        ]
        indexes = [models.Index(fields=["authority", "received_on"], name="cert_received_ix")]

    def __str__(self) -> str:
        return self.number


class Correction(models.Model):
    """A minor error mended on the issuer's signed instruction (R086). The certificate itself is never changed."""

    authority = models.CharField(max_length=12)  # whose record this is
    number = models.CharField(max_length=40)
    field = models.CharField(max_length=60)
    old = models.CharField(max_length=300)
    new = models.CharField(max_length=300)
    reason = models.CharField(max_length=300)
    instruction = models.TextField()  # kp-correction+jwt of the issuer, or the words of a paper issuer
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["number", "authority"], name="cert_correction_ix")]

    def __str__(self) -> str:
        return f"{self.number} {self.field}"


class SigningKey(models.Model):
    """A public key of an authority, as every bundle carries it. Private keys are in the keystore, never here.

    ``x509`` and ``root`` are for keys of use ``seal``: the seal's certificate and the root it was issued by, as DER.
    """

    authority = models.CharField(max_length=12)
    kid = models.CharField(max_length=60)
    use = models.CharField(max_length=12)
    alg = models.CharField(max_length=12)
    public_key = models.BinaryField(max_length=65)
    x509 = models.BinaryField(blank=True, default=b"")
    root = models.BinaryField(blank=True, default=b"")
    not_before = models.DateField()
    not_after = models.DateField()
    state = models.CharField(max_length=12, default="active")
    compromised_since = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["authority", "kid"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "kid"], name="certificates_key"),
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "retired"])
                | models.Q(state="compromised", compromised_since__isnull=False),
                name="certificates_key_state",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
