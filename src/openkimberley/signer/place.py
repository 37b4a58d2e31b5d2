"""Where the signer keeps its things: ``KIMBERLEY_SIGNER_DIR``, else the folder ``signer`` in the node's folder.

::

    policy.json        what it demands before it signs
    keys/              encrypted key files, one for each key
    public.json        the public parts, for the node to read (0644)
    ledger.sqlite3     numbers, approvals, officers, high-water marks
    audit.jsonl        a line for every call, each with the hash of the one before
    signer.sock        where the process listens
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import NotFound
from openkimberley.signer.policy import Policy


@dataclass(frozen=True, slots=True)
class SignerPlace:
    """The signer's folder, and the node's, where a demonstration's passphrase stands."""

    root: Path
    node: Path

    @property
    def keys(self) -> Path:
        """The folder of encrypted key files."""
        return self.root / "keys"

    @property
    def public(self) -> Path:
        """The public parts of all keys."""
        return self.root / "public.json"

    @property
    def ledger(self) -> Path:
        """The ledger."""
        return self.root / "ledger.sqlite3"

    @property
    def audit(self) -> Path:
        """The audit file."""
        return self.root / "audit.jsonl"

    @property
    def socket(self) -> Path:
        """The socket."""
        return self.root / "signer.sock"

    @property
    def policy(self) -> Policy:
        """The policy; the strictest where no file says otherwise. Raises ``Conflict`` for one that is none."""
        path = self.root / "policy.json"
        return Policy.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Policy()

    def demand(self, policy: Policy) -> None:
        """Write the policy."""
        self.make()
        written = json.dumps(policy.as_json(), indent=1).encode()
        write_atomically(self.root / "policy.json", written, mode=0o644)

    def make(self) -> None:
        """Make the folder: others may reach the socket and the public parts, and read nothing else."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)
        self.keys.mkdir(exist_ok=True)
        self.keys.chmod(0o700)

    def passphrase(self) -> str:
        """The keystore's passphrase: from ``KIMBERLEY_PASSPHRASE_FILE``, or a demonstration's own.

        Raises ``NotFound`` where nobody has given one.
        """
        if file := os.environ.get("KIMBERLEY_PASSPHRASE_FILE"):
            return Path(file).read_text(encoding="utf-8").rstrip("\n")
        path = self.node / "node.json"
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if told.get("demonstration") and told.get("passphrase"):
            return str(told["passphrase"])
        raise NotFound("keystore passphrase", "(set KIMBERLEY_PASSPHRASE_FILE)")


def of(node: Path) -> SignerPlace:
    """The signer's folder of a node's folder."""
    named = os.environ.get("KIMBERLEY_SIGNER_DIR")
    return SignerPlace(Path(named).resolve() if named else node / "signer", node)
