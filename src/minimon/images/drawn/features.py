"""Paint a face: eyes with two highlights from one light, a tiny mouth, blush and brows."""

from collections.abc import Callable

from minimon.images.drawn.face import EXPRESSIONS, Face
from minimon.images.drawn.outline import Outline, Point, open_path
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.svg import Drawing, number


class Pen:
    """Draws in the face's own upright frame, in half-widths of an eye from a middle; ``wide`` squeezes it sideways."""

    def __init__(self, drawing: Drawing, face: Face, palette: Palette, light: int) -> None:
        self.drawing, self.face, self.palette, self.light = drawing, face, palette, light
        self.x, self.y, self.unit, self.wide = face.centre[0], face.centre[1], face.eye, 1.0

    def eye(self, side: int) -> "Pen":
        """Return a pen for the left (-1) or the right (1) eye, its middle in the eye's own."""
        pen = Pen(self.drawing, self.face, self.palette, self.light)
        pen.x += self.face.middle(side) * self.unit
        pen.wide = self.face.wide(side)
        return pen

    def at(self, across: float, down: float) -> Point:
        """Return a place in pixels."""
        return self.x + across * self.wide * self.unit, self.y + down * self.unit

    def oval(self, across: float, down: float, rx: float, ry: float, paint: str, opacity: float = 1.0) -> None:
        """Fill an ellipse."""
        x, y = self.at(across, down)
        self.drawing.oval(x, y, rx * self.wide * self.unit, ry * self.unit, paint, opacity)

    def stroke(self, points: list[Point], width: float = 0.24, paint: str = "") -> None:
        """Draw a curve."""
        path = open_path([self.at(*point) for point in points])
        self.drawing.line(path, paint or self.palette.eye, width * self.unit)

    def area(self, points: list[Point], corners: set[int], paint: str) -> str:
        """Fill a curved shape and return its path."""
        path = Outline(tuple([self.at(*point) for point in points]), frozenset(corners)).path()
        self.drawing.fill(path, paint)
        return path


def paint_face(drawing: Drawing, face: Face, palette: Palette, light: int) -> None:
    """Paint blush, eyes and mouth in front of what is there. The light comes from the left (1) or right (-1)."""
    pen = Pen(drawing, face, palette, light)
    expression = EXPRESSIONS[face.expression]
    x, y = face.centre
    drawing.add(f'<g transform="rotate({number(face.tilt)} {number(x)} {number(y)})">')
    fade = drawing.radial((palette.blush, 0.85), (palette.blush, 0.6), (palette.blush, 0.0))
    for side, kind in ((-1, expression.left), (1, expression.right)):
        pen.oval(face.middle(side) + 0.8 * side * face.wide(side), 1.55, 0.95 * face.wide(side), 0.6, fade)
        _EYES[kind](pen.eye(side))
        if expression.brows:
            _brow(pen.eye(side), side, expression.brows)
    if not face.beak:
        pen.x += face.turn * 0.9 * pen.unit
        _MOUTHS[expression.mouth](pen)
    drawing.add("</g>")


_BROWS = {"keen": (-1.42, -1.87, -1.75), "soft": (-1.85, -1.97, -1.5), "high": (-1.75, -2.15, -1.8)}


def _brow(pen: Pen, side: int, kind: str) -> None:
    inner, top, outer = _BROWS[kind]
    line = pen.palette.tones[pen.face.skin].line
    pen.stroke([(side * -0.6, inner), (side * 0.1, top), (side * 0.72, outer)], 0.24, line)


def _open(pen: Pen, aside: float = 0.0, size: float = 1.0) -> None:
    tall, palette = pen.face.tall * size, pen.palette
    pen.oval(0, 0, size, tall, palette.eye)
    fade = pen.drawing.across((0, 0), (0, 1), palette.eye, palette.iris, palette.glint)
    pen.oval(aside, 0.4 * tall, 0.76 * size, 0.53 * tall, fade)
    tilt = 0.28 * pen.light
    pen.oval(aside - tilt, -0.4 * tall, 0.42, 0.46, "#ffffff")
    pen.oval(aside + tilt * 1.3, 0.36 * tall, 0.2, 0.21, "#ffffff")


def _wide(pen: Pen) -> None:
    _open(pen, 0, 1.06)


def _aside(pen: Pen) -> None:
    _open(pen, 0.14)


def _starry(pen: Pen) -> None:
    _open(pen)
    x, y = pen.at(0.3 * pen.light, 0.5)
    pen.drawing.fill(star_path(x, y, pen.unit * 0.42), "#ffffff")


def _arc(pen: Pen) -> None:
    pen.stroke([(-0.95, 0.35), (0, -0.48), (0.95, 0.35)], 0.34)


def _shut(pen: Pen) -> None:
    pen.stroke([(-0.95, 0.0), (0, 0.62), (0.95, 0.0)], 0.32)
    pen.stroke([(-0.62, 0.42), (-0.86, 0.72)], 0.22)
    pen.stroke([(0.62, 0.42), (0.86, 0.72)], 0.22)


def _squeezed(pen: Pen) -> None:
    """Draw a chevron that points to the middle of the face."""
    side = 1 if pen.x > pen.face.centre[0] else -1
    pen.stroke([(side * 0.75, -0.62), (side * -0.6, 0)], 0.32)
    pen.stroke([(side * -0.6, 0), (side * 0.75, 0.62)], 0.32)


def _smile(pen: Pen) -> None:
    pen.stroke([(-0.55, 1.0), (0, 1.36), (0.55, 1.0)])


def _smirk(pen: Pen) -> None:
    pen.stroke([(-0.5, 1.2), (0.08, 1.34), (0.66, 0.92)])


def _cat(pen: Pen) -> None:
    pen.stroke([(-0.8, 1.0), (-0.42, 1.32), (0, 1.0)])
    pen.stroke([(0, 1.0), (0.42, 1.32), (0.8, 1.0)])


def _laugh(pen: Pen) -> None:
    points = [(-0.74, 0.95), (0, 1.04), (0.74, 0.95), (0.5, 1.68), (0, 1.94), (-0.5, 1.68)]
    path = pen.area(points, {0, 2}, pen.palette.mouth)
    pen.oval(0, 1.66, 0.36, 0.22, pen.palette.blush)
    pen.drawing.line(path, pen.palette.eye, 0.22 * pen.unit)


def _oh(pen: Pen) -> None:
    pen.oval(0, 1.42, 0.44, 0.52, pen.palette.eye)
    pen.oval(0, 1.5, 0.27, 0.3, pen.palette.blush)


def _yawn(pen: Pen) -> None:
    pen.oval(0, 1.36, 0.3, 0.34, pen.palette.eye)
    pen.oval(0, 1.42, 0.16, 0.18, pen.palette.blush)


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


_EYES: dict[str, Callable[[Pen], None]] = {
    "open": _open,
    "wide": _wide,
    "aside": _aside,
    "starry": _starry,
    "arc": _arc,
    "shut": _shut,
    "squeezed": _squeezed,
}
_MOUTHS: dict[str, Callable[[Pen], None]] = {
    "smile": _smile,
    "smirk": _smirk,
    "cat": _cat,
    "laugh": _laugh,
    "oh": _oh,
    "yawn": _yawn,
    "tongue": _tongue,
    "fang": _fang,
}
