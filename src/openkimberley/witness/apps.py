"""The witness as a Django application."""

from django.apps import AppConfig


class WitnessConfig(AppConfig):
    """Gives the witness its short label."""

    name = "openkimberley.witness"
    label = "witness"
