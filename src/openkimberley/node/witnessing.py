"""What of ``kimberley witness`` needs the signer's keys: take office under a new one, and retire."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from openkimberley.desk.cli import start_django
from openkimberley.kernel.actor import Actor, Role
from openkimberley.witness.cli import witness

__all__ = ["witness"]


def _keeper() -> Actor:
    """Whoever may run commands on the node acts as its administrator."""
    return Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.ADMINISTRATOR}), via="cli")


def _new_key(now: datetime) -> None:
    """Have a witness key that never served in this database: the one made at set-up, or else the next."""
    from openkimberley.node.keys import signer_place
    from openkimberley.signer import making
    from openkimberley.trust import signing
    from openkimberley.witness import queries

    if signing.can_sign(signing.NODE, "witness"):
        if signing.public_key(signing.NODE, "witness").pub not in queries.own_keys():
            return
    where = signer_place()
    making.make_witness_key(where, making.backend(where, where.passphrase()), at=now)


@witness.command("take-office")
@click.option("--name", required=True, help="The name it signs by, such as witness.bw.kp.example.")
def take_office(name: str) -> None:
    """Let this node witness under NAME, with a new key. Restart the node afterwards."""
    start_django()
    from openkimberley.kernel.errors import Conflict
    from openkimberley.witness import actions, queries

    if queries.office() is not None:
        raise Conflict("this node witnesses already: retire that witness first")
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    _new_key(now)
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
    _new_key(now)
    click.echo(actions.take_office(by=_keeper(), at=now, name=name).vkey)
