"""The trust folder: where a list, what is proposed for it and the keys of this machine lie.

::

    DIR/trust/metadata/           published metadata: 1.root.json, 4.targets.json, ..., timestamp.json
    DIR/trust/targets/            published contents: participants.json, participants/BW/authorities/BW/keys.json, ...
    DIR/trust/staged/metadata/    proposed metadata by role, with the signatures gathered so far
    DIR/trust/staged/targets/     proposed contents
    DIR/trust/keys/               encrypted key files of this machine; never copied with the rest
    DIR/trust/log-entries.jsonl   public entries for the trust log, oldest first
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.node import place
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.trustlist.facts import STEP, read_public
from openkimberley.trust.trustlist.publishing import Publication
from openkimberley.trust.trustlist.repository import Repository, terms_of
from openkimberley.trust.trustlist.roles import PROPOSED, Terms

MOST_BYTES = 8 * 1024 * 1024

dir_option = click.option(
    "--dir",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that holds trust/ (else the node's).",
)
"""Where the trust folder lies: ``--dir``, else the folder of this node."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One trust folder on this machine."""

    path: Path

    @classmethod
    def at(cls, root: Path | None) -> Folder:
        """The trust folder under a folder, by default this node's."""
        return cls((root or place.here().root) / "trust")

    def load(self) -> Repository:
        """What lies in the folder."""
        return Repository(
            metadata=_read(self.path / "metadata"),
            targets=_read(self.path / "targets"),
            staged={name.removesuffix(".json"): data for name, data in _read(self.path / "staged/metadata").items()},
            staged_targets=_read(self.path / "staged/targets"),
        )

    def need(self) -> tuple[Repository, Terms]:
        """What lies in the folder, with the list's own thresholds. Raises ``NotFound`` where there is no list."""
        repo = self.load()
        if not repo.metadata and not repo.staged:
            raise NotFound("trust list in", f"{self.path} (kimberley trust init begins one)")
        return repo, terms_of(repo, PROPOSED)

    def stage(self, repo: Repository) -> None:
        """Write what is proposed; contents before the metadata that lists them. What was proposed before goes."""
        _write(self.path / "staged/targets", repo.staged_targets)
        _write(self.path / "staged/metadata", {f"{role}.json": data for role, data in repo.staged.items()})

    def release(self, done: Publication) -> None:
        """Write a publication. ``timestamp.json`` comes last: before it nothing has been published."""
        for path, data in done.repository.targets.items():
            write_atomically(_inside(self.path / "targets", path), data)
        log = self.path / "log-entries.jsonl"
        before = log.read_bytes() if log.exists() else b""
        lines = [json.dumps(dict(entry), separators=(",", ":")).encode() + b"\n" for entry in done.entries]
        write_atomically(log, before + b"".join(lines))
        for name, data in done.files.items():
            write_atomically(_inside(self.path / "metadata", name), data)
        self.stage(done.repository)


def now() -> datetime:
    """This machine's clock, to the second."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a shell


def read_bytes(path: Path) -> bytes:
    """A file of a bounded size. Raises ``Untrusted`` naming it."""
    if path.stat().st_size > MOST_BYTES:
        raise Untrusted(STEP, f"{path} is larger than anything that belongs here ({MOST_BYTES} bytes)")
    return path.read_bytes()


def read_json(path: Path) -> Any:
    """A JSON file. Raises ``Untrusted`` naming it."""
    try:
        return json.loads(read_bytes(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Untrusted(STEP, f"{path} is not a JSON file: {str(error)[:80]}") from error


def public_keys(paths: tuple[Path, ...]) -> list[PublicKey]:
    """The public keys of ``*.pub.json`` files. Raises ``Untrusted`` naming the file, also for a private one."""
    found = []
    for path in paths:
        written = read_json(path)
        if not isinstance(written, dict) or "ct" in written:
            raise Untrusted(STEP, f"{path} is not a public key file: the one wanted ends in .pub.json")
        found.append(read_public(written, str(path)))
    return found


def _inside(folder: Path, name: str) -> Path:
    """A name inside a folder and nowhere else: names come from other machines."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not name:
        raise Untrusted(STEP, f"{name[:80]!r} would lie outside {folder}")
    return path


def _read(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): read_bytes(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name in set(_read(folder)) - set(files):
        _inside(folder, name).unlink()
    for name, data in files.items():
        path = _inside(folder, name)
        if not path.exists() or path.read_bytes() != data:
            write_atomically(path, data)
