"""A figure is layers from back to front, each a union of outlines in one material, and a face."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from minimon.images.drawn.face import Face
from minimon.images.drawn.outline import Outline, Point

LINE = 8.0
"""Width of the line around a figure, in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A patch of another material on a layer, cut off at the layer's edge. ``tone`` names one of the palette's."""

    outline: Outline
    tone: str


class Frame(NamedTuple):
    """Where a part is: the matrix from its own coordinates to the figure's, as SVG has it, and its scale."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    size: float

    def place(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        """Return points of the part in the figure's coordinates."""
        a, b, c, d, e, f, _ = self
        return tuple([(a * x + c * y + e, b * x + d * y + f) for x, y in points])

    def inside(self, dx: float, dy: float) -> Point:
        """Return a direction of the figure in the part's own coordinates."""
        turned = self.a * self.d - self.b * self.c
        return (self.d * dx - self.c * dy) / turned, (self.a * dy - self.b * dx) / turned


@dataclass(frozen=True, slots=True)
class Layer:
    """Outlines that read as one piece: one line around all of them, one light over all of them.

    Where there is a ``frame``, everything is in a part's own coordinates.
    """

    outlines: tuple[Outline, ...]
    tone: str
    marks: tuple[Mark, ...] = ()
    creases: tuple[tuple[Point, ...], ...] = ()
    shines: tuple[Outline, ...] = ()
    depth: float = 8.0
    """How far the shadow reaches in from the lower right edge, in pixels of the figure."""
    frame: Frame | None = None

    def placed(self) -> tuple[Outline, ...]:
        """Return the outlines in the figure's coordinates."""
        frame = self.frame
        if frame is None:
            return self.outlines
        return tuple([Outline(frame.place(outline.points), outline.corners) for outline in self.outlines])


@dataclass(slots=True)
class Figure:
    """A creature before it is painted. ``head`` is the outline that holds the face.

    The face lies between ``back`` and ``front``. ``lift`` is the height above the ground, in pixels.
    """

    head: Outline
    face: Face
    back: list[Layer] = field(default_factory=list)
    front: list[Layer] = field(default_factory=list)
    lift: float = 0.0

    def layers(self) -> list[Layer]:
        """Return every layer, back to front."""
        return self.back + self.front

    def outlines(self) -> list[Outline]:
        """Return every outline of the silhouette."""
        return [outline for layer in self.layers() for outline in layer.placed()]


def mirrored(outlines: tuple[Outline, ...], axis: float) -> tuple[Outline, ...]:
    """Return outlines together with their reflections."""
    return outlines + tuple([outline.mirrored(axis) for outline in outlines])


def joined(layer: Layer, *more: Outline) -> Layer:
    """Return the layer with more outlines behind its own, as one piece."""
    return replace(layer, outlines=(*more, *layer.outlines))
