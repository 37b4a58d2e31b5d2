"""Addresses of certification."""

from __future__ import annotations

from django.urls import path

from openkimberley.certificates.web import (
    applications,
    certificates,
    disclosure,
    examination,
    paper,
    statuslists,
    tables,
)

urlpatterns = [
    path("applications", applications.listing, name="applications"),
    path("applications/new", applications.new, name="application-new"),
    path("applications/load", tables.load, name="applications-load"),
    path("applications/template.<str:kind>", tables.template, name="applications-template"),
    path("applications/export.<str:kind>", tables.applications, name="applications-export"),
    path("applications/<str:reference>", applications.summary, name="application"),
    path("applications/<str:reference>/edit", applications.edit, name="application-edit"),
    path("applications/<str:reference>/edit/<str:slug>", applications.step, name="application-step"),
    path("applications/<str:reference>/documents", applications.documents, name="application-documents"),
    path("applications/<str:reference>/documents/<int:number>", applications.document, name="application-document"),
    path(
        "applications/<str:reference>/documents/<int:number>/withdraw", applications.detach, name="application-detach"
    ),
    path("applications/<str:reference>/check", applications.check, name="application-check"),
    path("applications/<str:reference>/withdraw", applications.withdraw, name="application-withdraw"),
    path("applications/<str:reference>/return", examination.return_, name="application-return"),
    path("applications/<str:reference>/examine", examination.examine, name="application-examine"),
    path("applications/<str:reference>/sign", examination.sign, name="application-sign"),
    path("applications/<str:reference>/value", examination.value, name="application-value"),
    path("applications/<str:reference>/approve", examination.approve, name="application-approve"),
    path("applications/<str:reference>/refuse", examination.refuse, name="application-refuse"),
    path("certificates", certificates.listing, name="certificates"),
    path("certificates/technical", certificates.technical, name="technical-new"),
    path("certificates/export.<str:kind>", tables.certificates, name="certificates-export"),
    path("certificates/<str:number>", certificates.summary, name="certificate"),
    path("certificates/<str:number>/certificate.pdf", certificates.pdf, name="certificate-pdf"),
    path("certificates/<str:number>/label.pdf", certificates.label, name="certificate-label"),
    path("certificates/<str:number>/sd-jwt", certificates.sd_jwt, name="certificate-sd-jwt"),
    path("certificates/<str:number>/show", disclosure.show_part, name="certificate-show"),
    path("certificates/<str:number>/void", certificates.void, name="certificate-void"),
    path("certificates/<str:number>/lost", certificates.lost, name="certificate-lost"),
    path("certificates/<str:number>/expired", certificates.expired, name="certificate-expired"),
    path("certificates/<str:number>/correct", certificates.correct, name="certificate-correct"),
    path("certificates/<str:number>/replace", certificates.replace, name="certificate-replace"),
    path("certificates/<str:number>/technical", certificates.technical, name="certificate-technical"),
    path("status/", statuslists.index, name="status-lists"),
    path("status/<str:authority>/<int:year>-1", statuslists.one, name="status-list"),
    path("paper", paper.ledger, name="paper"),
    path("paper/receive", paper.receive, name="paper-receive"),
    path("paper/<str:serial>/write-off", paper.write_off, name="paper-write-off"),
    path("ranges", paper.ranges, name="ranges"),
    path("ranges/new", paper.register, name="range-register"),
]
