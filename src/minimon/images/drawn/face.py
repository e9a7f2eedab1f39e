"""The face: large low eyes with two highlights from one light, a tiny mouth close under them, and blush."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, Point, ellipse, open_path, turn
from minimon.images.drawn.svg import Drawing, number


class Expression(NamedTuple):
    """What a face says: the kind of the left and the right eye, the mouth, and brows if any."""

    left: str
    right: str
    mouth: str
    brows: str = ""


EXPRESSIONS = {
    "happy": Expression("open", "open", "smile"),
    "laughing": Expression("open", "open", "laugh"),
    "content": Expression("open", "open", "cat"),
    "amazed": Expression("wide", "wide", "oh"),
    "winking": Expression("open", "arc", "laugh"),
    "blissful": Expression("arc", "arc", "laugh"),
    "sleepy": Expression("half", "half", "smile"),
    "cheeky": Expression("open", "open", "tongue"),
    "bold": Expression("open", "open", "fang", "keen"),
    "shy": Expression("aside", "aside", "wave", "soft"),
    "dreamy": Expression("starry", "starry", "smile"),
    "proud": Expression("lid", "lid", "cat"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is and how it looks. ``eye`` is the half-width of one eye, in pixels.

    The eyes are ``apart`` eye widths apart, from rim to rim, 1 to 1.4 looks youngest. ``tilt`` is in degrees.
    ``tall`` is an eye's height for its width. A ``beak`` speaks instead of the mouth.
    """

    centre: Point
    eye: float
    apart: float
    expression: str = "happy"
    tilt: float = 0.0
    tall: float = 1.22
    skin: str = "main"
    beak: bool = False

    def eyes(self) -> tuple[Outline, Outline]:
        """Return the outlines of the left and the right eye, as seen."""
        return self._eye(-1), self._eye(1)

    def place(self, across: float, down: float) -> Point:
        """Return a point of the tilted face; distances are in half-widths of an eye from the centre."""
        x, y = self.centre
        return turn((x + across * self.eye, y + down * self.eye), self.tilt, self.centre)

    def span(self) -> float:
        """Return how far each eye's middle is from the centre, in half-widths of an eye."""
        return 1 + self.apart

    def _eye(self, side: int) -> Outline:
        return ellipse(self.place(side * self.span(), 0), self.eye, self.eye * self.tall, self.tilt)


class Pen:
    """Draws a face in its own upright frame, in half-widths of an eye from the centre."""

    def __init__(self, drawing: Drawing, face: Face, palette: Palette, light: int, rank: int) -> None:
        self.drawing, self.face, self.palette, self.light, self.rank = drawing, face, palette, light, rank
        self.x, self.y, self.unit = face.centre[0], face.centre[1], face.eye

    def at(self, across: float, down: float) -> Point:
        """Return a place in pixels."""
        return self.x + across * self.unit, self.y + down * self.unit

    def oval(self, across: float, down: float, rx: float, ry: float, paint: str, opacity: float = 1.0) -> None:
        """Fill an ellipse."""
        x, y = self.at(across, down)
        self.drawing.oval(x, y, rx * self.unit, ry * self.unit, paint, opacity)

    def stroke(self, points: list[Point], width: float = 0.24, paint: str = "") -> None:
        """Draw a curve."""
        path = open_path([self.at(*point) for point in points])
        self.drawing.line(path, paint or self.palette.eye, width * self.unit)

    def area(self, points: list[Point], corners: set[int], paint: str) -> str:
        """Fill a curved shape and return its path."""
        path = Outline(tuple([self.at(*point) for point in points]), frozenset(corners)).path()
        self.drawing.fill(path, paint)
        return path


def paint_face(drawing: Drawing, face: Face, palette: Palette, light: int, rank: int) -> None:
    """Paint blush, eyes and mouth in front of what is there. The light comes from the left (1) or right (-1)."""
    pen = Pen(drawing, face, palette, light, rank)
    expression = EXPRESSIONS[face.expression]
    x, y = face.centre
    drawing.add(f'<g transform="rotate({number(face.tilt)} {number(x)} {number(y)})">')
    span = face.span()
    fade = drawing.radial((palette.blush, 0.8), (palette.blush, 0.6), (palette.blush, 0.0))
    for side in (-1, 1):
        pen.oval(side * (span + 0.8), 1.6, 0.95, 0.6, fade)
    _EYES[expression.left](pen, -span)
    _EYES[expression.right](pen, span)
    if expression.brows:
        _brows(pen, span, expression.brows)
    if not face.beak:
        _MOUTHS[expression.mouth](pen)
    drawing.add("</g>")


def _brows(pen: Pen, span: float, kind: str) -> None:
    inner, outer = (-1.42, -1.75) if kind == "keen" else (-1.85, -1.5)
    for side in (-1, 1):
        pen.stroke(
            [
                (side * (span - 0.6), inner),
                (side * (span + 0.1), min(inner, outer) - 0.12),
                (side * (span + 0.75), outer),
            ],
            0.24,
            pen.palette.tones[pen.face.skin].line,
        )


