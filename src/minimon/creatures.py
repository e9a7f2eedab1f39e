"""What a Minimon is: its rarity, its element, its id. Pure: randomness comes in as an argument."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random


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


@dataclass(frozen=True, slots=True)
class Traits:
    """What is decided before a name and a picture are made, and drives both."""

    rarity: Rarity
    element: Element


@dataclass(frozen=True, slots=True)
class Creature:
    """One Minimon, without its picture."""

    id: str
    name: str
    traits: Traits


def draw_traits(weights: Mapping[Rarity, int], rng: Random) -> Traits:
    """Draw a rarity by its relative weight, then an element, each element as likely as the others.

    ``weights`` maps each rarity to a whole number of at least 0; at least one is positive.
    A rarity that is absent is never drawn.
    """
    rarity = rng.choices(list(weights), weights=list(weights.values()))[0]
    return Traits(rarity, rng.choice(list(Element)))


def new_id(rng: Random) -> str:
    """Return ``mnm_`` and 26 characters of lower-case base32 (RFC 4648, no padding): 128 random bits."""
    return "mnm_" + base64.b32encode(rng.randbytes(16)).decode().rstrip("=").lower()
