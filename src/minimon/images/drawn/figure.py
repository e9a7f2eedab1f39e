"""A figure is layers from back to front, each a union of outlines in one material, and a face."""

from dataclasses import dataclass, field, replace

from minimon.images.drawn.face import Face
from minimon.images.drawn.shapes import Outline, Point

LINE = 8.0
"""Width of the line around a figure, in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A patch of another material on a layer, cut off at the layer's edge. ``tone`` names one of the palette's."""

    outline: Outline
    tone: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Outlines that read as one piece: one line around all of them, one light over all of them."""

    outlines: tuple[Outline, ...]
    tone: str
    marks: tuple[Mark, ...] = ()
    creases: tuple[tuple[Point, ...], ...] = ()
    shines: tuple[Outline, ...] = ()
    depth: float = 8.0
    """How far the shadow reaches in from the lower right edge, in pixels."""


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
        return [outline for layer in self.layers() for outline in layer.outlines]


def mirrored(outlines: tuple[Outline, ...], axis: float) -> tuple[Outline, ...]:
    """Return outlines together with their reflections."""
    return outlines + tuple([outline.mirrored(axis) for outline in outlines])


def joined(layer: Layer, *more: Outline) -> Layer:
    """Return the layer with more outlines behind its own, as one piece."""
    return replace(layer, outlines=(*more, *layer.outlines))
