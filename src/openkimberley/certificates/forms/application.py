"""The application, one thing a page: parties, goods, origin, import certificates drawn on, destination.

Each step turns what was typed into its part of the certificate's JSON (the contract's form) and back. Nothing is
required: a draft may be as incomplete or as wrong as it is, and comes back as it was typed. What cannot be read as an
amount is said beside the field at once; what the rules ask is said by the pre-check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from openkimberley.certificates.forms.fields import (
    BAD_SHARE,
    HS_CHOICES,
    DeskForm,
    amount_fault,
    as_count,
    choice,
    code,
    count_fault,
    country_code,
    figure,
    text,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openkimberley.kernel.rules import Objection

MOST_ROWS = 60
"""Lines, countries or import certificates on one application: more than this is bulk load, not typing."""

Content = dict[str, Any]


def _rows(posted: Mapping[str, Any], group: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a repeated group as typed (``lines/0/hs``), in order, without those left empty."""
    found = []
    for n in range(MOST_ROWS):
        row = {name: str(posted.get(f"{group}/{n}/{name}", "")).strip() for name in names}
        if any(row.values()):
            found.append(row)
    return found


class Step(DeskForm):
    """One page of the application, filled from the content so far."""

    slug: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    keys: ClassVar[frozenset[str]] = frozenset()
    needed: ClassVar[frozenset[str]] = frozenset()
    group: ClassVar[str] = ""
    add_label: ClassVar[Any] = ""

    def __init__(self, content: Mapping[str, Any], *, spare: int = 1, offers: Mapping[str, Any] | None = None) -> None:
        self.spare, self.offers = spare, offers or {}
        typed = self.typed(content)
        self.row_count = 0
        super().__init__(typed)
        self.build(typed)
        self.full_clean()
        self.say_unreadable(typed)
        for name, field in self.fields.items():  # only now: a draft lacks what it lacks, the page says what filing asks
            field.required = self.asked_for(name)

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """The content's part as the words in the fields."""
        raise NotImplementedError

    @classmethod
    def merged(cls, content: Mapping[str, Any], posted: Mapping[str, Any]) -> Content:
        """The content with this page's part replaced by what was posted."""
        kept = {key: value for key, value in content.items() if key not in cls.keys}
        printable = {name: str(value).replace("\x00", "") for name, value in posted.items()}
        return {**kept, **cls.read(printable)}

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """What was posted, as this page's part of the content."""
        raise NotImplementedError

    def build(self, typed: Mapping[str, str]) -> None:
        """Make the fields."""

    def say_unreadable(self, typed: Mapping[str, str]) -> None:
        """Say beside a field what cannot be read."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The repeated rows, for the page: their number and their fields."""
        found = []
        for n in range(self.row_count):
            fields = [self[name] for name in self.fields if name.startswith(f"{self.group}/{n}/")]
            found.append({"n": n, "number": n + 1, "fields": fields, "empty": not any(f.value() for f in fields)})
        return found

    @property
    def singles(self) -> list[Any]:
        """The fields that stand once."""
        return [self[name] for name in self.fields if not (self.group and name.startswith(f"{self.group}/"))]

    def asked_for(self, name: str) -> bool:
        """True for a field that an application is not filed without."""
        return name in self.needed

    def concerns(self, objection: Objection) -> bool:
        """True where an objection is about this page."""
        return objection.field.partition("/")[0] in self.keys

    def say_objections(self, objections: list[Objection]) -> None:
        """Put the rules' objections about this page beside its fields."""
        told = set(self.errors)
        self.object_to(o for o in objections if self.concerns(o) and self.place(o.field) not in told)

    def _count_rows(self, typed: Mapping[str, str]) -> int:
        """Rows to show: those that hold something, and the spare ones."""
        used = {int(name.split("/")[1]) for name in typed if name.startswith(f"{self.group}/")}
        return min(max(used, default=-1) + 1 + (self.spare if used else max(self.spare, 1)), MOST_ROWS)


