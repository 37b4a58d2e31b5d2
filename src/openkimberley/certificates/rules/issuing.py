"""PURE. Group E: what must be on file before a certificate is issued (R049 to R064; R064 is no matter for software)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from openkimberley.certificates.rules.case import Case, Yielded, not_asked, objection
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.participants.facts import Value

STEPS = {
    "apply": _("applied"), "examine": _("examined"), "value": _("valued"), "approve": _("approved"),
    "confirm": _("confirmed"),
}  # fmt: skip
"""The steps that no one person does twice over on one shipment, in words."""

SAME_PERSON_MAY = frozenset({("examine", "value")})
"""Steps one officer may do both: weighing and looking is the valuer's own work where he is the examiner."""


def asked_for(value: Value[bool] | None) -> bool:
    """True where a profile says yes. Unknown is not yes."""
    return value is not None and value.value


def _is_reexport(case: Case) -> bool:
    """True where goods, or some of them, were not mined in the issuer's own territory."""
    own = {
        country for country in case.certificate.origin
        if case.register.participant_of_country(country, case.issued_on) == case.issuer
    }  # fmt: skip
    return case.certificate.mixed or not case.certificate.origin or bool(set(case.certificate.origin) - own)


@rule("R049", severity=Severity.REFUSE)
def origin_is_proven(case: Case) -> Iterator[Yielded]:
    """No certificate without evidence that the diamonds were mined in the territory or lawfully imported under a
    KPC."""
    if case.known.mined_here or case.certificate.draws_on:
        return
    if case.known.mined_here is None:
        yield not_asked("R049", _("Whether evidence of mining is on file is not known here."))
        return
    yield objection(
        "R049", _("There is no evidence that the goods were mined in %(issuer)s or came in under a certificate."),
        field="draws_on", remedy=_("Attach the evidence of mining, or list the import certificates."),
        issuer=case.issuer,
    )  # fmt: skip


@rule("R050", severity=Severity.REFUSE)
def reexport_lists_its_imports(case: Case) -> Iterator[Yielded]:
    """A re-export application lists the serial number of each KPC under which the diamonds came in."""
    listed, imports = case.certificate.draws_on, case.known.imports
    if _is_reexport(case) and not listed:
        yield objection(
            "R050", _("The goods were not mined in %(issuer)s, and no import certificate is listed."), field="draws_on",
            remedy=_("List the number of each certificate under which the goods came in."), issuer=case.issuer,
        )  # fmt: skip
    elif listed and imports is None:
        yield not_asked("R050", _("The books of import certificates are not at hand."))
    for number in listed:
        if imports is not None and number not in imports:
            yield objection(
                "R050", _("Certificate %(number)s is not among those confirmed on import here."), field="draws_on",
                remedy=_("Correct the number, or have the import confirmed first."), number=number,
            )  # fmt: skip


@rule("R051", severity=Severity.REFUSE)
def no_more_goes_out_than_came_in(case: Case) -> Iterator[Yielded]:
    """The cumulated carats re-exported against an import certificate do not exceed the imported carats minus those
    polished, sold or lost."""
    imports, draws = case.known.imports, case.known.draws
    if not case.certificate.draws_on:
        return
    if imports is None or draws is None:
        yield not_asked("R051", _("How much is left of the import certificates is not known here."))
        return
    for number, carats in draws.items():
        left = imports[number].remaining if number in imports else None
        if left is not None and carats > left:
            yield objection(
                "R051", _("%(carats)s ct are drawn from certificate %(number)s, which has %(left)s ct left."),
                field="draws_on", remedy=_("Draw less, or list the other certificates the goods came under."),
                carats=carats, number=number, left=left,
            )  # fmt: skip
    drawn, total = sum(draws.values(), Decimal(0)), case.certificate.total_carats
    if total is not None and not case.known.mined_here and drawn < total:
        yield objection(
            "R051", _("The certificate is for %(total)s ct, but only %(drawn)s ct are drawn from imports."),
            field="draws_on", remedy=_("List every certificate the goods came under."), total=total, drawn=drawn,
        )  # fmt: skip


@rule("R052", severity=Severity.REFUSE)
def content_was_verified(case: Case) -> Iterator[Yielded]:
    """No validation before the content was verified (or exempted by a recorded risk analysis) and the container sealed
    on the authority's responsibility."""
    if case.known.verification is None:
        yield objection(
            "R052", _("The content was not verified."), remedy=_("Open, weigh and compare, or record a risk analysis."),
        )  # fmt: skip
    if case.known.sealed is False:
        yield objection(
            "R052", _("The container was not sealed on the authority's responsibility."), field="seals",
            remedy=_("Seal the container and record the seal."),
        )  # fmt: skip


