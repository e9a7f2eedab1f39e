"""A scene: the backdrop of an element, the ground with its shadow, and a figure in front."""

from minimon.creatures import Element
from minimon.images.drawn.backdrop import paint_backdrop
from minimon.images.drawn.face import paint_face
from minimon.images.drawn.figure import Figure, paint_layer
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import ellipse
from minimon.images.drawn.svg import Drawing, tag


def scene(figure: Figure, element: Element, palette: Palette) -> str:
    """Return a whole picture as canonical SVG, 512 by 512 pixels."""
    drawing = Drawing()
    paint_backdrop(drawing, element, palette)
    _paint_shadow(drawing, figure, palette)
    for layer in figure.back:
        paint_layer(drawing, layer)
    paint_face(drawing, figure.face, palette)
    for layer in figure.front:
        paint_layer(drawing, layer)
    return drawing.text()


def _paint_shadow(drawing: Drawing, figure: Figure, palette: Palette) -> None:
    """Lay a soft shadow under the figure, a little to the right since the light comes from the left."""
    left, _, right, bottom = figure.bounds()
    centre = ((left + right) / 2 + 12, bottom - 8 + figure.lift)
    shape = ellipse(centre, (right - left) * (0.5 if not figure.lift else 0.34), 26 if not figure.lift else 17)
    fade = drawing.radial((palette.shadow, 0.55), (palette.shadow, 0.38), (palette.shadow, 0.0))
    drawing.add(tag("path", d=shape.path(), fill=fade))
