"""A serpent: a sea pup with a big head on a bent body, fins at cheek, crown and back, and a fluke for a tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, symmetric, tube

AXIS = 214.0
SPINE = ((214, 270), (206, 340), (232, 398), (306, 412), (374, 396), (408, 342), (394, 290))


def serpent(palette: Palette) -> Figure:
    """Return a sea pup that rests on the ground, its head on the left and its tail raised on the right."""
    head = symmetric(AXIS, (0, 104), (68, 116), (112, 158), (126, 216), (106, 272), (58, 300), (0, 308))
    return Figure(
        back=(
            Layer(_fluke(), palette.accent, depth=8, creases=(((398, 250), (398, 232)),)),
            Layer(_back_fins(), palette.accent, depth=7),
            Layer(
                (tube(SPINE, [52, 56, 54, 46, 36, 24, 14]),),
                palette.main,
                marks=(Mark(_belly(), palette.pale),),
                depth=12,
            ),
            Layer(_cheek_fins(), palette.accent, depth=8),
            Layer((_crown(),), palette.accent, depth=7),
            Layer(
                (head,),
                palette.main,
                marks=(Mark(ellipse((AXIS, 286), 70, 44), palette.pale),),
                shines=(ellipse((134, 150), 12, 24, 42), ellipse((110, 186), 6, 9, 20)),
                depth=16,
            ),
        ),
        head=head,
        face=Face((AXIS, 222), 26, 1.25, Mouth.SMILE, wink=True),
        front=(Layer((_paddle(),), palette.main, depth=6),),
    )


def _belly() -> Outline:
    return tube([(186, 270), (178, 346), (204, 424), (300, 446), (392, 424)], [36, 38, 36, 26, 8])


def _cheek_fins() -> tuple[Outline, Outline]:
    points = ((112, 196), (70, 160), (40, 160), (54, 190), (24, 210), (50, 228), (44, 262), (80, 258), (116, 252))
    fin = Outline(points, frozenset({0, 3, 5, 8}))
    return fin, fin.mirrored(AXIS)


def _crown() -> Outline:
    points = ((176, 132), (172, 84), (200, 92), (216, 48), (240, 86), (264, 82), (258, 132), (214, 150))
    return Outline(points, frozenset({2, 4}))


def _back_fins() -> tuple[Outline, ...]:
    return (
        Outline(((256, 330), (290, 318), (306, 330), (296, 352), (286, 372))),
        Outline(((300, 382), (318, 350), (338, 344), (344, 364), (346, 384))),
    )


def _fluke() -> tuple[Outline, ...]:
    right = Outline(((390, 300), (404, 262), (440, 226), (474, 226), (470, 262), (436, 292), (402, 306)))
    left = Outline(((398, 304), (376, 286), (344, 256), (340, 222), (372, 216), (400, 250), (408, 296)))
    return left, right


def _paddle() -> Outline:
    return tube([(250, 356), (274, 376), (280, 398)], [15, 17, 13])
