"""``kimberley bundle verifier``: writes the border check as one file for a stick, or checks such a file."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import openkimberley
from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import REFUSED, json_option, show_json, start_django
from openkimberley.kernel.errors import Untrusted
from openkimberley.node.bundles import first_root, root_fingerprint
from openkimberley.node.verifier import page
from openkimberley.trust.trustlist import Memory
from openkimberley.verification.opening import open_bundle, read_bundle
from openkimberley.verification.statements import Bundle


@click.command("verifier")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="verifier.html", show_default=True)
@click.option(
    "--bundle",
    "bundle_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The list to put inside (default: this node's own of this moment).",
)
@click.option("--authority", help="Whose desk the page stands on, such as EU-BE; it can be changed on the page.")
@click.option(
    "--check",
    "checked",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write nothing: say whether FILE is this version's page, untouched, and whether its list is whole.",
)
@json_option
def verifier(out: Path, bundle_file: Path | None, authority: str | None, checked: Path | None, as_json: bool) -> None:
    """Write the border check as one file that works without a network, with this node's list inside.

    It goes on a stick. Whoever receives it compares its SHA-256 with the one printed here, told by another way.
    """
    if checked:
        _check(checked, as_json)
        return
    made = stick(read_bundle(bundle_file.read_bytes()) if bundle_file else own_bundle(authority), authority)
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


def own_bundle(authority: str | None) -> dict[str, Any]:
    """This node's list of this moment, for an authority's officers: signed where the node has a trust list."""
    start_django()
    from django.utils import timezone

    from openkimberley.certificates import queries
    from openkimberley.node import bundles

    now, served = timezone.localtime(), queries.served()
    whose = authority or (served[0] if len(served) == 1 else "")
    if not whose and bundles.listed(at=now) is not None:
        raise click.UsageError(f"name whose officers it is for with --authority: {', '.join(served)}")
    return read_bundle(bundles.handed_out(at=now, authority=whose))


def stick(bundle: dict[str, Any], authority: str | None) -> bytes:
    """The page with a list inside. Usage error: a list that cannot be used or knows no such authority."""
    made = datetime.now(UTC)  # noqa: TID251 - a shell
    try:
        known = _opened(bundle, made)
    except Untrusted as error:
        raise click.UsageError(f"this list cannot be used: {error}") from error
    if authority and authority.partition("-")[0] not in known.participants:
        raise click.UsageError(f"the list knows no authority {authority}")
    about = {"form": "stick", "version": openkimberley.__version__, "made": made.isoformat(timespec="seconds")}
    return page.on_a_stick({**about, "bundle": bundle, **({"authority": authority} if authority else {})})


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
    written = data.get("bundle")
    if not isinstance(written, dict):
        return False, "there is none"
    try:
        bundle = _opened(written, datetime.now(UTC))  # noqa: TID251 - a shell
    except Untrusted as error:
        return False, str(error)
    said = f"of {bundle.list_date}, {len(bundle.authorities)} authorities"
    if written.get("v") != 2:
        return True, f"{said}; NOT SIGNED: only the hash of the file vouches for it"
    return (
        True,
        f"{said}; signed, by what follows from the root with SHA-256 {root_fingerprint(written['trust'])}",
    )


def _opened(written: dict[str, Any], now: datetime) -> Bundle:
    """A list as the engine reads it; of a signed one every signature is checked from its own root on. ``Untrusted``."""
    if written.get("v") != 2:
        return Bundle(written)
    return open_bundle(written, Memory(root=first_root(written["trust"])), now=now).bundle
