"""A figure is pieces from back to front, each a union of outlines in one material, and a face."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from minimon.images.drawn.face import Face
from minimon.images.drawn.frame import Frame
from minimon.images.drawn.head import Head
from minimon.images.drawn.outline import Outline, Point, open_path

LINE = 8.0
"""Width of the line around a figure, in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A patch of another material on a layer, cut off at the layer's edge. ``tone`` names one of the palette's."""

    outline: Outline
    tone: str


@dataclass(frozen=True, eq=False)
class Layer:
    """Outlines that read as one piece: one line around all of them, one light over all of them.

    What follows from them is worked out once: layers that many creatures have in common are kept.
    """

    outlines: tuple[Outline, ...]
    tone: str
    marks: tuple[Mark, ...] = ()
    creases: tuple[tuple[Point, ...], ...] = ()
    shines: tuple[Outline, ...] = ()
    depth: float = 8.0
    """How far the shadow reaches in from the lower right edge, in the layer's own coordinates."""

    @cached_property
    def path(self) -> str:
        """The outlines as SVG path data."""
        return "".join([outline.path for outline in self.outlines])

    @cached_property
    def creased(self) -> str:
        """The creases as SVG path data."""
        return "".join([open_path(crease) for crease in self.creases])

    @cached_property
    def hull(self) -> tuple[Point, ...]:
        """Those points that may be outermost, however the layer is turned."""
        return tuple([point for outline in self.outlines for point in outline.hull])


class Piece(NamedTuple):
    """A layer in its place: without a ``frame``, in the figure's coordinates. A ``tip`` is light where it ends."""

    layer: Layer
    frame: Frame | None = None
    tip: bool = False

    @property
    def size(self) -> float:
        """How much larger the layer is than in its own coordinates."""
        return self.frame.size if self.frame else 1.0

    @property
    def depth(self) -> float:
        """How far the shadow reaches in, in pixels of the figure."""
        return min(self.layer.depth * self.size, 16)

    def placed(self) -> tuple[Outline, ...]:
        """Return the outlines in the figure's coordinates."""
        outlines, frame = self.layer.outlines, self.frame
        if frame is None:
            return outlines
        return tuple([Outline(frame.place(outline.points), outline.corners) for outline in outlines])

    def hull(self) -> tuple[Point, ...]:
        """Return the points that may be outermost, in the figure's coordinates."""
        return self.frame.place(self.layer.hull) if self.frame else self.layer.hull


def pieces(*layers: Layer) -> tuple[Piece, ...]:
    """Return layers that are in the figure's coordinates."""
    return tuple([Piece(layer) for layer in layers])


@dataclass(slots=True)
class Figure:
    """A creature before it is painted. ``head`` is what holds the face.

    The face lies between ``back`` and ``front``. ``lift`` is the height above the ground, in pixels.
    """

    head: Head
    face: Face
    back: list[Piece] = field(default_factory=list)
    front: list[Piece] = field(default_factory=list)
    lift: float = 0.0

    def pieces(self) -> list[Piece]:
        """Return every piece, back to front."""
        return self.back + self.front

    def outlines(self) -> list[Outline]:
        """Return every outline of the silhouette."""
        return [outline for piece in self.pieces() for outline in piece.placed()]


def mirrored(outlines: tuple[Outline, ...], axis: float) -> tuple[Outline, ...]:
    """Return outlines together with their reflections."""
    return outlines + tuple([outline.mirrored(axis) for outline in outlines])
