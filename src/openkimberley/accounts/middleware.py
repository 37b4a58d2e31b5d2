"""Turns a request into an ``Actor``: by session for pages, by token for the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from openkimberley.accounts import queries
from openkimberley.kernel.actor import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class ActorMiddleware:
    """Sets ``request.actor`` from the signed-in user's roles of today."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the actor and pass the request on."""
        user = request.user
        request.actor = (  # type: ignore[attr-defined]
            queries.actor_of(user, on=timezone.now().date()) if user.is_authenticated else NOBODY
        )
        return self.get_response(request)
