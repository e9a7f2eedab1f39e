"""What is counted while the service works: plain numbers in the objects that know them, read by whoever asks.

A place that counts pays a dictionary's access and knows nothing of metrics. Labels come from closed sets, so that what
is kept is bounded.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds for times: from an answer out of memory to a picture on a slow machine."""
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


Labelled = dict[tuple[str, ...], int]
"""Counts by the values of labels."""


class Tally:
    """How often each combination of labels occurred. For one thread."""

    def __init__(self, counts: Labelled | None = None) -> None:
        self.counts = counts or {}

    def count(self, *labels: str) -> None:
        """Count one more."""
        self.counts[labels] = self.counts.get(labels, 0) + 1


class Spread:
    """How many measurements fell below each bound, and their sum. For any thread."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self._lock = Lock()

    def observe(self, value: float) -> None:
        """Take in one measurement."""
        with self._lock:
            self.counts[bisect_left(self.bounds, value)] += 1
            self.sum += value


@dataclass(frozen=True, slots=True)
class NameTallies:
    """What a names backend tells of its work."""

    origins: Tally = field(default_factory=Tally)
    """Names given: ``server`` or ``local``."""
    faults: Tally = field(default_factory=Tally)
    """Calls of a server that brought no name, by their fault."""


@dataclass(frozen=True, slots=True)
class PictureTallies:
    """What a backend tells of its work."""

    seconds: dict[str, Spread] = field(default_factory=dict)
    """How long each of its stages takes."""
    batch_fill: Spread = field(default_factory=lambda: Spread([0.125 * eighth for eighth in range(1, 9)]))
    """How much of the slots one step of the model uses."""
