"""``kimberley signer``: the process, and what only its operator may do, at the machine itself. All of it is audited."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openkimberley.desk.cli import json_option, show_json
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.signer import approving, audit, issuing, making, server
from openkimberley.signer.ledger import Ledger
from openkimberley.signer.place import SignerPlace, of

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = "var/node"
ROLES = {"maker": "issuing officer", "checker": "approving officer"}


def here() -> SignerPlace:
    """The signer's folder that this process works in."""
    return of(Path(os.environ.get("KIMBERLEY_DIR", DEFAULT)).resolve())


@click.group()
def signer() -> None:
    """The signing process and its keys, officers and ranges."""


@signer.command()
def run() -> None:
    """Serve the socket until stopped. `kimberley serve` starts one by itself where none answers."""
    server.run(here())


@signer.command()
@click.option("--authority", required=True, metavar="CODE")
@click.option("--name", required=True, help="The authority's name, as its seal shall show it.")
@click.option("--p256", is_flag=True, help="P-256 for every key of the authority (a module without Ed25519).")
@json_option
def keys(authority: str, name: str, p256: bool, as_json: bool) -> None:
    """Make this year's keys of an authority, and the node's own. Their public parts go to public.json."""
    where = here()
    algorithms = dict.fromkeys(making.USES, "ES256") if p256 else None
    made = making.make_keys(
        where, making.backend(where, where.passphrase()), authority=authority, name=name, algorithms=algorithms,
        at=datetime.now(UTC),  # noqa: TID251 - a shell
    )  # fmt: skip
    with Ledger(where.ledger).transaction() as rows:
        audit.remember(rows, *audit.Audit(where.audit).append(call="keys", made=[one["kid"] for one in made]))
    show_json(made) if as_json else click.echo("\n".join(one["kid"] for one in made))


@signer.command("range")
@click.argument("authority")
@click.argument("prefix")
@click.argument("first", type=int)
@click.argument("last", type=int)
@click.argument("digits", type=int)
@click.option("--year", type=int, default=0, help="The year that the range is for, if it is for one.")
def range_(**said: Any) -> None:
    """Enter a range of certificate numbers, as the supervisor registered it: BW BW 12340 22339 7."""
    _do("range", lambda rows: issuing.enrol_range(rows, **said), **said)
    click.echo("{prefix} {first}-{last} of {authority} is entered.".format(**said))


@signer.command()
@json_option
def officers(as_json: bool) -> None:
    """Who may approve, and who waits to be confirmed. Compare the fingerprint with what the officer's page shows."""
    rows = Ledger(here().ledger).rows(
        "SELECT fingerprint, authority, officer, roles, level, state, made FROM officers"
        " ORDER BY authority, officer, made"
    )
    if as_json:
        show_json([dict(row) for row in rows])
    for row in [] if as_json else rows:
        roles = ", ".join(ROLES[role] for role in row["roles"].split())
        fingerprint = row["fingerprint"]
        click.echo(f"{fingerprint}  {row['state']:<8} {row['authority']} {row['officer']}: {roles} ({row['level']})")


@signer.command()
@click.argument("fingerprint")
def confirm(fingerprint: str) -> None:
    """Let a waiting credential count, after comparing its fingerprint with the officer in person."""

    def act(rows: server.Rows) -> None:
        _pending(rows, fingerprint)
        approving.supersede(rows, fingerprint)

    _do("confirm", act, fingerprint=fingerprint)
    click.echo(f"{fingerprint} counts from now on.")


@signer.command()
@click.argument("fingerprint")
def end(fingerprint: str) -> None:
    """End a credential: nothing that it approved and that was not issued yet counts."""

    def act(rows: server.Rows) -> None:
        ended = rows.execute("UPDATE officers SET state = 'ended' WHERE fingerprint = ?", (fingerprint,))
        if not ended.rowcount:
            raise NotFound("approval credential", fingerprint[:20])

    _do("end", act, fingerprint=fingerprint)
    click.echo(f"{fingerprint} has ended.")


@signer.command("audit")
def audit_() -> None:
    """Re-check the chain of the audit file. Status 1 where it is broken."""
    where = here()
    marked = "SELECT size, root FROM marks WHERE origin = 'audit'"
    known = Ledger(where.ledger).rows(marked) if where.ledger.exists() else []
    count, faults = audit.verify(where.audit, **({"known": tuple(known[0])} if known else {}))
    if faults:
        raise Untrusted("0 audit", "; ".join(faults[:5]))
    click.echo(f"{count} lines, whole")


def _pending(rows: server.Rows, fingerprint: str) -> None:
    """Raise ``NotFound`` unless the credential waits to be confirmed."""
    row = rows.execute("SELECT state FROM officers WHERE fingerprint = ?", (fingerprint,)).fetchone()
    if row is None or row["state"] != "pending":
        raise NotFound("waiting approval credential", fingerprint[:20])


def _do(call: str, act: Callable[[server.Rows], object], **said: object) -> None:
    """One act of the operator on the ledger, with its line in the audit file."""
    where = here()
    with Ledger(where.ledger).transaction() as rows:
        act(rows)
        audit.remember(rows, *audit.Audit(where.audit).append(call=f"operator:{call}", **said))
