"""``kimberley bundle verifier``: writes the border check as one file for a stick, or checks such a file."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import click

import openkimberley
from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import REFUSED, json_option, show_json, start_django
from openkimberley.kernel.errors import Untrusted
from openkimberley.node.verifier import page


@click.command("verifier")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="verifier.html", show_default=True)
@click.option("--authority", help="Whose desk the page stands on, such as EU-BE; it can be changed on the page.")
@click.option(
    "--check",
    "checked",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write nothing: say whether FILE is this version's page, untouched, and whether its list is whole.",
)
@json_option
def verifier(out: Path, authority: str | None, checked: Path | None, as_json: bool) -> None:
    """Write the border check as one file that works without a network, with this node's list inside.

    It goes on a stick. Whoever receives it compares its SHA-256 with the one printed here, told by another way.
    """
    if checked:
        _check(checked, as_json)
        return
    start_django()
    made = stick(authority)
    write_atomically(out, made)
    sha256 = hashlib.sha256(made).hexdigest()
    if as_json:
        show_json({"file": str(out), "bytes": len(made), "sha256": sha256})
        return
    click.echo(f"{out}: {len(made)} bytes")
    click.echo(f"SHA-256: {sha256}")
    click.echo("Tell this number by telephone or in person to whoever receives the file. They compare it with")
    name = out.name
    click.echo(f"  Linux: sha256sum {name}   macOS: shasum -a 256 {name}   Windows: certutil -hashfile {name} SHA256")
    click.echo(f"or with: kimberley bundle verifier --check {out.name}")


def stick(authority: str | None) -> bytes:
    """The page with this node's list of this moment. Needs Django. Usage error: an authority unknown to it."""
    from django.utils import timezone

    from openkimberley.certificates import queries

    now = timezone.localtime()
    bundle = queries.bundle(at=now)
    known = {*bundle["authorities"], *bundle["participants"]}
    if authority and authority not in known and authority.partition("-")[0] not in known:
        raise click.UsageError(f"the list knows no authority {authority}")
    data = {
        "form": "stick",
        "version": openkimberley.__version__,
        "made": now.isoformat(timespec="seconds"),
        "bundle": bundle,
        **({"authority": authority} if authority else {}),
    }
    return page.on_a_stick(data)


def _check(path: Path, as_json: bool) -> None:
    """Say what a file is; status 1 unless it is an untouched page with a whole list."""
    found = page.check(path.read_bytes())
    whole, said = _list(found.data) if found.ours else (False, "")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    document = {
        "file": str(path),
        "sha256": sha256,
        "ours": found.ours,
        "untouched": found.untouched,
        "list": said,
        "list_whole": whole,
        "made": found.data.get("made"),
        "version": found.data.get("version"),
    }
    if as_json:
        show_json(document)
    else:
        click.echo(f"SHA-256: {sha256}")
        if not found.ours:
            click.echo("This file is no border check.")
        else:
            ours = f"This is the border check of OpenKimberley {openkimberley.__version__}"
            touched = "NOT UNTOUCHED: it is of another version, or somebody changed it. Do not use it."
            click.echo(f"{ours}, untouched." if found.untouched else touched)
            click.echo(f"Its list: {said}")
    if not (found.untouched and whole):
        sys.exit(REFUSED)


def _list(data: dict[str, Any]) -> tuple[bool, str]:
    """Whether the list inside can be used, and what is to be said of it."""
    from openkimberley.verification.statements import Bundle

    written = data.get("bundle")
    if not isinstance(written, dict):
        return False, "there is none"
    try:
        bundle = Bundle(written)
    except Untrusted as error:
        return False, str(error)
    said = f"of {bundle.list_date}, {len(bundle.authorities)} authorities"
    return True, f"{said}; NOT SIGNED: only the hash of the file vouches for it"
