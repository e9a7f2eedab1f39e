"""The four elements as shapes: what drifts in the air, what stands behind, what flows around."""

from collections.abc import Callable

from minimon.creatures import Element
from minimon.images.drawn.dice import Dice
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.shapes import Outline, Point, drop, leaf, open_path, polygon, tube
from minimon.images.drawn.svg import Drawing


def particle(
    drawing: Drawing, element: Element, palette: Palette, at: Point, size: float, finish: Finish, dice: Dice
) -> None:
    """Draw one small thing of the element at a place; ``size`` is its radius in pixels."""
    _PARTICLES[element](drawing, palette, at, size, finish.dark, dice)


def scenery(drawing: Drawing, element: Element, palette: Palette, finish: Finish, dice: Dice) -> None:
    """Draw the large quiet shapes of the element at both sides."""
    stop = finish.land[0]
    colour = palette.sky(stop[0] + (0.06 if finish.dark else 0.0), stop[1], stop[2])
    _SCENERIES[element](drawing, colour, dice.span(-14, 14), finish.dark)


def _bubble(drawing: Drawing, palette: Palette, at: Point, size: float, dark: bool, dice: Dice) -> None:
    if dice.chance(0.4):
        x, y = at
        drawing.fill(drop((x, y - size * 1.9), at, size * 0.9).path(), palette.sky(0.84 if dark else 0.76, 0.12), 0.9)
        drawing.dot(x - size * 0.3, y, size * 0.24, "#ffffff", 0.9)
        return
    drawing.dot(*at, size, palette.sky(0.85, 0.1), 0.6)
    drawing.ring(*at, size, size, "#ffffff", 2.2, 0.8)
    drawing.dot(at[0] - size * 0.35, at[1] - size * 0.35, size * 0.28, "#ffffff", 0.95)


def _ember(drawing: Drawing, palette: Palette, at: Point, size: float, dark: bool, dice: Dice) -> None:
    x, y = at
    if dark:
        glow = oklch(0.84, 0.16, 80)
        drawing.dot(x, y, size * 2.4, drawing.radial((glow, 0.7), (glow, 0.25), (glow, 0.0)))
    lean = dice.near(0, 0.7) * size
    drawing.fill(drop((x + lean, y - size * 2.3), at, size).path(), oklch(0.74, 0.17, 55), 0.95)
    drawing.fill(
        drop((x + lean * 0.5, y - size * 1.1), (x, y + size * 0.2), size * 0.52).path(), oklch(0.92, 0.12, 95), 0.95
    )


def _leaflet(drawing: Drawing, palette: Palette, at: Point, size: float, dark: bool, dice: Dice) -> None:
    x, y = at
    turned = dice.span(0, 360)
    if dice.chance(0.3):
        u = size * 0.9
        stone = polygon(
            (x - u, y + u * 0.3),
            (x - u * 0.3, y - u),
            (x + u * 0.9, y - u * 0.5),
            (x + u, y + u * 0.6),
            (x - u * 0.1, y + u),
        )
        drawing.fill(stone.turned(turned, at).path(), oklch(0.68, 0.06, 75), 0.95)
        return
    colour = oklch(0.82 if dark else 0.72, 0.15, (118, 136, 90)[int(dice.span(0, 3))])
    drawing.fill(leaf((x, y + size * 1.5), (x, y - size * 1.5), size * 1.7).turned(turned, at).path(), colour, 0.95)
    vein = Outline(((x, y + size * 1.3), (x, y), (x, y - size))).turned(turned, at)
    drawing.line(open_path(vein.points), oklch(0.5, 0.1, 135), 2, 0.6)


def _breeze(drawing: Drawing, palette: Palette, at: Point, size: float, dark: bool, dice: Dice) -> None:
    x, y = at
    flip = -1 if x > 256 else 1
    u = size * 0.62
    if dice.chance(0.3):
        drawing.fill(
            leaf((x, y + size * 1.5), (x + 3, y - size * 1.5), size, 3).turned(dice.span(20, 80), at).path(),
            "#ffffff",
            0.95,
        )
        return
    turns = ((-3.4, 0.6), (-1, 0.2), (1.3, -0.4), (2.3, -2.0), (1.2, -2.9), (0.3, -2.0), (1.0, -1.4))
    path = open_path([(x + flip * a * u, y + b * u) for a, b in turns])
    drawing.line(path, "#ffffff", max(4.0, size * 0.5), 0.95)


def _waves(drawing: Drawing, colour: str, shift: float, dark: bool) -> None:
    for level, opacity in ((322, 0.45), (366, 0.7)):
        crests = [(-40 + 46 * i + shift, level + (12 if i % 2 else -12)) for i in range(14)]
        drawing.fill(Outline((*crests, (600, 560), (-60, 560)), frozenset({14, 15})).path(), colour, opacity)


