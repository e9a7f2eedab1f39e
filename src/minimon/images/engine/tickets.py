"""An order on its way through the engine, and what it may come to."""

import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from minimon.errors import GenerationFailedError, OverloadedError, StartingError
from minimon.images import Picture
from minimon.images.engine.model import Order

START_RETRY_SECONDS = 10


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


def overloaded(wait: float) -> OverloadedError:
    """Return the refusal that tells a client to come again after ``wait`` seconds."""
    seconds = max(1, -int(-wait // 1))
    return OverloadedError(seconds=seconds, headers=_retry(seconds))


def starting() -> StartingError:
    """Return the refusal of an engine that is not ready."""
    return StartingError(seconds=START_RETRY_SECONDS, headers=_retry(START_RETRY_SECONDS))


def failed(cause: Exception | None = None) -> GenerationFailedError:
    """Return the failure of an order that was under way."""
    error = GenerationFailedError()
    error.__cause__ = cause
    return error


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
