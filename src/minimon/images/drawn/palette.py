"""Colours in OKLCH, where equal steps look equal: a hue band for each element, and the tones made from one hue."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from minimon.creatures import Element

HUE_BANDS = {
    Element.FIRE: (26.0, 58.0),
    Element.EARTH: (120.0, 158.0),
    Element.WATER: (200.0, 255.0),
    Element.WIND: (275.0, 325.0),
}
"""The hues an element may take, in OKLCH degrees."""

SHADOW_HUE = 290.0
"""Shadows lean towards this violet: grey ones look dirty."""


CHROMA = (0.8, 0.88, 0.98, 1.0, 1.02, 1.06, 1.0, 0.9)
"""How colourful each rarity is: matte plastic is duller than enamel, pearl is paler."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One material: lit, plain and shaded colour, and its line, as ``#rrggbb``; ``sheen`` runs from lit to plain."""

    light: str
    base: str
    shade: str
    line: str
    sheen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture: its materials by name, those of the face, and what the backdrop is made from."""

    hue: int
    accent_hue: int
    tones: Mapping[str, Tone]
    eye: str
    iris: str
    glint: str
    blush: str
    mouth: str
    shadow: str

    def sky(self, lightness: float, chroma: float, turned: int = 0) -> str:
        """Return a colour of the backdrop, its hue ``turned`` by degrees from the creature's."""
        return oklch(lightness, chroma, (self.hue + turned) % 360)


@lru_cache(maxsize=4096)
def palette(element: Element, place: float, accent_hue: float, rank: int = 3) -> Palette:
    """Return the colours for an element; ``place`` from 0 to 1 picks one of thirteen hues in its band.

    The accent has a hue of its own, in degrees. ``rank`` is 0 for F to 7 for S+. Eye and face differ by a contrast
    of at least 4.5.
    """
    low, high = HUE_BANDS[element]
    hue, accent = round(low + (high - low) * round(place * 12) / 12), round(accent_hue)
    return Palette(
        hue=hue,
        accent_hue=accent,
        tones=_tones(hue, accent, rank),
        eye=oklch(0.24, 0.06, hue),
        iris=oklch(0.5, 0.14, hue),
        glint=oklch(0.78, 0.14, hue if rank < LEGEND else accent),
        blush=oklch(0.7, 0.17, 12),
        mouth=oklch(0.4, 0.11, 15),
        shadow=oklch(0.42, 0.12, _lean(hue, SHADOW_HUE, 40)),
    )


LEGEND = 6
"""The rank from which a body shows several hues at once."""


def _tones(hue: int, accent: int, rank: int) -> dict[str, Tone]:
    vivid = CHROMA[rank]
    main = tone(hue, 0.78, 0.125 * vivid)
    if rank == LEGEND:
        main = _iridescent(main, [(0.87, 0.1, hue + 50), (0.79, 0.13, hue), (0.77, 0.13, hue - 45)])
    elif rank > LEGEND:
        main = _iridescent(
            main, [(0.97, 0.035, hue + 70), (0.9, 0.07, hue), (0.87, 0.085, hue - 60), (0.9, 0.08, hue + 110)]
        )
    deep = tone(_lean(hue, SHADOW_HUE, 18), 0.64, 0.12 * vivid, hue)
    return {
        "main": main,
        "deep": deep,
        "far": tone(_lean(hue, SHADOW_HUE, 13), 0.67, 0.125 * vivid, hue),
        "accent": tone(accent, 0.79 + 0.08 * _nearness(accent, 95), 0.14 * vivid, hue),
        "pale": tone(_lean(hue, 80, 25), 0.945, 0.04, hue),
        "white": tone(hue, 0.975, 0.012, hue),
        "wood": tone(62, 0.66, 0.075 * vivid, hue),
        "gold": tone(88, 0.84, 0.15, 62),
        "gem": tone(accent, 0.74, 0.19, hue),
    }


def _iridescent(plain: Tone, stops: list[tuple[float, float, float]]) -> Tone:
    sheen = tuple([oklch(lightness, chroma, round(hue) % 360) for lightness, chroma, hue in stops])
    lightness, chroma, hue = stops[-1]
    shade = oklch(lightness - 0.13, chroma + 0.02, _lean(round(hue) % 360, SHADOW_HUE, 30))
    return Tone(sheen[0], sheen[1], shade, plain.line, sheen)


def tone(hue: float, lightness: float, chroma: float, line_hue: float | None = None) -> Tone:
    """Return a material around a base of that lightness (0 to 1) and chroma; its line follows ``line_hue`` if given."""
    light = oklch(min(lightness + 0.07, 0.985), chroma * 0.82, _lean(hue, 95, 8))
    base = oklch(lightness, chroma, hue)
    return Tone(
        light=light,
        base=base,
        shade=oklch(lightness - 0.115, chroma + 0.006, _lean(hue, SHADOW_HUE, 13)),
        line=oklch(0.35, 0.085, _lean(hue if line_hue is None else line_hue, SHADOW_HUE, 8)),
        sheen=(light, base, base),
    )


@lru_cache(maxsize=65536)
def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return ``#rrggbb`` for lightness 0 to 1, chroma from 0 and a hue in degrees; chroma yields to fit into sRGB."""
    channels = _linear(lightness, chroma, hue)
    while chroma > 0 and not all(-1e-6 <= channel <= 1.000001 for channel in channels):
        chroma = max(chroma - 0.004, 0.0)
        channels = _linear(lightness, chroma, hue)
    return "#" + "".join(f"{round(255 * _encoded(min(max(channel, 0.0), 1.0))):02x}" for channel in channels)


@lru_cache(maxsize=4096)
def mixed(colour: str, white: float) -> str:
    """Return a ``#rrggbb`` colour with a share of white in it, from 0 to 1."""
    channels = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    return "#" + "".join([f"{round(channel + (255 - channel) * white):02x}" for channel in channels])


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio of two ``#rrggbb`` colours, from 1 to 21."""
    dark, bright = sorted((_luminance(first), _luminance(second)))
    return (bright + 0.05) / (dark + 0.05)


def _nearness(hue: float, other: float) -> float:
    """Return 1 for equal hues, falling to 0 at a quarter turn. Yellow looks dirty unless it is light."""
    return max(0.0, math.cos(math.radians(hue - other)))


def _lean(hue: float, toward: float, most: float) -> float:
    """Turn ``hue`` towards another one by the shorter way, by at most ``most`` degrees."""
    gap = (toward - hue + 180) % 360 - 180
    return (hue + max(-most, min(most, gap))) % 360


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Convert OKLCH to linear sRGB with Björn Ottosson's published matrices."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _encoded(channel: float) -> float:
    return float(12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
