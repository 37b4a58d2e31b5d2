"""Trade as a Django application."""

from django.apps import AppConfig


class TradeConfig(AppConfig):
    """Gives trade its short label."""

    name = "openkimberley.trade"
    label = "trade"
