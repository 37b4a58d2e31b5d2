"""The journal as a Django application."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Gives the journal its short label."""

    name = "openkimberley.journal"
    label = "journal"

    def ready(self) -> None:
        """List the journal's own act among the actions, whoever asks for them first."""
        from openkimberley.journal.actions import recovery  # noqa: F401
