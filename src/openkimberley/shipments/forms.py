"""What officers type about shipments. What is found is typed, never ticked, never filled in beforehand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openkimberley.certificates.facts import Line
from openkimberley.desk.forms import CaratsField, DayField, Form, HSCodeField, Lines, USDollarsField
from openkimberley.shipments.facts import Fault, Inspection

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
MODES = [
    ("", _("Choose")),
    ("AIR", _("By air freight")),
    ("ROAD", _("By road")),
    ("RAIL", _("By rail")),
    ("SEA", _("By sea")),
    ("HAND", _("Carried by hand")),
]
HS_CHOICES = [
    ("", _("Choose")),
    ("7102.10", _("7102.10 unsorted")),
    ("7102.21", _("7102.21 industrial")),
    ("7102.31", _("7102.31 non-industrial")),
]


def yes_no(label: Any, hint: Any = "", *, required: bool = True) -> forms.TypedChoiceField:
    """A question answered with yes or no, neither of them chosen beforehand. None where it is left open."""
    return forms.TypedChoiceField(
        label=label, help_text=hint, choices=YES_NO, widget=forms.RadioSelect, coerce=lambda said: said == "yes",
        empty_value=None, required=required,
    )  # fmt: skip


def words(label: Any, hint: Any = "", *, rows: int = 0, required: bool = True, longest: int = 1000) -> forms.CharField:
    """A field of words; ``rows`` makes it taller."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=hint, required=required, max_length=longest, widget=widget)


def code(label: Any, hint: Any = "", *, required: bool = True, longest: int = 60) -> forms.CharField:
    """A field for a number or code: written left to right in every language, never completed by the browser."""
    attrs = {"autocomplete": "off", "dir": "ltr", "spellcheck": "false"}
    return forms.CharField(
        label=label, help_text=hint, required=required, max_length=longest, widget=forms.TextInput(attrs=attrs)
    )


