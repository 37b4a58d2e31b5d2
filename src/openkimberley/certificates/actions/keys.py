"""The public keys of an authority: registered, retired, or known to be in wrong hands since a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from openkimberley.certificates import queries, statements
from openkimberley.certificates.models import SigningKey
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.trust.canonical import b64u, sha256


@action("certificates.register_key", needs=Permission.KEY_KEEP)
def register_key(
    *, by: Actor, at: datetime, kid: str, use: str, alg: str, public_key: bytes, not_before: date, not_after: date,
    x509: bytes = b"", root: bytes = b"",
) -> SigningKey:  # fmt: skip
    """Register a public key of one's authority for signing certificates (``sign``) or sealing PDFs (``seal``)."""
    if not kid.startswith(f"{by.authority}/{use}/"):
        raise Conflict(f"the key {kid} is not named {by.authority}/{use}/...")
    if SigningKey.objects.filter(authority=by.authority, kid=kid).exists():
        raise Conflict(f"the key {kid} is registered already: a new key has a new name")
    row = SigningKey.objects.create(
        authority=by.authority, kid=kid, use=use, alg=alg, public_key=public_key, x509=x509, root=root,
        not_before=not_before, not_after=not_after,
    )  # fmt: skip
    record(
        "key.registered", by=by, at=at, subject=kid,
        statement={
            "use": use, "alg": alg, "pub": b64u(public_key), "nbf": not_before.isoformat(),
            "naf": not_after.isoformat(), "x509_sha256": b64u(sha256(x509)) if x509 else "",
        },
        public=_published(row),
    )  # fmt: skip
    return row


@action("certificates.end_key", needs=Permission.KEY_KEEP)
def end_key(*, by: Actor, at: datetime, kid: str, compromised_since: date | None = None) -> SigningKey:
    """Retire a key, or enter since when it may be in wrong hands: nothing it signed from that day on counts."""
    row = SigningKey.objects.select_for_update().filter(authority=by.authority, kid=kid).first()
    if row is None:
        raise NotFound("key", kid)
    row.state = "compromised" if compromised_since else "retired"
    row.compromised_since = compromised_since
    row.save(update_fields=["state", "compromised_since"])
    record(
        f"key.{row.state}", by=by, at=at, subject=kid,
        statement={"since": compromised_since.isoformat() if compromised_since else ""},
        public=_published(row),
    )  # fmt: skip
    return row


def _published(row: SigningKey) -> dict[str, Any]:
    """What the published journal says of a key: whose, and the hash of its record."""
    return statements.key_entry(row.authority, queries.public_key(row))
