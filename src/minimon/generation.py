"""Mint a creature: draw its traits, name it, picture it."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import structlog

from minimon.clock import Clock
from minimon.creatures import Creature, draw_traits, new_id, new_seed
from minimon.errors import GenerationFailedError, ProblemError
from minimon.images import ImageBackend, Picture
from minimon.names import NameBackend
from minimon.settings import Settings

_log = structlog.get_logger(__name__)

MOST_SPARE = 64
"""Most creatures that wait for a new client because theirs left."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new creature, its picture, and when it was made."""

    creature: Creature
    picture: Picture
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class Generator:
    """Mints creatures. Rarity is drawn first; everything else follows from it."""

    settings: Settings
    images: ImageBackend
    names: NameBackend
    rng: Random
    clock: Clock
    _spare: deque[Minted] = field(default_factory=lambda: deque(maxlen=MOST_SPARE), init=False)

    async def mint(self) -> Minted:
        """Return a new creature, or one whose client left before it was done.

        When cancelled after the work has begun, the creature is kept for whoever is next. Raises
        GenerationFailedError, whose cause is in the log, OverloadedError and StartingError.
        """
        if self._spare:
            return self._spare.popleft()
        if not self.images.slow:
            return await self.make(new_seed(self.rng))
        making = asyncio.create_task(self.make(new_seed(self.rng)))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            making.cancel()
            raise

    async def make(self, seed: int) -> Minted:
        """Return the creature of a seed. Its id and time are new. Raises as ``mint`` does."""
        traits = draw_traits(self.settings.rarity_weights, seed)
        try:
            name = await self.names.name(traits)
            picture = await self.images.draw(traits, name)
        except ProblemError:
            raise
        except Exception as error:  # a backend's foreign faults become ours here, whatever they are
            raise GenerationFailedError from error
        creature = Creature(new_id(self.rng), name, traits)
        self._log(creature, picture)
        return Minted(creature, picture, self.clock())

    def _keep(self, making: asyncio.Task[Minted]) -> None:
        """Keep what was made for a client that is gone."""
        if not making.cancelled() and not making.exception():
            self._spare.append(making.result())

    def _log(self, creature: Creature, picture: Picture) -> None:
        extra: dict[str, str] = {}
        if self.settings.log_image_b64:
            extra["image_b64"] = picture.base64.decode()
        if self.settings.log_sample_image_bytes:
            extra["image_hex"] = picture.png[: self.settings.log_sample_image_bytes].hex()
        traits = creature.traits
        _log.info(
            "generated",
            id=creature.id,
            name=creature.name,
            rarity=traits.rarity,
            seed=traits.seed,
            backend=picture.backend,
            **extra,
        )
