"""The server that the benchmarks ask, as ``serve`` runs it: ``python -m openkimberley.node.bench.served PORT``."""

from __future__ import annotations

import sys


def main() -> None:
    """Serve the node of ``KIMBERLEY_DIR`` on loopback until terminated."""
    from openkimberley.desk.cli import start_django
    from openkimberley.node.serve import run

    start_django()
    run(port=int(sys.argv[1]))


if __name__ == "__main__":
    main()
