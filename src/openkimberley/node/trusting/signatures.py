"""Keys of offices, and signing with one of them: what is signed is shown in words before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import json_option, show_json
from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.node.trusting.folder import Folder, dir_option, now, read_bytes, read_json
from openkimberley.trust import keystore
from openkimberley.trust.canonical import sha256
from openkimberley.trust.keys import ALGORITHMS, ED25519, SoftwareKey
from openkimberley.trust.trustlist import Memory, gathering, open_list, publishing, rotating, telling
from openkimberley.trust.trustlist.facts import STEP, fingerprint, read_moment
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import CODE, TARGETS, TIMESTAMP

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]{0,60}\Z")
FEWEST_CHARACTERS = 8

passphrase_option = click.option(
    "--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the passphrase from a file instead of asking for it.",
)  # fmt: skip
memory_option = click.option(
    "--memory", default=keystore.MEMORY_KIB, type=click.IntRange(1024, keystore.MAX_MEMORY_KIB), show_default=True,
    help="KiB of memory that opening the key takes (65536 suits a small board).",
)  # fmt: skip


def passphrase(path: Path | None, what: str, *, new: bool = False) -> str:
    """The passphrase of a key, from a file or asked for; never shown. A new one is asked for twice."""
    if path is not None:
        text = path.read_text(encoding="utf-8").rstrip("\n")
    else:
        text = str(click.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True))
    if new and len(text) < FEWEST_CHARACTERS:
        raise click.UsageError(f"a passphrase has at least {FEWEST_CHARACTERS} characters")
    return text


def make_key(
    name: str, folder: Path, secret: str, *, alg: str = ED25519, memory: int = keystore.MEMORY_KIB
) -> SoftwareKey:
    """A new key: encrypted in ``folder``, opened again from there, its public part beside it.

    Raises ``Conflict`` where a key of that name lies there: keys are never overwritten.
    """
    if not _NAME.match(name) or ".." in name:
        raise click.UsageError(f"{name!r} is no name for a key: write it like BW/trust/2027-1")
    stem = name.replace("/", "_")
    private, public = folder / f"{stem}.json", folder / f"{stem}.pub.json"
    if private.exists() or public.exists():
        raise Conflict(f"{private} exists: a key is never overwritten; give the new one another name")
    made = SoftwareKey.generate(name, alg)
    sealed = keystore.seal_key(made, secret, use="trust", m=memory)
    write_atomically(private, json.dumps(sealed).encode(), mode=0o600)
    opened = keystore.open_key(read_json(private), secret)
    if opened.public_key != made.public_key:
        raise Untrusted(STEP, f"{private} does not hold what was written: the medium is not to be trusted")
    write_atomically(public, json.dumps(made.public(use="trust").as_json(), indent=1).encode() + b"\n")
    return made


def open_key(path: Path, secret_file: Path | None) -> SoftwareKey:
    """The key of an encrypted file. Raises ``Untrusted`` for a wrong passphrase or file."""
    sealed = read_json(path)
    if not isinstance(sealed, dict) or "ct" not in sealed:
        raise Untrusted(
            STEP, f"{path} is not an encrypted key file (a file that ends in .pub.json holds no key to sign with)"
        )
    try:
        return keystore.open_key(sealed, passphrase(secret_file, path.name))
    except Untrusted as error:
        raise Untrusted(error.step, f"{path}: {error.reason}") from error


@click.command()
@click.argument("name")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where to (else DIR/trust/keys).")
@click.option("--alg", type=click.Choice(ALGORITHMS), default=ED25519, show_default=True)
@memory_option
@passphrase_option
@dir_option
def key(
    *, name: str, out: Path | None, alg: str, memory: int, passphrase_file: Path | None, root: Path | None
) -> None:  # fmt: skip
    """Make the key of an office, such as `root/chair-2027`: encrypted, its public part in a *.pub.json beside it."""
    folder = out or Folder.at(root).path / "keys"
    made = make_key(name, folder, passphrase(passphrase_file, name, new=True), alg=alg, memory=memory)
    click.echo(f"{name}: {fingerprint(made.public())}")
    click.echo(f"public part to hand out: {folder / (name.replace('/', '_') + '.pub.json')}")


@click.command()
@click.argument("what")
@click.option("--key", "key_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask (for scripts).")
@passphrase_option
@dir_option
def sign(what: str, key_file: Path, yes: bool, passphrase_file: Path | None, root: Path | None) -> None:
    """Sign WHAT is proposed: root, targets, participant-XX, or consent-XX (old keys of XX agree to its new ones).

    Shows in words what changes, and asks. One key at a time, on as many machines as there are keys.
    """
    folder = Folder.at(root)
    repo, terms = folder.need()
    seen = _compare(repo, key_file)
    code = what.removeprefix("consent-") if what.startswith("consent-") else ""
    if code and not CODE.match(code):
        raise click.UsageError(f"{what!r}: write consent- and the code of a participant, such as consent-BW")
    sentences = telling.changes(repo, TARGETS if code else what)
    if not sentences:
        raise Conflict(f"nothing is proposed for {what}, so there is nothing to sign")
    click.echo(f"You are asked to sign {what}:")
    if code:
        sentences = [one for one in sentences if one.startswith(f"participant-{code}:")]
    for sentence in sentences:
        click.echo(f"  - {sentence}")
    if not yes and not click.confirm(f"Sign this as {key_file.name}?"):
        raise Conflict("nothing was signed")
    signer = open_key(key_file, passphrase_file)
    if code:
        repo = rotating.consent(repo, code, signer, terms=terms, at=now())
    else:
        repo = gathering.add_signature(repo, what, signer)
    if seen is not None:
        write_atomically(_seen_file(key_file), seen.to_bytes())
    folder.stage(repo)
    left = gathering.missing(repo, what) if not code else 0
    click.echo(f"signed by {signer.kid}" + (f"; {left} more needed" if left else ""))


def _seen_file(key_file: Path) -> Path:
    """Where a key remembers the list that it last signed for."""
    return key_file.with_name(f"{key_file.stem}.seen")


def _compare(repo: Repository, key_file: Path) -> Memory | None:
    """Open the published list that the proposal is compared with, against what this key has seen before.

    Who brings a stick could bring a false "published" version too, in which the change already stands and so is not
    told. Returns what to remember, None where nothing is published yet. Raises ``Untrusted``.
    """
    stamp = repo.published(TIMESTAMP)
    if stamp is None:
        if _seen_file(key_file).exists():
            raise Untrusted(STEP, f"{key_file.name} has signed for a list that is published; this folder holds none")
        return None
    if _seen_file(key_file).exists():
        memory = Memory.from_bytes(read_bytes(_seen_file(key_file)))
    else:
        root = repo.metadata.get("1.root.json", b"")
        memory = Memory(root=root)
        click.echo(f"{key_file.name} signs for this list for the first time. Compare by voice: 1.root.json has SHA-256")
        click.echo(f"  {sha256(root).hex()}")
    issued = read_moment(stamp.signed.unrecognized_fields.get("issued"))
    found = open_list(publishing.bundle(repo), memory, now=issued, reference_time=issued)
    click.echo(f"Compared with the list published on {issued:%Y-%m-%d %H:%M} UTC, serial {found.serial}.")
    return found.memory


@click.command()
@click.argument("other", type=click.Path(exists=True, file_okay=False, path_type=Path))
@dir_option
@json_option
def collect(other: Path, root: Path | None, as_json: bool) -> None:
    """Take over signatures that were made on another machine: OTHER is a folder that holds its trust/."""
    folder = Folder.at(root)
    repo, terms = folder.need()
    repo, taken = gathering.collect(repo, Folder.at(other).need()[0], terms=terms, at=now())
    folder.stage(repo)
    if as_json:
        show_json({"taken": taken})
    else:
        click.echo("\n".join(taken) or "nothing new")
