"""What a creature's parts ask of chance, one stream of random numbers for each trait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from typing import TypeVar

from minimon.creatures import Element, Rarity, Traits

T = TypeVar("T")
_WORDS = Struct("<16L").unpack
_UNIT = 2.0**-32
RANKS = {rarity: rank for rank, rarity in enumerate(Rarity)}


class Dice:
    """One stream of random numbers: the hashes of its name, numbered from 0."""

    __slots__ = ("_block", "_name", "_ready")

    def __init__(self, name: str) -> None:
        self._name, self._block = name, 0
        self._ready: list[int] = []

    def _random(self) -> float:
        """Return a number from 0 to 1, never 1."""
        if not self._ready:
            self._ready.extend(_WORDS(blake2b(f"{self._name}:{self._block}".encode()).digest()))
            self._block += 1
        return self._ready.pop() * _UNIT

    def span(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``, each as likely as the others."""
        return low + (high - low) * self._random()

    def near(self, middle: float, spread: float) -> float:
        """Return a number at most ``spread`` from ``middle``, more likely close to it."""
        return middle + spread * (self._random() + self._random() - 1)

    def step(self, middle: float, spread: float, size: float = 1.0) -> float:
        """Return a multiple of ``size`` near ``middle``: shapes that follow from it recur, and are kept."""
        return round(self.near(middle, spread) / size) * size

    def chance(self, odds: float) -> bool:
        """Return true in ``odds`` of all cases."""
        return self._random() < odds

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``."""
        return choices[int(self._random() * len(choices))]

    def weigh(self, weights: Mapping[str, float]) -> str:
        """Return one key, as often as its weight says."""
        place = self._random() * sum(weights.values())
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
