"""Plans that are a head from top to bottom: blob, chunk, skirted."""

from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Piece, mirrored, pieces
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.plans.common import AXIS, arm, back, belly, tail, wings
from minimon.images.drawn.shapes import tube

GESTURES = ("out", "up", "down")


def blob(model: Model) -> Figure:
    """Return a gumdrop that is all head, flat on the ground, with stubby arms."""
    head = make_head(model, (AXIS, 306), (146, 136), "dome", pear=(-0.2, 0.1))
    w, h = head.w, head.h
    dressed = dress_head(model, head, own=belly(model, (0, 100 * head.aspect * 0.92), 66, 38), crest=1.2, depth=10)
    reach = model.dice("body").span(38, 52)
    limbs = [
        piece
        for side in (-1, 1)
        for piece in arm(AXIS, 306 + h * 0.42, w * 0.9, reach, side, model.dice(f"arm{side}").pick(GESTURES))
    ]
    return Figure(
        head,
        make_face(model, head, down=0.12),
        back=[
            *wings(model, (AXIS, 330), w * 0.7, 0.9, clear=w),
            *(tail(model, (AXIS + w * 0.8, 306 + h * 0.76), 52, 0.7) if model.rank > 2 else []),
            *limbs,
            *dressed.back,
        ],
        front=dressed.front,
    )


def chunk(model: Model) -> Figure:
    """Return a boulder of a body with large hands that hang below its cheeks, and short legs."""
    head = make_head(model, (AXIS, 286), (134, 126), "block", pear=(-0.1, 0.1))
    w = head.w
    dressed = dress_head(model, head, own=belly(model, (0, 92 * head.aspect), 58, 40))
    hand, drop = model.dice("body").step(32, 3), model.dice("hands").step(404, 10, 2)
    return Figure(
        head,
        make_face(model, head, down=-0.06),
        back=[
            *wings(model, (AXIS, 300), w * 0.6, clear=w),
            *back(model, (AXIS, 286 - head.h * 0.9), 0, 1.1),
            *_legs(),
            *dressed.back,
        ],
        front=[*_hands(round(w), hand, drop), *dressed.front],
    )


@lru_cache(maxsize=1)
def _legs() -> tuple[Piece, ...]:
    return pieces(Layer(mirrored((tube(((AXIS - 62, 390), (AXIS - 62, 424)), (38, 36)),), AXIS), "main", depth=7))


@lru_cache(maxsize=1024)
def _hands(w: float, hand: float, drop: float) -> tuple[Piece, ...]:
    """Return two short arms that end in large hands with two lines between the fingers."""
    x = AXIS - w * 1.1
    limb = tube(((AXIS - w * 0.98, 356), (x, 376), (x, drop)), (15, 21, hand))
    lines = tuple([((x + dx, drop + hand * 0.35), (x + dx, drop + hand * 0.72)) for dx in (-9, 9)])
    across = tuple([tuple([(2 * AXIS - px, py) for px, py in line]) for line in lines])
    return pieces(
        Layer((limb,), "main", creases=lines, depth=8),
        Layer((limb.mirrored(AXIS),), "main", creases=across, depth=8),
    )


def skirted(model: Model) -> Figure:
    """Return a spirit: a hood that flows down into the hem of its element."""
    head = make_head(model, (AXIS, 238), (124, 122), "seed", pear=(0.0, 0.2))
    w = head.w
    dressed = dress_head(model, head, outlines=(_HEMS[model.element],), own=belly(model, (0, 98), 50, 38), depth=11)
    limbs = [
        piece
        for side in (-1, 1)
        for piece in arm(AXIS, 338, w * 0.76, 46, side, model.dice(f"arm{side}").pick(GESTURES))
    ]
    return Figure(
        head,
        make_face(model, head, down=0.1),
        back=[*wings(model, (AXIS, 330), w * 0.6, clear=w), *limbs, *dressed.back],
        front=dressed.front,
        lift=22,
    )


_HEMS = {
    Element.WATER: Outline(
        (
            (-88, 10),
            (-84, 70),
            (-97, 122),
            (-88, 150),
            (-60, 158),
            (-33, 136),
            (0, 164),
            (33, 136),
            (60, 158),
            (88, 150),
            (97, 122),
            (84, 70),
            (88, 10),
        ),
        frozenset({5, 7}),
    ),
    Element.FIRE: Outline(
        (
            (-88, 10),
            (-82, 66),
            (-96, 110),
            (-72, 166),
            (-38, 130),
            (0, 178),
            (38, 130),
            (72, 166),
            (96, 110),
            (82, 66),
            (88, 10),
        ),
        frozenset({3, 5, 7}),
    ),
    Element.EARTH: Outline(
        (
            (-88, 10),
            (-80, 70),
            (-100, 124),
            (-84, 152),
            (-50, 138),
            (-36, 160),
            (0, 142),
            (36, 160),
            (50, 138),
            (84, 152),
            (100, 124),
            (80, 70),
            (88, 10),
        ),
        frozenset({3, 4, 5, 6, 7, 8, 9}),
    ),
    Element.WIND: Outline(
        (
            (-88, 10),
            (-82, 62),
            (-70, 108),
            (-36, 148),
            (22, 166),
            (86, 160),
            (122, 124),
            (92, 132),
            (70, 122),
            (80, 66),
            (88, 10),
        ),
        frozenset({6}),
    ),
}
"""Gowns in the head's own frame: scallops, tongues, leaves, a wisp that blows to the side."""
