"""The shapes that bodies are made of: ellipses, limbs, leaves, drops."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minimon.images.drawn.outline import Outline, Point, direction, open_cubics, point_at, turn

_CIRCLE = tuple([(math.cos(index * math.tau / 8), math.sin(index * math.tau / 8)) for index in range(8)])


@dataclass(frozen=True)
class Ellipse(Outline):
    """An ellipse, which writes itself as two arcs: far shorter than as a curve through its points."""

    centre: Point = (0, 0)
    rx: float = 0
    ry: float = 0
    degrees: float = 0

    def mirrored(self, axis: float) -> Outline:
        """Return the ellipse reflected in the vertical line ``x = axis``."""
        return ellipse((2 * axis - self.centre[0], self.centre[1]), self.rx, self.ry, -self.degrees)

    def turned(self, degrees: float, about: Point) -> Outline:
        """Return the ellipse turned clockwise about a point."""
        return ellipse(turn(self.centre, degrees, about), self.rx, self.ry, self.degrees + degrees)

    def grown(self, by: float) -> Outline:
        """Return the ellipse with radii larger by so many pixels."""
        return ellipse(self.centre, self.rx + by, self.ry + by, self.degrees)

    def _path(self) -> str:
        (x1, y1), (x2, y2) = self.points[0], self.points[4]
        arc = f"A{self.rx:.1f} {self.ry:.1f} {self.degrees:.0f} 1 1 "
        return f"M{x1:.1f} {y1:.1f}{arc}{x2:.1f} {y2:.1f}{arc}{x1:.1f} {y1:.1f}Z"


def ellipse(centre: Point, rx: float, ry: float, degrees: float = 0) -> Outline:
    """Return an ellipse with radii ``rx`` and ``ry``, turned by ``degrees``."""
    x, y = centre
    if degrees:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        points = tuple([(x + rx * c * cos - ry * s * sin, y + rx * c * sin + ry * s * cos) for c, s in _CIRCLE])
    else:
        points = tuple([(x + rx * c, y + ry * s) for c, s in _CIRCLE])
    return Ellipse(points, frozenset(), centre, rx, ry, degrees)


def symmetric(axis: float, *right: Point) -> Outline:
    """Return an outline from its right half, listed top to bottom; x is the distance from ``axis``."""
    left = [(-x, y) for x, y in reversed(right) if x]
    return Outline(tuple([(axis + x, y) for x, y in [*right, *left]]))


def tube(spine: Sequence[Point], radii: Sequence[float]) -> Outline:
    """Return a limb with round ends around a smooth spine; ``radii`` are spread evenly along it."""
    steps = 1 if len(spine) > 5 else 2 if len(spine) > 2 else 3
    centres = [point_at(cubic, step / steps) for cubic in open_cubics(spine) for step in range(steps)] + [spine[-1]]
    right, left = [], []
    last = len(centres) - 1
    for index, (x, y) in enumerate(centres):
        dx, dy = direction(centres[max(index - 1, 0)], centres[min(index + 1, last)])
        radius = _spread(radii, index / last)
        right.append((x - dy * radius, y + dx * radius))
        left.append((x + dy * radius, y - dx * radius))
    tail, nose = _cap(centres[1], centres[0], radii[0]), _cap(centres[-2], centres[-1], radii[-1])
    return Outline((*right, *reversed(nose), *reversed(left), *reversed(tail)))


def leaf(base: Point, tip: Point, width: float, bend: float = 0) -> Outline:
    """Return a leaf from ``base`` to a pointed ``tip``, ``width`` pixels wide, its middle pushed ``bend`` sideways."""
    (dx, dy), length = direction(base, tip), math.dist(base, tip)

    def place(along: float, aside: float) -> Point:
        return base[0] + dx * along * length - dy * aside, base[1] + dy * along * length + dx * aside

    half = width / 2
    return Outline(
        (
            base,
            place(0.2, half * 0.74 + bend * 0.7),
            place(0.48, half + bend),
            place(0.8, half * 0.58 + bend * 0.7),
            tip,
            place(0.8, -half * 0.58 + bend * 0.7),
            place(0.48, -half + bend),
            place(0.2, -half * 0.74 + bend * 0.7),
        ),
        frozenset({4}),
    )


def drop(tip: Point, centre: Point, radius: float) -> Outline:
    """Return a drop: round about ``centre``, with a point at ``tip``."""
    toward = math.atan2(tip[1] - centre[1], tip[0] - centre[0])
    angles = [toward + math.radians(degrees) for degrees in range(70, 291, 44)]
    around = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]
    return Outline((tip, *around), frozenset({0}))


def polygon(*points: Point) -> Outline:
    """Return a shape with straight sides."""
    return Outline(points, frozenset(range(len(points))))


def _cap(before: Point, end: Point, radius: float) -> list[Point]:
    """Return the points of a half circle around ``end``, the two on its diameter left out."""
    dx, dy = direction(before, end)
    x, y, half, high = end[0], end[1], radius * 0.5, radius * 0.866
    return [
        (x + dx * half + dy * high, y + dy * half - dx * high),
        (x + dx * radius, y + dy * radius),
        (x + dx * half - dy * high, y + dy * half + dx * high),
    ]


def _spread(values: Sequence[float], part: float) -> float:
    place = part * (len(values) - 1)
    index = min(int(place), len(values) - 2)
    return values[index] + (values[index + 1] - values[index]) * (place - index)
