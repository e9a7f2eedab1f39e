"""A head: one of several skulls, and the face that is fitted into it."""

import math
from dataclasses import dataclass

from minimon.images.drawn.dice import Model
from minimon.images.drawn.face import EXPRESSIONS, Face
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.shapes import ellipse, symmetric

MOODS = dict.fromkeys(EXPRESSIONS, 1.0) | {
    "giddy": 0.7,
    "happy": 2.5,
    "laughing": 2.5,
    "content": 2.0,
    "winking": 1.4,
    "proud": 0.7,
    "sleepy": 0.6,
    "bold": 0.8,
}
MASKS = {"muzzle": 3.0, "heart": 2.0, "none": 2.0, "blaze": 1.0, "patch": 0.8}
TURNS = (0.0, 0.02, 0.12, 0.12, 0.13, 0.12, 0.12, 0.08)
"""How far each rarity's head may turn to a side: from D on they are seen from three quarters."""
SKULLS: dict[str, tuple[tuple[Point, ...], frozenset[int]]] = {
    "round": (((0, -1), (0.54, -0.885), (0.89, -0.46), (1, 0.1), (0.85, 0.65), (0.46, 0.92), (0, 1)), frozenset()),
    "wide": (((0, -0.95), (0.5, -0.9), (0.86, -0.56), (1, 0.04), (0.98, 0.5), (0.6, 0.92), (0, 1)), frozenset()),
    "block": (((0, -0.97), (0.6, -0.97), (0.94, -0.72), (1, 0), (0.98, 0.62), (0.66, 0.96), (0, 1)), frozenset()),
    "seed": (((0, -1.1), (0.34, -0.88), (0.76, -0.46), (1, 0.14), (0.9, 0.66), (0.5, 0.94), (0, 1)), frozenset()),
    "snout": (
        ((0, -1), (0.5, -0.9), (0.84, -0.52), (0.86, -0.06), (1.02, 0.36), (0.88, 0.82), (0.46, 1), (0, 1.03)),
        frozenset(),
    ),
    "dome": (
        ((0, -1), (0.52, -0.91), (0.86, -0.5), (0.98, 0.1), (1.09, 0.64), (1.04, 0.93), (0.6, 1), (0, 1)),
        frozenset(),
    ),
    "fluff": (
        (
            (0, -1),
            (0.54, -0.885),
            (0.87, -0.48),
            (0.97, -0.02),
            (1.2, 0.26),
            (1.02, 0.4),
            (1.1, 0.68),
            (0.84, 0.72),
            (0.48, 0.93),
            (0, 1),
        ),
        frozenset({4, 5, 6, 7}),
    ),
}
"""Right halves, top to bottom, in half-widths and half-heights from the centre; and which points are corners."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head about ``centre``, ``w`` and ``h`` its half-width and half-height; ``cheek`` makes it a pear.

    ``turn`` is how far its middle line is moved to a side, in half-widths: the three-quarter view.
    """

    centre: Point
    w: float
    h: float
    cheek: float = 0.0
    skull: str = "round"
    turn: float = 0.0

    def outline(self) -> Outline:
        """Return the outline."""
        right, corners = SKULLS[self.skull]
        x, y = self.centre
        fit = [(self._widened(across, down) * self.w, y + self._lowered(down) * self.h) for across, down in right]
        last = 2 * len(right) - 2
        outline = symmetric(x, *fit)
        return Outline(outline.points, corners | {last - index for index in corners})

    def _widened(self, across: float, down: float) -> float:
        """Make a pear: narrower above and wider below."""
        return across * (1 + self.cheek * (0.42 * down - 0.04)) if across else 0.0

    def _lowered(self, down: float) -> float:
        return down + 0.3 * self.cheek * (1 - abs(down))

    def at(self, degrees: float, reach: float = 0.9) -> Point:
        """Return the place that lies ``degrees`` clockwise from the crown, ``reach`` of the way to the outline."""
        angle = math.radians(degrees)
        narrow = 1 - 0.34 * self.cheek * max(0.0, math.cos(angle))
        return (
            self.centre[0] + self.w * reach * narrow * math.sin(angle),
            self.centre[1] - self.h * reach * math.cos(angle),
        )

    def spot(self, across: float, down: float) -> Point:
        """Return a place inside, moved as the head is turned; 1 is the outline."""
        return self.centre[0] + (across + self.turn * (1 - across * across)) * self.w, self.centre[1] + down * self.h

    def shines(self) -> tuple[Outline, ...]:
        """Return two highlights at the upper left, long and short."""
        narrow = 1 - 0.3 * self.cheek
        return (
            ellipse(self.spot(-0.62 * narrow, -0.58), self.w * 0.09, self.h * 0.21, 44),
            ellipse(self.spot(-0.8 * narrow, -0.22), self.w * 0.05, self.h * 0.08, 20),
        )


def make_head(model: Model, centre: Point, size: Point, *skulls: str, pear: Point = (-0.1, 0.25)) -> Head:
    """Return a head with one of ``skulls``, about as large as ``size`` and as much of a pear as between ``pear``."""
    dice = model.dice("head")
    w, h = dice.near(size[0], size[0] * 0.07), dice.near(size[1], size[1] * 0.07)
    return Head(centre, w, h, dice.span(*pear), dice.pick(skulls), make_turn(model))


def make_turn(model: Model) -> float:
    """Return how far a head is turned to the left (negative) or right, in half-widths."""
    dice = model.dice("turn")
    return TURNS[model.rank] * dice.pick((-1, 1)) * dice.span(0.6, 1)


def make_face(
    model: Model, head: Head, *, down: float = 0.16, skin: str = "main", beak: bool = False, most: float = 32
) -> Face:
    """Return a face that fits into a head: the eyes shrink until both lie well inside."""
    dice = model.dice("face")
    if model.dice("mask").weigh(MASKS) == "heart":
        skin = "pale"
    mood = dice.weigh(MOODS)
    apart = dice.span(1.08, 1.32)
    eye = min(dice.span(0.215, 0.25) * head.w * (1.06 if mood == "amazed" else 1), most, head.h * 0.28)
    eye = min(eye, (0.87 - abs(head.turn)) * head.w / (2 + apart))
    tall = dice.span(1.14, 1.34)
    return Face(head.spot(0, down + dice.near(0, 0.05)), eye, apart, mood, dice.near(0, 5), tall, skin, beak, head.turn)
