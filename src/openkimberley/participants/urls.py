"""Addresses of the public register."""

from __future__ import annotations

from django.urls import path

from openkimberley.participants import web

urlpatterns = [
    path("participants", web.register_page, name="participants"),
    path("participants/<str:code>", web.participant_page, name="participant"),
]
