"""Verbs on people: open and close accounts, give and end roles, unlock, tokens, sign-in and its failures.

The journal keeps the pseudonym, never a name or an e-mail address. An administrator acts for the own authority only.
The node itself (``via`` is ``node`` or ``cli``) founds the first administrator and fills the bodies of the Scheme.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings

from openkimberley.accounts import queries, rules
from openkimberley.accounts.models import RoleHeld, Token, User
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.rules import gettext_noop
from openkimberley.trust import signing

if TYPE_CHECKING:
    from datetime import date, datetime

LOCK_AFTER = 5
"""Failed sign-ins in a row that lock an account."""
LOCK_FOR = timedelta(minutes=15)
"""Long enough to make guessing hopeless, short enough that nobody else's guessing keeps an officer away for a day."""
TOKEN_DAYS = 365
"""The longest life of a token."""


def gate(*, authority: str = "", via: str = "node", roles: frozenset[Role] = frozenset({Role.OBSERVER})) -> Actor:
    """The node itself at its door, with the least role that exists: it records sign-ins that nobody else can."""
    return Actor(id="sign-in", roles=roles, authority=authority, via=via)


def _is_node(by: Actor) -> bool:
    """Whether the node's operator acts, at the machine itself."""
    return by.via in ("node", "cli")


def _own(by: Actor, actor_id: str) -> User:
    """The account, if it belongs to the administrator's authority. Raises ``NotFound``: not even its being is told."""
    user = queries.user_of(actor_id)
    if not _is_node(by) and queries.authority_of(user) != by.authority:
        raise NotFound("person", actor_id)
    return user


def _not_oneself(by: Actor, user: User, reason: str) -> None:
    """Raise ``NotPermitted`` where an administrator turns to the own account."""
    if by.id == user.actor_id:
        raise NotPermitted(Permission.PEOPLE_ADMINISTER, reason)


def _add_role(user: User, role: Role, *, by: Actor, at: datetime, company: str, authority: str, since: date) -> None:
    """Ask the rules and hold the role; the caller is the action. Raises ``Refused`` or ``Conflict``."""
    today = at.date()
    refused = rules.before_role_is_given(
        role, company=company, held=queries.roles_now(user, today), oneself=by.id == user.actor_id,
        bodies=_is_node(by),
    )  # fmt: skip
    if objections := list(refused):
        raise Refused(objections, subject=user.actor_id)
    same = RoleHeld.objects.filter(user=user, role=role.value, company=company, until__isnull=True)
    if same.exists():
        raise Conflict(gettext_noop("this person holds this role already"))
    RoleHeld.objects.create(user=user, role=role.value, authority=authority, company=company, since=since)
    record("role.given", by=by, at=at, subject=user.actor_id, statement={
        "role": role.value, "authority": authority, "company": company, "since": since.isoformat(),
    })  # fmt: skip


@action("accounts.open", needs=Permission.PEOPLE_ADMINISTER)
def open_account(
    *, by: Actor, at: datetime, email: str, name: str, role: Role, company: str = "", authority: str = "",
    password: str = "", actor_id: str = "", language: str = "",
) -> User:  # fmt: skip
    """Open an account with its first role. The person sets the password by the link that the shell sends.

    ``authority``, ``password`` and ``actor_id`` are heard only from the node itself (demonstration, command line).
    Raises ``Conflict`` where the address has an account, ``Refused`` where the role cannot be given.
    """
    if queries.user_by_email(email) is not None:
        raise Conflict("there is an account with this e-mail address already")
    node = _is_node(by)
    user = User(
        email=email.strip().lower(), name=name.strip(), language=language,
        actor_id=(actor_id if node and actor_id else f"p-{secrets.token_hex(6)}"),
    )  # fmt: skip
    if node and password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    record("account.opened", by=by, at=at, subject=user.actor_id, statement={})
    served = authority if node else by.authority
    _add_role(user, role, by=by, at=at, company=company.strip(), authority=served, since=at.date())
    return user


@action("accounts.give_role", needs=Permission.PEOPLE_ADMINISTER)
def give_role(
    *, by: Actor, at: datetime, actor_id: str, role: Role, company: str = "", since: date | None = None,
    authority: str = "",
) -> None:  # fmt: skip
    """Give a role from a day on (today where none is named). Raises ``Refused`` with every reason (R063)."""
    user = _own(by, actor_id)
    since = since or at.date()
    if since < at.date():
        raise Conflict(gettext_noop("a role is not given backwards: choose today or a later day"))
    served = authority if _is_node(by) else by.authority
    if (home := queries.authority_of(user)) and home != served:
        raise Conflict(f"this person serves {home}: one account serves one authority")
    _add_role(user, role, by=by, at=at, company=company.strip(), authority=served, since=since)


