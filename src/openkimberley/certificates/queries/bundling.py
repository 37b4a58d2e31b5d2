"""The bundle: what a check needs when there is no node."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.alerts import queries as alerts
from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.models import (
    Certificate,
    Received,
    SigningKey,
    StatusIndex,
)  # fmt: skip
from openkimberley.journal import queries as journal
from openkimberley.participants import queries as participants
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.statuslist import Status as StatusBits
from openkimberley.trust.statuslist import StatusList

if TYPE_CHECKING:
    from openkimberley.participants.facts import StatusPeriod

from openkimberley.certificates.queries.sight import participant_of
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


STATUS_BITS = {
    CertificateStatus.VOID: 1, CertificateStatus.REPLACED: 1, CertificateStatus.LOST: 1,
    CertificateStatus.EXPIRED_RETURNED: 1, CertificateStatus.RETURNED: 1, CertificateStatus.REFUSED: 2,
    CertificateStatus.DISPUTED: 2, CertificateStatus.CONFIRMED: 3,
}  # fmt: skip
"""What a status means in the 2-bit status list (trust.md 4.9): 1 void, 2 under query, 3 confirmed and used."""


def keys(authority: str, use: str = "") -> list[SigningKey]:
    """An authority's registered public keys, newest name last."""
    rows = SigningKey.objects.filter(authority=authority)
    return list(rows.filter(use=use) if use else rows)


def public_key(row: SigningKey) -> PublicKey:
    """A registered key as a trust list states it."""
    return PublicKey(
        kid=row.kid, alg=row.alg, pub=bytes(row.public_key), use=row.use, not_before=row.not_before,
        not_after=row.not_after, state=row.state, compromised_since=row.compromised_since, authority=row.authority,
    )  # fmt: skip


def _make_bundle(*, at: datetime) -> dict[str, Any]:
    """Gather a bundle from the register, the keys, the certificates and the alerts."""
    register = participants.register()
    by_authority: dict[str, dict[str, Any]] = {}
    for key in SigningKey.objects.all():
        entry = by_authority.setdefault(key.authority, _authority_entry(key.authority))
        if key.use == "seal":
            entry["seal_certificates"].append(hashlib.sha256(bytes(key.x509)).hexdigest())
            entry["seal_roots"].append(b64u(bytes(key.root)))
        else:
            entry["keys"].append(public_key(key).as_json())
    standing = Certificate.objects.filter(status__in=["ANNOUNCED", "DEPARTED", "ARRIVED"])
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
        "authorities": by_authority,
        "status_lists": _status_lists(at),
        "expected": list(standing.values_list("cid", flat=True)),
        "used": [
            {"cid": cid, "authority": authority}
            for cid, authority in Received.objects.exclude(cid="").values_list("cid", "authority")
        ],
        "alerts": sorted(alerts.known_fakes()),
        "overlay": {},
    }


PLACE_NAME = "node"


def _period(period: StatusPeriod) -> dict[str, Any]:
    """One period of a participant's history as the bundle has it."""
    return {
        "status": period.status.value,
        "from": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
        "zones": list(period.zones),
        "source": period.source,
    }


def _authority_entry(authority: str) -> dict[str, Any]:
    """What the bundle says of an authority besides its keys: its Participant and the numbers it may give."""
    rows = ranges(authority)
    return {
        "participant": participant_of(authority),
        "mode": "node",
        "keys": [],
        "seal_certificates": [],
        "seal_roots": [],
        "number_patterns": sorted({f"^{row.prefix}[0-9]{{{row.digits}}}$" for row in rows}),
        "ranges": [{"series": row.prefix, "from": row.first, "to": row.last, "year": row.year or 0} for row in rows],
    }


def _status_lists(at: datetime) -> dict[str, dict[str, Any]]:
    """A status list for each authority and year in which certificates were issued."""
    found: dict[str, dict[str, Any]] = {}
    for authority, year in StatusIndex.objects.values_list("authority", "year").distinct().order_by():
        rows = Certificate.objects.filter(authority=authority, issued_at__year=year, status__in=list(STATUS_BITS))
        changes = {
            index: StatusBits(STATUS_BITS[CertificateStatus(status)])
            for index, status in rows.values_list("status_index", "status")
        }
        found[status_uri(authority, year)] = {
            "authority": authority, "id": year, "bits": 2, "lst": StatusList.empty().with_(changes).encode(),
            "exp": (at + timedelta(days=7)).astimezone(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
    return found


def status_uri(authority: str, year: int) -> str:
    """Where the status list of an authority and year will be found."""
    return f"https://kp.example/status/{authority}/{year}-1"
