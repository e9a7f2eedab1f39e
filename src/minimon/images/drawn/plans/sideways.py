"""Plans that lie along the ground on legs or a belly, the head on the left: quadruped, serpent."""

from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.plans.common import back, ornaments, tail, wings
from minimon.images.drawn.shapes import ellipse, tube


def _leg(x: float, foot: float, thick: float, tone: str = "main") -> Layer:
    return Layer(
        (tube(((x, 374), (x, foot - 20)), (thick, thick - 2)),),
        tone,
        (Mark(ellipse((x, foot + 22), 48, 24), "pale"),),
        depth=6,
    )


def quadruped(model: Model) -> Figure:
    """Return a cub on four stubby legs, its head towards us and its tail to the right."""
    dice = model.dice("body")
    x = 206.0
    head = make_head(model, (x, 246), (128, 106), "fluff", "wide")
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14), crest=0.95)
    long, thick = dice.near(386, 14), dice.near(29, 3)
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
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (300, 330), 22, 0.95),
            *tail(model, (long + 8, 372), 30, 0.86),
            *back(model, (318, 314), 8, 0.8),
            _leg(284, 434, thick, "far"),
            Layer((trunk, haunch), "main", dapples if model.rank else (), depth=11),
            _leg(long - 42, 441, thick),
            _leg(x + 32, 443, thick),
            _leg(x - 32, 443, thick),
            *ornaments(model, x, 352, 62),
            *dressed.back,
        ],
        front=dressed.front,
    )


def serpent(model: Model) -> Figure:
    """Return a pup with a big head on a long bent body, and its tail raised on the right."""
    dice = model.dice("body")
    x = 200.0
    head = make_head(model, (x, 212), (126, 106), "snout", "wide")
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14), crest=0.9)
    rise = dice.span(286, 316)
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
    body = Layer(
        (tube(spine, (52, 56, 52, 46, 40, 32, 23, 15)),),
        "main",
        (Mark(tube(under, (38, 38, 38, 32, 26, 22, 16)), "pale"),),
        depth=11,
    )
    flippers = (ellipse((x - 74, 366), 40, 19, -42), ellipse((x + 62, 370), 38, 19, 42))
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (x + 40, 370), 30, 0.9),
            *tail(model, (x + 238, rise + 12), 6, 0.72),
            *back(model, (x + 164, 376), 4, 0.62),
            Layer((flippers[0],), "main", depth=6),
            body,
            Layer((flippers[1],), "main", depth=6),
            *ornaments(model, x - 4, 330, 52),
            *dressed.back,
        ],
        front=dressed.front,
    )
