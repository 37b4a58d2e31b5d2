"""Addresses of the witness: the page for everybody, and the protocol for journals."""

from __future__ import annotations

from django.urls import path

from openkimberley.witness import web

urlpatterns = [
    path("witness", web.watch_page, name="witness"),
    path("witness/evidence/<int:number>", web.evidence_file, name="witness_evidence"),
    path("witness/add-checkpoint", web.add_checkpoint, name="add_checkpoint"),
    path("witness/<str:log_id>/checkpoint", web.checkpoint, name="witnessed_checkpoint"),
]
