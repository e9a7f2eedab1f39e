"""Where a shape that was drawn once is set: moved, turned, mirrored, and scaled the same in all directions."""

import math
from typing import NamedTuple

from minimon.images.drawn.outline import Point


class Frame(NamedTuple):
    """The matrix from a shape's own coordinates to the figure's, as SVG has it, and its scale."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    size: float

    def place(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        """Return points of the shape in the figure's coordinates."""
        a, b, c, d, e, f, _ = self
        return tuple([(a * x + c * y + e, b * x + d * y + f) for x, y in points])

    def inside(self, dx: float, dy: float) -> Point:
        """Return a direction of the figure in the shape's own coordinates."""
        turned = self.a * self.d - self.b * self.c
        return (self.d * dx - self.c * dy) / turned, (self.a * dy - self.b * dx) / turned

    def markup(self) -> str:
        """Return the transform of an SVG element."""
        a, b, c, d, e, f, _ = self
        return f' transform="matrix({a:.3f} {b:.3f} {c:.3f} {d:.3f} {e:.1f} {f:.1f})"'


def frame_at(base: Point, degrees: float = 0, size: float = 1, *, flip: bool = False) -> Frame:
    """Return the frame of what stands on ``base``, turned clockwise, ``size`` times as large and perhaps mirrored."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    a, b = (-cos, -sin) if flip else (cos, sin)
    return Frame(a, b, -sin, cos, *base, size)
