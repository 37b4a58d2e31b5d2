"""``kimberley alerts``: list, export, import. Whoever may run commands on the node acts as its supervisor."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from openkimberley.alerts import statements
from openkimberley.alerts.facts import WORDS, AlertKind
from openkimberley.desk.cli import json_option, show_json, start_django
from openkimberley.kernel.actor import Actor, Role


@click.group()
def alerts() -> None:
    """Fakes, stolen paper and other warnings."""


@alerts.command("list")
@click.argument("text", default="")
@click.option("--kind", default="", type=click.Choice(["", *map(str, AlertKind)]), help="Only of this kind.")
@click.option("--issuer", default="", help="Only of this issuer, such as SL.")
@json_option
def list_(text: str, kind: str, issuer: str, as_json: bool) -> None:
    """List alerts, newest first; with TEXT those whose number or reference has it."""
    start_django()
    from openkimberley.alerts import queries

    found = [queries.to_alert(row) for row in queries.alerts(text=text, kind=kind, issuer=issuer)]
    if as_json:
        show_json([statements.to_json(alert) for alert in found])
        return
    for alert in found:
        named = alert.number or str(alert.serials or alert.zone or "-")
        status, kind_word = WORDS[alert.status.value].lower(), WORDS[alert.kind.value].lower()
        click.echo(f"{alert.reference:<22} {alert.day} {alert.issuer} {named:<16} {status:<10} {kind_word}")


@alerts.command()
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--public", is_flag=True, help="Only what everybody may know.")
def export(target: Path | None, public: bool) -> None:
    """Write the alerts that stop something to TARGET, or to the terminal, as kp.alert.v1."""
    start_django()
    from openkimberley.alerts import queries
    from openkimberley.desk.atomic import write_atomically

    found = queries.export(public=public)
    data = statements.write_public(found) if public else statements.write(found)
    if target is None:
        click.echo(data.decode())
        return
    write_atomically(target, data)
    click.echo(f"{len(found)} alerts written")


@alerts.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", required=True, help="For which authority they are entered, such as BW.")
@json_option
def import_(source: Path, authority: str, as_json: bool) -> None:
    """Enter the alerts of a file, all or none; what is here already is passed over."""
    start_django()
    from openkimberley.alerts import actions

    by = Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.SUPERVISOR}), authority=authority, via="cli")
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    entered = actions.import_alerts(by=by, at=now, alerts=statements.read(source.read_bytes()))
    if as_json:
        show_json({"entered": list(entered)})
    else:
        click.echo(f"{len(entered)} alerts entered")
