"""Published status lists: files for everybody, to keep and pass on. No sign-in, no cookie, nothing asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from openkimberley.certificates import queries
from openkimberley.kernel.errors import NotFound
from openkimberley.trust.statuslist import LIFE, TTL

if TYPE_CHECKING:
    from django.http import HttpRequest

MEDIA_TYPE = "application/statuslist+jwt"


@require_safe
def one(request: HttpRequest, authority: str, year: int) -> HttpResponse:
    """The newest edition of an authority's list of a year, as it was signed."""
    row = queries.edition(authority, year)
    if row is None:
        raise NotFound("status list", f"{authority}/{year}-1")
    left = LIFE - int((timezone.now() - row.at).total_seconds())
    tag = f'"{row.sha256}"'
    if request.headers.get("If-None-Match") == tag:
        return _public(HttpResponseNotModified(), seconds=left, tag=tag)
    return _public(HttpResponse(row.jwt, content_type=MEDIA_TYPE), seconds=left, tag=tag)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every list that this node publishes: where it is, how large, when it was signed."""
    return _public(JsonResponse({"lists": queries.index_of_lists()}), seconds=TTL)


def _public(answer: HttpResponse, *, seconds: int, tag: str = "") -> HttpResponse:
    """For any cache and any page of the world, for as long as a copy need not be asked for again."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = f"public, max-age={max(0, min(TTL, seconds))}"
    answer["X-Content-Type-Options"] = "nosniff"
    if tag:
        answer["ETag"] = tag
    return answer
