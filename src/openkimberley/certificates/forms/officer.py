"""The authority's forms: what was found, what it is worth, and every decision with its reason.

What an officer measures is typed, never ticked and never filled in beforehand: a form that shows the declared weight
gets the declared weight back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from openkimberley.certificates.facts import FormStatus, Kind
from openkimberley.certificates.forms.application import Destination, Goods, Origin, Parties
from openkimberley.certificates.forms.fields import (
    BAD_COUNT,
    HS_CHOICES,
    DeskForm,
    amount_fault,
    choice,
    code,
    count_fault,
    figure,
    text,
)  # fmt: skip
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import rulebook
from openkimberley.trust.approval import SOFTWARE, WEBAUTHN
from openkimberley.trust.canonical import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METHODS = [
    ("OPENED", _("The container was opened and its content weighed")),
    ("RISK_ANALYSIS", _("Not opened, on a documented risk analysis")),
]
ROLES = [("GOVERNMENT", _("Government valuer")), ("INDEPENDENT", _("Independent valuer"))]
WHY_VOID = [
    ("error", _("An error in it was found")),
    ("spoiled", _("The paper was spoiled")),
    ("stolen", _("The paper was stolen")),
    ("recalled", _("It is recalled: it should not have been issued")),
]
WRITE_OFFS = [
    (FormStatus.SPOILED.value, _("Spoiled")),
    (FormStatus.LOST.value, _("Lost")),
    (FormStatus.STOLEN.value, _("Stolen")),
]
TECHNICAL = [
    (Kind.TECHNICAL_RETURN.value, _("Goods go back to where they came from")),
    (Kind.TECHNICAL_SEIZED.value, _("Seized goods are moved")),
    (Kind.TECHNICAL_RESEARCH.value, _("Samples for research")),
]
CORRECTABLE = [
    ("", _("Choose")),
    ("exporter/name", _("Exporter: spelling of the name")),
    ("exporter/address", _("Exporter: address")),
    ("exporter/licence", _("Exporter: licence number")),
    ("importer/name", _("Importer: spelling of the name")),
    ("importer/address", _("Importer: address")),
    ("importer/licence", _("Importer: licence number")),
    ("parcel_reference", _("Reference of the parcel")),
    ("destination_authority", _("Importing authority")),
]
"""What may be a slip of the pen (R086); whether the change is one, the rule says."""

NEEDED = {"required": _("Fill this in.")}


def reason(label: Any, hint: Any = "") -> forms.CharField:
    """A reason that somebody will read: required."""
    field = text(label, hint, lines=4, required=True, longest=2000)
    field.error_messages.update(required=_("Give the reason: somebody has to act on it."))
    return field


class Return(DeskForm):
    """Send an application back."""

    reason = reason(_("What is missing or wrong?"), _("The applicant reads this. Say what to do."))


class Refuse(DeskForm):
    """Refuse an application."""

    reason = reason(_("Why is it refused?"), _("The applicant reads this."))
    rules = code(_("Rules it rests on"), _("Their codes, such as R040 R054."), required=True, longest=200)

    def clean_rules(self) -> list[str]:
        """The codes, each of them in the rulebook."""
        found = re.findall(r"[A-Za-z]\w*", str(self.cleaned_data["rules"]).upper())
        unknown = [one for one in found if one not in rulebook()]
        if unknown or not found:
            raise ValidationError(_("No such rule: %(codes)s.") % {"codes": ", ".join(unknown) or "-"})
        return list(dict.fromkeys(found))


class Examine(DeskForm):
    """What was found: weights, parcels, seals, how it was verified."""

    def __init__(self, data: Any = None, *, lines: int) -> None:
        super().__init__(data)
        self.line_count = lines
        for n in range(lines):
            self.fields[f"lines/{n}/hs"] = choice(_("HS code as found"), HS_CHOICES)
            self.fields[f"lines/{n}/carats"] = figure(_("Carats as weighed"), required=True, unit="ct")
            self.fields[f"lines/{n}/hs"].required = True
        self.fields["parcels"] = figure(_("Parcels counted"), required=True)
        self.fields["method"] = forms.ChoiceField(
            label=_("How was the content verified?"), choices=METHODS, widget=forms.RadioSelect
        )
        self.fields["method_reason"] = text(
            _("Record of the risk analysis"), _("Only where the container was not opened."), lines=2, longest=2000
        )
        self.fields["origin_evidence"] = text(
            _("Evidence of origin that you saw"),
            _("For example production record 114, or import certificates on file."),
            lines=2, required=True, longest=2000,
        )  # fmt: skip
        self.fields["seals"] = text(
            _("Numbers of the seals set aside"), _("One a line."), lines=2, required=True, longest=1000
        )
        self.fields["remarks"] = text(_("Remarks"), lines=2, longest=2000)
        for field in self.fields.values():
            field.error_messages.update(NEEDED)

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of each line."""
        return [[self[f"lines/{n}/hs"], self[f"lines/{n}/carats"]] for n in range(self.line_count)]

    @property
    def singles(self) -> list[Any]:
        """The fields that stand once."""
        return [self[name] for name in self.fields if not name.startswith("lines/")]

    def clean(self) -> dict[str, Any]:
        """Weights are amounts and parcels a count."""
        for name, value in list(self.cleaned_data.items()):
            fault = amount_fault(value) if name.endswith("/carats") else count_fault(value) if name == "parcels" else ""
            if fault:
                self.add_error(name, fault)
        return self.cleaned_data

    def place(self, field: str) -> str | None:
        """Objections to the method and to the weights have their fields here."""
        known = {"verification": "method", "lines": "lines/0/hs", "total_carats": "lines/0/carats"}
        return super().place(known.get(field, field))

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        said = self.cleaned_data
        lines = [{k: said[f"lines/{n}/{k}"] for k in ("hs", "carats")} for n in range(self.line_count)]
        words = {k: said[k] for k in ("method", "method_reason", "origin_evidence", "remarks")}
        return {**words, "parcels": int(said["parcels"]), "lines": lines, "seals": said["seals"].splitlines()}


