"""Plans that lie along the ground on legs or a belly, the head on the left: quadruped, serpent."""

from functools import lru_cache

from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark, Piece, pieces
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, put
from minimon.images.drawn.parts.limbs import FAR_LEG, LEG
from minimon.images.drawn.plans.common import back, folded, ornaments, tail
from minimon.images.drawn.shapes import ellipse, tube


def quadruped(model: Model) -> Figure:
    """Return a cub on four stubby legs, its head towards us and its tail to the right."""
    dice = model.dice("body")
    x = 206.0
    head = make_head(model, (x, 246), (128, 106), "fluff", "wide")
    dressed = dress_head(model, head, crest=0.95)
    long, thick = dice.step(386, 14, 2), dice.near(0.84, 0.08)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *folded(model, (310, 330), 0.95),
            *tail(model, (long + 8, 372), 30, 0.86),
            *back(model, (318, 314), 8, 0.8),
            *_leg(FAR_LEG, 278, 436, thick),
            *_trunk(long, dappled=model.rank > 0),
            *_leg(LEG, long - 38, 444, thick),
            *_leg(LEG, x + 34, 446, thick),
            *_leg(LEG, x - 34, 446, thick),
            *ornaments(model, x, 352, 62),
            *dressed.back,
        ],
        front=dressed.front,
    )


def _leg(part: Part, x: float, foot: float, thick: float) -> list[Piece]:
    return [piece._replace(tip=False) for piece in put(part, (x, foot), 0, thick)]


@lru_cache(maxsize=64)
def _trunk(long: float, *, dappled: bool) -> tuple[Piece, ...]:
    trunk = Outline(
        ((160, 330), (250, 302), (330, 312), (long - 6, 346), (long, 392), (334, 412), (220, 414), (156, 400))
    )
    dapples = tuple(
        [
            Mark(ellipse((long + dx, y), r, r * 0.85), "pale")
            for dx, y, r in ((-34, 338, 11), (-14, 362, 7), (-60, 328, 7))
        ]
    )
    haunch = ellipse((long - 38, 378), 46, 44)
    return pieces(Layer((trunk, haunch), "main", dapples if dappled else (), depth=11))


def serpent(model: Model) -> Figure:
    """Return a pup with a big head on a long bent body, and its tail raised on the right."""
    x = 200.0
    head = make_head(model, (x, 212), (126, 106), "snout", "wide")
    dressed = dress_head(model, head, crest=0.9)
    rise = model.dice("body").step(300, 16, 2)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *folded(model, (x + 54, 366), 0.9),
            *tail(model, (x + 238, rise + 12), 6, 0.72),
            *back(model, (x + 164, 376), 4, 0.62),
            *_coil(x, rise),
            *ornaments(model, x - 4, 332, 54),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=64)
def _coil(x: float, rise: float) -> tuple[Piece, ...]:
    """Return the body between its two flippers."""
    spine = (
        (x, 270),
        (x - 14, 340),
        (x + 6, 394),
        (x + 74, 414),
        (x + 152, 412),
        (x + 220, 390),
        (x + 246, 340),
        (x + 238, rise),
    )
    under = ((x - 28, 280), (x - 40, 350), (x - 14, 424), (x + 70, 448), (x + 156, 444), (x + 240, 420), (x + 280, 350))
    return pieces(
        Layer((ellipse((x - 74, 366), 40, 19, -42),), "main", depth=6),
        Layer(
            (tube(spine, (52, 56, 52, 46, 40, 32, 23, 15)),),
            "main",
            (Mark(tube(under, (38, 38, 38, 32, 26, 22, 16)), "pale"),),
            depth=11,
        ),
        Layer((ellipse((x + 62, 370), 38, 19, 42),), "main", depth=6),
    )