class Parties(Step):
    """Who sends and who receives."""

    slug = "parties"
    title = _("Exporter and importer")
    lead = _("The names as they stand in the registers of licences.")
    keys = frozenset({"exporter", "importer", "same_party_reason"})
    needed = frozenset({"exporter/name", "exporter/address", "exporter/licence", "importer/name", "importer/address"})

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """Names and addresses."""
        found = {"same_party_reason": str(content.get("same_party_reason", ""))}
        for party in ("exporter", "importer"):
            named = content.get(party)
            for name in ("name", "address", "licence"):
                found[f"{party}/{name}"] = str(named.get(name, "")) if isinstance(named, dict) else ""
        return found

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """Both parties as typed."""
        found: Content = {}
        for party in ("exporter", "importer"):
            named = {k: str(posted.get(f"{party}/{k}", "")).strip() for k in ("name", "address", "licence")}
            found[party] = {k: v for k, v in named.items() if v}
        if reason := str(posted.get("same_party_reason", "")).strip():
            found["same_party_reason"] = reason
        return found

    def build(self, typed: Mapping[str, str]) -> None:
        """Name, address and licence of each."""
        for party, whose in (("exporter", _("Exporter")), ("importer", _("Importer"))):
            self.fields[f"{party}/name"] = text(_("%(party)s: name") % {"party": whose}, longest=200)
            self.fields[f"{party}/address"] = text(_("%(party)s: address") % {"party": whose}, lines=2)
            self.fields[f"{party}/licence"] = code(_("%(party)s: licence number") % {"party": whose})
        self.fields["same_party_reason"] = text(
            _("Why exporter and importer are the same (only if they are)"), _("For example goods sent to a fair.")
        )

    def place(self, field: str) -> str | None:
        """An objection to a party as a whole stands beside its name."""
        return {"exporter": "exporter/name", "importer": "importer/name"}.get(field) or super().place(field)


class Goods(Step):
    """What is in the box, line by line."""

    slug = "goods"
    title = _("The diamonds")
    lead = _("One line for each HS code. Carats and US dollars with at most two decimals.")
    keys = frozenset({"lines", "parcels", "parcel_reference", "total_carats", "total_usd"})
    group = "lines"
    add_label = _("Add another line")

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """Lines, number of parcels and reference."""
        found = {name: str(content.get(name) or "") for name in ("parcels", "parcel_reference")}
        for n, line in enumerate(content.get("lines") or []):
            found.update({f"lines/{n}/{name}": str(line.get(name) or "") for name in ("hs", "carats", "usd")})
        return found

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """Lines as typed; the number of parcels as a number where it is one."""
        found: Content = {"lines": _rows(posted, "lines", ("hs", "carats", "usd"))}
        if parcels := str(posted.get("parcels", "")).strip():
            found["parcels"] = as_count(parcels)
        if reference := str(posted.get("parcel_reference", "")).strip():
            found["parcel_reference"] = reference
        return found

    def build(self, typed: Mapping[str, str]) -> None:
        """As many lines as there are, and spare ones."""
        self.row_count = self._count_rows(typed)
        for n in range(self.row_count):
            self.fields[f"lines/{n}/hs"] = choice(_("HS code"), HS_CHOICES, typed=typed.get(f"lines/{n}/hs", ""))
            self.fields[f"lines/{n}/carats"] = figure(_("Carats"), unit="ct")
            self.fields[f"lines/{n}/usd"] = figure(_("Value in US$"), unit="US$")
        self.fields["parcels"] = figure(_("Number of parcels"), _("Packets in the shipment, not stones."))
        self.fields["parcel_reference"] = code(_("Your reference of the parcel (if you have one)"))

    def asked_for(self, name: str) -> bool:
        """The first line, every line that was begun, and the number of parcels."""
        head = name.rpartition("/")[0]
        begun = any(self.data.get(other) for other in self.fields if other.startswith(f"{head}/"))
        return name == "parcels" or (name.startswith("lines/") and (head == "lines/0" or begun))

    def say_unreadable(self, typed: Mapping[str, str]) -> None:
        """Amounts that are none, counts that are none."""
        for name, value in typed.items():
            if name.endswith(("/carats", "/usd")) and (fault := amount_fault(value)):
                self.add_error(name, fault)
        if fault := count_fault(typed["parcels"]):
            self.add_error("parcels", fault)

    def place(self, field: str) -> str | None:
        """An objection to the lines or totals stands beside the first line."""
        whole = {"lines": "lines/0/hs", "total_carats": "lines/0/carats", "total_usd": "lines/0/usd"}
        if field.startswith("lines/") and field.count("/") == 1:
            field = f"{field}/hs"
        return super().place(whole.get(field, field))


