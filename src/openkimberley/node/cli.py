"""``kimberley``: the command line of the contract.

Commands that need neither database nor network (``participants``, ``rules``, ``check``, ``verify``) start without
Django. Exit status: 0 done or valid, 1 refused or invalid, 2 wrong use, 3 cannot tell.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click

import openkimberley
from openkimberley.desk.cli import fail
from openkimberley.kernel.errors import KimberleyError

COMMANDS = {
    "demo": "openkimberley.node.demo:demo",
    "serve": "openkimberley.node.serve:serve",
    "setup": "openkimberley.node.setup:setup",
    "signer": "openkimberley.signer.cli:signer",
    "tick": "openkimberley.node.serve:tick",
    "participants": "openkimberley.participants.cli:participants",
    "rules": "openkimberley.node.ask:rules",
    "check": "openkimberley.shipments.cli:check",
    "verify": "openkimberley.node.ask:verify",
    "bundle": "openkimberley.node.ask:bundle",
    "trust": "openkimberley.node.trusting:trust",
    "journal": "openkimberley.node.journal_cli:journal",
    "certificates": "openkimberley.node.retention:certificates",
    "licences": "openkimberley.trade.cli:licences",
    "alerts": "openkimberley.alerts.cli:alerts",
    "witness": "openkimberley.node.witnessing:witness",
    "monitor": "openkimberley.witness.cli:monitor",
    "bench": "openkimberley.node.bench:bench",
    "docs": "openkimberley.node.docs:docs",
    "messages": "openkimberley.node.messages:messages_command",
}
"""Every command and where it is written; imported only when asked for, so that a border check starts at once."""


class Lazy(click.Group):
    """A group whose commands are imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(openkimberley.__version__, prog_name="kimberley")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (else KIMBERLEY_DIR).")
def main_group(folder: Path | None) -> None:
    """The Kimberley Process Certification Scheme as open software."""
    if folder is not None:
        os.environ["KIMBERLEY_DIR"] = str(folder)


def main() -> None:
    """Run a command; the five errors become words and exit status 1."""
    try:
        main_group(prog_name="kimberley")
    except KimberleyError as error:
        fail(error, as_json="--json" in sys.argv)
