"""What hangs around a neck at (0, 0): an element's own collar, or jewels; 100 units are half its width."""

from minimon.creatures import Element
from minimon.images.drawn.figure import Layer, mirrored
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.parts import Part, part
from minimon.images.drawn.shapes import ellipse, leaf, polygon, tube

_FLAMES = Outline(
    (
        (-120, -20),
        (-142, 28),
        (-98, 10),
        (-86, 66),
        (-40, 30),
        (0, 92),
        (40, 30),
        (86, 66),
        (98, 10),
        (142, 28),
        (120, -20),
        (0, -30),
    ),
    frozenset({1, 3, 5, 7, 9}),
)
_DROPS = ((-95, -10, 30), (-50, 7, 34), (0, 15, 38), (50, 7, 34), (95, -10, 30))
_PUFFS = ((-100, -6, 32), (-58, 12, 37), (-3, 18, 44), (54, 14, 39), (98, -5, 34))

COLLARS: dict[Element, Part] = {
    Element.WATER: part(Layer(tuple(ellipse((x, y), r, r * 0.92) for x, y, r in _DROPS), "accent", depth=10)),
    Element.FIRE: part(Layer((_FLAMES,), "accent", depth=10)),
    Element.EARTH: part(
        Layer((leaf((-30, -20), (-135, 75), 80, 8),), "main", creases=(((-70, 15), (-100, 45)),), depth=10),
        Layer((leaf((30, -20), (135, 75), 80, -8),), "main", creases=(((70, 15), (100, 45)),), depth=10),
        Layer((leaf((0, -20), (0, 100), 90),), "main", creases=(((0, 30), (0, 62)),), depth=10),
    ),
    Element.WIND: part(Layer(tuple(ellipse((x, y), r, r * 0.86) for x, y, r in _PUFFS), "white", depth=11)),
}

_BAND = tube(((-100, -10), (0, 22), (100, -10)), (13, 16, 13))
_GOLD = Layer((_BAND,), "gold", depth=5)
_PENDANT = Layer(
    (polygon((0, 4), (22, 28), (0, 56), (-22, 28)),),
    "gem",
    shines=(ellipse((-7, 20), 4, 8, 20),),
    depth=6,
)
_PLATES = Layer(mirrored((leaf((62, 2), (168, 32), 78, -12),), 0), "gold", depth=9)

ORNAMENTS: tuple[Part | None, ...] = (
    None,
    None,
    None,
    part(Layer((_BAND,), "accent", depth=5)),
    part(Layer((_BAND,), "accent", depth=5), Layer((ellipse((0, 30), 17, 17),), "gold", depth=5)),
    part(_GOLD),
    part(_GOLD, _PENDANT),
    part(_PLATES, _GOLD, _PENDANT),
)
"""By rank: a ribbon, one with a bell, gold, a pendant, shoulder plates."""
