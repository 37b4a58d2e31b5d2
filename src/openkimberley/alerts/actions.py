"""Verbs of alerts (to be written)."""


def raise_alert(**about: object) -> None:
    """Enter an alert."""
