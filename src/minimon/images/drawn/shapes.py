"""Outlines: closed smooth curves through a few points, and the shapes that bodies are made of.

Coordinates are pixels, x to the right and y down. Angles are degrees, clockwise as seen.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minimon.images.drawn.svg import number

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed curve through at least three points, smooth except at the ``corners`` (indices of points)."""

    points: tuple[Point, ...]
    corners: frozenset[int] = frozenset()

    def path(self) -> str:
        """Return the curve as SVG path data."""
        return _path(self._cubics()) + "Z"

    def moved(self, dx: float, dy: float) -> "Outline":
        """Return the outline shifted by ``dx`` and ``dy`` pixels."""
        return Outline(tuple((x + dx, y + dy) for x, y in self.points), self.corners)

    def turned(self, degrees: float, about: Point) -> "Outline":
        """Return the outline turned clockwise about a point."""
        return Outline(tuple(turn(point, degrees, about) for point in self.points), self.corners)

    def mirrored(self, axis: float) -> "Outline":
        """Return the outline reflected in the vertical line ``x = axis``."""
        return Outline(tuple((2 * axis - x, y) for x, y in self.points), self.corners)

    def bounds(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom."""
        xs, ys = zip(*self.sampled(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def sampled(self) -> list[Point]:
        """Return the curve as a polygon with eight sides for each point."""
        return [_at(cubic, step / 8) for cubic in self._cubics() for step in range(8)]

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies inside."""
        x, y = point
        polygon = self.sampled()
        inside = False
        for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
        return inside

    def _cubics(self) -> list[Cubic]:
        last = len(self.points) - 1
        return [self._cubic(index, index + 1 if index < last else 0) for index in range(last + 1)]

    def _cubic(self, start: int, end: int) -> Cubic:
        """Join two neighbours. A side that leaves or reaches a corner is an arc; between two corners it is straight."""
        chord = _direction(self.points[start], self.points[end])
        leaving, reaching = self._tangent(start), self._tangent(end)
        first = leaving or (_reflected(reaching, chord) if reaching else chord)
        second = reaching or (_reflected(leaving, chord) if leaving else chord)
        return _cubic(self.points[start], self.points[end], first, second)

    def _tangent(self, index: int) -> Point | None:
        if index in self.corners:
            return None
        return _direction(self.points[index - 1], self.points[(index + 1) % len(self.points)])


def joint_bounds(outlines: Iterable[Outline]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of all ``outlines``, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*(outline.bounds() for outline in outlines), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def open_path(points: Sequence[Point]) -> str:
    """Return SVG path data of a smooth open curve through ``points``, of which there are at least two."""
    return _path(_open_cubics(points))


def ellipse(centre: Point, rx: float, ry: float, degrees: float = 0) -> Outline:
    """Return an ellipse with radii ``rx`` and ``ry``, turned by ``degrees``."""
    x, y = centre
    angles = [index * math.tau / 12 for index in range(12)]
    return Outline(tuple((x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles)).turned(degrees, centre)


def symmetric(axis: float, *right: Point) -> Outline:
    """Return an outline from its right half, listed top to bottom; x is the distance from ``axis``."""
    left = [(-x, y) for x, y in reversed(right) if x]
    return Outline(tuple((axis + x, y) for x, y in [*right, *left]))


def tube(spine: Sequence[Point], radii: Sequence[float]) -> Outline:
    """Return a limb with round ends around a smooth spine; ``radii`` are spread evenly along it."""
    centres = [_at(cubic, step / 4) for cubic in _open_cubics(spine) for step in range(4)] + [spine[-1]]
    right, left = [], []
    for index, centre in enumerate(centres):
        before, after = centres[max(index - 1, 0)], centres[min(index + 1, len(centres) - 1)]
        (dx, dy), radius = _direction(before, after), _spread(radii, index / (len(centres) - 1))
        right.append((centre[0] - dy * radius, centre[1] + dx * radius))
        left.append((centre[0] + dy * radius, centre[1] - dx * radius))
    tail, nose = _cap(centres[1], centres[0], radii[0]), _cap(centres[-2], centres[-1], radii[-1])
    return Outline((*right, *reversed(nose), *reversed(left), *reversed(tail)))


def leaf(base: Point, tip: Point, width: float, bend: float = 0) -> Outline:
    """Return a leaf from ``base`` to a pointed ``tip``, ``width`` pixels wide, its middle pushed ``bend`` sideways."""
    (dx, dy), length = _direction(base, tip), math.dist(base, tip)

    def place(along: float, aside: float) -> Point:
        return base[0] + dx * along * length - dy * aside, base[1] + dy * along * length + dx * aside

    half = width / 2
    return Outline(
        (base, place(0.2, half * 0.74 + bend * 0.7), place(0.48, half + bend), place(0.8, half * 0.58 + bend * 0.7),
         tip, place(0.8, -half * 0.58 + bend * 0.7), place(0.48, -half + bend), place(0.2, -half * 0.74 + bend * 0.7)),
        frozenset({4}),
    )  # fmt: skip


def drop(tip: Point, centre: Point, radius: float) -> Outline:
    """Return a drop: round about ``centre``, with a point at ``tip``."""
    toward = math.atan2(tip[1] - centre[1], tip[0] - centre[0])
    angles = [toward + math.radians(degrees) for degrees in range(70, 291, 44)]
    around = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]
    return Outline((tip, *around), frozenset({0}))


def turn(point: Point, degrees: float, about: Point) -> Point:
    """Return ``point`` turned clockwise about another one."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    dx, dy = point[0] - about[0], point[1] - about[1]
    return about[0] + dx * cos - dy * sin, about[1] + dx * sin + dy * cos


def _open_cubics(points: Sequence[Point]) -> list[Cubic]:
    last = len(points) - 1
    tangents = [_direction(points[max(i - 1, 0)], points[min(i + 1, last)]) for i in range(last + 1)]
    if last > 1:
        tangents[0] = _reflected(tangents[1], _direction(points[0], points[1]))
        tangents[last] = _reflected(tangents[last - 1], _direction(points[last - 1], points[last]))
    return [_cubic(points[i], points[i + 1], tangents[i], tangents[i + 1]) for i in range(last)]


def _cubic(start: Point, end: Point, leaving: Point, reaching: Point) -> Cubic:
    """Join two points. Handles a third of the chord long keep a Catmull-Rom curve from overshooting."""
    reach = math.dist(start, end) / 3
    return (
        start,
        (start[0] + leaving[0] * reach, start[1] + leaving[1] * reach),
        (end[0] - reaching[0] * reach, end[1] - reaching[1] * reach),
        end,
    )


def _direction(start: Point, end: Point) -> Point:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _reflected(tangent: Point, chord: Point) -> Point:
    """Return the tangent at the free end of an arc, as on a circle over that chord."""
    along = 2 * (tangent[0] * chord[0] + tangent[1] * chord[1])
    return along * chord[0] - tangent[0], along * chord[1] - tangent[1]


def _cap(before: Point, end: Point, radius: float) -> list[Point]:
    """Return the points of a half circle around ``end``, the two on its diameter left out."""
    dx, dy = _direction(before, end)
    tip = end[0] + dx * radius, end[1] + dy * radius
    return [turn(tip, degrees, end) for degrees in (-60, -30, 0, 30, 60)]


def _spread(values: Sequence[float], part: float) -> float:
    place = part * (len(values) - 1)
    index = min(int(place), len(values) - 2)
    return values[index] + (values[index + 1] - values[index]) * (place - index)


def _at(cubic: Cubic, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x = sum(weight * point[0] for weight, point in zip(weights, cubic, strict=True))
    return x, sum(weight * point[1] for weight, point in zip(weights, cubic, strict=True))


def _path(cubics: Iterable[Cubic]) -> str:
    parts: list[str] = []
    for start, *handles in cubics:
        if not parts:
            parts.append("M" + _pair(start))
        parts.append("C" + " ".join(_pair(point) for point in handles))
    return "".join(parts)


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
