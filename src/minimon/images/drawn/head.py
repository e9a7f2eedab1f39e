"""A head: one of several skulls, and the face that is fitted into it."""

import math
from dataclasses import dataclass
from functools import lru_cache

from minimon.images.drawn.dice import Model
from minimon.images.drawn.face import EXPRESSIONS, Face
from minimon.images.drawn.frame import Frame
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
TURNS = (0.0, 0.02, 0.12, 0.12, 0.12, 0.12, 0.12, 0.08)
"""How far each rarity's head may turn to a side: from D on they are seen from three quarters."""
SKULLS: dict[str, tuple[tuple[Point, ...], frozenset[int]]] = {
    "round": (((0, -1), (0.54, -0.885), (0.89, -0.46), (1, 0.1), (0.85, 0.65), (0.46, 0.92), (0, 1)), frozenset()),
    "wide": (((0, -0.95), (0.5, -0.9), (0.86, -0.56), (1, 0.04), (0.98, 0.5), (0.6, 0.92), (0, 1)), frozenset()),
    "block": (
        ((0, -1), (0.46, -0.97), (0.8, -0.78), (0.94, -0.3), (1.03, 0.3), (1.02, 0.7), (0.7, 0.97), (0, 1)),
        frozenset(),
    ),
    "bell": (((0, -1), (0.5, -0.9), (0.85, -0.52), (1, 0.07), (0.97, 0.58), (0.66, 0.9), (0, 0.98)), frozenset()),
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
IRISES = {"deep": 4.0, "bright": 3.0, "bead": 3.0}
"""Eyes: deep ones that glow from below, bright ones with a pupil, dark beads."""
TALL = {"deep": (1.16, 1.22, 1.28, 1.34), "bright": (1.0, 1.08, 1.16), "bead": (1.1, 1.25, 1.4)}
"""How tall each kind of eye may be for its width."""
LARGE = {"amazed": 1.06, "bead": 0.86, "bright": 1.02}
NOSES: dict[str, dict[str, float]] = {skull: {"": 3.0, "button": 1.0, "dots": 1.0} for skull in SKULLS} | {
    "fluff": {"": 1.0, "button": 3.0},
    "wide": {"": 2.0, "button": 2.0},
    "snout": {"": 1.0, "dots": 3.0},
    "bell": {"": 1.0},
    "dome": {"": 1.0},
}


@dataclass(frozen=True, slots=True)
class Head:
    """A head about ``centre``, ``w`` its half-width, ``aspect`` its height for its width; ``cheek`` makes it a pear.

    ``turn`` is how far its middle line is moved to a side, in half-widths: the three-quarter view.
    """

    centre: Point
    w: float
    aspect: float = 1.0
    cheek: float = 0.0
    skull: str = "round"
    turn: float = 0.0

    @property
    def h(self) -> float:
        """Its half-height."""
        return self.w * self.aspect

    def unit(self) -> "Head":
        """Return the same head in its own frame: about (0, 0) and 100 units in half-width."""
        return Head((0, 0), 100, self.aspect, self.cheek, self.skull, self.turn)

    def frame(self) -> Frame:
        """Return where its own frame is in the figure's."""
        size = self.w / 100
        return Frame(size, 0, 0, size, *self.centre, size)

    def shape(self) -> Outline:
        """Return the outline in the head's own frame."""
        return _shape(self.skull, self.aspect, self.cheek)

    def outline(self) -> Outline:
        """Return the outline in the figure's coordinates."""
        shape = self.shape()
        return Outline(self.frame().place(shape.points), shape.corners)

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


@lru_cache(maxsize=2048)
def _shape(skull: str, aspect: float, cheek: float) -> Outline:
    """Return a skull 100 units in half-width, made a pear by ``cheek``: narrower above and wider below."""
    right, corners = SKULLS[skull]
    fit = [
        (100 * across * (1 + cheek * (0.42 * down - 0.04)), 100 * aspect * (down + 0.3 * cheek * (1 - abs(down))))
        for across, down in right
    ]
    last = 2 * len(right) - 2
    return Outline(symmetric(0, *fit).points, corners | {last - index for index in corners})


def make_head(model: Model, centre: Point, size: Point, *skulls: str, pear: Point = (-0.1, 0.25)) -> Head:
    """Return a head with one of ``skulls``, about as large as ``size`` and as much of a pear as between ``pear``.

    Its proportions are taken in steps, so that shapes recur.
    """
    dice = model.dice("head")
    w, h = dice.near(size[0], size[0] * 0.07), dice.near(size[1], size[1] * 0.07)
    cheek = round(dice.span(*pear) / 0.07) * 0.07
    return Head(centre, w, round(h / w / 0.04) * 0.04, cheek, dice.pick(skulls), make_turn(model))


def make_turn(model: Model) -> float:
    """Return how far a head is turned to the left (negative) or right, in half-widths."""
    dice = model.dice("turn")
    return TURNS[model.rank] * dice.pick((-1, 1)) * dice.pick((0.65, 0.82, 1.0))


def make_face(
    model: Model, head: Head, *, down: float = 0.16, skin: str = "main", beak: bool = False, most: float = 32
) -> Face:
    """Return a face that fits into a head: the eyes shrink until both lie well inside."""
    dice = model.dice("face")
    if model.dice("mask").weigh(MASKS) == "heart":
        skin = "pale"
    mood = dice.weigh(MOODS)
    apart = dice.span(1.08, 1.32)
    iris = model.dice("iris").weigh(IRISES)
    eye = min(dice.span(0.215, 0.25) * head.w * LARGE.get(mood, 1) * LARGE.get(iris, 1), most, head.h * 0.28)
    eye = min(eye, (0.87 - abs(head.turn)) * head.w / (2 + apart))
    tall = dice.pick(TALL[iris])
    nose = "" if beak else model.dice("nose").weigh(NOSES[head.skull])
    centre = head.spot(0, down + dice.near(0, 0.05))
    return Face(centre, eye, apart, mood, dice.near(0, 5), tall, skin, iris, nose, beak=beak, turn=head.turn)