@rule("R053", severity=Severity.HOLD)
def method_is_recorded(case: Case) -> Iterator[Yielded]:
    """The chosen verification method (all, or risk analysis) is recorded and notified."""
    verified = case.known.verification
    if verified is not None and verified.method != "OPENED" and not verified.note.strip():
        yield objection(
            "R053", _("The content was verified by %(method)s, without a record of it."),
            remedy=_("Record the risk analysis, or open and weigh the goods."),
            method=verified.method.replace("_", " ").lower() or "-",
        )  # fmt: skip


@rule("R054", severity=Severity.HOLD)
def exporter_declared(case: Case) -> Iterator[Yielded]:
    """Exporter has signed a declaration that the diamonds are not conflict diamonds."""
    if case.known.declared is None:
        yield not_asked("R054", _("Whether the exporter signed a declaration is not known here."))
    elif not case.known.declared:
        yield objection(
            "R054", _("The exporter has not declared that these are no conflict diamonds."), field="declaration",
            remedy=_("Have the exporter sign the declaration."),
        )  # fmt: skip


def _good(licence: str, case: Case, kind: str = "") -> bool:
    """True where this desk's register has the licence good on the day (of a kind, where the register tells kinds)."""
    return any(
        held.number == licence and held.holds_on(case.asked_on) and (not kind or not held.kinds or kind in held.kinds)
        for held in case.known.licences or ()
    )


@rule("R055", severity=Severity.REFUSE)
def exporter_and_agents_are_licensed(case: Case) -> Iterator[Yielded]:
    """Exporter, agent and courier are licensed at the date."""
    if case.known.licences is None:
        yield not_asked("R055", _("The register of licences of %(issuer)s is not known here."), issuer=case.issuer)
        return
    exporter = case.certificate.exporter
    if exporter is not None and case.known.private_person is not True and not _good(exporter.licence, case, "EXPORTER"):
        yield objection(
            "R055", _("%(name)s holds no licence to export on %(day)s (licence %(licence)s)."),
            field="exporter/licence",
            remedy=_("Enter the number of a licence in force, or renew it first."),
            name=exporter.name, day=case.asked_on, licence=exporter.licence or "-",
        )  # fmt: skip
    for licence in case.known.agents:
        if not _good(licence, case):
            yield objection(
                "R055", _("Licence %(licence)s of the agent or courier is not in force on %(day)s."), field="agent",
                remedy=_("Choose an agent and a courier whose licences are in force."),
                licence=licence, day=case.asked_on,
            )  # fmt: skip


@rule("R056", severity=Severity.REFUSE)
def trader_is_registered(case: Case) -> Iterator[Yielded]:
    """Importer and exporter are registered with the authority (GJEPC, TID, DMCC, licence) at the date."""
    paper = case.certificate
    here = case.issuer_profile if case.own else case.destination_profile
    party, key = (paper.exporter, "exporter") if case.own else (paper.importer, "importer")
    if not asked_for(here.registration_required) or party is None or case.known.private_person:
        return
    if case.known.licences is None:
        yield not_asked("R056", _("The register of traders of %(code)s is not known here."), code=here.code)
    elif not _good(party.licence, case):
        yield objection(
            "R056", _("%(name)s is not registered in %(code)s on %(day)s (registration %(licence)s)."),
            field=f"{key}/licence",
            remedy=_("Enter the registration in force. Unregistered traders may not trade there."),
            name=party.name, code=here.code, day=case.asked_on, licence=party.licence or "-",
        )  # fmt: skip


@rule("R057", severity=Severity.REFUSE)
def private_person_trades_once(case: Case) -> Iterator[Yielded]:
    """A private individual without trade licence imports or exports at most once."""
    here = case.issuer_profile if case.own else case.destination_profile
    if not asked_for(here.one_time_private) or not case.known.private_person:
        return
    if case.known.private_trades is None:
        yield not_asked("R057", _("Earlier trades of this person are not known here."))
    elif case.known.private_trades >= 1:
        yield objection(
            "R057", _("This person has traded before (%(count)s times); without a licence that is allowed once."),
            field="exporter", remedy=_("A trade licence is needed for a second shipment."),
            count=case.known.private_trades,
        )  # fmt: skip


@rule("R058", severity=Severity.HOLD)
def stock_was_declared(case: Case) -> Iterator[Yielded]:
    """Issue and endorsement are held while the yearly stock declaration is missing (nil stock also counts as
    declaration)."""
    here = case.issuer_profile if case.own else case.destination_profile
    if not asked_for(here.stock_declaration_required):
        return
    if case.known.stock_declared is None:
        yield not_asked("R058", _("Whether the yearly stock declaration is in is not known here."))
    elif not case.known.stock_declared:
        yield objection(
            "R058", _("The yearly stock declaration of this trader is missing."), field="exporter",
            remedy=_("Hand in the declaration; nil counts."),
        )  # fmt: skip


