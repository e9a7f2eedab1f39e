"""What stands on a head: ears, horns, a crest, a gem, each fitted to the head's own outline."""

from dataclasses import dataclass
from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Layer, Mark, Piece
from minimon.images.drawn.head import Head
from minimon.images.drawn.marks import marks
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, part, put
from minimon.images.drawn.parts.crests import CRESTS, DIADEM
from minimon.images.drawn.parts.ears import EARS, HORNS
from minimon.images.drawn.shapes import drop, ellipse, leaf, polygon

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


LOW_EARS = {"fin", "droop", "feather"}
"""Above these, and on heads without ears, there is room for horns."""


@dataclass(slots=True)
class Dressed:
    """A head with everything on it, back to front; the face comes between ``back`` and ``front``."""

    back: list[Piece]
    front: list[Piece]


def dress_head(
    model: Model,
    head: Head,
    *,
    outlines: tuple[Outline, ...] = (),
    own: tuple[Mark, ...] = (),
    ears: bool = True,
    crest: float = 1.0,
    depth: float = 10.6,
) -> Dressed:
    """Put ears, horns, crest and marks on a head. ``crest`` is its usual size.

    ``outlines`` and the marks in ``own`` belong to the head, too, and are in its own frame, as is ``depth``.
    """
    sparse = model.rank < 1 and not model.dice("sparse").chance(0.3)
    first = model.dice("sparse2").chance(0.5)
    name = _ear_name(model) if ears and not (sparse and not first) else ""
    behind, front = _ears(model, head, name), _gem(model, head)
    horns = _horns(model, head) if not name or name in LOW_EARS else []
    merged: tuple[Outline, ...] = ()
    if not (sparse and first and ears):
        merged = _crest(model, head, behind, front, crest, horned=bool(horns))
    shape = (*merged, head.shape(), *outlines)
    layer = Layer(shape, "main", (*own, *marks(model, head)), (), _shines(head.unit()), depth)
    return Dressed([*behind, *horns, Piece(layer, head.frame())], front)


@lru_cache(maxsize=2048)
def _shines(head: Head) -> tuple[Outline, ...]:
    return head.shines()


def _pair(piece: Part, head: Head, degrees: float, lean: float, size: float, skew: float) -> list[Piece]:
    right = put(piece, head.at(degrees, 0.86), lean, size)
    left = put(piece, head.at(-degrees, 0.86), -lean + skew, size * (1 + skew / 120), flip=True)
    return left + right


def _ear_name(model: Model) -> str:
    return model.dice("ears").weigh(EAR_WEIGHTS[model.element])


def _ears(model: Model, head: Head, name: str) -> list[Piece]:
    if not name:
        return []
    size = model.dice("ear size").near(1, 0.16)
    angle = EAR_ANGLES[name] + model.dice("ear angle").near(0, 5)
    lean = 0 if name == "droop" else angle * 0.86
    skew = model.dice("ear skew").near(0, 7)
    return _pair(EARS[name], head, angle, lean, size * head.w / 132 * 0.94, skew)


def _horns(model: Model, head: Head) -> list[Piece]:
    dice = model.dice("horned")
    odds = (0, 0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 1.0)[model.rank] + (0.15 if model.element is Element.FIRE else 0)
    if not dice.chance(odds):
        return []
    dice = model.dice("horns")
    name, size = dice.weigh(HORN_WEIGHTS[model.element]), dice.near(1, 0.16)
    return _pair(HORNS[name], head, 32, 24, size * head.w / 132 * (0.9 + 0.05 * model.rank), 0)


def _crest(
    model: Model, head: Head, behind: list[Piece], front: list[Piece], usual: float, *, horned: bool
) -> tuple[Outline, ...]:
    """Put the crest on, which gives way to horns, and at S+ to the crown. Return what of it is one with the head."""
    dice = model.dice("crest")
    name, size = dice.weigh(CREST_WEIGHTS[model.element]), dice.step(1, 0.16, 0.08)
    lean = model.dice("crest lean").step(0, 7, 3)
    size *= usual * (1 - 0.45 * max(head.cheek, 0)) / 1.24
    if model.rank == 7:
        front += put(DIADEM, head.at(0, 0.9), 0, head.w / 128)
    if CRESTS[name].merges:
        return _grown(Head((0, 0), 100, head.aspect, head.cheek), name, lean, size)
    if horned or model.rank == 7:
        return ()
    place = front if name in {"tuft", "cloud"} else behind
    place += put(CRESTS[name], head.at(0, 0.88), lean, size * head.w / 100)
    return ()


@lru_cache(maxsize=2048)
def _grown(head: Head, name: str, lean: float, size: float) -> tuple[Outline, ...]:
    """Return the outlines of a crest in the head's own frame."""
    return put(CRESTS[name], head.at(0, 0.88), lean, size)[0].placed()


def _gem(model: Model, head: Head) -> list[Piece]:
    """At B, set the element's sign on the forehead, from A on a gem; at S+ the crown holds one."""
    if model.rank in {4, 5, 6}:
        piece = SIGNS[model.element] if model.rank == 4 else GEM
        return put(piece, head.spot(0, -0.46), 0, head.w * (0.0095, 0.01, 0.012)[model.rank - 4])
    return []


SIGNS = {
    Element.WATER: part(Layer((drop((0, -20), (0, 3), 12),), "accent", depth=4)),
    Element.FIRE: part(Layer((drop((3, -24), (0, 2), 12),), "gold", depth=4)),
    Element.EARTH: part(Layer((leaf((0, 17), (0, -20), 24),), "accent", depth=4)),
    Element.WIND: part(Layer((leaf((-9, 15), (10, -19), 20, 3),), "white", creases=(((-4, 7), (4, -8)),), depth=4)),
}
GEM = part(
    Layer((polygon((0, -15), (10, 0), (0, 15), (-10, 0)),), "gem", shines=(ellipse((-3, -4), 2, 4, 20),), depth=5)
)
