"""The desk as a Django application: templates, assets and template tags."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Gives the desk its short label."""

    name = "openkimberley.desk"
    label = "desk"