@action("accounts.end_role", needs=Permission.PEOPLE_ADMINISTER)
def end_role(*, by: Actor, at: datetime, actor_id: str, role: Role, company: str = "") -> None:
    """End a role at once: today is the first day without it.

    Raises ``NotFound`` where the person does not hold it.
    """
    user = _own(by, actor_id)
    _not_oneself(by, user, "an administrator does not end the own role: ask another administrator")
    rows = RoleHeld.objects.filter(user=user, role=role.value, company=company, until__isnull=True)
    if not rows:
        raise NotFound("role", role.value)
    for row in rows:
        row.until = max(at.date(), row.since)
        row.save(update_fields=["until"])
    record("role.ended", by=by, at=at, subject=user.actor_id, statement={"role": role.value, "company": company})


def _end_sessions(user: User) -> int:
    """End every session of a person; how many there were."""
    sessions = list(UserSession.objects.filter(user_id=user.pk))
    for session in sessions:
        session.end()
    return len(sessions)


@action("accounts.deactivate", needs=Permission.PEOPLE_ADMINISTER)
def deactivate(*, by: Actor, at: datetime, actor_id: str) -> None:
    """Close an account: no sign-in, no tokens, sessions ended at once. Raises ``Conflict`` where it is closed."""
    user = _own(by, actor_id)
    _not_oneself(by, user, "an administrator does not close the own account: ask another administrator")
    if not user.is_active:
        raise Conflict("this account is closed already")
    user.is_active = False
    user.save(update_fields=["is_active"])
    Token.objects.filter(user=user, revoked__isnull=True).update(revoked=at)
    record("account.closed", by=by, at=at, subject=user.actor_id, statement={"sessions": _end_sessions(user)})


@action("accounts.reactivate", needs=Permission.PEOPLE_ADMINISTER)
def reactivate(*, by: Actor, at: datetime, actor_id: str) -> None:
    """Open a closed account again; its tokens stay revoked. Raises ``Conflict`` where it is not closed."""
    user = _own(by, actor_id)
    if user.is_active:
        raise Conflict("this account is not closed")
    user.is_active, user.failed_sign_ins, user.locked_until = True, 0, None
    user.save(update_fields=["is_active", "failed_sign_ins", "locked_until"])
    record("account.reopened", by=by, at=at, subject=user.actor_id, statement={})


@action("accounts.unlock", needs=Permission.PEOPLE_ADMINISTER)
def unlock(*, by: Actor, at: datetime, actor_id: str) -> None:
    """Let a locked person sign in before the lock ends by itself. Raises ``Conflict`` where nothing is locked."""
    user = _own(by, actor_id)
    if not queries.locked(user, at):
        raise Conflict("this account is not locked")
    user.failed_sign_ins, user.locked_until = 0, None
    user.save(update_fields=["failed_sign_ins", "locked_until"])
    record("account.unlocked", by=by, at=at, subject=user.actor_id, statement={})


@action("accounts.reset_second_factor", needs=Permission.PEOPLE_ADMINISTER)
def reset_second_factor(*, by: Actor, at: datetime, actor_id: str) -> None:
    """Forget a lost telephone or key, with its recovery codes; sessions end, and the officer sets up a new one.

    Raises ``Conflict`` where there is none.
    """
    user = _own(by, actor_id)
    _not_oneself(by, user, "an administrator does not reset the own second factor: ask another administrator")
    held = Authenticator.objects.filter(user_id=user.pk)
    kinds = sorted(set(held.values_list("type", flat=True)))
    if not kinds:
        raise Conflict("this person has no second factor")
    held.delete()
    record("second_factor.reset", by=by, at=at, subject=user.actor_id,
           statement={"kinds": kinds, "sessions": _end_sessions(user)})  # fmt: skip


# One's own account


@action("accounts.issue_token", needs=Permission.ACCOUNT_OWN)
def issue_token(*, by: Actor, at: datetime, name: str, days: int = 90) -> str:
    """Make a token for the person's software. Returns the secret, once: only its digest is kept.

    Raises ``Conflict`` for a life beyond ``TOKEN_DAYS`` or a name in use.
    """
    user = queries.user_of(by.id)
    if not 1 <= days <= TOKEN_DAYS:
        raise Conflict(f"a token lives between 1 and {TOKEN_DAYS} days")
    if any(t.name == name and queries.token_status(t, at) == "ACTIVE" for t in queries.tokens_of(user)):
        raise Conflict(gettext_noop("there is a token with this name: choose another, or revoke the old one"))
    secret = f"okt_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        user=user, name=name, digest=queries.digest(secret), issued=at, expires=at + timedelta(days=days)
    )
    record("token.issued", by=by, at=at, subject=user.actor_id, statement={
        "token": token.digest[:12], "expires": token.expires.isoformat(),
    })  # fmt: skip
    return secret


