"""What of ``kimberley witness`` needs the node's keystore: take office under a new key, and retire."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from openkimberley.desk.cli import start_django
from openkimberley.kernel.actor import Actor, Role
from openkimberley.witness.cli import witness

__all__ = ["witness"]


def _keeper() -> Actor:
    """Whoever may run commands on the node acts as its administrator."""
    return Actor(id=f"cli:{getpass.getuser()}", roles=frozenset({Role.ADMINISTRATOR}), via="cli")


def make_witness_key(*, at: datetime) -> str:
    """Make the node's next witness key where its signer keeps its keys; from now on it is the one in use.

    The private key is kept before its public part is written. Returns its name.
    """
    from openkimberley.node import keys
    from openkimberley.signer import making
    from openkimberley.signer.keystore import add_public, public_part, read_public
    from openkimberley.trust.signing import NODE

    where = keys.signer_place()
    there = {one["kid"] for one in read_public(where)}
    number = 1
    while (kid := f"{NODE}/witness/{number}") in there:
        number += 1
    alg, days = making.NODE_USES["witness"]
    pub = making.backend(where, where.passphrase()).make(kid, "witness", alg)
    first, last = at.date(), at.date() + timedelta(days=days)
    part = public_part(NODE, kid=kid, use="witness", alg=alg, pub=pub, nbf=first.isoformat(), naf=last.isoformat(),
                       x509=b"", root=b"")  # fmt: skip
    add_public(where, part)
    return kid


def _unused_key(at: datetime) -> None:
    """See that the witness key in use was never one of a retired witness; make one where it was, or there is none."""
    from openkimberley.trust import signing
    from openkimberley.witness import queries

    used = queries.own_keys()
    if not signing.can_sign(signing.NODE, "witness") or signing.public_key(signing.NODE, "witness").pub in used:
        make_witness_key(at=at)


@witness.command("take-office")
@click.option("--name", required=True, help="The name it signs by, such as witness.bw.kp.example.")
def take_office(name: str) -> None:
    """Let this node witness under NAME. Its signer must be running."""
    start_django()
    from openkimberley.kernel.errors import Conflict
    from openkimberley.witness import actions, queries

    if queries.office() is not None:
        raise Conflict("this node witnesses already: retire that witness first")
    now = datetime.now(UTC)  # noqa: TID251 - a shell
    _unused_key(now)
    click.echo(actions.take_office(by=_keeper(), at=now, name=name).vkey)


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
    make_witness_key(at=now)
    click.echo(actions.take_office(by=_keeper(), at=now, name=name).vkey)
