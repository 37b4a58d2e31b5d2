"""What of ``kimberley witness`` needs the signer's keys: take office under a new one, and retire."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import start_django
from openkimberley.kernel.actor import Actor, Role
from openkimberley.node import place
from openkimberley.witness.cli import witness

__all__ = ["witness"]


def _keeper() -> Actor:
    """Whoever may run commands on the node acts as its administrator."""
    return Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.ADMINISTRATOR}), via="cli")


def _offices() -> Path:
    """The keys that ever took office here, one a line: outside the database, so that its loss does not hide them."""
    return place.here().root / "witness-offices.txt"


def _take(name: str, at: datetime, *, new: bool) -> str:
    """Take office under ``name``, with a key that never served here: the one made at set-up, or else the next.

    ``new`` asks for the next in any case. Returns the public key as text.
    """
    from openkimberley.node.keys import signer_place
    from openkimberley.signer import making
    from openkimberley.trust import signing
    from openkimberley.trust.notes import VerifierKey
    from openkimberley.witness import actions, queries

    offices = _offices()
    served = offices.read_text(encoding="utf-8").splitlines() if offices.exists() else []
    used = queries.own_keys() | {VerifierKey.parse(text).public_key for text in served}
    has = signing.can_sign(signing.NODE, "witness")
    if new or not has or signing.public_key(signing.NODE, "witness").pub in used:
        where = signer_place()
        making.make_witness_key(where, making.backend(where, where.passphrase()), at=at)
    served.append(signing.verifier_key(name, "witness").text)
    write_atomically(offices, "".join(f"{text}\n" for text in served).encode())
    return actions.take_office(by=_keeper(), at=at, name=name).vkey


@witness.command("take-office")
@click.option("--name", required=True, help="The name it signs by, such as witness.bw.kp.example.")
def take_office(name: str) -> None:
    """Let this node witness under NAME, with a key that never served. Its signer must be running."""
    start_django()
    from openkimberley.kernel.errors import Conflict
    from openkimberley.witness import queries

    if queries.office() is not None:
        raise Conflict("this node witnesses already: retire that witness first")
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    click.echo(_take(name, now, new=False))


@witness.command()
@click.argument("vkeys", nargs=-1, required=True)
@click.option("--participant", default="", help="Whose journal it is, such as BW: findings become alerts about it.")
@click.option("--url", default="", help="Where it is read, such as https://kp.gov.bw/journal.")
def know(vkeys: tuple[str, ...], participant: str, url: str) -> None:
    """Let this node cosign and watch the journal of these public keys, before a trust list names it."""
    start_django()
    from openkimberley.trust.notes import VerifierKey
    from openkimberley.witness import actions

    now = datetime.now(UTC)  # noqa: TID251 - a shell
    origin = VerifierKey.parse(vkeys[0]).name
    actions.know_log(by=_keeper(), at=now, origin=origin, vkeys=vkeys, participant=participant, url=url)
    click.echo(f"{origin} is known")


@witness.command()
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Of a witness without a node.")
@click.option("--name", required=True, help="The new name; the old one is never used again.")
@click.option("--reason", default="its record was lost", show_default=True)
def retire(folder: Path | None, name: str, reason: str) -> None:
    """Retire the witness for ever and begin as a new one, with a new name and a new key.

    Do this when its record was lost or came back from a copy, or its key may be known to others. Then have the new key
    entered in the witness policy.
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
    click.echo(_take(name, now, new=True))
