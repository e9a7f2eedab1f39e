"""Parts: ears, horns, crests, tails, wings, backs and collars, each drawn once in a frame of its own.

A part stands on (0, 0) and grows upwards (towards negative y); 100 units are its usual height. ``put`` fits it to a
body: where it stands, which way it grows, how large it is.
"""

import math
from dataclasses import dataclass

from minimon.images.drawn.figure import Frame, Layer
from minimon.images.drawn.outline import Point


@dataclass(frozen=True, slots=True)
class Part:
    """Layers in the part's own frame, back to front. A part that ``merges`` becomes one piece with what holds it."""

    layers: tuple[Layer, ...]
    merges: bool = False


def part(*layers: Layer, merges: bool = False) -> Part:
    """Return a part made of these layers."""
    return Part(layers, merges)


def put(piece: Part, base: Point, degrees: float, size: float, *, flip: bool = False) -> list[Layer]:
    """Return the layers of a part that stands on ``base`` and grows up, turned by ``degrees``, ``size`` times as large.

    ``flip`` mirrors it first, so that the left one of a pair is the mirror image of the right one.
    """
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    a, b = (-cos, -sin) if flip else (cos, sin)
    frame = Frame(a, b, -sin, cos, *base, size)
    return [
        Layer(layer.outlines, layer.tone, layer.marks, layer.creases, (), min(layer.depth * size, 16), frame)
        for layer in piece.layers
    ]
