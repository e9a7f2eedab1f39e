"""The ladder of rarity: what each tier adds to material, light, size and stage, and keeps of the tiers below."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finish:
    """How one rarity is painted. ``room`` is the side of the square that a figure may fill, in pixels.

    ``tilt`` is the most degrees that a figure leans. ``sky`` and ``land`` are lightness, chroma and turn of hue, from
    top to bottom; ``land`` is empty where there is no ground to see.
    """

    room: float
    tilt: float
    gradient: bool
    shine: float
    rim: float
    sky: tuple[tuple[float, float, int], ...]
    land: tuple[tuple[float, float, int], ...]
    particles: int
    dark: bool = False


FINISHES = (
    Finish(300, 0.8, False, 0.0, 0.0, ((0.95, 0.022, 0),), (), 0),
    Finish(322, 1.5, True, 0.5, 0.0, ((0.93, 0.042, 0),), (), 0),
    Finish(344, 2.0, True, 0.6, 0.0, ((0.9, 0.06, 14), (0.965, 0.03, -20)), ((0.87, 0.07, 0), (0.8, 0.085, 12)), 6),
    Finish(366, 4.0, True, 0.65, 0.0, ((0.88, 0.07, 16), (0.965, 0.035, -24)), ((0.86, 0.08, 0), (0.78, 0.095, 14)), 8),
    Finish(388, 4.5, True, 0.7, 0.5, ((0.78, 0.105, 22), (0.93, 0.06, -28)), ((0.78, 0.105, 0), (0.68, 0.115, 16)), 9),
    Finish(
        408,
        4.0,
        True,
        0.75,
        0.6,
        ((0.46, 0.12, 24), (0.66, 0.13, -10)),
        ((0.5, 0.12, 8), (0.36, 0.11, 22)),
        12,
        dark=True,
    ),
    Finish(
        420,
        4.0,
        True,
        0.8,
        0.7,
        ((0.27, 0.1, 40), (0.42, 0.13, 20), (0.6, 0.14, -24)),
        ((0.36, 0.12, 24), (0.22, 0.09, 36)),
        12,
        dark=True,
    ),
    Finish(
        430,
        3.0,
        True,
        0.9,
        0.8,
        ((0.17, 0.075, 60), (0.28, 0.11, 36), (0.48, 0.15, -30)),
        ((0.3, 0.11, 40), (0.15, 0.07, 50)),
        12,
        dark=True,
    ),
)
"""By rank, from F to S+."""
