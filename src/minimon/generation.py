"""Mint a creature: draw its traits, name it, picture it."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeVar

import structlog

from minimon.clock import Clock
from minimon.creatures import Creature, Traits, draw_traits, new_id, new_seed
from minimon.errors import GenerationFailedError
from minimon.images import ImageBackend, Picture, raw, raw_forms
from minimon.names import NameBackend
from minimon.settings import Settings

_log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Minted:
    """A new creature, its picture, and when it was made."""

    creature: Creature
    picture: Picture
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class MintedFile:
    """A new creature whose picture is a file of one media type."""

    creature: Creature
    content: bytes
    media_type: str
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class Generator:
    """Mints creatures. Rarity is drawn first; everything else follows from it."""

    settings: Settings
    images: ImageBackend
    names: NameBackend
    rng: Random
    clock: Clock

    @property
    def forms(self) -> tuple[str, ...]:
        """The media types that ``mint_file`` can make."""
        return raw_forms(self.images)

    async def mint(self) -> Minted:
        """Return a new creature. Raises GenerationFailedError; the cause is in the log."""
        creature, picture = await self._make(self.images.draw)
        self._log(creature, picture.png)
        return Minted(creature, picture, self.clock())

    async def mint_file(self, form: str) -> MintedFile:
        """Return a new creature with its picture as a file; ``form`` is one of ``forms``. Raises as ``mint`` does."""
        creature, content = await self._make(lambda traits: raw(self.images, traits, form))
        self._log(creature, content)
        return MintedFile(creature, content, form, self.clock())

    async def _make(self, draw: Callable[[Traits], Awaitable[T]]) -> tuple[Creature, T]:
        traits = draw_traits(self.settings.rarity_weights, new_seed(self.rng))
        try:
            name = await self.names.name(traits)
            picture = await draw(traits)
        except GenerationFailedError:
            raise
        except Exception as error:  # a backend's foreign faults become ours here, whatever they are
            raise GenerationFailedError from error
        return Creature(new_id(self.rng), name, traits), picture

    def _log(self, creature: Creature, picture: bytes) -> None:
        extra: dict[str, str] = {}
        if self.settings.log_image_b64:
            extra["image_b64"] = b64encode(picture).decode()
        if self.settings.log_sample_image_bytes:
            extra["image_hex"] = picture[: self.settings.log_sample_image_bytes].hex()
        backend = self.settings.generation_backend
        rarity = creature.traits.rarity
        _log.info("generated", id=creature.id, name=creature.name, rarity=rarity, backend=backend, **extra)
