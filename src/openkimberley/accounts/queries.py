"""Reads of people: the actor behind a user or a token, the people of an authority, their roles and tokens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.db.models import Q

from openkimberley.accounts.models import RoleHeld, Token, User
from openkimberley.kernel.actor import SECOND_FACTOR_ROLES, Actor, Role
from openkimberley.kernel.errors import NotFound
from openkimberley.trade import queries as trade
from openkimberley.trust.approval import CHECKER, MAKER

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet


def live(on: date) -> Q:
    """The condition of a role that is held on a day."""
    return Q(since__lte=on) & (Q(until__isnull=True) | Q(until__gt=on))


def locked(user: User, at: datetime) -> bool:
    """Whether too many failed sign-ins have locked the account at this moment."""
    return user.locked_until is not None and user.locked_until > at


def actor_of(user: AbstractBaseUser | AnonymousUser, *, on: date, via: str = "web") -> Actor:
    """The actor with the roles that the user holds on a day; none where the account is closed.

    Given a moment (``datetime``) instead of a day, an account locked at that moment has no roles either.
    """
    assert isinstance(user, User)
    moment = on if isinstance(on, datetime) else None
    day = on.date() if isinstance(on, datetime) else on
    if not user.is_active or (moment is not None and locked(user, moment)):
        return Actor(id=user.actor_id, via=via)
    rows = list(RoleHeld.objects.filter(live(day), user=user).values_list("role", "authority", "company"))
    return Actor(
        id=user.actor_id,
        roles=frozenset(Role(role) for role, _, _ in rows) or frozenset({Role.PUBLIC}),
        authority=next((authority for _, authority, _ in rows if authority), ""),
        companies=_companies(rows, day),
        via=via,
    )


def _companies(rows: list[tuple[str, str, str]], day: date) -> frozenset[str]:
    """Whom somebody may file for: the company held by name; for an agent those whose powers its licence holds that day.

    A power that ended in the register of licences, or a licence that is no longer good, ends the right at once.
    """
    own = {company for role, _, company in rows if company and role != Role.AGENT}
    acting = {company for role, _, company in rows if company and role == Role.AGENT}
    return frozenset(own.union(*(trade.companies_of(agent, day) for agent in acting)))


APPROVES = {Role.ISSUING_OFFICER: MAKER, Role.APPROVING_OFFICER: CHECKER}
"""Whose approval a certificate needs, and in which part."""


def approval_roles(actor: Actor) -> list[str]:
    """The parts in which an officer approves certificates, perhaps none."""
    return sorted(part for role, part in APPROVES.items() if role in actor.roles)


def has_second_factor(user: AbstractBaseUser | AnonymousUser, *, before: datetime | None = None) -> bool:
    """Whether the user has an authenticator app or a security key (recovery codes alone do not count).

    ``before`` leaves out those set up at or after that moment.
    """
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    found = Authenticator.objects.filter(user_id=user.pk, type__in=kinds)
    return (found.filter(created_at__lt=before) if before else found).exists()


def owes_second_factor(user: AbstractBaseUser | AnonymousUser, actor: Actor, *, required: bool) -> bool:
    """Whether the actor is an officer who may not act before a second factor is set up."""
    return required and bool(actor.roles & SECOND_FACTOR_ROLES) and not has_second_factor(user)


def user_of(actor_id: str) -> User:
    """The user behind a pseudonym. Raises ``NotFound``."""
    user = User.objects.filter(actor_id=actor_id).first()
    if user is None:
        raise NotFound("person", actor_id)
    return user


def user_by_email(email: str) -> User | None:
    """The user with this e-mail address, whatever its case."""
    return User.objects.filter(email__iexact=email.strip()).first()


def authority_of(user: User) -> str:
    """The authority that the account belongs to: that of its newest role; empty for the bodies of the Scheme."""
    newest = RoleHeld.objects.filter(user=user).exclude(authority="").order_by("-since", "-pk").first()
    return newest.authority if newest else ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the administrator's pages show one."""

    user: User
    roles: tuple[RoleHeld, ...]
    status: str
    second_factor: bool


def status_of(user: User, at: datetime) -> str:
    """ACTIVE, LOCKED or CLOSED."""
    if not user.is_active:
        return "CLOSED"
    return "LOCKED" if locked(user, at) else "ACTIVE"


def users_of(authority: str, text: str = "") -> QuerySet[User]:
    """The accounts of an authority by name; ``text`` narrows to part of the name or e-mail address."""
    found = User.objects.filter(pk__in=RoleHeld.objects.filter(authority=authority).values("user_id"))
    if text:
        found = found.filter(Q(name__icontains=text) | Q(email__icontains=text))
    return found.order_by("name", "pk")


def people(users: list[User], *, at: datetime) -> list[Person]:
    """Users with what they hold today, in three queries however many they are."""
    keys = [user.pk for user in users]
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    strong = set(Authenticator.objects.filter(user_id__in=keys, type__in=kinds).values_list("user_id", flat=True))
    held: dict[int, list[RoleHeld]] = {}
    for row in RoleHeld.objects.filter(live(at.date()), user_id__in=keys).order_by("role", "company"):
        held.setdefault(row.user_id, []).append(row)
    return [
        Person(user, tuple(held.get(user.pk, ())), status_of(user, at), user.pk in strong) for user in users
    ]  # fmt: skip


def person(actor_id: str, *, authority: str, at: datetime) -> Person:
    """One person of an authority. Raises ``NotFound``, also for people of another authority."""
    user = user_of(actor_id)
    if authority_of(user) != authority:
        raise NotFound("person", actor_id)
    return people([user], at=at)[0]


def roles_of(user: User) -> list[RoleHeld]:
    """Every role the person holds or held, newest first."""
    return list(RoleHeld.objects.filter(user=user).order_by("-since", "role", "-pk"))


def roles_now(user: User, on: date) -> frozenset[Role]:
    """The roles held on a day, or beginning later and not ended."""
    rows = RoleHeld.objects.filter(Q(until__isnull=True) | Q(until__gt=on), user=user)
    return frozenset(Role(role) for role in rows.values_list("role", flat=True))


def tokens_of(user: User) -> list[Token]:
    """The person's tokens, newest first."""
    return list(Token.objects.filter(user=user).order_by("-issued", "-pk"))


def token_status(token: Token, at: datetime) -> str:
    """ACTIVE, REVOKED or EXPIRED."""
    if token.revoked is not None:
        return "REVOKED"
    return "EXPIRED" if token.expires <= at else "ACTIVE"


def digest(secret: str) -> str:
    """What is kept of a token's secret: SHA-256. The secret has 256 random bits, so no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_by_secret(secret: str, *, at: datetime) -> Token | None:
    """The live token with this secret, its user loaded; None for anything else."""
    token = Token.objects.select_related("user").filter(digest=digest(secret)).first()
    return token if token is not None and token_status(token, at) == "ACTIVE" else None
