"""The main job, once, from application to confirmed import; its papers are left in ``out/``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from openkimberley.certificates import queries as certificate_queries
from openkimberley.desk.atomic import write_atomically
from openkimberley.journal import queries as journal
from openkimberley.kernel.rules import functions
from openkimberley.node import bundles, place
from openkimberley.node.demo import story
from openkimberley.node.demo.people import ANTWERP, BY_KEY
from openkimberley.node.demo.scheme import Scheme
from openkimberley.node.demo.story import Clock, draft
from openkimberley.participants import queries as participants
from openkimberley.shipments import actions as shipments
from openkimberley.trust.proof import Proof
from openkimberley.verification.files import verify_file
from openkimberley.verification.known import known_bundle

LINES = [
    {"hs": "7102.31", "carats": "1843.27", "usd": "421234.56"},
    {"hs": "7102.21", "carats": "407.65", "usd": "12229.50"},
    {"hs": "7102.10", "carats": "250.00", "usd": "18000.00"},
]


def run(clock: Clock, where: place.Place, around: Scheme, *, now: datetime, tell: Any) -> dict[str, Any]:
    """Do the main job through the real actions, telling each step. Returns the summary, which is also written."""
    out = where.root / "out"
    tell("\nThe main job:")
    reference = story.file(clock, draft(LINES))
    tell(f"  applied     {reference}, 3 lines, pre-check clear, declared and filed by the exporter")
    story.examine(clock, reference, ["BW-SEAL-0098812"])
    tell("  examined    opened, counted, weighed; valued by the government valuer")
    one = story.approve(clock, reference)
    tell(f"  certified   {one.number} signed, journal entry {one.journal_index}, valid to {one.expiry_date}")
    around.witnessed(clock.later(1))
    proof = bundles.proof_text(one, at=clock.now)
    write_atomically(out / "certificate.tlog-proof", proof.encode())
    size = Proof.parse(proof).checkpoint.size
    tell(f"  witnessed   two witnesses cosigned the journal, sealed at {size} entries")
    _papers(one.number, out, at=clock.now)
    story.seal(clock, one)
    tell("  sealed      BW-SEAL-0098812, box and parcel photographed")
    story.announce(clock, one)
    sent = sum(shipments.deliver_notices(by=BY_KEY[key], at=clock.now) for key in ("issuing", "be-issuing"))
    tell(f"  announced   {sent} notices by e-mail (as files in {where.outbox.name}/)")
    story.depart(clock, one)
    _bundle(where, where.bundle.name, at=clock.now)
    report = verify_file(
        one.qr_full.encode(), known_bundle(at=clock.now, authority="EU-BE"), now=clock.now, authority="EU-BE"
    )
    document = report.as_json()
    tell(f"  verified    {document['verdict']}: {document['advice']} ({len(document['checks'])} checks)")
    story.present(clock, one)
    story.inspect(clock, one)
    tell("  inspected   seal, parcel and every weight typed as found; no difference")
    receipt = story.confirm(clock, one)
    write_atomically(out / "receipt.jws", receipt.encode())
    tell("  confirmed   receipt signed; the certificate cannot be used again")
    around.renew(at=now)
    around.witnessed(now)
    _bundle(where, "bundle-after.json", at=now)
    count, faults = journal.verify()
    tell(f"  journal     {count} entries, {faults or 'whole'}\n")
    on = now.date()
    register = participants.register()
    summary = {
        "certificate": one.number, "application": reference, "cid": one.cid, "verdict": document["verdict"],
        "advice": document["advice"], "checks": document["checks"], "journal": {"entries": count, "faults": faults},
        "participants_in_force": sum(register.trades_at(code, on) for code in register.participants),
        "rules_asked": len(functions()), "certificates": certificate_queries.count_by_status(),
        "out": sorted(path.name for path in out.iterdir()), "bundle": str(where.bundle),
    }  # fmt: skip
    write_atomically(out / "summary.json", json.dumps(summary, indent=1, default=str).encode())
    return summary


def _papers(number: str, out: Path, *, at: datetime) -> None:
    """Leave the certificate in all its forms."""
    by = BY_KEY["issuing"]
    one = certificate_queries.certificate(number, by=by)
    papers = {
        "certificate.pdf": certificate_queries.certificate_pdf(
            number, by=by, demonstration=True, proof=lambda row: bundles.proof_text(row, at=at)
        ),
        "label.pdf": certificate_queries.label_pdf(number, by=by, demonstration=True),
        "certificate.sd-jwt": one.sd_jwt.encode(), "qr-full.txt": one.qr_full.encode(),
        "qr-label.txt": one.qr_label.encode(),
    }  # fmt: skip
    for name, data in papers.items():
        write_atomically(out / name, data)


def _bundle(where: place.Place, name: str, *, at: datetime) -> None:
    """Write the node's bundle as it is now: ``bundle.json`` is what a border guard took along when the goods left.

    ``bundle-after.json`` knows of the confirmation: judged with it, the same paper is a second use.
    """
    write_atomically(where.root / name, bundles.handed_out(at=at, authority=ANTWERP, demonstration=True))
