"""Pictures from one backend, and from another where the first has none to give."""

from dataclasses import dataclass, replace

import structlog

from minimon.creatures import Traits
from minimon.errors import GenerationFailedError, StartingError
from minimon.images import ImageBackend, Picture, Status
from minimon.tallies import PictureTallies

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FallbackImages:
    """Asks ``first``; while that starts, or where it fails, ``second`` answers, and the picture says so.

    A backend with too much to do is no reason: its clients are told to come again.
    """

    first: ImageBackend
    second: ImageBackend
    name: str
    """Of the second."""

    @property
    def slow(self) -> bool:
        """One of the two is."""
        return self.first.slow or self.second.slow

    @property
    def batch(self) -> int:
        """That of the first: nobody keeps pictures of the second, which are there for want of better ones."""
        return self.first.batch

    @property
    def tallies(self) -> PictureTallies:
        """Those of the first."""
        return self.first.tallies

    async def draw(self, traits: Traits, name: str) -> Picture:
        """Return a picture of the first, else of the second."""
        try:
            return await self.first.draw(traits, name)
        except (GenerationFailedError, StartingError) as error:
            _log.warning("the fallback draws", code=error.code)
            return await self.second.draw(traits, name)

    def status(self) -> Status:
        """Say how the first is, and that the second stands in while it can and the first cannot."""
        first = self.first.status()
        stands_in = first.state != "ready" and self.second.status().state == "ready"
        return replace(first, stand_in=self.name if stands_in else "")
