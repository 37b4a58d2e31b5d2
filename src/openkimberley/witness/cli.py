"""``kimberley witness`` and ``kimberley monitor``: for who has no node, and for the node's own round by files.

Exit status: 0 done, 1 refused or an alarm, 2 wrong use, 3 cannot tell (a journal could not be read).
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openkimberley.desk.atomic import write_atomically
from openkimberley.desk.cli import CANNOT_TELL, REFUSED, json_option, show_json, start_django

if TYPE_CHECKING:
    from openkimberley.trust.notes import VerifierKey
    from openkimberley.witness.alone.rounds import Round
    from openkimberley.witness.alone.store import Store

folder_option = click.option(
    "--dir", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="The witness's folder."
)
logs_option = click.option(
    "--logs", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The journals it knows: one public key (vkey) a line.",
)  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a shell that starts without Django


def ask_passphrase(*, new: bool = False) -> str:
    """The passphrase of the key: from the file that ``KIMBERLEY_PASSPHRASE_FILE`` names, else asked for."""
    if file := os.environ.get("KIMBERLEY_PASSPHRASE_FILE"):
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    return str(click.prompt("Passphrase of the witness key", hide_input=True, confirmation_prompt=new, err=True))


def _opened(folder: Path, logs: Path) -> tuple[Store, dict[str, tuple[VerifierKey, ...]]]:
    from openkimberley.witness.alone.store import Store
    from openkimberley.witness.statements import read_logs

    known = read_logs(logs.read_text(encoding="utf-8"))
    return Store(folder, ask_passphrase(), known), known


@click.group()
def witness() -> None:
    """Cosign the journals of others, so that nobody can show two versions of one."""


@witness.command()
@folder_option
@click.option("--name", required=True, help="The name it signs by, such as witness.example.org.")
def init(folder: Path, name: str) -> None:
    """Make a witness that needs no node: a key and an empty record in DIR."""
    from openkimberley.witness.alone.store import make

    click.echo(make(folder, name, ask_passphrase(new=True)).text)


@witness.command()
@folder_option
@logs_option
@click.option("--port", default=8010, show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Put a TLS proxy before any other address.")
@click.option("--name", default="", help="Make the witness under this name first, where DIR is empty.")
def serve(folder: Path, logs: Path, port: int, address: str, name: str) -> None:
    """Answer journals at an address, until stopped. One process at a time for one DIR."""
    from openkimberley.witness.alone.serving import server
    from openkimberley.witness.alone.store import make

    if name and not (folder.is_dir() and any(folder.iterdir())):
        make(folder, name, ask_passphrase(new=True))
    store, known = _opened(folder, logs)
    if name and store.key.name != name:
        raise click.UsageError(f"the witness in {folder} is {store.key.name}, not {name}")
    with server(store, known, address=address, port=port) as running:
        click.echo(f"{store.key.text}\nwitnessing {len(known)} journals at http://{address}:{running.server_port}/")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)


@witness.command()
@folder_option
@logs_option
def cosign(folder: Path, logs: Path) -> None:
    """Answer one request, from standard input to standard output: for sticks and e-mail.

    Exit status 1 where it was refused; the answer then says why, or which size this witness holds.
    """
    from openkimberley.witness.facts import MAX_BODY

    store, _ = _opened(folder, logs)
    answer = store.answer(sys.stdin.buffer.read(MAX_BODY + 1), now=int(time.time()))
    click.echo(answer.body, nl=False)
    if answer.status != 200:
        click.echo(f"refused ({answer.status})", err=True)
        sys.exit(REFUSED)


@witness.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder for the files.")
def request(out: Path) -> None:
    """Write this node's request for each witness of the policy, to be carried to it."""
    start_django()
    from openkimberley.witness import actions

    for name, body in actions.requests(at=_now()).items():
        write_atomically(out / f"{name}.request", body.encode())
        click.echo(str(out / f"{name}.request"))


@witness.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--witness", "name", default="", help="Whose answer it is; needed where it only names a size.")
def answer(file: Path, name: str) -> None:
    """Keep the cosignatures of an answer that came back as FILE."""
    start_django()
    from openkimberley.witness import actions

    count = actions.take_answer(file.read_text(encoding="utf-8"), at=_now(), witness=name or file.stem)
    click.echo(f"{count} cosignatures kept" if count else "noted which size it holds: send it a new request")


@witness.command()
@json_option
def status(as_json: bool) -> None:
    """Say which journals this node watches, and what it holds of each."""
    start_django()
    from openkimberley.witness import queries

    office = queries.office()
    rows = [
        {"origin": row.origin, "participant": row.participant, "size": row.size, "known": bool(row.vkeys),
         "at": datetime.fromtimestamp(row.at, UTC).isoformat() if row.note else None}
        for row in queries.logs()
    ]  # fmt: skip
    if as_json:
        show_json({"vkey": office.vkey if office else None, "logs": rows})
        return
    click.echo(office.vkey if office else "this node does not witness")
    for row in rows:
        click.echo(f"{row['origin']}  {row['size']}  {row['at'] or 'never'}")


@click.command()
@click.option("--config", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What to watch (docs/operate/witness.md).")  # fmt: skip
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where it remembers.")
@click.option("--once", is_flag=True, help="Look once; exit status 1 for an alarm, 3 where it could not look.")
@click.option("--every", default=300, show_default=True, help="Seconds between two looks.")
@click.option("--all", "everything", is_flag=True, help="Say again all that was ever found, and look at nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line for each alarm.")
def monitor(config: Path, folder: Path | None, *, once: bool, every: int, everything: bool, as_json: bool) -> None:
    """Watch journals: do they only grow, are they witnessed, is every number used once, every date true?"""
    from openkimberley.witness.alone.memory import FILE, Memory
    from openkimberley.witness.alone.rounds import look, read_watchlist

    memory = Memory((folder or config.parent) / FILE)
    if everything:
        for line in memory.reported():
            click.echo(line)
        return
    while True:
        at = read_watchlist(config.read_text(encoding="utf-8"), base=config.parent)
        found = look(at, memory, now=int(time.time()))
        _say(found, as_json=as_json)
        memory.delivered(alarm.mark for alarm in found.alarms)
        if once:
            sys.exit(REFUSED if found.alarms else CANNOT_TELL if found.trouble else 0)
        time.sleep(max(every, 1))


def _say(found: Round, *, as_json: bool) -> None:
    """Alarms to standard output; what kept the monitor from looking to standard error."""
    import json

    for alarm in found.alarms:
        if as_json:
            click.echo(json.dumps(alarm.as_json(), ensure_ascii=False))
        else:
            click.echo(f"ALARM {alarm.code.value}: {alarm.sentence}\n  {alarm.remedy}")
    for name, why in found.trouble.items():
        click.echo(f"could not look at {name}: {why}", err=True)
    sys.stdout.flush()
