"""Addresses of alerts."""

from __future__ import annotations

from django.urls import path

from openkimberley.alerts.web import names, questions, specimens, warnings

urlpatterns = [
    path("alerts", warnings.alerts, name="alerts"),
    path("alerts/raise", warnings.raise_alert, name="alert-raise"),
    path("alerts/import", warnings.import_alerts, name="alert-import"),
    path("alerts/export", warnings.export, name="alert-export"),
    path("alerts/<str:reference>", warnings.alert, name="alert"),
    path("alerts/<str:reference>/<str:verb>", warnings.decide, name="alert-decide"),
    path("specimens", specimens.specimens, name="specimens"),
    path("specimens/keep", specimens.keep, name="specimen-keep"),
    path("specimens/compare", specimens.compare, name="specimen-compare"),
    path("specimens/pictures/<str:sha256>", specimens.picture, name="specimen-picture"),
    path("specimens/scans/<str:token>", specimens.scan, name="specimen-scan"),
    path("specimens/marks/enter", specimens.enter_mark, name="mark-enter"),
    path("specimens/marks/<str:reference>/end", specimens.end_mark, name="mark-end"),
    path("specimens/<str:reference>", specimens.specimen, name="specimen"),
    path("specimens/<str:reference>/retire", specimens.retire, name="specimen-retire"),
    path("questions", questions.questions, name="questions"),
    path("questions/ask", questions.ask, name="question-ask"),
    path("questions/<str:reference>", questions.question, name="question"),
    path("names", names.names, name="names"),
    path("names/enter", names.enter, name="name-enter"),
    path("names/<str:reference>/delist", names.delist, name="name-delist"),
]
