"""Wings and what grows on backs. The right one of each pair of wings; it grows up and out."""

from minimon.images.drawn.figure import Layer, Mark
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube

_BAT = Outline(
    ((-14, 20), (4, -52), (52, -112), (118, -132), (112, -86), (142, -52), (108, -38), (104, 2), (66, -6), (40, 28)),
    frozenset({3, 4, 5, 6, 7, 8}),
)
_SAIL = Outline(
    ((-14, 20), (6, -66), (60, -116), (124, -112), (104, -80), (132, -46), (98, -28), (96, 10), (60, 10), (30, 36)),
    frozenset({4, 6, 8}),
)

WINGS: dict[str, Part] = {
    "feathers": part(
        Layer(
            (
                tube(((0, 10), (56, -66), (96, -122)), (32, 32, 13)),
                tube(((0, 10), (76, -36), (132, -70)), (32, 30, 13)),
                tube(((0, 10), (74, 2), (126, -12)), (30, 26, 12)),
            ),
            "white",
            marks=(Mark(ellipse((4, 0), 62, 62), "main"),),
        )
    ),
    "bat": part(
        Layer((_BAT,), "accent", creases=(((18, 0), (60, -62), (110, -122)), ((28, 6), (80, -34), (130, -50))))
    ),
    "sail": part(
        Layer((_SAIL,), "accent", creases=(((16, 4), (54, -50), (100, -96)), ((26, 10), (70, -22), (116, -44))))
    ),
    "leaves": part(
        Layer(
            (leaf((0, 14), (108, -104), 78, -8), leaf((0, 14), (124, -6), 62, 8)),
            "main",
            creases=(((24, -10), (84, -78)), ((32, 10), (96, 0))),
        )
    ),
    "petals": part(
        Layer(
            (ellipse((70, -64), 56, 46, -40), ellipse((74, 14), 44, 36, 26)),
            "accent",
            marks=(Mark(ellipse((80, -76), 26, 20, -40), "pale"), Mark(ellipse((82, 18), 18, 14, 26), "pale")),
        )
    ),
    "flames": part(
        Layer(
            (
                Outline(
                    (
                        (-10, 24),
                        (14, -40),
                        (44, -92),
                        (92, -142),
                        (92, -96),
                        (126, -104),
                        (112, -62),
                        (144, -48),
                        (108, -22),
                        (116, 8),
                        (60, 14),
                        (30, 36),
                    ),
                    frozenset({3, 4, 5, 6, 7, 8, 9}),
                ),
            ),
            "accent",
            marks=(
                Mark(
                    Outline(
                        ((6, 14), (36, -40), (78, -84), (74, -44), (96, -28), (66, -10), (40, 16)), frozenset({2, 3, 4})
                    ),
                    "pale",
                ),
            ),
        )
    ),
}

BACKS: dict[str, Part] = {
    "fins": part(
        Layer(
            (
                Outline(
                    ((-66, 30), (-60, -22), (-24, -4), (0, -54), (24, -4), (60, -22), (66, 30)),
                    frozenset({0, 1, 2, 3, 4, 5, 6}),
                ),
            ),
            "accent",
        )
    ),
    "spikes": part(
        Layer((leaf((-44, 26), (-62, -40), 44), leaf((44, 26), (62, -40), 44), leaf((0, 26), (0, -66), 52)), "accent")
    ),
    "crystals": part(
        Layer(
            (
                polygon((-62, 26), (-72, -20), (-48, -44), (-26, -16), (-22, 26)),
                polygon((22, 26), (26, -18), (50, -46), (72, -18), (62, 26)),
                polygon((-24, 26), (-24, -44), (2, -78), (26, -42), (24, 26)),
            ),
            "accent",
            marks=(Mark(polygon((-24, 26), (-24, -44), (2, -78), (0, 26)), "pale"),),
        )
    ),
    "moss": part(
        Layer(
            (ellipse((-40, 0), 34, 26), ellipse((0, -14), 38, 34), ellipse((42, 0), 34, 26)),
            "deep",
            marks=(Mark(ellipse((-6, -26), 8, 8), "gold"), Mark(ellipse((36, -6), 7, 7), "accent")),
        )
    ),
    "cloud": part(Layer((ellipse((-54, 4), 34, 32), ellipse((-6, -18), 44, 42), ellipse((48, 2), 36, 34)), "white")),
}
