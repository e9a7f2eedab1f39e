"""The ``drawn`` backend: draws each creature anew, in processes that are warm before the service listens."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from minimon.creatures import Element, Rarity, Traits
from minimon.images import Picture, Status
from minimon.images.drawn.pool import DrawingPool, core_count
from minimon.images.drawn.raster import png
from minimon.images.drawn.scene import scene_svg
from minimon.images.drawn.svg import SIZE
from minimon.settings import Settings
from minimon.tallies import PictureTallies, Spread


class DrawnImages:
    """Draws in the processes of a pool. For one event loop."""

    slow = True

    def __init__(self, pool: DrawingPool, side: int) -> None:
        """``side`` is in pixels."""
        self._pool, self._side = pool, side
        self.tallies = PictureTallies({"queue": Spread(), "draw": Spread()})

    @property
    def batch(self) -> int:
        """Two for each process, so that none waits for the next."""
        return 2 * self._pool.workers

    async def draw(self, traits: Traits, name: str) -> Picture:  # noqa: ARG002 - the name is not in the picture
        """Return the creature's picture; the same traits give the same one. Raises as ``DrawingPool.run``."""
        began = time.perf_counter()
        picture, seconds = await self._pool.run(time_picture, traits, self._side)
        self.tallies.seconds["draw"].observe(seconds)
        self.tallies.seconds["queue"].observe(time.perf_counter() - began - seconds)
        return picture

    async def draw_svg(self, traits: Traits) -> bytes:
        """Return the creature's picture as SVG, under the same promises."""
        return await self._pool.run(draw_text, traits)

    def status(self) -> Status:
        """Say that it is ready: every process has drawn before the service listens."""
        return Status(facts={"processes": self._pool.workers, "side": self._side, "waiting": self._pool.waiting})


@asynccontextmanager
async def open_drawn(settings: Settings) -> AsyncIterator[DrawnImages]:
    """Open the backend and leave with every process ended."""
    pool = DrawingPool(core_count(), settings.drawn_queue, draw_once)
    try:
        await pool.warm()
        yield DrawnImages(pool, settings.drawn_size)
    finally:
        pool.unwatch()
        await asyncio.to_thread(pool.close)


def draw_picture(traits: Traits, side: int) -> Picture:
    """Draw a creature, ``side`` by ``side`` pixels. Runs in a process of the pool."""
    return Picture.of(png(scene_svg(traits), side), "drawn")


def time_picture(traits: Traits, side: int) -> tuple[Picture, float]:
    """Draw a creature; return how many seconds that took, too. Runs in a process of the pool."""
    began = time.perf_counter()
    return draw_picture(traits, side), time.perf_counter() - began


def draw_text(traits: Traits) -> bytes:
    """Return a creature as SVG in UTF-8. Runs in a process of the pool."""
    return scene_svg(traits).encode()


def draw_once() -> None:
    """Load what drawing needs. Runs in a process of the pool."""
    draw_picture(Traits(1, Rarity.S_PLUS, Element.FIRE), SIZE)
