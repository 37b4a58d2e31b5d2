"""What the rules are asked about an application, and what this desk knows of it."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import facts, rules, statements
from openkimberley.certificates.models import (
    Application,
    Certificate,
    Examination,
    Valuation,
)  # fmt: skip
from openkimberley.certificates.rules.case import Alert as PaperAlert
from openkimberley.certificates.rules.case import (
    Case,
    HeldImport,
    HeldLicence,
    Known,
    Sanction,
    Valuations,
    Verification,
)  # fmt: skip
from openkimberley.kernel import measures
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import Objection, Severity, gettext_noop
from openkimberley.participants import queries as participants
from openkimberley.trade import queries as trade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openkimberley.participants.facts import Profile, Profiles
    from openkimberley.trade.facts import Licence

from openkimberley.certificates.queries.holdings import drawn, draws_of, left_to_send_back, received
from openkimberley.certificates.queries.sight import participant_of


def fill(row: Application, content: dict[str, Any]) -> None:
    """Set the content of a draft and the columns that lists need. Unreadable amounts stay in the content as typed."""
    row.content = content
    row.exporter_name, row.importer_name = (
        str(party.get("name", ""))[:200] if isinstance(party := content.get(side), dict) else ""
        for side in ("exporter", "importer")
    )
    row.destination = str(content.get("destination", ""))[:12]
    try:
        row.carats = sum((measures.carats(line["carats"]) for line in content.get("lines", [])), Decimal("0.00"))
    except (measures.BadMeasure, KeyError, TypeError):
        row.carats = None


def content_facts(row: Application, *, on: date) -> facts.Certificate:
    """The certificate that an application would become on a day. Raises ``Untrusted`` for unreadable content."""
    return read_content(row.content, authority=row.authority, on=on)


def stated(content: dict[str, Any]) -> dict[str, Any]:
    """A draft's JSON as a certificate's: empty answers left out, the carats drawn from imports kept apart."""
    draft = {key: value for key, value in content.items() if value not in ("", None, [], {})}
    if draws := draft.get("draws_on"):
        numbers = [draw.get("number", "") if isinstance(draw, dict) else draw for draw in draws]
        draft["draws_on"] = list(dict.fromkeys(numbers))
    for name in ("carats", "usd"):
        if f"total_{name}" not in draft and (total := _total(draft.get("lines"), name)):
            draft[f"total_{name}"] = str(total)
    return draft


def _total(lines: Any, name: str) -> Decimal | None:
    """The sum of a column of a draft's lines, None where a line is unreadable: the reading says so then."""
    try:
        return sum((measures.amount(line[name]) for line in lines or []), Decimal("0.00"))
    except (measures.BadMeasure, KeyError, TypeError):
        return None


def read_content(content: dict[str, Any], *, authority: str, on: date) -> facts.Certificate:
    """A draft's JSON as a certificate of an authority on a day. Raises ``Untrusted`` naming every bad field."""
    return statements.certificate_from_json(
        {
            **stated(content),
            "number": f"{participant_of(authority)}0",  # the number comes with the approval
            "issuer": participant_of(authority),
            "issuing_authority": authority,
            "issue_date": on.isoformat(),
        }
    )


def case(
    row: Application, *, on: date, content: dict[str, Any] | None = None, approver: str = "",
    found: Examination | None = None, profiles: Profiles | None = None,
) -> Case:  # fmt: skip
    """What the rules are asked about an application: filing it, or issuing ``content`` on a day.

    ``found`` is its newest examination and ``profiles`` those of today, where the caller has read them already.
    Raises ``Untrusted`` for content that cannot be read as a certificate.
    """
    wanted = statements.certificate_from_json(content) if content else content_facts(row, on=on)
    if row.kind != facts.Kind.EXPORT and row.about:
        wanted = replace(wanted, draws_on=(row.about,))
    return Case(
        certificate=wanted, asked_on=on, register=participants.register(),
        profiles=profiles or participants.profiles(),
        known=_known(row, wanted, found or row.examinations.last(), on=on, approver=approver), own=True,
    )  # fmt: skip


