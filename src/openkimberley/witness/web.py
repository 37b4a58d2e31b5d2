"""The witness for programs (c2sp.org/tlog-witness: no session, no form token) and its page for everybody."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from openkimberley.kernel.errors import NotFound
from openkimberley.trust.notes import VerifierKey
from openkimberley.witness import actions, facts, queries
from openkimberley.witness.facts import MAX_BODY, TEXT

SHOWN = 50


class Pace:
    """At most so many calls a minute for each name. Kept in memory: a restart forgives."""

    def __init__(self, most: int, *, names: int = 4096) -> None:
        self._most, self._names = most, names
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def allows(self, name: str, now: float) -> bool:
        """Count a call; False where the name has had its share of this minute. ``now`` in seconds."""
        with self._lock:
            if len(self._calls) >= self._names:
                self._calls = {one: calls for one, calls in self._calls.items() if calls[-1] > now - 60}
            if len(self._calls) >= self._names and name not in self._calls:
                return False
            calls = self._calls.setdefault(name, deque())
            while calls and calls[0] <= now - 60:
                calls.popleft()
            if len(calls) < self._most:
                calls.append(now)
                return True
            return False


PACE = Pace(60)
"""A journal sends a checkpoint a minute, and each once more where the witness held another size than it believed."""

STRANGERS = Pace(60)
"""What brings no known journal's checkpoint: one share for each address, in a table of its own that may run full."""


@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign a checkpoint. Whoever sends it: the journal's own signature is what counts."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        return _plain("the request is larger than any can be\n", 413)
    try:
        body = request.body
    except (RawPostDataException, UnreadablePostError):
        return _plain("the request was cut off\n", 400)
    now = timezone.localtime()
    # a journal has its share only for what it has signed, and for each sender: names are invented for nothing, and
    # would else fill the table, and whoever repeats a journal's checkpoints must not use up what it has itself
    address, origin = str(request.META.get("REMOTE_ADDR", "")), queries.sender(body)
    pace, name = (PACE, f"{address} {origin}") if origin else (STRANGERS, address)
    if not pace.allows(name, now.timestamp()):
        answer = _plain("too many requests for this journal: wait a minute\n", 429)
        answer["Retry-After"] = "60"
        return answer
    said = actions.add_checkpoint(body, at=now)
    return _plain(said.body, said.status, said.content_type)


@require_GET
def checkpoint(request: HttpRequest, log_id: str) -> HttpResponse:
    """The last checkpoint of a journal that this witness accepted, with its cosignature."""
    try:
        return _plain(queries.checkpoint(log_id), 200)
    except NotFound as error:
        return _plain(f"{error}\n", 404)


def _plain(text: str, status: int, content_type: str = TEXT) -> HttpResponse:
    return HttpResponse(text.encode(), status=status, content_type=content_type, headers={"Cache-Control": "no-store"})


@require_GET
def watch_page(request: HttpRequest) -> HttpResponse:
    """Who watches whom: every journal, how old its last word is, who cosigned it, and what was found."""
    now = timezone.localtime()
    office = queries.office()
    rows = [_shown(row, now) for row in queries.logs()]
    return render(request, "witness/watch.html", {
        "name": VerifierKey.parse(office.vkey).name if office else "", "vkey": office.vkey if office else "",
        "logs": rows, "witnesses": _witnesses(), "own": queries.own_origin(),
        "evidence": queries.evidence()[:SHOWN], "findings": queries.findings()[:SHOWN],
    })  # fmt: skip


def _shown(row: Any, now: datetime) -> dict[str, Any]:
    at = datetime.fromtimestamp(row.at, UTC) if row.note else None
    return {
        "row": row, "at": at, "stale": at is not None and (now - at).total_seconds() > facts.STALE,
        "cosigners": queries.cosigners(row), "address": f"/witness/{row.log_id}/checkpoint" if row.note else "",
        "known": bool(row.vkeys),
    }  # fmt: skip


def _witnesses() -> list[dict[str, Any]]:
    """Who was asked to cosign this node's journal, and how it went."""
    return [
        {"name": VerifierKey.parse(row.vkey).name, "size": row.cosigned if row.cosigned >= 0 else None,
         "at": datetime.fromtimestamp(row.cosigned_at, UTC) if row.cosigned_at else None, "trouble": row.trouble}
        for row in queries.asked().values()
    ]  # fmt: skip


@require_GET
def evidence_file(request: HttpRequest, number: int) -> HttpResponse:
    """Both signed checkpoints of a piece of evidence, for anybody to check."""
    row = queries.evidence().filter(pk=number).first()
    if row is None:
        raise NotFound("evidence", str(number))
    return _plain(f"{row.held}\n{row.shown}", 200)
