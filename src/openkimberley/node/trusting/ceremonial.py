"""The key ceremony of a participant, scripted (trust.md 6.5): a checklist, three sticks, fingerprints, a transcript."""

from __future__ import annotations

from pathlib import Path

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import Conflict
from openkimberley.node.trusting.folder import now, read_bytes
from openkimberley.node.trusting.signatures import make_key, memory_option, passphrase
from openkimberley.trust.trustlist import ceremony as rite
from openkimberley.trust.trustlist import documents
from openkimberley.trust.trustlist.facts import fingerprint
from openkimberley.trust.trustlist.roles import CODE, PROPOSED, keys_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
STICKS = 3


@click.group()
def ceremony() -> None:
    """Key ceremonies, step by step, on a computer without a network."""


@ceremony.command()
@click.argument("code")
@click.option("--stick", "sticks", multiple=True, required=True, type=_FOLDER, help="An empty stick, three times.")
@click.option("--keys", "keys_files", multiple=True, metavar="AUTHORITY=FILE", help="keys.json of each authority.")
@click.option("--present", multiple=True, required=True, help="Name of an officer or witness, three times.")
@click.option("--place", required=True, help="Where this is done.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The request to send.")
@click.option("--series", help="Name of this set of keys (default: the year).")
@click.option(
    "--passphrase-file", "passphrase_files", multiple=True, type=_FILE, help="One for each stick (for rehearsals)."
)
@memory_option
@click.option("--yes", is_flag=True, help="Take every point of the checklist as done (for rehearsals).")
def participant(
    *, code: str, sticks: tuple[Path, ...], keys_files: tuple[str, ...], present: tuple[str, ...], place: str,
    out: Path, series: str | None, passphrase_files: tuple[Path, ...], memory: int, yes: bool,
) -> None:  # fmt: skip
    """Make the three keys of participant CODE on three sticks, and the request with which it is enrolled."""
    at = now()
    contents = _check(
        code, sticks=sticks, keys_files=keys_files, present=present, passphrase_files=passphrase_files, out=out
    )  # fmt: skip
    for number, point in enumerate(rite.CHECKLIST[:4], 1):
        _point(number, point, yes=yes)
    signers = []
    for number, stick in enumerate(sticks):
        name = f"{code}/trust/{series or at.year}-{number + 1}"
        secret = passphrase(passphrase_files[number] if passphrase_files else None, f"stick {number + 1}", new=True)
        signers.append(make_key(name, stick, secret, memory=memory))
    request = rite.hold(code, signers, contents, present=present, place=place, terms=PROPOSED, at=at)
    click.echo("\nRead aloud and write down:")
    for signer in signers:
        click.echo(f"  {signer.kid:<20} {fingerprint(signer.public())}")
    for number, point in enumerate(rite.CHECKLIST[4:], 5):
        click.echo(f"{number}. {point}")
    write_atomically(out, request.to_bytes())
    click.echo(f"\nrequest to send: {out} ({request.threshold} of {len(signers)} keys sign for {code})")


def _check(
    code: str, *, sticks: tuple[Path, ...], keys_files: tuple[str, ...], present: tuple[str, ...],
    passphrase_files: tuple[Path, ...], out: Path,
) -> dict[str, bytes]:  # fmt: skip
    """Look at everything before the first key is made. Returns the ``keys.json`` contents by path."""
    if not CODE.match(code):
        raise click.UsageError(f"{code!r} is no code of a participant: two capital letters, such as BW")
    if len({stick.resolve() for stick in sticks}) != STICKS or len(sticks) != STICKS:
        raise click.UsageError(f"three different sticks are needed, {len(set(sticks))} are named")
    if len(set(present)) < STICKS:
        raise click.UsageError("two officers and a witness are needed: name each with --present")
    if passphrase_files and len(passphrase_files) != STICKS:
        raise click.UsageError("each stick has its own passphrase: name --passphrase-file three times, or never")
    if out.exists():
        raise Conflict(f"{out} exists: name another file for the request")
    contents = {}
    for written in keys_files:
        authority, _, file = written.partition("=")
        if not file or not Path(file).is_file():
            raise click.UsageError(f"--keys {written!r}: write AUTHORITY=FILE, such as {code}={code}-keys.json")
        contents[keys_file(code, authority)] = data = read_bytes(Path(file))
        documents.read_keys(data, code, authority)
    return contents


def _point(number: int, point: str, *, yes: bool) -> None:
    """One point of the checklist; nothing goes on before it is done."""
    if yes:
        click.echo(f"{number}. {point}")
    elif not click.confirm(f"{number}. {point} Done?"):
        raise Conflict(f"the ceremony stopped at point {number}; nothing was made")
