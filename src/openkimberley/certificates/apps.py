"""Certificates as a Django application."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Gives the area its short label."""

    name = "openkimberley.certificates"
    label = "certificates"
