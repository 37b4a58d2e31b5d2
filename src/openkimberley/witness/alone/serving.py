"""A witness by itself at an address: the standard library's HTTP server, one request after the other."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from openkimberley.kernel.errors import NotFound
from openkimberley.witness.facts import MAX_BODY, TEXT, Answer, log_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.witness.alone.store import Store

SECONDS = 20
"""How long one sender may keep the others waiting."""


def server(store: Store, origins: Iterable[str], *, address: str, port: int, quiet: bool = False) -> HTTPServer:
    """A server that is not running yet; port 0 takes any that is free. ``quiet``: the terminal hears of no request."""
    ids = {log_id(origin): origin for origin in origins}

    class Handler(_Handler):
        """Knows its witness."""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Tell the terminal of a request."""
            if not quiet:
                super().log_message(format, *args)

        def answer(self, body: bytes) -> Answer:
            """Ask the witness."""
            return store.answer(body, now=int(time.time()))

        def found(self, name: str) -> str:
            """Ask what is held."""
            return store.checkpoint(name, ids)

    return HTTPServer((address, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    """The two addresses of a witness, with or without ``/witness`` in front."""

    timeout = SECONDS
    server_version = "kimberley-witness"
    sys_version = ""

    def answer(self, body: bytes) -> Answer:
        """The witness's answer."""
        raise NotImplementedError

    def found(self, name: str) -> str:
        """What the witness holds."""
        raise NotImplementedError

    def do_POST(self) -> None:
        """Cosign."""
        length = self.headers.get("Content-Length", "")
        if self.path.removeprefix("/witness") != "/add-checkpoint":
            self._say(Answer(404, "there is nothing here\n"))
        elif not length.isascii() or not length.isdecimal():
            self._say(Answer(411, "the length of the request is missing\n"))
        elif int(length) > MAX_BODY:
            self._say(Answer(413, "the request is larger than any can be\n"))
        else:
            self._say(self.answer(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        """Show what is held of a journal."""
        parts = self.path.removeprefix("/witness").split("/")
        try:
            if len(parts) != 3 or parts[0] or parts[2] != "checkpoint":
                raise NotFound("page", "here")
            self._say(Answer(200, self.found(parts[1])))
        except NotFound as error:
            self._say(Answer(404, f"{error}\n"))

    def _say(self, answer: Answer) -> None:
        data = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type or TEXT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
