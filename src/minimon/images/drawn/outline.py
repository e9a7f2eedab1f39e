"""Curves: closed smooth outlines through a few points, and how they write themselves as path data.

Coordinates are pixels, x to the right and y down. Angles are degrees, clockwise as seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Outline:
    """A closed curve through at least three points, smooth except at the ``corners`` (indices of points)."""

    points: tuple[Point, ...]
    corners: frozenset[int] = frozenset()

    @cached_property
    def path(self) -> str:
        """The curve as SVG path data. It always runs clockwise, so that outlines that overlap unite."""
        return self._path()

    @cached_property
    def hull(self) -> tuple[Point, ...]:
        """Those of its points that may be outermost, however it is turned."""
        return hull(self.points)

    def _path(self) -> str:
        outline = self.clockwise()
        return write_path(outline.cubics()) + "Z" if outline.corners else _smooth_path(outline.points)

    def clockwise(self) -> "Outline":
        """Return the same curve, run through clockwise as seen."""
        points = self.points
        area = sum([a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)])
        if area >= 0:
            return self
        last = len(points) - 1
        return Outline(points[::-1], frozenset([last - index for index in self.corners]))

    def turned(self, degrees: float, about: Point) -> "Outline":
        """Return the outline turned clockwise about a point."""
        return Outline(tuple([turn(point, degrees, about) for point in self.points]), self.corners)

    def mirrored(self, axis: float) -> "Outline":
        """Return the outline reflected in the vertical line ``x = axis``."""
        return Outline(tuple([(2 * axis - x, y) for x, y in self.points]), self.corners)

    def grown(self, by: float) -> "Outline":
        """Return the outline moved outwards, sharp corners by twice as much. In narrow bays it may cross itself."""
        outline = self.clockwise()
        points, moved = outline.points, []
        sides = [direction(point, after) for point, after in zip(points, points[1:] + points[:1], strict=True)]
        for (x, y), (ax, ay), (cx, cy) in zip(points, sides[-1:] + sides[:-1], sides, strict=True):
            blunt = max(1 + ax * cx + ay * cy, 1e-6)
            share = by / max(blunt, math.sqrt(blunt / 2))
            moved.append((x + (ay + cy) * share, y - (ax + cx) * share))
        return Outline(tuple(moved), outline.corners)

    def grown_path(self, by: int) -> str:
        """Return the path of the grown outline. It is kept, as is the outline's own."""
        known = self._grown.get(by)
        if known is None:
            known = self._grown[by] = self.grown(by).path
        return known

    @cached_property
    def _grown(self) -> dict[int, str]:
        return {}

    def bounds(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom."""
        xs, ys = zip(*self.sampled(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def sampled(self, steps: int = 8) -> list[Point]:
        """Return the curve as a polygon with so many sides for each point."""
        return [point_at(cubic, step / steps) for cubic in self.cubics() for step in range(steps)]

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies inside."""
        return within(self.sampled(), point)

    def cubics(self) -> list[Cubic]:
        """Return the curve as cubic Bézier segments. Beside a corner they are arcs; between two, straight."""
        points, corners = self.points, self.corners
        count = len(points)
        after = points[1:] + points[:1]
        before = points[-1:] + points[:-1]
        tangents = [None if index in corners else direction(before[index], after[index]) for index in range(count)]
        joined = zip(points, after, tangents, tangents[1:] + tangents[:1], strict=True)
        return [_join(start, end, leaving, reaching) for start, end, leaving, reaching in joined]


def within(polygon: Sequence[Point], point: Point) -> bool:
    """Tell whether a point lies inside a polygon."""
    x, y = point
    inside = False
    ax, ay = polygon[-1]
    for bx, by in polygon:
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
        ax, ay = bx, by
    return inside


@lru_cache(maxsize=4096)
def open_path(points: tuple[Point, ...]) -> str:
    """Return SVG path data of a smooth open curve through ``points``, of which there are at least two."""
    return write_path(open_cubics(points))


def hull(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the corners of the convex polygon around points: however they are turned, one of these is outermost."""
    ordered = sorted(points)
    return (*_chain(ordered), *_chain(ordered[::-1]))


def _chain(ordered: Sequence[Point]) -> list[Point]:
    """Return one side of a hull without its last corner, which begins the other side (Andrew's monotone chain)."""
    chain: list[Point] = []
    for x, y in ordered:
        while len(chain) > 1 and _turns_in(chain[-2], chain[-1], (x, y)):
            chain.pop()
        chain.append((x, y))
    return chain[:-1]


def _turns_in(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0])


def turn(point: Point, degrees: float, about: Point) -> Point:
    """Return ``point`` turned clockwise about another one."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    dx, dy = point[0] - about[0], point[1] - about[1]
    return about[0] + dx * cos - dy * sin, about[1] + dx * sin + dy * cos


def direction(start: Point, end: Point) -> Point:
    """Return the unit vector from one point to another, or nothing much where they are the same."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    return dx / length, dy / length


def open_cubics(points: Sequence[Point]) -> list[Cubic]:
    """Return a smooth open curve through points as cubic Bézier segments."""
    last = len(points) - 1
    tangents = [direction(points[max(i - 1, 0)], points[min(i + 1, last)]) for i in range(last + 1)]
    if last > 1:
        tangents[0] = _reflected(tangents[1], direction(points[0], points[1]))
        tangents[last] = _reflected(tangents[last - 1], direction(points[last - 1], points[last]))
    return [_cubic(points[i], points[i + 1], tangents[i], tangents[i + 1]) for i in range(last)]


def _cubic(start: Point, end: Point, leaving: Point, reaching: Point) -> Cubic:
    """Join two points. Handles a third of the chord long keep a Catmull-Rom curve from overshooting."""
    (x1, y1), (x2, y2) = start, end
    reach = math.hypot(x2 - x1, y2 - y1) / 3
    return (
        start,
        (x1 + leaving[0] * reach, y1 + leaving[1] * reach),
        (x2 - reaching[0] * reach, y2 - reaching[1] * reach),
        end,
    )


def _reflected(tangent: Point, chord: Point) -> Point:
    """Return the tangent at the free end of an arc, as on a circle over that chord."""
    along = 2 * (tangent[0] * chord[0] + tangent[1] * chord[1])
    return along * chord[0] - tangent[0], along * chord[1] - tangent[1]


def _join(start: Point, end: Point, leaving: Point | None, reaching: Point | None) -> Cubic:
    if leaving is None or reaching is None:
        chord = direction(start, end)
        first = leaving or (_reflected(reaching, chord) if reaching else chord)
        second = reaching or (_reflected(leaving, chord) if leaving else chord)
        return _cubic(start, end, first, second)
    return _cubic(start, end, leaving, reaching)


def point_at(cubic: Cubic, t: float) -> Point:
    """Return the point of a cubic at ``t`` from 0 to 1."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = cubic
    s = 1 - t
    a, b, c, d = s * s * s, 3 * t * s * s, 3 * t * t * s, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _smooth_path(points: tuple[Point, ...]) -> str:
    """Return the path of a closed curve without corners: the same as by its cubics, in less time."""
    x0, y0 = points[-2]
    x1, y1 = points[-1]
    numbers: list[float] = []
    leave_x = leave_y = 0.0
    for index in range(-1, len(points)):
        x2, y2 = points[index + 1 if index + 1 < len(points) else 0]
        dx, dy = x2 - x0, y2 - y0
        length = math.hypot(dx, dy) or 1.0
        dx, dy = dx / length, dy / length
        if index >= 0:
            reach = math.hypot(x1 - x0, y1 - y0) / 3
            numbers += (x0 + leave_x * reach, y0 + leave_y * reach, x1 - dx * reach, y1 - dy * reach, x1, y1)
        leave_x, leave_y = dx, dy
        x0, y0, x1, y1 = x1, y1, x2, y2
    return _written(points[-1], numbers) + "Z"


def write_path(cubics: Sequence[Cubic]) -> str:
    """Return SVG path data of segments that follow each other, to a tenth of a pixel."""
    return _written(cubics[0][0], [n for _, b, c, d in cubics for n in (*b, *c, *d)])


def _written(start: Point, numbers: list[float]) -> str:
    texts = _TENTHS
    curve = " ".join([texts[int(number * 10 + _OFFSET)] for number in numbers])
    return f"M{texts[int(start[0] * 10 + _OFFSET)]} {texts[int(start[1] * 10 + _OFFSET)]}C{curve}"


_OFFSET = 100000.5
"""Makes every number positive, so that int() rounds to the nearest."""


class _Tenths(dict[int, str]):
    """Numbers as text, to a tenth: looking them up takes a third of the time of writing them."""

    def __missing__(self, key: int) -> str:
        text = self[key] = f"{(key - int(_OFFSET)) / 10:g}"
        return text


_TENTHS = _Tenths()
