"""Reads of people: the actor behind a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from openkimberley.accounts.models import RoleHeld, User
from openkimberley.kernel.actor import Actor, Role

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import AbstractBaseUser


def actor_of(user: AbstractBaseUser, *, on: date, via: str = "web") -> Actor:
    """The actor with the roles that the user holds on a day."""
    assert isinstance(user, User)
    held = RoleHeld.objects.filter(Q(until__isnull=True) | Q(until__gt=on), user=user, since__lte=on)
    rows = list(held.values_list("role", "authority", "company"))
    return Actor(
        id=user.actor_id,
        roles=frozenset(Role(role) for role, _, _ in rows) or frozenset({Role.PUBLIC}),
        authority=next((authority for _, authority, _ in rows if authority), ""),
        companies=frozenset(company for _, _, company in rows if company),
        via=via,
    )
