"""What a Minimon is: its rarity, its element, its id. Pure: randomness comes in as an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from minimon.streams import Stream

SEED_BITS = 53
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_FIVE_BITS = bytes(_ALPHABET[byte & 31] for byte in range(256))
_THREE_BITS = bytes(_ALPHABET[byte << 2 & 31] for byte in range(256))
"""The character of base32 that each byte's lowest bits stand for; ``base64.b32encode`` goes a longer way."""


class Rarity(StrEnum):
    """The eight tiers, in order from common to mythic."""

    F = "F"
    E = "E"
    D = "D"
    C = "C"
    B = "B"
    A = "A"
    S = "S"
    S_PLUS = "S+"


class Element(StrEnum):
    """What shapes the body."""

    WATER = "water"
    FIRE = "fire"
    EARTH = "earth"
    WIND = "wind"


ELEMENTS = tuple(Element)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is decided before a name and a picture are made, and drives both."""

    seed: int
    """0 to 2^53 - 1, so that every JSON reader holds it exactly. Everything about a creature but its id follows."""
    rarity: Rarity
    element: Element

    def stream(self, topic: str) -> Stream:
        """Return the random numbers that belong to one topic, the same each time.

        Each topic has its own, so that a topic added later changes nothing about creatures of before.
        """
        return Stream(f"{self.seed}:{topic}")


@dataclass(frozen=True, slots=True)
class Creature:
    """One Minimon, without its picture."""

    id: str
    name: str
    traits: Traits


def draw_traits(weights: Mapping[Rarity, int], seed: int) -> Traits:
    """Draw a rarity by its relative weight, then an element, each element as likely as the others.

    ``weights`` maps each rarity to a whole number of at least 0; at least one is positive.
    A rarity that is absent is never drawn. The same weights and seed give the same traits.
    """
    stream = Stream(f"{seed}:traits")
    return Traits(seed, stream.draw(weights), stream.choice(ELEMENTS))


def new_seed(rng: Random) -> int:
    """Return a seed for a creature."""
    return rng.getrandbits(SEED_BITS)


def new_id(rng: Random) -> str:
    """Return ``mnm_`` and 26 characters of lower-case base32 (RFC 4648, no padding): 128 random bits."""
    bits = rng.randbytes(26)
    return "mnm_" + (bits[:25].translate(_FIVE_BITS) + bits[25:].translate(_THREE_BITS)).decode()
