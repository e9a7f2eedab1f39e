"""A blob: a plump drop of water with its tip bent over, fins for ears, and stubby arms and feet."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, Point, ellipse, tube

AXIS = 256.0


def blob(palette: Palette) -> Figure:
    """Return a blob that stands on the ground, facing us."""
    body = _body()
    return Figure(
        back=(
            Layer((_fin(), _fin().mirrored(AXIS)), palette.accent, creases=_rays(), depth=8),
            Layer(
                (body, _arm(), _arm().mirrored(AXIS)),
                palette.main,
                marks=tuple(Mark(patch, palette.pale) for patch in (ellipse((AXIS - 4, 428), 90, 72), *_freckles())),
                shines=(ellipse((170, 232), 14, 30, 36), ellipse((146, 278), 7, 10, 20)),
                creases=(((138, 344), (144, 361), (136, 378)), ((374, 344), (368, 361), (376, 378))),
                depth=20,
            ),
            Layer((_foot(), _foot().mirrored(AXIS)), palette.main, depth=7),
        ),
        head=body,
        face=Face((AXIS - 4, 296), 27, 1.2, Mouth.LAUGH, tilt=-4),
    )


def _body() -> Outline:
    """One line from the bent tip down both sides, so that the tip grows out of the drop."""
    left = ((246, 84), (222, 124), (192, 168), (142, 214), (108, 288), (110, 366), (158, 428))
    right = ((256, 438), (354, 428), (402, 366), (404, 288), (370, 214), (322, 172), (300, 134))
    tip = ((306, 116), (322, 126), (342, 116), (340, 84), (308, 60), (272, 62))
    return Outline((*left, *right, *tip))


def _freckles() -> tuple[Outline, ...]:
    return tuple(ellipse((x, y), size, size * 0.9) for x, y, size in ((318, 208, 12), (346, 232, 8), (296, 184, 6)))


def _fin() -> Outline:
    points = ((150, 250), (120, 212), (80, 192), (84, 228), (58, 246), (76, 268), (66, 298), (100, 304), (150, 310))
    return Outline(points, frozenset({0, 3, 5, 8}))


def _rays() -> tuple[tuple[Point, ...], ...]:
    left: tuple[tuple[Point, ...], ...] = (((102, 240), (122, 256)), ((98, 272), (116, 276)))
    return left + tuple(tuple((2 * AXIS - x, y) for x, y in ray) for ray in left)


def _arm() -> Outline:
    return tube([(150, 346), (112, 362), (92, 350)], [18, 17, 15])


def _foot() -> Outline:
    return ellipse((206, 436), 34, 18)
