"""The four elements as shapes: what drifts in the air and what winds around the figure.

Each shape is drawn once, about (0, 0) and 10 pixels in radius, and then moved, turned and scaled by the renderer.
"""

from collections.abc import Callable
from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Dice
from minimon.images.drawn.outline import Point, open_path
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.shapes import drop, leaf, polygon, tube
from minimon.images.drawn.svg import Drawing

_DROP = drop((0, -19), (0, 0), 9).path
_FLAME = drop((2, -23), (0, 0), 10).path
_HEART = drop((1, -11), (0, 2), 5.2).path
_LEAF = leaf((0, 15), (0, -15), 17).path
_VEIN = open_path(((0, 13), (0, 0), (0, -10)))
_STONE = polygon((-9, 2.7), (-2.7, -9), (8, -4.5), (9, 5.4), (-1, 9)).path
_CURL = open_path(((-20, 8), (0, 8), (12, -1), (10, -12), (0, -14), (-5, -7), (1, -3)))
_FEATHER = leaf((-14, 12), (16, -12), 13, 3).path
_QUILL = open_path(((-18, 16), (0, 1), (10, -7)))
_ORBIT = tube(
    ((478, 350), (474, 398), (372, 446), (256, 458), (140, 446), (38, 398), (34, 350)), (2, 6, 9, 10, 9, 6, 2)
)
_FAR_ORBIT = tube(
    ((478, 350), (452, 306), (360, 274), (256, 266), (152, 274), (60, 306), (34, 350)), (2, 4, 5, 5, 5, 4, 2)
)
_FRONT, _BACK = _ORBIT.path, _FAR_ORBIT.path
_FRONT_CORE = open_path(((446, 408), (370, 445), (256, 457), (142, 445), (66, 408)))
_BEADS = (
    "translate(54 398) rotate(40) scale(1.5)",
    "translate(140 438) rotate(16) scale(1.25)",
    "translate(378 438) rotate(-16) scale(1.25)",
    "translate(458 398) rotate(-40) scale(1.5)",
)


def particle(
    drawing: Drawing, element: Element, palette: Palette, at: Point, size: float, dark: bool, dice: Dice
) -> None:
    """Draw one small thing of the element at a place; ``size`` is its radius in pixels."""
    symbol = drawing.symbol(_markup(element, palette.hue, dark, dice.chance(0.35)))
    turned = dice.span(0, 360) if element is Element.EARTH else dice.near(0, 18)
    flip = "" if at[0] < 256 else "-"
    scale = f"scale({flip}{size / 10:.2f} {size / 10:.2f})"
    place = f"translate({at[0]:.0f} {at[1]:.0f}) rotate({turned:.0f}) {scale}"
    drawing.add(f'<use href="{symbol}" transform="{place}"/>')


@lru_cache(maxsize=1024)
def _markup(element: Element, hue: int, dark: bool, rare: bool) -> str:
    return _PARTICLES[element](hue, dark, rare)


def _water(hue: int, dark: bool, rare: bool) -> str:
    if rare:
        colour = oklch(0.86 if dark else 0.74, 0.12, hue)
        return f'<path d="{_DROP}" fill="{colour}"/><circle cx="-3" fill="#ffffff" r="2.4"/>'
    return (
        f'<circle fill="{oklch(0.87, 0.1, hue)}" fill-opacity="0.6" r="10" stroke="#ffffff" stroke-opacity="0.85" '
        'stroke-width="2"/><circle cx="-3.5" cy="-3.5" fill="#ffffff" r="2.8"/>'
    )


def _fire(hue: int, dark: bool, rare: bool) -> str:
    outer, inner = oklch(0.74, 0.17, 55), oklch(0.92, 0.12, 95)
    if rare:
        return f'<path d="{_HEART}" fill="{outer if not dark else inner}"/>'
    return f'<path d="{_FLAME}" fill="{outer}"/><path d="{_HEART}" fill="{inner}"/>'


def _earth(hue: int, dark: bool, rare: bool) -> str:
    if rare:
        return f'<path d="{_STONE}" fill="{oklch(0.68, 0.06, 75)}"/>'
    colour, line = oklch(0.82 if dark else 0.7, 0.15, 128), oklch(0.5, 0.1, 135)
    return f'<path d="{_LEAF}" fill="{colour}"/><path d="{_VEIN}" fill="none" stroke="{line}" stroke-width="1.5"/>'


def _wind(hue: int, dark: bool, rare: bool) -> str:
    if rare:
        colour, line = oklch(0.93 if dark else 0.84, 0.08, hue), oklch(0.62, 0.12, hue)
        return (
            f'<path d="{_FEATHER}" fill="{colour}"/><path d="{_QUILL}" fill="none" stroke="{line}" stroke-width="1.5"/>'
        )
    return f'<path d="{_CURL}" fill="none" stroke="#ffffff" stroke-linecap="round" stroke-width="4.5"/>'


def orbit(drawing: Drawing, element: Element, palette: Palette, *, dark: bool, front: bool) -> None:
    """Wind a band of the element's energy around the figure's foot; half of it is in front."""
    bright = oklch(0.95, 0.08, (palette.hue + 10) % 360)
    if not front:
        drawing.fill(_BACK, bright, 0.7)
        return
    drawing.fill(_FRONT, oklch(0.8, 0.14, palette.hue))
    drawing.line(_FRONT_CORE, bright, 5)
    symbol = drawing.symbol(_markup(element, palette.hue, dark, element is Element.WATER))
    drawing.add("".join([f'<use href="{symbol}" transform="{place}"/>' for place in _BEADS]))


_PARTICLES: dict[Element, Callable[[int, bool, bool], str]] = {
    Element.WATER: _water,
    Element.FIRE: _fire,
    Element.EARTH: _earth,
    Element.WIND: _wind,
}