def _known(
    row: Application, wanted: facts.Certificate, found: Examination | None, *, on: date, approver: str
) -> Known:  # fmt: skip
    """What this desk knows about an application besides its content; ``found`` is its newest examination."""
    technical = row.kind != facts.Kind.EXPORT  # no exporter applies for it or declares: the authority moves the goods
    licences = trade.known_licences([row.company], row.authority)  # read once: the dearest of all that is asked here
    licence = licences.get(row.company)
    draws, sources, already = draws_of(row.content), {}, {}
    if draws:
        sources = received(row.authority, draws)
        already = drawn(row.authority, draws, besides="" if technical else row.about)
    values = {valuation.role: valuation for valuation in valuations(row)}
    held = {
        number: HeldImport(
            number, source.carats - already.get(number, Decimal("0.00")),
            origin=tuple(country for country in source.origin if country != facts.MIXED),
            mixed=facts.MIXED in source.origin,
        )
        for number, source in sources.items()
    }  # fmt: skip
    if technical and row.about:  # what goes back, is held or is examined came under that certificate, and no more of it
        carats = wanted.total_carats or Decimal("0.00")
        draws[row.about] = carats
        left = left_to_send_back(row)
        held[row.about] = HeldImport(
            row.about, carats if left is None else left, origin=wanted.origin, mixed=wanted.mixed
        )
    return Known(
        issued_numbers=frozenset(
            Certificate.objects.filter(number=wanted.number).values_list("number", flat=True) if approver else ()
        ),
        licences=tuple(_good(licences, on)) if row.company else None,
        stock_declared=(on.year - 1 in licence.stock_declared) if licence else None,
        private_person=licence.one_time if licence else None,
        mined_here=_mined_here(row, wanted, found) if not draws else None,
        alerts=_alerts(wanted, row.authority) if approver else None,
        sanctions=tuple(
            Sanction(zone.issuer, zone.source, zone=zone.zone, since=zone.day)
            for country in wanted.origin
            for zone in alerts.closed_zones(country, on)
        ),
        imports=held,
        draws=draws,
        declared=None if technical else bool(row.declared_by),
        verification=Verification(found.method, found.method_reason) if found else None,
        valuations=Valuations(
            exporter=wanted.total_usd, government=values["GOVERNMENT"].usd if "GOVERNMENT" in values else None,
            independent=values["INDEPENDENT"].usd if "INDEPENDENT" in values else None, requested_at=row.filed_at,
            valued_at=max((value.valued_at for value in values.values()), default=None),
        ),
        steps=_steps(row, found, [one.valued_by for one in values.values()], approver=approver),
    )  # fmt: skip


def valuations(row: Application) -> list[Valuation]:
    """The valuations of what was filed last: one made before that was of what stood there then."""
    return [one for one in row.valuations.all() if row.filed_at is None or one.valued_at >= row.filed_at]


def _steps(row: Application, found: Examination | None, valuers: list[str], *, approver: str) -> dict[str, str]:
    """Who did which step (R063). Where several people did one, the approver is named if he is among them.

    Nobody applies for a technical certificate; but who opened it does not approve it.
    """
    examined = [found.examined_by] if found else []
    if approver and found and row.examinations.filter(examined_by=approver).exists():
        examined.append(approver)
    technical = row.kind != facts.Kind.EXPORT
    applied = [row.opened_by, row.filed_by] if not technical or row.opened_by == approver else []
    people = {"apply": applied, "examine": examined, "value": valuers, "approve": [approver]}
    named = {step: [one for one in who if one] for step, who in people.items()}
    return {step: approver if approver in who else who[-1] for step, who in named.items() if who}


def _mined_here(row: Application, wanted: facts.Certificate, found: Examination | None) -> bool | None:
    """Whether evidence of mining in the issuer's territory is on file: the officer's word, before it an attached paper.

    None while nobody has said: the applicant may bring it until the examination.
    """
    if participant_of(row.authority) not in wanted.origin:
        return None
    if found is not None:
        return bool(found.origin_evidence.strip())
    return row.documents.filter(kind="ORIGIN_EVIDENCE", withdrawn_at=None).exists() or None


