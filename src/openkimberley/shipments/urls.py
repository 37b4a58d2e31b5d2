"""Addresses of shipments."""

from __future__ import annotations

from django.urls import path

from openkimberley.shipments.web import erasing, inbound, outbound, papers

urlpatterns = [
    path("shipments", outbound.listing, name="shipments"),
    path("shipments/notices/send", outbound.deliver, name="notices-send"),
    path("shipments/photographs/<str:sha256>", outbound.picture, name="photograph"),
    path("shipments/<str:number>", outbound.summary, name="shipment"),
    path("shipments/<str:number>/seal", outbound.seal, name="shipment-seal"),
    path("shipments/<str:number>/announce", outbound.announce, name="shipment-announce"),
    path("shipments/<str:number>/departure", outbound.depart, name="shipment-depart"),
    path("shipments/<str:number>/transit", outbound.transit, name="shipment-transit"),
    path("shipments/<str:number>/cancel", outbound.cancel, name="shipment-cancel"),
    path("shipments/<str:number>/confirmation", outbound.confirmation, name="shipment-confirmation"),
    path("shipments/<str:number>/address", outbound.readdress, name="shipment-address"),
    path("certificates/<str:number>/erase", erasing.erase, name="shipment-erase"),
    path("imports", inbound.listing, name="imports"),
    path("imports/present", inbound.present, name="present"),
    path("imports/<str:number>", inbound.summary, name="arrival"),
    path("imports/<str:number>/decision", inbound.decide, name="arrival-decide"),
    path("imports/<str:number>/proof", inbound.prove, name="arrival-prove"),
    path("imports/<str:number>/inspection", inbound.inspect, name="arrival-inspect"),
    path("imports/<str:number>/confirmation", inbound.confirm, name="arrival-confirm"),
    path("imports/<str:number>/receipt", inbound.receipt, name="receipt"),
    path("imports/<str:number>/receipt.pdf", inbound.receipt_pdf, name="receipt-pdf"),
    path("imports/<str:number>/receipt.jws", inbound.receipt_jws, name="receipt-jws"),
    path("imports/<str:number>/case", inbound.discrepancy, name="discrepancy"),
    path("imports/<str:number>/case/<str:way>", inbound.way_out, name="way-out"),
    path("papers", papers.listing, name="foreign-papers"),
    path("papers/new", papers.register, name="foreign-paper-new"),
    path("papers/<str:number>", papers.summary, name="foreign-paper"),
    path("papers/<str:number>/compare", papers.compare, name="foreign-paper-compare"),
    path("papers/<str:number>/question", papers.ask, name="foreign-paper-ask"),
    path("papers/<str:number>/scans/<str:sha256>", papers.scan, name="foreign-paper-scan"),
]
