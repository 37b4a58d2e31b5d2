"""The one table "when this is due, do that". Nothing in the house happens by itself but what stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.kernel.actor import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

NODE = Actor(id="node", roles=frozenset({Role.ISSUING_OFFICER, Role.IMPORT_OFFICER, Role.SUPERVISOR}), via="node")
"""The node itself, when it does what is due. It holds no authority's approval."""


def _deliver(at: datetime) -> int:
    from openkimberley.shipments import actions

    return actions.deliver_notices(by=NODE, at=at)


def _chase(at: datetime) -> int:
    from openkimberley.shipments import actions

    return actions.chase_late(by=NODE, at=at)


def _tell(at: datetime) -> int:
    from openkimberley.shipments import actions

    return actions.tell_changes(by=NODE, at=at)


def _publish(at: datetime) -> int:
    from openkimberley.certificates import actions

    return actions.publish_due(by=NODE, at=at)


_compared: set[int] = set()


def _seal(at: datetime) -> int:
    import os

    from openkimberley.journal.actions.sequencing import make_checkpoint
    from openkimberley.journal.marks import nobody
    from openkimberley.witness.queries import remembered

    # an old copy of the database comes with a start: then the witnesses are asked how far they have seen the journal
    first = os.getpid() not in _compared
    made = make_checkpoint(at=at, witnesses=remembered if first else nobody)
    if made is not None:
        _compared.add(os.getpid())
    return int(made is not None)


def _collect(at: datetime) -> int:
    from openkimberley.witness import actions

    return actions.collect(at=at)


def _watch(at: datetime) -> int:
    from openkimberley.witness import actions

    return actions.watch_journals(at=at)


DUE: dict[str, Callable[[datetime], int]] = {
    "status lists published": _publish,
    "withdrawals and corrections told": _tell,
    "confirmations chased": _chase,
    "notices delivered": _deliver,
    "checkpoints made": _seal,
    "cosignatures collected": _collect,  # last: they wait for others' machines
    "journals watched": _watch,
}
"""What is looked at on every round, and the act that does it."""


def tick(*, at: datetime) -> dict[str, int]:
    """Do everything that is due. Each act stands alone: one that fails does not keep the next from its turn.

    Raises an ``ExceptionGroup`` of what failed, after all had their turn.
    """
    done: dict[str, int] = {}
    failed: list[Exception] = []
    for what, act in DUE.items():
        try:
            done[what] = act(at)
        except Exception as error:
            error.add_note(f"while doing: {what}")
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(DUE)} things due failed", failed)
    return done
