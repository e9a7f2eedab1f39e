"""Crests: what stands on the crown of a head. Those that merge make one line with the head."""

from minimon.images.drawn.figure import Layer, Mark
from minimon.images.drawn.outline import Outline, Point
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import drop, ellipse, leaf, polygon, tube

_DROP = Outline(
    (
        (-74, 24),
        (-50, -8),
        (-26, -50),
        (-2, -92),
        (26, -112),
        (58, -100),
        (66, -70),
        (46, -54),
        (34, -62),
        (30, -34),
        (48, 0),
        (76, 26),
    )
)
_TUFT = Outline(
    (
        (-38, -56),
        (-28, -34),
        (-14, -24),
        (-6, -56),
        (12, -92),
        (24, -56),
        (30, -28),
        (42, -34),
        (52, -50),
        (56, -8),
        (42, 26),
        (0, 44),
        (-40, 26),
        (-52, -12),
    ),
    frozenset({0, 2, 4, 6, 8}),
)
_TUFT_HEART = Outline(((-20, 14), (-10, -14), (8, -44), (20, -12), (24, 14), (2, 34)), frozenset({2}))
_CROWN = Outline(
    ((-48, 34), (-54, -20), (-24, -14), (2, -66), (30, -16), (60, -24), (54, 34), (0, 46)), frozenset({2, 4})
)
_CAP = Outline(((-64, -12), (-58, -50), (-30, -78), (4, -86), (38, -76), (62, -46), (66, -12), (0, -2)))
_BLAZE = (
    leaf((-34, 34), (-66, -58), 58, 4),
    leaf((32, 34), (58, -66), 58, -4),
    leaf((0, 34), (4, -112), 66, 2),
)


def _petal(degrees: float) -> Outline:
    return leaf((0, -26), (0, -96), 46).turned(degrees, (0, -28))


def _flower(radius: float) -> tuple[Outline, ...]:
    around: tuple[Point, ...] = ((0, -78), (33, -54), (20, -14), (-20, -14), (-33, -54))
    return tuple(ellipse(at, radius, radius) for at in around)


