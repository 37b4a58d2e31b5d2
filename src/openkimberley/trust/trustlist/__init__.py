"""PURE. The trust list: who takes part, and whose keys count, signed by thresholds of offices (TUF, python-tuf).

``opening`` turns files from a stick or a mirror into a ``TrustedList`` or ends in ``Untrusted("0 trust list", ...)``.
``making`` and its neighbours make the files, one signature at a time. ``continuity`` is our own rule on top of TUF: the
root may decide who takes part, but not put its own keys under a participant's name unnoticed.
See docs/spec/trust-list.md.
"""

from __future__ import annotations

from openkimberley.trust.trustlist.facts import STEP, Delegation, Memory, TrustedList
from openkimberley.trust.trustlist.opening import open_list

__all__ = ["STEP", "Delegation", "Memory", "TrustedList", "open_list"]
