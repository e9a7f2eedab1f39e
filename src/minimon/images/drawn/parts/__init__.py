"""Parts: ears, horns, crests, limbs, tails, wings and collars, each drawn once in a frame of its own.

A part stands on (0, 0) and grows upwards (towards negative y); 100 units are its usual height. ``put`` fits it to a
body: where it stands, which way it grows, how large it is.
"""

from dataclasses import dataclass

from minimon.images.drawn.figure import Layer, Piece
from minimon.images.drawn.frame import frame_at
from minimon.images.drawn.outline import Point


@dataclass(frozen=True, slots=True)
class Part:
    """Layers in the part's own frame, back to front. A part that ``merges`` becomes one piece with what holds it."""

    layers: tuple[Layer, ...]
    merges: bool = False


def part(*layers: Layer, merges: bool = False) -> Part:
    """Return a part made of these layers."""
    return Part(layers, merges)


def put(piece: Part, base: Point, degrees: float, size: float, *, flip: bool = False) -> list[Piece]:
    """Return the pieces of a part that stands on ``base`` and grows up, turned by ``degrees``, ``size`` times as large.

    ``flip`` mirrors it first, so that the left one of a pair is the mirror image of the right one.
    """
    frame = frame_at(base, degrees, size, flip=flip)
    return [Piece(layer, frame, tip=True) for layer in piece.layers]
