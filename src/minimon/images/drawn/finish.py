"""The ladder of rarity: what each tier adds to material, light, size and stage, and keeps of the tiers below."""

from dataclasses import dataclass

Stop = tuple[float, float, int]
"""A colour of the backdrop: lightness, chroma, and degrees of hue from the creature's."""


@dataclass(frozen=True, slots=True)
class Finish:
    """How one rarity is painted. ``room`` is the side of the square that a figure may fill, in pixels.

    ``tilt`` is the most degrees that a figure leans. ``sky`` runs from top to bottom, or where it is ``dark`` from the
    middle to the corners; ``land`` is empty where there is no ground to see.
    """

    room: float
    tilt: float
    gradient: bool
    shine: float
    rim: float
    sky: tuple[Stop, ...]
    land: tuple[Stop, ...]
    particles: int
    dark: bool = False


FINISHES = (
    Finish(326, 0.8, False, 0.0, 0.0, ((0.95, 0.022, 0),), (), 0),
    Finish(342, 1.5, True, 0.6, 0.0, ((0.93, 0.045, 0),), (), 0),
    Finish(358, 2.5, True, 0.65, 0.0, ((0.88, 0.07, 14), (0.965, 0.03, -20)), ((0.84, 0.08, 0), (0.76, 0.095, 12)), 6),
    Finish(374, 5.0, True, 0.7, 0.0, ((0.86, 0.08, 16), (0.96, 0.035, -24)), ((0.82, 0.09, 0), (0.73, 0.1, 14)), 8),
    Finish(394, 5.0, True, 0.75, 0.5, ((0.64, 0.13, 22), (0.8, 0.1, -28)), ((0.68, 0.12, 0), (0.56, 0.12, 16)), 9),
    Finish(
        432,
        4.0,
        True,
        0.8,
        0.6,
        ((0.78, 0.13, -16), (0.58, 0.14, 0), (0.36, 0.12, 24), (0.24, 0.09, 34)),
        ((0.46, 0.12, 8), (0.26, 0.09, 22)),
        10,
        dark=True,
    ),
    Finish(
        420,
        4.0,
        True,
        0.85,
        0.7,
        ((0.92, 0.07, -30), (0.64, 0.15, -14), (0.36, 0.14, 20), (0.2, 0.08, 40)),
        ((0.34, 0.12, 24), (0.18, 0.08, 36)),
        7,
        dark=True,
    ),
    Finish(
        404,
        3.0,
        True,
        0.9,
        0.8,
        ((0.26, 0.14, 8),),
        ((0.23, 0.1, 14),),
        6,
        dark=True,
    ),
)
"""By rank, from F to S+."""
