"""PURE. The numbered checks, each on its own. One that could not be made says so: it is neither passed nor failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from openkimberley.certificates.statements.codes import from_days, iso
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.statuslist import Status
from openkimberley.verification.facts import Check, Result, SealFinding, SealState
from openkimberley.verification.journal import UNLOGGED, Case, Logged, countersigned, entered
from openkimberley.verification.statements import CID_PREFIX, Frozen, Participant, Span, plain_number

PASS, WARN, FAIL, UNKNOWN = Result.PASS, Result.WARN, Result.FAIL, Result.UNKNOWN

# How old the data may be (trust policy): fresh; said aloud; hold; beyond that nobody can tell.
FRESH_DAYS, SAID_DAYS, HOLD_DAYS = 7, 30, 90

_DIGITS = re.compile(r"[0-9]+")
_TRADES = frozenset({"PARTICIPANT", "TRADING_ENTITY"})
_NOBODY: set[str] = set()
_NEVER = frozenset({"APPLICANT", "NON_PARTICIPANT"})


def key_and_signature(case: Case) -> tuple[PublicKey | None, Check, Check]:
    """2 and 3: the key is an authority's on the list, of its algorithm and for this use; it signed these bytes."""
    claims, bundle = case.claims, case.bundle
    keys = bundle.keys.get(claims.kid, ())
    key = next((each for each in keys if each.authority == claims.authority), keys[0] if keys else None)
    if key is None or claims.verify is None:
        return None, _no_key(case), Check(3, UNKNOWN, _("There is no key to check the signature with."))
    facts = {"kid": key.kid, "authority": key.authority}
    if key.use != "sign":
        return (
            None,
            Check(2, FAIL, _("The key %(kid)s of %(authority)s is not one that signs certificates."), facts),
            (Check(3, UNKNOWN, _("There is no key to check the signature with."))),
        )
    found = Check(2, PASS, _("The key %(kid)s of %(authority)s is on the list."), facts)
    try:
        claims.verify(key)
    except Untrusted as error:
        if error.step.startswith("2"):
            return (
                None,
                Check(2, FAIL, _("The code names another algorithm than the key %(kid)s has."), facts),
                (Check(3, UNKNOWN, _("There is no key to check the signature with."))),
            )
        return (
            key,
            found,
            Check(
                3, FAIL, _("The signature does not belong to this content: something was changed, or it is a forgery.")
            ),
        )
    return key, found, Check(3, PASS, _("The signature is right: nothing was changed since it was signed."))


def _no_key(case: Case) -> Check:
    claims, bundle = case.claims, case.bundle
    facts = {"date": bundle.list_date, "issuer": claims.participant or "?"}
    if claims.participant not in bundle.participants:
        return Check(2, UNKNOWN, _("%(issuer)s has no key on the list of %(date)s."), facts)
    if not bundle.has_keys(claims.authority, claims.participant):
        return Check(
            2, UNKNOWN, _("%(issuer)s has no key on the list of %(date)s: ask the issuing authority."), facts, ask=True
        )
    if case.age > SAID_DAYS:
        return Check(
            2, UNKNOWN, _("The key is not on the list of %(date)s, which may be too old to know it."), facts, ask=True
        )
    return Check(2, FAIL, _("No authority of a Participant has this key on the list of %(date)s."), facts)


def binding(case: Case, key: PublicKey | None) -> Check:
    """4: the authority, the Participant and the number belong to the key that signed."""
    claims, bundle = case.claims, case.bundle
    if key is None:
        return Check(4, UNKNOWN, _("Without the key nobody can tell whose certificate this is."))
    authority = bundle.authorities[key.authority]
    facts = {"number": claims.number, "authority": authority.code, "named": claims.authority or claims.participant}
    if (claims.authority, claims.participant) != (authority.code, authority.participant):
        return Check(4, FAIL, _("The key is of %(authority)s, but the certificate names %(named)s."), facts)
    if authority.patterns and not any(pattern.fullmatch(claims.number) for pattern in authority.patterns):
        return Check(4, FAIL, _("%(authority)s writes no number like %(number)s."), facts)
    return _in_range(case, facts) or Check(4, PASS, _("The number %(number)s is one of %(authority)s."), facts)


