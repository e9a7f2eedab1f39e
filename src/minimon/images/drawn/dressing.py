"""What stands on a head: ears, horns, a crest, a gem, each fitted to the head's own outline."""

from collections.abc import Mapping
from dataclasses import dataclass

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Layer, joined
from minimon.images.drawn.head import Head
from minimon.images.drawn.marks import marks
from minimon.images.drawn.parts import Part, put
from minimon.images.drawn.parts.crests import CRESTS, DIADEM
from minimon.images.drawn.parts.ears import EARS, HORNS
from minimon.images.drawn.shapes import ellipse, polygon

EAR_WEIGHTS = {
    Element.WATER: {"fin": 6, "drops": 3, "round": 1},
    Element.FIRE: {"flame": 4, "cat": 4, "bat": 3, "droop": 1},
    Element.EARTH: {"leaf": 6, "round": 3, "bunny": 2, "droop": 2},
    Element.WIND: {"feather": 5, "curl": 4, "bunny": 2, "cat": 1},
}
CREST_WEIGHTS = {
    Element.WATER: {"drop": 5, "crown": 3, "wave": 3, "bubbles": 2},
    Element.FIRE: {"tuft": 6, "blaze": 4, "candle": 2},
    Element.EARTH: {"bud": 3, "sprig": 4, "mushroom": 3, "crystals": 3, "flower": 2, "acorn": 2},
    Element.WIND: {"curl": 5, "plumes": 3, "whirl": 4, "cloud": 2, "feelers": 1},
}
HORN_WEIGHTS = {
    Element.WATER: {"plume": 3, "nub": 2, "curved": 1},
    Element.FIRE: {"curved": 4, "spike": 4, "ram": 2, "nub": 1},
    Element.EARTH: {"antler": 4, "crystal": 4, "ram": 2, "nub": 1},
    Element.WIND: {"plume": 5, "spike": 1, "antler": 1},
}
EAR_ANGLES = {
    "fin": 76,
    "round": 46,
    "cat": 38,
    "bunny": 20,
    "droop": 62,
    "leaf": 44,
    "flame": 54,
    "feather": 60,
    "curl": 46,
    "bat": 46,
    "drops": 54,
}


@dataclass(slots=True)
class Dressed:
    """A head with everything on it, back to front; the face comes between ``back`` and ``front``."""

    back: list[Layer]
    front: list[Layer]


def dress_head(
    model: Model, head: Head, layer: Layer, *, ears: bool = True, crest: float = 1.0, horns: bool = True
) -> Dressed:
    """Put ears, horns, crest and marks on a head whose own layer is ``layer``. ``crest`` is its usual size."""
    behind: list[Layer] = []
    front: list[Layer] = []
    both = model.rank >= 1 or model.dice("sparse").chance(0.3)
    first = model.dice("sparse2").chance(0.5)
    if ears and (both or first or not crest):
        behind += _ears(model, head)
    if horns:
        behind += _horns(model, head)
    layer = Layer(
        layer.outlines,
        layer.tone,
        (*layer.marks, *marks(model, head)),
        layer.creases,
        (*layer.shines, *head.shines()),
        layer.depth,
    )
    if crest and model.rank == 7:
        front += put(DIADEM, head.at(0, 0.9), 0, head.w / 128)
    if crest and (both or not first or not ears):
        layer = _crest(model, head, layer, behind, front, crest)
    return Dressed([*behind, layer], front + _gem(model, head))


def _pick(model: Model, topic: str, table: Mapping[Element, Mapping[str, float]]) -> tuple[str, float]:
    """Pick a part by the element's weights, rarely one of another element; also return a size near 1."""
    dice = model.dice(topic)
    own = dice.weigh(table[model.element])
    size = dice.near(1, 0.16)
    return own, size


def _pair(piece: Part, head: Head, degrees: float, lean: float, size: float, skew: float) -> list[Layer]:
    right = put(piece, head.at(degrees, 0.86), lean, size)
    left = put(piece, head.at(-degrees, 0.86), -lean + skew, size * (1 + skew / 120), flip=True)
    return left + right


def _ears(model: Model, head: Head) -> list[Layer]:
    name, size = _pick(model, "ears", EAR_WEIGHTS)
    angle = EAR_ANGLES[name] + model.dice("ear angle").near(0, 5)
    lean = 0 if name == "droop" else angle * 0.86
    skew = model.dice("ear skew").near(0, 7)
    return _pair(EARS[name], head, angle, lean, size * head.w / 132 * 0.94, skew)


def _horns(model: Model, head: Head) -> list[Layer]:
    dice = model.dice("horned")
    odds = (0, 0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 1.0)[model.rank] + (0.15 if model.element is Element.FIRE else 0)
    if not dice.chance(odds):
        return []
    name, size = _pick(model, "horns", HORN_WEIGHTS)
    return _pair(HORNS[name], head, 27, 22, size * head.w / 132 * (0.85 + 0.05 * model.rank), 0)


def _crest(model: Model, head: Head, layer: Layer, behind: list[Layer], front: list[Layer], usual: float) -> Layer:
    name, size = _pick(model, "crest", CREST_WEIGHTS)
    piece = CRESTS[name]
    lean = model.dice("crest lean").near(0, 7)
    grown = put(piece, head.at(0, 0.88), lean, size * usual * head.w * (1 - 0.45 * max(head.cheek, 0)) / 124)
    if piece.merges:
        return joined(layer, *grown[0].placed())
    if name in {"tuft", "cloud"} and model.rank < 7:
        front += grown
    else:
        behind += grown
    return layer


def _gem(model: Model, head: Head) -> list[Layer]:
    """From A on, set a gem into the forehead."""
    if model.rank < 5:
        return []
    x, y = head.spot(0, -0.46)
    u = head.w * (0.1 if model.rank == 5 else 0.12)
    return [
        Layer(
            (polygon((x, y - u * 1.5), (x + u, y), (x, y + u * 1.5), (x - u, y)),),
            "gem",
            depth=5,
            shines=(ellipse((x - u * 0.3, y - u * 0.4), u * 0.2, u * 0.4, 20),),
        ),
    ]
