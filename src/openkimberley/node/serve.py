"""``kimberley serve`` and ``kimberley tick``: the web server, the signer beside it, and what happens by itself.

One worker, one blocking thread by default: SQLite has one writer, and a fair queue before it beats its busy handler
(technology.md A2). On PostgreSQL give it more threads.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from openkimberley.desk.cli import REFUSED, start_django
from openkimberley.node.keys import signer_place
from openkimberley.node.place import here
from openkimberley.node.signing import signing_process
from openkimberley.signer.server import PARENT

if TYPE_CHECKING:
    from datetime import datetime

TICK_SECONDS = 15


@click.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Put a TLS proxy before any other address.")
@click.option("--threads", default=1, show_default=True, help="More than one only on PostgreSQL.")
def serve(port: int, address: str, threads: int) -> None:
    """Serve the node, and send by itself what waits to be sent."""
    start_django()
    run(port=port, address=address, threads=threads)


def run(*, port: int, address: str = "127.0.0.1", threads: int = 1) -> None:
    """Serve until stopped, the signer beside it."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkimberley.node.settings")
    os.environ[PARENT] = str(os.getpid())
    stop = threading.Event()
    ticking = threading.Thread(target=_tick_until, args=(stop,), daemon=True)
    with signing_process(signer_place()):
        _witnesses()
        ticking.start()
        Granian(
            "openkimberley.node.wsgi:application", address=address, port=port, interface=Interfaces.WSGI,
            blocking_threads=threads, log_level=LogLevels.warning,
        ).serve()  # fmt: skip
        stop.set()


def _witnesses() -> None:
    """The witnesses of a demonstration answer beside its node; in the world they are other people's machines."""
    where = here()
    if where.config.get("demonstration") and (where.root / "witnesses").is_dir():
        from openkimberley.node.demo.scheme import serve_witnesses

        serve_witnesses(where.root, str(where.config["passphrase"]))


def end_with_parent(*, every: float = 1.0) -> threading.Thread | None:
    """End this worker when the process that started it is gone; None where ``kimberley serve`` did not start it.

    A worker left behind by a killed server would go on answering at the same address beside its successor, with the
    old program and the old settings. Every act is one transaction: what it was doing is undone, not half done.
    """
    parent = os.environ.get(PARENT, "")
    if parent != str(os.getppid()):
        return None
    watching = threading.Thread(target=_watch, args=(int(parent), every), daemon=True)
    watching.start()
    return watching


def _watch(parent: int, every: float) -> None:
    """Wait for the parent's end."""
    while os.getppid() == parent:
        time.sleep(every)
    os._exit(1)


def _tick_until(stop: threading.Event) -> None:
    """Do what is due every few seconds. A failing round is said and tried again; nothing waiting is ever dropped."""
    from django.db import close_old_connections
    from django.utils import timezone

    while not stop.wait(TICK_SECONDS):
        try:
            due(at=timezone.localtime())
        except Exception as error:  # the next round tries again, and the page of what waits shows it
            for line in _failed(error):
                print(f"kimberley: will be tried again: {line}", file=sys.stderr)
        finally:
            close_old_connections()


def _failed(error: Exception) -> list[str]:
    """What failed in a round, one line each."""
    found = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    return [": ".join([*getattr(one, "__notes__", ()), str(one) or type(one).__name__]) for one in found]


def due(*, at: datetime) -> dict[str, int]:
    """Do everything that is due now: notices to send, confirmations to chase. Returns how many of each."""
    from openkimberley.node.reactions import tick

    return tick(at=at)


@click.command()
def tick() -> None:
    """Do once what is due now (for a timer, where nothing is served)."""
    start_django()
    from django.utils import timezone

    try:
        for what, count in due(at=timezone.localtime()).items():
            click.echo(f"{what}: {count}")
    except ExceptionGroup as error:
        for line in _failed(error):
            click.echo(line, err=True)
        sys.exit(REFUSED)
