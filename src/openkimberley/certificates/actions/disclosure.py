"""A part of a certificate is shown to somebody: made from the one signed document, and entered with whom and why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from openkimberley.certificates import queries, rules, statements
from openkimberley.certificates.models import Disclosure
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotPermitted
from openkimberley.trust.canonical import b64u, sha256


class Presentation(NamedTuple):
    """A part of a certificate to hand on (SD-JWT text), and the record of it."""

    text: str
    row: Disclosure


@action("certificates.disclose", needs=Permission.CERTIFICATE_DISCLOSE)
def disclose(
    *, by: Actor, at: datetime, number: str, profile: str, to: str, basis: str, also: Collection[str] = ()
) -> Presentation:
    """Make the part of a certificate that a bank, a carrier or somebody else may see; enter to whom and on what basis.

    ``also`` names further claims, which only the holder may add to his own certificate. The part itself is not kept.
    The journal says which claims were shown; the table, which can be erased, to whom.
    Raises ``NotPermitted`` for a part or claim that is not the actor's to show, ``NotFound``, and ``Conflict`` where
    recipient or basis is missing, or the certificate was erased.
    """
    row = queries.shown_certificate(number, by=by)
    standing = queries.standing(row, by=by)
    if profile not in rules.profiles_for(standing):
        raise NotPermitted(Permission.CERTIFICATE_DISCLOSE, f"the part {profile[:20]!r} is not yours to show")
    if stray := frozenset(also) - rules.may_add(standing, profile):
        raise NotPermitted(Permission.CERTIFICATE_DISCLOSE, f"{', '.join(sorted(stray))[:80]} may not be shown besides")
    if not to.strip() or not basis.strip():
        raise Conflict("enter to whom it is shown, and on what basis")
    if row.erased_at:
        raise Conflict(f"what certificate {number} said was erased on {row.erased_at:%Y-%m-%d}")
    text = statements.present_credential(row.sd_jwt, profile, also)
    shown = sorted(statements.shown_in(text))
    made = Disclosure.objects.create(
        certificate=row, authority=by.authority, company=queries.company_of(row, by=by),
        profile=profile, fields=shown, shown_to=to.strip()[:200], basis=basis.strip()[:300],
        sha256=b64u(sha256(text.encode())), made_by=by.id, made_at=at,
    )  # fmt: skip
    record(
        "certificate.disclosed", by=by, at=at, subject=number,
        statement={"profile": profile, "fields": shown, "sha256": made.sha256},
    )  # fmt: skip
    return Presentation(text, made)
