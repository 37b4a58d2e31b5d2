"""Everything that an authority keeps of a shipment is erased together: the certificate, the box, the letters, the case.

The rules on how long originals are kept (R101, R102, R104) are asked first; a court's order goes before them.
"""

from __future__ import annotations

from datetime import datetime

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import actions as certification
from openkimberley.certificates import queries as certificates
from openkimberley.journal.actions import action, erase_personal, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, Refused
from openkimberley.shipments import queries
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Notice,
    PaperCertificate,
    Photograph,
    PresentedArtefact,
    Shipment,
    TransitPoint,
)


@action("shipments.erase", needs=Permission.CERTIFICATE_ERASE)
def erase(*, by: Actor, at: datetime, number: str, basis: str, ground: str = "RETENTION") -> int:
    """Erase what is personal in one's authority's record of a shipment. Returns how many journal entries lost words.

    Takes the certificate with it where this authority issued it. Raises ``Refused`` while originals are kept (R101,
    R102, R104), unless ``ground`` is ORDER; ``Conflict`` while the shipment is under way; ``NotFound``.
    """
    plain = queries.normalised(number)
    arrival = Arrival.objects.select_for_update().filter(authority=by.authority, number=plain).first()
    issued = certificates.issued(number)
    own = issued is not None and issued.authority == by.authority
    if arrival is None and not own:
        raise NotFound("shipment", number[:40])
    if arrival is not None and queries.import_ended_on(arrival, on=at.date()) is None:
        raise Conflict(f"the shipment under {arrival.written} is {arrival.status.lower()}: it has not ended")
    if ground != "ORDER" and (stops := queries.before_erasure(number, arrival, by=by, on=at.date())):
        raise Refused(stops, subject=plain)
    if own:
        certification.erase(by=by, at=at, number=number, basis=basis, ground=ground)
    written = {number, plain, arrival.written if arrival else number}
    _erase_outbound(number, by=by)
    if arrival is not None:
        _erase_inbound(arrival, at=at)
    _erase_between(sorted(written), by=by)
    words = erase_personal(written, authority=by.authority)
    record("shipment.erased", by=by, at=at, subject=plain, statement={"ground": ground, "entries": words})
    return words


def _erase_outbound(number: str, *, by: Actor) -> None:
    """The exporting side. Seals stay as used for ever (R070); they tell of no person."""
    Shipment.objects.filter(authority=by.authority, certificate_number=number).update(
        exporter_licence="", exporter_name="", importer_licence="", importer_name="", carrier="", courier_licence="",
        container_numbers=[],
    )  # fmt: skip


def _erase_inbound(row: Arrival, *, at: datetime) -> None:
    """The importing side: what was known, found, and decided."""
    row.content = certification.reduced(row.content)
    row.exporter_name = row.importer_name = row.importer_licence = row.seal_keys = row.decision = ""
    row.verdict = {name: row.verdict[name] for name in ("verdict", "advice") if name in row.verdict}
    row.objections = [{"rule": one["rule"]} for one in row.objections]
    row.save()
    PresentedArtefact.objects.filter(arrival=row).delete()
    row.inspections.update(seals=[], exporter_read="", importer_read="", number_read="", remarks="", differences=[])
    DiscrepancyCase.objects.filter(arrival=row).update(
        differences=[], objections=[], detained_reason="", measures="", disposal=""
    )
    key = {"authority": row.authority, "issuer": row.issuer, "number": row.number}
    Confirmation.objects.filter(**key).update(receipt="", letter="")
    paper = PaperCertificate.objects.select_for_update().filter(**key).first()
    if paper is not None and alerts.alert_for(row.written, row.issuer) is None:  # what proves a fake is kept
        certification.remove_files(paper.scans)
        paper.content, paper.scans = certification.reduced(paper.content), []
        paper.answer = {name: paper.answer[name] for name in ("verdict", "advice") if name in paper.answer}
        paper.save()


def _erase_between(numbers: list[str], *, by: Actor) -> None:
    """Letters, photographs and what was seen on the way."""
    named = {"authority": by.authority, "certificate_number__in": numbers}
    Notice.objects.filter(**named).update(address="", subject="", body="", fields={}, error="")
    TransitPoint.objects.filter(**named).update(remarks="")
    pictures = Photograph.objects.filter(**named)
    gone = set(pictures.values_list("sha256", flat=True))
    others = set(Photograph.objects.filter(sha256__in=gone).exclude(**named).values_list("sha256", flat=True))
    certification.remove_files(one for one in gone - others if not certificates.file_in_use(one))
    pictures.update(name="")
