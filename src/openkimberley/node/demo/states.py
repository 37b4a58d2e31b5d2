"""Certificates in every state of their life, so that every page of the demonstration has something to show."""

from __future__ import annotations

from openkimberley.certificates import actions as certificates
from openkimberley.certificates import queries as certificate_queries
from openkimberley.certificates.facts import Kind
from openkimberley.node.demo import story
from openkimberley.node.demo.people import (
    ANTWERP_EXPORTER,
    BY_KEY,
    CREEK,
    KALAHARI,
    SCHELDT,
    SCHELDT_EXPORT,
)  # fmt: skip
from openkimberley.node.demo.story import Clock, draft
from openkimberley.shipments import actions as shipments

GEM, UNSORTED, INDUSTRIAL = "7102.31", "7102.10", "7102.21"


def goods(carats: str, usd: str, hs: str = GEM) -> list[dict[str, str]]:
    """One HS line."""
    return [{"hs": hs, "carats": carats, "usd": usd}]


def expired(clock: Clock) -> None:
    """Issued long ago, never used, handed back after its validity."""
    one = story.issue(clock, draft(goods("310.40", "46560.00")), ["BW-SEAL-0000101"])
    clock.now = clock.now.replace(hour=9) + 75 * 24 * 60 * story.MINUTE
    certificates.take_back_expired(by=BY_KEY["approving"], at=clock.later(), number=one.number)


def on_paper_only(clock: Clock) -> None:
    """Issued; void; lost; replaced before export."""
    story.issue(clock, draft(goods("95.10", "14200.00")), ["BW-SEAL-0000110"])
    void = story.issue(clock, draft(goods("77.00", "11011.00")), ["BW-SEAL-0000111"])
    certificates.void(
        by=BY_KEY["approving"], at=clock.later(), number=void.number, why="error",
        reason="The exporter withdrew the sale before sealing",
    )  # fmt: skip
    lost = story.issue(clock, draft(goods("120.00", "15000.00")), ["BW-SEAL-0000112"])
    certificates.report_lost(
        by=BY_KEY["approving"], at=clock.later(), number=lost.number,
        circumstances="Left in a taxi between the office and the vault, reported to the police",
    )  # fmt: skip
    old = story.issue(clock, draft(goods("204.00", "30600.00")), ["BW-SEAL-0000113"])
    again = certificates.open_replacement(
        by=BY_KEY["exporter"], at=clock.later(), number=old.number, reason="The importer's address was misspelt"
    )
    sha256, size = story.invoice(f"Letter about {old.number}")
    certificates.attach(
        by=BY_KEY["exporter"], at=clock.later(), reference=again.reference, kind="OTHER", name="letter.jpg",
        sha256=sha256, media_type="image/jpeg", size=size,
    )  # fmt: skip
    certificates.file(
        by=BY_KEY["exporter"], at=clock.later(), reference=again.reference, version=again.version, declared=True
    )
    story.examine(clock, again.reference, ["BW-SEAL-0000114"])
    story.approve(clock, again.reference, surrendered=True)


def on_the_way(clock: Clock) -> None:
    """Sealed; announced; departed; arrived."""
    sealed = story.issue(clock, draft(goods("512.33", "66602.90")), ["BW-SEAL-0000120"])
    story.seal(clock, sealed)
    announced = story.issue(clock, draft(goods("88.20", "9702.00", UNSORTED)), ["BW-SEAL-0000121"])
    story.seal(clock, announced)
    story.announce(clock, announced)
    departed = story.issue(clock, draft(goods("1460.00", "233600.00")), ["BW-SEAL-0000122"])
    arrived = story.issue(clock, draft(goods("61.07", "24428.00")), ["BW-SEAL-0000123"])
    for one in (departed, arrived):
        story.seal(clock, one)
        story.announce(clock, one)
        story.depart(clock, one)
    story.present(clock, arrived)


