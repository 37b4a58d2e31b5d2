"""What every API call shares: RFC 9457 problem documents, and the actor behind a token or session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from openkimberley.kernel.errors import KimberleyError, NotPermitted, Refused, Untrusted

if TYPE_CHECKING:
    from ninja import NinjaAPI

TITLES = {400: "Untrusted", 403: "NotPermitted", 404: "NotFound", 409: "Conflict", 422: "Refused"}


def problem(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """A problem document (RFC 9457). ``type`` is a stable name within this API."""
    body = {"type": f"/problems/{title.lower()}", "title": title, "status": status, "detail": detail, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def explain(error: KimberleyError) -> JsonResponse:
    """The problem document of one of the five errors, with the list of objections where there are any."""
    more: dict[str, Any] = {}
    if isinstance(error, Refused):
        more["objections"] = [o.as_json() for o in error.objections]
    elif isinstance(error, NotPermitted):
        more["permission"] = error.permission
    elif isinstance(error, Untrusted):
        more["step"] = error.step
    return problem(error.status, TITLES.get(error.status, "Error"), str(error), **more)


def install(api: NinjaAPI) -> None:
    """Teach an API to answer the five errors."""

    @api.exception_handler(KimberleyError)
    def _five(request: HttpRequest, error: KimberleyError) -> HttpResponse:
        return explain(error)

    @api.exception_handler(ValidationError)
    def _form(request: HttpRequest, error: ValidationError) -> HttpResponse:
        faults = [
            {"field": "/".join(str(part) for part in fault["loc"]), "message": fault["msg"]} for fault in error.errors
        ]
        return problem(422, "Malformed", "the request has not the form that the description asks for", faults=faults)

    @api.exception_handler(AuthenticationError)
    def _who(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(401, "NotSignedIn", "sign in, or send a token as Authorization: Bearer")

    @api.exception_handler(HttpError)
    def _other(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, "Error", str(error))

    @api.exception_handler(Http404)
    def _nothing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "NotFound", "there is nothing at this address")
