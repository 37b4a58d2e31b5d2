"""``kimberley certificates retention`` and ``erase``: what is due, and the erasing itself, which nobody does for you.

They span certification and shipments, so the node joins them to the commands of certification.
"""

from __future__ import annotations

import click

from openkimberley.certificates.cli import authority_option, certificates
from openkimberley.desk.cli import fail, json_option, show_json, start_django
from openkimberley.kernel.errors import KimberleyError

__all__ = ["certificates"]


@certificates.command("retention")
@authority_option
@json_option
def retention(authority: str, as_json: bool) -> None:
    """List the certificates whose retention is over. Nothing is erased by itself."""
    start_django()
    from django.utils import timezone

    from openkimberley.certificates import queries

    rows = queries.due_for_erasure(authority=authority, on=timezone.localtime().date())
    if as_json:
        show_json(rows)
        return
    for row in rows:
        click.echo(f"{row['number']} {row['status']}: ended {row['ended']}, {row['years']} years, due {row['due']}")
    click.echo(f"{len(rows)} certificates are due to be erased")


@certificates.command("erase")
@click.argument("number")
@authority_option
@click.option("--basis", required=True, help="The law or the court's order; no names.")
@click.option("--ordered", is_flag=True, help="A court ordered it: before the retention is over.")
@json_option
def erase(*, number: str, authority: str, basis: str, ordered: bool, as_json: bool) -> None:
    """Erase what is personal in certificate NUMBER: for ever."""
    start_django()
    from django.utils import timezone

    from openkimberley.kernel.actor import Actor, Role
    from openkimberley.shipments import actions

    by = Actor("operator", frozenset({Role.SUPERVISOR}), authority, via="cli")
    try:
        words = actions.erase(
            by=by, at=timezone.localtime(), number=number, basis=basis, ground="ORDER" if ordered else "RETENTION"
        )
    except KimberleyError as error:
        fail(error, as_json=as_json)
    else:
        if as_json:
            show_json({"number": number, "erased": True, "entries": words})
        else:
            click.echo(f"{number}: erased; {words} journal entries lost their words, none was changed")
