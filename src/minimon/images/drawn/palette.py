"""Colours in OKLCH, where equal steps look equal: a hue band for each element, and the tones made from one hue."""

import math
from dataclasses import dataclass

from minimon.creatures import Element

HUE_BANDS = {
    Element.FIRE: (30.0, 65.0),
    Element.EARTH: (105.0, 145.0),
    Element.WATER: (200.0, 255.0),
    Element.WIND: (290.0, 355.0),
}
"""The hues an element may take, in OKLCH degrees."""

SHADOW_HUE = 290.0
"""Shadows lean towards this violet: grey ones look dirty."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One material: lit, plain and shaded colour, light thrown back by the ground, and its line, as ``#rrggbb``."""

    light: str
    base: str
    shade: str
    bounce: str
    line: str


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture: three materials, the face, and the backdrop from top to ground."""

    main: Tone
    accent: Tone
    pale: Tone
    eye: str
    iris: str
    blush: str
    mouth: str
    sky: tuple[str, str]
    quiet: str
    ground: tuple[str, str]
    shadow: str


def palette(element: Element, place: float, accent_hue: float) -> Palette:
    """Return the colours for an element; ``place`` from 0 to 1 picks a hue in its band.

    The accent has a hue of its own, in degrees. Eye and face differ by a contrast of at least 4.5.
    """
    low, high = HUE_BANDS[element]
    hue = low + (high - low) * place
    return Palette(
        main=tone(hue, 0.78, 0.125),
        accent=tone(accent_hue, 0.79 + 0.08 * _nearness(accent_hue, 95), 0.14, hue),
        pale=tone(_lean(hue, 80, 25), 0.945, 0.04, hue),
        eye=oklch(0.24, 0.06, hue),
        iris=oklch(0.62, 0.15, hue),
        blush=oklch(0.7, 0.16, 15),
        mouth=oklch(0.4, 0.11, 15),
        sky=(oklch(0.9, 0.06, _lean(hue, 160, 18)), oklch(0.965, 0.03, _lean(hue, 80, 30))),
        quiet=oklch(0.985, 0.012, hue),
        ground=(oklch(0.87, 0.07, hue), oklch(0.8, 0.085, _lean(hue, SHADOW_HUE, 15))),
        shadow=oklch(0.45, 0.09, _lean(hue, SHADOW_HUE, 30)),
    )


def tone(hue: float, lightness: float, chroma: float, line_hue: float | None = None) -> Tone:
    """Return a material around a base of that lightness (0 to 1) and chroma; its line follows ``line_hue`` if given."""
    shaded = _lean(hue, SHADOW_HUE, 13)
    return Tone(
        light=oklch(min(lightness + 0.07, 0.985), chroma * 0.82, _lean(hue, 95, 8)),
        base=oklch(lightness, chroma, hue),
        shade=oklch(lightness - 0.115, chroma + 0.006, shaded),
        bounce=oklch(lightness - 0.055, chroma + 0.008, _lean(hue, SHADOW_HUE, 24)),
        line=oklch(0.35, 0.085, _lean(hue if line_hue is None else line_hue, SHADOW_HUE, 8)),
    )


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return ``#rrggbb`` for lightness 0 to 1, chroma from 0 and a hue in degrees; chroma yields to fit into sRGB."""
    channels = _linear(lightness, chroma, hue)
    while chroma > 0 and not all(-1e-6 <= channel <= 1.000001 for channel in channels):
        chroma = max(chroma - 0.004, 0.0)
        channels = _linear(lightness, chroma, hue)
    return "#" + "".join(f"{round(255 * _encoded(min(max(channel, 0.0), 1.0))):02x}" for channel in channels)


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
