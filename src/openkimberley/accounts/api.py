"""The API's sign-in: tokens for software, the session for pages; and one's own account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from ninja import Field, Router, Schema
from ninja.security import HttpBearer
from ninja.security import SessionAuth as NinjaSessionAuth

from openkimberley.accounts import actions, queries
from openkimberley.accounts.models import Token, User
from openkimberley.desk.web import actor_of, demand
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotPermitted

if TYPE_CHECKING:
    from django.http import HttpRequest


def _admit(request: HttpRequest, user: User) -> Actor:
    """The actor of an API call. Raises ``NotPermitted`` for an officer who has no second factor yet."""
    actor = queries.actor_of(user, on=timezone.localtime(), via="api")
    if queries.owes_second_factor(user, actor, required=settings.SECOND_FACTOR_REQUIRED):
        raise NotPermitted(Permission.ACCOUNT_OWN, "officers need a second factor: see /accounts/2fa/")
    request.actor = actor  # type: ignore[attr-defined]
    return actor


class TokenAuth(HttpBearer):
    """``Authorization: Bearer okt_...``: a token that a person made for own software."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor behind a live token of an open account; None for anything else."""
        now = timezone.localtime()
        found = queries.token_by_secret(token.strip(), at=now)
        if found is None or queries.status_of(found.user, now) != "ACTIVE":
            return None
        actor = _admit(request, found.user)
        if found.last_used is None or now - found.last_used > timedelta(days=1):
            actions.note_token_use(by=actor, at=now, secret=token.strip())
        return actor


class SessionAuth(NinjaSessionAuth):
    """The session of a signed-in page, with its CSRF token on calls that change something."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor of the session; None for a visitor."""
        user = request.user
        if not isinstance(user, User):
            return None
        request.by_session = True  # type: ignore[attr-defined]
        return _admit(request, user)


auth: list[Any] = [TokenAuth(), SessionAuth()]
"""What the node's API asks of a caller; public calls say ``auth=None``."""

router = Router(tags=["accounts"], auth=auth)


class RoleOut(Schema):
    """A role held today."""

    role: str
    authority: str
    company: str


class MeOut(Schema):
    """Who the caller is for the software."""

    id: str
    roles: list[RoleOut]
    authority: str
    companies: list[str]
    permissions: list[str]
    second_factor: bool


class TokenOut(Schema):
    """A token without its secret. ``id`` names it in ``DELETE``."""

    id: str
    name: str
    status: str
    issued: datetime
    expires: datetime
    last_used: datetime | None


class TokenIn(Schema):
    """What a new token asks."""

    name: str = Field(min_length=1, max_length=80)
    days: int = Field(default=90, ge=1, le=actions.TOKEN_DAYS)


class SecretOut(Schema):
    """The secret of a new token, shown this once."""

    secret: str


def _token(token: Token, at: datetime) -> TokenOut:
    """A token as the API shows it."""
    return TokenOut(id=token.digest[:12], name=token.name, status=queries.token_status(token, at), issued=token.issued,
                    expires=token.expires, last_used=token.last_used)  # fmt: skip


@router.get("/me", response=MeOut, summary="Who I am, and what I may do")
def me(request: HttpRequest) -> MeOut:
    """The caller's roles and permissions of today."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    user = queries.user_of(actor.id)
    held = queries.people([user], at=timezone.localtime())[0].roles
    return MeOut(
        id=actor.id, authority=actor.authority, companies=sorted(actor.companies),
        roles=[RoleOut(role=r.role, authority=r.authority, company=r.company) for r in held],
        permissions=sorted(actor.permissions), second_factor=queries.has_second_factor(user),
    )  # fmt: skip


@router.get("/tokens", response=list[TokenOut], summary="My tokens")
def tokens(request: HttpRequest) -> list[TokenOut]:
    """The caller's tokens, newest first, without their secrets."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    now = timezone.localtime()
    return [_token(token, now) for token in queries.tokens_of(queries.user_of(actor.id))]


@router.post("/tokens", response={201: SecretOut}, summary="Make a token")
def make_token(request: HttpRequest, body: TokenIn) -> tuple[int, SecretOut]:
    """Make a token. Only a signed-in person does: a stolen token must not renew itself."""
    actor = actor_of(request)
    if not getattr(request, "by_session", False):
        raise NotPermitted(Permission.ACCOUNT_OWN, "a token cannot make a token: sign in on the page /me/")
    secret = actions.issue_token(by=actor, at=timezone.localtime(), name=body.name, days=body.days)
    return 201, SecretOut(secret=secret)


@router.delete("/tokens/{token}", response={204: None}, summary="Revoke a token")
def revoke_token(request: HttpRequest, token: str) -> tuple[int, None]:
    """Revoke one of the caller's tokens, also the one that calls."""
    actions.revoke_token(by=actor_of(request), at=timezone.localtime(), digest=token)
    return 204, None