def at_the_border(clock: Clock) -> None:
    """Confirmed, and re-exported in part; disputed; refused; returned under a technical certificate."""
    certificate = {}
    for name, carats, usd, number in (
        ("confirmed", "900.00", "135000.00", "130"), ("disputed", "333.33", "49999.50", "131"),
        ("refused", "45.00", "4500.00", "132"), ("returned", "150.00", "19500.00", "133"),
    ):  # fmt: skip
        one = story.issue(clock, draft(goods(carats, usd)), [f"BW-SEAL-0000{number}"])
        story.seal(clock, one)
        story.announce(clock, one)
        story.depart(clock, one)
        story.present(clock, one)
        story.inspect(clock, one, lighter_by="0.00" if name == "confirmed" else "0.05")
        certificate[name] = one
    by = BY_KEY["import"]
    story.confirm(clock, certificate["confirmed"])
    number = certificate["refused"].number
    shipments.detain(by=by, at=clock.later(), number=number, reason="Weight differs and the importer cannot explain it")
    shipments.refuse_goods(by=by, at=clock.later(), number=number, reason="The exporter gave no explanation in time")
    _send_back(clock, certificate["returned"].number)
    reexport(clock, certificate["confirmed"].number)


def _send_back(clock: Clock, number: str) -> None:
    """The goods go home under a technical certificate of Antwerp, at the issuer's request."""
    official, approver = BY_KEY["be-issuing"], BY_KEY["be-approving"]
    content = {
        "exporter": SCHELDT, "importer": KALAHARI, "origin": ["BW"], "destination": "BW",
        "destination_authority": "BW", "parcels": 1, "lines": goods("149.95", "19500.00"),
    }  # fmt: skip
    row = certificates.open_technical(
        by=official, at=clock.later(), kind=Kind.TECHNICAL_RETURN, about=number, content=content,
        reason="Return at the request of the issuing authority: weight differs from the certificate",
    )  # fmt: skip
    story.examine(clock, row.reference, ["BE-SEAL-0000901"], side="be-")
    technical = story.approve(clock, row.reference, side="be-")
    assert approver.id
    shipments.return_goods(
        by=BY_KEY["import"], at=clock.later(), number=number, technical_number=technical.number,
        requested_by_issuer="The issuing authority asked by letter for the goods to come back",
    )  # fmt: skip


def reexport(clock: Clock, source: str) -> None:
    """Antwerp re-exports part of what came in: the certificate draws on the one it came under."""
    content = {
        "exporter": SCHELDT_EXPORT, "importer": CREEK, "origin": ["BW"], "destination": "AE",
        "destination_authority": "AE", "parcels": 1, "lines": goods("250.00", "40000.00"),
        "draws_on": [{"number": source, "carats": "250.00"}],
    }  # fmt: skip
    reference = story.file(clock, content, who="trader", company=ANTWERP_EXPORTER)
    story.examine(clock, reference, ["BE-SEAL-0000902"], side="be-")
    story.approve(clock, reference, side="be-")


def applications(clock: Clock) -> None:
    """A draft, a filed one, an examined one, one sent back: what waits for whom."""
    exporter = BY_KEY["exporter"]
    certificates.open_draft(
        by=exporter, at=clock.later(), company=KALAHARI["licence"], content={"exporter": KALAHARI, "origin": ["BW"]}
    )
    story.file(clock, draft(goods("410.00", "61500.00")))
    story.examine(clock, story.file(clock, draft(goods("36.66", "18330.00"))), ["BW-SEAL-0000140"])
    back = story.file(clock, draft(goods("18.00", "3600.00", INDUSTRIAL)), who="agent")
    certificates.return_to_applicant(
        by=BY_KEY["issuing"], at=clock.later(), reference=back,
        reason="The invoice names another importer than the application. Please correct one of them.",
    )  # fmt: skip


def everything(clock: Clock) -> dict[str, int]:
    """All of them. Returns how many certificates there are in each state."""
    on_paper_only(clock)
    on_the_way(clock)
    at_the_border(clock)
    applications(clock)
    return certificate_queries.count_by_status()
