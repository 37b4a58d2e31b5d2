"""Powers of attorney of agents, and yearly declarations of stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.kernel.measures import Period
from openkimberley.trade import facts, queries
from openkimberley.trade.actions.register import locked, serve
from openkimberley.trade.models import PowerOfAttorney, StockDeclaration

if TYPE_CHECKING:
    from datetime import date, datetime


@action("trade.name_agent", needs=Permission.LICENCE_GRANT)
def name_agent(
    *, by: Actor, at: datetime, authority: str, agent: str, company: str, period: Period, document: str = ""
) -> facts.PowerOfAttorney:
    """Enter that an agent may file for a company in a period; ``document`` names the power of attorney.

    Raises ``NotFound`` for an unknown licence, ``Conflict`` where the agent is no agent, or is named for that time.
    """
    serve(by, authority)
    row, licence = locked(authority, agent)
    if facts.LicenceKind.AGENT not in licence.kinds:
        raise Conflict(f"licence {agent} does not allow its holder to act as an agent")
    if company == agent or not queries.known_licences([company], authority):
        raise NotFound("licence", f"{authority} {company}")
    if any(p.company == company and p.period.overlaps(period) for p in licence.may_file_for):
        raise Conflict(f"agent {agent} is named for {company} in that time already")
    PowerOfAttorney.objects.create(
        agent=row, company=company, since=period.start, until=period.end, document=document[:120], recorded_at=at,
        recorded_by=by.id,
    )  # fmt: skip
    record("agent.named", by=by, at=at, subject=agent, statement={
        "authority": authority, "agent": agent, "company": company, "since": period.start.isoformat(),
        "until": period.end.isoformat() if period.end else "", "document": document[:120],
    })  # fmt: skip
    return facts.PowerOfAttorney(company, period, document[:120])


@action("trade.end_agent", needs=Permission.LICENCE_GRANT)
def end_agent(*, by: Actor, at: datetime, authority: str, agent: str, company: str, until: date) -> None:
    """End an agent's power for a company: ``until`` is the first day on which it no longer holds.

    Raises ``Conflict`` where no power runs on the day before.
    """
    serve(by, authority)
    row, _licence = locked(authority, agent)
    power = row.powers.filter(company=company, since__lt=until).order_by("-since").first()
    if power is None or (power.until is not None and power.until <= until):
        raise Conflict(f"agent {agent} has no power for {company} that could end on {until}")
    before = power.until
    power.until = until
    power.save(update_fields=["until"])
    record("agent.ended", by=by, at=at, subject=agent, statement={
        "authority": authority, "agent": agent, "company": company, "until": until.isoformat(),
        "was_until": before.isoformat() if before else "",
    })  # fmt: skip


@action("trade.declare_stock", needs=Permission.LICENCE_GRANT)
def declare_stock(*, by: Actor, at: datetime, authority: str, number: str, year: int) -> None:
    """Enter that the holder declared its stock for a year, nil included (R058). Raises ``Conflict`` where it did."""
    serve(by, authority)
    row, licence = locked(authority, number)
    if year in licence.stock_declared or not 2003 <= year <= at.year:  # the Scheme began in 2003
        raise Conflict(f"licence {number}: the stock of {year} is declared already, or is not due")
    StockDeclaration.objects.create(licence=row, year=year, recorded_at=at, recorded_by=by.id)
    record("stock.declared", by=by, at=at, subject=number, statement={
        "authority": authority, "number": number, "year": year,
    })  # fmt: skip
