"""An order on its way through the engine, and what it may come to."""

import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from minimon.errors import GenerationFailedError
from minimon.images import Picture
from minimon.images.engine.model import Order

START_RETRY_SECONDS = 10
"""What a client of an engine that loads is told to wait."""


@dataclass(eq=False, slots=True)
class Ticket:
    """An order in the queue, in a slot, or being finished. Its future can be cancelled until it has a slot."""

    order: Order
    steps: int
    future: Future[Picture] = field(default_factory=Future)
    row: Any = None
    since: float = field(default_factory=time.perf_counter)
    """When the stage began in which it is."""

    @property
    def left(self) -> int:
        """Return how many UNet calls it still takes."""
        left: int = self.row.left if self.row else self.steps
        return left

    def lap(self) -> float:
        """Return how many seconds the stage took that ends now."""
        before, self.since = self.since, time.perf_counter()
        return self.since - before

    def done(self, picture: Picture) -> None:
        """Hand the picture over; nothing, if the order has failed meanwhile."""
        with suppress(InvalidStateError):
            self.future.set_result(picture)

    def fail(self, error: Exception) -> None:
        """Let the order fail; nothing, if it is settled already."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


def failed(cause: Exception | None = None) -> GenerationFailedError:
    """Return the failure of an order that was under way."""
    error = GenerationFailedError()
    error.__cause__ = cause
    return error
