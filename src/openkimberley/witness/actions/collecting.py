"""Take one's own checkpoints round: ask every witness of the policy, by HTTP or by files, and keep what they signed.

None of this is an ``@action``: a cosignature proves itself, and an entry for each would make the next checkpoint due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.journal import queries as journal
from openkimberley.journal.actions.sequencing import add_cosignatures
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust.notes import Checkpoint, Note, VerifierKey, decimal
from openkimberley.witness import queries
from openkimberley.witness.alone.asking import Outcome, Send, ask, send
from openkimberley.witness.models import Asked
from openkimberley.witness.rules.collecting import due, wait
from openkimberley.witness.statements import read_cosignatures, write_submission

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.trust.policy import Policy


def witnesses_to_ask(policy: Policy) -> dict[str, VerifierKey]:
    """The witnesses of a policy by its names, without this node's own: it never counts for its own journal."""
    own = queries.own_keys()
    return {name: key for name, key in policy.witnesses.items() if key.public_key not in own}


def collect(*, at: datetime, post: Send = send) -> int:
    """Ask the witnesses that are due for their cosignature on the newest checkpoint. Returns how many gave one.

    A witness that cannot be reached, or refuses, waits longer each time; what it said stands on the page.
    """
    policy, newest = queries.policy(), journal.newest(at=at)
    if policy is None or newest is None:
        return 0
    count, now = 0, int(at.timestamp())
    known = queries.asked()
    for key in witnesses_to_ask(policy).values():
        row = known.get(key.text) or Asked(vkey=key.text)
        address = policy.addresses.get(key, "")
        if address and due(
            size=newest.size, cosigned=row.cosigned, cosigned_at=row.cosigned_at, not_before=row.not_before, now=now
        ):
            said = ask(address, key, newest.note, old=min(row.held, newest.size), consistency=journal.consistency,
                       post=post)  # fmt: skip
            _note(row, newest.size, said, now=now)
            if said.lines:
                count += 1
                add_cosignatures(newest.size, [line.line for line in said.lines], witnesses=[key])
    return count


def _note(row: Asked, size: int, said: Outcome, *, now: int) -> None:
    """Write down how asking went."""
    row.held = row.held if said.held is None else said.held
    row.trouble = said.trouble[:300]
    if said.lines:
        row.cosigned, row.cosigned_at, row.failures, row.not_before = size, now, 0, 0
    else:
        row.failures += 1
        row.not_before = now + wait(row.failures)
    row.save()


def requests(*, at: datetime) -> dict[str, str]:
    """The request for each witness, by its name in the policy, to be carried by stick or e-mail.

    Raises ``NotFound`` where there is no policy or no checkpoint yet.
    """
    policy, newest = queries.policy(), journal.newest(at=at)
    if policy is None:
        raise NotFound("witness policy", "on this node")
    if newest is None:
        raise NotFound("checkpoint", "of this journal: nothing was published yet")
    known = queries.asked()
    held = {key.text: min(known[key.text].held, newest.size) if key.text in known else 0
            for key in policy.witnesses.values()}  # fmt: skip
    return {
        name: write_submission(held[key.text], journal.consistency(held[key.text], newest.size), newest.note)
        for name, key in witnesses_to_ask(policy).items()
    }


def take_answer(body: str, *, at: datetime, witness: str = "") -> int:
    """Keep the cosignatures of an answer that came as a file. Returns how many witnesses gave one.

    An answer that only says which size the witness holds (``witness`` is its name in the policy) makes the next request
    right. Raises ``Untrusted`` for an answer to nothing that was asked, ``NotFound``, ``Conflict``.
    """
    policy = queries.policy()
    if policy is None:
        raise NotFound("witness policy", "on this node")
    keys = witnesses_to_ask(policy)
    if body.strip().isdecimal():
        _other_size(keys, witness, decimal(body.strip()), at=at)
        return 0
    for row in queries.recent_checkpoints():
        text = Note.parse(row.note).text
        try:
            lines = read_cosignatures(body, text, keys.values())
        except Untrusted:
            continue
        add_cosignatures(row.size, [line.line for line in lines], witnesses=keys.values())
        given = {(line.name, line.id) for line in lines}
        found = [key for key in keys.values() if (key.name, key.id) in given]
        for key in found:
            held = Asked.objects.filter(vkey=key.text).first() or Asked(vkey=key.text)
            if row.size >= held.cosigned:
                outcome = Outcome(tuple(lines), row.size)
                _note(held, row.size, outcome, now=int(at.timestamp()))
        return len(found)
    raise Untrusted("8 log", "no witness of the policy has signed a checkpoint of this journal in this answer")


def _other_size(keys: dict[str, VerifierKey], name: str, size: int, *, at: datetime) -> None:
    """Write down which size a witness holds."""
    if name not in keys:
        raise NotFound("witness", f"{name[:60]!r} in the policy: say whose answer this is")
    newest = journal.newest(at=at)
    if newest is None or size > Checkpoint.parse(Note.parse(newest.note).text).size:
        raise Conflict(f"{name} has seen {size} entries, more than this journal has: is this an old copy of it?")
    row = Asked.objects.filter(vkey=keys[name].text).first() or Asked(vkey=keys[name].text)
    row.held, row.trouble = size, f"it holds {size} entries: send it a new request"
    row.save()
