"""A blob: a plump drop of water with its tip bent over, fins for ears, and stubby arms and feet."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, drop, ellipse, tube

AXIS = 256.0


def blob(palette: Palette) -> Figure:
    """Return a blob that stands on the ground, facing us."""
    body = _body()
    return Figure(
        back=(
            Layer((_fin(), _fin().mirrored(AXIS)), palette.accent, depth=8,
                  creases=_rays() + tuple(tuple((2 * AXIS - x, y) for x, y in ray) for ray in _rays())),
            Layer(
                (body, _arm(), _arm().mirrored(AXIS)),
                palette.main,
                marks=(Mark(ellipse((AXIS - 4, 424), 88, 76), palette.pale), *(Mark(spot, palette.pale) for spot in _freckles())),
                shines=(ellipse((170, 232), 14, 30, 36), ellipse((146, 278), 7, 10, 20)),
                creases=(((148, 338), (152, 358), (142, 376)), ((364, 338), (360, 358), (370, 376))),
                depth=20,
            ),
            Layer((_foot(), _foot().mirrored(AXIS)), palette.main, depth=7),
        ),
        head=body,
        face=Face((AXIS - 4, 296), 27, 1.2, Mouth.LAUGH, tilt=-4),
    )  # fmt: skip


def _body() -> Outline:
    """One line from the bent tip down both sides, so that the tip grows out of the drop."""
    left = ((246, 84), (222, 124), (192, 168), (142, 214), (108, 288), (110, 366), (158, 428))
    right = ((256, 438), (354, 428), (402, 366), (404, 288), (370, 214), (322, 172), (300, 134))
    tip = ((306, 116), (322, 126), (342, 116), (340, 84), (308, 60), (272, 62))
    return Outline((*left, *right, *tip))


def _freckles() -> tuple[Outline, ...]:
    return tuple(drop((x - 2, y - size * 2.1), (x, y), size) for x, y, size in ((312, 206, 11), (340, 230, 7)))


def _fin() -> Outline:
    points = ((150, 250), (120, 212), (80, 192), (84, 228), (58, 246), (76, 268), (66, 298), (100, 304), (150, 310))
    return Outline(points, frozenset({0, 3, 5, 8}))


def _rays() -> tuple[tuple[tuple[float, float], ...], ...]:
    return (((102, 240), (122, 256)), ((98, 272), (116, 276)))


def _arm() -> Outline:
    return tube([(150, 346), (112, 362), (92, 350)], [18, 17, 15])


def _foot() -> Outline:
    return ellipse((206, 436), 34, 18)