CRESTS: dict[str, Part] = {
    "drop": part(Layer((_DROP,), "main"), merges=True),
    "crown": part(Layer((_CROWN,), "accent")),
    "wave": part(
        Layer(
            (
                tube(((-50, 20), (-34, -26), (2, -58), (40, -44), (34, -16)), (28, 26, 20, 12, 6)),
                tube(((0, 24), (22, -14), (56, -22), (62, 0)), (26, 20, 12, 6)),
            ),
            "accent",
        )
    ),
    "bubbles": part(
        Layer(
            (ellipse((-18, -20), 24, 24), ellipse((20, -34), 30, 30), ellipse((-12, -66), 17, 17)),
            "accent",
            marks=(Mark(ellipse((12, -44), 9, 9), "white"), Mark(ellipse((-26, -28), 7, 7), "white")),
        )
    ),
    "tuft": part(Layer((_TUFT,), "accent", marks=(Mark(_TUFT_HEART, "pale"),))),
    "blaze": part(Layer(_BLAZE, "main"), merges=True),
    "candle": part(
        Layer((tube(((0, 20), (0, -18)), (26, 22)),), "pale"),
        Layer((drop((6, -96), (0, -40), 27),), "accent", marks=(Mark(drop((4, -66), (0, -34), 13), "pale"),)),
    ),
    "bud": part(
        Layer((tube(((0, 24), (0, -22)), (9, 9)),), "main"),
        Layer((_petal(-32), _petal(32)), "accent"),
        Layer((_petal(0),), "accent"),
    ),
    "sprig": part(
        Layer((tube(((0, 24), (2, -26)), (9, 8)),), "main"),
        Layer(
            (leaf((2, -18), (74, -72), 46, -6), leaf((2, -18), (-66, -80), 46, 6)),
            "main",
            creases=(((16, -30), (46, -50)), ((-12, -32), (-42, -58))),
        ),
    ),
    "flower": part(
        Layer((tube(((0, 24), (0, -30)), (9, 9)),), "main"),
        Layer(_flower(24), "accent"),
        Layer((ellipse((0, -44), 19, 19),), "gold"),
    ),
    "mushroom": part(
        Layer((tube(((0, 22), (0, -16)), (22, 20)),), "pale"),
        Layer(
            (_CAP,),
            "accent",
            marks=(
                Mark(ellipse((-26, -46), 13, 11), "white"),
                Mark(ellipse((14, -62), 15, 12), "white"),
                Mark(ellipse((42, -32), 10, 9), "white"),
            ),
        ),
    ),
    "crystals": part(
        Layer(
            (
                polygon((-46, 24), (-62, -26), (-44, -54), (-22, -30), (-14, 24)),
                polygon((14, 24), (24, -34), (48, -50), (60, -22), (44, 24)),
            ),
            "accent",
        ),
        Layer(
            (polygon((-26, 30), (-28, -54), (0, -98), (26, -58), (26, 30)),),
            "accent",
            marks=(Mark(polygon((-26, 30), (-28, -54), (0, -98), (-2, 30)), "pale"),),
        ),
    ),
    "acorn": part(
        Layer((tube(((0, -50), (8, -84)), (8, 7)),), "wood"),
        Layer(
            (Outline(((-58, 16), (-60, -22), (-34, -54), (0, -62), (34, -54), (60, -22), (58, 16), (0, 30))),),
            "wood",
            creases=(((-46, -4), (0, -16), (46, -4)),),
        ),
    ),
    "curl": part(
        Layer(
            (
                tube(((-14, 34), (-40, -14), (-74, -38), (-98, -26)), (42, 26, 15, 8)),
                tube(((4, 34), (-4, -20), (12, -66), (52, -78), (70, -50), (52, -32)), (44, 28, 19, 15, 11, 7)),
            ),
            "main",
        ),
        merges=True,
    ),
    "plumes": part(
        Layer(
            (
                tube(((0, 24), (-24, -34), (-58, -62)), (16, 19, 8)),
                tube(((0, 24), (4, -54), (14, -104)), (17, 21, 8)),
                tube(((0, 24), (32, -30), (66, -46)), (16, 18, 8)),
            ),
            "accent",
            marks=tuple(Mark(ellipse(at, 22, 22), "pale") for at in ((-62, -66), (14, -108), (70, -48))),
        )
    ),
    "whirl": part(
        Layer(
            (
                tube(
                    ((0, 28), (-6, -16), (-40, -34), (-42, -72), (0, -88), (28, -62), (8, -46)),
                    (20, 18, 16, 14, 12, 9, 5),
                ),
            ),
            "accent",
        )
    ),
    "cloud": part(
        Layer(
            (
                ellipse((-44, -6), 32, 30),
                ellipse((0, -26), 42, 40),
                ellipse((46, -4), 30, 28),
                ellipse((0, 10), 54, 26),
            ),
            "white",
        )
    ),
    "feelers": part(
        Layer(
            (tube(((-18, 20), (-30, -40), (-66, -68)), (9, 8, 7)), tube(((18, 20), (30, -40), (66, -68)), (9, 8, 7))),
            "main",
        ),
        Layer((ellipse((-72, -72), 20, 19), ellipse((72, -72), 20, 19)), "accent"),
    ),
}

DIADEM = part(
    Layer(
        (
            Outline(
                ((-58, 18), (-66, -34), (-32, -10), (0, -62), (32, -10), (66, -34), (58, 18), (0, 30)),
                frozenset({0, 1, 2, 3, 4, 5, 6}),
            ),
        ),
        "gold",
    ),
    Layer((ellipse((-66, -40), 9, 9), ellipse((66, -40), 9, 9), ellipse((0, -68), 12, 12)), "gem", depth=2),
    Layer((polygon((0, -22), (14, -2), (0, 18), (-14, -2)),), "gem", depth=4),
)
"""The crown of the highest rarity."""
