"""``kimberley demo``: a demonstration node, and the main job done once before your eyes through the real actions."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from openkimberley.desk.cli import json_option, show_json, start_django
from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.node import place
from openkimberley.node.demo.people import ORIGIN
from openkimberley.node.keys import signer_place
from openkimberley.node.signing import signing_process
from openkimberley.signer.policy import DEMONSTRATION

WEAK_MEMORY = 16_384
"""KiB of Argon2id for demonstration keys: they open fast and protect nothing."""


@click.command()
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"),
              show_default=True, help="Where the demonstration node is built (anew each time).")  # fmt: skip
@click.option("--no-serve", is_flag=True, help="Build and do the main job, but do not serve.")
@click.option("--port", default=8000, show_default=True)
@json_option
def demo(folder: Path, no_serve: bool, port: int, as_json: bool) -> None:
    """Build the demonstration node, do the main job once, and serve it."""
    where = place.Place(folder.resolve())
    _clear(where)
    os.environ["KIMBERLEY_DIR"] = str(where.root)
    os.environ.pop("KIMBERLEY_DATABASE", None)
    where.configure(demonstration=True, passphrase=secrets.token_urlsafe(18), origin=ORIGIN)
    start_django()
    tell = (lambda *_: None) if as_json else click.echo
    summary = build(where, port=port, tell=tell)
    if as_json:
        show_json(summary)
    if not no_serve:
        from openkimberley.node.serve import run

        tell(_sign_ins(port))
        run(port=port)


def _clear(where: place.Place) -> None:
    """Make room: a demonstration is built anew, but nothing else is ever removed. Raises ``Conflict``."""
    if where.root.exists() and any(where.root.iterdir()):
        if not where.config.get("demonstration"):
            raise Conflict(f"{where.root} is not empty and no demonstration: choose another folder with --dir")
        shutil.rmtree(where.root)
    where.root.mkdir(parents=True, exist_ok=True)


def build(where: place.Place, *, port: int, tell: Any) -> dict[str, Any]:
    """Make the node and the Scheme around it, run the main job, leave its papers in ``out/``. Returns the summary."""
    from django.core.management import call_command

    from openkimberley.node.demo import answers, furnish, main_job, states
    from openkimberley.node.demo.scheme import Scheme
    from openkimberley.node.demo.story import Clock

    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a shell
    tell("Building the demonstration node …")
    call_command("migrate", verbosity=0)
    clock = Clock(now - timedelta(days=100))
    signer = signer_place()
    signer.demand(DEMONSTRATION)  # while the story is told, its clock is the signer's
    furnish.node(at=clock.now, memory=WEAK_MEMORY)
    with signing_process(signer):
        furnish.officers(at=clock.now)
        around = Scheme(where.root, str(where.config["passphrase"]), WEAK_MEMORY, port)
        around.found(at=clock.now)
        clock.evening = around.witnessed
        answers.keep_old_bundle(where.root, at=clock.now)
        states.expired(clock)
        clock.now = now - timedelta(days=16)
        counts = states.everything(clock)
        tell(f"{sum(counts.values())} certificates in {len(counts)} states.")
        if clock.now > now:
            raise RuntimeError(f"the demonstration's story ran into the future: {clock.now}")
        clock.now = now - timedelta(days=3)
        answers.prepare(clock, where.root, around)
        clock.now = now - timedelta(days=2)
        around.renew(at=clock.now)
        summary = main_job.run(clock, where, around, now=now, tell=tell)
    signer.demand(replace(DEMONSTRATION, clock="own"))
    _adopt(where, tell)
    return summary


def _adopt(where: place.Place, tell: Any) -> None:
    """Let this machine trust the demonstration's bundle, unless it trusts a real one already."""
    from openkimberley.node.bundles import adopt

    path = place.adopted_bundle()
    try:
        demonstration = not path.is_file() or json.loads(path.read_bytes()).get("demonstration", False)
        if demonstration:
            path.unlink(missing_ok=True)
            place.adopted_memory().unlink(missing_ok=True)
            place.adopted_parts().unlink(missing_ok=True)
            adopt(where.bundle.read_bytes(), now=datetime.now(UTC))  # noqa: TID251 - a shell
            tell(f"This machine now trusts the demonstration's bundle: {path}")
        else:
            tell(f"This machine trusts a real bundle; for the demonstration's papers name --bundle {where.bundle}")
    except (OSError, ValueError, Untrusted) as error:
        print(f"kimberley: the bundle was not adopted ({error}); name --bundle {where.bundle}", file=sys.stderr)


def _sign_ins(port: int) -> str:
    """The people of the demonstration, for the terminal."""
    from openkimberley.node.demo.people import PASSWORD, PEOPLE

    lines = [
        "",
        f"Open http://127.0.0.1:{port}  and sign in; everybody's password, and officers' passphrase:  {PASSWORD}",
        "",
    ]
    lines += [f"  {person.email:<28} {person.name}, {person.authority}" for person in PEOPLE]
    return "\n".join([*lines, "", "Stop with Ctrl-C.", ""])
