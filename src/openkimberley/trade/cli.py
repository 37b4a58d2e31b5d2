"""``kimberley licences``: list, show, load, export. Whoever may run commands on the node acts as its supervisor."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from openkimberley.desk.cli import REFUSED, Day, json_option, show_json, start_django
from openkimberley.desk.tables import KINDS, BadRows, read_table, write_table
from openkimberley.kernel.actor import Actor, Role
from openkimberley.trade import statements
from openkimberley.trade.facts import SERIES


def _now() -> datetime:
    """The clock of this shell."""
    return datetime.now(UTC)  # noqa: TID251 - a shell


def _operator(authority: str) -> Actor:
    """The person at the node's console, as the journal knows them."""
    return Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.SUPERVISOR}), authority=authority, via="cli")


@click.group()
def licences() -> None:
    """The register of licences."""


@licences.command("list")
@click.argument("text", default="")
@click.option("--authority", default="", help="Only of this authority, such as BW.")
@click.option("--kind", default="", type=click.Choice(["", *map(str, SERIES)]), help="Only of this kind.")
@click.option("--at", type=Day(), help="As of this day (default: today).")
@json_option
def list_(text: str, authority: str, kind: str, at: date | None, as_json: bool) -> None:
    """List licences whose holder or number has TEXT in it."""
    start_django()
    from openkimberley.trade import queries

    on = at or _now().date()
    found = queries.every(on=on, text=text, authority=authority, kind=kind)
    rows = [statements.to_public(licence, on) for licence in found]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        kinds = ", ".join(row["kinds"]).lower()
        click.echo(f"{row['number']:<24} {row['status'].lower():<10} {row['valid_to']:<10}  {row['holder']} ({kinds})")


@licences.command()
@click.argument("authority")
@click.argument("number")
@click.option("--at", type=Day(), help="As of this day (default: today).")
@json_option
def show(authority: str, number: str, at: date | None, as_json: bool) -> None:
    """Show the whole record of a licence."""
    start_django()
    from openkimberley.trade import queries

    on = at or _now().date()
    record = statements.to_officer(queries.licence(authority, number, on), on)
    if as_json:
        show_json(record)
        return
    for key, value in record.items():
        click.echo(f"{key:<16} {value}")


@licences.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", required=True, help="Whose register, such as BW.")
@json_option
def load(table: Path, authority: str, as_json: bool) -> None:
    """Load a CSV, XLSX or JSON TABLE of licences: all of it, or none of it and a report of every bad row."""
    start_django()
    from openkimberley.trade import actions

    try:
        rows = read_table(table.read_bytes(), table.name)
        numbers = actions.load(by=_operator(authority), at=_now(), authority=authority, rows=rows)
    except BadRows as bad:
        if as_json:
            show_json({"error": "BadRows", "count": bad.count, "rows": [fault.as_json() for fault in bad.faults]})
        for fault in bad.faults if not as_json else ():
            rule = f" [{fault.rule}]" if fault.rule else ""
            said = f"line {fault.line}, {fault.field or '-'}: {fault.message}{rule} {fault.remedy}"
            click.echo(said.rstrip(), err=True)
        sys.exit(REFUSED)
    if as_json:
        show_json({"loaded": len(numbers), "numbers": list(numbers)})
    else:
        click.echo(f"{len(numbers)} licences loaded")


@licences.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--authority", default="", help="Only of this authority.")
@click.option("--at", type=Day(), help="As of this day (default: today).")
def export(target: Path, authority: str, at: date | None) -> None:
    """Write the whole records to TARGET, whose ending says how: .csv, .json or .xlsx."""
    start_django()
    from openkimberley.desk.atomic import write_atomically
    from openkimberley.trade import queries

    kind = target.suffix.lstrip(".").lower()
    if kind not in KINDS:
        raise click.UsageError(f"the file must end in one of {', '.join('.' + one for one in KINDS)}")
    on = at or _now().date()
    rows = [statements.to_row(licence, on) for licence in queries.every(on=on, authority=authority)]
    write_atomically(target, write_table(rows, kind, statements.COLUMNS), mode=0o600)
    click.echo(f"{len(rows)} licences written")
