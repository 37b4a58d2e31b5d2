"""What every page shares: the request that knows its actor, and the one translation of errors into pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from openkimberley.desk.api import problem
from openkimberley.kernel.actor import NOBODY, Actor, Permission
from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, NotPermitted, Refused, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openkimberley.kernel.rules import Objection


class ActorRequest(HttpRequest):
    """A request whose actor is known (set by ``accounts.middleware``)."""

    actor: Actor


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request; ``NOBODY`` for a visitor."""
    return getattr(request, "actor", NOBODY)


def demand(request: HttpRequest, permission: Permission) -> Actor:
    """The actor, who holds the permission. Raises ``NotPermitted`` otherwise: every page asks the same table."""
    actor = actor_of(request)
    if not actor.may(permission):
        raise NotPermitted(permission)
    return actor


def said(objection: Objection) -> dict[str, Any]:
    """An objection for a template, in the reader's language: translated by its English template, facts filled in."""
    return {
        "rule": objection.rule, "severity": objection.severity.value, "level": objection.level,
        "source": objection.source, "field": objection.field,
        "message": _(objection.template) % objection.facts
        if objection.facts else _(objection.template).replace("%%", "%"),
        "remedy": _(objection.remedy) if objection.remedy else "",
    }  # fmt: skip


def context(request: HttpRequest) -> Mapping[str, Any]:
    """What every template knows: the actor, what may be done, the demonstration mark, the writing direction."""
    actor = actor_of(request)
    return {
        "actor": actor,
        "may": {permission.name.lower(): actor.may(permission) for permission in Permission},
        "demonstration": settings.DEMONSTRATION,
        "rtl": get_language_bidi(),
    }


class ErrorMiddleware:
    """Turns the five errors into pages. A page that can keep the user's input catches ``Refused`` itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; a NUL in an address is no address (PostgreSQL would stumble over it).

        What Django itself answers under /api/ (no such address, no such method) becomes a problem document too.
        """
        response = render(request, "400.html", status=400) if "\0" in request.path else self.get_response(request)
        page = response.headers.get("Content-Type", "").startswith("text/html")
        if request.path.startswith("/api/") and response.status_code >= HTTPStatus.BAD_REQUEST and page:
            phrase = HTTPStatus(response.status_code).phrase
            return problem(response.status_code, phrase.title().replace(" ", ""), f"{phrase}.")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for the five errors; None for anything else, which is a fault of the software."""
        if not isinstance(error, KimberleyError) or request.path.startswith("/api/"):
            return None
        return render(request, "desk/error.html", explain(error), status=error.status)


def explain(error: KimberleyError) -> dict[str, Any]:
    """Heading, sentence and objections of an error, for the error page."""
    objections = [said(o) for o in error.objections] if isinstance(error, Refused) else []
    heading = {
        Refused: _("This was refused"), NotPermitted: _("You may not do this"), NotFound: _("There is no such page"),
        Conflict: _("This has changed meanwhile"), Untrusted: _("This cannot be trusted"),
    }.get(type(error), _("Something went wrong"))  # fmt: skip
    sentence = "" if objections else str(error)
    if isinstance(error, NotPermitted) and not error.reason:
        sentence = _("Your roles do not include this: %(permission)s.") % {"permission": error.permission}
    return {"heading": heading, "sentence": sentence, "objections": objections, "status": error.status}
