"""Outlines: closed smooth curves through a few points, and the shapes that bodies are made of.

Coordinates are pixels, x to the right and y down. Angles are degrees, clockwise as seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Outline:
    """A closed curve through at least three points, smooth except at the ``corners`` (indices of points)."""

    points: tuple[Point, ...]
    corners: frozenset[int] = frozenset()
    _written: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def path(self) -> str:
        """Return the curve as SVG path data. It always runs clockwise, so that outlines that overlap unite."""
        if not self._written:
            self._written.append(self._path())
        return self._written[0]

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

    def bounds(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom."""
        xs, ys = zip(*self.sampled(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def sampled(self, steps: int = 8) -> list[Point]:
        """Return the curve as a polygon with so many sides for each point."""
        return [_at(cubic, step / steps) for cubic in self.cubics() for step in range(steps)]

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


def _join(start: Point, end: Point, leaving: Point | None, reaching: Point | None) -> Cubic:
    if leaving is None or reaching is None:
        chord = direction(start, end)
        first = leaving or (_reflected(reaching, chord) if reaching else chord)
        second = reaching or (_reflected(leaving, chord) if leaving else chord)
        return _cubic(start, end, first, second)
    return _cubic(start, end, leaving, reaching)


def open_path(points: Sequence[Point]) -> str:
    """Return SVG path data of a smooth open curve through ``points``, of which there are at least two."""
    return write_path(_open_cubics(points))


_CIRCLE = tuple([(math.cos(index * math.tau / 8), math.sin(index * math.tau / 8)) for index in range(8)])


@dataclass(frozen=True, slots=True)
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
    centres = [_at(cubic, step / steps) for cubic in _open_cubics(spine) for step in range(steps)] + [spine[-1]]
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


def _open_cubics(points: Sequence[Point]) -> list[Cubic]:
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


def _at(cubic: Cubic, t: float) -> Point:
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
