"""Limbs: arms that grow to the right from a shoulder at (0, 0), 100 units long, and legs that stand on (0, 0)."""

from minimon.images.drawn.figure import Layer, Mark
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import ellipse, tube

_POSES: dict[str, tuple[Point, Point]] = {
    "down": ((42, 50), (36, 110)),
    "out": ((60, 34), (110, 30)),
    "up": ((62, 12), (102, -42)),
    "wave": ((66, -4), (100, -78)),
    "hips": ((72, 40), (36, 86)),
}

ARMS: dict[str, Part] = {
    name: part(Layer((tube(((-10, 0), elbow, hand), (30, 29, 25)),), "main", depth=12))
    for name, (elbow, hand) in _POSES.items()
}
_LEG = Outline(
    (
        (-34, -100),
        (0, -112),
        (34, -100),
        (33, -56),
        (30, -30),
        (40, -16),
        (36, -1),
        (0, 2),
        (-40, -1),
        (-46, -18),
        (-34, -34),
        (-32, -60),
    )
)
_TOES = (((-18, -14), (-17, -4)), ((4, -13), (5, -3)))


def leg(tone: str = "main") -> Part:
    """Return a stubby leg with a paw that points a little to the left, and a pale toe."""
    return part(Layer((_LEG,), tone, (Mark(ellipse((-4, 8), 60, 26), "pale"),), _TOES, depth=9))


LEG, FAR_LEG = leg(), leg("far")
