"""The face: large low eyes with two highlights from one light, a tiny mouth close under them, and blush."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, Point, ellipse, open_path, turn
from minimon.images.drawn.svg import Drawing, tag


class Mouth(StrEnum):
    """What the mouth says."""

    SMILE = "smile"
    LAUGH = "laugh"
    CAT = "cat"
    OH = "oh"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is and how it looks. ``eye`` is the half-width of one eye, in pixels.

    The eyes are ``apart`` eye widths apart, from rim to rim, 1 to 1.4 looks youngest. ``tilt`` is in degrees.
    """

    centre: Point
    eye: float
    apart: float
    mouth: Mouth
    tilt: float = 0.0
    wink: bool = False

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
        return ellipse(self.place(side * self.span(), 0), self.eye, self.eye * 1.22, self.tilt)


def paint_face(drawing: Drawing, face: Face, palette: Palette) -> None:
    """Paint blush, eyes and mouth in front of what is there."""
    for side in (-1, 1):
        _blush(drawing, face, palette, side)
    _open_eye(drawing, face, palette, -1)
    (_winking_eye if face.wink else _open_eye)(drawing, face, palette, 1)
    _MOUTHS[face.mouth](drawing, face, palette)


def _blush(drawing: Drawing, face: Face, palette: Palette, side: int) -> None:
    cheek = ellipse(face.place(side * (face.span() + 0.95), 1.55), face.eye * 0.95, face.eye * 0.62, face.tilt)
    fade = drawing.radial((palette.blush, 0.75), (palette.blush, 0.6), (palette.blush, 0.0))
    drawing.add(tag("path", d=cheek.path(), fill=fade))


def _open_eye(drawing: Drawing, face: Face, palette: Palette, side: int) -> None:
    middle, outline, size = side * face.span(), face.eyes()[side > 0], face.eye
    drawing.add(tag("path", d=outline.path(), fill=palette.eye))
    glow = ellipse(face.place(middle, 0.5), size * 0.74, size * 0.62, face.tilt)
    fade = drawing.linear(face.place(middle, -0.1), face.place(middle, 1.1), palette.eye, palette.iris)
    drawing.add(tag("path", d=glow.path(), fill=fade))
    for across, down, radius in ((-0.28, -0.5, 0.4), (0.36, 0.42, 0.17)):
        light = ellipse(face.place(middle + across, down), size * radius, size * radius * 1.1, face.tilt)
        drawing.add(tag("path", d=light.path(), fill="#ffffff"))


def _winking_eye(drawing: Drawing, face: Face, palette: Palette, side: int) -> None:
    middle = side * face.span()
    _line(drawing, face, palette.eye, [(middle - 0.95, 0.3), (middle, -0.45), (middle + 0.95, 0.3)], 0.34)


def _smile(drawing: Drawing, face: Face, palette: Palette) -> None:
    _line(drawing, face, palette.eye, [(-0.55, 1.0), (0, 1.36), (0.55, 1.0)])


def _cat(drawing: Drawing, face: Face, palette: Palette) -> None:
    _line(drawing, face, palette.eye, [(-0.8, 1.0), (-0.42, 1.32), (0, 1.0)])
    _line(drawing, face, palette.eye, [(0, 1.0), (0.42, 1.32), (0.8, 1.0)])


def _laugh(drawing: Drawing, face: Face, palette: Palette) -> None:
    points = [(-0.66, 0.95), (0, 1.04), (0.66, 0.95), (0.46, 1.6), (0, 1.86), (-0.46, 1.6)]
    opening = Outline(tuple(face.place(*point) for point in points), frozenset({0, 2}))
    tongue = ellipse(face.place(0, 1.84), face.eye * 0.4, face.eye * 0.32, face.tilt)
    _paint_opening(drawing, face, palette, opening, tongue)


def _oh(drawing: Drawing, face: Face, palette: Palette) -> None:
    opening = ellipse(face.place(0, 1.32), face.eye * 0.34, face.eye * 0.4, face.tilt)
    tongue = ellipse(face.place(0, 1.62), face.eye * 0.26, face.eye * 0.22, face.tilt)
    _paint_opening(drawing, face, palette, opening, tongue)


def _paint_opening(drawing: Drawing, face: Face, palette: Palette, opening: Outline, tongue: Outline) -> None:
    inside = drawing.clip(opening.path())
    drawing.add(tag("path", d=opening.path(), fill=palette.mouth))
    drawing.add(tag("g", tag("path", d=tongue.path(), fill=palette.blush), clip_path=inside))
    width = face.eye * 0.22
    drawing.add(tag("path", d=opening.path(), fill="none", stroke=palette.eye, stroke_width=width,
                        stroke_linejoin="round"))  # fmt: skip


def _none(drawing: Drawing, face: Face, palette: Palette) -> None:
    """Draw nothing: a beak or a muzzle speaks instead."""


def _line(drawing: Drawing, face: Face, colour: str, points: list[Point], width: float = 0.24) -> None:
    path = open_path([face.place(*point) for point in points])
    drawing.add(tag("path", d=path, fill="none", stroke=colour, stroke_width=face.eye * width,
                        stroke_linecap="round", stroke_linejoin="round"))  # fmt: skip


_MOUTHS: dict[Mouth, Callable[[Drawing, Face, Palette], None]] = {
    Mouth.SMILE: _smile,
    Mouth.LAUGH: _laugh,
    Mouth.CAT: _cat,
    Mouth.OH: _oh,
    Mouth.NONE: _none,
}