def _in_range(case: Case, facts: dict[str, str]) -> Check | None:
    ranges = case.bundle.authorities[case.claims.authority].ranges
    if not ranges:
        return None
    number = case.claims.number
    found = _DIGITS.findall(number)
    value = int(found[-1]) if found and len(found[-1]) < 19 else -1
    holding = [one for one in ranges if one.first <= value <= one.last and number.startswith(one.series)]
    if not holding:
        return Check(4, FAIL, _("The number %(number)s is in no range that %(authority)s has registered."), facts)
    if not any(one.year == 0 or one.year == from_days(case.claims.issued or 0).year for one in holding):
        year = from_days(case.claims.issued or 0).year
        facts = facts | {"year": str(holding[0].year), "issued": str(year)}
        return Check(
            4, FAIL, _("The number %(number)s is of the range of %(year)s, but was issued in %(issued)s."), facts
        )
    return None


def content(case: Case) -> Check:
    """5: the content has its form, the lines add up, the dates are in order."""
    claims = case.claims
    problems = list(claims.problems)
    if claims.issued is not None and claims.expires is not None and claims.expires < claims.issued:
        problems.append("expiry_date: lies before the date of issue")
    if problems:
        return Check(
            5,
            FAIL,
            _("The content is not that of a certificate: %(problems)s"),
            {"problems": "; ".join(problems)[:500]},
        )
    return Check(5, PASS, _("The content has its form, and what it adds up to is right."))


def time(case: Case, key: PublicKey | None, logged: Logged) -> Check:
    """6: the key was in use when the certificate was signed, and not compromised.

    When that was, witnesses tell where the journal's proof holds (assurance high); else only the issuer (low).
    """
    claims = case.claims
    if key is None or claims.issued is None:
        return Check(6, UNKNOWN, _("Without the key nobody can tell whether it was in use."))
    day = from_days(claims.issued)
    facts = {"kid": key.kid, "date": iso(claims.issued), "since": str(key.compromised_since or "")}
    first, last = logged.days
    after_its_end = key.not_after and (day > key.not_after or (first and first > key.not_after))
    before_its_start = key.not_before and (day < key.not_before or (last and last < key.not_before))
    if after_its_end or before_its_start:
        return Check(6, FAIL, _("The key %(kid)s was not in use on %(date)s, the date of issue."), facts)
    if key.state != "active" and (doubt := _out_of_use(key, day, logged, facts)):
        return doubt
    if claims.signed_on is not None and abs(claims.signed_on - claims.issued) > 1:
        return Check(6, WARN, _("The certificate is dated %(date)s but was signed on another day."), facts)
    if last:
        facts |= {"witnessed": last.isoformat()}
        return Check(
            6, PASS, _("The key %(kid)s was in use; witnesses saw the entry by %(witnessed)s (assurance high)."), facts
        )
    return Check(
        6, PASS, _("The key %(kid)s was in use on %(date)s (assurance low: the date is the issuer's word)."), facts
    )


def _out_of_use(key: PublicKey, day: date, logged: Logged, facts: dict[str, str]) -> Check | None:
    """The doubt that a retired or compromised key leaves about a certificate of that day, if it leaves one."""
    if key.state == "retired":
        return (
            None
            if key.not_after
            else Check(
                6, UNKNOWN, _("The key %(kid)s is retired, and the list does not say since when."), facts, ask=True
            )
        )
    first, last = logged.days
    since = key.compromised_since
    if since and last and last < since:
        return None  # witnesses saw it while the key was still in good hands
    if since is None or day >= since or (first and first >= since):
        return Check(
            6, FAIL, _("The key %(kid)s is compromised: nothing signed with it since %(since)s counts."), facts
        )
    return Check(
        6,
        UNKNOWN,
        _("The key %(kid)s is compromised since %(since)s; only the issuer can say if this was signed before."),
        facts,
        ask=True,
    )


