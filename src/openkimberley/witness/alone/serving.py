"""A witness by itself at an address: the standard library's HTTP server, a thread for each request."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import NotFound
from openkimberley.witness.facts import MAX_BODY, TEXT, Answer, log_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.witness.alone.store import Store

SECONDS = 20
"""How long a request may take from its first byte to its answer, however slowly it comes."""

MOST_AT_ONCE = 256
"""Requests at one time: whoever comes beyond is hung up on, and asks again later."""


class _Server(ThreadingHTTPServer):
    """A thread for each request, so that a slow sender holds up nobody, and not more than so many."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread, where there is a place."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread was begun that would give the place back
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


def server(
    store: Store, origins: Iterable[str], *, address: str, port: int, quiet: bool = False
) -> ThreadingHTTPServer:
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

    return _Server((address, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    """The two addresses of a witness, with or without ``/witness`` in front."""

    timeout = SECONDS
    server_version = "kimberley-witness"
    sys_version = ""

    def handle(self) -> None:
        """Read and answer within the time: the library's own limit begins anew with each byte."""
        deadline = threading.Timer(SECONDS, self._hang_up)
        deadline.daemon = True
        deadline.start()
        try:
            with contextlib.suppress(ConnectionError):  # nobody is left to be told
                super().handle()
        finally:
            deadline.cancel()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

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
