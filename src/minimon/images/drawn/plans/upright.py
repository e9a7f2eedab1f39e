"""Plans that stand upright, a head on a smaller body: biped, sprout, drake."""

from functools import lru_cache

from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark, Piece, mirrored, pieces
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.plans.common import AXIS, arms, belly, collar, feet, ornaments, tail, wings
from minimon.images.drawn.shapes import ellipse, symmetric, tube


def biped(model: Model) -> Figure:
    """Return a cub: a big head on a small body with arms, legs and a tail."""
    head = make_head(model, (AXIS, 238), (130, 106), "round", "fluff", "wide", pear=(-0.1, 0.3))
    w = model.dice("body").step(70, 9)
    dressed = dress_head(model, head)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *wings(model, (AXIS, 350), 40, clear=head.w),
            *tail(model, (AXIS + w * 0.8, 410), 46, 0.8),
            *_cub(w, pale=bool(belly(model, (0, 0), 1, 1))),
            *arms(model, AXIS, 362, w * 0.78, 58),
            *ornaments(model, AXIS, 348, w * 0.74),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=256)
def _cub(w: float, *, pale: bool) -> tuple[Piece, ...]:
    """Return feet and torso."""
    torso = symmetric(AXIS, (0, 316), (w * 0.62, 330), (w, 384), (w * 0.94, 424), (w * 0.5, 442), (0, 446))
    toes = mirrored((ellipse((AXIS - w * 0.62, 430), w * 0.46, 24),), AXIS)
    spot = (Mark(ellipse((AXIS, 408), w * 0.62, 44), "pale"),) if pale else ()
    return pieces(Layer(toes, "main", depth=6), Layer((torso,), "main", spot, depth=10))


def sprout(model: Model) -> Figure:
    """Return a seedling: a round head on a small body in a skirt of leaves, flames, drops or cloud."""
    head = make_head(model, (AXIS, 250), (132, 106), "seed", pear=(-0.1, 0.1))
    dressed = dress_head(model, head, crest=1.05)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *wings(model, (AXIS, 356), 30, clear=head.w),
            *_stem(model.dice("body").step(352, 14, 2)),
            *collar(model, AXIS, 360, 68),
            *ornaments(model, AXIS, 350, 56),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=64)
def _stem(hand: float) -> tuple[Piece, ...]:
    """Return feet, arms and torso."""
    limb = tube(((AXIS - 40, 362), (AXIS - 96, 374), (AXIS - 122, hand)), (14, 14, 13))
    torso = symmetric(AXIS, (0, 330), (46, 346), (68, 392), (54, 432), (0, 442))
    return pieces(
        feet(AXIS, 440, 34, 30), Layer(mirrored((limb,), AXIS), "main", depth=6), Layer((torso,), "pale", depth=10)
    )


def drake(model: Model) -> Figure:
    """Return a little dragon that sits upright: a pear of a body with a plated belly, wings and a long tail."""
    head = make_head(model, (AXIS, 218), (120, 98), "snout", pear=(-0.1, 0.1))
    w = model.dice("body").step(90, 10)
    dressed = dress_head(model, head, crest=0.85)
    return Figure(
        head,
        make_face(model, head, down=0.1),
        back=[
            *wings(model, (AXIS, 344), 46, clear=head.w + 8, always=True),
            *tail(model, (AXIS + 160, 400), 18, 0.7),
            *_dragon(w),
            *arms(model, AXIS, 346, w * 0.66, 48),
            *ornaments(model, AXIS, 322, w * 0.64),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=64)
def _dragon(w: float) -> tuple[Piece, ...]:
    """Return the root of the tail, the torso with its plates, and the feet."""
    torso = symmetric(AXIS, (0, 290), (w * 0.56, 306), (w * 0.86, 360), (w, 408), (w * 0.72, 440), (0, 446))
    plates = symmetric(AXIS, (0, 318), (w * 0.36, 330), (w * 0.58, 388), (w * 0.5, 436), (0, 452))
    rows = tuple(
        [((AXIS - w * r, y), (AXIS, y + 5), (AXIS + w * r, y)) for y, r in ((356, 0.34), (384, 0.46), (412, 0.46))]
    )
    spine = ((AXIS + 40, 424), (AXIS + 120, 430), (AXIS + 168, 392))
    toes = mirrored((ellipse((AXIS - w * 0.74, 432), w * 0.4, 22),), AXIS)
    return pieces(
        Layer((tube(spine, (30, 25, 19)),), "main", depth=8),
        Layer((torso,), "main", (Mark(plates, "pale"),), rows, depth=11),
        Layer(toes, "main", depth=6),
    )
