"""Benchmarks over HTTP on loopback: a certificate as JSON, the list and the page of certificates, among 100,000."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openkimberley.node.bench.measuring import Figure, fitting, taking_turns, took

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.node.bench.world import World

CERTIFICATES = 100_000
FEW = 500
SEATS = 4
"""Open connections: enough that the server never waits for the client, on a machine of two cores."""

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


def register_get(world: World) -> Iterator[Figure]:
    """A certificate by its number as JSON, by token; floor: the same server answering ``/healthz``."""
    table = _many(world)
    with _served() as port:
        client = _Client(port)
        wanted = _request(f"/api/v1/certificates/{table.numbers[0]}", token=table.token)
        if table.numbers[0].encode() not in (answer := client.one(wanted)):
            raise RuntimeError(f"this is not the certificate: {answer[:200]!r}")
        requests = [_request(f"/api/v1/certificates/{number}", token=table.token) for number in table.numbers]
        constant = [_request("/healthz")]
        seconds, batches = (0.01, 2) if world.quick else (0.25, 15)
        turns = fitting(lambda: client.one(requests[0]), seconds)
        floor_turns = fitting(lambda: client.one(constant[0]), seconds)
        mine, floor = taking_turns(
            lambda: client.all(requests, turns), lambda: client.all(constant, floor_turns),
            batches=batches, turns=1, floor_turns=1,
        )  # fmt: skip
        client.close()
    yield Figure(
        "register-get", turns / mine, "1/s", floor_turns / floor,
        f"the same server answering the constant /healthz ({table.count} certificates in the table)",
    )  # fmt: skip


def page(world: World) -> Iterator[Figure]:
    """Milliseconds and kB of the list and the page of certificates; floor: the guide, fixed text in the same frame."""
    table = _many(world)
    with _served() as port:
        client = _Client(port)
        floor_page = _request("/guide", session=table.session)
        shown = {
            "list": "/certificates", "list-search": "/certificates?q=Fictional+Kalahari",
            "list-last": f"/certificates?page={table.count}", "certificate": f"/certificates/{table.numbers[0]}",
        }  # fmt: skip
        for name, path in shown.items():
            yield from _page(world, client, f"page-{name}", _request(path, session=table.session), floor_page)
        client.close()


def _page(world: World, client: _Client, name: str, wanted: bytes, constant: bytes) -> Iterator[Figure]:
    """Time and size of one page."""
    answer, bare = client.one(wanted), client.one(constant)
    batches = 2 if world.quick else max(3, min(25, int(2 / took(lambda: client.one(wanted), 1))))
    mine, floor = taking_turns(
        lambda: client.one(wanted), lambda: client.one(constant), batches=batches, turns=1, floor_turns=3
    )
    yield Figure(name, mine * 1000, "ms", floor * 1000, "the page /guide: the same frame, fixed text", True)
    yield Figure(f"{name}-size", _body(answer) / 1000, "kB", _body(bare) / 1000, "the page /guide, uncompressed", True)


def _body(answer: bytes) -> int:
    """Bytes of the body."""
    return len(answer) - answer.index(b"\r\n\r\n") - 4


def _request(path: str, *, token: str = "", session: str = "") -> bytes:
    """The bytes of a GET."""
    more = f"Authorization: Bearer {token}\r\n" if token else ""
    more += f"Cookie: sessionid={session}\r\n" if session else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{more}\r\n".encode()


class _Client:
    """A client that costs next to nothing: open connections, bytes out, bytes in."""

    def __init__(self, port: int) -> None:
        self._seats = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(SEATS)]
        for seat in self._seats:
            seat.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def one(self, request: bytes) -> bytes:
        """Ask and wait for the whole answer."""
        self._seats[0].sendall(request)
        return _answer(self._seats[0])

    def all(self, requests: list[bytes], times: int) -> None:
        """Ask ``times`` times, with every connection busy; the requests come round in turn."""
        asked = 0
        for seat in self._seats[: min(times, SEATS)]:
            seat.sendall(requests[asked % len(requests)])
            asked += 1
        for done in range(times):
            seat = self._seats[done % SEATS]
            _answer(seat)
            if asked < times:
                seat.sendall(requests[asked % len(requests)])
                asked += 1

    def close(self) -> None:
        """Hang up."""
        for seat in self._seats:
            seat.close()


def _answer(seat: socket.socket) -> bytes:
    """One whole answer. Raises ``RuntimeError`` for any but 200: a fast refusal is no speed."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(seat)
    found = _LENGTH.search(data, 0, end)
    if found is None:
        raise RuntimeError(f"an answer without length: {data[:200]!r}")
    whole = end + 4 + int(found[1])
    while len(data) < whole:
        data += _more(seat)
    if not data.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"not answered: {data[:400]!r}")
    return data


