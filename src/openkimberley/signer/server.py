"""The process: one thread, one socket, no network. It ends with its parent where ``kimberley serve`` started it."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sqlite3
import struct
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Conflict, KimberleyError, NotPermitted, Untrusted
from openkimberley.signer import wire
from openkimberley.signer.audit import Audit
from openkimberley.signer.ledger import Ledger
from openkimberley.signer.making import backend
from openkimberley.signer.service import LocalService
from openkimberley.trust.signing import NODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from openkimberley.signer.place import SignerPlace
    from openkimberley.signer.policy import Policy

CALLS = (
    "public_key", "certificate", "codes", "settle", "seal", "statement", "checkpoint", "cosignature", "request", "ways",
    "approve", "approval", "challenge", "enrol",
)  # fmt: skip
"""Every call that a node may make. What an operator does is done at the command line only."""

PARENT = "KIMBERLEY_PARENT"
Rows = sqlite3.Connection
TALK_SECONDS = 5.0
"""How long one question may take to arrive: the process answers one caller at a time."""


def open_service(where: SignerPlace, *, policy: Policy | None = None, memory: int | None = None) -> LocalService:
    """The service over a signer's folder, in this process. Raises ``NotFound`` without a passphrase."""
    where.make()
    demanded = policy or where.policy
    keys = backend(where, where.passphrase(), **({"memory": memory} if memory else {}))
    return LocalService(
        keys, ledger=Ledger(where.ledger), policy=demanded, clock=None if demanded.clock == "told" else time.time,
        audit=Audit(where.audit), x509=keys.x509,
    )  # fmt: skip


def run(where: SignerPlace, *, ready: Callable[[], object] = lambda: None) -> None:
    """Serve until stopped. Raises ``Conflict`` where a signer works in this folder already."""
    where.make()
    with (where.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(f"a signer works in {where.root} already") from error
        service = open_service(where)
        service.public_key(authority=NODE, use="log")  # a wrong passphrase is said now, not at the first signature
        listening = _listen(where, service.policy)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            ready()
            _serve(listening, service)
        finally:
            where.socket.unlink(missing_ok=True)


def _listen(where: SignerPlace, policy: Policy) -> socket.socket:
    """The socket, for its own user only; for its group too where the policy names peers."""
    where.socket.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(where.socket))
    finally:
        os.umask(before)
    where.socket.chmod(0o660 if policy.peers else 0o600)
    listening.listen(64)
    listening.settimeout(1.0)
    return listening


def _serve(listening: socket.socket, service: LocalService) -> None:
    """Answer one caller after the other."""
    parent = os.environ.get(PARENT, "")
    bound = parent == str(os.getppid())
    while not bound or os.getppid() == int(parent):
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(TALK_SECONDS)
            try:
                wire.send(connection, answer(service, connection))
            except (OSError, KimberleyError):
                continue  # the caller has gone: what was decided stands in the ledger


def answer(service: LocalService, connection: socket.socket) -> dict[str, Any]:
    """The answer to one caller: ``done``, or one of the five errors. A failure of ours is said and leaves us running.

    Raises ``OSError`` where the caller has gone.
    """
    try:
        _look_at(service.policy, connection)
        asked = wire.receive(connection)
        if not isinstance(asked, dict) or set(asked) != {"v", "call", "with"} or asked["v"] != 1:
            raise Untrusted(wire.STEP, "this is no question to a signer")
        if asked["call"] not in CALLS or not isinstance(asked["with"], dict):
            raise Untrusted(wire.STEP, "a signer answers no such call")
        return {"done": getattr(service, asked["call"])(**asked["with"])}
    except KimberleyError as error:
        return {"error": wire.error_as_json(error)}
    except (TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        service.note(call="garbage", result=type(error).__name__)
        return {"error": wire.error_as_json(Untrusted(wire.STEP, "the question has not its form"))}
    except OSError:
        raise
    except Exception as error:  # the caller hears of it, and the next one is answered
        traceback.print_exc()
        return {"error": wire.error_as_json(Conflict(f"the signer failed and signed nothing: {type(error).__name__}"))}


def _look_at(policy: Policy, connection: socket.socket) -> None:
    """Who calls, by the kernel's word. Raises ``NotPermitted`` for another user than is named."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    if uid not in {os.getuid(), *policy.peers}:
        raise NotPermitted("signer", f"the user {uid} may not ask this signer")
