"""PURE. When a witness is asked: at once for what is new, daily as a sign of life, ever later after failures."""

from __future__ import annotations

HEARTBEAT = 86_400
"""Seconds after which a witness is asked again though the journal has not grown."""

FIRST_WAIT = 60
LONGEST_WAIT = 3600


def due(*, size: int, cosigned: int, cosigned_at: int, not_before: int, now: int) -> bool:
    """Whether to ask for a checkpoint of ``size``, of a witness that last cosigned ``cosigned`` at ``cosigned_at``."""
    return now >= not_before and (size > cosigned or now - cosigned_at >= HEARTBEAT)


def wait(failures: int) -> int:
    """Seconds to wait after so many failures in a row: a minute, then twice as long each time, at most an hour."""
    return min(FIRST_WAIT << min(failures - 1, 10), LONGEST_WAIT) if failures else 0