class Origin(Step):
    """Where the diamonds were mined."""

    slug = "origin"
    title = _("Country of mining")
    lead = _(
        "Where the diamonds came out of the ground, not where they were bought. For a mixed parcel name every country "
        "with its share of the carats; the shares add up to 100."
    )
    keys = frozenset({"origin", "origin_shares", "zone"})
    needed = frozenset({"origins/0/country", "how"})
    group = "origins"
    add_label = _("Add another country")

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """Countries with their shares."""
        origin = content.get("origin") or []
        mixed = origin == "mixed"
        shares = content.get("origin_shares") or {}
        named = list(shares) if mixed else [*origin, *(one for one in shares if one not in origin)]
        found = {"how": "mixed" if mixed else "named", "zone": str(content.get("zone", ""))}
        for n, one in enumerate(named):
            found[f"origins/{n}/country"] = str(one)
            found[f"origins/{n}/share"] = str(shares.get(one, ""))
        return found

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """``origin`` as a list of codes or the word mixed, ``origin_shares`` where shares were given."""
        rows = _rows(posted, "origins", ("country", "share"))
        codes = [country_code(row["country"]) for row in rows]
        found: Content = {"origin": "mixed" if posted.get("how") == "mixed" else [one for one in codes if one]}
        shares = {one: row["share"] for one, row in zip(codes, rows, strict=True) if row["share"]}
        if shares:
            found["origin_shares"] = shares
        if zone := str(posted.get("zone", "")).strip():
            found["zone"] = zone
        return found

    def build(self, typed: Mapping[str, str]) -> None:
        """The countries, and whether the certificate names them."""
        self.row_count = self._count_rows(typed)
        for n in range(self.row_count):
            self.fields[f"origins/{n}/country"] = code(
                _("Country"), _("Name or two letters, such as BW.") if n == 0 else "", listed="countries"
            )
            self.fields[f"origins/{n}/share"] = figure(_("Share of the carats"), unit="%")
        self.fields["how"] = forms.ChoiceField(
            label=_("What stands in the origin field"), required=False, widget=forms.RadioSelect,
            choices=[
                ("named", _("The countries named above")),
                ("mixed", _("*** for a parcel of mixed origin whose countries are not named")),
            ],
        )  # fmt: skip
        self.fields["zone"] = text(_("Compliant zone inside the country (only where the Scheme asks for it)"))

    def say_unreadable(self, typed: Mapping[str, str]) -> None:
        """Shares that are no percentage."""
        for name, value in typed.items():
            if name.endswith("/share") and amount_fault(value):
                self.add_error(name, BAD_SHARE)

    def place(self, field: str) -> str | None:
        """Objections to ``origin`` and ``origin_shares/BW`` stand beside the country."""
        head, _sep, rest = field.partition("/")
        if head == "origin":
            return super().place(f"origins/{rest or 0}/country")
        if head == "origin_shares":
            row = next((n for n in range(self.row_count) if self.data.get(f"origins/{n}/country") == rest), 0)
            return super().place(f"origins/{row}/share")
        return super().place(field)


