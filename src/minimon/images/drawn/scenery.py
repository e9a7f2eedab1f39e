"""The large quiet shapes of an element at both sides of a backdrop, and the mist at its foot."""

from minimon.creatures import Element
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.outline import Outline, Point, open_path
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube
from minimon.images.drawn.svg import Drawing


def _wave(level: float) -> str:
    crests = [(-40.0 + 46 * i, level + (12 if i % 2 else -12)) for i in range(14)]
    return Outline((*crests, (600, 560), (-60, 560)), frozenset({14, 15})).path


def _kelp(x: float, height: float, sway: float) -> str:
    spine = ((x, 470), (x + sway, 470 - height * 0.35), (x - sway, 470 - height * 0.7), (x + sway * 0.6, 470 - height))
    return tube(spine, (15, 13, 10, 4)).path


def _blaze(x: float, width: float, height: float, tall: float) -> str:
    bend = 14 if x < 256 else -14
    return leaf((x, 490), (x + bend, 480 - height * tall), width * tall, -width * 0.1 * tall).path


_BLAZES = ((10, 130, 300), (82, 90, 176), (436, 96, 196), (508, 140, 330))
_CLOUDS = ((66, 352, 1.0), (458, 326, 1.15), (30, 250, 0.5), (486, 214, 0.5))
_PUFFS = ((-42, 10, 34), (0, -8, 46), (46, 12, 32))
_GUSTS = ((34, 150, 1), (478, 118, -1))
_GUST: tuple[Point, ...] = ((-30, 4), (20, -2), (66, -12), (80, -38), (58, -54), (40, -38), (54, -28))
_PEAKS = (
    ((-40, 470), (30, 236), (66, 280), (104, 216), (190, 470)),
    ((330, 470), (408, 224), (440, 274), (476, 210), (560, 470)),
)
_TREES = ((18, 392, 46), (66, 410, 30), (498, 388, 48), (448, 412, 28))

_TRAILS = ((62, 462, 104, 13), (30, 440, 70, 9), (456, 466, 108, 14), (492, 442, 74, 9))


def _cloud(x: float, y: float, size: float) -> str:
    return "".join([ellipse((x + a * size, y + b * size), r * size, r * size).path for a, b, r in _PUFFS])


_FAR: dict[Element, tuple[str, ...]] = {
    Element.WATER: (_wave(322),),
    Element.FIRE: tuple(_blaze(*blaze, 1.0) for blaze in _BLAZES),
    Element.EARTH: tuple(polygon(*peaks).path for peaks in _PEAKS),
    Element.WIND: tuple(_cloud(*cloud) for cloud in _CLOUDS),
}
_NEAR: dict[Element, tuple[str, ...]] = {
    Element.WATER: (
        _wave(366),
        _kelp(24, 170, 14),
        _kelp(58, 110, -12),
        _kelp(490, 190, -14),
        _kelp(456, 110, 12),
    ),
    Element.FIRE: tuple(_blaze(*blaze, 0.55) for blaze in _BLAZES),
    Element.EARTH: tuple(ellipse((x, y), r, r).path for x, y, r in _TREES),
    Element.WIND: tuple(open_path(tuple([(x + flip * a, y + b) for a, b in _GUST])) for x, y, flip in _GUSTS),
}
_MIST = tuple(ellipse((x, y), rx, ry).path for x, y, rx, ry in _TRAILS)


def scenery(drawing: Drawing, element: Element, palette: Palette, finish: Finish, shift: float) -> None:
    """Draw the element's landscape, moved sideways by ``shift`` pixels."""
    lightness, chroma, turned = finish.land[0]
    far = palette.sky(lightness + 0.06 if finish.dark else lightness, chroma, turned)
    drawing.add(f'<g transform="translate({shift:.0f})">')
    drawing.fills(
        _FAR[element],
        "#ffffff" if element is Element.WIND and not finish.dark else far,
        1 if len(finish.land) == 1 else 0.62,
    )
    if element is Element.WIND:
        drawing.line("".join(_NEAR[element]), "#ffffff", 8, 0.5 if finish.dark else 0.85)
    else:
        drawing.fills(_NEAR[element], _near(element, far, finish.dark), 0.7)
    drawing.add("</g>")


def _near(element: Element, far: str, dark: bool) -> str:
    if element is Element.FIRE:
        return oklch(0.76, 0.15, 70) if dark else oklch(0.93, 0.08, 85)
    if element is Element.EARTH:
        return oklch(0.42, 0.08, 150) if dark else oklch(0.76, 0.1, 145)
    return far


def mist(drawing: Drawing, palette: Palette) -> None:
    """Lay trails of mist over the ground at both sides."""
    drawing.fills(_MIST, palette.sky(0.99, 0.01), 0.55)
