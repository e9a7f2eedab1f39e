"""The face: large low eyes with two highlights from one light, a tiny mouth close under them, and blush."""

from dataclasses import dataclass
from typing import NamedTuple

from minimon.images.drawn.outline import Outline, Point, turn
from minimon.images.drawn.shapes import ellipse


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
    "amazed": Expression("wide", "wide", "gasp"),
    "winking": Expression("open", "arc", "laugh"),
    "blissful": Expression("arc", "arc", "laugh"),
    "giddy": Expression("squeezed", "squeezed", "laugh"),
    "sleepy": Expression("shut", "shut", "doze"),
    "cheeky": Expression("open", "open", "tongue"),
    "bold": Expression("open", "open", "fang", "keen"),
    "shy": Expression("aside", "aside", "smile", "soft"),
    "dreamy": Expression("starry", "starry", "smile"),
    "proud": Expression("open", "open", "smirk", "high"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is and how it looks. ``eye`` is the half-width of one eye, in pixels.

    The eyes are ``apart`` eye widths apart, from rim to rim, 1 to 1.4 looks youngest. ``tilt`` is in degrees.
    ``tall`` is an eye's height for its width, ``iris`` what is seen in it. A ``beak`` speaks instead of the mouth.
    ``turn`` is how far the head is turned to a side: the eye that is farther away looks narrower.
    """

    centre: Point
    eye: float
    apart: float
    expression: str = "happy"
    tilt: float = 0.0
    tall: float = 1.22
    skin: str = "main"
    iris: str = "deep"
    nose: str = ""
    beak: bool = False
    turn: float = 0.0

    def eyes(self) -> tuple[Outline, Outline]:
        """Return the outlines of the left and the right eye, as seen."""
        return self._eye(-1), self._eye(1)

    def place(self, across: float, down: float) -> Point:
        """Return a point of the tilted face; distances are in half-widths of an eye from the centre."""
        x, y = self.centre
        return turn((x + across * self.eye, y + down * self.eye), self.tilt, self.centre)

    def middle(self, side: int) -> float:
        """Return where the middle of the left (-1) or right (1) eye is, in half-widths of an eye from the centre."""
        return side * (1 + self.apart) * (1 - 0.35 * max(0.0, side * self.turn))

    def wide(self, side: int) -> float:
        """Return how wide an eye looks, for its own width."""
        return 1 - 1.1 * max(0.0, side * self.turn)

    def _eye(self, side: int) -> Outline:
        return ellipse(self.place(self.middle(side), 0), self.eye * self.wide(side), self.eye * self.tall, self.tilt)