def _more(seat: socket.socket) -> bytes:
    part = seat.recv(1 << 16)
    if not part:
        raise RuntimeError("the server hung up")
    return part


@contextmanager
def _served() -> Iterator[int]:
    """The node served as ``kimberley serve`` does, in a process of its own, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "openkimberley.node.bench.served", str(port)]
    server = subprocess.Popen(command, env=dict(os.environ), stdin=subprocess.DEVNULL)  # noqa: S603 - ourselves
    try:
        _wait(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Until the server answers. Raises ``RuntimeError`` where it does not within half a minute."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


class _Table:
    """What is asked for: some numbers spread over the table, and the keys to ask with."""

    def __init__(self, count: int, numbers: list[str], token: str, session: str) -> None:
        self.count, self.numbers, self.token, self.session = count, numbers, token, session


_TABLES: dict[str, _Table] = {}


def _many(world: World) -> _Table:
    """Fill the tables once a run; a token and a session of an issuing officer."""
    known = str(world.where.root)
    if known not in _TABLES:
        _TABLES[known] = _fill(world, FEW if world.quick else CERTIFICATES)
    return _TABLES[known]


def _fill(world: World, count: int) -> _Table:
    """Copies of one real application and certificate, by SQL; number, cid, dates, status and exporter differ.

    The copies have no journal entries or examinations of their own: a page of a certificate reads those of one
    certificate only, by index, and here they are those of the original.
    """
    from django.db import connection

    from openkimberley.accounts import actions as accounts
    from openkimberley.node.demo.people import BY_KEY

    original = world.issued()
    token = accounts.issue_token(by=BY_KEY["issuing"], at=world.now, name="benchmark", days=1)
    with connection.cursor() as cursor:
        for quickly in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-200000"):
            cursor.execute(f"PRAGMA {quickly}")
        for table, changed in (("certificates_application", _APPLICATION), ("certificates_certificate", _CERTIFICATE)):
            cursor.execute(f"PRAGMA table_info({table})")
            columns = [row[1] for row in cursor.fetchall()]
            values = [changed.get(column, f'o."{column}"') for column in columns]
            into = ", ".join(f'"{column}"' for column in columns)
            where = original.application_id if table == "certificates_application" else original.pk
            counted = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %s)"
            copies = f"SELECT {', '.join(values)} FROM n, {table} o WHERE o.id = %s"  # noqa: S608 - our own columns
            cursor.execute(f"{counted} INSERT INTO {table} ({into}) {copies}", [count, where])
        cursor.execute("ANALYZE")
    connection.close()  # the next one has the node's own settings again
    connection.ensure_connection()
    step = max(1, count // 97)
    numbers = [original.number] + [f"ZZ{10_000_000 + n}" for n in range(1, count, step)]
    return _Table(count, numbers, token, _session(world))


_APPLICATION = {"id": "10000000 + n.n", "serial": "10000000 + n.n", "certificate_number": "'ZZ' || (10000000 + n.n)"}
_LATER = "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '2020-01-01', '+' || (n.n %% 2000) || ' days', '+' || n.n || ' seconds')"
_CERTIFICATE = {
    "id": "10000000 + n.n", "application_id": "10000000 + n.n", "number": "'ZZ' || (10000000 + n.n)",
    "cid": "printf('%%042d', n.n) || 'A'", "issued_at": _LATER, "changed_at": _LATER,
    "issue_date": f"date({_LATER})", "expiry_date": f"date({_LATER}, '+60 days')",
    "status": "CASE WHEN n.n %% 50 = 0 THEN 'ISSUED' WHEN n.n %% 97 = 0 THEN 'VOID' ELSE 'CONFIRMED' END",
    "exporter_name": "CASE n.n %% 3 WHEN 0 THEN o.exporter_name ELSE 'Fictional Company ' || (n.n %% 300) END",
    "exporter_licence": "'BW-EXP-2020-' || printf('%%04d', n.n %% 300)", "carats": "n.n %% 900000 + 1",
    "usd": "n.n * 7 %% 90000000 + 1", "status_index": "n.n",
}  # fmt: skip
"""How a copy differs from the original. ``%%`` is SQL's ``%``."""


def _session(world: World) -> str:
    """A session of the issuing officer, as a sign-in leaves it."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from openkimberley.accounts import queries

    user = queries.user_of("issuing")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