def participant(case: Case, logged: Logged = UNLOGGED) -> Check:
    """7: on the date of issue the issuer could trade, under its conditions, and so could the destination.

    Where the list pins how far a journal had come when a status began, the entry's place decides, not the date.
    """
    claims = case.claims
    day = case.day if claims.issued is None else claims.issued
    facts = {"code": claims.participant or "?", "date": iso(day), "list": case.bundle.list_date}
    listed = case.bundle.participants.get(claims.participant)
    if listed is None:
        if case.age > SAID_DAYS:
            return Check(
                7,
                UNKNOWN,
                _("%(code)s is not on the list of %(list)s, which may be too old to know it."),
                facts,
                ask=True,
            )
        return Check(7, FAIL, _("%(code)s has never been a Participant: its certificate is a fake (R178)."), facts)
    facts["name"] = listed.name
    return (
        _frozen(case, listed, day, logged, facts)
        or _issuer(case, _span(case, listed, day, logged), facts)
        or _destination_trades(case, day, facts)
        or _own_rules(case, day)
        or _pending(case, facts)
        or _stale(case, facts)
        or Check(7, PASS, _("%(name)s was a Participant free to issue on %(date)s (list of %(list)s)."), facts)
    )


def _span(case: Case, listed: Participant, day: int, logged: Logged) -> Span | None:
    """The status that counts: that of the day, unless witnesses saw the entry in a place from before it began.

    A place that no quorum saw is the word of an issuer that may no longer issue.
    """
    span = listed.at(day)
    frozen = _frozen_at(case, span) if span else None
    witnessed = logged.bounds.by is not None
    if span and frozen and witnessed and logged.place is not None and logged.place < frozen.size:
        return listed.at(span.start - 1)
    return span


def _frozen(case: Case, listed: Participant, day: int, logged: Logged, facts: dict[str, str]) -> Check | None:
    """The objection to a certificate that is dated before a status, but was entered after it began."""
    place = case.claims.log_index if logged.place is None else logged.place
    if place is None:
        return None
    for span in listed.history:
        frozen = _frozen_at(case, span)
        if frozen and span.start > day and place >= frozen.size and span.status not in _TRADES:
            since = {"since": iso(span.start), "size": str(frozen.size), "status": span.status, "source": span.source}
            return Check(
                7,
                FAIL,
                _(
                    "It is dated %(date)s, but was entered in the journal after %(since)s, when %(name)s was no longer "
                    "free to issue: %(status)s (%(source)s; frozen at %(size)s entries)."
                ),
                facts | since,
            )
    return None


def _frozen_at(case: Case, span: Span) -> Frozen | None:
    listed = case.bundle.authorities.get(case.claims.authority)
    return span.frozen.get(listed.journal.name) if listed and listed.journal else None


def _pending(case: Case, facts: dict[str, str]) -> Check | None:
    """The doubt about a Participant whose keys were exchanged without the word of its old ones."""
    reason = case.bundle.pending.get(case.claims.participant)
    if not reason:
        return None
    return Check(7, WARN, _("The keys of %(name)s are in question: %(reason)s"), facts | {"reason": reason}, ask=True)


def _issuer(case: Case, span: Span | None, facts: dict[str, str]) -> Check | None:
    if span is None or span.status in _NEVER:
        return Check(7, FAIL, _("%(name)s was not a Participant on %(date)s: its certificate is a fake (R178)."), facts)
    if span.status in _TRADES:
        return None
    facts |= {"status": span.status, "source": span.source, "zones": ", ".join(sorted(span.zones))}
    if span.status != "RESTRICTED":
        return Check(7, FAIL, _("%(name)s could not issue on %(date)s: %(status)s (%(source)s)."), facts)
    zone = case.claims.zone
    if not span.zones or zone in span.zones:
        return countersigned(case, span.countersigners, facts)
    if zone is None and not case.claims.zone_shown:
        return Check(
            7,
            UNKNOWN,
            _("%(name)s may export only from certain zones (%(zones)s); this does not show the zone."),
            facts,
        )
    return Check(
        7, FAIL, _("%(name)s could export on %(date)s only from certain zones (%(zones)s): %(source)s."), facts
    )


def _destination_trades(case: Case, day: int, facts: dict[str, str]) -> Check | None:
    destination = case.claims.destination
    if not destination:
        return None
    code = case.bundle.participant_of(destination)
    listed = case.bundle.participants.get(code)
    span = listed.at(day) if listed else None
    if listed is None and case.age > SAID_DAYS:
        return None
    if span is None or span.status not in _TRADES | {"RESTRICTED"}:
        return Check(
            7,
            FAIL,
            _("The destination %(destination)s was not a Participant in trade on %(date)s."),
            facts | {"destination": destination},
        )
    return None


