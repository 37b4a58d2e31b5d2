"""Ask an issuer about a paper, and record its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.alerts import facts, queries
from openkimberley.alerts.actions.warnings import WHOLE_SCHEME, draw_reference
from openkimberley.alerts.models import Answer, IssuerQuery
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@action("alerts.ask_issuer", needs=Permission.PAPER_REGISTER)
def ask_issuer(
    *, by: Actor, at: datetime, number: str, issuer: str, question: str, sent_to: str = "", files: Sequence[str] = ()
) -> facts.IssuerQuery:  # fmt: skip
    """Put a question about a paper to its issuer on record, as sent on that day. ``files`` are SHA-256 of scans.

    Raises ``Conflict`` where number, issuer or question is missing.
    """
    if not (facts.number_key(number) and issuer.strip() and question.strip()):
        raise Conflict("a question names the paper's number, its issuer, and says what is asked")
    query = facts.IssuerQuery(
        number=number.strip(), issuer=issuer.upper(), question=question.strip(), sent_on=at.date(), sent_to=sent_to,
        authority=by.authority or WHOLE_SCHEME, files=tuple(files),
        reference=draw_reference(by.authority, "QUERY", at.year),
    )  # fmt: skip
    IssuerQuery.objects.create(
        reference=query.reference, authority=query.authority, number=query.number, issuer=query.issuer,
        number_key=facts.number_key(number, issuer)[:45], question=query.question, sent_on=query.sent_on,
        sent_to=query.sent_to, files=list(query.files), recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    record("issuer.asked", by=by, at=at, subject=query.reference, statement={
        "number": query.number, "issuer": query.issuer, "question": query.question, "sent_to": query.sent_to,
        "files": list(query.files),
    })  # fmt: skip
    return query


@action("alerts.record_answer", needs=Permission.ALERT_RAISE)
def record_answer(*, by: Actor, at: datetime, reference: str, answer: facts.Answer) -> facts.IssuerQuery:
    """Put an issuer's answer on record. A later answer stands beside the earlier one, and counts.

    Raises ``NotPermitted`` for another authority's question, ``Conflict`` where it is not said who answered, or the
    answer is older than the question.
    """
    row = IssuerQuery.objects.select_for_update().filter(reference=reference).first()
    if row is None:
        raise NotFound("question", reference[:60])
    if by.authority not in (row.authority, row.issuer) and not by.authority.startswith(f"{row.issuer}-"):
        raise NotPermitted(Permission.ALERT_RAISE, f"question {reference} was put by {row.authority} to {row.issuer}")
    if not answer.answered_by.strip() or answer.day < row.sent_on or answer.day > at.date():
        raise Conflict(f"question {reference} was sent on {row.sent_on}: say who answered it, and on which day since")
    Answer.objects.create(
        query=row, verdict=answer.verdict.value, text=answer.text, answered_by=answer.answered_by, day=answer.day,
        files=list(answer.files), recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    record("issuer.answered", by=by, at=at, subject=reference, statement={
        "number": row.number, "issuer": row.issuer, "verdict": answer.verdict.value, "text": answer.text,
        "answered_by": answer.answered_by, "day": answer.day.isoformat(), "files": list(answer.files),
    })  # fmt: skip
    query = queries.to_query(row)
    return replace(query, answers=query.answers)
