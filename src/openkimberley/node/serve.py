"""``kimberley serve`` and ``kimberley tick``: the web server, and what happens by itself.

One worker, one blocking thread by default: SQLite has one writer, and a fair queue before it beats its busy handler
(technology.md A2). On PostgreSQL give it more threads.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import click

from openkimberley.desk.cli import start_django

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
    """Serve until stopped."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkimberley.node.settings")
    stop = threading.Event()
    ticking = threading.Thread(target=_tick_until, args=(stop,), daemon=True)
    ticking.start()
    Granian(
        "openkimberley.node.wsgi:application", address=address, port=port, interface=Interfaces.WSGI,
        blocking_threads=threads, log_level=LogLevels.warning,
    ).serve()  # fmt: skip
    stop.set()


def _tick_until(stop: threading.Event) -> None:
    """Do what is due every few seconds. A failing round is said and tried again; nothing waiting is ever dropped."""
    from django.db import close_old_connections
    from django.utils import timezone

    while not stop.wait(TICK_SECONDS):
        try:
            due(at=timezone.localtime())
        except Exception as error:  # the next round tries again, and the page of what waits shows it
            print(f"kimberley: a round of deliveries failed and will be tried again: {error}", file=sys.stderr)
        finally:
            close_old_connections()


def due(*, at: datetime) -> dict[str, int]:
    """Do everything that is due now: notices to send, confirmations to chase. Returns how many of each."""
    from openkimberley.node.reactions import tick

    return tick(at=at)


@click.command()
def tick() -> None:
    """Do once what is due now (for a timer, where nothing is served)."""
    start_django()
    from django.utils import timezone

    for what, count in due(at=timezone.localtime()).items():
        click.echo(f"{what}: {count}")
