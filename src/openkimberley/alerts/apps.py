"""Alerts as a Django application."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Gives alerts their short label."""

    name = "openkimberley.alerts"
    label = "alerts"
