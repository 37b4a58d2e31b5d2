"""Pages that span areas: home and health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.http import JsonResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest) -> HttpResponse:
    """The work list of the signed-in person, or the public front page."""
    return render(request, "node/home.html")


def health(request: HttpRequest) -> HttpResponse:
    """Whether the node can read its database; no details for strangers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
