"""Backdrops: a soft sky, a pale disc behind the figure, large quiet shapes of the element, and the ground."""

from collections.abc import Callable

from minimon.creatures import Element
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, Point, drop, ellipse, leaf, open_path
from minimon.images.drawn.svg import SIZE, Drawing, tag


def paint_backdrop(drawing: Drawing, element: Element, palette: Palette) -> None:
    """Fill the picture behind a figure."""
    sky = drawing.linear((0, 0), (0, SIZE * 0.85), *palette.sky)
    drawing.add(tag("rect", width=SIZE, height=SIZE, fill=sky))
    _fill(drawing, ellipse((256, 246), 205, 205), palette.quiet, 0.75)
    _SHAPES[element](drawing, palette)
    _paint_ground(drawing, palette)


def _paint_ground(drawing: Drawing, palette: Palette) -> None:
    """Paint a low hill with a lit rim, and a few pale patches that give it depth."""
    hill = ellipse((256, 560), 430, 150)
    _fill(drawing, hill.moved(0, -5), palette.quiet, 0.7)
    _fill(drawing, hill, drawing.linear((0, 405), (0, SIZE), *palette.ground), 1)
    for x, y, width in ((66, 462, 34), (112, 490, 20), (452, 478, 40), (404, 500, 16), (262, 500, 26)):
        _fill(drawing, ellipse((x, y), width, width * 0.2), palette.quiet, 0.38)


def _water(drawing: Drawing, palette: Palette) -> None:
    for level, opacity in ((330, 0.3), (372, 0.5)):
        crests = [(-40 + 46 * i, level + (10 if i % 2 else -10)) for i in range(14)]
        _fill(drawing, Outline((*crests, (600, 560), (-60, 560)), frozenset({14, 15})), palette.ground[0], opacity)
    for x, y, radius in ((62, 250, 17), (96, 196, 9), (452, 216, 13), (430, 120, 20), (78, 92, 12), (472, 298, 8)):
        _bubble(drawing, (x, y), radius, palette)


def _bubble(drawing: Drawing, centre: Point, radius: float, palette: Palette) -> None:
    _fill(drawing, ellipse(centre, radius, radius), palette.main.light, 0.5)
    glint = (centre[0] - radius * 0.35, centre[1] - radius * 0.35)
    _fill(drawing, ellipse(glint, radius * 0.3, radius * 0.3), "#ffffff", 0.9)


def _fire(drawing: Drawing, palette: Palette) -> None:
    for x, width, height in ((14, 130, 210), (88, 90, 130), (432, 96, 140), (504, 140, 240)):
        _fill(drawing, leaf((x, 490), (x + 16, 460 - height), width, -width * 0.1), palette.ground[0], 0.5)
    for x, y, size in ((70, 232, 10), (112, 120, 7), (440, 110, 11), (462, 232, 7), (52, 140, 6), (404, 66, 6)):
        _fill(drawing, drop((x + size * 0.5, y - size * 2.2), (x, y), size), palette.accent.base, 0.7)


def _earth(drawing: Drawing, palette: Palette) -> None:
    _fill(drawing, ellipse((70, 470), 210, 130), palette.ground[0], 0.55)
    _fill(drawing, ellipse((460, 480), 190, 150), palette.ground[0], 0.4)
    for x, y, degrees in ((74, 170, -30), (440, 130, 40), (462, 262, 100), (52, 282, 20), (120, 82, 75)):
        blade = leaf((x, y + 17), (x, y - 17), 17).turned(degrees, (x, y))
        _fill(drawing, blade, palette.main.base, 0.45)


def _wind(drawing: Drawing, palette: Palette) -> None:
    for x, y, size in ((66, 352, 1.0), (462, 326, 1.15)):
        for across, down, radius in ((-42, 10, 34), (0, -8, 46), (46, 12, 32)):
            _fill(drawing, ellipse((x + across * size, y + down * size), radius * size, radius * size), "#ffffff", 0.5)
    for x, y, flip in ((34, 150, 1), (478, 118, -1), (484, 236, -1)):
        turns = [(-30, 4), (20, -2), (66, -12), (80, -38), (58, -54), (40, -38), (54, -28)]
        path = open_path([(x + flip * across, y + down) for across, down in turns])
        drawing.add(tag("path", d=path, fill="none", stroke="#ffffff", stroke_opacity=0.85, stroke_width=8,
                            stroke_linecap="round"))  # fmt: skip


def _fill(drawing: Drawing, outline: Outline, paint: str, opacity: float) -> None:
    drawing.add(tag("path", d=outline.path(), fill=paint, fill_opacity=opacity))


_SHAPES: dict[Element, Callable[[Drawing, Palette], None]] = {
    Element.WATER: _water,
    Element.FIRE: _fire,
    Element.EARTH: _earth,
    Element.WIND: _wind,
}
