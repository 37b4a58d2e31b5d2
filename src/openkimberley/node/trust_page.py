"""What protects a certificate: the trust list, the signer, the journal, its witnesses and the status lists, as they are
now on this node, each with what it stops and what it does not. Public: nothing here is secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openkimberley.certificates import queries as certificates
from openkimberley.journal import queries as journal
from openkimberley.journal import standing
from openkimberley.kernel.errors import KimberleyError
from openkimberley.node import bundles
from openkimberley.trust import signing
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.trustlist.facts import fingerprint

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from openkimberley.trust.trustlist import TrustedList


@require_GET
def trust(request: HttpRequest) -> HttpResponse:
    """What protects a certificate on this node, with the state of each part."""
    now = timezone.localtime()
    return render(
        request,
        "node/trust.html",
        {
            "list": _list(now), "signing": _signing(), "journal": _journal(now),
            "statuses": _statuses(),
            "demonstration": bool(settings.PLACE.config.get("demonstration")),
        },
    )  # fmt: skip


def _list(now: datetime) -> dict[str, Any]:
    """The trust list, or why there is none to show."""
    try:
        found = bundles.listed(at=now)
    except KimberleyError as error:
        return {"trouble": str(error)}
    if found is None:
        return {}
    return {
        "found": found, "age": (now - found.issued).days, "authorities": list(_authorities(found)),
        "root": bundles.own_fingerprint(at=now),
    }  # fmt: skip


def _authorities(found: TrustedList) -> Any:
    """Every authority with keys, and how its signing key is compared by voice."""
    for code, about in sorted(found.authorities.items()):
        keys = [key for key in about["keys"] if key.get("use") == "sign"]
        if keys:
            newest = PublicKey.from_json(keys[-1], code)
            yield {"code": code, "kid": newest.kid, "fingerprint": fingerprint(newest), "state": newest.state,
                   "pending": found.pending.get(code.partition("-")[0], "")}  # fmt: skip


def _signing() -> list[dict[str, Any]]:
    """The authorities that this node signs for, and whether the signing process answers."""
    rows = []
    for authority in certificates.served():
        try:
            answers = signing.can_sign(authority)
        except KimberleyError:
            answers = False
        rows.append({"authority": authority, "answers": answers})
    return rows


def _statuses() -> list[dict[str, Any]]:
    """Every status list with the moment it was signed."""
    return [{**one, "issued": datetime.fromisoformat(one["issued"])} for one in certificates.index_of_lists()]


def _journal(now: datetime) -> dict[str, Any]:
    """The newest checkpoint and who has cosigned it."""
    row = journal.newest(at=now)
    if row is None:
        return {"origin": standing.origin()}
    last: dict[str, int] = {}
    for one in journal.cosignatures(row):
        last[one.witness] = max(one.time, last.get(one.witness, 0))
    witnesses = [(name, datetime.fromtimestamp(at, UTC)) for name, at in sorted(last.items())]
    return {"origin": standing.origin(), "row": row, "witnesses": witnesses, "stopped": journal.must_not_sign()}
