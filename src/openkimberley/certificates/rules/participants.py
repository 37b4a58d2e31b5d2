"""PURE. Group D: trade among Participants only, judged by the status of the day (R039 to R048)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.certificates.rules.case import Case, Yielded, not_asked, objection, prefix_of
from openkimberley.kernel.rules import Severity, rule
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.participants.facts import MEMBERS, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from openkimberley.participants.facts import StatusPeriod

TAKES_PART = MEMBERS | {Status.TRADING_ENTITY}
"""Who is inside the Scheme. What suspension, restriction or embargo forbid is said by R042, R043 and R048."""

BARRED = frozenset({Status.SUSPENDED, Status.SELF_SUSPENDED, Status.REMOVED})


def _outside(code: str, on: date, case: Case, by_list: str = "") -> StatusPeriod | None:
    """The status of a code that takes no part in the Scheme on a day; None where it does."""
    status = case.register.status_at(code, on, by_list)
    return None if status.status in TAKES_PART else status


def _weight(code: str, on: date, case: Case) -> Severity:
    """Refuse; hold where the day of admission itself is not known, so that the register may be wrong about that day."""
    return Severity.REFUSE if case.register.sure_at(code, on) else Severity.HOLD


@rule("R039", severity=Severity.REFUSE)
def no_trade_with_non_participants(case: Case) -> Iterator[Yielded]:
    """No export to, and no import from, a non-Participant."""
    if not case.destination:
        if case.own:
            yield objection("R039", _("The destination is missing."), field="destination",
                            remedy=_("Enter the Participant the goods go to."))  # fmt: skip
        else:
            yield not_asked("R039", _("The certificate names no destination."))
    for code, key in ((case.destination, "destination"), (case.certificate.provenance, "provenance")):
        on = case.asked_on
        partner = case.register.participant_of_country(code, on) if code else ""
        if partner and (status := _outside(partner, on, case, case.national_list)):
            yield objection(
                "R039", _("%(partner)s takes no part in the Scheme on %(day)s (%(status)s)."), field=key,
                severity=_weight(partner, on, case),
                remedy=_("Rough diamonds go from Participant to Participant only."),
                partner=partner, day=on, status=status.status.word.replace("_", " "),
            )  # fmt: skip


@rule("R040", severity=Severity.REFUSE)
def issuer_and_destination_are_participants(case: Case) -> Iterator[Yielded]:
    """Issuer and destination are Participants on the dates of issue, export and import; Chinese Taipei is treated as
    able to trade."""
    asked = [(case.issuer, case.issued_on, "", "issuer"), (case.issuer, case.asked_on, case.national_list, "issuer")]
    if case.destination:
        asked.append((case.destination, case.issued_on, "", "destination"))
    seen = set()
    for code, on, by_list, key in asked:
        if (code, on) in seen or (status := _outside(code, on, case, by_list)) is None:
            continue
        seen.add((code, on))
        yield objection(
            "R040", _("%(code)s was no Participant on %(day)s (%(status)s)."), field=key,
            severity=_weight(code, on, case),
            remedy=_("Check country and date. A certificate counts only between Participants of its day."),
            code=code, day=on, status=status.status.word.replace("_", " "),
        )  # fmt: skip


@rule("R041", severity=Severity.REFUSE)
def provenance_is_the_issuer(case: Case) -> Iterator[Yielded]:
    """Provenance on import is the last Participant that exported the shipment, and equals the certificate's issuer."""
    stated = case.certificate.provenance
    if not stated:
        return
    last = case.register.participant_of_country(stated, case.issued_on)
    if last != case.issuer:
        yield objection(
            "R041", _("The goods come from %(provenance)s, the certificate from %(issuer)s."), field="provenance",
            remedy=_("The last country that exported the goods issues their certificate. Ask for that one."),
            provenance=stated, issuer=case.issuer,
        )  # fmt: skip


@rule("R042", severity=Severity.REFUSE)
def issuer_is_not_suspended(case: Case) -> Iterator[Yielded]:
    """Certificates of a removed or suspended Participant issued after the effective date are refused and the attempt
    is reported to the Chair."""
    status = case.register.status_at(case.issuer, case.issued_on)
    if status.status in BARRED:
        yield objection(
            "R042", _("%(issuer)s was %(status)s since %(since)s; the certificate is of %(day)s."), field="issuer",
            remedy=_("Detain, and report the attempt to the Chair."), issuer=case.issuer,
            status=status.status.word.replace("_", " "), since=status.since, day=case.issued_on,
        )  # fmt: skip
    there = case.register.status_at(case.destination, case.asked_on, case.national_list) if case.destination else None
    if there is not None and there.status in BARRED - {Status.REMOVED}:
        yield objection(
            "R042", _("%(destination)s is %(status)s since %(since)s."), field="destination", severity=Severity.HOLD,
            remedy=_("Read the decision: it says whether goods may be sent there."), destination=case.destination,
            status=there.status.word.replace("_", " "), since=there.since,
        )  # fmt: skip


