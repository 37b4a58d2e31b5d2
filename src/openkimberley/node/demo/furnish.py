"""What a node has before its first shipment: register, keys, people, licences, numbers, blank paper."""

from __future__ import annotations

from datetime import date, datetime

from openkimberley.accounts import actions as accounts
from openkimberley.alerts import actions as alerts
from openkimberley.certificates import actions as certificates
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.measures import Period
from openkimberley.node import keys
from openkimberley.node.demo import people
from openkimberley.node.demo.people import ANTWERP, AUTHORITIES, BY_KEY, PRODUCER
from openkimberley.participants import actions as participants
from openkimberley.signer import making
from openkimberley.signer.keystore import FileKeys
from openkimberley.trade import actions as trade
from openkimberley.trade.facts import Holder, LicenceKind
from openkimberley.trust import signing

INSTALLER = frozenset({Role.CHAIR, Role.ADMINISTRATOR, Role.SUPERVISOR})


def node(*, at: datetime, memory: int) -> None:
    """Furnish both authorities of the demonstration."""
    where = keys.signer_place()
    participants.seed_register(by=Actor("installer", INSTALLER, via="cli"), at=at)
    alerts.seed_known_fakes(by=Actor("installer", INSTALLER, authority=PRODUCER, via="cli"), at=at)
    for authority, name in AUTHORITIES.items():
        installer = Actor("installer", INSTALLER, authority=authority, via="cli")
        making.make_keys(
            where, FileKeys(where, where.passphrase(), memory=memory), authority=authority, name=name, at=at
        )
        keys.register(by=installer, at=at)
        for person in people.PEOPLE:
            if person.authority == authority:
                accounts.open_account(
                    by=installer, at=at, actor_id=person.key, name=person.name, email=person.email,
                    password=people.PASSWORD, role=person.role, company=person.company, authority=authority,
                )  # fmt: skip
    _licences(at)
    _paper(at)


def officers(*, at: datetime) -> None:
    """The officers' approval keys, each under the passphrase that is everybody's here. Asks the running signer."""
    for person in people.PEOPLE:
        if role := people.APPROVES.get(person.role):
            signing.service().enrol(
                authority=person.authority, officer=person.key, roles=[role], evidence=people.APPROVAL,
                at=int(at.timestamp()),
            )  # fmt: skip


def _licences(at: datetime) -> None:
    """Licences of the fictional companies."""
    term = Period(date(at.year, 1, 1), date(at.year + 2, 1, 1))
    for authority, kinds, party in (
        (PRODUCER, [LicenceKind.EXPORTER], people.KALAHARI),
        (PRODUCER, [LicenceKind.EXPORTER], people.OKAVANGO),
        (PRODUCER, [LicenceKind.COURIER], people.CARRIERS),
        (PRODUCER, [LicenceKind.AGENT], people.AGENCY),
        (ANTWERP, [LicenceKind.IMPORTER], people.SCHELDT),
        (ANTWERP, [LicenceKind.EXPORTER], people.SCHELDT_EXPORT),
    ):  # fmt: skip
        country = "BE" if authority == ANTWERP else "BW"
        trade.grant(
            by=BY_KEY["supervisor" if authority == PRODUCER else "be-supervisor"], at=at, authority=authority,
            kinds=kinds, number=party["licence"], term=term,
            holder=Holder(party["name"], party["address"], nationality=country, residence="resident", area=country),
        )  # fmt: skip
    trade.name_agent(
        by=BY_KEY["supervisor"], at=at, authority=PRODUCER, agent=people.AGENT_LICENCE,
        company=people.EXPORTER_LICENCE, period=term, document="Power of attorney of the demonstration",
    )  # fmt: skip


def _paper(at: datetime) -> None:
    """Ranges of numbers and blank security paper."""
    for key, prefix, first, digits in (("supervisor", "BW", 12340, 7), ("be-supervisor", "EU", 60000001, 8)):
        by = BY_KEY[key]
        certificates.register_range(by=by, at=at, prefix=prefix, first=first, last=first + 9999, digits=digits)
        certificates.receive_forms(
            by=by, at=at, batch="First delivery", prefix=f"{by.authority}-P-", first=778801, last=779000, digits=6
        )
