"""Random numbers that follow from a name: the hashes of the name, numbered from 0."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from struct import Struct
from typing import TypeVar

T = TypeVar("T")
WORD_BITS = 32
_WORDS = Struct("<16L")
"""What one hash gives."""


class Stream:
    """The same numbers for the same name, each time and everywhere; numbers of two names have nothing in common.

    A stream costs a hash, where Python's own generator has 624 words of state to fill before its first number.
    """

    __slots__ = ("_block", "_name", "_words")

    def __init__(self, name: str) -> None:
        self._name, self._block = name, 0
        self._words: list[int] = []

    def word(self) -> int:
        """Return 32 random bits."""
        if not self._words:
            self._hash()
        return self._words.pop()

    def random(self) -> float:
        """Return a number from 0 to 1, never 1."""
        if not self._words:
            self._hash()
        return self._words.pop() * 2.0**-32

    def _hash(self) -> None:
        self._words.extend(_WORDS.unpack(blake2b(f"{self._name}:{self._block}".encode()).digest()))
        self._block += 1

    def choice(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``, each as likely as the others."""
        return choices[self.word() * len(choices) >> WORD_BITS]

    def draw(self, weights: Mapping[T, int]) -> T:
        """Return one key, as often as its weight says: whole numbers of at least 0, at least one of them positive."""
        place = (self.word() << WORD_BITS | self.word()) * sum(weights.values()) >> 2 * WORD_BITS
        for key, weight in weights.items():
            place -= weight
            if place < 0:
                return key
        raise ValueError("no weight is positive")
