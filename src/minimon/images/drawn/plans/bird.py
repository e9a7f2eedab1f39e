"""The bird: an egg with a beak, one wing up to greet."""

from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.face import Face
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.head import Head, make_face, make_turn
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.plans.common import AXIS, tail, wings
from minimon.images.drawn.shapes import ellipse, symmetric, tube


def bird(model: Model) -> Figure:
    """Return a chick, one wing up to greet, its tail to the right."""
    dice = model.dice("body")
    w = dice.near(136, 12)
    head = Head((AXIS - 8, 284), w, dice.near(142, 8), dice.span(0.0, 0.3), "round", make_turn(model) * 0.6)
    face = make_face(model, head, down=-0.12, beak=True)
    x = head.centre[0]
    layer = Layer((head.outline(),), "main", _breast(head, face), depth=15)
    dressed = dress_head(model, head, layer, ears=False, crest=1.15)
    return Figure(
        head.outline(),
        face,
        back=[
            *(wings(model, (x, 330), w * 0.7) if model.rank > 5 else []),
            *tail(model, (x + w * 0.78, 386), 50, 0.95),
            _toes(x),
            _raised((x - w * 0.7, 318), x - w, dice.span(-18, 22)),
            *dressed.back,
        ],
        front=[_beak(face.centre), _folded(x, w), *dressed.front],
    )


def _breast(head: Head, face: Face) -> tuple[Mark, ...]:
    """Return the pale face and breast, with three ticks."""
    (x, y), w = head.centre, head.w
    fx, fy = face.centre
    right = (
        (0, fy - 16),
        (w * 0.4, fy - 48),
        (w * 0.76, fy - 10),
        (w * 0.78, y + 60),
        (w * 0.5, y + 150),
        (0, y + 160),
    )
    ticks = ((-30, 84), (24, 86), (-3, 108))
    return (
        Mark(symmetric(fx, *right), "pale"),
        *[Mark(ellipse((x + dx, y + dy), 6, 9), "main") for dx, dy in ticks],
    )


def _beak(at: Point) -> Layer:
    x, y = at
    edge = ((0, 20), (25, 31), (16, 48), (1, 58), (-16, 48), (-25, 31))
    split = ((x - 18, y + 37), (x, y + 42), (x + 18, y + 37))
    return Layer((Outline(tuple([(x + dx, y + dy) for dx, dy in edge])),), "accent", creases=(split,), depth=5)


def _raised(shoulder: Point, side: float, lift: float) -> Layer:
    """Return the wing that greets: three feathers from one shoulder."""
    x, y = shoulder
    tips = [(side + dx, tip - lift) for dx, tip in ((-62, 276), (-54, 218), (-12, 184))]
    feathers = [tube((shoulder, ((x + tx) / 2, (y + ty + lift) / 2 + 4), (tx, ty)), (34, 33, 19)) for tx, ty in tips]
    return Layer(tuple(feathers), "main", depth=9)


def _folded(x: float, w: float) -> Layer:
    edge = (
        (0.78, 300),
        (1.02, 328),
        (1.07, 364),
        (0.97, 394),
        (0.82, 390),
        (0.69, 406),
        (0.56, 392),
        (0.43, 394),
        (0.44, 362),
        (0.56, 320),
    )
    outline = Outline(tuple([(x + across * w, y) for across, y in edge]), frozenset({4, 6}))
    return Layer((outline,), "main", depth=8)


def _toes(x: float) -> Layer:
    points = ((0, 400), (20, 424), (32, 440), (16, 447), (0, 442), (-16, 447), (-32, 440), (-20, 424))
    return Layer(
        tuple([Outline(tuple([(x + side + dx, y) for dx, y in points])) for side in (-42, 42)]), "accent", depth=5
    )