def count(label: Any, hint: Any = "") -> forms.IntegerField:
    """A whole number of at least one."""
    return forms.IntegerField(
        label=label, help_text=hint, min_value=1, max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip


def moment(label: Any, hint: Any = "") -> forms.DateTimeField:
    """A day and time of this node's time zone."""
    return forms.DateTimeField(
        label=label, help_text=hint, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )  # fmt: skip


def photograph(label: Any, *, required: bool) -> forms.FileField:
    """A photograph, taken with the telephone's camera where there is one."""
    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"})
    hint = _("PNG, JPEG or WEBP, up to 12 MB.")
    return forms.FileField(label=label, required=required, widget=widget, help_text=hint)


# the exporting side


class SealLine(Form):
    """One seal and the container it closes."""

    number = code(_("Number of the seal, as read from it"))
    container = code(_("Container"), required=False, longest=40)


class SealForm(Form):
    """How the goods were closed. Photographs that were taken before an error stay: ``box_kept``, ``parcel_kept``."""

    containers = count(_("How many containers?"))
    number_on_container = yes_no(_("Does the certificate's number stand on each container?"))
    packed_alone = yes_no(_("Are the diamonds packed alone, with nothing else?"))
    copy_enclosed = yes_no(_("Is the certificate, or an authenticated copy, sealed in with the goods?"))
    box = photograph(_("Photograph of the sealed box"), required=False)
    parcel = photograph(_("Photograph of the open parcel"), required=False)
    box_kept = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
    parcel_kept = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("box", "parcel"):  # what was kept at an attempt before need not be chosen again
            self.fields[name].required = not self.data.get(f"{name}_kept")
            self.fields[name].error_messages["required"] = _("Take this photograph: it goes on record with the seals.")


class AnnounceForm(Form):
    """Who carries the goods, and where the importing authority is told."""

    carrier = words(_("Carrier"), longest=200)
    mode = forms.ChoiceField(label=_("How do the goods travel?"), choices=MODES)
    courier_licence = code(
        _("Licence number of the courier"), _("Not needed where the goods are carried by hand."), required=False,
        longest=40,
    )  # fmt: skip
    expected_on = DayField(label=_("Expected at the border on"), required=False)
    address = forms.EmailField(
        label=_("E-mail address of the importing authority"), required=False,
        help_text=_("Leave it empty to use the address in the register."),
    )  # fmt: skip


class DepartForm(Form):
    """The goods leave."""

    departed_at = moment(_("When did the shipment leave?"))
    seals_intact = yes_no(_("Were the seals whole when it left?"))


class TransitForm(Form):
    """What was seen in a third territory."""

    territory = code(_("Territory"), _("Two letters, such as ZA."), longest=2)
    way = forms.ChoiceField(
        label=_("Was it coming in or leaving?"), widget=forms.RadioSelect,
        choices=[("ENTRY", _("Coming in")), ("EXIT", _("Leaving"))],
    )  # fmt: skip
    seen_at = moment(_("When was it seen?"))
    seals_intact = yes_no(_("Were the seals whole?"))
    opened = yes_no(_("Was the container opened?"))
    remarks = words(_("Remarks"), rows=3, required=False, longest=300)

    def clean_territory(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["territory"]).upper()


class ReasonForm(Form):
    """Why."""

    reason = words(_("Why?"), rows=4)


class ProofForm(Form):
    """The proof of the issuer's journal."""

    proof = words(_("The proof, as text or as its code"), rows=8, longest=20_000)


class EraseForm(Form):
    """On what basis what is personal is erased."""

    ground = forms.ChoiceField(
        label=_("Why?"), widget=forms.RadioSelect,
        choices=[("RETENTION", _("The time for which it is kept is over")), ("ORDER", _("A court ordered it"))],
    )  # fmt: skip
    basis = words(_("Law or order"), _("The article, or the court and number of its order. No names."), longest=300)


class AddressForm(Form):
    """Where an e-mail that was not sent is to go."""

    message_id = forms.CharField(widget=forms.HiddenInput, max_length=120)
    address = forms.EmailField(label=_("E-mail address"))


class ConfirmationForm(Form):
    """A confirmation that came back from an authority abroad, as its letter says."""

    authority = code(_("Confirming authority or Participant"), _("Code, such as AE or EU-BE."), longest=12)
    result = forms.ChoiceField(
        label=_("What does it say?"), widget=forms.RadioSelect,
        choices=[("match", _("The goods agreed")), ("discrepancy", _("There was a difference")),
                 ("refused", _("The import was refused"))],
    )  # fmt: skip
    parcels = count(_("Parcels"))
    carats = CaratsField(label=_("Carats"))
    usd = USDollarsField(label=_("Value"), required=False)
    exporter = words(_("Exporter, as it stands there"), longest=200)
    importer = words(_("Importer, as it stands there"), longest=200)
    received_on = DayField(label=_("Received on"))
    letter = words(_("The words of the letter or e-mail"), rows=5, longest=4000)


# the importing side


class PresentForm(Form):
    """A shipment has arrived: its code, file or number, and how it was handed in."""

    photograph = photograph(_("Photograph the code"), required=False)
    file = forms.FileField(
        label=_("Or choose the file"), required=False, widget=forms.FileInput,
        help_text=_("The PDF or the electronic certificate."),
    )  # fmt: skip
    artefact = forms.CharField(
        label=_("Or scan or paste the text of the code"), required=False, max_length=200_000, strip=False,
        help_text=_("It begins with KPC1: or KPL1:. A hand scanner types it here."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    number = code(_("Or type the number on the paper"), required=False, longest=40)
    presented_on = DayField(label=_("Presented on"))
    original = yes_no(_("Is the original certificate here?"))
    copy_enclosed = yes_no(_("Does a certificate or copy travel sealed with the goods?"), required=False)
    hand_carried = yes_no(_("Was it carried by hand?"))
    declared_on_arrival = yes_no(
        _("Was it declared on arrival?"), _("Only where it was carried by hand."), required=False
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """One way of naming the certificate is needed."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("photograph", "file", "artefact", "number")):
            self.add_error("number", _("Photograph, choose, scan or type: one of these is needed."))
        return cleaned


class FoundLine(Form):
    """One line as weighed."""

    hs = forms.ChoiceField(label=_("HS code, as you sort it"), choices=HS_CHOICES)
    carats = CaratsField(label=_("Carats on your scale"))
    usd = USDollarsField(label=_("Value, if you valued it"), required=False)


class InspectForm(Form):
    """What is found, typed from the goods and the container. Nothing of the certificate is shown in it."""

    number = code(_("Number of the certificate, as printed on it"), longest=40)
    seals = forms.CharField(
        label=_("Numbers of the seals, as read from the containers"), max_length=2000,
        help_text=_("One in a line. Read them from the seal itself, not from the paper."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    seals_intact = yes_no(_("Are all seals whole?"))
    tamper_resistant = yes_no(_("Is the container tamper-resistant: would any opening show?"))
    packed_alone = yes_no(_("Are the diamonds packed alone, with nothing else?"))
    parcels = count(_("How many parcels did you count?"))
    exporter = words(_("Exporter, as printed on the certificate"), longest=200)
    importer = words(_("Importer, as printed on the certificate"), longest=200)
    remarks = words(_("Remarks"), rows=3, required=False, longest=2000)
    box = photograph(_("Photograph of the box, before opening"), required=False)
    parcel = photograph(_("Photograph of the open parcel"), required=False)

    def found(self, lines: Lines) -> Inspection:
        """The inspection as facts. Call after both are valid."""
        said, rows = self.cleaned_data, lines.filled
        values = [row["usd"] for row in rows]
        return Inspection(
            number=said["number"], seals=tuple(one.strip() for one in said["seals"].splitlines() if one.strip()),
            seals_intact=said["seals_intact"], tamper_resistant=said["tamper_resistant"],
            packed_alone=said["packed_alone"], parcels=said["parcels"],
            lines=tuple(Line(row["hs"], row["carats"], row["usd"]) for row in rows),
            carats=sum((row["carats"] for row in rows), Decimal("0.00")),
            usd=None if None in values or not values else sum(values, Decimal("0.00")),
            exporter=said["exporter"], importer=said["importer"],
        )  # fmt: skip


class ConfirmForm(Form):
    """The declaration of the confirming officer."""

    declared = forms.BooleanField(
        label=_("I inspected seals and container, opened the container and compared its content with the certificate."),
        error_messages={"required": _("Without this declaration the import is not confirmed.")},
    )  # fmt: skip


class TellForm(Form):
    """What the issuing authority is asked besides what was found."""

    question = words(_("Your question to the issuing authority"), rows=4, required=False)
    address = forms.EmailField(
        label=_("E-mail address"), required=False, help_text=_("Leave it empty to use the address in the register.")
    )


class CorrectForm(Form):
    """A minor error, corrected on the issuer's instruction."""

    field = forms.ChoiceField(
        label=_("What is corrected?"),
        choices=[
            ("", _("Choose")), ("exporter/name", _("Exporter: spelling of the name")),
            ("exporter/address", _("Exporter: address")), ("exporter/licence", _("Exporter: licence number")),
            ("importer/name", _("Importer: spelling of the name")), ("importer/address", _("Importer: address")),
            ("importer/licence", _("Importer: licence number")), ("parcel_reference", _("Reference of the parcel")),
        ],
    )  # fmt: skip
    new = words(_("What it shall say"), longest=300)
    reason = words(_("What the error is"), longest=300)
    instruction = words(
        _("The issuing authority's instruction"),
        _("Its signed text, or the words of its letter with date and number."), rows=5, longest=20_000,
    )  # fmt: skip


class ReleaseForm(Form):
    """Goods go on, with a finding and what was done."""

    fault = forms.ChoiceField(
        label=_("What did you find about the failure?"), widget=forms.RadioSelect,
        choices=[
            (Fault.NOT_KNOWING.value, _("It was not made knowingly or intentionally")),
            (Fault.ANOTHER_AUTHORITY.value, _("It was the act of another authority in the exercise of its duties")),
            (Fault.KNOWING.value, _("It was made knowingly")),
        ],
    )  # fmt: skip
    measures = words(_("What was done to put it right?"), rows=4)


class ConfiscateForm(Form):
    """Goods are forfeited."""

    reason = words(_("Why?"), rows=4)
    disposal = words(_("Where are the goods, and what becomes of them?"), rows=4)


class ReturnForm(Form):
    """Goods go back."""

    technical_number = code(_("Number of the technical certificate"), required=False, longest=40)
    requested_by_issuer = words(
        _("The issuing authority's request, in its words"), _("For a return under a technical certificate."), rows=4,
        required=False,
    )  # fmt: skip
    order = words(
        _("Or the order by which the goods go back"), _("For an opened container whose certificate is otherwise good."),
        rows=4, required=False,
    )  # fmt: skip


# papers of others


class PaperForm(Form):
    """A foreign paper certificate, typed as it is printed. Only number, issuer and day of issue are needed."""

    number = code(_("Number, as printed"), longest=40)
    issuer = code(_("Issuing Participant"), _("Two letters, such as SL."), longest=2)
    issuing_authority = words(_("Issuing authority"), required=False, longest=200)
    issue_date = DayField(label=_("Date of issue"))
    expiry_date = DayField(label=_("Date of expiry"), required=False)
    title = words(_("Title, as printed"), required=False, longest=200)
    statement = words(_("Statement, as printed"), rows=3, required=False)
    english = yes_no(_("Does it say everything in English too?"), required=False)
    origin = code(
        _("Country of origin"), _("Two letters each, divided by commas; *** for mixed."), required=False, longest=200
    )
    provenance = code(_("Provenance"), required=False, longest=40)
    destination = code(_("Destination"), _("Participant's code, such as EU."), required=False, longest=4)
    destination_authority = code(_("Importing authority"), required=False, longest=12)
    exporter_name = words(_("Exporter: name"), required=False, longest=200)
    exporter_address = words(_("Exporter: address"), required=False, longest=300)
    exporter_licence = code(_("Exporter: licence number"), required=False, longest=40)
    importer_name = words(_("Importer: name"), required=False, longest=200)
    importer_address = words(_("Importer: address"), required=False, longest=300)
    importer_licence = code(_("Importer: licence number"), required=False, longest=40)
    parcels = forms.IntegerField(label=_("Parcels"), required=False, min_value=0, max_value=9999)
    parcel_reference = code(_("Reference of the parcel"), required=False)
    total_carats = CaratsField(label=_("Total carats"), required=False)
    total_usd = USDollarsField(label=_("Total value"), required=False)
    seals = forms.CharField(
        label=_("Seals"), required=False, max_length=2000, help_text=_("One in a line."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    paper_serial = code(_("Serial number of the security paper"), required=False, longest=40)
    validated_by = words(_("Validated by, as signed"), required=False, longest=200)
    validated_date = DayField(label=_("Validated on"), required=False)
    matches_specimen = yes_no(
        _("Does it look like the specimen of its day?"), _("Leave it open where nobody laid them side by side."),
        required=False,
    )  # fmt: skip
    scan = forms.FileField(
        label=_("Scan or photograph"), required=False, widget=forms.FileInput,
        help_text=_("PDF, PNG, JPEG or WEBP, up to 12 MB."),
    )  # fmt: skip

    def content(self, lines: Lines) -> dict[str, Any]:
        """The certificate in the contract's JSON. Call after both are valid."""
        said = self.cleaned_data
        parties = {
            which: {part: said[f"{which}_{part}"] for part in ("name", "address", "licence") if said[f"{which}_{part}"]}
            for which in ("exporter", "importer")
        }
        origin: Any = [one.strip().upper() for one in said["origin"].split(",") if one.strip()]
        content: dict[str, Any] = {
            **{name: said[name] for name in (
                "number", "issuing_authority", "title", "statement", "english", "provenance", "destination",
                "destination_authority", "parcels", "parcel_reference", "paper_serial",
            )},
            **{name: said[name].isoformat() if said[name] else None for name in ("issue_date", "expiry_date")},
            **{name: str(said[name]) if said[name] is not None else None for name in ("total_carats", "total_usd")},
            **parties, "issuer": said["issuer"].upper(), "origin": "mixed" if origin == ["***"] else origin,
            "lines": [
                {"hs": row["hs"], **{k: str(row[k]) for k in ("carats", "usd") if row[k] is not None}}
                for row in lines.filled
            ],
            "seals": [one.strip() for one in said["seals"].splitlines() if one.strip()],
        }  # fmt: skip
        if said["validated_by"] or said["validated_date"]:
            day = said["validated_date"]
            content["validated"] = {"by": said["validated_by"], **({"date": day.isoformat()} if day else {})}
        return {key: value for key, value in content.items() if value not in ("", None, [], {})}


class PaperLine(Form):
    """One line of a paper certificate, as printed."""

    hs = HSCodeField(label=_("HS code"), required=False)
    carats = CaratsField(label=_("Carats"), required=False)
    usd = USDollarsField(label=_("Value"), required=False)


class CompareForm(Form):
    """What an officer saw who laid a paper beside its specimen."""

    matches_specimen = yes_no(_("Does the paper look like the specimen of its day?"))


class QuestionForm(Form):
    """A question to the issuer of a paper."""

    question = words(_("Your question"), rows=4)
    sent_to = words(
        _("Sent to"), _("Address or person. Leave it empty to use the register's."), required=False, longest=200
    )
