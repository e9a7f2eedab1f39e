"""Plans that hover: floater, fish, moth."""

from dataclasses import replace
from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark, Piece, mirrored, pieces
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import put
from minimon.images.drawn.parts.wings import WINGS
from minimon.images.drawn.plans.common import AXIS, WING_WEIGHTS, arms, back, collar, folded, ornaments, tail, wings
from minimon.images.drawn.shapes import ellipse, leaf, symmetric, tube


def floater(model: Model) -> Figure:
    """Return a bell that hovers on a collar of its element, with ribbons below."""
    head = make_head(model, (AXIS, 190), (140, 104), "bell", pear=(0, 0))
    w, top = head.w, head.h - 104
    dressed = dress_head(model, head, ears=model.rank > 2, depth=11)
    neck, wide = {Element.WATER: (286, 0.8), Element.WIND: (294, 0.92)}.get(model.element, (294, 0.8))
    return Figure(
        head,
        make_face(model, head, down=-0.04),
        back=[
            *wings(model, (AXIS, 250), w * 0.7, clear=w),
            *_ribbons(model.dice("body").step(134, 22, 4)),
            *dressed.back,
        ],
        front=[*collar(model, AXIS, neck + top, w * wide), *dressed.front],
        lift=26,
    )


@lru_cache(maxsize=64)
def _ribbons(length: float) -> tuple[Piece, ...]:
    outer = tube(((160, 280), (164, 340), (150, 382), (112, 396), (88, 372), (106, 356)), (22, 20, 17, 14, 11, 7))
    return pieces(
        Layer((_ribbon(AXIS - 42, length * 0.82), _ribbon(AXIS + 42, length * 0.82)), "accent", depth=5),
        Layer((_ribbon(AXIS, length),), "main", depth=5),
        Layer(mirrored((outer,), AXIS), "main", depth=6),
    )


def _ribbon(x: float, length: float) -> Outline:
    sway = ((4, 0), (-8, 0.36), (7, 0.72), (2, 1))
    return tube([(x + dx, 290 + share * length) for dx, share in sway], (17, 17, 15, 9))


def fish(model: Model) -> Figure:
    """Return a round fish that swims in the air, its tail to the right."""
    x, y = 226.0, 280.0
    head = make_head(model, (x, y), (140, 120), "round", pear=(-0.1, 0.2))
    head = replace(head, turn=-abs(head.turn))
    w, h = head.w, head.h
    dressed = dress_head(model, head, own=_scales(head.aspect, scaly=model.rank >= 2), ears=False, crest=1.15, depth=11)
    return Figure(
        head,
        make_face(model, head, down=0.02),
        back=[
            *folded(model, (x + 40, y - h * 0.5), 0.8),
            *back(model, (x + 44, y - h * 0.84), 22, 0.8),
            *tail(model, (x + w * 0.9, y + 10), 82, 0.98),
            *_fins(x, y, round(w))[:1],
            *dressed.back,
        ],
        front=[*_fins(x, y, round(w))[1:], *dressed.front],
        lift=34,
    )


@lru_cache(maxsize=64)
def _fins(x: float, y: float, w: float) -> tuple[Piece, ...]:
    """Return the far and the near fin at its sides."""
    side = leaf((x + w * 0.5, y + 40), (x + w * 0.86, y + 122), 58, -8)
    far = leaf((x - w * 0.66, y + 56), (x - w * 1.08, y + 112), 50, 8)
    return pieces(
        Layer((far,), "accent", depth=6),
        Layer((side,), "accent", creases=(((x + w * 0.6, y + 66), (x + w * 0.72, y + 92)),), depth=6),
    )


@lru_cache(maxsize=64)
def _scales(aspect: float, *, scaly: bool) -> tuple[Mark, ...]:
    """Return the pale underside, and scales from D on, in the head's own frame."""
    h = 100 * aspect
    scales = [Mark(ellipse((a, h * b), 10, 10), "accent") for a, b in ((70, -0.3), (86, -0.02), (66, 0.02))]
    return (Mark(ellipse((-6, h * 0.96), 74, h * 0.56), "pale"), *(scales if scaly else ()))


def moth(model: Model) -> Figure:
    """Return a flutterer: a big head, a little body with stripes, and large wings."""
    dice = model.dice("body")
    head = make_head(model, (AXIS, 238), (114, 96), "fluff", "round")
    dressed = dress_head(model, head, ears=False, crest=0.95)
    name = dice.weigh(WING_WEIGHTS[model.element])
    grown, lean = 1.2 + 0.05 * model.rank, dice.span(-10, 8)
    hind, low = dice.pick(("petals", name)), dice.span(0.62, 0.8)
    upper = _both(name, 34, 330, lean, grown)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *_both(hind, 30, 384, 46 if hind == "petals" else 58, low),
            *upper,
            *_thorax(),
            *arms(model, AXIS, 348, 40, 38),
            *ornaments(model, AXIS, 332, 50),
            *dressed.back,
        ],
        front=dressed.front,
        lift=30,
    )


def _both(name: str, apart: float, y: float, degrees: float, size: float) -> list[Piece]:
    left = put(WINGS[name], (AXIS - apart, y), -degrees, size, flip=True)
    return left + put(WINGS[name], (AXIS + apart, y), degrees, size)


@lru_cache(maxsize=1)
def _thorax() -> tuple[Piece, ...]:
    torso = symmetric(AXIS, (0, 306), (44, 322), (58, 366), (40, 410), (0, 432))
    stripes = tuple([Mark(ellipse((AXIS, y), 70, 9), "accent") for y in (366, 398)])
    return pieces(Layer((torso,), "pale", stripes, depth=8))
