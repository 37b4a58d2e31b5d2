"""Turns a request into an ``Actor``, ends sessions in time, and holds officers until they have a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from openkimberley.accounts import actions, queries
from openkimberley.accounts.models import User
from openkimberley.kernel.actor import NOBODY, Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

IDLE_SECONDS = 30 * 60
"""A session that nobody uses ends. ``SESSION_IDLE_SECONDS`` in the settings changes it."""
NOTICE_SECONDS = 60
"""How exactly the last use is kept: writing a session at each request would cost more than it tells."""
OPEN_TO_ALL = ("/accounts/", "/i18n/", "/static/", "/healthz", "/permissions/")
"""Where an officer without second factor may go: to set it up, and out."""


def session_over(request: HttpRequest, now: float) -> str:
    """Why the session must end (``idle``, ``too long``), or nothing. Keeps the time of its start and last use."""
    started = request.session.setdefault("signed_in_at", now)
    seen = request.session.setdefault("seen_at", now)
    if now - started > settings.SESSION_COOKIE_AGE:
        return "too long"
    if now - seen > getattr(settings, "SESSION_IDLE_SECONDS", IDLE_SECONDS):
        return "idle"
    if now - seen > NOTICE_SECONDS:
        request.session["seen_at"] = now
    return ""


class ActorMiddleware:
    """Sets ``request.actor`` from the signed-in user's roles of this moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the actor and pass the request on, or send the person to sign in or to the second factor."""
        request.actor = NOBODY  # type: ignore[attr-defined]
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        now = timezone.localtime()
        if why := session_over(request, now.timestamp()):
            return self._end(request, user, why)
        # The API sets its actor itself, after it has checked where a changing call comes from.
        if request.path.startswith("/api/") and request.method not in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        actor = queries.actor_of(user, on=now)
        if queries.owes_second_factor(user, actor, required=settings.SECOND_FACTOR_REQUIRED):
            request.actor = Actor(id=actor.id, authority=actor.authority)  # type: ignore[attr-defined]
            if not request.path.startswith((*OPEN_TO_ALL, "/api/")):
                messages.warning(request, _("Officers sign in with a second factor. Set one up to go on."))
                return HttpResponseRedirect(reverse("mfa_index"))
            return self.get_response(request)
        request.actor = actor  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            # a shared machine at a border shows nothing by its back button after sign-out
            add_never_cache_headers(response)
        return response

    @staticmethod
    def _end(request: HttpRequest, user: User, why: str) -> HttpResponse:
        """End the session and send the person to sign in again, back to the page they were on."""
        by = actions.gate(authority=queries.authority_of(user))
        actions.sign_out(by=by, at=timezone.localtime(), actor_id=user.actor_id, why=why)
        logout(request)
        messages.info(request, _("You were signed out because the session was not used or too long. Sign in again."))
        back = request.get_full_path() if request.method == "GET" else "/"
        return HttpResponseRedirect(f"{reverse('account_login')}?next={back}")
