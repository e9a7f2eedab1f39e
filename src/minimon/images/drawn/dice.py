"""What a creature's parts ask of chance, one stream of random numbers for each trait."""

from collections.abc import Mapping
from dataclasses import dataclass

from minimon.creatures import Element, Rarity, Traits
from minimon.streams import Stream

RANKS = {rarity: rank for rank, rarity in enumerate(Rarity)}


class Dice(Stream):
    """One stream of random numbers, asked in the ways of somebody who draws."""

    __slots__ = ()

    def span(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``, each as likely as the others."""
        return low + (high - low) * self.random()

    def near(self, middle: float, spread: float) -> float:
        """Return a number at most ``spread`` from ``middle``, more likely close to it."""
        return middle + spread * (self.random() + self.random() - 1)

    def step(self, middle: float, spread: float, size: float = 1.0) -> float:
        """Return a multiple of ``size`` near ``middle``: shapes that follow from it recur, and are kept."""
        return round(self.near(middle, spread) / size) * size

    def chance(self, odds: float) -> bool:
        """Return true in ``odds`` of all cases."""
        return self.random() < odds

    pick = Stream.choice

    def weigh(self, weights: Mapping[str, float]) -> str:
        """Return one key, as often as its weight says."""
        place = self.random() * sum(weights.values())
        for key, weight in weights.items():
            place -= weight
            if place < 0:
                return key
        return next(iter(weights))


@dataclass(frozen=True, slots=True)
class Model:
    """Whom the illustrator draws: the traits, and the dice of each trait."""

    traits: Traits

    @property
    def element(self) -> Element:
        """The element."""
        return self.traits.element

    @property
    def rank(self) -> int:
        """0 for F to 7 for S+."""
        return RANKS[self.traits.rarity]

    def dice(self, topic: str) -> Dice:
        """Return the dice of one trait, the same each time. Their name is from version 2: a seed keeps its traits."""
        return Dice(f"drawn2:{self.traits.seed}:{topic}")
