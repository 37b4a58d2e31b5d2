"""All addresses of the node: each area's under its own name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from django.urls import URLPattern, URLResolver, include, path

from openkimberley.node import journal_pages, pages, trust_page
from openkimberley.node.api import api
from openkimberley.node.verifier import web as verifier

AREAS = ("participants", "trade", "alerts", "certificates", "witness", "shipments", "accounts")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("search", pages.search, name="search"),
    path("verify", pages.verify, name="verify"),
    path("verify/frame", pages.scan_frame, name="scan_frame"),
    path("verifier/", verifier.page, name="verifier"),
    path("verifier/sw.js", verifier.worker, name="verifier_worker"),
    path("verifier/manifest.json", verifier.manifest, name="verifier_manifest"),
    path("verifier/bundle.json", verifier.bundle, name="verifier_bundle"),
    path("verifier/icon.<str:kind>", verifier.icon, name="verifier_icon"),
    path("rules", pages.rules, name="rules"),
    path("trust", trust_page.trust, name="trust"),
    path("journal", journal_pages.journal, name="journal"),
    path("journal/check", journal_pages.check, name="journal_check"),
    path("journal/checkpoint", journal_pages.checkpoint, name="journal_checkpoint"),
    path("journal/tile/<path:address>", journal_pages.tile, name="journal_tile"),
    path("guide", pages.guide, name="guide"),
    path("bundle.json", pages.bundle, name="bundle"),
    path("healthz", pages.health, name="health"),
    path("metrics", pages.metrics, name="metrics"),
    # an address changes by the administrator's hand only: whoever borrows a session could take the account with it
    path("accounts/email/", pages.no_such_page),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
]
for area in AREAS:
    if (Path(__file__).parent.parent / area / "urls.py").exists():
        urlpatterns += import_module(f"openkimberley.{area}.urls").urlpatterns
