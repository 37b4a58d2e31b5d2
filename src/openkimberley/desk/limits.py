"""How often one address may ask what costs work and tells of certificates: counted here, forgotten after a minute.

Counts live in the process's cache: with several processes a caller has that many times the allowance. A person who has
signed in is not counted, since he is known. What is over the limit is answered 429 with ``Retry-After``.
"""

from __future__ import annotations

import ipaddress
from functools import wraps
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from openkimberley.desk.api import problem
from openkimberley.desk.web import actor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

WINDOW = 60  # seconds
FRAMES = 10  # a camera sends so many frames for one certificate


def address_of(request: HttpRequest) -> str:
    """Who asks: the caller's address, or the network of 64 bits that one household or office has of IPv6."""
    # behind our own proxy the last address of the header is the one that the proxy saw; the others anybody can write
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    written = told or str(request.META.get("REMOTE_ADDR", ""))
    try:
        one = ipaddress.ip_address(written)
    except ValueError:
        return "unknown"
    return str(one) if one.version == 4 else str(ipaddress.ip_network((one, 64), strict=False))


def wait(request: HttpRequest, what: str, *, times: int = 1) -> int:
    """Count one question. Returns 0, or for how many seconds the caller must wait.

    ``times`` multiplies the allowance of ``settings.VERIFY_PER_MINUTE``.
    """
    if actor_of(request).id:
        return 0
    now = int(timezone.now().timestamp())
    key = f"limit:{what}:{address_of(request)}:{now // WINDOW}"
    cache.add(key, 0, timeout=2 * WINDOW)
    try:
        asked = cache.incr(key)
    except ValueError:  # thrown out of a full cache meanwhile
        return 0
    return 0 if asked <= settings.VERIFY_PER_MINUTE * times else WINDOW - now % WINDOW


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """The answer to who asks too often: a page, or a problem document for programs."""
    sentence = _("Too many questions from your address. Try again in %(seconds)s seconds.") % {"seconds": seconds}
    if request.path.startswith("/api/"):
        answer: HttpResponse = problem(429, "TooManyRequests", sentence)
    else:
        page = {"heading": _("One moment, please"), "sentence": sentence, "objections": [], "status": 429}
        answer = render(request, "desk/error.html", page, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def limited(what: str, *, times: int = 1) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page whose questions (POST) are counted."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def counted(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            seconds = wait(request, what, times=times) if request.method == "POST" else 0
            return too_many(request, seconds) if seconds else view(request, *args, **kwargs)

        return counted

    return wrap