class Value(DeskForm):
    """One valuation, line by line."""

    def __init__(self, data: Any = None, *, lines: Sequence[Mapping[str, str]]) -> None:
        super().__init__(data)
        self.lines = lines
        self.fields["role"] = forms.ChoiceField(
            label=_("Whose valuation is this?"), choices=ROLES, widget=forms.RadioSelect
        )
        for n, line in enumerate(lines):
            label = _("Line %(number)s, HS %(hs)s, %(carats)s ct: value in US$") % {
                "number": n + 1, "hs": line.get("hs", ""), "carats": line.get("carats", ""),
            }  # fmt: skip
            self.fields[f"lines/{n}/usd"] = figure(label, required=True, unit="US$")
        self.fields["price_list"] = text(_("Price list used"), longest=120)
        self.fields["price_list_date"] = forms.DateField(
            label=_("Date of the price list"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
            help_text=_("An old price list is flagged (R137)."), input_formats=["%Y-%m-%d"],
        )  # fmt: skip
        for field in self.fields.values():
            field.error_messages.update(NEEDED)

    def clean(self) -> dict[str, Any]:
        """Values are amounts."""
        for name, value in list(self.cleaned_data.items()):
            if name.endswith("/usd") and (fault := amount_fault(value)):
                self.add_error(name, fault)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        said = self.cleaned_data
        lines = [{"hs": line.get("hs", ""), "usd": said[f"lines/{n}/usd"]} for n, line in enumerate(self.lines)]
        return {
            "role": said["role"], "lines": lines, "price_list": said["price_list"],
            "price_list_date": said["price_list_date"],
        }  # fmt: skip


def version_field() -> forms.IntegerField:
    """The version that was on the screen, so that two people never overwrite each other."""
    return forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class Approving(DeskForm):
    """A form that takes an approval: a passphrase, or what the officer's authenticator answered."""

    passphrase = forms.CharField(
        label=_("Passphrase of your approval key"), required=False, max_length=400, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )  # fmt: skip
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def clean_credential(self) -> dict[str, Any] | None:
        """The authenticator's answer as the browser wrote it."""
        written = self.cleaned_data["credential"]
        try:
            return dict(parse_json(written.encode())) if written else None
        except (Untrusted, ValueError, TypeError) as error:
            raise ValidationError(_("The security key's answer was not understood. Try again.")) from error

    def approval(self) -> dict[str, Any] | None:
        """The evidence for the signer, None where nothing was given."""
        if self.cleaned_data.get("credential"):
            return {"level": WEBAUTHN, "credential": self.cleaned_data["credential"]}
        if self.cleaned_data.get("passphrase"):
            return {"level": SOFTWARE, "passphrase": self.cleaned_data["passphrase"]}
        return None


class Sign(Approving):
    """The examining officer stands for what was found."""

    version = version_field()


class Approve(Approving):
    """The second officer's signature."""

    version = version_field()
    paper_serial = code(
        _("Serial of the blank form"),
        _("The sheet in your hand. Leave empty if no security paper is used."),
        longest=40,
    )
    confirm = forms.BooleanField(
        label=_("I compared the goods, the papers and the figures above, and validate this certificate."),
        error_messages={"required": _("Tick this to validate. It stands for your signature.")},
    )

    def __init__(self, *args: Any, replaces: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if replaces:
            label = _("The old certificate %(number)s was handed in to me.") % {"number": replaces}
            self.fields["surrendered"] = forms.BooleanField(label=label, required=False)
            self.order_fields(["version", "paper_serial", "surrendered", "confirm", "passphrase", "credential"])

    def place(self, field: str) -> str | None:
        """Everything else stands above the form."""
        return super().place("surrendered" if field == "number" else field)


class File(DeskForm):
    """The exporter's declaration."""

    version = version_field()
    declared = forms.BooleanField(
        label=_(
            "I declare that the diamonds in this shipment are not conflict diamonds, and that what I wrote is true and "
            "complete."
        ),
        error_messages={"required": _("Without the declaration an application cannot be filed (R054).")},
    )

    def place(self, field: str) -> str | None:
        """The declaration's own objection stands beside it."""
        return "declared" if field in ("declared", "declaration") else None


class Void(DeskForm):
    """Void a certificate, twice asked."""

    why = forms.ChoiceField(label=_("Why is it voided?"), choices=WHY_VOID, widget=forms.RadioSelect)
    reason = reason(_("What happened?"), _("Everybody who meets this number may read it."))


class Lost(DeskForm):
    """Report a certificate lost."""

    circumstances = reason(_("When, where and how was it lost?"), _("All authorities are told at once."))


class Replace(DeskForm):
    """Ask for another certificate in place of this one."""

    reason = reason(_("Why is another certificate needed?"), _("The officer reads this."))


class Correct(DeskForm):
    """Instruct a minor correction."""

    field = forms.ChoiceField(label=_("What is to be corrected?"), choices=CORRECTABLE)
    new = text(_("How it should read"), required=True, longest=300)
    reason = text(_("Why"), required=True, longest=300)

    def place(self, field: str) -> str | None:
        """An objection to any field of the certificate stands beside the choice."""
        return super().place(field) or "field"


class Technical(DeskForm):
    """What a technical certificate is for. The goods and parties follow on the same page."""

    kind = forms.ChoiceField(label=_("What is it for?"), choices=TECHNICAL, widget=forms.RadioSelect)
    about = code(_("Certificate that the goods came under"), _("A return must name it."), longest=40)
    reason = reason(_("Why"), _("For example: seals broken on arrival, return ordered."))


TECHNICAL_PARTS = (Parties, Goods, Origin, Destination)
"""The pages of an application that a technical certificate asks for too, all on one page."""


def swapped(content: Mapping[str, Any], *, authority: str) -> dict[str, Any]:
    """A certificate's content as it stands when the goods go back: parties and direction turned round."""
    kept = {k: content[k] for k in ("lines", "parcels", "origin", "origin_shares") if k in content}
    return {
        **kept, "exporter": content.get("importer", {}), "importer": content.get("exporter", {}),
        "destination": content.get("issuer", ""), "destination_authority": content.get("issuing_authority", ""),
        "provenance": authority.partition("-")[0],
    }  # fmt: skip


class Numbers(DeskForm):
    """First and last of a run of numbers."""

    order: tuple[str, ...] = ("prefix", "first", "last", "digits")

    first = figure(_("First number"), required=True)
    last = figure(_("Last number"), required=True)
    digits = figure(
        _("Digits after the prefix"), _("Numbers are filled up with zeros to so many digits."), required=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # not a class attribute: a form's own ``prefix`` is something else
        self.fields["prefix"] = code(_("Prefix"), _("Letters before the number, such as BW."), longest=4)
        self.order_fields(self.order)

    def clean(self) -> dict[str, Any]:
        """Counts are counts; how they fit together, the action says."""
        for name in ("first", "last", "digits", "year"):
            value = str(self.cleaned_data.get(name, "")).strip()
            if value and (not value.isascii() or not value.isdigit() or len(value) > 15):
                self.add_error(name, BAD_COUNT)
            elif name in self.cleaned_data:
                self.cleaned_data[name] = int(value) if value else None
        if (self.cleaned_data.get("digits") or 0) > 15:
            self.add_error("digits", _("A number has at most 15 digits."))
        return self.cleaned_data


class Delivery(Numbers):
    """A delivery of blank forms."""

    batch = text(_("Delivery note or batch"), required=True, longest=60)
    order = ("batch", *Numbers.order)


class Range(Numbers):
    """A registered range of numbers."""

    year = figure(_("Year that it belongs to (if it belongs to one)"))


class WriteOff(DeskForm):
    """A blank form written off."""

    status = forms.ChoiceField(label=_("What became of it?"), choices=WRITE_OFFS, widget=forms.RadioSelect)
    reason = text(_("What happened?"), required=True, longest=200)


class Upload(DeskForm):
    """One paper."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            ("INVOICE", _("Invoice")), ("ORIGIN_EVIDENCE", _("Evidence of origin")),
            ("IMPORT_CERTIFICATE", _("Copy of an import certificate")), ("PHOTOGRAPH", _("Photograph")),
            ("OTHER", _("Other paper")),
        ],
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"), help_text=_("PDF, PNG, JPEG or WEBP, at most 12 MB."),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip


class Table(DeskForm):
    """A table of applications."""

    company = choice(_("For which company?"), [])
    file = forms.FileField(
        label=_("Table"), help_text=_("CSV, XLSX or JSON, at most 5 MB."),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, companies: Sequence[str] = ()) -> None:
        super().__init__(data, files)
        self.fields["company"].choices = [(one, one) for one in companies]  # type: ignore[attr-defined]
        self.fields["company"].required = True
