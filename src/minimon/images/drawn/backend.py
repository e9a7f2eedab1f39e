"""The ``drawn`` backend: draws each creature anew, in processes of their own.

A scene is made in Python, which one process does on one core at a time, and the renderer shares buffers within a
process. So there is one process for each core, warm before the service listens.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

import structlog

from minimon.creatures import Element, Rarity, Traits
from minimon.images import Picture, Status
from minimon.images.drawn.raster import png
from minimon.images.drawn.scene import scene_svg
from minimon.settings import Settings
from minimon.tallies import PictureTallies, Spread

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class DrawnImages:
    """Draws in as many processes as there are cores. For one event loop."""

    def __init__(self, side: int, workers: int | None = None) -> None:
        """``side`` is in pixels. The processes start with the first picture."""
        self._side = side
        self.workers = workers or core_count()
        self._pool = self._new_pool()
        self.tallies = PictureTallies({"draw": Spread()})

    slow = True

    @property
    def batch(self) -> int:
        """Two for each process, so that none waits for the next."""
        return 2 * self.workers

    async def draw(self, traits: Traits, name: str) -> Picture:  # noqa: ARG002 - the name is not in the picture
        """Return the creature's picture; the same traits give the same one."""
        began = time.perf_counter()
        picture = await self._run(draw_picture, traits)
        self.tallies.seconds["draw"].observe(time.perf_counter() - began)
        return picture

    async def draw_svg(self, traits: Traits) -> bytes:
        """Return the creature's picture as SVG."""
        return await self._run(draw_text, traits)

    def status(self) -> Status:
        """Say that it is ready: every process has drawn before the service listens."""
        return Status(facts={"processes": self.workers, "size": f"{self._side}x{self._side}"})

    async def warm(self) -> None:
        """Let every process load what it needs and draw once."""
        warming = (Traits(seed, Rarity.S_PLUS, Element.FIRE) for seed in range(2 * self.workers))
        await asyncio.gather(*(self.draw(traits, "") for traits in warming))

    def close(self) -> None:
        """Finish what is being drawn and end the processes. Blocks."""
        self._pool.shutdown()

    async def _run(self, task: Callable[[Traits, int], T], traits: Traits) -> T:
        """Run a task in the pool. Where a process has died, whatever killed it, try once more in a new pool."""
        pool, loop = self._pool, asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(pool, task, traits, self._side)
        except BrokenProcessPool:
            if pool is self._pool:
                _log.warning("a drawing process has died; starting new ones")
                self._pool = self._new_pool()
                pool.shutdown(wait=False)
            return await loop.run_in_executor(self._pool, task, traits, self._side)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, get_context("spawn"), initializer=_belong_to_the_service)


@asynccontextmanager
async def open_drawn(settings: Settings) -> AsyncIterator[DrawnImages]:
    """Open the backend and leave with every process ended."""
    images = DrawnImages(settings.drawn_size)
    try:
        await images.warm()
        yield images
    finally:
        await asyncio.to_thread(images.close)


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def draw_picture(traits: Traits, side: int) -> Picture:
    """Draw a creature, ``side`` by ``side`` pixels. Runs in a process of the pool."""
    return Picture.of(png(scene_svg(traits), side), "drawn")


def draw_text(traits: Traits, side: int) -> bytes:
    """Return a creature as SVG in UTF-8. Runs in a process of the pool."""
    return scene_svg(traits).encode()


def _belong_to_the_service() -> None:
    """Leave Ctrl+C and SIGTERM to the service, which ends its processes when it is done; end if it is killed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_the_service, daemon=True).start()


def _end_with_the_service() -> None:
    service = parent_process()
    if service:
        service.join()
        os._exit(1)
