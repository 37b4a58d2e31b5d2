"""The five answers: one certificate good, altered, revoked, of an unknown issuer, and judged by data that are too old.

Each as code, credential and page, left in ``out/answers`` with the bundles to judge them by, so that every program that
checks certificates can be asked the same questions. ``kimberley answers`` asks this one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import base45
import cbor2
import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import json_option, show_json
from openkimberley.kernel.errors import NotFound
from openkimberley.node import bundles
from openkimberley.trust import qr
from openkimberley.trust.canonical import b64u, canonical, parse_json, unb64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.verification.files import verify_file

if TYPE_CHECKING:
    from openkimberley.certificates.models import Certificate
    from openkimberley.node.demo.scheme import Scheme
    from openkimberley.node.demo.story import Clock

FOLDER = "out/answers"
FORMS = {"code": "txt", "credential": "sd-jwt", "page": "pdf"}
NEW, OLD = "bundle.json", "bundle-old.json"

QUESTIONS = {
    "good": (NEW, "valid", "accept"),
    "altered": (NEW, "invalid", "reject"),
    "revoked": (NEW, "invalid", "reject"),
    "unknown-issuer": (NEW, "cannot_tell", "ask_issuer"),
    "no-network": (OLD, "cannot_tell", "ask_issuer"),
}
"""What is asked, by which bundle it is judged, and the right verdict and advice."""


def keep_old_bundle(root: Path, *, at: datetime) -> None:
    """Keep the bundle of a post that will have no line from now on."""
    from openkimberley.node.demo.people import ANTWERP

    write_atomically(root / FOLDER / OLD, bundles.handed_out(at=at, authority=ANTWERP, demonstration=True))


def prepare(clock: Clock, root: Path, around: Scheme) -> None:
    """Issue a good certificate and one that is made void, make the false ones, and leave all with their bundle."""
    from openkimberley.certificates import actions as certificates
    from openkimberley.node.demo import story
    from openkimberley.node.demo.people import ANTWERP, BY_KEY

    def issued(seal: str) -> Certificate:
        lines = [{"hs": "7102.31", "carats": "41.20", "usd": "9888.00"}]
        return story.issue(clock, story.draft(lines), [seal])

    good, revoked = issued("BW-SEAL-0000501"), issued("BW-SEAL-0000502")
    around.witnessed(clock.later(1))
    _leave(root, "revoked", _forms(revoked, clock.now))
    certificates.void(
        by=BY_KEY["approving"], at=clock.later(), number=revoked.number, why="recalled",
        reason="The goods were not those of the application",
    )  # fmt: skip
    story.seal(clock, good)
    story.announce(clock, good)
    story.depart(clock, good)
    genuine = _forms(good, clock.now)
    _leave(root, "good", genuine)
    _leave(root, "no-network", genuine)
    _leave(root, "altered", _altered(genuine))
    _leave(root, "unknown-issuer", _unknown(good, clock.now))
    write_atomically(root / FOLDER / NEW, bundles.handed_out(at=clock.now, authority=ANTWERP, demonstration=True))


def _leave(root: Path, question: str, forms: dict[str, bytes]) -> None:
    for form, data in forms.items():
        write_atomically(root / FOLDER / f"{question}.{FORMS[form]}", data)


def _forms(one: Certificate, at: datetime) -> dict[str, bytes]:
    from openkimberley.certificates import queries
    from openkimberley.node.demo.people import BY_KEY

    page = queries.certificate_pdf(
        one.number, by=BY_KEY["issuing"], demonstration=True, proof=lambda row: bundles.proof_text(row, at=at)
    )
    return {"code": one.qr_full.encode(), "credential": one.sd_jwt.encode(), "page": page}


def _altered(genuine: dict[str, bytes]) -> dict[str, bytes]:
    """A hundred times the carats in the code and the credential; one byte of the page."""
    statement = qr.read(genuine["code"].decode()).statement
    content = cbor2.loads(statement.payload)
    content = {**content, 9: [[line[0], line[1] * 100, line[2]] for line in content[9]]}
    code = cbor2.dumps(
        cbor2.CBORTag(18, [statement.protected, {}, cbor2.dumps(content, canonical=True), statement.signature])
    )
    signed, *shown = genuine["credential"].decode().split("~")
    bent = [_bent(text) for text in shown]
    middle = len(genuine["page"]) // 2
    page = genuine["page"][:middle] + bytes([genuine["page"][middle] ^ 1]) + genuine["page"][middle + 1 :]
    return {
        "code": (qr.FULL + base45.b45encode(code).decode()).encode(), "credential": "~".join([signed, *bent]).encode(),
        "page": page,
    }  # fmt: skip


def _bent(text: str) -> str:
    content = parse_json(unb64u(text)) if text else []
    return b64u(canonical([*content[:2], "4120.00"])) if content[1:2] == ["total_carats"] else text


def _unknown(like: Certificate, at: datetime) -> dict[str, bytes]:
    """A certificate of a Participant that signs none digitally, by a key that nobody has listed."""
    from openkimberley.certificates import queries, statements
    from openkimberley.certificates.queries.pages import page_of
    from openkimberley.documents.certificate import render_certificate
    from openkimberley.documents.seal import make_root_certificate, make_seal_certificate, seal_pdf

    key = SoftwareKey.generate("ZA/sign/2026-1")
    says = replace(queries.certificate_facts(like), number="ZA0004711", issuer="ZA", origin=("ZA",))
    credential, cid = statements.issue_credential(
        says, signer=key, authority="ZA", iat=int(at.timestamp()), status_uri="https://kp.example/status/ZA/2026-1",
        status_idx=7,
    )  # fmt: skip
    code = statements.full_qr(says, signer=key, authority="ZA", cid=cid, status=(2026, 7))
    root = make_root_certificate("Unlisted office", "ZA", not_before=at)
    seal = make_seal_certificate("Unlisted office", "ZA", root=root, not_before=at)
    shown = replace(
        page_of(like, demonstration=True), number=says.number, issuer="South Africa", qr_text=code, sd_jwt=credential,
        issued_at_unix=int(at.timestamp()),
    )  # fmt: skip
    page = seal_pdf(render_certificate(shown), seal.key, seal.certificate, at=at)
    return {"code": code.encode(), "credential": credential.encode(), "page": page}


def asked(root: Path, *, now: datetime) -> list[dict[str, Any]]:
    """Every question in every form, with the answer of this program, and whether it is the right one."""
    folder = root / FOLDER
    if not (folder / NEW).is_file():
        raise NotFound("answers of a demonstration", f"in {folder}: `kimberley demo` makes them")
    rows = []
    for question, (name, verdict, advice) in QUESTIONS.items():
        known = bundles.load((folder / name).read_bytes(), now=now, remembering=False)
        for form, ending in FORMS.items():
            data = (folder / f"{question}.{ending}").read_bytes()
            report = verify_file(data, known, now=now, authority="EU-BE")
            rows.append({
                "question": question, "form": form, "verdict": report.verdict.value, "advice": report.advice.value,
                "because": [one.detail for one in report.checks if one.counts and one.result.value != "pass"],
                "age_days": report.age_days, "right": (report.verdict, report.advice) == (verdict, advice),
            })  # fmt: skip
    return rows


@click.command()
@click.option("--dir", "folder", type=click.Path(file_okay=False, exists=True, path_type=Path),
              default=Path("var/demo"), show_default=True, help="The demonstration's folder.")  # fmt: skip
@json_option
def answers(folder: Path, as_json: bool) -> None:
    """Ask five questions of the demonstration's papers, as code, credential and page, without a network."""
    rows = asked(folder, now=datetime.now(UTC))  # noqa: TID251 - a shell
    if as_json:
        show_json(rows)
    else:
        for row in rows:
            mark = "right" if row["right"] else "WRONG"
            click.echo(f"{row['question']:<15} {row['form']:<11} {row['verdict']:<12} {row['advice']:<11} {mark}")
            for reason in row["because"] or [f"every check passed; the data are {row['age_days']} days old"]:
                click.echo(f"                {json.dumps(reason, ensure_ascii=False)[1:-1]}")
    if not all(row["right"] for row in rows):
        raise click.exceptions.Exit(1)
