"""The journal's pages for auditors, and its published files for everybody: checkpoint, tiles, entries.

Checkpoints and hashes are public: they reveal nothing. Entries name certificates, so they are for participants at once
(signed in, or by a signed request) and for everybody after the embargo.
"""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from openkimberley.certificates import queries as certificates
from openkimberley.desk.web import actor_of, demand
from openkimberley.journal import queries, standing
from openkimberley.journal.shelf import CHECKPOINT, Once, read_tile
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import KimberleyError, Untrusted
from openkimberley.node import bundles
from openkimberley.node.journal_cli import looked_at_again
from openkimberley.trust import httpsig
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.tiles import ENTRIES, WIDTH, Tile

if TYPE_CHECKING:
    from django.http import HttpRequest

FOR_EVER = "max-age=31536000, immutable"
FRESH = "public, max-age=5"
"""A checkpoint changes once a minute at most; its cosignatures arrive within seconds."""

_SPOKEN = """Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec
Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu 2 3 4 5 6 7"""
SPELLING = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _SPOKEN.split(), strict=True))
"""The spelling alphabet of aviation: the same in every language."""


@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Every act, newest first, for those who may read the journal: an auditor's page."""
    by = demand(request, Permission.JOURNAL_READ)
    subject, event = (request.GET.get(name, "").replace("\0", "")[:80] for name in ("subject", "event"))
    rows = queries.entries(subject=subject, event=event, authority=by.authority)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    shown = [{"row": row, "said": queries.said(row)["statement"]} for row in page]
    return render(
        request, "node/journal.html",
        {"page": page, "shown": shown, "subject": subject, "event": event, "seal": _seal()},
    )  # fmt: skip


def _seal() -> dict[str, Any] | None:
    """What the page says of the newest checkpoint; None on a node that publishes no journal."""
    if not standing.origin():
        return None
    row = queries.newest()
    newest: dict[str, datetime] = {}
    for one in queries.cosignatures(row) if row else []:
        newest[one.witness] = datetime.fromtimestamp(one.time, UTC)
    return {
        "origin": standing.origin(), "stopped": queries.must_not_sign(), "row": row,
        "words": spelled(bytes(row.root)) if row else "", "root": bytes(row.root).hex() if row else "",
        "witnesses": sorted(newest.items()),
    }  # fmt: skip


def spelled(root: bytes) -> str:
    """The beginning of a root (60 bits) in words, to compare over a telephone."""
    return " ".join(SPELLING[letter] for letter in b32encode(root).decode()[:12])


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Re-check the whole journal now and say what was found."""
    demand(request, Permission.JOURNAL_READ)
    return render(request, "node/journal_check.html", {"found": looked_at_again()})


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint with its cosignatures, as a signed note. Public."""
    data = standing.folder().read(CHECKPOINT) if standing.origin() else None
    if data is None:
        return _plain(404, "This node publishes no journal.\n")
    return HttpResponse(data, content_type="text/plain; charset=utf-8", headers={"Cache-Control": FRESH})


@require_safe
def tile(request: HttpRequest, address: str) -> HttpResponse:
    """A tile of hashes (public), or a bundle of entries (for whoever may). What it holds never changes."""
    try:
        wanted = Tile.parse(address)
    except Untrusted:
        return _plain(404, "There is no such tile.\n")
    public = wanted.level != ENTRIES or _embargo_over(wanted)
    if not public and (why := _not_for(request)):
        return _plain(403, f"{why}\n")
    data = read_tile(standing.folder(), wanted) if standing.origin() else None
    if data is None:
        return _plain(404, "There is no such tile.\n")
    scope = "public" if public else "private"
    return HttpResponse(
        data, content_type="application/octet-stream", headers={"Cache-Control": f"{scope}, {FOR_EVER}"}
    )  # fmt: skip


def _plain(status: int, text: str) -> HttpResponse:
    """An answer for programs. Never kept: what is not there now may be there in a minute."""
    return HttpResponse(
        text, status=status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )  # fmt: skip


def _embargo_over(bundle: Tile) -> bool:
    """Whether every entry of a bundle is so old that anybody may read it."""
    before = timezone.now() - timedelta(days=settings.JOURNAL_EMBARGO_DAYS)
    return queries.entered_before(bundle.index * WIDTH + bundle.width - 1, before)


def _not_for(request: HttpRequest) -> str:
    """Why the asker may not read young entries; empty where it may."""
    if actor_of(request).may(Permission.JOURNAL_READ):
        return ""
    if "Signature" not in request.headers:
        days = settings.JOURNAL_EMBARGO_DAYS
        return (
            f"Entries are public {days} days after they were made. Before, participants sign their requests (RFC 9421)."
        )
    now = timezone.now()
    once = Once(standing.folder().root / "used")
    asked = httpsig.Request(request.method or "", request.build_absolute_uri(), dict(request.headers.items()))
    try:
        httpsig.verify(
            asked, key=transport_key, now=now,
            first=lambda name: once.first(name, now=now.timestamp(), keep=httpsig.REMEMBER.total_seconds()),
        )  # fmt: skip
    except KimberleyError as error:
        return str(error)
    return ""


def transport_key(kid: str) -> PublicKey | None:
    """The key with which an authority signs its requests, by its name: of the trust list, else of this node's own."""
    authority = kid.partition("/")[0]
    found = bundles.listed(at=timezone.localtime())
    if found is not None and authority in found.authorities:
        keys = [PublicKey.from_json(key, authority) for key in found.authorities[authority]["keys"]]
    else:
        keys = [certificates.public_key(row) for row in certificates.keys(authority)]
    return next((key for key in keys if key.kid == kid and key.use == httpsig.USE), None)
