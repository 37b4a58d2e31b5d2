"""``kimberley certificates``: many at once, in and out, by the same acts as the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openkimberley.desk.cli import REFUSED, Day, fail, json_option, show_json, start_django
from openkimberley.kernel.errors import KimberleyError

if TYPE_CHECKING:
    from openkimberley.kernel.actor import Actor, Role

KINDS = click.Choice(["csv", "json", "xlsx"])
authority_option = click.option("--authority", required=True, help="The authority's code, such as BW or EU-BE.")


@click.group()
def certificates() -> None:
    """Applications and certificates as tables."""


def _operator(authority: str, company: str = "", role: Role | None = None) -> Actor:
    """Who acts on the command line: the node's operator, for an authority, or for a company of its register."""
    from openkimberley.kernel.actor import Actor, Role

    if company:
        return Actor("operator", frozenset({Role.AGENT}), authority, frozenset({company}), via="cli")
    return Actor("operator", frozenset({role or Role.AUDITOR}), authority, via="cli")


@certificates.command("load")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@authority_option
@click.option("--company", required=True, help="Licence number of the exporter that the drafts are for.")
@json_option
def load(table: Path, authority: str, company: str, as_json: bool) -> None:
    """Load applications from TABLE (CSV, XLSX or JSON) as drafts: all of them, or none and every fault named."""
    start_django()
    from django.utils import timezone

    from openkimberley.certificates import actions
    from openkimberley.certificates.forms import tables as rows_of
    from openkimberley.desk.tables import BadRows
    from openkimberley.kernel.errors import Refused

    lines: list[int] = []
    try:
        drafts, lines = rows_of.drafts(table.read_bytes(), table.name, licence=company)
        opened = actions.load_drafts(
            by=_operator(authority, company), at=timezone.localtime(), company=company, rows=drafts
        )
    except (BadRows, Refused) as error:
        faults = error.faults if isinstance(error, BadRows) else rows_of.faults_of(error.objections, lines)
        _say_faults([fault.as_json() for fault in faults], as_json=as_json)
    except KimberleyError as error:
        fail(error, as_json=as_json)
    else:
        references = [row.reference for row in opened]
        if as_json:
            show_json({"count": len(references), "references": references})
        else:
            click.echo("\n".join(references))


def _say_faults(faults: list[dict[str, Any]], *, as_json: bool) -> None:
    """Say every fault and leave with status 1."""
    if as_json:
        show_json({"error": "Refused", "detail": "nothing was loaded", "rows": faults})
    else:
        click.echo(f"nothing was loaded: {len(faults)} faults", err=True)
        for one in faults:
            click.echo(f"line {one['line']} {one['field']} {one['rule']}: {one['message']} {one['remedy']}", err=True)
    raise SystemExit(REFUSED)


@certificates.command("template")
@click.argument("kind", type=KINDS)
@click.option("--to", "to", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def template(kind: str, to: Path | None) -> None:
    """Write the table to begin with."""
    start_django()
    from openkimberley.certificates.forms import tables as rows_of

    _write(rows_of.template(kind), to or Path(f"applications.{kind}"))


@certificates.command("export")
@click.argument("what", type=click.Choice(["certificates", "applications"]))
@click.argument("kind", type=KINDS)
@authority_option
@click.option("--to", "to", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--status", default="", help="Only those of this status.")
@click.option("--since", type=Day(), help="Only certificates issued on this day or later.")
@click.option("--until", type=Day(), help="Only certificates issued on this day or earlier.")
@json_option
def export(*, what: str, kind: str, authority: str, to: Path | None, as_json: bool, **narrowed: Any) -> None:
    """Write the certificates or applications that an authority sees as a table."""
    start_django()
    by, path = _operator(authority), to or Path(f"{what}.{kind}")
    data = _certificates(by, kind, narrowed) if what == "certificates" else _applications(by, kind, narrowed["status"])
    _write(data, path, quiet=as_json)
    if as_json:
        show_json({"file": str(path)})


@certificates.command("disclose")
@click.argument("number")
@authority_option
@click.option("--company", default="", help="Licence number of the holder who shows it; else the authority does.")
@click.option("--profile", required=True, help="bank, carrier, monitor, observer, public or authority.")
@click.option("--to", "to_whom", required=True, help="Who will see it.")
@click.option("--basis", required=True, help="On what basis it is shown.")
@click.option("--also", multiple=True, help="A claim to show besides; the holder's to decide. May be repeated.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write (else printed).")
@json_option
def disclose(
    *, number: str, authority: str, company: str, profile: str, to_whom: str, basis: str, also: tuple[str, ...],
    out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Make the part of certificate NUMBER that somebody may see, and enter to whom it was shown and why."""
    start_django()
    from django.utils import timezone

    from openkimberley.certificates import actions
    from openkimberley.kernel.actor import Role

    try:
        made = actions.disclose(
            by=_operator(authority, company, Role.SUPERVISOR), at=timezone.localtime(), number=number, profile=profile,
            to=to_whom, basis=basis, also=also,
        )  # fmt: skip
    except KimberleyError as error:
        fail(error, as_json=as_json)
    else:
        if out:
            out.write_text(made.text, encoding="ascii")
        if as_json:
            told = {"number": number, "profile": profile, "claims": made.row.fields, "sha256": made.row.sha256}
            show_json({**told, **({"file": str(out)} if out else {"presentation": made.text})})
        else:
            click.echo(str(out) if out else made.text)


@certificates.command("processing")
@authority_option
@json_option
def processing(authority: str, as_json: bool) -> None:
    """The record of processing: every part of a certificate that an authority showed, to whom and on what basis."""
    start_django()
    from openkimberley.certificates import queries

    rows = queries.processing(authority=authority)
    if as_json:
        show_json(rows)
        return
    for row in rows:
        click.echo(f"{row['at']} {row['number']} {row['profile']} to {row['to']}: {row['basis']} ({row['by']})")


def _certificates(by: Actor, kind: str, narrowed: dict[str, Any]) -> bytes:
    """Certificates as a table of a kind."""
    from openkimberley.certificates import queries
    from openkimberley.certificates.forms import tables as rows_of
    from openkimberley.desk.tables import write_table

    rows = rows_of.certificate_rows(queries.certificates(by=by, **narrowed).iterator(chunk_size=1000))
    return write_table(rows, kind, rows_of.CERTIFICATE_COLUMNS)


def _applications(by: Actor, kind: str, status: str) -> bytes:
    """Applications as a table of a kind."""
    from openkimberley.certificates import queries
    from openkimberley.certificates.forms import tables as rows_of
    from openkimberley.desk.tables import write_table

    rows = rows_of.application_rows(queries.applications(by=by, status=status).iterator(chunk_size=1000))
    return write_table(rows, kind, rows_of.APPLICATION_COLUMNS)


def _write(data: bytes, path: Path, *, quiet: bool = False) -> None:
    """Write a file and say where."""
    path.write_bytes(data)
    if not quiet:
        click.echo(str(path))
