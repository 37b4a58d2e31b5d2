"""The journal as a Django application."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Gives the journal its short label."""

    name = "openkimberley.journal"
    label = "journal"