def _blazes(drawing: Drawing, colour: str, shift: float, dark: bool) -> None:
    for x, width, height in ((14, 130, 250), (84, 90, 150), (436, 96, 170), (504, 140, 280)):
        bend = shift if x < 256 else -shift
        drawing.fill(leaf((x, 490), (x + 16 + bend, 460 - height), width, -width * 0.1).path(), colour, 0.6)
        inner = oklch(0.8, 0.14, 75) if dark else oklch(0.93, 0.08, 85)
        drawing.fill(
            leaf((x, 490), (x + 10 + bend, 480 - height * 0.55), width * 0.5, -width * 0.05).path(), inner, 0.5
        )


def _hills(drawing: Drawing, colour: str, shift: float, dark: bool) -> None:
    peaks = polygon((-40, 470), (30 + shift, 250), (66 + shift, 290), (104 + shift, 232), (190, 470))
    drawing.fill(peaks.path(), colour, 0.6)
    peaks = polygon((330, 470), (408 + shift, 240), (440 + shift, 286), (476 + shift, 226), (560, 470))
    drawing.fill(peaks.path(), colour, 0.6)
    tree = oklch(0.45, 0.08, 150) if dark else oklch(0.78, 0.1, 145)
    for x, y, r in ((18, 392, 46), (66, 410, 30), (498, 388, 48), (448, 412, 28)):
        drawing.dot(x, y, r, tree, 0.75)


def _skies(drawing: Drawing, colour: str, shift: float, dark: bool) -> None:
    white = "#ffffff" if not dark else colour
    for x, y, size in ((66, 352 + shift, 1.0), (458, 326 - shift, 1.15)):
        for across, down, radius in ((-42, 10, 34), (0, -8, 46), (46, 12, 32)):
            drawing.dot(x + across * size, y + down * size, radius * size, white, 0.62)
    for x, y, flip in ((34, 140 + shift, 1), (478, 108 - shift, -1), (486, 232, -1)):
        turns = ((-30, 4), (20, -2), (66, -12), (80, -38), (58, -54), (40, -38), (54, -28))
        drawing.line(open_path([(x + flip * a, y + b) for a, b in turns]), "#ffffff", 8, 0.85 if not dark else 0.5)


def wisps(drawing: Drawing, element: Element, palette: Palette, bright: str, *, front: bool) -> None:
    """Wind two bands of the element's energy around the figure, half of each in front of it."""
    spine: tuple[Point, ...] = (
        ((36, 330), (120, 398), (256, 420), (392, 398), (480, 318))
        if front
        else ((480, 318), (452, 230), (330, 196), (160, 210), (60, 268), (36, 330))
    )
    outline = tube(spine, (5, 10, 11, 9, 2) if front else (9, 11, 8, 3))
    drawing.fill(outline.path(), bright, 0.62 if front else 0.5)
    beads = ((78, 372), (162, 410), (350, 410), (436, 366)) if front else ((420, 214), (120, 226))
    for x, y in beads:
        _BEADS[element](drawing, (x, y), bright)


def _bead_drop(drawing: Drawing, at: Point, colour: str) -> None:
    drawing.fill(drop((at[0], at[1] - 24), at, 11).path(), colour, 0.9)


def _bead_flame(drawing: Drawing, at: Point, colour: str) -> None:
    drawing.fill(leaf((at[0], at[1] + 12), (at[0] + 6, at[1] - 34), 26, 4).path(), colour, 0.9)


def _bead_leaf(drawing: Drawing, at: Point, colour: str) -> None:
    drawing.fill(leaf((at[0] - 14, at[1] + 8), (at[0] + 16, at[1] - 14), 20).path(), colour, 0.9)


def _bead_curl(drawing: Drawing, at: Point, colour: str) -> None:
    turns = ((-20, 6), (2, 2), (16, -10), (8, -24), (-6, -18), (0, -8))
    drawing.line(open_path([(at[0] + a, at[1] + b) for a, b in turns]), colour, 6, 0.9)


_BEADS = {Element.WATER: _bead_drop, Element.FIRE: _bead_flame, Element.EARTH: _bead_leaf, Element.WIND: _bead_curl}
_PARTICLES: dict[Element, Callable[[Drawing, Palette, Point, float, bool, Dice], None]] = {
    Element.WATER: _bubble,
    Element.FIRE: _ember,
    Element.EARTH: _leaflet,
    Element.WIND: _breeze,
}
_SCENERIES: dict[Element, Callable[[Drawing, str, float, bool], None]] = {
    Element.WATER: _waves,
    Element.FIRE: _blazes,
    Element.EARTH: _hills,
    Element.WIND: _skies,
}
