"""Reads of alerts (to be written)."""


def known_fakes() -> frozenset[str]:
    """Numbers of confirmed fakes."""
    return frozenset()


def alert_for(number: str, issuer: str = "") -> object | None:
    """The alert that names a number."""
    return None
