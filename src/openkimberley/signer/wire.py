"""How node and signer talk: one question and one answer for each connection, four bytes of length before each.

Both are canonical JSON and read strictly. What goes wrong comes back as one of the five errors.
"""

from __future__ import annotations

import socket
from typing import Any

from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, NotPermitted, Untrusted
from openkimberley.trust.canonical import canonical, parse_json

STEP = "1 parse"
MAX_BYTES = 1_048_576
"""The longest question or answer: a status list of 2^17 places is 32 KiB before compression."""


def send(connection: socket.socket, document: Any) -> None:
    """Send one document."""
    data = canonical(document)
    connection.sendall(len(data).to_bytes(4, "big") + data)


def receive(connection: socket.socket) -> Any:
    """Receive one document. Raises ``Untrusted("1 parse", ...)`` for what is none, is cut off or too long."""
    length = int.from_bytes(_exactly(connection, 4), "big")
    if not 0 < length <= MAX_BYTES:
        raise Untrusted(STEP, "the message is longer than any that is read")
    data = _exactly(connection, length)
    document = parse_json(data, STEP)
    if canonical(document) != data:
        raise Untrusted(STEP, "the message is not canonical JSON")
    return document


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(65_536, count - len(data)))
        if not part:
            raise Untrusted(STEP, "the message ends before its time")
        data += part
    return bytes(data)


def error_as_json(error: KimberleyError) -> dict[str, str]:
    """One of the five errors as it travels. The signer refuses by no rule of the Scheme, so four are enough."""
    said = {"kind": type(error).__name__, "message": str(error)}
    for name in ("identifier", "permission", "reason", "step"):
        if hasattr(error, name):
            said[name] = str(getattr(error, name))
    return said | ({"what": error.kind} if isinstance(error, NotFound) else {})


def error_from_json(said: Any) -> KimberleyError:
    """The error that came back."""
    kind, told = said.get("kind"), {name: str(value) for name, value in said.items()}
    if kind == "NotFound":
        return NotFound(told.get("what", ""), told.get("identifier", ""))
    if kind == "NotPermitted":
        return NotPermitted(told.get("permission", ""), told.get("reason", ""))
    if kind in ("Untrusted", "WrongPassphrase"):
        return Untrusted(told.get("step", STEP), told.get("reason", ""))
    return Conflict(told.get("message", "the signer refused"))
