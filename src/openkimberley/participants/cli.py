"""``kimberley participants``: who is who on a day. Needs no database, no network and no Django."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from openkimberley.desk.cli import WRONG_USE, Day, json_option, show_json
from openkimberley.participants import statements
from openkimberley.participants.data import shipped_register


@click.command()
@click.option("--at", "at", type=Day(), help="As of this day (YYYY-MM-DD); today where it is left out.")
@click.option("--by", "by_list", type=click.Choice(["US", "CA", "EU"]), help="As this national list had it.")
@click.option("--code", "codes", multiple=True, help="Only these codes, which may also be countries in a union.")
@json_option
def participants(at: date | None, by_list: str | None, codes: tuple[str, ...], as_json: bool) -> None:
    """Say who takes part in the Scheme on a day, and since when, by which source."""
    day = at or datetime.now(UTC).date()  # noqa: TID251 - a shell that starts without Django
    register = shipped_register()
    known = register.participants
    wanted = [code.upper() for code in codes] or sorted(known, key=lambda code: known[code].name)
    if odd := [code for code in wanted if not (len(code) == 2 and code.isascii() and code.isalpha())]:
        click.echo(f"{odd[0]!r} is no code of two letters", err=True)
        raise SystemExit(WRONG_USE)
    rows = [
        statements.standing(
            code, known[code].name if code in known else code, register.status_at(code, day, by_list or "")
        )
        for code in wanted
    ]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        since = f"since {row['since']}" if row["since"] else ""
        click.echo(f"{row['code']}  {row['name'][:44]:<44}  {row['status'].replace('_', ' '):<16}  {since}".rstrip())
    if not codes:
        seats, countries = len(register.members_at(day)), len(register.countries_at(day))
        click.echo(f"{seats} Participants for {countries} countries on {day.isoformat()}")
