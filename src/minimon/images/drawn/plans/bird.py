"""The bird: an egg with a beak, one wing up to greet."""

from functools import lru_cache

from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.face import Face
from minimon.images.drawn.figure import Figure, Layer, Mark, Piece, pieces
from minimon.images.drawn.frame import frame_at
from minimon.images.drawn.head import Head, make_face, make_head
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.plans.common import AXIS, tail, wings
from minimon.images.drawn.shapes import ellipse, symmetric, tube


def bird(model: Model) -> Figure:
    """Return a chick, one wing up to greet, its tail to the right."""
    x = AXIS - 8
    head = make_head(model, (x, 284), (136, 142), "round", pear=(0.0, 0.3))
    w, low = head.w, head.h - 142
    face = make_face(model, head, down=-0.12, beak=True)
    dressed = dress_head(model, head, own=_breast(head, face), ears=False, crest=1.15, depth=11)
    lift = model.dice("body").step(0, 20, 4)
    return Figure(
        head,
        face,
        back=[
            *(wings(model, (x, 330), w * 0.7, clear=w) if model.rank > 5 else []),
            *tail(model, (x + w * 0.78, 386), 50, 0.95),
            Piece(_TOES, frame_at((x, low))),
            *_raised((x - round(w) * 0.7, 318), x - round(w), lift),
            *dressed.back,
        ],
        front=[Piece(_BEAK, frame_at(face.centre)), Piece(_FOLDED, frame_at((x + w * 0.76, 360))), *dressed.front],
    )


def _breast(head: Head, face: Face) -> tuple[Mark, ...]:
    """Return the pale face and breast, with three ticks, in the head's own frame."""
    across, down = (face.centre[0] - head.centre[0]) / head.w, (face.centre[1] - head.centre[1]) / head.w
    return _bib(round(across * 50) * 2, round(down * 25) * 4, head.aspect)


@lru_cache(maxsize=1024)
def _bib(x: float, y: float, aspect: float) -> tuple[Mark, ...]:
    low = 100 * aspect
    right = ((0, y - 12), (40, y - 35), (76, y - 7), (78, low * 0.42), (50, low * 1.06), (0, low * 1.12))
    ticks = [Mark(ellipse((dx, dy), 4.5, 6.6), "main") for dx, dy in ((-22, 61), (18, 62), (-2, 79))]
    return (Mark(symmetric(x, *right), "pale"), *ticks)


_BEAK = Layer(
    (Outline(((0, 20), (25, 31), (16, 48), (1, 58), (-16, 48), (-25, 31))),),
    "accent",
    creases=(((-18, 37), (0, 42), (18, 37)),),
    depth=5,
)
_TOE: tuple[Point, ...] = ((0, 400), (20, 424), (32, 440), (16, 447), (0, 442), (-16, 447), (-32, 440), (-20, 424))
_TOES = Layer(tuple(Outline(tuple([(side + dx, y) for dx, y in _TOE])) for side in (-42, 42)), "accent", depth=5)
_FOLDED = Layer(
    (
        Outline(
            (
                (4, -60),
                (36, -32),
                (42, 4),
                (28, 34),
                (8, 30),
                (-10, 46),
                (-27, 32),
                (-45, 34),
                (-44, 2),
                (-27, -40),
            ),
            frozenset({4, 6}),
        ),
    ),
    "main",
    depth=8,
)


@lru_cache(maxsize=1024)
def _raised(shoulder: Point, side: float, lift: float) -> tuple[Piece, ...]:
    """Return the wing that greets: three feathers from one shoulder."""
    x, y = shoulder
    tips = [(side + dx, tip - lift) for dx, tip in ((-62, 276), (-54, 218), (-12, 184))]
    feathers = [tube((shoulder, ((x + tx) / 2, (y + ty + lift) / 2 + 4), (tx, ty)), (34, 33, 19)) for tx, ty in tips]
    return pieces(Layer(tuple(feathers), "main", depth=9))