@action("accounts.revoke_token", needs=Permission.ACCOUNT_OWN)
def revoke_token(*, by: Actor, at: datetime, digest: str) -> None:
    """Revoke one of the own tokens, named by the first 12 digits of its digest. Raises ``NotFound``."""
    user = queries.user_of(by.id)
    token = next((t for t in queries.tokens_of(user) if t.digest.startswith(digest) and len(digest) >= 12), None)
    if token is None or token.revoked is not None:
        raise NotFound("token", digest)
    token.revoked = at
    token.save(update_fields=["revoked"])
    record("token.revoked", by=by, at=at, subject=user.actor_id, statement={"token": token.digest[:12]})


@action("accounts.use_token", needs=Permission.ACCOUNT_OWN)
def note_token_use(*, by: Actor, at: datetime, secret: str) -> None:
    """Note that a token was used; the shell calls this once a day for each token, not at each call."""
    token = queries.token_by_secret(secret, at=at)
    if token is None:
        raise NotFound("token", "")
    token.last_used = at
    token.save(update_fields=["last_used"])
    record("token.used", by=by, at=at, subject=token.user.actor_id, statement={"token": token.digest[:12]})


@action("accounts.set_language", needs=Permission.ACCOUNT_OWN)
def set_language(*, by: Actor, at: datetime, language: str) -> None:
    """Choose the language of pages and messages. Raises ``Conflict`` for one the node does not speak."""
    if language not in dict(settings.LANGUAGES):
        raise Conflict(f"the node does not speak {language}")
    user = queries.user_of(by.id)
    user.language = language
    user.save(update_fields=["language"])
    record("account.language_chosen", by=by, at=at, subject=user.actor_id, statement={"language": language})


# Sign-in: called by the adapter and the middleware, as the node at its door


@action("accounts.sign_in", needs=Permission.ACCOUNT_OWN)
def sign_in(*, by: Actor, at: datetime, actor_id: str, methods: list[str]) -> None:
    """Record a completed sign-in and forget earlier failures. ``methods`` are ``password``, ``mfa`` and the like."""
    user = queries.user_of(actor_id)
    if user.failed_sign_ins or user.locked_until:
        user.failed_sign_ins, user.locked_until = 0, None
        user.save(update_fields=["failed_sign_ins", "locked_until"])
    record("session.opened", by=by, at=at, subject=actor_id, statement={"methods": methods})


@action("accounts.sign_in_failed", needs=Permission.ACCOUNT_OWN)
def sign_in_failed(*, by: Actor, at: datetime, actor_id: str, method: str) -> None:
    """Count a failed sign-in and lock the account after ``LOCK_AFTER`` in a row, for ``LOCK_FOR``."""
    user = queries.user_of(actor_id)
    user.failed_sign_ins += 1
    lock = user.failed_sign_ins >= LOCK_AFTER
    if lock:
        user.failed_sign_ins, user.locked_until = 0, at + LOCK_FOR
    user.save(update_fields=["failed_sign_ins", "locked_until"])
    record("session.refused", by=by, at=at, subject=actor_id, statement={"method": method})
    if lock:
        until = (at + LOCK_FOR).isoformat()
        record("account.locked", by=by, at=at, subject=actor_id, statement={"until": until})


@action("accounts.set_password", needs=Permission.ACCOUNT_OWN)
def password_set(*, by: Actor, at: datetime, actor_id: str) -> None:
    """Record that a password was set or changed; which one stays unknown to the journal."""
    record("account.password_set", by=by, at=at, subject=actor_id, statement={})


@action("accounts.change_second_factor", needs=Permission.ACCOUNT_OWN)
def second_factor_changed(*, by: Actor, at: datetime, actor_id: str, what: str) -> None:
    """Record that a person set up or took away an own second factor: ``totp_activated``, ``webauthn_removed``."""
    record("second_factor.changed", by=by, at=at, subject=actor_id, statement={"what": what})


@action("accounts.sign_out", needs=Permission.ACCOUNT_OWN)
def sign_out(*, by: Actor, at: datetime, actor_id: str, why: str = "asked") -> None:
    """Record the end of a session: ``asked``, ``idle`` or ``too long``."""
    record("session.closed", by=by, at=at, subject=actor_id, statement={"why": why})


@action("accounts.enrol_approval", needs=Permission.ACCOUNT_OWN)
def enrol_approval(*, by: Actor, at: datetime, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Enrol one's own approval credential at the signer, which may want it confirmed at its own command line.

    Raises ``NotPermitted`` for somebody whose approval no certificate needs; what the signer objects to.
    """
    roles = queries.approval_roles(by)
    if not roles:
        raise NotPermitted(Permission.CERTIFICATE_APPROVE, "issuing and approving officers approve certificates")
    made = signing.service().enrol(
        authority=by.authority, officer=by.id, roles=roles, evidence=dict(evidence), at=int(at.timestamp())
    )
    record("approval.enrolled", by=by, at=at, subject=by.id, statement={
        "fingerprint": made["fingerprint"], "level": made["level"], "state": made["state"], "roles": roles,
    })  # fmt: skip
    return made
