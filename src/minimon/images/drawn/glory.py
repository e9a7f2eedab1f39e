"""The light behind the two highest rarities: beams and a halo, or a medallion in golden filigree.

What a gradient costs goes with its area, and is many times what one colour costs. Hence the night is flat at S+.
"""

import math
from functools import cache

from minimon.images.drawn.dice import Dice
from minimon.images.drawn.outline import Outline, turn
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.svg import Drawing

CENTRE = (256.0, 240.0)
GOLD = oklch(0.88, 0.13, 92)
_GLOW = ((0.9, 0.07, 40), (0.62, 0.15, -10), (0.42, 0.15, -30))


def halo(drawing: Drawing, palette: Palette) -> None:
    """Hang a ring of light behind a figure of S, in front of beams."""
    drawing.fills(_beams(), palette.sky(0.93, 0.09, -20), 0.3)
    tint = palette.sky(0.96, 0.06, -20)
    drawing.ring(*CENTRE, 212, 212, tint, 11, 0.95)
    drawing.ring(*CENTRE, 229, 229, tint, 3, 0.8)


def medallion(drawing: Drawing, palette: Palette, dice: Dice) -> None:
    """Hang discs in golden rings behind a figure of S+, the inner one bright; over them beams, bokeh and filigree."""
    night = palette.sky(0.31, 0.14, 10)
    drawing.dot(*CENTRE, 209, GOLD)
    drawing.dot(*CENTRE, 203, night)
    drawing.dot(*CENTRE, 173.5, GOLD)
    drawing.dot(*CENTRE, 170.5, drawing.radial(*[(palette.sky(*stop), 1.0) for stop in _GLOW]))
    drawing.fills(_beams(), oklch(0.93, 0.09, 95), 0.26)
    _bokeh(drawing, palette, dice)
    petals, hollows = _filigree()
    drawing.add(f'<g fill="{GOLD}">{petals}</g><g fill="{night}">{hollows}</g>')


@cache
def _beams() -> tuple[str, ...]:
    """Return beams of light that fan out from behind the figure, down to the ground."""
    step = math.radians(232) / 9
    return tuple([_beam(step * (index - 4), step * (0.24, 0.32)[index % 2]) for index in range(9)])


def _beam(angle: float, half: float) -> str:
    x, y = CENTRE
    (ax, ay), (bx, by) = [(x + 400 * math.sin(a), y - 400 * math.cos(a)) for a in (angle - half, angle + half)]
    return f"M{x:.1f} {y:.1f}L{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}Z"


def _bokeh(drawing: Drawing, palette: Palette, dice: Dice) -> None:
    """Scatter large soft discs of light in two colours."""
    for turned in (60, 200):
        for _ in range(3):
            x, y, tint = dice.span(10, 502), dice.span(10, 380), oklch(0.8, 0.13, (palette.hue + turned) % 360)
            drawing.dot(x, y, dice.span(22, 48), tint, 0.3)


@cache
def _filigree() -> tuple[str, str]:
    """Return petals all around the medallion down to the hill, with beads between them; and the hollows of the petals.

    A petal with a dot in front of it costs less than one whose path has a hole.
    """
    angles = [22.5 * index for index in range(-6, 7)]
    beads = _dots((297, 20), 6, angles) + _dots((256, 51), 7, angles)
    petals = [f'<path d="{_PETAL.turned(degrees, CENTRE).path}"/>' for degrees in angles]
    return "".join(petals) + beads, _dots((256, 14), 8, angles)


_PETAL = Outline(((256, 32), (235, 13), (256, -14), (277, 13)), frozenset({2}))


def _dots(at: tuple[float, float], radius: float, angles: list[float]) -> str:
    places = [turn(at, degrees, CENTRE) for degrees in angles]
    return "".join([f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in places])
