"""Publishing, handing out and looking at a trust list."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import json_option, show_json
from openkimberley.kernel.errors import NotFound
from openkimberley.node.trusting.folder import Folder, dir_option, now
from openkimberley.node.trusting.signatures import open_key, passphrase_option
from openkimberley.trust.trustlist import gathering, publishing, telling
from openkimberley.trust.trustlist.facts import moment_text
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, role_of

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SOON = timedelta(days=30)


@click.command()
@click.option("--key", "key_file", type=_FILE, required=True, help="The online key of snapshot (and timestamp).")
@click.option("--timestamp-key", type=_FILE, help="The key of timestamp, where it is another one.")
@passphrase_option
@dir_option
@json_option
def publish(
    key_file: Path, timestamp_key: Path | None, passphrase_file: Path | None, root: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Publish what enough keys have signed; with nothing proposed, renew snapshot and timestamp (at least weekly).

    Opens the result as a stranger would before it writes anything. Adds the lines for the trust log.
    """
    folder = Folder.at(root)
    repo, terms = folder.need()
    snapshot = open_key(key_file, passphrase_file)
    timestamp = open_key(timestamp_key, passphrase_file) if timestamp_key else snapshot
    done = publishing.publish(repo, snapshot=snapshot, timestamp=timestamp, terms=terms, at=now())
    folder.release(done)
    document = {
        "files": list(done.files), "versions": dict(done.opened.versions), "serial": done.opened.serial,
        "expires": moment_text(done.opened.expires), "pending": dict(done.opened.pending),
    }  # fmt: skip
    if as_json:
        show_json(document)
        return
    click.echo(f"published: {', '.join(done.files)}; good until {document['expires']}")
    for code, reason in done.opened.pending.items():
        click.echo(f"  {code} is pending: {reason}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@dir_option
def bundle(file: Path, root: Path | None) -> None:
    """Write the published list as a bundle of version 2 to FILE (compressed where its name ends in .gz)."""
    repo, _ = Folder.at(root).need()
    if repo.published(TIMESTAMP) is None:
        raise NotFound("published list", "(sign what is proposed, then publish)")
    written: dict[str, Any] = {"v": 2, "trust": publishing.bundle(repo), "status_lists": [], "checkpoints": []}
    data = json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()
    write_atomically(file, gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
    click.echo(f"{file}: {file.stat().st_size} bytes")


@click.command()
@dir_option
@json_option
def inspect(root: Path | None, as_json: bool) -> None:
    """Versions, expiries, whose signatures are there and whose are missing, fingerprints to compare by voice."""
    repo, _ = Folder.at(root).need()
    document = {
        "published": _state(repo, published=True),
        "proposed": {
            role: {**about, "changes": telling.changes(repo, role)}
            for role, about in _state(repo, published=False).items()
        },
    }
    if as_json:
        show_json(document)
        return
    for state, roles in document.items():
        click.echo(state.upper() if roles else f"{state.upper()}: nothing")
        for role, about in roles.items():
            _say(role, about)


def _state(repo: Repository, *, published: bool) -> dict[str, Any]:
    """Version, expiry and signatures of each role."""
    names = [ROOT, TARGETS, *map(role_of, repo.participants()), SNAPSHOT, TIMESTAMP]
    found = {}
    for role in names if published else [name for name in names if name in repo.staged]:
        current = repo.published(role) if published else repo.proposed(role)
        if current is not None:
            days = (current.signed.expires - now()).days
            found[role] = {
                "version": current.signed.version, "expires": moment_text(current.signed.expires), "days_left": days,
                "panels": [panel.as_json() for panel in gathering.panels(repo, role, published=published)],
            }  # fmt: skip
    return found


def _say(role: str, about: dict[str, Any]) -> None:
    left = about["days_left"]
    word = (
        "EXPIRED"
        if left < 0
        else f"{left} days left" + (" - SOON" if left < SOON.days and role in (ROOT, TARGETS) else "")
    )
    click.echo(f"{role} {about['version']}: until {about['expires'][:10]} ({word})")
    for sentence in about.get("changes", []):
        click.echo(f"  - {sentence}")
    for place, panel in enumerate(about["panels"]):
        which = ("new keys, ", "old keys, ")[place] if len(about["panels"]) > 1 else ""
        missing = f", {panel['missing']} MISSING" if panel["missing"] else ""
        click.echo(f"  {which}{panel['threshold']} of {len(panel['keys'])} sign{missing}")
        for one in panel["keys"]:
            click.echo(f"    {'signed  ' if one['signed'] else '        '} {one['fingerprint']}  {one['name']}")
