"""Addresses of the register of licences. A number may hold a slash, so it comes last."""

from __future__ import annotations

from django.urls import path

from openkimberley.trade import web

urlpatterns = [
    path("licences", web.search, name="licences"),
    path("licences/grant", web.grant, name="licence-grant"),
    path("licences/upload", web.upload, name="licence-upload"),
    path("licences/download/<str:kind>", web.download, name="licence-download"),
    path("licences/change/<str:verb>/<str:authority>/<path:number>", web.change, name="licence-change"),
    path("licences/<str:authority>/<path:number>", web.licence_page, name="licence"),
]