def _own_rules(case: Case, day: int) -> Check | None:
    for code in (case.claims.participant, case.bundle.participant_of(case.claims.destination)):
        ban = case.bundle.bans.get(code)
        if ban and ban.start <= day and (ban.end is None or day < ban.end):
            return Check(
                7,
                FAIL,
                _("A rule of this state's own forbids trade with %(code)s: %(reason)s"),
                {"code": code, "reason": ban.reason},
            )
    return None


def _stale(case: Case, facts: dict[str, str]) -> Check | None:
    facts["age"] = str(case.age)
    if case.age <= FRESH_DAYS:
        return None
    if case.age <= SAID_DAYS:
        return Check(
            7, PASS, _("%(name)s was a Participant free to issue on %(date)s; the list is %(age)s days old."), facts
        )
    if case.age <= HOLD_DAYS:
        return Check(7, WARN, _("The list is %(age)s days old: get a new one before you let the goods go."), facts)
    return Check(7, UNKNOWN, _("The list is %(age)s days old: too old to tell."), facts)


def status(case: Case) -> Check:
    """9: the issuer's status list has not taken the certificate back, and no alert names its number."""
    claims = case.claims
    if case.bundle.alerts and plain_number(claims.number) in case.bundle.alerts:
        return Check(
            9,
            FAIL if claims.verify is None else WARN,
            _("The number %(number)s is on the alert list."),
            {"number": claims.number},
            ask=True,
        )
    return _listed_status(case, {"issuer": claims.participant})


def _listed_status(case: Case, facts: dict[str, str]) -> Check:
    claims = case.claims
    listed = case.bundle.statuses.get(claims.status[0]) if claims.status else None
    if listed is None or claims.status is None or claims.status[1] >= len(listed.entries):
        return Check(9, UNKNOWN, _("This bundle has no status of the certificate: ask %(issuer)s."), facts, ask=True)
    found = listed.entries[claims.status[1]]
    if found is Status.VOID:
        return Check(9, FAIL, _("%(issuer)s has made the certificate void."), facts)
    if found is Status.SUSPENDED:
        return Check(9, WARN, _("%(issuer)s has the certificate under query."), facts, ask=True)
    if found is Status.USED and case.authority not in _used_by(case):
        return Check(9, FAIL, _("The certificate was already confirmed: it cannot be used again."), facts)
    if listed.expires < case.seconds:
        return Check(9, WARN, _("The status list of %(issuer)s is out of date."), facts)
    return Check(9, PASS, _("%(issuer)s has not taken the certificate back."), facts)


def use(case: Case) -> Check:
    """10: nobody has confirmed the certificate before, and the importing authority was told to expect it."""
    authority, users = case.authority, _used_by(case)
    others = sorted(users - {authority})
    if others:
        return Check(
            10,
            FAIL,
            _("The certificate was already confirmed by %(authority)s: this is a second use."),
            {"authority": ", ".join(others)},
        )
    facts = {"authority": authority or ""}
    if users:
        return Check(
            10, WARN, _("%(authority)s has confirmed this certificate: refuse a second shipment under it."), facts
        )
    if authority is None or case.bundle.expected is None:
        return Check(
            10, UNKNOWN, _("No advance notice could be looked for: no importing authority or no notices."), counts=False
        )
    told = case.bundle.node == authority or case.bundle.node not in case.bundle.authorities
    if told and case.claims.cid[:CID_PREFIX] in case.bundle.expected:  # what another authority expects says nothing
        return Check(
            10, PASS, _("%(authority)s was told to expect this certificate, and has not seen it before."), facts
        )
    return Check(
        10, WARN, _("No advance notice of this certificate has come: ask the issuing authority."), facts, ask=True
    )


def _used_by(case: Case) -> set[str]:
    used = case.bundle.used
    return used.get(case.claims.cid[:CID_PREFIX], _NOBODY) if used else _NOBODY


def validity(case: Case) -> Check:
    """11: the certificate is in force today."""
    claims = case.claims
    if claims.expires is None or claims.issued is None:
        return Check(11, UNKNOWN, _("The dates of the certificate are not known."))
    facts = {"issued": iso(claims.issued), "expires": iso(claims.expires)}
    if case.day > claims.expires:
        return Check(11, FAIL, _("The certificate expired on %(expires)s."), facts)
    if claims.issued > case.day + 1:  # a day of grace: the issuer's date may be ahead of UTC
        return Check(11, FAIL, _("The certificate is dated %(issued)s, a day that has not come."), facts)
    return Check(11, PASS, _("The certificate is in force until %(expires)s."), facts)


