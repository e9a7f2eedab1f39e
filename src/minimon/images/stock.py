"""The ``stock`` backend: makes no pictures. Its replica hands out what others put into the shared stock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from minimon.creatures import Traits
from minimon.errors import OverloadedError
from minimon.images import Picture, Status
from minimon.settings import Settings
from minimon.tallies import PictureTallies

AGAIN_SECONDS = 1


class StockImages:
    """Refuses: whoever gets here has found the shared stock empty, or out of reach."""

    slow = True
    batch = 0
    tallies = PictureTallies()

    async def draw(self, traits: Traits, name: str) -> Picture:  # noqa: ARG002 - there is nothing to make one with
        """Raise OverloadedError: others may have made some by then."""
        raise OverloadedError(seconds=AGAIN_SECONDS, headers={"Retry-After": str(AGAIN_SECONDS)})

    def status(self) -> Status:
        """Say that there is nothing to wait for here."""
        return Status()


@asynccontextmanager
async def open_stock(_settings: Settings) -> AsyncIterator[StockImages]:
    """Open the backend."""
    yield StockImages()
