"""PURE. Which roles a person may hold together, and who may give them. What stands here follows R063.

R063 says of one shipment that nobody applies, values, approves and confirms it. A person who held both desks would have
to be watched at each shipment; so the pairs below are refused when a role is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.kernel.actor import OFFICER_ROLES, Role
from openkimberley.kernel.rules import Objection, Severity, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

TRADERS = frozenset({Role.APPLICANT, Role.AGENT})
"""Roles held for a company."""

OF_AN_AUTHORITY = OFFICER_ROLES | TRADERS | {Role.STATISTICIAN, Role.AUDITOR}
"""Roles that an administrator gives for the own authority. The others belong to the bodies of the Scheme."""

_DESKS = OFFICER_ROLES - {Role.ADMINISTRATOR}

APART: tuple[tuple[frozenset[Role], frozenset[Role]], ...] = (
    (frozenset({Role.ISSUING_OFFICER}), frozenset({Role.APPROVING_OFFICER})),  # the second officer is another person
    (TRADERS, OFFICER_ROLES | {Role.AUDITOR}),  # who trades does not supervise trade
    (frozenset({Role.ADMINISTRATOR}), _DESKS),  # who gives roles has none of those given
    (frozenset({Role.AUDITOR}), _DESKS),  # who audits does not act
)
"""Pairs of groups of which one person holds only one."""


def before_role_is_given(
    role: Role, *, company: str, held: Collection[Role], oneself: bool, bodies: bool
) -> Iterator[Objection]:
    """Everything that speaks against giving ``role`` to somebody who holds ``held``.

    ``oneself`` is True where giver and taker are one person; ``bodies`` where the giver may fill the bodies of the
    Scheme (the operator of the node, not an administrator of an authority).
    """
    if oneself:
        yield _no(gettext_noop("Nobody gives a role to himself."), "role", gettext_noop("Ask another administrator."))
    if role is Role.PUBLIC or (role not in OF_AN_AUTHORITY and not bodies):
        yield _no(gettext_noop("The role %(role)s is not given by an authority."), "role", role=role)
    if role in TRADERS and not company:
        yield _no(
            gettext_noop("The role %(role)s is held for a company."), "company",
            gettext_noop("Write the licence number of the company."), role=role,
        )  # fmt: skip
    for one, other in APART:
        for mine, theirs in ((one, other), (other, one)):
            if role in mine and (clash := sorted(theirs.intersection(held))):
                yield _no(
                    gettext_noop("One person does not hold both %(role)s and %(held)s."), "role",
                    gettext_noop("Give the role to another person, or end the other role first."),
                    role=role, held=", ".join(clash),
                )  # fmt: skip


def _no(template: str, field: str, remedy: str = "", **facts: str) -> Objection:
    """An objection by R063, separation of duties."""
    return Objection("R063", Severity.REFUSE, template, {k: str(v) for k, v in facts.items()}, field, remedy)