def destination(case: Case) -> Check:
    """12: the certificate is for the authority that looks at it."""
    authority, bound_for = case.authority, case.claims.destination
    if authority is None:
        return Check(12, UNKNOWN, _("No importing authority was named to compare with the destination."), counts=False)
    facts = {"destination": bound_for, "authority": authority}
    if not bound_for:
        return Check(12, UNKNOWN, _("The destination is not shown."))
    if bound_for in (authority, case.bundle.participant_of(authority)):
        return Check(12, PASS, _("The certificate is for %(destination)s."), facts)
    if case.bundle.participant_of(bound_for) == case.bundle.participant_of(authority):
        return Check(
            12, WARN, _("The certificate is for %(destination)s, another authority of the same Participant."), facts
        )
    if case.transit:
        return Check(12, WARN, _("The goods pass through on their way to %(destination)s."), facts)
    return Check(12, FAIL, _("The certificate is for %(destination)s, not for %(authority)s."), facts)


def physical(case: Case) -> Check:
    """13: what only the officer can see. It counts once the officer has written down what was found."""
    return Check(
        13,
        UNKNOWN,
        _("Now compare by eye: seal %(seal)s, number of parcels, weight of every line."),
        {"seal": case.claims.seal or "?"},
        counts=False,
    )


def page_seal(case: Case, finding: SealFinding) -> Check | None:
    """3, for a PDF: the page was not altered after it was sealed by the authority. None where that holds."""
    if finding.state is SealState.ALTERED:
        return Check(3, FAIL, _("The page was altered after it was sealed."))
    if finding.state is SealState.UNSIGNED:
        return Check(3, UNKNOWN, _("The page carries no seal: only the credential inside it can be believed."))
    listed = case.bundle.authorities.get(case.claims.authority)
    known = listed.seal_certificates if listed else frozenset()
    if finding.certificate_sha256.lower() in known:
        return None
    facts = {"authority": case.claims.authority, "date": case.bundle.list_date}
    if known and case.age <= SAID_DAYS:
        return Check(3, FAIL, _("The page was sealed with a certificate that %(authority)s has not listed."), facts)
    return Check(3, UNKNOWN, _("The seal of the page cannot be told from the list of %(date)s."), facts, ask=True)


def message_checks(case: Case) -> Iterator[Check]:
    """The checks of a signed message about a certificate: key, signature, whose key it is, form, time, Participant."""
    key, found, signature = key_and_signature(case)
    yield found
    yield signature
    if signature.result is FAIL:
        return
    yield _speaks_for(case, key)
    yield content(case)
    if case.claims.number:
        yield time(case, key, UNLOGGED)
        yield participant(case)


def _speaks_for(case: Case, key: PublicKey | None) -> Check:
    """4, for a message: a key speaks only for its own authority."""
    claims = case.claims
    facts = {"authority": key.authority if key else "", "named": f"{claims.participant}, {claims.authority}"}
    if key is None:
        return Check(4, UNKNOWN, _("Without the key nobody can tell whose word this is."))
    authority = case.bundle.authorities[key.authority]
    if (authority.code, authority.participant) != (claims.authority, claims.participant):
        return Check(4, FAIL, _("The key is of %(authority)s, but the message names %(named)s."), facts)
    return Check(4, PASS, _("The message is the word of %(authority)s."), facts)


def all_checks(case: Case, seal: SealFinding | None = None) -> Iterator[Check]:
    """Every check of a digital certificate from 2 on, in order."""
    key, found, signature = key_and_signature(case)
    yield found
    yield (page_seal(case, seal) if seal and signature.result is PASS else None) or signature
    if signature.result is FAIL:
        return  # nothing that follows could be believed
    if case.claims.problems and not case.claims.number:
        yield content(case)  # nothing else in it can be read
        return
    yield binding(case, key)
    yield content(case)
    logged = entered(case)
    yield time(case, key, logged)
    yield participant(case, logged)
    yield logged.check
    yield status(case)
    yield use(case)
    yield validity(case)
    yield destination(case)
    yield physical(case)
