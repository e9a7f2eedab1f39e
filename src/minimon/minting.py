"""Make one creature: draw its traits, name it, picture it."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import TypeVar

from minimon.clock import Clock
from minimon.creatures import Creature, Traits, draw_traits, new_id
from minimon.draws import Draw, Draws
from minimon.errors import GenerationFailedError, ProblemError
from minimon.images import ImageBackend
from minimon.names import NameBackend
from minimon.settings import Settings
from minimon.stock import Ready
from minimon.tallies import Spread, Tally

T = TypeVar("T")


class AsFailedGeneration:
    """Makes a backend's foreign faults ours: GenerationFailedError, with the cause behind it."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Let ours and what ends a task through; whatever else a backend raises is not ours to list."""
        if isinstance(error, Exception) and not isinstance(error, ProblemError):
            raise GenerationFailedError from error


class Mint:
    """Makes creatures. Rarity is drawn first; everything else follows from it."""

    def __init__(
        self,
        settings: Settings,
        images: ImageBackend,
        names: NameBackend,
        draws: Draws,
        *,
        rng: Random,
        clock: Clock,
    ) -> None:
        self.images = images
        self.names = names
        self.draws = draws
        self._weights = settings.rarity_weights
        self._rng = rng
        self.clock = clock
        self.name_seconds = Spread()
        self.outcomes = Tally()
        """Backend, rarity, and what became of a draw: ``HANDED_OUT``, or the code of an error."""
        self._backend = settings.generation_backend

    def traits(self, draw: Draw) -> Traits:
        """Return what is decided by a draw."""
        return draw_traits(self._weights, draw.seed)

    async def name(self, traits: Traits, *, patient: bool = False) -> str:
        """Return a name for a creature with these traits; who is patient waits for a server's."""
        began = time.perf_counter()
        name = await self.names.name(traits, patient=patient)
        self.name_seconds.observe(time.perf_counter() - began)
        return name

    async def make(self, draw: Draw, name: str = "") -> Ready:
        """Return the creature of a draw, whatever else there is. Its id and time are new.

        Raises GenerationFailedError, OverloadedError and StartingError; the draw is the caller's to put back.
        """
        creature, picture = await self.make_with(self.images.draw, draw, name)
        return Ready(draw, creature, picture, self.clock())

    async def make_with(
        self, picture: Callable[[Traits, str], Awaitable[T]], draw: Draw, name: str = ""
    ) -> tuple[Creature, T]:
        """Return the creature of a draw and what ``picture`` makes of it. Raises as ``make`` does."""
        with AsFailedGeneration():
            traits = self.traits(draw)
            name = name or await self.name(traits)
            made = await picture(traits, name)
        return Creature(new_id(self._rng), name, traits), made

    @contextmanager
    def drawn(self) -> Iterator[Draw]:
        """Give a draw to make something of; it goes back if that comes to nothing."""
        draw = self.draws.next()
        with self.or_put_back(draw):
            yield draw

    @contextmanager
    def or_put_back(self, draw: Draw) -> Iterator[None]:
        """Put a draw back if what is made of it comes to nothing."""
        try:
            yield
        except BaseException as error:
            self.put_back(draw, error)
            raise

    def put_back(self, draw: Draw, error: BaseException) -> None:
        """Put a draw back because of what is raised: a fault of its picture, or nobody waits for it any more."""
        if isinstance(error, ProblemError):
            self.outcomes.count(self._backend, self.traits(draw).rarity, error.code)
        (self.draws.failed if isinstance(error, GenerationFailedError) else self.draws.put_back)(draw)
