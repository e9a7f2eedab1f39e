"""A floater: a bell that hovers on a collar of cloud, with ribbons below and two feelers tipped with puffs."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, symmetric, tube

AXIS = 256.0
FRECKLES = ((322, 124, 14), (352, 154, 9), (300, 102, 6))


def floater(palette: Palette) -> Figure:
    """Return a bell that hovers above the ground, facing us."""
    bell = symmetric(AXIS, (0, 82), (70, 94), (122, 136), (146, 198), (142, 252), (96, 284), (0, 292))
    return Figure(
        back=(
            Layer((_ribbon(214), _ribbon(298)), palette.accent, depth=5),
            Layer((_ribbon(256),), palette.main, depth=5),
            Layer((_outer_ribbon(), _outer_ribbon().mirrored(AXIS)), palette.main, depth=6),
            Layer((_feeler(), _feeler().mirrored(AXIS)), palette.main, depth=5),
            Layer((_puff(), _puff().mirrored(AXIS)), palette.pale, depth=7),
            Layer(
                (bell,),
                palette.main,
                marks=tuple(Mark(ellipse((x, y), radius, radius), palette.pale) for x, y, radius in FRECKLES),
                shines=(ellipse((168, 140), 12, 28, 44), ellipse((142, 180), 6, 9, 20)),
                depth=18,
            ),
        ),
        head=bell,
        face=Face((AXIS, 194), 27, 1.3, Mouth.OH, tilt=4),
        front=(Layer(_collar(), palette.pale, depth=10),),
        lift=26,
    )


def _collar() -> tuple[Outline, ...]:
    puffs = ((-134, 274, 33), (-78, 292, 37), (-4, 298, 44), (72, 294, 39), (132, 276, 35))
    return tuple(ellipse((AXIS + x, y), radius, radius * 0.86) for x, y, radius in puffs)


def _feeler() -> Outline:
    return tube([(222, 112), (212, 74), (180, 52)], [10, 9, 8])


def _puff() -> Outline:
    return ellipse((172, 50), 21, 20)


def _ribbon(x: float) -> Outline:
    """Return a ribbon that sways with the wind; the middle one is the longest."""
    length = 150 - abs(x - AXIS) * 0.6
    sway = ((4, 0), (-8, 0.36), (7, 0.72), (2, 1))
    return tube([(x + dx, 300 + part * length) for dx, part in sway], [17, 17, 15, 9])


def _outer_ribbon() -> Outline:
    """Return a ribbon that rolls up outwards at its end."""
    return tube([(160, 290), (164, 340), (150, 382), (112, 396), (88, 372), (106, 356)], [22, 20, 17, 14, 11, 7])
