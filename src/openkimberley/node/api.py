"""The JSON API: every area's router under /api/v1/, what spans areas here, OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI, Schema

import openkimberley
from openkimberley.accounts.api import auth
from openkimberley.certificates import queries as certificates
from openkimberley.desk import api as desk
from openkimberley.desk.limits import too_many, wait
from openkimberley.desk.web import actor_of, demand
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.rules import register
from openkimberley.verification.files import verify_file
from openkimberley.verification.known import known_bundle

AREAS = ("participants", "trade", "alerts", "certificates", "shipments", "accounts")
MOST_TEXT = 200_000  # characters: an SD-JWT of fifty lines is 12,000

api = NinjaAPI(
    title="OpenKimberley",
    version=openkimberley.__version__,
    description="Everything the pages do. Errors are RFC 9457 problem documents with the list of objections.",
    urls_namespace="api",
    auth=auth,
)
desk.install(api)
for area in AREAS:
    if (Path(__file__).parent.parent / area / "api.py").exists():
        api.add_router("", import_module(f"openkimberley.{area}.api").router)


class ToVerify(Schema):
    """A QR text or SD-JWT to judge."""

    artefact: str
    authority: str = ""
    proof: str = ""


@api.post("/verify", auth=None, tags=["verification"])
def verify(request: HttpRequest, body: ToVerify) -> Any:
    """Is this certificate genuine and usable? Verdict, advice and every numbered check. Public; nothing is kept.

    Of a bare number it tells what everybody may know of its issuer, so nobody learns by trying numbers. 429: too often.
    """
    if seconds := wait(request, "verify"):
        return too_many(request, seconds)
    now, desk = timezone.localtime(), actor_of(request).authority
    report = verify_file(
        body.artefact[:MOST_TEXT].encode("utf-8", "replace"), known_bundle(at=now, authority=desk), now=now,
        authority=body.authority or desk or None, proof=body.proof[:MOST_TEXT],
    )  # fmt: skip
    return report.as_json()


@api.get("/rules", auth=None, tags=["rules"])
def rules(request: HttpRequest) -> list[dict[str, str]]:
    """All 180 rules: wording, source, and what the software does about each."""
    return [
        {"code": entry.code, "level": entry.level, "source": entry.source, "statement": entry.statement,
         "state": entry.state.value, "where": entry.where, "reason": entry.reason}
        for entry in register()
    ]  # fmt: skip


@api.get("/work", tags=["work list"])
def work(request: HttpRequest) -> list[dict[str, Any]]:
    """What waits for the signed-in person, the oldest first."""
    from openkimberley.node.pages import everything_waiting

    return sorted(everything_waiting(actor_of(request), at=timezone.localtime()), key=lambda item: item["since"])


@api.get("/journal", tags=["journal"])
def journal_entries(
    request: HttpRequest, subject: str = "", event: str = "", before: int = 2**62
) -> list[dict[str, Any]]:
    """Acts of one's authority, newest first, 100 at a time: go on with ``before`` the last index."""
    by = demand(request, Permission.JOURNAL_READ)
    rows = journal.entries(subject=subject, event=event, authority=by.authority).filter(index__lt=before)[:100]
    return [journal.said(row) for row in rows]


@api.get("/bundle", tags=["verification"])
def bundle(request: HttpRequest) -> dict[str, Any]:
    """What an offline check needs: participants, public keys, statuses, alerts."""
    demand(request, Permission.PAPER_REGISTER)
    return certificates.bundle(at=timezone.localtime())
