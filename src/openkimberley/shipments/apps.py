"""Shipments as a Django application."""

from django.apps import AppConfig


class ShipmentsConfig(AppConfig):
    """Gives the area its short label."""

    name = "openkimberley.shipments"
    label = "shipments"
