"""Reads of the witness: what is held, who watches whom, which policy holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings

from openkimberley.journal import standing
from openkimberley.journal.marks import Mark
from openkimberley.journal.models import Checkpoint
from openkimberley.journal.shelf import Web
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.trust import signing
from openkimberley.trust.notes import Note, VerifierKey
from openkimberley.trust.policy import Policy
from openkimberley.witness import facts
from openkimberley.witness.alone.asking import Send, last_seen, send
from openkimberley.witness.alone.rounds import Watchlist
from openkimberley.witness.alone.watching import Watched
from openkimberley.witness.models import Asked, Evidence, Finding, Office, WitnessedLog
from openkimberley.witness.rules.deciding import own_lines
from openkimberley.witness.statements import read_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from django.db.models import QuerySet

POLICY_FILE = "witness-policy.txt"


def own_origin() -> str:
    """The name of this node's own journal, empty where it keeps none that is published."""
    return standing.origin()


def office() -> Office | None:
    """The name and key under which this database witnesses; None where it does not, or its witness was retired."""
    return Office.objects.filter(retired_at__isnull=True).order_by("-id").first()


def own_keys() -> frozenset[bytes]:
    """The public keys of this node's witness, now and before: they never count for its own journal."""
    return frozenset(VerifierKey.parse(row.vkey).public_key for row in Office.objects.all())


def policy_text() -> str:
    """The witness policy in force: that of the trust list, else the one set by hand in ``node.json``; or empty."""
    published: Path = settings.PLACE.root / "trust" / "targets" / POLICY_FILE
    return (
        published.read_text(encoding="utf-8") if published.is_file() else str(settings.PLACE.config.get("policy", ""))
    )


def listed() -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """What the trust list in the node's folder says: the ``keys.json`` of every authority, and hours for logging.

    Both empty where there is no list. A file that cannot be read is passed over: the others still count.
    """
    folder: Path = settings.PLACE.root / "trust" / "targets"
    documents = (_json(path) for path in sorted(folder.glob("participants/*/authorities/*/keys.json")))
    authorities = {str(one["authority"]): one for one in documents if "authority" in one and "participant" in one}
    participants = _json(folder / "participants.json").get("participants", {})
    return authorities, {code: int(one.get("max_log_delay_h", 24)) for code, one in participants.items()}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def policy() -> Policy | None:
    """The witness policy in force, None where none was set. Raises ``Untrusted`` for one that cannot be read."""
    text = policy_text()
    return Policy.parse(text) if text.strip() else None


def known(row: WitnessedLog) -> facts.KnownLog:
    """A row as the decision reads it."""
    keys = tuple(VerifierKey.parse(text) for text in row.vkeys)
    return facts.KnownLog(row.origin, keys, facts.Held(row.size, bytes(row.root), row.note, row.at))


def sender(body: bytes) -> str:
    """The journal whose checkpoint a request brings; empty where it is not known here, or has not signed it."""
    try:
        shown = read_submission(body)
    except Untrusted:
        return ""
    row = WitnessedLog.objects.filter(origin=shown.checkpoint.origin).first()
    return row.origin if row is not None and own_lines(known(row), shown.note).signatures else ""


def logs() -> QuerySet[WitnessedLog]:
    """Every journal that is or was known."""
    return WitnessedLog.objects.all()


def checkpoint(log_id: str) -> str:
    """The last checkpoint that was accepted of a journal, with this witness's cosignature. Raises ``NotFound``."""
    row = WitnessedLog.objects.filter(log_id=log_id).exclude(note="").first()
    if row is None:
        raise NotFound("journal", log_id[:64])
    return row.note + row.cosignature


def cosigners(row: WitnessedLog) -> list[str]:
    """The names of those whose lines stand under what is held, the journal's own left out: shown, not verified."""
    if not row.note:
        return []
    lines = Note.parse(row.note + row.cosignature).signatures
    return list(dict.fromkeys(line.name for line in lines if line.name != row.origin))


def evidence(origin: str = "") -> QuerySet[Evidence]:
    """Evidence, newest first."""
    return Evidence.objects.filter(origin=origin) if origin else Evidence.objects.all()


def findings() -> QuerySet[Finding]:
    """What the monitor has reported, newest first."""
    return Finding.objects.all()


def recent_checkpoints(most: int = 200) -> list[Checkpoint]:
    """The last checkpoints of this node's own journal, newest first."""
    return list(Checkpoint.objects.order_by("-size")[:most])


def remembered(*, get: Send = send) -> list[Mark]:
    """How far others have seen this node's own journal, for whoever answers: an old copy of it is told by that.

    Only what this node's journal key has signed, or one that the policy names for the journal, was ever its journal:
    the word of a witness alone must not stop it. Raises ``NotFound`` where the node has no journal key.
    """
    try:
        found = policy()
    except Untrusted:  # a policy that cannot be read must not keep the journal from being signed
        return []
    own, origin = own_keys(), own_origin()
    asking = [key for key in found.witnesses.values() if key.public_key not in own] if found and origin else []
    if not found or not asking:
        return []
    journal = [signing.verifier_key(origin, "log"), *(key for key in found.logs if key.name == origin)]
    seen = [last_seen(found.addresses[key], key, origin, journal=journal, get=get)
            for key in asking if key in found.addresses]  # fmt: skip
    return [Mark(one.size, one.root) for one in seen if one is not None]


def watchlist(*, sign: Callable[[str], Mapping[str, str]] | None = None) -> Watchlist | None:
    """What this node's monitor looks at: every journal that is known with an address. None without a policy.

    ``sign`` gives the headers of a signed request for an address, for entries that only participants may read.
    """
    found = policy()
    if found is None:
        return None
    watched = []
    for row in WitnessedLog.objects.all():
        keys = tuple(map(VerifierKey.parse, row.vkeys))
        address = row.url or next((found.addresses[key] for key in keys if key in found.addresses), "")
        if keys and address:
            own = frozenset(VerifierKey.parse(text).public_key for text in row.about.get("own_witnesses", ()))
            watched.append(
                Watched(
                    row.origin,
                    keys,
                    Web(address, sign=sign),
                    own,
                    issuer=row.participant,
                    facts=facts.issuer_of(row.about),
                )
            )
    return Watchlist(found, tuple(watched))


def asked() -> dict[str, Asked]:
    """How it stands with each witness that was asked, by its key."""
    return {row.vkey: row for row in Asked.objects.all()}
