"""Plans that creep, the head on the left: shell, crawler."""

from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark, Piece, pieces
from minimon.images.drawn.frame import frame_at
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.plans.common import back, collar, folded, ornaments, tail
from minimon.images.drawn.shapes import ellipse, polygon, tube


def shell(model: Model) -> Figure:
    """Return one that carries its house: a dome or a spiral on the right, the head peeping out on the left."""
    x = 182.0
    head = make_head(model, (x, 284), (112, 98), "round", "seed")
    dressed = dress_head(model, head, crest=0.9)
    size = model.dice("body").near(118, 10)
    cx, cy = 326.0, 440 - size * 0.98
    coiled = model.dice("house").chance(0.6 if model.element in {Element.WATER, Element.WIND} else 0.25)
    house = (_COILED if coiled else _TILED)["wood" if model.element is Element.EARTH else "accent"]
    return Figure(
        head,
        make_face(model, head),
        back=[
            *folded(model, (cx - 6, cy - size * 0.6), 0.85),
            *back(model, (cx, cy - size * 0.86), 6, 0.9),
            Piece(house, frame_at((cx, cy), 0, size / 100)),
            *_foot(x),
            *ornaments(model, x, 392, 56),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=1)
def _foot(x: float) -> tuple[Piece, ...]:
    foot = tube(((x + 4, 372), (x + 60, 414), (x + 190, 426), (x + 276, 402)), (58, 38, 26, 9))
    return pieces(Layer((foot,), "main", (Mark(ellipse((x + 110, 458), 190, 22), "pale"),), depth=8))


def _tile(x: float, y: float) -> Outline:
    return polygon((x, y - 30), (x + 27, y - 14), (x + 27, y + 14), (x, y + 30), (x - 27, y + 14), (x - 27, y - 14))


_HOUSE = ellipse((0, 0), 100, 98)
_TILES = tuple(Mark(_tile(x, y), "pale") for x, y in ((0, -34), (-66, 12), (66, 12), (0, 42), (-58, -62), (58, -62)))
_SWIRL = ((70, 62), (86, -10), (40, -68), (-30, -58), (-50, 0), (-10, 42), (34, 20), (22, -18), (-6, -10))
_GLOSS = (ellipse((-50, -64), 8, 19, 46),)
_TILED = {tone: Layer((_HOUSE,), tone, _TILES, (), _GLOSS, 14) for tone in ("wood", "accent")}
_COILED = {
    tone: Layer((_HOUSE,), tone, (Mark(ellipse((2, -2), 56, 56), "pale"),), (_SWIRL,), _GLOSS, 14)
    for tone in ("wood", "accent")
}


def crawler(model: Model) -> Figure:
    """Return a caterpillar: round segments on many feet, the head up front on the left."""
    x = 176.0
    head = make_head(model, (x, 286), (118, 104), "round", "wide")
    dressed = dress_head(model, head, crest=0.9)
    wave = model.dice("body").step(3, 17, 2)
    return Figure(
        head,
        make_face(model, head),
        back=[
            *folded(model, (316, 322), 0.9),
            *back(model, (372, 332 - wave), 10, 0.62),
            *tail(model, (446, 384 - wave * 0.5), 40, 0.5),
            *_segments(wave, striped=model.rank > 0),
            *(collar(model, x + 16, 376, 62) if model.rank >= 3 else []),
            *ornaments(model, x + 12, 384, 60),
            *dressed.back,
        ],
        front=dressed.front,
    )


@lru_cache(maxsize=64)
def _segments(wave: float, *, striped: bool) -> tuple[Piece, ...]:
    places = ((430, 398 - wave * 0.5, 38), (372, 374 - wave, 50), (300, 364, 60), (222, 384, 56))
    found: list[Layer] = []
    for index, (x, y, r) in enumerate(places):
        toes = tuple([ellipse((x + dx * r, 438), r * 0.26, 13) for dx in (-0.42, 0.42)])
        trunk = tube(((x, y), (x, min(y + 30, 434 - r * 0.8))), (r, r * 0.94))
        under = (Mark(ellipse((x, 446), r * 0.9, r * 0.5), "pale"),)
        found += [Layer(toes, "accent", depth=4)]
        found += [Layer((trunk,), "deep" if index % 2 and striped else "main", under, depth=9)]
    return pieces(*found)