class Sources(Step):
    """The import certificates that a re-export draws on."""

    slug = "sources"
    title = _("Import certificates")
    lead = _(
        "Only for diamonds that were imported before: name each certificate under which they came in, and how many "
        "carats you take from it. Leave this empty for diamonds mined here."
    )
    keys = frozenset({"draws_on", "provenance"})
    group = "draws_on"
    add_label = _("Add another import certificate")

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """Numbers and carats."""
        found = {"provenance": str(content.get("provenance", ""))}
        for n, one in enumerate(content.get("draws_on") or []):
            named = one if isinstance(one, dict) else {"number": str(one)}
            found[f"draws_on/{n}/number"] = str(named.get("number") or "")
            found[f"draws_on/{n}/carats"] = str(named.get("carats") or "")
        return found

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """Certificates drawn on, as typed."""
        rows = _rows(posted, "draws_on", ("number", "carats"))
        found: Content = {"draws_on": rows} if rows else {}
        if provenance := str(posted.get("provenance", "")).strip():
            found["provenance"] = country_code(provenance)
        return found

    def build(self, typed: Mapping[str, str]) -> None:
        """As many certificates as there are, and spare ones."""
        self.row_count = self._count_rows(typed)
        for n in range(self.row_count):
            self.fields[f"draws_on/{n}/number"] = code(_("Certificate number"), listed="imports")
            self.fields[f"draws_on/{n}/carats"] = figure(_("Carats taken from it"), unit="ct")
        self.fields["provenance"] = code(
            _("Country that the goods came from last"), _("Country of provenance, for re-exports."), listed="countries"
        )

    def say_unreadable(self, typed: Mapping[str, str]) -> None:
        """Carats that are none."""
        for name, value in typed.items():
            if name.endswith("/carats") and (fault := amount_fault(value)):
                self.add_error(name, fault)

    def place(self, field: str) -> str | None:
        """An objection to the list, or to one certificate, stands beside its number."""
        if field == "draws_on":
            field = "draws_on/0/number"
        elif field.startswith("draws_on/") and field.count("/") == 1:
            field = f"{field}/number"
        return super().place(field)


class Destination(Step):
    """Where the shipment goes."""

    slug = "destination"
    title = _("Destination")
    lead = _("Only those who take part in the Scheme today are listed. Rough diamonds go to nobody else.")
    keys = frozenset({"destination", "destination_authority"})
    needed = frozenset({"destination"})

    @classmethod
    def typed(cls, content: Mapping[str, Any]) -> dict[str, str]:
        """The importing authority's code."""
        destination = str(content.get("destination", ""))
        return {"destination": str(content.get("destination_authority", "")) or destination, "elsewhere": ""}

    @classmethod
    def read(cls, posted: Mapping[str, Any]) -> Content:
        """Authority and Participant; what is typed under "somewhere else" goes before the list."""
        typed = country_code(str(posted.get("elsewhere", "")).strip()) or str(posted.get("destination", "")).strip()
        if not typed:
            return {}
        participant, dash, _place = typed.partition("-")
        is_authority = bool(dash) or (bool(posted.get("destination")) and not posted.get("elsewhere"))
        return {"destination": participant, **({"destination_authority": typed} if is_authority else {})}

    def build(self, typed: Mapping[str, str]) -> None:
        """A list by name and, for anything else, a field."""
        listed = [("", _("Choose")), *self.offers.get("destinations", [])]
        self.fields["destination"] = choice(_("Importing authority"), listed, typed=typed["destination"])
        self.fields["elsewhere"] = code(_("Somewhere else: country"), _("Name or two letters."), listed="countries")

    def place(self, field: str) -> str | None:
        """Objections to either stand beside the list."""
        return "destination" if field in self.keys else super().place(field)


STEPS: dict[str, type[Step]] = {step.slug: step for step in (Parties, Goods, Origin, Sources, Destination)}
"""The pages in order. Papers and the pre-check follow."""

ORDER = (*STEPS, "documents")


def step_of(field: str) -> str:
    """The page on which an objection's field stands; empty where it stands on none."""
    head = field.partition("/")[0]
    if head == "documents":
        return "documents"
    return next((slug for slug, step in STEPS.items() if head in step.keys), "")


def after(slug: str) -> str:
    """The page that follows a step."""
    at = ORDER.index(slug)
    return ORDER[at + 1] if at + 1 < len(ORDER) else "check"


def without_row(posted: Mapping[str, Any], group: str, row: str) -> dict[str, Any]:
    """What was posted, without one row of a repeated group."""
    return {name: value for name, value in posted.items() if not name.startswith(f"{group}/{row}/")}
