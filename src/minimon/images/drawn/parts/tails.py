"""Tails: they grow out of a body's side, upwards."""

from minimon.images.drawn.figure import Layer, Mark
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube

_FLAME = Outline(
    (
        (0, -34),
        (-42, -56),
        (-48, -96),
        (-40, -134),
        (-28, -170),
        (12, -220),
        (12, -154),
        (34, -138),
        (44, -168),
        (62, -108),
        (44, -52),
    ),
    frozenset({5, 7, 8}),
)
_FLAME_HEART = Outline(((2, -42), (-22, -62), (-20, -92), (4, -138), (22, -94), (28, -64)), frozenset({3}))
_BRUSH = Outline(
    ((0, 10), (-40, -30), (-52, -90), (-24, -142), (22, -172), (50, -190), (52, -150), (60, -100), (44, -40), (20, 4)),
    frozenset({5}),
)


def _stalk(*radii: float) -> Outline:
    return tube(((-30, 30), (4, 10), (6, -42)), radii)


TAILS: dict[str, Part] = {
    "fluke": part(
        Layer((leaf((2, -30), (56, -112), 52, -10), leaf((2, -30), (-62, -94), 52, 10)), "accent"),
        Layer((_stalk(24, 20, 12),), "main"),
    ),
    "flipper": part(
        Layer(
            (
                Outline(
                    ((-10, 16), (-46, -40), (-54, -100), (-8, -84), (24, -116), (44, -64), (26, 10)),
                    frozenset({2, 3, 4}),
                ),
            ),
            "accent",
            creases=(((-14, -20), (-26, -58)), ((8, -20), (14, -64))),
        )
    ),
    "flame": part(
        Layer((_FLAME,), "accent", marks=(Mark(_FLAME_HEART, "pale"),)), Layer((_stalk(20, 16, 11),), "main")
    ),
    "dart": part(
        Layer((leaf((10, -66), (20, -140), 62),), "accent"),
        Layer((tube(((-30, 30), (24, 10), (14, -42), (10, -76)), (22, 17, 12, 9)),), "main"),
    ),
    "leaf": part(
        Layer((leaf((4, -28), (40, -150), 74, 8),), "accent", creases=(((10, -44), (28, -102)),)),
        Layer((_stalk(18, 13, 9),), "main"),
    ),
    "club": part(
        Layer((_stalk(26, 22, 16),), "main"),
        Layer(
            (polygon((-30, -40), (-38, -84), (-8, -112), (32, -100), (44, -62), (18, -32)),),
            "wood",
            marks=(Mark(polygon((-8, -112), (32, -100), (4, -72)), "pale"),),
        ),
    ),
    "stub": part(Layer((ellipse((2, -14), 40, 38),), "main")),
    "fan": part(
        Layer(
            (
                tube(((-10, 20), (10, -34), (0, -96)), (22, 26, 14)),
                tube(((-10, 20), (36, -22), (62, -80)), (24, 26, 14)),
                tube(((-10, 20), (46, 6), (92, -24)), (22, 24, 13)),
            ),
            "main",
            marks=tuple(Mark(ellipse(at, 32, 32), "accent") for at in ((0, -108), (70, -92), (104, -28))),
        )
    ),
    "brush": part(Layer((_BRUSH,), "main", marks=(Mark(ellipse((34, -168), 62, 54), "pale"),))),
    "spiral": part(
        Layer(
            (
                tube(
                    ((-30, 26), (26, 6), (52, -48), (20, -94), (-24, -76), (-18, -40), (12, -44)),
                    (22, 21, 19, 16, 13, 10, 6),
                ),
            ),
            "main",
        )
    ),
    "puff": part(Layer((ellipse((-6, -6), 30, 28), ellipse((30, -22), 32, 30), ellipse((4, -44), 30, 28)), "white")),
    "ribbon": part(
        Layer(
            (
                tube(((-30, 26), (14, 12), (30, -34), (6, -76), (34, -118)), (16, 15, 14, 13, 5)),
                tube(((-30, 26), (40, 30), (74, -4), (98, -50)), (16, 14, 12, 5)),
            ),
            "accent",
        )
    ),
}
