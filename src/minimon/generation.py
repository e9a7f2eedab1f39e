"""Mint a creature: draw its traits, name it, picture it."""

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import TypeVar

from minimon.clock import Clock
from minimon.creatures import Creature, Traits, draw_traits, new_id, new_seed
from minimon.errors import GenerationFailedError, ProblemError
from minimon.images import SVG, ImageBackend, Picture, VectorBackend, raw, raw_forms
from minimon.logs import note
from minimon.names import NameBackend
from minimon.settings import Settings

T = TypeVar("T")

MOST_SPARE = 64
"""Most creatures that wait for a new client because theirs left."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new creature, its picture, and when it was handed out."""

    creature: Creature
    picture: Picture
    generated_at: datetime


@dataclass(frozen=True, slots=True)
class MintedFile:
    """A new creature whose picture is a file of one media type."""

    creature: Creature
    content: bytes
    media_type: str
    backend: str
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

    @property
    def forms(self) -> tuple[str, ...]:
        """The media types that ``mint_file`` can make."""
        return raw_forms(self.images)

    async def mint(self) -> Minted:
        """Return a new creature, or one whose client left before it was done.

        When cancelled after the work has begun, the creature is kept for whoever is next. Raises
        GenerationFailedError, whose cause is in the log, OverloadedError and StartingError.
        """
        if self._spare:
            return replace(self._spare.popleft(), generated_at=self.clock())
        if not self.images.slow:
            return await self.make(new_seed(self.rng))
        making = asyncio.create_task(self.make(new_seed(self.rng)))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            making.cancel()
            raise

    async def mint_file(self, form: str) -> MintedFile:
        """Return a new creature with its picture as a file; ``form`` is one of ``forms``. Raises as ``mint`` does."""
        if form == SVG and isinstance(self.images, VectorBackend):
            return await self._make_vector(self.images, new_seed(self.rng))
        minted = await self.mint()
        content = await raw(minted.picture, form)
        return MintedFile(minted.creature, content, form, minted.picture.backend, minted.generated_at)

    async def make(self, seed: int) -> Minted:
        """Return the creature of a seed. Its id and time are new. Raises as ``mint`` does."""
        creature, picture = await self._make(seed, self.images.draw)
        self._log(creature, picture.png, picture.backend)
        return Minted(creature, picture, self.clock())

    async def _make_vector(self, images: VectorBackend, seed: int) -> MintedFile:
        backend = self.settings.generation_backend
        creature, content = await self._make(seed, lambda traits, _: images.draw_svg(traits))
        self._log(creature, content, backend)
        return MintedFile(creature, content, SVG, backend, self.clock())

    async def _make(self, seed: int, draw: Callable[[Traits, str], Awaitable[T]]) -> tuple[Creature, T]:
        try:
            traits = draw_traits(self.settings.rarity_weights, seed)
            name = await self.names.name(traits)
            picture = await draw(traits, name)
        except ProblemError:
            raise
        except Exception as error:  # a backend's foreign faults become ours here, whatever they are
            raise GenerationFailedError from error
        return Creature(new_id(self.rng), name, traits), picture

    def _keep(self, making: asyncio.Task[Minted]) -> None:
        """Keep what was made for a client that is gone."""
        if not making.cancelled() and not making.exception():
            self._spare.append(making.result())

    def _log(self, creature: Creature, picture: bytes, backend: str) -> None:
        extra: dict[str, str] = {}
        if self.settings.log_image_b64:
            extra["image_b64"] = b64encode(picture).decode()
        if self.settings.log_sample_image_bytes:
            extra["image_hex"] = picture[: self.settings.log_sample_image_bytes].hex()
        traits = creature.traits
        note(
            "generated",
            id=creature.id,
            name=creature.name,
            rarity=traits.rarity,
            seed=traits.seed,
            backend=backend,
            **extra,
        )