def _open(pen: Pen, middle: float, aside: float = 0.0, size: float = 1.0) -> None:
    tall, palette = pen.face.tall * size, pen.palette
    pen.oval(middle, 0, size, tall, palette.eye)
    fade = pen.drawing.across((0, 0), (0, 1), palette.eye, palette.iris, palette.glint)
    pen.oval(middle + aside, 0.42 * tall, 0.74 * size, 0.5 * tall, fade)
    tilt = 0.28 * pen.light
    pen.oval(middle - tilt + aside, -0.4 * tall, 0.4, 0.44, "#ffffff")
    pen.oval(middle + tilt * 1.25 + aside, 0.36 * tall, 0.18, 0.19, "#ffffff")


def _wide(pen: Pen, middle: float) -> None:
    _open(pen, middle, 0, 1.06)


def _aside(pen: Pen, middle: float) -> None:
    _open(pen, middle, 0.14)


def _starry(pen: Pen, middle: float) -> None:
    _open(pen, middle)
    x, y = pen.at(middle + 0.3 * pen.light, 0.5)
    pen.drawing.fill(star_path(x, y, pen.unit * 0.42), "#ffffff")


def _arc(pen: Pen, middle: float) -> None:
    pen.stroke([(middle - 0.95, 0.35), (middle, -0.48), (middle + 0.95, 0.35)], 0.34)


def _lidded(pen: Pen, middle: float, level: float) -> None:
    """Draw an eye with its lid drawn down to ``level``, in half-heights of the eye from its middle."""
    _open(pen, middle)
    tall = pen.face.tall
    half = (1 - level**2) ** 0.5 * 1.02
    down = level * tall
    skin = pen.palette.tones[pen.face.skin]
    pen.area(
        [
            (middle - half, down),
            (middle - 0.78, -0.74 * tall),
            (middle, -1.12 * tall),
            (middle + 0.78, -0.74 * tall),
            (middle + half, down),
            (middle, down + 0.08),
        ],
        {0, 4},
        skin.base,
    )
    pen.stroke([(middle - half - 0.08, down + 0.04), (middle, down + 0.1), (middle + half + 0.08, down + 0.04)], 0.26)


def _half(pen: Pen, middle: float) -> None:
    _lidded(pen, middle, -0.12)


def _lid(pen: Pen, middle: float) -> None:
    _lidded(pen, middle, -0.62)


def _smile(pen: Pen) -> None:
    pen.stroke([(-0.55, 1.0), (0, 1.36), (0.55, 1.0)])


def _cat(pen: Pen) -> None:
    pen.stroke([(-0.8, 1.0), (-0.42, 1.32), (0, 1.0)])
    pen.stroke([(0, 1.0), (0.42, 1.32), (0.8, 1.0)])


def _wave(pen: Pen) -> None:
    pen.stroke([(-0.6, 1.16), (-0.3, 1.04), (0, 1.16), (0.3, 1.28), (0.6, 1.16)])


def _laugh(pen: Pen) -> None:
    points = [(-0.7, 0.95), (0, 1.04), (0.7, 0.95), (0.48, 1.62), (0, 1.88), (-0.48, 1.62)]
    path = pen.area(points, {0, 2}, pen.palette.mouth)
    pen.oval(0, 1.62, 0.34, 0.2, pen.palette.blush)
    pen.drawing.line(path, pen.palette.eye, 0.22 * pen.unit)


def _oh(pen: Pen) -> None:
    pen.oval(0, 1.42, 0.44, 0.52, pen.palette.eye)
    pen.oval(0, 1.5, 0.27, 0.3, pen.palette.blush)


def _tongue(pen: Pen) -> None:
    path = pen.area([(-0.1, 1.2), (0.5, 1.2), (0.5, 1.62), (0.2, 1.84), (-0.1, 1.62)], {0, 1}, pen.palette.blush)
    pen.drawing.line(path, pen.palette.eye, 0.2 * pen.unit)
    pen.stroke([(-0.6, 1.0), (0, 1.28), (0.6, 1.0)])


def _fang(pen: Pen) -> None:
    path = pen.area([(0.12, 1.2), (0.46, 1.1), (0.34, 1.58)], {0, 1, 2}, "#ffffff")
    pen.drawing.line(path, pen.palette.eye, 0.14 * pen.unit)
    pen.stroke([(-0.66, 1.02), (0, 1.3), (0.66, 1.02)])


def star_path(x: float, y: float, radius: float, pinch: float = 0.26) -> str:
    """Return a four-pointed sparkle as path data."""
    p = radius * pinch * 0.6
    return (
        f"M{x:.1f} {y - radius:.1f}Q{x + p:.1f} {y - p:.1f} {x + radius:.1f} {y:.1f}"
        f"Q{x + p:.1f} {y + p:.1f} {x:.1f} {y + radius:.1f}Q{x - p:.1f} {y + p:.1f} {x - radius:.1f} {y:.1f}"
        f"Q{x - p:.1f} {y - p:.1f} {x:.1f} {y - radius:.1f}Z"
    )


_EYES: dict[str, Callable[[Pen, float], None]] = {
    "open": _open,
    "wide": _wide,
    "aside": _aside,
    "starry": _starry,
    "arc": _arc,
    "half": _half,
    "lid": _lid,
}
_MOUTHS: dict[str, Callable[[Pen], None]] = {
    "smile": _smile,
    "cat": _cat,
    "wave": _wave,
    "laugh": _laugh,
    "oh": _oh,
    "tongue": _tongue,
    "fang": _fang,
}
