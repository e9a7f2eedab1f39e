"""A bird: a round chick, one wing up to greet, with curls of wind for its crest and its tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, symmetric, tube

AXIS = 246.0


def bird(palette: Palette) -> Figure:
    """Return a chick that stands on the ground, facing us, its tail to the right."""
    body = symmetric(AXIS, (0, 132), (66, 144), (114, 196), (138, 282), (132, 356), (86, 412), (0, 426))
    return Figure(
        back=(
            Layer(_tail(), palette.main, depth=9),
            Layer((_foot(206), _foot(290)), palette.accent, depth=5),
            Layer((_raised_wing(),), palette.main, depth=10, creases=_feathers()),
            Layer(_crest(), palette.main, depth=6),
            Layer(
                (body,),
                palette.main,
                marks=(Mark(_mask(), palette.pale),),
                shines=(ellipse((172, 190), 12, 26, 36), ellipse((152, 232), 6, 9, 20)),
                depth=18,
            ),
        ),
        head=body,
        face=Face((AXIS - 6, 262), 27, 1.3, Mouth.NONE, tilt=-5),
        front=(
            Layer((_beak(),), palette.accent, depth=5, creases=(((222, 298), (240, 302), (258, 296)),)),
            Layer((_folded_wing(),), palette.main, depth=9, creases=(((344, 372), (362, 360)), ((326, 386), (340, 382)))),
        ),
    )


def _mask() -> Outline:
    return symmetric(AXIS - 6, (0, 250), (54, 216), (104, 252), (104, 320), (96, 380), (60, 424), (0, 440))


def _beak() -> Outline:
    return Outline(((240, 280), (264, 292), (256, 308), (241, 320), (224, 309), (216, 296)))


def _crest() -> tuple[Outline, ...]:
    tall = tube([(246, 150), (240, 96), (268, 58), (302, 70), (296, 96)], [26, 22, 17, 13, 9])
    low = tube([(240, 150), (214, 108), (186, 100), (174, 120)], [22, 17, 13, 8])
    return low, tall


def _raised_wing() -> Outline:
    points = ((140, 326), (112, 308), (66, 290), (40, 244), (36, 196), (62, 206), (68, 176), (92, 200), (106, 184), (128, 224), (156, 262))
    return Outline(points, frozenset({4, 5, 6, 7, 8}))


def _feathers() -> tuple[tuple[tuple[float, float], ...], ...]:
    return ((62, 208), (72, 232)), ((92, 202), (98, 224))


def _folded_wing() -> Outline:
    points = ((344, 268), (382, 304), (390, 352), (370, 396), (358, 380), (338, 402), (326, 384), (306, 388), (308, 330))
    return Outline(points, frozenset({3, 4, 5, 6, 7}))


def _tail() -> tuple[Outline, ...]:
    upper = tube([(340, 360), (400, 336), (446, 280), (420, 244), (396, 268)], [30, 28, 22, 15, 8])
    lower = tube([(340, 384), (410, 388), (462, 356), (464, 328)], [26, 24, 17, 9])
    return lower, upper


def _foot(x: float) -> Outline:
    points = ((x, 406), (x + 20, 424), (x + 30, 440), (x + 14, 446), (x, 442), (x - 14, 446), (x - 30, 440), (x - 20, 424))
    return Outline(points)
