"""Mint a creature: draw its traits, name it, picture it."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

import structlog

from minimon.clock import Clock
from minimon.creatures import Creature, draw_traits, new_id, new_seed
from minimon.errors import GenerationFailedError
from minimon.images import ImageBackend, Picture
from minimon.names import NameBackend
from minimon.settings import Settings

_log = structlog.get_logger(__name__)


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

    async def mint(self) -> Minted:
        """Return a new creature. Raises GenerationFailedError; the cause is in the log."""
        traits = draw_traits(self.settings.rarity_weights, new_seed(self.rng))
        try:
            name = await self.names.name(traits)
            picture = await self.images.draw(traits)
        except GenerationFailedError:
            raise
        except Exception as error:  # a backend's foreign faults become ours here, whatever they are
            raise GenerationFailedError from error
        creature = Creature(new_id(self.rng), name, traits)
        self._log(creature, picture)
        return Minted(creature, picture, self.clock())

    def _log(self, creature: Creature, picture: Picture) -> None:
        extra: dict[str, str] = {}
        if self.settings.log_image_b64:
            extra["image_b64"] = picture.base64.decode()
        if self.settings.log_sample_image_bytes:
            extra["image_hex"] = picture.png[: self.settings.log_sample_image_bytes].hex()
        backend = self.settings.generation_backend
        rarity = creature.traits.rarity
        _log.info("generated", id=creature.id, name=creature.name, rarity=rarity, backend=backend, **extra)
