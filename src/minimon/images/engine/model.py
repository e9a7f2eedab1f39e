"""What the worker asks of a model: the seam between the engine's life and what computes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from minimon.creatures import Traits
from minimon.images import Flag

Report = Callable[[str, float], None]
"""Told the stage of a load and how much of it is done, from 0 to 1."""


class OutOfMemoryError(Exception):
    """Never leaves the engine: the device has no room for this many rows. The rows are as they were before the call."""


class PictureFaultError(Exception):
    """Never leaves the engine but as a cause: one picture came to nothing (not a number, say); the others are sound."""


class MeansError(Exception):
    """Never leaves a load: what a flag asks for turned out not to work on this machine."""

    def __init__(self, applied: str, reason: str) -> None:
        """Name the ``applied`` word of the table of flags, and say what went wrong in a few words."""
        super().__init__(f"{applied}: {reason}")
        self.applied = applied
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Order:
    """One picture that somebody wants."""

    traits: Traits
    name: str


class Row(Protocol):
    """A picture under way."""

    left: int
    """UNet calls that it still takes; 0 when it can be finished."""


class Model(Protocol):
    """What draws. Every call comes from the one thread that owns the device; ``finish``, from the decoders' too."""

    flags: tuple[Flag, ...]
    facts: dict[str, str | int | float | None]
    """What the status says of the model."""
    decoders: int
    """How many threads may call ``finish`` at once while others step; 0: only the owner's thread may."""

    @property
    def slots(self) -> int:
        """Most rows of one ``step``."""
        ...

    def begin(self, order: Order) -> Any:
        """Return the row of a new picture."""
        ...

    def step(self, rows: Sequence[Any]) -> None:
        """Take each of the rows, 1 to ``slots``, one step further in one UNet call. Raises OutOfMemoryError."""
        ...

    def finish(self, row: Any) -> Callable[[], bytes]:
        """Decode a row whose steps are done; return what makes the PNG of it, in any thread.

        Raises PictureFaultError and OutOfMemoryError.
        """
        ...

    def shrink(self) -> bool:
        """Lower ``slots``; say whether that was possible."""
        ...
