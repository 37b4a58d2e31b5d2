"""Participants as a Django application."""

from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    """Gives participants its short label."""

    name = "openkimberley.participants"
    label = "participants"
