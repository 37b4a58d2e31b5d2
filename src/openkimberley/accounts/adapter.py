"""How sign-in behaves: accounts are opened by an administrator, guesses are counted, every sign-in is journalled."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import timezone, translation

from openkimberley.accounts import actions, queries
from openkimberley.accounts.models import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest, HttpResponse


JUST_NOW = timedelta(minutes=5)
"""The time after sign-in in which the password is not asked again for the first second factor."""


def note_failure(user: User | None, method: str) -> None:
    """Count and journal a failed sign-in of an account that exists. Strangers' guesses leave no personal data."""
    if user is not None and user.is_active:
        by = actions.gate(authority=queries.authority_of(user))
        actions.sign_in_failed(by=by, at=timezone.localtime(), actor_id=user.actor_id, method=method)


class ClosedAdapter(DefaultAccountAdapter):
    """No one signs up by himself; a locked account answers as one with too many attempts does, known or not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a locked account before its password is looked at."""
        super().pre_authenticate(request, **credentials)
        user = queries.user_by_email(str(credentials.get("email") or ""))
        if user is not None and queries.locked(user, timezone.localtime()):
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a wrong password."""
        note_failure(queries.user_by_email(str(credentials.get("email") or "")), "password")

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Ask for the password again. Addresses stand on the user itself here, not in a table of addresses."""
        assert isinstance(user, User)
        again = self.authenticate(context.request, email=user.email, password=password)
        return again is not None and again.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether a change of the account's protection asks for the password first.

        Not for the first second factor and its recovery codes straight after sign-in: the password was just given.
        """
        request = context.request
        user, now = request.user, timezone.localtime()
        if isinstance(user, User) and not queries.has_second_factor(user, before=now - JUST_NOW):
            latest = max((float(r["at"]) for r in get_authentication_records(request, user)), default=0.0)
            return now.timestamp() - latest >= JUST_NOW.total_seconds()
        return True

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Journal the sign-in and speak the person's language from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        assert isinstance(user, User)
        methods = [str(record["method"]) for record in get_authentication_records(request, user)]
        by = actions.gate(authority=queries.authority_of(user))
        actions.sign_in(by=by, at=timezone.localtime(), actor_id=user.actor_id, methods=sorted(set(methods)))
        if user.language:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Journal that a password was set; allauth keeps it as a hash."""
        super().set_password(user, password)
        assert isinstance(user, User)
        by = actions.gate(authority=queries.authority_of(user))
        actions.password_set(by=by, at=timezone.localtime(), actor_id=user.actor_id)

    def send_notification_mail(self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        """Journal a change of the second factor: here allauth tells of all of them."""
        super().send_notification_mail(template_prefix, user, *args, **kwargs)
        if template_prefix.startswith("mfa/"):
            assert isinstance(user, User)
            by, what = actions.gate(authority=queries.authority_of(user)), template_prefix.rpartition("/")[2]
            actions.second_factor_changed(by=by, at=timezone.localtime(), actor_id=user.actor_id, what=what)

    def invite(self, user: User) -> None:
        """Send a new person the link to set a password, in the person's language. The administrator never sees it."""
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        context_of_mail = {
            "user": user,
            "authority": queries.authority_of(user),
            "password_reset_url": self.get_reset_password_from_key_url(key),
        }
        with translation.override(user.language or translation.get_language()):
            self.send_mail("account/email/invitation", user.email, context_of_mail)

    def format_email_subject(self, subject: str) -> str:
        """The subject with the product's name before it."""
        return f"OpenKimberley: {subject}"

    def logout(self, request: HttpRequest) -> None:
        """Journal the sign-out."""
        user = request.user
        if isinstance(user, User):
            by = actions.gate(authority=queries.authority_of(user))
            actions.sign_out(by=by, at=timezone.localtime(), actor_id=user.actor_id)
        super().logout(request)


class SealedAdapter(DefaultMFAAdapter):
    """Keeps the secrets of second factors encrypted, so that a copy of the database alone opens nothing."""

    @staticmethod
    def _key() -> AESGCM:
        return AESGCM(hashlib.sha256(b"second factor\0" + settings.SECRET_KEY.encode()).digest())

    def encrypt(self, text: str) -> str:
        """AES-256-GCM under a key derived from the node's secret, as text."""
        nonce = secrets.token_bytes(12)
        return base64.b64encode(nonce + self._key().encrypt(nonce, text.encode(), None)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What ``encrypt`` hid. Raises ``cryptography.exceptions.InvalidTag`` where the node's secret is another."""
        sealed = base64.b64decode(encrypted_text)
        return self._key().decrypt(sealed[:12], sealed[12:], None).decode()
