"""The JSON API: every area's router under /api/v1/, OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from ninja import NinjaAPI

import openkimberley
from openkimberley.desk import api as desk

AREAS = ("participants", "trade", "alerts", "certificates", "shipments", "accounts")

api = NinjaAPI(
    title="OpenKimberley",
    version=openkimberley.__version__,
    description="Everything the pages do. Errors are RFC 9457 problem documents with the list of objections.",
    urls_namespace="api",
)
desk.install(api)
for area in AREAS:
    if (Path(__file__).parent.parent / area / "api.py").exists():
        api.add_router("", import_module(f"openkimberley.{area}.api").router)
