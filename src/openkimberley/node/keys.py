"""The node's keystore as ``trust.signing`` asks for it: encrypted files, opened once with the passphrase.

The passphrase comes from ``KIMBERLEY_PASSPHRASE_FILE`` (a systemd credential fits), or, on a demonstration node only,
from ``node.json``. In the next step a signing process of its own takes this over and the web process holds no key.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from openkimberley.kernel.errors import NotFound
from openkimberley.node import place

if TYPE_CHECKING:
    from openkimberley.trust.keys import Signer

_opened: dict[tuple[str, str, str], Signer] = {}
_lock = threading.Lock()


def passphrase(where: place.Place) -> str:
    """The passphrase of the keystore. Raises ``NotFound`` where nobody has given one."""
    if file := os.environ.get("KIMBERLEY_PASSPHRASE_FILE"):
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    config = where.config
    if config.get("demonstration") and config.get("passphrase"):
        return str(config["passphrase"])
    raise NotFound("keystore passphrase", "set KIMBERLEY_PASSPHRASE_FILE")


def open_signer(authority: str, use: str = "sign") -> Signer:
    """The newest key of an authority for a use, opened. Raises ``NotFound`` where the keystore has none."""
    from openkimberley.trust import keystore

    where = place.here()
    wanted = (str(where.root), authority, use)
    with _lock:
        if wanted not in _opened:
            for path in sorted(where.keys.glob("*.json"), reverse=True):
                sealed = json.loads(path.read_text(encoding="utf-8"))
                if sealed.get("aad", {}).get("kid", "").startswith(f"{authority}/{use}/"):
                    _opened[wanted] = keystore.open_key(sealed, passphrase(where))
                    break
            else:
                raise NotFound("signing key", f"{authority}/{use}")
        return _opened[wanted]


def install() -> None:
    """Tell ``trust.signing`` to ask this keystore."""
    from openkimberley.trust import signing

    signing.provide(open_signer)
