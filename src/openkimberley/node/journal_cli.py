"""``kimberley journal``: check it, seal it, prove an entry, keep a mirror, and catch up from one."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import REFUSED, json_option, show_json, start_django
from openkimberley.kernel.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openkimberley.journal.checking import Checked
    from openkimberley.journal.shelf import Reader
    from openkimberley.trust.notes import VerifierKey


@click.group()
def journal() -> None:
    """The tamper-evident record."""


@journal.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Re-check the whole journal: entries, tree, checkpoints, signatures, published files."""
    start_django()

    found = looked_at_again()
    if as_json:
        show_json(found.as_json())
    else:
        told = f"{len(found.faults)} faults" if found.faults else "whole"
        click.echo(f"{found.entries} entries, {found.checkpoints} checkpoints, {found.files} files: {told}")
        if found.recovered:
            click.echo(f"  {found.recovered} entries came back from a mirror: their full statements are lost")
        for line in (*found.faults, *(f"not checked: {what}" for what in found.not_checked)):
            click.echo(f"  {line}")
    if found.faults:
        sys.exit(REFUSED)


@journal.command("checkpoint")
@click.option("--afresh", is_flag=True, help="Write every published file again from the database.")
@json_option
def checkpoint(afresh: bool, as_json: bool) -> None:
    """Sign and publish a checkpoint of what is new, now."""
    start_django()
    from datetime import timedelta

    from django.utils import timezone

    from openkimberley.journal import queries, standing
    from openkimberley.journal.actions.sequencing import make_checkpoint

    _named()
    made = make_checkpoint(at=timezone.localtime(), every=timedelta(0), afresh=afresh)
    newest = queries.newest()
    if as_json:
        show_json({"made": made is not None, "size": newest.size if newest else 0, "origin": standing.origin()})
    elif made is None:
        click.echo("nothing is new since the last checkpoint")
    else:
        click.echo(made.note, nl=False)


@journal.command("proof")
@click.argument("wanted", metavar="NUMBER|INDEX")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the proof to FILE.")
@click.option("--code", is_flag=True, help="As a QR text (KPP1:).")
def proof(wanted: str, out: Path | None, code: bool) -> None:
    """The proof that a certificate, or the entry at an index, stands in the journal."""
    start_django()
    from django.utils import timezone

    from openkimberley.journal import queries, standing

    _named()
    index = int(wanted) if wanted.isdecimal() and int(wanted) < queries.size() else queries.index_of(wanted)
    found = queries.proof(index, at=timezone.localtime())
    if found is None:
        raise Conflict(f"entry {index} is not under a checkpoint yet: try again in a minute")
    text = found.code(log=standing.origin()) + "\n" if code else found.text
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
        click.echo(f"{out}: entry {index} of {found.checkpoint.size}")


SOURCE = click.option(
    "--from", "source", required=True, metavar="URL|FOLDER", help="An address such as https://kp.example/journal, or a "
    "folder, such as one on a stick.",
)  # fmt: skip
AS = click.option(
    "--as", "authority", metavar="CODE", help="Sign the requests with this authority's transport key: entries younger "
    "than the embargo are for participants.",
)  # fmt: skip


@journal.command("recover")
@SOURCE
@AS
@json_option
def recover(source: str, authority: str | None, as_json: bool) -> None:
    """Catch up from a mirror after an older database was restored. Do this before anything else is done on the node."""
    start_django()
    from datetime import timedelta

    from django.utils import timezone

    from openkimberley.journal import guard, mirror, queries, standing
    from openkimberley.journal.actions.recovery import recover as act
    from openkimberley.journal.actions.sequencing import make_checkpoint
    from openkimberley.kernel.actor import Actor, Role

    _named()
    key = own_key()
    if key is None:
        raise NotFound("key of the journal", "on this node: a mirror could tell it anything")
    found = mirror.missing(
        _reader(source, authority), key, own=standing.leaves, size=standing.size(), mark=guard.high_water().read()
    )
    at = timezone.localtime()
    # whose they were is lost too: where the node serves one authority they are its own
    served = queries.authorities()
    whose = authority or (served[0] if len(served) == 1 else "")
    by = Actor("installer", frozenset({Role.ADMINISTRATOR}), authority=whose, via="cli")
    count = act(by=by, at=at, found=found, source=source[:200])
    make_checkpoint(at=at, every=timedelta(0))
    if as_json:
        show_json({"recovered": count, "size": standing.size()})
    else:
        click.echo(f"{count} entries came back. Their full words, and what the node's tables held of them, are lost:")
        click.echo("look for the papers of the certificates that the journal's page names as journal.recovered.")


