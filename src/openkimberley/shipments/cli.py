"""``kimberley check``: asks every rule that bears on a foreign certificate. Needs no database, network or Django."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from openkimberley.desk.cli import EXIT_OF_VERDICT, WRONG_USE, Day, json_option, show_json
from openkimberley.kernel.errors import Untrusted

if TYPE_CHECKING:
    from openkimberley.participants.facts import Profiles
    from openkimberley.shipments.rules import Answer

MOST_BYTES = 1_000_000
"""A certificate or a set of profiles is far smaller; a larger file is a mistake or an attack."""

ADVICE = {
    "accept": "Nothing that could be asked speaks against it.",
    "hold": "Hold it: a person must decide.",
    "ask_issuer": "Hold it and ask the issuing authority.",
    "reject": "Do not accept it.",
}


class NoConstant(ValueError):
    """NaN or Infinity, which are no JSON."""


def _no_constant(word: str) -> NoReturn:
    """Refuse the words that Python reads and JSON has not."""
    raise NoConstant(f"{word} is no JSON number")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once each: of two values one would be lost unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise NoConstant(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice")
    return found


def read_json(path: Path) -> Any:
    """The JSON document in a file, or in standard input for ``-``. Raises ``Untrusted`` naming file and place."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if str(path) == "-" else path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise Untrusted("file", f"{name}: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise Untrusted("file", f"{name} is larger than {MOST_BYTES} bytes")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except (ValueError, RecursionError) as error:
        raise Untrusted("file", f"{name} is no JSON: {error}") from error


def _answer(certificate: Path, profiles: Path | None, at: date | None) -> Answer:
    """Read everything and ask. Raises ``Untrusted`` for what cannot be read."""
    from openkimberley.certificates.statements.contract import certificate_from_json
    from openkimberley.participants.data import shipped_profiles, shipped_register
    from openkimberley.shipments.rules import Knowledge, check

    paper = certificate_from_json(read_json(certificate))
    known: Profiles = shipped_profiles()
    if profiles is not None:
        known = known.overlaid(read_json(profiles), source=str(profiles))
    shown = paper.presented
    day = at or (shown.date if shown else None) or datetime.now(UTC).date()  # noqa: TID251 - a shell without Django
    if shown is not None and at is not None:
        paper = replace(paper, presented=replace(shown, date=at))
    return check(paper, Knowledge(shipped_register(), known), day)


@click.command()
@click.argument("certificate", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--at", "at", type=Day(), help="Day of presentation; else the one in the file, else today.")
@click.option("--profiles", type=click.Path(path_type=Path), help="JSON laid over the shipped national profiles.")
@json_option
def check(certificate: Path, at: date | None, profiles: Path | None, as_json: bool) -> None:
    """Ask every rule that bears on a paper or foreign CERTIFICATE (a JSON file, or - for standard input).

    Exit status: 0 valid, 1 invalid, 2 wrong use, 3 cannot tell.
    """
    try:
        found = _answer(certificate, profiles, at)
    except Untrusted as error:
        if as_json:
            show_json({"error": type(error).__name__, "step": error.step, "detail": error.reason})
        else:
            click.echo(f"{error.step}: {error.reason}", err=True)
        raise SystemExit(WRONG_USE) from error
    if as_json:
        show_json(found.as_json())
    else:
        show(found)
    raise SystemExit(EXIT_OF_VERDICT[found.verdict])


def show(found: Answer) -> None:
    """The answer in plain words."""
    click.echo(f"{found.verdict.replace('_', ' ')}. {ADVICE[found.advice]}")
    for one in found.asked.objections:
        click.echo(f"  {one.severity.value:<6} {one.rule} {one.message}")
        click.echo(f"         {one.remedy} [{one.level}; {one.source}]")
    if found.asked.not_asked:
        click.echo("Not checked:")
    for said in found.asked.not_asked:
        click.echo(f"  {said.rule} {said.why}")
