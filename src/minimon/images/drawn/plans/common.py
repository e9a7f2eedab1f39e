"""What several body plans share: limbs, tails, wings, backs and ornaments."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Layer, Mark, Piece, mirrored
from minimon.images.drawn.outline import Point
from minimon.images.drawn.parts import put
from minimon.images.drawn.parts.collars import COLLARS, ORNAMENTS
from minimon.images.drawn.parts.limbs import ARMS
from minimon.images.drawn.parts.tails import TAILS
from minimon.images.drawn.parts.wings import BACKS, WINGS
from minimon.images.drawn.shapes import ellipse

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


def tail(model: Model, base: Point, degrees: float, size: float = 0.9) -> list[Piece]:
    """Return a tail that grows from ``base``."""
    dice = model.dice("tail")
    name = dice.weigh(TAIL_WEIGHTS[model.element])
    return put(TAILS[name], base, degrees + dice.near(0, 9), size * dice.near(1, 0.12) * (0.94 + 0.02 * model.rank))


def wings(
    model: Model, centre: Point, apart: float, size: float = 1.0, *, clear: float = 0.0, always: bool = False
) -> list[Piece]:
    """Return a pair of wings behind a body, from B on.

    They reach well beyond what is ``clear`` pixels wide to each side of the middle: no scrap peeps out behind a cheek.
    """
    dice = model.dice("wings")
    if not always and not dice.chance(WINGED[model.rank]):
        return []
    name = dice.weigh(WING_WEIGHTS[model.element])
    grown = max(size * dice.near(1, 0.1) * (0.8 + 0.06 * model.rank), (clear + 44 - apart) / 128)
    lean = dice.span(-14, 6)
    x, y = centre
    right = put(WINGS[name], (x + apart, y), lean, grown)
    left = put(WINGS[name], (x - apart, y), -lean + dice.near(0, 4), grown, flip=True)
    return left + right


WINGED = (0, 0, 0, 0.15, 0.75, 0.9, 1, 1)
"""How often each rarity has wings."""


def folded(model: Model, base: Point, size: float = 1.0) -> list[Piece]:
    """Return the wings of one that is seen from its side, from B on: both on its back, one behind the other."""
    dice = model.dice("wings")
    if not dice.chance(WINGED[model.rank]):
        return []
    part = WINGS[dice.weigh(WING_WEIGHTS[model.element])]
    grown = size * dice.near(1, 0.1) * (0.78 + 0.05 * model.rank)
    lean = dice.span(-12, 6)
    x, y = base
    return put(part, (x - 16, y - 4), lean - 38, grown * 0.9) + put(part, (x + 8, y), lean, grown)


def back(model: Model, base: Point, degrees: float, size: float) -> list[Piece]:
    """Return fins, spikes, crystals or a cloud on a back, from D on."""
    dice = model.dice("back")
    if not dice.chance((0, 0.1, 0.7, 0.8, 0.85, 0.9, 1, 1)[model.rank]):
        return []
    return put(BACKS[dice.weigh(BACK_WEIGHTS[model.element])], base, degrees, size * dice.near(1, 0.1))


def feet(x: float, y: float, apart: float, size: float, tone: str = "main") -> Layer:
    """Return two feet."""
    return Layer(mirrored((ellipse((x - apart, y), size, size * 0.56),), x), tone, depth=6)


def arms(model: Model, x: float, y: float, apart: float, size: float) -> list[Piece]:
    """Return two arms in one of several gestures; one may do another thing than the other."""
    dice = model.dice("arms")
    both = dice.pick(("down", "out", "up", "hips"))
    other = dice.pick(("wave", both, both)) if model.rank < 4 else dice.pick(("up", "wave", both))
    return [piece for side, pose in ((-1, both), (1, other)) for piece in arm(x, y, apart, size, side, pose)]


def arm(x: float, y: float, apart: float, size: float, side: int, pose: str) -> list[Piece]:
    """Return one arm from a shoulder ``apart`` from the middle at ``x``; ``size`` is its length."""
    found = put(ARMS[pose], (x + side * apart, y), 0, size / 100, flip=side < 0)
    return [piece._replace(tip=False) for piece in found]


def belly(model: Model, centre: Point, rx: float, ry: float) -> tuple[Mark, ...]:
    """Return a pale belly, on nearly all."""
    return (Mark(ellipse(centre, rx, ry), "pale"),) if model.dice("belly").chance(0.85) else ()


def ornaments(model: Model, x: float, y: float, width: float) -> list[Piece]:
    """Return what is worn around a neck: a ribbon from C on, gold from A on, a pendant at S, shoulder plates at S+."""
    part = ORNAMENTS[model.rank]
    return put(part, (x, y), 0, width / 100) if part else []


def collar(model: Model, x: float, y: float, width: float) -> list[Piece]:
    """Return a collar in the element's own shapes: drops, flames, leaves or cloud, hanging down around a neck."""
    return put(COLLARS[model.element], (x, y), 0, width / 100)
