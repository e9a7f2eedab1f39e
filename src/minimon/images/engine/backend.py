"""The asynchronous face of a worker: what the service calls an image backend."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from minimon.creatures import Rarity, Traits
from minimon.images import Picture, Status
from minimon.images.engine.model import Order
from minimon.images.engine.worker import Worker
from minimon.images.refusals import overloaded
from minimon.tallies import PictureTallies


class EngineImages:
    """Pictures from a worker. ``steps`` says how many UNet calls a rarity takes."""

    slow = True

    def __init__(self, worker: Worker, steps: Callable[[Rarity], int]) -> None:
        self._worker = worker
        self._steps = steps

    @property
    def batch(self) -> int:
        """As many as there are slots; 0 while there is no model."""
        return self._worker.slots

    @property
    def tallies(self) -> PictureTallies:
        """What the worker has counted."""
        return self._worker.tallies

    async def draw(self, traits: Traits, name: str) -> Picture:
        """Return the picture. Cancelled before it has a slot, it costs nothing; after that, it is finished.

        Raises OverloadedError, too, if it has no slot after the worker's patience.
        """
        future = self._worker.submit(Order(traits, name), self._steps(traits.rarity))
        drawn = asyncio.wrap_future(future)
        try:
            await asyncio.wait([drawn], timeout=self._worker.patience)
            if not drawn.done() and future.cancel():
                raise overloaded(self._worker.wait_ahead())
            await asyncio.wait([drawn])
        except asyncio.CancelledError:
            if future.cancel():
                raise
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
        return await drawn

    def status(self) -> Status:
        """Say how the engine is."""
        return self._worker.status()


@asynccontextmanager
async def running(worker: Worker, steps: Callable[[Rarity], int]) -> AsyncIterator[EngineImages]:
    """Start a worker, which loads in the background, and close it at the end."""
    worker.start()
    try:
        yield EngineImages(worker, steps)
    finally:
        await asyncio.to_thread(worker.close)
