"""What several body plans share: limbs, tails, wings, backs and ornaments."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Layer, Mark, mirrored
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.parts import put
from minimon.images.drawn.parts.tails import TAILS
from minimon.images.drawn.parts.wings import BACKS, WINGS
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube

AXIS = 256.0

TAIL_WEIGHTS = {
    Element.WATER: {"fluke": 5, "flipper": 3},
    Element.FIRE: {"flame": 6, "dart": 2},
    Element.EARTH: {"leaf": 4, "club": 3, "stub": 2, "brush": 1},
    Element.WIND: {"spiral": 4, "fan": 3, "ribbon": 3, "puff": 1, "brush": 1},
}
WING_WEIGHTS = {
    Element.WATER: {"sail": 5, "petals": 1},
    Element.FIRE: {"flames": 4, "bat": 4},
    Element.EARTH: {"leaves": 5, "petals": 3},
    Element.WIND: {"feathers": 7, "petals": 1},
}
BACK_WEIGHTS = {
    Element.WATER: {"fins": 1},
    Element.FIRE: {"spikes": 1},
    Element.EARTH: {"crystals": 2, "moss": 1},
    Element.WIND: {"cloud": 1},
}


def tail(model: Model, base: Point, degrees: float, size: float = 0.9) -> list[Layer]:
    """Return a tail that grows from ``base``."""
    dice = model.dice("tail")
    name = dice.weigh(TAIL_WEIGHTS[model.element])
    return put(TAILS[name], base, degrees + dice.near(0, 9), size * dice.near(1, 0.12) * (0.94 + 0.02 * model.rank))


def wings(model: Model, centre: Point, apart: float, size: float = 1.0, *, always: bool = False) -> list[Layer]:
    """Return a pair of wings behind a body, from B on, or something else that grows there on the lesser ones."""
    odds = (0, 0, 0, 0.15, 0.75, 0.9, 1, 1)[model.rank]
    dice = model.dice("wings")
    if not always and not dice.chance(odds):
        return []
    name = dice.weigh(WING_WEIGHTS[model.element])
    grown = size * dice.near(1, 0.1) * (0.8 + 0.06 * model.rank)
    lean = dice.span(-14, 10)
    x, y = centre
    right = put(WINGS[name], (x + apart, y), lean, grown)
    left = put(WINGS[name], (x - apart, y), -lean + dice.near(0, 4), grown, flip=True)
    return left + right


def back(model: Model, base: Point, degrees: float, size: float) -> list[Layer]:
    """Return fins, spikes, crystals or a cloud on a back, from D on."""
    dice = model.dice("back")
    if not dice.chance((0, 0.1, 0.5, 0.7, 0.85, 0.9, 1, 1)[model.rank]):
        return []
    return put(BACKS[dice.weigh(BACK_WEIGHTS[model.element])], base, degrees, size * dice.near(1, 0.1))


def feet(x: float, y: float, apart: float, size: float, tone: str = "main") -> Layer:
    """Return two feet."""
    return Layer(mirrored((ellipse((x - apart, y), size, size * 0.56),), x), tone, depth=6)


def arms(model: Model, x: float, y: float, apart: float, size: float) -> list[Layer]:
    """Return two arms in one of several gestures; one may do another thing than the other."""
    dice = model.dice("arms")
    both = dice.pick(("down", "out", "up", "hips"))
    other = dice.pick(("wave", both, both)) if model.rank < 4 else dice.pick(("up", "wave", both))
    return [arm(x, y, apart, size, side, pose) for side, pose in ((-1, both), (1, other))]


_POSES: dict[str, tuple[Point, Point]] = {
    "down": ((0.42, 0.5), (0.36, 1.1)),
    "out": ((0.6, 0.34), (1.1, 0.3)),
    "up": ((0.62, 0.12), (1.02, -0.42)),
    "wave": ((0.66, -0.04), (1.0, -0.78)),
    "hips": ((0.72, 0.4), (0.36, 0.86)),
}


def arm(x: float, y: float, apart: float, size: float, side: int, pose: str) -> Layer:
    """Return one arm from a shoulder; ``size`` is its length."""
    (ax, ay), (bx, by) = _POSES[pose]
    root = x + side * apart
    spine = (
        (root - side * 0.1 * size, y),
        (root + side * ax * size, y + ay * size),
        (root + side * bx * size, y + by * size),
    )
    return Layer((tube(spine, (size * 0.3, size * 0.29, size * 0.25)),), "main", depth=6)


def belly(model: Model, centre: Point, rx: float, ry: float) -> tuple[Mark, ...]:
    """Return a pale belly, on nearly all."""
    return (Mark(ellipse(centre, rx, ry), "pale"),) if model.dice("belly").chance(0.85) else ()


def ornaments(model: Model, x: float, y: float, width: float) -> list[Layer]:
    """Return a collar that begins at A and grows: a gold band, a pendant, and shoulder plates on the highest."""
    if model.rank < 5:
        return []
    band = Layer((tube(((x - width, y - 6), (x, y + 14), (x + width, y - 6)), (8, 10, 8)),), "gold", depth=3)
    layers = [band]
    if model.rank >= 6:
        u = width * 0.2
        layers.append(
            Layer(
                (polygon((x, y), (x + u, y + u * 1.1), (x, y + u * 2.4), (x - u, y + u * 1.1)),),
                "gem",
                depth=4,
                shines=(ellipse((x - u * 0.3, y + u * 0.8), 2.5, 5, 20),),
            )
        )
    if model.rank == 7:
        plate = leaf((x + width * 0.66, y + 2), (x + width * 1.72, y + 22), width * 0.8, -width * 0.12)
        layers.insert(0, Layer(mirrored((plate,), x), "gold", depth=6))
    return layers


def collar(model: Model, x: float, y: float, width: float) -> list[Layer]:
    """Return a collar in the element's own shapes: drops, flames, leaves or cloud, hanging down around a neck."""
    return _COLLARS[model.element](x, y, width)


