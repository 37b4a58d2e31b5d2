"""The verbs of the register of licences. Each is done by an officer for the authority that the officer serves."""

from __future__ import annotations

from openkimberley.trade.actions.agents import declare_stock, end_agent, name_agent
from openkimberley.trade.actions.load import load
from openkimberley.trade.actions.register import amend, grant, renew
from openkimberley.trade.actions.standing import reinstate, revoke, suspend

__all__ = [
    "amend", "declare_stock", "end_agent", "grant", "load", "name_agent", "reinstate", "renew", "revoke", "suspend",
]  # fmt: skip
