"""Where a node keeps its things: one folder, found by ``KIMBERLEY_DIR``.

::

    DIR/node.json        what this node is (see ``Place.config``)
    DIR/node.sqlite3     the database, unless ``KIMBERLEY_DATABASE`` names a PostgreSQL one
    DIR/signer/          the signer's own folder, unless ``KIMBERLEY_SIGNER_DIR`` names another: see ``signer.place``
    DIR/files/           documents and photographs, named by their SHA-256
    DIR/journal/         the published journal: checkpoint, tiles, bundles; and the high-water mark, kept out of backups
    DIR/outbox/          e-mails as files, where no mail server is set
    DIR/bundle.json      what a check needs when there is no node: participants, keys, statuses

Without Django, so that the command line can look before it starts anything.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openkimberley.desk.atomic import write_atomically

DEFAULT = "var/node"


@dataclass(frozen=True, slots=True)
class Place:
    """A node's folder."""

    root: Path

    @property
    def config(self) -> dict[str, Any]:
        """``node.json``: ``secret_key``, ``demonstration`` (with ``passphrase``), ``hosts``, ``address``, ``mail``."""
        path = self.root / "node.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def configure(self, **values: Any) -> None:
        """Lay values over ``node.json``, readable by its owner only."""
        merged = {"secret_key": secrets.token_urlsafe(48), **self.config, **values}
        write_atomically(self.root / "node.json", json.dumps(merged, indent=1).encode(), mode=0o600)

    @property
    def files(self) -> Path:
        """The folder of documents and photographs."""
        return self.root / "files"

    @property
    def journal(self) -> Path:
        """The folder of the published journal."""
        return self.root / "journal"

    @property
    def outbox(self) -> Path:
        """The folder of e-mails that no server took."""
        return self.root / "outbox"

    @property
    def bundle(self) -> Path:
        """The offline bundle this node wrote last."""
        return self.root / "bundle.json"


def here() -> Place:
    """The node's folder that this process works in."""
    return Place(Path(os.environ.get("KIMBERLEY_DIR", DEFAULT)).resolve())


def adopted_bundle() -> Path:
    """The bundle that ``kimberley verify`` trusts on this machine when none is named: adopted on purpose, once."""
    state = os.environ.get("XDG_STATE_HOME") or Path(os.environ.get("HOME", ".")) / ".local" / "state"
    return Path(state) / "openkimberley" / "bundle.json"


def adopted_memory() -> Path:
    """What this machine remembers of the trust list it adopted, so that it never goes back."""
    return adopted_bundle().with_name("trust.json")


def adopted_parts() -> Path:
    """How new the signed parts beside the trust list were in the bundles that this machine adopted."""
    return adopted_bundle().with_name("parts.json")


def database(place: Place) -> dict[str, Any]:
    """Django's description of the database: PostgreSQL by ``KIMBERLEY_DATABASE`` (a URL), else SQLite in the folder.

    SQLite runs with WAL, FULL and IMMEDIATE: a certificate that was acknowledged survives a power loss, and a reader
    that turns writer never meets a lock it cannot wait for.
    """
    if url := os.environ.get("KIMBERLEY_DATABASE"):
        parts = urlsplit(url)
        if parts.scheme not in ("postgresql", "postgres"):
            raise SystemExit("KIMBERLEY_DATABASE must be a postgresql:// address, or unset for SQLite")
        return {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""), "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "", "PORT": str(parts.port or ""), "CONN_MAX_AGE": 60,
        }  # fmt: skip
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(place.root / "node.sqlite3"),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA cache_size=-32000;",
        },
    }
