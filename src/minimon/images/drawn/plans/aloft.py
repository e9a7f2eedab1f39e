"""Plans that hover: floater, fish, moth."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark, mirrored
from minimon.images.drawn.head import Head, make_face, make_head, make_turn
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import put
from minimon.images.drawn.parts.wings import WINGS
from minimon.images.drawn.plans.common import AXIS, WING_WEIGHTS, arms, back, collar, ornaments, tail, wings
from minimon.images.drawn.shapes import ellipse, leaf, symmetric, tube


def floater(model: Model) -> Figure:
    """Return a bell that hovers on a collar of its element, with ribbons below."""
    dice = model.dice("body")
    w = dice.near(140, 10)
    bell = symmetric(
        AXIS, (0, 88), (w * 0.48, 98), (w * 0.84, 138), (w, 198), (w * 0.97, 250), (w * 0.66, 284), (0, 292)
    )
    head = Head((AXIS, 190), w, 104, 0, "round", make_turn(model))
    face = make_face(model, head, down=-0.04)
    dressed = dress_head(model, head, Layer((bell,), "main", depth=15), ears=model.rank > 2)
    length = dice.span(112, 156)
    ribbons = [
        Layer((_ribbon(AXIS - 42, length * 0.82), _ribbon(AXIS + 42, length * 0.82)), "accent", depth=5),
        Layer((_ribbon(AXIS, length),), "main", depth=5),
    ]
    outer = tube(((160, 290), (164, 340), (150, 382), (112, 396), (88, 372), (106, 356)), (22, 20, 17, 14, 11, 7))
    return Figure(
        bell,
        face,
        back=[
            *wings(model, (AXIS, 250), w * 0.7),
            *ribbons,
            Layer(mirrored((outer,), AXIS), "main", depth=6),
            *dressed.back,
        ],
        front=[
            *collar(
                model,
                AXIS,
                294 if model.element is not Element.WATER else 286,
                w * 0.92 if model.element is Element.WIND else w * 0.8,
            ),
            *dressed.front,
        ],
        lift=26,
    )


def _ribbon(x: float, length: float) -> Outline:
    sway = ((4, 0), (-8, 0.36), (7, 0.72), (2, 1))
    return tube([(x + dx, 300 + share * length) for dx, share in sway], (17, 17, 15, 9))


def fish(model: Model) -> Figure:
    """Return a round fish that swims in the air, its tail to the right."""
    dice = model.dice("body")
    w, h = dice.near(140, 10), dice.near(120, 8)
    x, y = 226.0, 280.0
    head = Head((x, y), w, h, dice.span(-0.1, 0.2), "round", -abs(make_turn(model)))
    face = make_face(model, head, down=0.02)
    layer = Layer((head.outline(),), "main", belly(model, x, y, w, h), depth=15)
    dressed = dress_head(model, head, layer, ears=False, crest=1.15)
    side = leaf((x + w * 0.5, y + 40), (x + w * 0.86, y + 122), 58, -8)
    far = leaf((x - w * 0.66, y + 56), (x - w * 1.08, y + 112), 50, 8)
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (x + 10, y), w * 0.7, 0.9),
            *back(model, (x + 44, y - h * 0.84), 22, 0.8),
            *tail(model, (x + w * 0.9, y + 10), 82, 0.98),
            Layer((far,), "accent", depth=6),
            *dressed.back,
        ],
        front=[
            Layer((side,), "accent", creases=(((x + w * 0.6, y + 66), (x + w * 0.72, y + 92)),), depth=6),
            *dressed.front,
        ],
        lift=34,
    )


def belly(model: Model, x: float, y: float, w: float, h: float) -> tuple[Mark, ...]:
    """Return the pale underside, and scales from D on."""
    scales = tuple(
        [
            Mark(ellipse((x + w * a, y + h * b), w * 0.1, w * 0.1), "accent")
            for a, b in ((0.7, -0.3), (0.86, -0.02), (0.66, 0.02))
        ]
    )
    return (Mark(ellipse((x - 8, y + h * 0.96), w * 0.74, h * 0.56), "pale"), *(scales if model.rank >= 2 else ()))


def moth(model: Model) -> Figure:
    """Return a flutterer: a big head, a little body with stripes, and large wings."""
    dice = model.dice("body")
    head = make_head(model, (AXIS, 238), (114, 96), "fluff", "round")
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=13), ears=False, crest=0.95)
    torso = symmetric(AXIS, (0, 306), (44, 322), (58, 366), (40, 410), (0, 432))
    stripes = tuple([Mark(ellipse((AXIS, y), 70, 9), "accent") for y in (366, 398)])
    name = dice.weigh(WING_WEIGHTS[model.element])
    grown = 1.2 + 0.05 * model.rank
    lean = dice.span(-10, 8)
    upper = put(WINGS[name], (AXIS - 34, 330), -lean, grown, flip=True) + put(
        WINGS[name], (AXIS + 34, 330), lean, grown
    )
    lower = put(WINGS["petals"], (AXIS - 30, 384), -46, 0.72, flip=True) + put(
        WINGS["petals"], (AXIS + 30, 384), 46, 0.72
    )
    return Figure(
        head.outline(),
        face,
        back=[
            *lower,
            *upper,
            Layer((torso,), "pale", stripes, depth=8),
            *arms(model, AXIS, 348, 40, 38),
            *ornaments(model, AXIS, 330, 48),
            *dressed.back,
        ],
        front=dressed.front,
        lift=30,
    )
