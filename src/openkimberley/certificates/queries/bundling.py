"""The bundle: what a check needs when there is no node. Evaluated, as the engine reads it; or in pieces.

What travels is signed piece by piece: the status lists by their authorities, what only this authority knows by itself.
The trust list and the checkpoints are other areas' pieces.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import statements
from openkimberley.certificates.models import (
    Certificate,
    Received,
    SigningKey,
)  # fmt: skip
from openkimberley.journal import queries as journal
from openkimberley.participants import queries as participants
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.signing import sign_statement
from openkimberley.trust.statuslist import LIFE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from openkimberley.participants.facts import StatusPeriod

    Proof = Callable[[Certificate], str]

from openkimberley.certificates.queries.sight import participant_of
from openkimberley.certificates.queries.statuslists import lists, statuses
from openkimberley.certificates.queries.stock import ranges


def bundle(*, at: datetime) -> dict[str, Any]:
    """What a check needs when there is no node: participants, this node's keys, statuses, uses and alerts.

    Rebuilt only when the journal has moved since the last time: its head's hash stands for all that was done, and an
    act that was undone leaves another head. See docs/spec/bundle.md for the form.
    """
    key = (journal.head(), at.date())
    if _bundle.get("key") != key:
        _bundle.update(key=key, made=_make_bundle(at=at))
    return {**_bundle["made"], "issued": at.astimezone(UTC).isoformat(timespec="seconds")}


_bundle: dict[str, Any] = {}


"""What a status means in the 2-bit status list (trust.md 4.9): 1 void, 2 under query, 3 confirmed and used."""


def keys(authority: str, use: str = "") -> list[SigningKey]:
    """An authority's registered public keys, newest name last."""
    rows = SigningKey.objects.filter(authority=authority)
    return list(rows.filter(use=use) if use else rows)


def served() -> list[str]:
    """The authorities whose certificates this node signs."""
    rows = SigningKey.objects.filter(use="sign").values_list("authority", flat=True)
    return sorted(rows.distinct().order_by())


def public_key(row: SigningKey) -> PublicKey:
    """A registered key as a trust list states it."""
    return PublicKey(
        kid=row.kid, alg=row.alg, pub=bytes(row.public_key), use=row.use, not_before=row.not_before,
        not_after=row.not_after, state=row.state, compromised_since=row.compromised_since, authority=row.authority,
    )  # fmt: skip


def _make_bundle(*, at: datetime) -> dict[str, Any]:
    """Gather a bundle from the register, the keys, the certificates and the alerts."""
    register = participants.register()
    standing = Certificate.objects.filter(status__in=STANDING)
    return {
        "v": 1,
        "node": PLACE_NAME,
        "head": journal.head(),
        "participants": {
            code: {
                "code": code,
                "name": one.name,
                "codes": sorted({prefix.code for prefix in one.prefixes} - {code}),
                "history": [_period(period) for period in one.timeline()],
            }
            for code, one in register.participants.items()
        },
        "authorities": {authority: listing(authority) for authority in served()},
        "status_lists": _status_lists(at),
        "expected": list(standing.values_list("cid", flat=True)),
        **_known(Received.objects.exclude(cid="")),
    }


USED_FOR = timedelta(days=180)
"""How long a use travels in a bundle: longer than any certificate is valid, after which its date refuses it anyhow."""


def _known(uses: QuerySet[Received]) -> dict[str, Any]:
    """What this node knows of uses and warnings, and the stricter rules of its state: in either form of a bundle."""
    used = uses.order_by("id").values_list("cid", "authority")
    return {
        "used": [{"cid": cid, "authority": authority} for cid, authority in used],
        "alerts": sorted(alerts.known_fakes()),
        "overlay": {},
    }


def local(*, authority: str, at: datetime, proof: Proof | None = None) -> dict[str, Any]:
    """What an authority tells its own officers in a bundle (docs/spec/bundle.md): expected arrivals, uses, alerts.

    ``proof`` gives the text of a certificate's proof in the journal, or empty; with it an officer offline knows that
    the certificate was entered. Nothing here is for anybody but the authority's own desks.
    """
    bound = Q(destination_authority=authority) | Q(destination_authority="", destination=participant_of(authority))
    standing = Certificate.objects.filter(bound, status__in=STANDING).order_by("expiry_date", "number")
    return {
        "iss": statements.ISSUERS + participant_of(authority), "authority": authority, "iat": int(at.timestamp()),
        "expected": [_expected(row, proof) for row in standing.iterator(chunk_size=2000)],
        **_known(Received.objects.exclude(cid="").filter(received_on__gte=(at - USED_FOR).date())),
    }  # fmt: skip


def signed_local(*, authority: str, at: datetime, proof: Proof | None = None) -> str:
    """``local`` as the authority signs it (``kp-bundle+jwt``). Raises ``NotFound`` where it has no key for it."""
    return sign_statement(authority, "kp-bundle+jwt", local(authority=authority, at=at, proof=proof))


def _expected(row: Certificate, proof: Proof | None) -> dict[str, Any]:
    """One arrival to be expected: what an officer needs to know the paper and the bag by."""
    seals = row.content.get("seals") or [""]
    known = {
        "cid": row.cid, "d": row.issue_date.isoformat(), "number": row.number, "issuer": row.participant,
        "seal": seals[0],
    }  # fmt: skip
    text = proof(row) if proof else ""
    return {**known, "proof": text} if text else known


PLACE_NAME = "node"

STANDING = ("ANNOUNCED", "DEPARTED", "ARRIVED")
"""Statuses in which the importing authority waits for the goods."""


def _period(period: StatusPeriod) -> dict[str, Any]:
    """One period of a participant's history as the bundle has it."""
    return {
        "status": period.status.value,
        "from": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
        "zones": list(period.zones),
        "source": period.source,
    }


def listing(authority: str) -> dict[str, Any]:
    """What a trust list says of an authority on this node: its Participant, its keys, the numbers it may give."""
    rows, every = ranges(authority), keys(authority)
    seals = [row for row in every if row.use == "seal"]
    return {
        "participant": participant_of(authority),
        "mode": "node",
        "keys": [public_key(row).as_json() for row in every if row.use != "seal"],
        "seal_certificates": [hashlib.sha256(bytes(row.x509)).hexdigest() for row in seals],
        "seal_roots": [b64u(bytes(row.root)) for row in seals],
        "number_patterns": sorted({f"^{row.prefix}[0-9]{{{row.digits}}}$" for row in rows}),
        "ranges": [{"series": row.prefix, "from": row.first, "to": row.last, "year": row.year or 0} for row in rows],
    }


def _status_lists(at: datetime) -> dict[str, dict[str, Any]]:
    """A status list for each authority and year in which certificates were issued, under each of its addresses."""
    return {
        uri: {
            "authority": authority, "id": year, "bits": 2, "lst": statuses(authority, year).encode(),
            "exp": (at + timedelta(seconds=LIFE)).astimezone(UTC).isoformat(timespec="seconds"),
        }
        for authority, year, uri in lists()
    }  # fmt: skip
