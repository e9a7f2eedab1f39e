"""Plans that creep, the head on the left: shell, crawler."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.head import make_face, make_head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.plans.common import back, collar, ornaments, tail, wings
from minimon.images.drawn.shapes import ellipse, polygon, tube


def shell(model: Model) -> Figure:
    """Return one that carries its house: a dome or a spiral on the right, the head peeping out on the left."""
    dice = model.dice("body")
    x = 182.0
    head = make_head(model, (x, 284), (112, 98), "round", "seed")
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=13), crest=0.9)
    size = dice.near(118, 10)
    cx, cy = 326.0, 440 - size * 0.98
    foot = tube(((x + 4, 372), (x + 60, 414), (x + 190, 426), (x + 276, 402)), (58, 38, 26, 9))
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (cx, cy + 10), 30, 0.95),
            *back(model, (cx, cy - size * 0.86), 6, 0.9),
            *_house(model, cx, cy, size),
            Layer((foot,), "main", (Mark(ellipse((x + 110, 458), 190, 22), "pale"),), depth=8),
            *ornaments(model, x, 392, 56),
            *dressed.back,
        ],
        front=dressed.front,
    )


def _house(model: Model, x: float, y: float, r: float) -> list[Layer]:
    tone = "wood" if model.element is Element.EARTH else "accent"
    outline = ellipse((x, y), r, r * 0.98)
    if model.dice("house").chance(0.6 if model.element in {Element.WATER, Element.WIND} else 0.25):
        turns = (
            (0.7, 0.62),
            (0.86, -0.1),
            (0.4, -0.68),
            (-0.3, -0.58),
            (-0.5, 0.0),
            (-0.1, 0.42),
            (0.34, 0.2),
            (0.22, -0.18),
            (-0.06, -0.1),
        )
        swirl = tuple([(x + a * r, y + b * r) for a, b in turns])
        return [
            Layer(
                (outline,),
                tone,
                (Mark(ellipse((x + 0.02 * r, y - 0.02 * r), r * 0.56, r * 0.56), "pale"),),
                (swirl,),
                (ellipse((x - r * 0.5, y - r * 0.62), 9, 22, 46),),
                16,
            )
        ]
    u = r * 0.36
    tiles = [(0, -0.34), (-0.66, 0.12), (0.66, 0.12), (0, 0.42), (-0.58, -0.62), (0.58, -0.62)]
    marks = tuple([Mark(_tile(x + a * r, y + b * r, u), "pale") for a, b in tiles])
    return [Layer((outline,), tone, marks, (), (ellipse((x - r * 0.5, y - r * 0.66), 9, 22, 46),), 16)]


def _tile(x: float, y: float, u: float) -> Outline:
    return polygon(
        (x, y - u * 0.84),
        (x + u * 0.74, y - u * 0.4),
        (x + u * 0.74, y + u * 0.4),
        (x, y + u * 0.84),
        (x - u * 0.74, y + u * 0.4),
        (x - u * 0.74, y - u * 0.4),
    )


def crawler(model: Model) -> Figure:
    """Return a caterpillar: round segments on many feet, the head up front on the left."""
    dice = model.dice("body")
    x = 176.0
    head = make_head(model, (x, 286), (118, 104), "round", "wide")
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14))
    wave = dice.span(-14, 20)
    places = ((430, 398 - wave * 0.5, 38), (372, 374 - wave, 50), (300, 364, 60), (222, 384, 56))
    segments: list[Layer] = []
    for index, (sx, sy, r) in enumerate(places):
        toes = tuple([ellipse((sx + dx * r, 438), r * 0.26, 13) for dx in (-0.42, 0.42)])
        segments.append(Layer(toes, "accent", depth=4))
        tone = "deep" if index % 2 and model.rank else "main"
        segments.append(
            Layer(
                (tube(((sx, sy), (sx, min(sy + 30, 434 - r * 0.8))), (r, r * 0.94)),),
                tone,
                (Mark(ellipse((sx, 446), r * 0.9, r * 0.5), "pale"),),
                depth=9,
            )
        )
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (310, 340), 20, 0.95),
            *back(model, (372, 332 - wave), 10, 0.62),
            *tail(model, (446, 384 - wave * 0.5), 40, 0.5),
            *segments,
            *(collar(model, x + 16, 376, 62) if model.rank >= 3 else []),
            *ornaments(model, x + 12, 384, 60),
            *dressed.back,
        ],
        front=dressed.front,
    )
