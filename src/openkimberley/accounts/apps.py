"""Accounts as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Gives the area its short label (allauth's own is ``account``)."""

    name = "openkimberley.accounts"
    label = "accounts"
