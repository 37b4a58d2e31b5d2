"""Times beside a floor: medians of batches that take turns, since other work on a machine comes and goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its floor. ``less_is_better`` is True for times and sizes."""

    name: str
    value: float
    unit: str
    floor: float
    floor_name: str
    less_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How much of the floor's speed (or thrift) is reached: 1.0 is as good as the floor."""
        over, under = (self.floor, self.value) if self.less_is_better else (self.value, self.floor)
        return over / under if under else 0.0

    def as_json(self) -> dict[str, Any]:
        """The line of the contract."""
        return {
            "name": self.name, "value": _shown(self.value), "unit": self.unit, "floor": _shown(self.floor),
            "floor_name": self.floor_name, "ratio": round(self.ratio, 4),
        }  # fmt: skip


def _shown(value: float) -> float:
    """Four digits that mean something."""
    return round(value, 1) if value >= 100 else round(value, 4)


def took(act: Callable[[], object], times: int) -> float:
    """Seconds for one of ``times`` turns."""
    begin = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - begin) / times


def fitting(act: Callable[[], object], seconds: float) -> int:
    """How many turns fill about so many seconds; the first turns warm up what is read once."""
    act()
    once = min(took(act, 3), took(act, 3))
    return max(1, int(seconds / max(once, 1e-7)))


def taking_turns(
    act: Callable[[], object], floor: Callable[[], object], *, batches: int, turns: int, floor_turns: int
) -> tuple[float, float]:
    """Median seconds of one act and of one of the floor, batch after batch in turn."""
    acts: list[float] = []
    floors: list[float] = []
    for place in range(batches):
        # ABBA order: what drifts during the run meets both alike
        for mine in (True, False) if place % 2 else (False, True):
            (acts if mine else floors).append(took(act, turns) if mine else took(floor, floor_turns))
    return median(acts), median(floors)
