"""Commands that answer questions: rules, verify, bundle."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import (
    CANNOT_TELL,
    EXIT_OF_VERDICT,
    Day,
    fail,
    json_option,
    show_json,
    start_django,
)
from openkimberley.kernel.errors import Untrusted
from openkimberley.node import place
from openkimberley.node.verifier.cli import verifier

MOST_BYTES = 12 * 1024 * 1024


@click.command()
@json_option
def rules(as_json: bool) -> None:
    """All 180 rules of the Scheme: what each says, where it is written, what the software does about it."""
    from openkimberley.kernel.rules import register

    rows = [
        {
            "code": entry.code, "level": entry.level, "source": entry.source, "statement": entry.statement,
            "state": entry.state.value, "where": entry.where, "reason": entry.reason,
        }
        for entry in register()
    ]  # fmt: skip
    if as_json:
        show_json(rows)
        return
    for row in rows:
        click.echo(f"{row['code']} {row['level']:<12} {row['state']:<16} {row['statement']}")


def default_bundle() -> Path | None:
    """The bundle to trust where none is named: this node's own, else the one adopted on this machine."""
    for path in (place.here().bundle, place.adopted_bundle()):
        if path.is_file():
            return path
    return None


@click.command()
@click.argument("artefact", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bundle", "bundle_path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", type=Day(), help="Judge as of this day (default: today).")
@click.option("--authority", help="Whose desk asks, such as EU-BE.")
@click.option(
    "--proof",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The proof from the issuer's journal, as text or KPP1: code (a PDF brings its own).",
)
@json_option
def verify(
    *, artefact: Path, bundle_path: Path | None, at: date | None, authority: str | None, proof: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Is this QR text, SD-JWT or PDF genuine and usable? Needs no database and no network.

    The bundle holds the participants, keys and statuses that are trusted. Where none is named it is this node's own
    (KIMBERLEY_DIR), else the one adopted with `kimberley bundle import`; never a file that just lies beside the paper.
    """
    from openkimberley.node import bundles
    from openkimberley.verification.files import verify_file

    path = bundle_path or default_bundle()
    if path is None:
        raise click.UsageError("there is no bundle to check against: name one with --bundle, or adopt one once with"
                               " `kimberley bundle import FILE`")  # fmt: skip
    moment = datetime.combine(at, time(12), tzinfo=UTC) if at else datetime.now(UTC)  # noqa: TID251 - a shell
    data = artefact.read_bytes()
    try:
        if len(data) > MOST_BYTES:
            raise Untrusted("1 parse", f"{artefact.name} is larger than any certificate ({MOST_BYTES} bytes at most)")
        known = bundles.load(trusted := path.read_bytes(), now=moment)
        foreign = bundles.foreign(trusted)
        report = verify_file(data, known, now=moment, authority=authority, proof=proof.read_text() if proof else "")
    except Untrusted as error:  # nothing was judged: no verdict against the paper
        fail(error, as_json=as_json, status=CANNOT_TELL)
    document = {**report.as_json(), "bundle": str(path), "bundle_signed": known.trust is not None and not foreign}
    if foreign:
        document["bundle_foreign"] = foreign
    if as_json:
        show_json(document)
    else:
        _say(document)
    sys.exit(EXIT_OF_VERDICT[document["verdict"]])


def _say(document: dict[str, object]) -> None:
    """A report in plain words: the verdict, then every numbered check."""
    click.echo(f"{str(document['verdict']).replace('_', ' ').upper()}: {document['advice']}")
    for check in document["checks"]:  # type: ignore[attr-defined]
        click.echo(f"  {check['id']:>2} {check['name']:<12} {check['result']:<8} {check['detail']}")
    data = document["data"]
    click.echo(f"  judged with {document['bundle']} of {data['issued']}, {data['age_days']} days old")  # type: ignore[index]
    if "bundle_foreign" in document:
        click.echo(f"  do not rely on that bundle: {document['bundle_foreign']}")
    elif not document["bundle_signed"]:
        click.echo("  that bundle is not signed: it is worth what its bearer is")


@click.group()
def bundle() -> None:
    """What an offline check needs: participants, keys, statuses, alerts in one file."""


bundle.add_command(verifier)


@bundle.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--authority", default="", help="For whose officers; needed where the node serves several authorities.")
def export(file: Path, authority: str) -> None:
    """Write this node's bundle to FILE, for a stick or an e-mail; packed where FILE ends in .gz."""
    start_django()
    from django.utils import timezone

    from openkimberley.certificates import queries
    from openkimberley.node import bundles

    served = queries.served()
    if not authority and len(served) != 1:
        raise click.UsageError(f"name whose officers it is for with --authority: {', '.join(served)}")
    data = bundles.handed_out(at=timezone.localtime(), authority=authority or served[0])
    write_atomically(file, bundles.packed(data) if file.suffix == ".gz" else data)
    click.echo(f"{file}: {file.stat().st_size} bytes")


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Adopt FILE as the bundle that this machine trusts. Do this only with a file from your own authority.

    The first one adopts the root of its trust list; every later one has to follow from it, and none goes back.
    """
    from openkimberley.node import bundles
    from openkimberley.verification.opening import read_bundle

    known = bundles.adopt(data := file.read_bytes(), now=datetime.now(UTC))  # noqa: TID251 - a shell
    click.echo(f"adopted: {place.adopted_bundle()}")
    if known.trust is not None:
        click.echo(f"root:    {bundles.root_fingerprint(read_bundle(data)['trust'])}")
        click.echo("Compare it with the one that your authority published; later bundles must follow from it.")
