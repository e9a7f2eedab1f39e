"""A serpent: a sea pup with a big head on a bent body, fins at cheek, crown and back, and a fluke for a tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, symmetric, tube

AXIS = 200.0
SPINE = ((200, 270), (186, 340), (206, 394), (274, 414), (352, 412), (420, 390), (448, 340), (436, 296))


def serpent(palette: Palette) -> Figure:
    """Return a sea pup that rests on the ground, its head on the left and its tail raised on the right."""
    head = symmetric(AXIS, (0, 100), (70, 112), (116, 156), (130, 214), (110, 272), (60, 300), (0, 308))
    return Figure(
        back=(
            Layer(_fluke(), palette.accent, depth=8),
            Layer(_back_fins(), palette.accent, depth=7),
            Layer((ellipse((126, 366), 40, 19, -42),), palette.main, depth=7),
            Layer(
                (tube(SPINE, [52, 56, 52, 46, 40, 32, 23, 14]),),
                palette.main,
                marks=(Mark(_belly(), palette.pale),),
                depth=12,
            ),
            Layer((ellipse((262, 370), 38, 19, 42),), palette.main, depth=7),
            Layer(_cheek_fins(), palette.accent, depth=8),
            Layer((_crown(),), palette.accent, depth=7),
            Layer(
                (head,),
                palette.main,
                marks=(
                    Mark(ellipse((AXIS, 288), 76, 46), palette.pale),
                    *(Mark(spot, palette.accent) for spot in _freckles()),
                ),
                shines=(ellipse((AXIS - 82, 148), 12, 24, 44), ellipse((AXIS - 106, 184), 6, 9, 20)),
                depth=16,
            ),
        ),
        head=head,
        face=Face((AXIS, 222), 27, 1.25, Mouth.LAUGH, tilt=3, wink=True),
    )


def _belly() -> Outline:
    spine = [(172, 280), (160, 350), (186, 424), (270, 448), (356, 444), (440, 420), (480, 350)]
    return tube(spine, [38, 38, 38, 32, 26, 22, 16])


def _freckles() -> tuple[Outline, ...]:
    return tuple(ellipse((AXIS + x, y), size, size * 0.9) for x, y, size in ((62, 140, 11), (88, 162, 7), (40, 124, 6)))


def _cheek_fins() -> tuple[Outline, Outline]:
    points = ((-100, 192), (-136, 166), (-164, 164), (-154, 190), (-178, 212), (-156, 230), (-160, 260), (-130, 258),
              (-96, 250))  # fmt: skip
    fin = Outline(tuple((AXIS + x, y) for x, y in points), frozenset({0, 3, 5, 8}))
    return fin, fin.mirrored(AXIS)


def _crown() -> Outline:
    points = ((-40, 132), (-46, 82), (-18, 90), (2, 44), (26, 84), (52, 78), (46, 132), (0, 150))
    return Outline(tuple((AXIS + x, y) for x, y in points), frozenset({2, 4}))


def _back_fins() -> tuple[Outline, ...]:
    return tuple(
        Outline(((x - 24, y + 30), (x - 12, y + 4), (x + 8, y - 12), (x + 16, y + 4), (x + 24, y + 30)))
        for x, y in ((340, 366), (388, 350))
    )


def _fluke() -> tuple[Outline, ...]:
    right = Outline(((428, 306), (446, 262), (470, 232), (494, 230), (492, 268), (476, 298), (444, 314)))
    left = Outline(((446, 310), (416, 308), (390, 294), (380, 268), (404, 258), (430, 270), (446, 294)))
    return left, right
