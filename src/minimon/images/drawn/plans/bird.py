"""A bird: a round chick, one wing up to greet, with curls of wind for its crest and its tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, Point, drop, ellipse, symmetric, tube

AXIS = 246.0


def bird(palette: Palette) -> Figure:
    """Return a chick that stands on the ground, facing us, its tail to the right."""
    body = symmetric(AXIS, (0, 136), (68, 148), (116, 198), (138, 282), (130, 356), (84, 410), (0, 424))
    return Figure(
        back=(
            Layer(_tail(), palette.main, depth=8, marks=tuple(Mark(tip, palette.accent) for tip in _tips())),
            Layer((_foot(202), _foot(286)), palette.accent, depth=5),
            Layer(_raised_wing(), palette.main, depth=10),
            Layer(
                (body, *_crest()),
                palette.main,
                marks=(Mark(_mask(), palette.pale), *(Mark(tick, palette.main) for tick in _ticks())),
                shines=(ellipse((172, 192), 12, 26, 36),),
                depth=18,
            ),
        ),
        head=body,
        face=Face((AXIS - 8, 262), 27, 1.3, Mouth.NONE, tilt=-5),
        front=(
            Layer((_beak(),), palette.accent, depth=5, creases=(((221, 300), (238, 304), (256, 297)),)),
            Layer((_folded_wing(),), palette.main, depth=9, creases=_feathers()),
        ),
    )


def _mask() -> Outline:
    return symmetric(AXIS - 8, (0, 250), (54, 216), (106, 252), (106, 320), (98, 380), (60, 424), (0, 440))


def _ticks() -> tuple[Outline, ...]:
    return tuple(drop((x, y - 17), (x, y), 7) for x, y in ((208, 364), (262, 366), (235, 390)))


def _beak() -> Outline:
    return Outline(((238, 282), (262, 293), (255, 309), (239, 322), (222, 311), (214, 298)))


def _crest() -> tuple[Outline, ...]:
    tall = tube([(250, 164), (242, 116), (256, 72), (294, 58), (314, 84), (298, 104)], [40, 25, 18, 14, 11, 7])
    low = tube([(236, 168), (212, 124), (178, 98), (150, 108)], [40, 28, 16, 9])
    return low, tall


def _raised_wing() -> tuple[Outline, ...]:
    """Three feathers that spread from one shoulder."""
    shoulder = (146, 318)
    tips: tuple[Point, ...] = ((42, 270), (50, 212), (92, 178))
    return tuple(
        tube([shoulder, ((shoulder[0] + x) / 2, (shoulder[1] + y) / 2 + 4), (x, y)], [36, 34, 20]) for x, y in tips
    )


def _folded_wing() -> Outline:
    points = ((354, 300), (386, 328), (394, 364), (380, 394), (360, 390), (342, 406), (324, 392), (306, 394),
              (307, 362), (324, 320))  # fmt: skip
    return Outline(points, frozenset({4, 6}))


def _feathers() -> tuple[tuple[Point, ...], ...]:
    return ((360, 390), (364, 377), (362, 364)), ((324, 392), (330, 380), (330, 367))


def _tail() -> tuple[Outline, ...]:
    """Three feathers that the wind bends upwards, the longest in the middle."""
    ends: tuple[tuple[Point, Point], ...] = (
        ((398, 330), (424, 270)),
        ((416, 364), (474, 306)),
        ((408, 392), (472, 370)),
    )
    return tuple(tube([(330, 384), middle, end], [24, 26, 15]) for middle, end in ends)


def _tips() -> tuple[Outline, ...]:
    return tuple(ellipse(centre, 40, 36) for centre in ((432, 244), (496, 290), (502, 364)))


def _foot(x: float) -> Outline:
    points = ((0, 404), (20, 424), (32, 440), (16, 447), (0, 442), (-16, 447), (-32, 440), (-20, 424))
    return Outline(tuple((x + dx, y) for dx, y in points))
