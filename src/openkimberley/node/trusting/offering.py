"""Proposing: a first list, other contents, other keys. Nothing counts before enough keys signed it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from openkimberley.desk.cli import Day
from openkimberley.kernel.errors import Conflict
from openkimberley.node import place
from openkimberley.node.trusting.folder import Folder, dir_option, now, public_keys, read_bytes, read_json
from openkimberley.participants.statements import Said, trust_document
from openkimberley.trust.trustlist import gathering, making, rotating, telling
from openkimberley.trust.trustlist.ceremony import Request
from openkimberley.trust.trustlist.documents import read_participants
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import (
    BILATERAL,
    PARTICIPANTS_FILE,
    POLICY_FILE,
    PROPOSED,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
)

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _propose_to(folder: Folder, repo: Repository) -> None:
    """Write what is proposed, and say what it is and who has to sign."""
    folder.stage(repo)
    for role in repo.staged:
        click.echo(f"proposed {role}:")
        for sentence in telling.changes(repo, role):
            click.echo(f"  - {sentence}")
        click.echo(f"  {gathering.missing(repo, role)} signatures are needed: kimberley trust sign {role} --key FILE")


@click.command()
@click.option("--bilateral", is_flag=True, help="Two states alone: each holds one key, both sign everything.")
@click.option("--side", "sides", multiple=True, type=_FILE, help="With --bilateral: the public key of a side, twice.")
@click.option("--root", "root_keys", multiple=True, type=_FILE, help="Public key of an office of the root, five times.")
@click.option(
    "--targets", "targets_keys", multiple=True, type=_FILE, help="Public key of an office of targets, four times."
)
@click.option(
    "--online", "online_keys", multiple=True, type=_FILE, required=True, help="Public key of snapshot and timestamp."
)
@click.option("--participants", type=_FILE, help="participants.json to begin with (else made from the register).")
@click.option("--policy", type=_FILE, help="witness-policy.txt to begin with.")
@dir_option
def init(
    *, bilateral: bool, sides: tuple[Path, ...], root_keys: tuple[Path, ...], targets_keys: tuple[Path, ...],
    online_keys: tuple[Path, ...], participants: Path | None, policy: Path | None, root: Path | None,
) -> None:  # fmt: skip
    """Propose a new list. The keys are public parts (*.pub.json); their holders sign afterwards, each at home."""
    folder = Folder.at(root)
    if (repo := folder.load()).metadata or repo.staged:
        raise Conflict(f"{folder.path} holds a list already: rotate its keys, or begin in another folder")
    if bilateral != bool(sides) or bilateral == bool(root_keys or targets_keys):
        raise click.UsageError("name either --root and --targets, or --bilateral and two --side")
    if bilateral and len(sides) != 2:
        raise click.UsageError(f"--bilateral is for two states: {len(sides)} --side are named")
    online, at = public_keys(online_keys), now()
    offices = {
        ROOT: public_keys(sides or root_keys), TARGETS: public_keys(sides or targets_keys),
        SNAPSHOT: online, TIMESTAMP: online,
    }  # fmt: skip
    terms = BILATERAL if bilateral else PROPOSED
    repo = making.begin(offices, terms=terms, at=at)
    data = read_bytes(participants) if participants else _from_register(repo, None, at.date())
    repo = making.propose(repo, PARTICIPANTS_FILE, data, terms=terms, at=at)
    if policy:
        repo = making.propose(repo, POLICY_FILE, read_bytes(policy), terms=terms, at=at)
    _propose_to(folder, repo)


@click.command()
@click.argument("target")
@click.argument("file", type=_FILE, required=False)
@click.option("--from-register", is_flag=True, help="Make participants.json from this node's register of Participants.")
@click.option("--said", type=_FILE, help="What stands beside the register: modes, conditions, frozen logs (JSON).")
@click.option("--withdraw", is_flag=True, help="List the target no longer.")
@dir_option
def propose(
    *, target: str, file: Path | None, from_register: bool, said: Path | None, withdraw: bool, root: Path | None
) -> None:  # fmt: skip
    """Propose FILE as the content of TARGET, such as participants.json or participants/BW/authorities/BW/keys.json."""
    folder, at = Folder.at(root), now()
    repo, terms = folder.need()
    if [file is not None, from_register, withdraw].count(True) != 1:
        raise click.UsageError("name a FILE, or --from-register, or --withdraw")
    if said and not from_register:
        raise click.UsageError("--said goes with --from-register")
    if withdraw:
        repo = making.withdraw(repo, target, terms=terms, at=at)
    else:
        if from_register and target != PARTICIPANTS_FILE:
            raise click.UsageError(f"--from-register makes {PARTICIPANTS_FILE} and nothing else")
        data = read_bytes(file) if file else _from_register(repo, said, at.date())
        repo = making.propose(repo, target, data, terms=terms, at=at)
    _propose_to(folder, repo)


def _from_register(repo: Repository, said: Path | None, issued: date) -> bytes:
    """``participants.json`` from the register of this node, or the shipped one where this machine has no node."""
    if (place.here().root / "node.json").exists():
        from openkimberley.desk.cli import start_django

        start_django()
        from openkimberley.participants import queries

        register = queries.register()
    else:
        from openkimberley.participants.data import shipped_register

        register = shipped_register()
    beside: dict[str, Any] = read_json(said) if said else {}
    if not isinstance(beside, dict) or set(beside) - {"participants", "roles", "warned"}:
        raise click.UsageError(f"{said}: an object with participants, roles or warned is wanted")
    written = repo.content(PARTICIPANTS_FILE, published=True)
    document = trust_document(
        register, issued=issued, previous=read_participants(written) if written else None,
        said={code: Said.from_json(one, f"{said}, {code}") for code, one in beside.get("participants", {}).items()},
        roles=beside.get("roles"), warned=beside.get("warned"),
    )  # fmt: skip
    if strange := sorted(set(beside.get("participants", {})) - set(document["participants"])):
        raise click.UsageError(f"{said}: {', '.join(strange)[:80]} stand not in the register")
    return making.readable(document)


@click.command()
@click.argument("role")
@dir_option
def renew(role: str, root: Path | None) -> None:
    """Propose ROLE (root, targets, participant-XX) again for another term, with the same content."""
    folder = Folder.at(root)
    repo, terms = folder.need()
    if role in (SNAPSHOT, TIMESTAMP):
        raise click.UsageError(f"{role} is made anew by `kimberley trust publish`")
    _propose_to(folder, making.renew(repo, role, terms=terms, at=now()))


@click.command()
@click.argument("request", type=_FILE)
@dir_option
def enrol(request: Path, root: Path | None) -> None:
    """Propose a new participant by the REQUEST that its key ceremony made. Compare the fingerprints by voice first."""
    folder = Folder.at(root)
    repo, terms = folder.need()
    found = Request.from_bytes(read_bytes(request))
    _propose_to(folder, making.enrol(repo, found, terms=terms, at=now()))


@click.group()
def rotate() -> None:
    """Change who signs: the offices of the list, or the keys of a participant."""


@rotate.command("offices")
@click.option("--root", "root_keys", multiple=True, type=_FILE, help="All public keys of the root from now on.")
@click.option("--targets", "targets_keys", multiple=True, type=_FILE, help="All public keys of targets from now on.")
@click.option("--online", "online_keys", multiple=True, type=_FILE, help="All public keys of snapshot and timestamp.")
@dir_option
def rotate_offices(
    root_keys: tuple[Path, ...], targets_keys: tuple[Path, ...], online_keys: tuple[Path, ...], root: Path | None
) -> None:  # fmt: skip
    """Propose a new root in which the offices named have these keys, as on every 1 January.

    Enough of the old and of the new keys of the root sign it.
    """
    folder = Folder.at(root)
    repo, terms = folder.need()
    named = {ROOT: root_keys, TARGETS: targets_keys, SNAPSHOT: online_keys, TIMESTAMP: online_keys}
    keys = {role: public_keys(paths) for role, paths in named.items() if paths}
    if not keys:
        raise click.UsageError("name the keys of at least one office: --root, --targets or --online")
    _propose_to(folder, rotating.rotate_root(repo, keys, terms=terms, at=now()))


@rotate.command("participant")
@click.argument("request", type=_FILE)
@click.option("--emergency", is_flag=True, help="The old keys cannot agree: announce it, it counts after 14 days.")
@dir_option
def rotate_participant(request: Path, emergency: bool, root: Path | None) -> None:
    """Propose the keys of a ceremony's REQUEST in place of a participant's old ones.

    Then the old keys agree (`sign consent-XX`), the new ones sign (`sign participant-XX`), and targets signs last.
    """
    folder = Folder.at(root)
    repo, terms = folder.need()
    found = Request.from_bytes(read_bytes(request))
    repo = rotating.replace_keys(
        repo, found.participant, found.keys, found.threshold, terms=terms, at=now(),
        transcript=found.transcript_bytes(), emergency=emergency,
    )  # fmt: skip
    _propose_to(folder, repo)
    if not emergency:
        click.echo(f"  first the old keys agree: kimberley trust sign consent-{found.participant} --key FILE")


@click.command()
@click.argument("authority")
@click.argument("kid")
@click.option("--since", type=Day(), required=True, help="Nothing signed from this day on counts.")
@dir_option
def compromise(authority: str, kid: str, since: date, root: Path | None) -> None:
    """Propose that key KID of AUTHORITY is compromised. The participant's own threshold signs; publish at once."""
    folder, at = Folder.at(root), now()
    repo, terms = folder.need()
    if since > at.date():
        raise click.UsageError(f"{since} is still to come: say since when the key may have been in other hands")
    _propose_to(folder, making.compromise(repo, authority, kid, since, terms=terms, at=at))
