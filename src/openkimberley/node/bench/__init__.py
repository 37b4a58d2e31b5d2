"""``kimberley bench``: how fast the node is, always beside a floor that was measured in the same run.

One JSON line for each figure: ``{"name", "value", "unit", "floor", "floor_name", "ratio"}``. ``ratio`` says how much of
the floor's speed is reached, 1.0 being as fast as the floor: seconds differ between machines, ratios hardly do. See
``docs/benchmarks.md``.
"""

from __future__ import annotations

import json
from importlib import import_module

import click

BENCHES = {
    "verify-offline": "openkimberley.node.bench.offline:verify_offline",
    "verify-full": "openkimberley.node.bench.trusting:verify_full",
    "bundle-size": "openkimberley.node.bench.trusting:bundle_size",
    "check-rules": "openkimberley.node.bench.offline:check_rules",
    "issue": "openkimberley.node.bench.issuing:issue",
    "journal-append": "openkimberley.node.bench.journalling:append",
    "journal-proof": "openkimberley.node.bench.journalling:proof",
    "register-get": "openkimberley.node.bench.serving:register_get",
    "page": "openkimberley.node.bench.serving:page",
    "verifier-page": "openkimberley.node.bench.bordercheck:verifier_page",
}
"""Every benchmark and the function that measures it; imported once Django runs on the benchmark's own node."""


@click.command()
@click.argument("name", required=False, type=click.Choice(list(BENCHES)), metavar="[NAME]")
@click.option("--quick", is_flag=True, help="Few repetitions and small tables: shows that it works, measures nothing.")
@click.option("--dir", "parent", type=click.Path(file_okay=False, exists=True), help="Where to put the temporary node; "
              "its disk is what is measured (else the system's temporary folder).")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON lines; this is what is printed anyway.")
def bench(name: str | None, quick: bool, parent: str | None, as_json: bool) -> None:
    """Measure NAME, or everything, on a temporary node of its own, and print one JSON line for each figure."""
    from openkimberley.node.bench.world import World

    with World.made(parent, quick=quick) as world:
        for one in [name] if name else BENCHES:
            module, _, function = BENCHES[one].partition(":")
            for figure in getattr(import_module(module), function)(world):
                click.echo(json.dumps(figure.as_json(), ensure_ascii=False))