def _alerts(wanted: facts.Certificate, authority: str) -> tuple[PaperAlert, ...]:
    """The alerts on the number about to be given and on the sheet about to be used."""
    found = [alerts.alert_for(wanted.number, participant_of(authority))]
    if wanted.paper_serial:
        found.append(alerts.paper_serial_alert(wanted.paper_serial))
    return tuple(
        PaperAlert(
            "STOLEN" if one.serials else "FAKE", number=wanted.number if not one.serials else "",
            paper_serial=wanted.paper_serial if one.serials else "", features="; ".join(one.features), since=one.day,
        )
        for one in found
        if one is not None
    )  # fmt: skip


def held_licences(numbers: Iterable[str], *, on: date) -> list[HeldLicence]:
    """The licences among ``numbers`` that are good on a day, as the rules read them."""
    return _good(trade.known_licences(list(numbers)), on)


def _good(known: Mapping[str, Licence], on: date) -> list[HeldLicence]:
    """Those of these licences that are good on a day."""
    return [
        HeldLicence(number, frozenset(kind.value for kind in licence.kinds), since=on, until=on + timedelta(days=1))
        for number, licence in known.items()
        if licence.status_on(on).value == "GRANTED"
    ]


def profile_of(authority: str) -> Profile:
    """The jurisdiction profile of an authority's Participant."""
    return participants.profiles().of(participant_of(authority))


def precheck(row: Application, *, on: date) -> tuple[Objection, ...]:
    """Everything that filing would meet on a day: what cannot be read, and what the rules object to, all at once."""
    shown, faults = copy(row), list[Objection]()
    shown.content = readable(row.content, faults)
    try:
        asked = rules.ask(rules.BEFORE_FILING, case(shown, on=on))
    except Untrusted as error:
        return (*faults, rules.objection("R013", gettext_noop("This cannot be read: %(reason)s"), reason=error.reason))
    told = {fault.field for fault in faults}
    missing = {f"total_{key}" for key in ("carats", "usd") if any(field.endswith(f"/{key}") for field in told)}
    return (*faults, *(o for o in asked.objections if o.field not in told | missing))


def readable(content: Mapping[str, Any], faults: list[Objection]) -> dict[str, Any]:
    """A draft's content without what was left empty or cannot be read; each of the latter goes to ``faults``."""
    clean = {key: value for key, value in content.items() if value not in ("", None, [], {})}
    clean["lines"] = [_readable_line(line, f"lines/{n}", faults) for n, line in enumerate(clean.get("lines", []))]
    clean["draws_on"] = [
        draw for n, draw in enumerate(clean.get("draws_on", []))
        if _amount_reads(draw, "carats", f"draws_on/{n}", faults, needed=True)
    ]  # fmt: skip
    clean["origin_shares"] = {
        country: share for country, share in clean.get("origin_shares", {}).items()
        if _amount_reads({"share": share}, "share", f"origin_shares/{country}", faults)
    }  # fmt: skip
    parcels = clean.get("parcels")
    if parcels is not None and type(parcels) is not int:
        faults.append(_unreadable("R019", "parcels", parcels))
        del clean["parcels"]
    return {key: value for key, value in clean.items() if value not in ([], {})}


_READ_BY = {"carats": "R017", "usd": "R018", "share": "R023"}
"""The rule that asks for each amount: what is said to be unreadable is said in its name."""


def _readable_line(line: Mapping[str, Any], where: str, faults: list[Objection]) -> dict[str, Any]:
    """A line without its empty and unreadable cells."""
    return {
        key: value for key, value in line.items()
        if value not in ("", None) and (key not in ("carats", "usd") or _amount_reads(line, key, where, faults))
    }  # fmt: skip


def _amount_reads(
    row: Mapping[str, Any], key: str, where: str, faults: list[Objection], *, needed: bool = False
) -> bool:
    """True where an amount is one. An unreadable one goes to ``faults``, an empty one only where it is needed."""
    try:
        return bool(measures.amount(row.get(key, "")) >= 0)
    except measures.BadMeasure:
        if needed or row.get(key) not in ("", None):
            faults.append(_unreadable(_READ_BY[key], where if key == "share" else f"{where}/{key}", row.get(key, "")))
        return False


def _unreadable(code: str, field: str, value: object) -> Objection:
    """The objection to something that was typed and is no number."""
    return Objection(
        code, Severity.REFUSE, gettext_noop('"%(typed)s" cannot be read as a number.'), {"typed": str(value)[:40]},
        field, gettext_noop("Write digits, a point and at most two decimals, such as 12.50."),
    )  # fmt: skip
