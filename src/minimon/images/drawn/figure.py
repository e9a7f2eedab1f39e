"""A figure is layers from back to front, each a union of outlines in one material, and a face."""

from dataclasses import dataclass

from minimon.images.drawn.face import Face
from minimon.images.drawn.palette import Tone
from minimon.images.drawn.shapes import Outline, Point, joint_bounds, open_path
from minimon.images.drawn.svg import Drawing, tag

LINE = 8.0
"""Width of the line around a figure, in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A patch of another material on a layer, cut off at the layer's edge."""

    outline: Outline
    tone: Tone


@dataclass(frozen=True, slots=True)
class Layer:
    """Outlines that read as one piece: one line around all of them, one light over all of them."""

    outlines: tuple[Outline, ...]
    tone: Tone
    marks: tuple[Mark, ...] = ()
    creases: tuple[tuple[Point, ...], ...] = ()
    shines: tuple[Outline, ...] = ()
    depth: float = 14.0
    """How far the shadow reaches in from the lower right edge, in pixels."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A creature before it is painted. ``head`` is the outline that holds the face."""

    back: tuple[Layer, ...]
    head: Outline
    face: Face
    front: tuple[Layer, ...] = ()
    lift: float = 0.0
    """Height above the ground, in pixels."""

    def layers(self) -> tuple[Layer, ...]:
        """Return every layer, back to front; the face lies between ``back`` and ``front``."""
        return self.back + self.front

    def bounds(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of everything drawn, its line included."""
        left, top, right, bottom = joint_bounds(outline for layer in self.layers() for outline in layer.outlines)
        return left - LINE, top - LINE, right + LINE, bottom + LINE


def paint_layer(drawing: Drawing, layer: Layer) -> None:
    """Paint one layer in front of what is there: line, shaded colours, lit colours, shines, creases."""
    paths = [outline.path() for outline in layer.outlines]
    for path in paths:
        drawing.add(tag("path", d=path, fill=layer.tone.line, stroke=layer.tone.line, **_pen(2 * LINE)))
    lit = tag("g", *_patches(drawing, layer, lit=True), clip_path=_lit_area(drawing, layer))
    drawing.add(tag("g", *_patches(drawing, layer, lit=False), lit, *_gloss(layer), clip_path=drawing.clip(*paths)))
    for crease in layer.creases:
        drawing.add(tag("path", d=open_path(crease), fill="none", stroke=layer.tone.line, **_pen(LINE * 0.72)))


def _lit_area(drawing: Drawing, layer: Layer) -> str:
    """Clip to the outlines moved towards the light: what they leave uncovered is the shadow's crescent."""
    shift = layer.depth
    return drawing.clip(*(outline.moved(-0.7 * shift, -shift).path() for outline in layer.outlines))


def _patches(drawing: Drawing, layer: Layer, *, lit: bool) -> list[str]:
    """Return the layer and its marks, either as the light sees them or as they look in the shadow."""
    left, top, right, bottom = joint_bounds(layer.outlines)
    start, end = (left + 0.2 * (right - left), top), (left + 0.7 * (right - left), bottom)
    patches = [(outline, layer.tone) for outline in layer.outlines]
    patches += [(mark.outline, mark.tone) for mark in layer.marks]
    painted = []
    for outline, tone in patches:
        colours = (tone.light, tone.base, tone.base) if lit else (tone.shade, tone.shade, tone.bounce)
        painted.append(tag("path", d=outline.path(), fill=drawing.linear(start, end, *colours)))
    return painted


def _gloss(layer: Layer) -> list[str]:
    return [tag("path", d=shine.path(), fill="#ffffff", fill_opacity=0.6) for shine in layer.shines]


def _pen(width: float) -> dict[str, float | str]:
    return {"stroke_width": width, "stroke_linejoin": "round", "stroke_linecap": "round"}
