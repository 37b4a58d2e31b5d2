"""What will be certified: the content of a certificate before it has a number, and the draft that officers approve."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import queries, rules
from openkimberley.certificates.facts import STATEMENT, TITLE, Kind
from openkimberley.certificates.models import Application
from openkimberley.kernel.actor import NOBODY, Actor
from openkimberley.kernel.errors import Conflict
from openkimberley.participants import queries as participants
from openkimberley.trust import approval

if TYPE_CHECKING:
    from openkimberley.certificates.models import Examination
    from openkimberley.participants.facts import Profiles


def content_to_issue(
    row: Application, *, number: str, on: date, by: Actor, paper_serial: str, found: Examination | None = None,
    profiles: Profiles | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The certificate's JSON: what was applied for, with the weights measured and the values that count."""
    found = found or row.examinations.last()
    if found is None:
        raise Conflict(f"application {row.reference} was not examined")
    profile = (profiles or participants.profiles()).of(queries.participant_of(row.authority))
    values = values_that_count(row, highest=bool(profile.highest_of_three_valuations))
    lines = [
        {"hs": weighed["hs"], "carats": weighed["carats"], "usd": usd}
        for weighed, usd in zip(found.lines, values, strict=True)
    ]
    content = queries.stated(row.content)
    content.update(
        number=number, issuer=queries.participant_of(row.authority), issuing_authority=row.authority,
        issue_date=on.isoformat(), expiry_date=rules.expiry(profile, on).isoformat(),
        title=TITLE, statement=STATEMENT, english=True,
        parcels=found.parcels, lines=lines, seals=found.seals,
        total_carats=str(sum((Decimal(line["carats"]) for line in lines), Decimal("0.00"))),
        total_usd=str(sum((Decimal(line["usd"]) for line in lines), Decimal("0.00"))),
        validated={"by": by.id, "date": on.isoformat()},
    )  # fmt: skip
    if paper_serial:
        content["paper_serial"] = paper_serial
    if row.kind != Kind.EXPORT and row.about:
        content["draws_on"] = [row.about]
    return content


def values_that_count(row: Application, *, highest: bool) -> list[str]:
    """US$ of each line: as declared, or of the highest valuation where the profile says so (R059, R060)."""
    declared = [str(line.get("usd", "")) for line in row.content.get("lines", [])]
    if not highest:
        return declared
    newest = {valuation.role: valuation for valuation in queries.valuations(row)}
    best = max(newest.values(), key=lambda valuation: valuation.usd, default=None)
    if best is None or best.usd <= sum((Decimal(usd) for usd in declared), Decimal("0.00")):
        return declared
    return [line["usd"] for line in best.lines]


def draft_of(row: Application, content: Mapping[str, Any]) -> dict[str, Any]:
    """What both officers approve: the content without what is known at issue only, and which application it is of."""
    return approval.draft_of(
        content, application=row.reference, authority=row.authority, kind=row.kind, about=row.about
    )


def draft_now(row: Application, *, at: datetime) -> dict[str, Any]:
    """The draft as it stands: what the examination and the valuations that count make of the application."""
    return draft_of(row, content_to_issue(row, number="", on=at.date(), by=NOBODY, paper_serial=""))