def _highest_counts(code: str, case: Case) -> Iterator[Yielded]:
    """The value of the certificate is the highest of the three valuations, and there are three."""
    values = case.known.valuations
    if values is None or None in (values.exporter, values.government, values.independent):
        yield objection(
            code, _("Three valuations are needed: the exporter's, the government's and an independent one."),
            field="total_usd", remedy=_("Enter the valuations that are missing."),
        )  # fmt: skip
    elif case.certificate.total_usd != values.highest:
        yield objection(
            code, _("The value is US$ %(value)s; the highest of the three valuations is US$ %(highest)s."),
            field="total_usd", remedy=_("Take the highest valuation."),
            value=case.certificate.total_usd, highest=values.highest,
        )  # fmt: skip


@rule("R059", severity=Severity.REFUSE)
def valuation_was_requested_in_time(case: Case) -> Iterator[Yielded]:
    """Valuation request at least 24 hours before; the taxable value is the highest of exporter's, government valuer's
    and independent valuer's."""
    notice, values = case.issuer_profile.valuation_notice_hours, case.known.valuations
    if notice is None:
        return
    if values is None or values.requested_at is None or values.valued_at is None:
        yield not_asked("R059", _("When the valuation was requested and made is not on record."))
    elif values.valued_at - values.requested_at < timedelta(hours=notice.value):
        yield objection(
            "R059", _("The valuation was requested at %(requested)s and made at %(made)s: less than %(hours)s hours."),
            field="total_usd", remedy=_("Repeat the valuation with the notice that the law asks."),
            requested=values.requested_at.isoformat(), made=values.valued_at.isoformat(), hours=notice.value,
        )  # fmt: skip
    if asked_for(case.issuer_profile.highest_of_three_valuations):
        yield from _highest_counts("R059", case)


@rule("R060", severity=Severity.REFUSE)
def highest_valuation_counts(case: Case) -> Iterator[Yielded]:
    """Taxable value is the highest of three valuations."""
    if asked_for(case.issuer_profile.highest_of_three_valuations) and not case.issuer_profile.valuation_notice_hours:
        yield from _highest_counts("R060", case)


@rule("R061", severity=Severity.REFUSE)
def goods_were_offered_at_the_exchange(case: Case) -> Iterator[Yielded]:
    """Rough has been offered 4 working days at the exchange before export approval; valuation by the Government Diamond
    Valuator recorded."""
    days, offered = case.issuer_profile.exchange_offer_working_days, case.known.offered_working_days
    if days is not None and offered is None:
        yield not_asked("R061", _("How long the goods were offered at the exchange is not on record."))
    elif days is not None and offered is not None and offered < days.value:
        yield objection(
            "R061", _("The goods were offered at the exchange for %(offered)s working days, not %(days)s."),
            remedy=_("Offer them for the days that are left."), offered=offered, days=days.value,
        )  # fmt: skip
    values = case.known.valuations
    if asked_for(case.issuer_profile.valuation_by_government) and (values is None or values.government is None):
        yield objection(
            "R061", _("The valuation by the government valuer is not on record."), field="total_usd",
            remedy=_("Have the goods valued and record it."),
        )  # fmt: skip


@rule("R062", severity=Severity.REFUSE)
def frequent_exporter_stays_within_its_licence(case: Case) -> Iterator[Yielded]:
    """A frequent exporter issues KPCs only for Australian-origin product and inside its licence year."""
    span = case.known.frequent_exporter_licence
    if not asked_for(case.issuer_profile.frequent_exporter_own_origin_only) or span is None:
        return
    if _is_reexport(case):
        yield objection(
            "R062", _("A frequent exporter of %(issuer)s issues for goods mined in %(issuer)s only."), field="origin",
            remedy=_("Apply to the authority for a permit for this shipment."), issuer=case.issuer,
        )  # fmt: skip
    if not span[0] <= case.issued_on <= span[1]:
        yield objection(
            "R062", _("The yearly licence runs from %(first)s to %(last)s, the certificate is of %(day)s."),
            field="issue_date", remedy=_("Renew the licence first."), first=span[0], last=span[1], day=case.issued_on,
        )  # fmt: skip


@rule("R063", severity=Severity.REFUSE)
def no_one_does_two_steps(case: Case) -> Iterator[Yielded]:
    """The same person does not apply, value, validate and confirm (separation of duties)."""
    steps = {step: person for step, person in (case.known.steps or {}).items() if person and step in STEPS}
    if case.known.steps is None:
        yield not_asked("R063", _("Who did which step is not known here."))
    for one, other in combinations(STEPS, 2):
        if one in steps and steps[one] == steps.get(other) and (one, other) not in SAME_PERSON_MAY:
            yield objection(
                "R063", _("The same person %(one)s and %(other)s."),
                remedy=_("Another officer must do the later step."),
                one=STEPS[one], other=STEPS[other],
            )  # fmt: skip