@journal.command("mirror")
@SOURCE
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--vkey", help="The log's public key, as the trust list has it. Needed once; it is kept in the folder.")
@click.option("--hashes-only", is_flag=True, help="Copy no entries: enough to prove, not to restore from.")
@AS
@json_option
def mirror_(source: str, folder: Path, vkey: str | None, authority: str | None, **how: bool) -> None:
    """Keep a proved copy of another log in a folder. Run it again to bring it up to date."""
    from openkimberley.journal import mirror
    from openkimberley.journal.shelf import Folder
    from openkimberley.trust.notes import VerifierKey

    if authority:
        start_django()
    shelf = Folder(folder)
    kept = (shelf.read("vkey") or b"").decode().strip()
    if vkey and kept and vkey != kept:
        raise Conflict(f"{folder} is the mirror of another log: {kept}")
    if not (vkey or kept):
        raise click.UsageError("say whose log it is: --vkey, once")
    key = VerifierKey.parse(vkey or kept)
    found = mirror.copy(_reader(source, authority), shelf, key, entries=not how["hashes_only"])
    shelf.write([("vkey", f"{key.text}\n".encode())])
    if how["as_json"]:
        show_json({"origin": found.origin, "size": found.size, "root": found.root.hex()})
    else:
        click.echo(f"{folder}: {found.origin}, {found.size} entries, proved")


def looked_at_again() -> Checked:
    """The whole journal checked, with the journal's own key and those of the witnesses of the policy, where they are
    known."""
    from openkimberley.journal import checking
    from openkimberley.witness import queries

    policy = queries.policy()
    return checking.everything(log=own_key(), witnesses=policy.witnesses.values() if policy else ())


def own_key() -> VerifierKey | None:
    """The public key of the node's journal; None where it has none here."""
    from openkimberley.journal import standing
    from openkimberley.trust import signing

    try:
        return signing.verifier_key(standing.origin(), "log") if standing.origin() else None
    except NotFound:
        return None


def _named() -> None:
    """Raise ``NotFound`` on a node that publishes no journal."""
    from openkimberley.journal import standing

    if not standing.origin():
        raise NotFound("name of the journal", '(set "origin" in node.json, such as "journal.bw.kp.example/1")')


def _reader(source: str, authority: str | None) -> Reader:
    """The place that a person named."""
    from openkimberley.journal.shelf import CHECKPOINT, Folder, Web

    if "://" in source:
        return Web(source, sign=_signing(authority) if authority else None)
    if not (Path(source) / CHECKPOINT).is_file():
        raise NotFound("journal", f"in {source}: the folder has no file named {CHECKPOINT}")
    return Folder(Path(source))


def _signing(authority: str) -> Callable[[str], Mapping[str, str]]:
    """What signs a request to a URL as one of the authority's. Raises ``NotFound`` where it has no key for that."""
    from django.utils import timezone

    from openkimberley.trust import httpsig, signing

    signer = signing.RequestSigner(signing.public_key(authority, httpsig.USE))
    return lambda url: httpsig.sign(
        httpsig.Request("GET", url), signer=signer, now=timezone.now(), nonce=secrets.token_urlsafe(16)
    )
