"""What of ``kimberley witness`` needs the node's keystore: take office under a new key, and retire."""

from __future__ import annotations

import getpass
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import start_django
from openkimberley.kernel.actor import Actor, Role
from openkimberley.node import place
from openkimberley.trust import keystore
from openkimberley.trust.keys import ED25519, SoftwareKey
from openkimberley.witness.cli import witness

__all__ = ["witness"]

_FILE = re.compile(r"node_witness_([0-9]+)\.json")


def _keeper() -> Actor:
    """Whoever may run commands on the node acts as its administrator."""
    return Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.ADMINISTRATOR}), via="cli")


def make_witness_key(*, memory: int = keystore.MEMORY_KIB) -> str:
    """Make the node's next witness key in its keystore, and set the one before aside. Returns its name."""
    from openkimberley.node import keys

    where = place.here()
    files = [(int(found.group(1)), path) for path in where.keys.glob("node_witness_*")
             if (found := re.match(r"node_witness_([0-9]+)\.", path.name))]  # fmt: skip
    number = max((number for number, _ in files), default=0) + 1
    key = SoftwareKey.generate(f"node/witness/{number}", ED25519)
    sealed = keystore.seal_key(key, keys.passphrase(where), use="witness", m=memory)
    for _, path in files:
        if _FILE.fullmatch(path.name):
            path.rename(path.with_suffix(".retired"))
    write_atomically(where.keys / f"node_witness_{number}.json", json.dumps(sealed, indent=1).encode(), mode=0o600)
    return key.kid


@witness.command("take-office")
@click.option("--name", required=True, help="The name it signs by, such as witness.bw.kp.example.")
def take_office(name: str) -> None:
    """Let this node witness under NAME, with a new key. Restart the node afterwards."""
    start_django()
    from openkimberley.kernel.errors import Conflict
    from openkimberley.witness import actions, queries

    if queries.office() is not None:
        raise Conflict("this node witnesses already: retire that witness first")
    make_witness_key()
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    click.echo(actions.take_office(by=_keeper(), at=now, name=name).vkey)


@witness.command()
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Of a witness without a node.")
@click.option("--name", required=True, help="The new name; the old one is never used again.")
@click.option("--reason", default="its record was lost", show_default=True)
def retire(folder: Path | None, name: str, reason: str) -> None:
    """Retire the witness for ever and begin as a new one, with a new name and a new key.

    Do this when its record was lost or came back from a copy, or its key may be known to others. Then have the new key
    entered in the witness policy. Restart the node afterwards.
    """
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    if folder is not None:
        from openkimberley.witness.alone.store import retire as retire_alone
        from openkimberley.witness.cli import ask_passphrase

        click.echo(retire_alone(folder, name, ask_passphrase(new=True), at=f"{now:%Y%m%d%H%M%S}").text)
        return
    start_django()
    from openkimberley.trust.notes import VerifierKey
    from openkimberley.witness import actions, queries
    from openkimberley.witness.models import Office

    if any(VerifierKey.parse(row.vkey).name == name for row in Office.objects.all()):
        raise click.UsageError(f"{name} was used before: choose a new name")
    if queries.office() is not None:
        actions.retire_office(by=_keeper(), at=now, reason=reason)
    make_witness_key()
    click.echo(actions.take_office(by=_keeper(), at=now, name=name).vkey)
