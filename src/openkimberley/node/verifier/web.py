"""The border check as pages of the node: /verifier/ and what it needs to be kept on a telephone."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from openkimberley.desk.web import actor_of
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.node import bundles
from openkimberley.node.verifier import page as made

if TYPE_CHECKING:
    from django.http import HttpRequest

SERVED = {
    **made.policy(),
    "img-src": [SELF, "data:", "blob:"],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "frame-ancestors": [NONE],
}
"""The policy of the page where it is served: as on a stick, and it may ask this node for its list."""


def _answer(request: HttpRequest, body: bytes, kind: str, *, packed: bytes | None = None) -> HttpResponse:
    """A body that a browser may keep and has to ask about again; packed for those who take it so."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    elif packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, content_type=kind, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(body, content_type=kind)
    for name, value in {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}.items():
        response[name] = value
    return response


@cache
def _packed() -> bytes:
    return gzip.compress(made.served(), 9, mtime=0)


@csp(SERVED)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The border check. No sign-in: it holds nothing that is not public."""
    response = _answer(request, made.served(), "text/html; charset=utf-8", packed=_packed())
    response["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with the version of the page it keeps."""
    version = hashlib.sha256(made.served()).hexdigest()[:16]
    script = (made.BUILT / "sw.js").read_text(encoding="utf-8").replace("VERSION", version)
    return _answer(request, script.encode(), "text/javascript; charset=utf-8")


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a telephone needs to put the page on its first screen."""
    name = _("Border check")
    about = {
        "name": f"{name} – OpenKimberley",
        "short_name": name,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "id": "./",
        "background_color": "#10212f",
        "theme_color": "#10212f",
        "icons": [
            {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"},
            {"src": "icon.png", "sizes": "512x512", "type": "image/png", "purpose": "any"},
        ],
    }
    return _answer(request, json.dumps(about, ensure_ascii=False).encode(), "application/manifest+json")


@require_GET
def icon(request: HttpRequest, kind: str) -> HttpResponse:
    """The mark, drawn or as pixels."""
    kinds = {"svg": "image/svg+xml", "png": "image/png"}
    if kind not in kinds:
        raise NotFound("page", request.path[:60])
    return _answer(request, (made.BUILT / f"icon.{kind}").read_bytes(), kinds[kind])


@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """The node's list for the page. Officers get all; others what is public: no arrivals that are awaited, no uses."""
    by, now = actor_of(request), timezone.localtime()
    officer = by.may(Permission.PAPER_REGISTER)
    body = bundles.handed_out(at=now, authority=by.authority) if officer else bundles.public(at=now)
    response = _answer(request, body, "application/json", packed=gzip.compress(body, 6))
    response["Cache-Control"] = "private, no-store"
    return response
