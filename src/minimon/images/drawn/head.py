"""A head and what stands on it: every part is fitted to the head's own outline."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.face import EXPRESSIONS, Face
from minimon.images.drawn.figure import Layer, Mark, joined
from minimon.images.drawn.parts import Part, put
from minimon.images.drawn.parts.crests import CRESTS, DIADEM
from minimon.images.drawn.parts.ears import EARS, HORNS
from minimon.images.drawn.shapes import Outline, Point, ellipse, leaf, polygon, symmetric, tube

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
MOODS = dict.fromkeys(EXPRESSIONS, 1.0) | {
    "happy": 2.5,
    "laughing": 2.5,
    "content": 2.0,
    "winking": 1.4,
    "proud": 0.35,
    "sleepy": 0.5,
    "bold": 0.8,
}
MASKS = {"muzzle": 3.0, "heart": 2.0, "none": 2.0, "blaze": 1.0, "patch": 0.8}


@dataclass(frozen=True, slots=True)
class Head:
    """A round head about ``centre``, ``w`` and ``h`` its half-width and half-height; ``cheek`` makes it a pear."""

    centre: Point
    w: float
    h: float
    cheek: float = 0.0

    def outline(self) -> Outline:
        """Return the outline."""
        x, y = self.centre
        c = self.cheek
        right = (
            (0, -1),
            (0.54 - 0.3 * c, -0.885),
            (0.89 - 0.34 * c, -0.46),
            (1, 0.1 + 0.4 * c),
            (0.85 + 0.2 * c, 0.65 + 0.12 * c),
            (0.46 + 0.2 * c, 0.92 + 0.03 * c),
            (0, 1),
        )
        return symmetric(x, *[(across * self.w, y + down * self.h) for across, down in right])

    def at(self, degrees: float, reach: float = 0.9) -> Point:
        """Return the place that lies ``degrees`` clockwise from the crown, ``reach`` of the way to the outline."""
        angle = math.radians(degrees)
        narrow = 1 - 0.34 * self.cheek * max(0.0, math.cos(angle))
        return (
            self.centre[0] + self.w * reach * narrow * math.sin(angle),
            self.centre[1] - self.h * reach * math.cos(angle),
        )

    def spot(self, across: float, down: float) -> Point:
        """Return a place inside; 1 is the outline."""
        return self.centre[0] + across * self.w, self.centre[1] + down * self.h

    def shines(self) -> tuple[Outline, ...]:
        """Return two highlights at the upper left, long and short."""
        narrow = 1 - 0.3 * self.cheek
        return (
            ellipse(self.spot(-0.62 * narrow, -0.58), self.w * 0.09, self.h * 0.21, 44),
            ellipse(self.spot(-0.8 * narrow, -0.22), self.w * 0.05, self.h * 0.08, 20),
        )


def make_face(
    model: Model, head: Head, *, down: float = 0.16, skin: str = "main", beak: bool = False, most: float = 29
) -> Face:
    """Return a face that fits into a head: the eyes shrink until both lie well inside."""
    dice = model.dice("face")
    if model.dice("mask").weigh(MASKS) == "heart":
        skin = "pale"
    mood = dice.weigh(MOODS)
    turned = dice.near(0, 0.055) * head.w
    apart = dice.span(1.08, 1.36)
    eye = min(dice.span(0.2, 0.235) * head.w * (1.06 if mood == "amazed" else 1), most, head.h * 0.27)
    room = 0.86 * head.w - abs(turned)
    eye = min(eye, room / (2 + apart))
    tall = dice.span(1.12, 1.32)
    x, y = head.spot(0, down + dice.near(0, 0.05))
    return Face((x + turned, y), eye, apart, mood, dice.near(0, 5), tall, skin, beak)


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
        (*layer.marks, *_marks(model, head)),
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
        return joined(layer, *grown[0].outlines)
    if name in {"tuft", "cloud"} and model.rank < 7:
        front += grown
    else:
        behind += grown
    return layer


def _marks(model: Model, head: Head) -> tuple[Mark, ...]:
    """Return the mask around the face, and from E on the pattern of the element."""
    mask = model.dice("mask").weigh(MASKS)
    marks = _MASKS[mask](head)
    if model.rank >= 1:
        marks += _pattern(model, head)
    return marks


def _muzzle(head: Head) -> tuple[Mark, ...]:
    return (Mark(ellipse(head.spot(0, 0.86), head.w * 0.56, head.h * 0.46), "pale"),)


def _heart(head: Head) -> tuple[Mark, ...]:
    right = ((0, -0.26), (0.4, -0.46), (0.76, -0.24), (0.84, 0.24), (0.62, 0.72), (0, 0.88))
    x, y = head.centre
    return (Mark(symmetric(x, *[(across * head.w, y + down * head.h) for across, down in right]), "pale"),)


def _blaze(head: Head) -> tuple[Mark, ...]:
    return (*_muzzle(head), Mark(leaf(head.spot(0, -1.1), head.spot(0, -0.02), head.w * 0.42), "pale"))


def _patch(head: Head) -> tuple[Mark, ...]:
    return (Mark(ellipse(head.spot(0.5, 0.1), head.w * 0.36, head.h * 0.46, 8), "pale"),)


_MASKS = {"muzzle": _muzzle, "heart": _heart, "none": lambda _: (), "blaze": _blaze, "patch": _patch}


def _pattern(model: Model, head: Head) -> tuple[Mark, ...]:
    side = 1 if model.dice("pattern side").chance(0.75) else -1
    return tuple([Mark(outline, "accent") for outline in _PATTERNS[model.element](head, side)])


def _dots(head: Head, side: int) -> list[Outline]:
    sizes = ((0.5, -0.68, 0.095), (0.69, -0.47, 0.065), (0.31, -0.8, 0.05))
    return [ellipse(head.spot(side * x, y), head.w * r, head.w * r * 0.9) for x, y, r in sizes]


def _stripes(head: Head, side: int) -> list[Outline]:
    return [
        leaf(head.spot(end * 1.06, y - 0.06), head.spot(end * 0.66, y + 0.06), head.h * 0.15)
        for end in (-1, 1)
        for y in (0.3, 0.56)
    ]


def _plates(head: Head, side: int) -> list[Outline]:
    (x, y), u = head.spot(side * 0.52, -0.66), head.w * 0.13
    return [
        polygon(
            (x - u, y - u * 0.2), (x - u * 0.2, y - u), (x + u * 0.9, y - u * 0.6), (x + u, y + u * 0.5), (x, y + u)
        ),
        polygon(
            (x + u * 1.3, y + u * 0.5), (x + u * 2, y + u * 0.7), (x + u * 1.9, y + u * 1.5), (x + u * 1.2, y + u * 1.3)
        ),
    ]


def _swirl(head: Head, side: int) -> list[Outline]:
    spine = [
        head.spot(side * x, y) for x, y in ((0.2, -0.72), (0.46, -0.84), (0.68, -0.62), (0.56, -0.42), (0.42, -0.56))
    ]
    return [tube(spine, (4, 7, 7, 6, 3))]


_PATTERNS = {Element.WATER: _dots, Element.FIRE: _stripes, Element.EARTH: _plates, Element.WIND: _swirl}


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
