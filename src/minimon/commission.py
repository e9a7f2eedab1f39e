"""Make pictures to order. They are no creatures: they have no id, and what was drawn for somebody stays his."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from minimon.creatures import SEED_BITS, Rarity, Traits, draw_traits
from minimon.images import ImageBackend, Picture
from minimon.images.prompts import hints
from minimon.minting import AsFailedGeneration


@dataclass(frozen=True, slots=True)
class Commission:
    """So many pictures, from as many seeds in a row; ``hint`` is a prompt, anybody's."""

    hint: str
    seed: int
    count: int

    def traits(self, weights: Mapping[Rarity, int]) -> Sequence[Traits]:
        """Return what each picture shows: as the hint says, and drawn from the seed where it says nothing."""
        rarity, element = hints(self.hint)
        seeds = ((self.seed + number) % 2**SEED_BITS for number in range(self.count))
        drawn = (draw_traits(weights, seed) for seed in seeds)
        return [replace(one, rarity=rarity or one.rarity, element=element or one.element) for one in drawn]


async def paint(images: ImageBackend, wanted: Sequence[Traits]) -> Sequence[Picture]:
    """Return a picture for each, made at once. Raises GenerationFailedError, OverloadedError and StartingError."""
    with AsFailedGeneration():
        return await asyncio.gather(*(images.draw(traits, "") for traits in wanted))
