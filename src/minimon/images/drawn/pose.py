"""How a figure is set into the frame: nothing can leave it."""

import math
from dataclasses import dataclass

from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import LINE, Figure
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.outline import Point

GROUND = 446.0
FOOT = 330.0
"""What lies below this height of a figure, in pixels, throws the shadow on the ground."""
LARGEST = 1.16
TOP = 10.0
"""Nothing of a figure is nearer to the upper edge, in pixels: one that hovers may have to be smaller."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A figure is turned, perhaps mirrored, scaled and moved; ``matrix`` is as SVG has it.

    ``foot`` is where its lowest part begins and ends from left to right, in pixels of the frame.
    """

    flip: int
    matrix: tuple[float, float, float, float, float, float]
    foot: Point

    def place(self, point: Point) -> Point:
        """Return where a point of the figure lies in the frame, in pixels."""
        a, b, c, d, e, f = self.matrix
        return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def take_pose(model: Model, figure: Figure, finish: Finish) -> Pose:
    """Lean the figure a little, then scale and move it until it fills its room and stands on the ground."""
    dice = model.dice("pose")
    flip = -1 if dice.chance(0.5) else 1
    angle = math.radians(dice.near(0, finish.tilt))
    cos, sin = math.cos(angle), math.sin(angle)
    across, down = flip * cos, flip * sin
    points = [point for piece in figure.pieces() for point in piece.hull()]
    xs, ys = [across * x - sin * y for x, y in points], [down * x + cos * y for x, y in points]
    left, right, top, bottom = min(xs) - LINE, max(xs) + LINE, min(ys) - LINE, max(ys) + LINE
    height = bottom - top
    rooms = finish.room / (right - left), finish.room * 0.98 / height, (GROUND - TOP) / (height + figure.lift)
    scale = min(*rooms, LARGEST)
    right = 256 - (left + right) / 2 * scale
    drop = GROUND - figure.lift * scale - (bottom - LINE) * scale
    low = [x for x, (_, y) in zip(xs, points, strict=True) if y > FOOT] or xs
    foot = min(low) * scale + right, max(low) * scale + right
    return Pose(flip, (across * scale, down * scale, -sin * scale, cos * scale, right, drop), foot)
