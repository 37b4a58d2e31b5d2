"""PURE. Who acts: roles, permissions and the one table that joins them.

Roles and permissions are code, reviewed like code, never rows edited in production. Pages, API calls and commands ask
this same table. A role is held *for* an authority or *for* a company, so a permission never reaches beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """The roles of the Scheme (retired names stay here, without permissions)."""

    APPLICANT = "APPLICANT"  # an exporter or importer, for its company
    AGENT = "AGENT"  # files for the companies that named it
    ISSUING_OFFICER = "ISSUING_OFFICER"  # examines and prepares
    APPROVING_OFFICER = "APPROVING_OFFICER"  # the second officer: approves, refuses, voids
    VALUER = "VALUER"  # government or independent valuer
    IMPORT_OFFICER = "IMPORT_OFFICER"  # checks, opens, weighs, confirms
    SUPERVISOR = "SUPERVISOR"  # licences, ranges, blank paper, alerts, cases
    STATISTICIAN = "STATISTICIAN"
    REVIEWER = "REVIEWER"
    CHAIR = "CHAIR"
    SECRETARIAT = "SECRETARIAT"
    WORKING_GROUP_MEMBER = "WORKING_GROUP_MEMBER"
    OBSERVER = "OBSERVER"
    AUDITOR = "AUDITOR"  # reads everything of its authority, writes nothing
    ADMINISTRATOR = "ADMINISTRATOR"  # people, roles, keys of its authority; no business acts
    PUBLIC = "PUBLIC"


class Permission(StrEnum):
    """What can be permitted. The grammar is ``area.verb``."""

    # participants
    PARTICIPANT_DECIDE = "participants.decide"  # admit, suspend, reinstate by decision
    PARTICIPANT_LIST = "participants.national_list"  # dates of the national list, authorities, profiles
    # trade
    LICENCE_READ = "trade.read"
    LICENCE_GRANT = "trade.grant"  # grant, renew, suspend, revoke, load
    # alerts
    ALERT_READ = "alerts.read"
    ALERT_RAISE = "alerts.raise"  # enter fakes, stolen blanks, sanctions; answer queries
    SPECIMEN_KEEP = "alerts.specimens"
    # certificates
    CERTIFICATE_APPLY = "certificates.apply"  # draft, attach, file, withdraw, declare
    CERTIFICATE_EXAMINE = "certificates.examine"
    CERTIFICATE_VALUE = "certificates.value"
    CERTIFICATE_APPROVE = "certificates.approve"  # approve = issue, or refuse
    CERTIFICATE_VOID = "certificates.void"  # void, replace, lost, expired-returned, technical, correct
    CERTIFICATE_READ = "certificates.read"
    PAPER_STOCK = "certificates.paper_stock"  # blank forms and number ranges
    CERTIFICATE_DISCLOSE = "certificates.disclose"  # show somebody a part of a certificate
    STATUS_PUBLISH = "certificates.publish_status"  # sign and publish one's authority's status lists
    CERTIFICATE_ERASE = "certificates.erase"  # erase what is personal when its time is over
    KEY_KEEP = "certificates.keys"  # register and retire the public keys of one's authority
    # witness
    WITNESS_KEEP = "witness.keep"  # which journals are known, the witness's own name and key
    # shipments
    SHIPMENT_SEAL = "shipments.seal"  # seal, announce, release, depart
    SHIPMENT_RECEIVE = "shipments.receive"  # arrival, check, inspect, confirm, discrepancy, detain, return
    SHIPMENT_READ = "shipments.read"
    PAPER_REGISTER = "shipments.paper"  # register and check a foreign paper certificate, query its issuer
    # node
    JOURNAL_READ = "journal.read"
    JOURNAL_KEEP = "journal.keep"  # bring an old copy of the journal up to date from a mirror
    PEOPLE_ADMINISTER = "accounts.administer"
    ACCOUNT_OWN = "accounts.own"  # one's own password, tokens, sessions
    STATISTICS_READ = "statistics.read"


P = Permission
_OWN = frozenset({P.ACCOUNT_OWN})
_OFFICER_READS = frozenset(
    {P.CERTIFICATE_READ, P.SHIPMENT_READ, P.LICENCE_READ, P.ALERT_READ, P.PAPER_REGISTER, P.ACCOUNT_OWN}
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.APPLICANT: _OWN | {P.CERTIFICATE_APPLY, P.CERTIFICATE_READ, P.CERTIFICATE_DISCLOSE, P.SHIPMENT_READ},
    Role.AGENT: _OWN | {P.CERTIFICATE_APPLY, P.CERTIFICATE_READ, P.CERTIFICATE_DISCLOSE, P.SHIPMENT_READ},
    Role.ISSUING_OFFICER: _OFFICER_READS
    | {P.CERTIFICATE_EXAMINE, P.CERTIFICATE_VALUE, P.CERTIFICATE_DISCLOSE, P.SHIPMENT_SEAL, P.ALERT_RAISE},
    Role.APPROVING_OFFICER: _OFFICER_READS
    | {P.CERTIFICATE_APPROVE, P.CERTIFICATE_VOID, P.CERTIFICATE_DISCLOSE, P.STATUS_PUBLISH, P.ALERT_RAISE},
    Role.VALUER: _OWN | {P.CERTIFICATE_VALUE, P.CERTIFICATE_READ},
    Role.IMPORT_OFFICER: _OFFICER_READS | {P.SHIPMENT_RECEIVE, P.ALERT_RAISE},
    Role.SUPERVISOR: _OFFICER_READS
    | {P.LICENCE_GRANT, P.ALERT_RAISE, P.SPECIMEN_KEEP, P.PAPER_STOCK, P.PARTICIPANT_LIST, P.JOURNAL_READ}
    | {P.CERTIFICATE_DISCLOSE, P.STATUS_PUBLISH, P.CERTIFICATE_ERASE, P.WITNESS_KEEP},
    Role.STATISTICIAN: _OWN | {P.STATISTICS_READ, P.CERTIFICATE_READ, P.SHIPMENT_READ},
    Role.REVIEWER: _OWN,
    Role.CHAIR: _OWN | {P.PARTICIPANT_DECIDE, P.ALERT_READ, P.ALERT_RAISE},
    Role.SECRETARIAT: _OWN | {P.ALERT_READ, P.ALERT_RAISE},
    Role.WORKING_GROUP_MEMBER: _OWN,
    Role.OBSERVER: _OWN,
    Role.AUDITOR: _OFFICER_READS | {P.JOURNAL_READ, P.STATISTICS_READ},
    Role.ADMINISTRATOR: _OWN | {P.PEOPLE_ADMINISTER, P.KEY_KEEP, P.JOURNAL_READ, P.JOURNAL_KEEP, P.WITNESS_KEEP},
    Role.PUBLIC: frozenset(),
}

OFFICER_ROLES = frozenset(
    {
        Role.ISSUING_OFFICER,
        Role.APPROVING_OFFICER,
        Role.VALUER,
        Role.IMPORT_OFFICER,
        Role.SUPERVISOR,
        Role.ADMINISTRATOR,
    }
)
"""Roles that sign in with a second factor and act for an authority."""


SECOND_FACTOR_ROLES = OFFICER_ROLES | {Role.CHAIR, Role.SECRETARIAT, Role.AUDITOR, Role.STATISTICIAN}
"""Roles that a password alone does not open: who acts for an authority or the Scheme, or reads all of an authority."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or a program of a person, or the node itself) who acts.

    ``id`` is the pseudonym that the journal keeps; ``authority`` the code of the authority served (``BW``, ``EU-BE``);
    ``companies`` the licence numbers an applicant or agent may file for.
    """

    id: str
    roles: frozenset[Role] = frozenset({Role.PUBLIC})
    authority: str = ""
    companies: frozenset[str] = field(default_factory=frozenset)
    via: str = "web"  # web, api, cli, node

    def may(self, permission: Permission) -> bool:
        """True where one of the actor's roles holds the permission."""
        return any(permission in PERMISSIONS[role] for role in self.roles)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything the actor's roles hold together."""
        return frozenset().union(*(PERMISSIONS[role] for role in self.roles))


NOBODY = Actor(id="")
"""A visitor who has not signed in."""