def _drops(x: float, y: float, width: float) -> list[Layer]:
    places = ((-0.95, -8, 0.3), (-0.5, 6, 0.34), (0, 12, 0.38), (0.5, 6, 0.34), (0.95, -8, 0.3))
    return [
        Layer(tuple([ellipse((x + dx * width, y + dy), width * r, width * r * 0.92) for dx, dy, r in places]), "accent")
    ]


def _flames(x: float, y: float, width: float) -> list[Layer]:
    u = width
    edge = (
        (-1.2, -0.2),
        (-1.42, 0.28),
        (-0.98, 0.1),
        (-0.86, 0.66),
        (-0.4, 0.3),
        (0, 0.92),
        (0.4, 0.3),
        (0.86, 0.66),
        (0.98, 0.1),
        (1.42, 0.28),
        (1.2, -0.2),
        (0, -0.3),
    )
    return [Layer((Outline(tuple([(x + a * u, y + b * u) for a, b in edge]), frozenset({1, 3, 5, 7, 9})),), "accent")]


def _leaves(x: float, y: float, width: float) -> list[Layer]:
    u = width
    sides = (
        leaf((x - 0.3 * u, y - 0.2 * u), (x - 1.35 * u, y + 0.75 * u), 0.8 * u, 0.08 * u),
        leaf((x + 0.3 * u, y - 0.2 * u), (x + 1.35 * u, y + 0.75 * u), 0.8 * u, -0.08 * u),
    )
    veins = (
        ((x - 0.7 * u, y + 0.15 * u), (x - 1.0 * u, y + 0.45 * u)),
        ((x + 0.7 * u, y + 0.15 * u), (x + 1.0 * u, y + 0.45 * u)),
    )
    middle = leaf((x, y - 0.2 * u), (x, y + 1.0 * u), 0.9 * u)
    return [
        Layer((sides[0],), "main", creases=(veins[0],)),
        Layer((sides[1],), "main", creases=(veins[1],)),
        Layer((middle,), "main", creases=(((x, y + 0.3 * u), (x, y + 0.62 * u)),)),
    ]


def _clouds(x: float, y: float, width: float) -> list[Layer]:
    puffs = ((-1, -0.06, 0.32), (-0.58, 0.12, 0.37), (-0.03, 0.18, 0.44), (0.54, 0.14, 0.39), (0.98, -0.05, 0.34))
    return [
        Layer(
            tuple([ellipse((x + dx * width, y + dy * width), r * width, r * width * 0.86) for dx, dy, r in puffs]),
            "white",
            depth=9,
        )
    ]


_COLLARS = {Element.WATER: _drops, Element.FIRE: _flames, Element.EARTH: _leaves, Element.WIND: _clouds}
