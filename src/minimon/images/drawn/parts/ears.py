"""Ears and horns. The right one of each pair; the left one is its mirror image."""

from minimon.images.drawn.figure import Layer, Mark
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube

_FIN = Outline(
    ((-30, 6), (-38, -44), (-24, -92), (2, -74), (22, -100), (36, -66), (62, -66), (50, -28), (30, 6)),
    frozenset({0, 3, 5, 8}),
)
_CAT = Outline(((-46, 10), (-40, -46), (-10, -102), (4, -104), (36, -62), (50, 10)))
_CAT_INNER = Outline(((-22, 0), (-20, -40), (-4, -76), (18, -50), (26, 0)))
_BUNNY = Outline(((-20, 8), (-36, -60), (-30, -128), (2, -160), (32, -128), (38, -60), (22, 8)))
_BUNNY_INNER = Outline(((-8, -16), (-18, -64), (-14, -112), (2, -134), (18, -112), (20, -64), (10, -16)))
_DROOP = Outline(((-16, -24), (30, -34), (66, -14), (84, 34), (76, 78), (46, 76), (20, 46), (-10, 24)))
_FLAME = Outline(
    (
        (-34, 8),
        (-46, -34),
        (-34, -70),
        (-26, -88),
        (-12, -66),
        (2, -92),
        (14, -132),
        (30, -84),
        (44, -72),
        (46, -30),
        (34, 8),
    ),
    frozenset({3, 4, 6}),
)
_FLAME_INNER = Outline(((-14, 0), (-20, -30), (2, -50), (10, -82), (22, -46), (20, 0)), frozenset({3}))
_BAT = Outline(
    ((-40, 10), (-52, -40), (-40, -112), (-8, -76), (16, -96), (34, -58), (62, -52), (44, 10)),
    frozenset({2, 3, 4, 5, 6}),
)

EARS: dict[str, Part] = {
    "fin": part(Layer((_FIN,), "accent", creases=(((-12, -18), (-16, -46)), ((12, -18), (16, -48))))),
    "round": part(Layer((ellipse((0, -34), 44, 46),), "main", marks=(Mark(ellipse((0, -32), 25, 27), "accent"),))),
    "cat": part(Layer((_CAT,), "main", marks=(Mark(_CAT_INNER, "accent"),))),
    "bunny": part(Layer((_BUNNY,), "main", marks=(Mark(_BUNNY_INNER, "pale"),))),
    "droop": part(Layer((_DROOP,), "main", marks=(Mark(ellipse((56, 26), 17, 32, -14), "pale"),))),
    "leaf": part(
        Layer((leaf((0, 14), (0, -140), 92, 6),), "main", marks=(Mark(leaf((0, -20), (0, -112), 34, 4), "pale"),))
    ),
    "flame": part(Layer((_FLAME,), "accent", marks=(Mark(_FLAME_INNER, "pale"),))),
    "bat": part(Layer((_BAT,), "main", marks=(Mark(polygon((-20, -6), (-32, -70), (-2, -52), (22, -10)), "accent"),))),
    "feather": part(
        Layer(
            (
                tube(((0, 8), (-26, -52), (-34, -92)), (20, 24, 9)),
                tube(((0, 8), (4, -66), (6, -122)), (22, 26, 10)),
                tube(((0, 8), (34, -44), (52, -78)), (20, 22, 9)),
            ),
            "main",
            marks=tuple(Mark(ellipse(at, 26, 26), "pale") for at in ((-36, -96), (6, -126), (54, -82))),
        )
    ),
    "curl": part(
        Layer((tube(((0, 8), (-6, -46), (8, -96), (46, -108), (60, -76), (40, -62)), (28, 25, 20, 15, 11, 7)),), "main")
    ),
    "drops": part(
        Layer(
            (Outline(((-26, 8), (-40, -40), (-22, -84), (22, -128), (32, -72), (40, -34), (26, 8)), frozenset({3})),),
            "main",
            marks=(Mark(ellipse((-2, -42), 18, 26, 12), "pale"),),
        )
    ),
}

HORNS: dict[str, Part] = {
    "nub": part(Layer((tube(((0, 6), (2, -40)), (20, 13)),), "pale")),
    "curved": part(
        Layer((tube(((0, 8), (18, -36), (12, -78)), (22, 16, 6)),), "pale", creases=(((-8, -22), (2, -18), (22, -26)),))
    ),
    "spike": part(Layer((leaf((0, 14), (6, -92), 44),), "pale")),
    "crystal": part(
        Layer(
            (polygon((-18, 10), (-22, -44), (0, -88), (20, -50), (18, 10)),),
            "accent",
            marks=(Mark(polygon((-18, 10), (-22, -44), (0, -88), (-2, 10)), "pale"),),
        )
    ),
    "antler": part(
        Layer(
            (
                tube(((0, 8), (8, -46), (30, -92)), (13, 11, 7)),
                tube(((6, -36), (-18, -66)), (10, 7)),
                tube(((12, -54), (44, -64)), (10, 7)),
            ),
            "wood",
        )
    ),
    "ram": part(
        Layer(
            (tube(((-6, 6), (14, -40), (58, -36), (64, 8), (36, 14)), (22, 21, 17, 13, 7)),),
            "pale",
            creases=(((6, -14), (18, -20), (26, -34)), ((40, -54), (42, -38), (38, -22))),
        )
    ),
    "plume": part(Layer((tube(((0, 8), (12, -44), (44, -70), (70, -58)), (10, 12, 10, 5)),), "accent")),
}