@rule("R043", severity=Severity.REFUSE)
def restricted_goods_come_from_compliant_zones(case: Case) -> Iterator[Yielded]:
    """Goods from a restricted Participant are accepted only from its compliant zones in the period the restriction was
    in force (CF 2015-07-17 to 2024-11-15)."""
    zone = case.certificate.zone.strip()
    for code in dict.fromkeys((case.issuer, *case.certificate.origin)):
        status = case.register.status_at(code, case.issued_on)
        if status.status is not Status.RESTRICTED:
            continue
        zones = {z.name for z in case.register.open_zones(code, case.issued_on)} | set(status.zones)
        facts: dict[str, Any] = {"code": code, "zone": zone, "since": status.since, "zones": ", ".join(sorted(zones))}
        if zone and zones and zone.casefold() not in {name.casefold() for name in zones}:
            yield objection(
                "R043",
                _("%(code)s is restricted since %(since)s; %(zone)s is none of its compliant zones (%(zones)s)."),
                field="zone", remedy=_("Detain, and report to the Chair."), **facts,
            )  # fmt: skip
        elif code == case.issuer and (not zone if zones else not case.certificate.countersigned_by):
            yield objection(
                "R043", _("%(code)s is restricted since %(since)s, and neither compliant zone nor monitor is named."),
                field="zone", severity=case.doubt, remedy=_("Ask the issuer from which zone the goods are."), **facts,
            )  # fmt: skip


@rule("R044", severity=Severity.HOLD)
def stock_of_the_suspension_is_audited(case: Case) -> Iterator[Yielded]:
    """Goods mined in the suspension time stay marked; stock of that time is exportable only after a forensic audit."""
    mined, audited = case.known.mined_on, case.known.forensic_audit
    for code in case.certificate.origin:
        owner = case.register.participants.get(code)
        past = owner.history if owner else ()
        spans = [p for p in past if p.status is Status.SUSPENDED and p.since <= case.issued_on]
        if not spans or audited:
            continue
        if mined is None:
            yield not_asked(
                "R044", _("%(code)s was once suspended, and when the goods were mined is not known."), code=code,
            )  # fmt: skip
        elif any(span.covers(mined) for span in spans):
            yield objection(
                "R044",
                _("The goods were mined on %(mined)s, while %(code)s was suspended, and no audit is on record."),
                field="origin", severity=case.doubt, remedy=_("Ask for the forensic audit that released the stock."),
                mined=mined, code=code,
            )  # fmt: skip


def _systems(code: str, case: Case) -> set[str]:
    """The control systems of a Participant by their prefixes: of China CN, HK and MO."""
    owner = case.register.participants.get(code)
    return {prefix.system or code for prefix in owner.prefixes} if owner else set()


def _crossing(case: Case) -> tuple[str, str]:
    """The control systems of issue and of destination where both belong to one Participant; else two empty texts."""
    to = case.certificate.destination
    if not to or case.destination != case.issuer:
        return "", ""
    systems = _systems(case.issuer, case)
    written = (prefix_of(case.certificate.number), case.certificate.issuer)
    start = next((code for code in written if code in systems), case.issuer)
    return start, to if to in systems else case.issuer


@rule("R046", severity=Severity.HOLD)
def no_certificate_inside_one_territory(case: Case) -> Iterator[Yielded]:
    """An intra-EU movement needs no KPC (one entity without internal borders); EU-27 and Greenland are one territory;
    Great Britain to EU needs one; Northern Ireland follows the EU regulation."""
    start, end = _crossing(case)
    if start and start == end:
        yield objection(
            "R046",
            _("The goods stay within %(issuer)s: no border of the Scheme is crossed and no certificate is needed."),
            field="destination", severity=case.doubt,
            remedy=_("Correct the destination, or move the goods without one."),
            issuer=case.issuer,
        )  # fmt: skip


@rule("R047", severity=Severity.FLAG)
def separate_systems_need_their_own_documents(case: Case) -> Iterator[Yielded]:
    """Mainland China, Hong Kong and Macao are separate control systems; a movement between them needs its own documents
    (check with authority)."""
    start, end = _crossing(case)
    if start != end:
        yield objection(
            "R047", _("%(start)s and %(end)s are separate control systems of one Participant."), field="destination",
            remedy=_("Ask both authorities which documents this movement needs."), start=start, end=end,
        )  # fmt: skip


@rule("R048", severity=Severity.REFUSE)
def no_import_ban_is_in_force(case: Case) -> Iterator[Yielded]:
    """UNSC import bans override participation status."""
    codes = dict.fromkeys((case.issuer, *case.certificate.origin))
    for code in codes:
        for on in dict.fromkeys((case.issued_on, case.asked_on)):
            status = case.register.status_at(code, on)
            if status.status is Status.EMBARGOED:
                yield objection(
                    "R048", _("Rough diamonds of %(code)s were under an import ban on %(day)s (%(basis)s)."),
                    field="issuer" if code == case.issuer else "origin", remedy=_("Detain, and report to the Chair."),
                    code=code, day=on, basis=status.source,
                )  # fmt: skip
                break
    for ban in case.known.sanctions or ():
        if ban.country in codes and ban.holds_on(case.asked_on) and ban.zone in {"", case.certificate.zone}:
            yield objection(
                "R048", _("Rough diamonds of %(code)s are under an import ban on %(day)s (%(basis)s)."), field="origin",
                remedy=_("Detain, and report to the Chair."), code=ban.country, day=case.asked_on, basis=ban.source,
            )  # fmt: skip
