"""A quadruped: a calf with a big head, stubby legs, drooping ears, horn buds and a burning tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette, Tone
from minimon.images.drawn.shapes import Outline, ellipse, leaf, tube

AXIS = 222.0


def quadruped(palette: Palette) -> Figure:
    """Return a calf that stands on the ground, its head towards us and its tail to the right."""
    head = _head()
    return Figure(
        back=(
            Layer((_flame(),), palette.accent, marks=(Mark(_flame_heart(), palette.pale),), depth=8),
            Layer((tube([(352, 366), (392, 368), (414, 330)], [18, 15, 12]),), palette.main, depth=7),
            Layer((_leg(244, 424), _leg(312, 424)), _dim(palette), depth=7),
            Layer(
                (_trunk(), _leg(188, 432), _leg(350, 432)),
                palette.main,
                marks=(*(Mark(ellipse((x, 454), 44, 22), palette.pale) for x in (188, 350)),),
                creases=(((322, 372), (322, 396), (324, 412)),),
                depth=12,
            ),
            Layer((_horn(), _horn().mirrored(AXIS)), palette.pale, depth=7),
            Layer(_ears(), palette.main, depth=9,
                  marks=tuple(Mark(inner, palette.pale) for inner in _inner_ears())),
            Layer(
                (head,),
                palette.main,
                marks=(Mark(ellipse((AXIS, 322), 70, 52), palette.pale),),
                shines=(ellipse((136, 186), 11, 22, 38), ellipse((118, 220), 6, 8)),
                depth=16,
            ),
        ),
        head=head,
        face=Face((AXIS, 254), 26, 1.25, Mouth.CAT),
        front=(Layer((_tuft(),), palette.accent, marks=(Mark(_tuft_heart(), palette.pale),), depth=7),),
    )  # fmt: skip


def _dim(palette: Palette) -> Tone:
    tone = palette.main
    return Tone(tone.shade, tone.shade, tone.shade, tone.bounce, tone.line)


def _head() -> Outline:
    left = ((-70, 150), (-116, 196), (-128, 256), (-104, 312), (-56, 342))
    right = tuple((-x, y) for x, y in reversed(left))
    return Outline(tuple((AXIS + x, y) for x, y in ((0, 138), *left, (0, 350), *right)))


def _trunk() -> Outline:
    return Outline(((180, 330), (270, 300), (350, 316), (388, 360), (378, 408), (330, 424), (220, 424), (164, 400)))


def _leg(x: float, foot: float) -> Outline:
    return tube([(x, 380), (x, foot - 20)], [28, 29])


def _ears() -> tuple[Outline, Outline]:
    ear = leaf((128, 196), (26, 268), 74, -10)
    return ear, ear.mirrored(AXIS)


def _inner_ears() -> tuple[Outline, Outline]:
    inner = leaf((124, 206), (44, 262), 36, -8)
    return inner, inner.mirrored(AXIS)


def _horn() -> Outline:
    return tube([(158, 170), (138, 128), (148, 104)], [22, 16, 9])


def _tuft() -> Outline:
    points = ((190, 178), (182, 140), (196, 96), (212, 118), (232, 66), (248, 116), (264, 104), (264, 146), (250, 178), (222, 206))
    return Outline(points, frozenset({2, 3, 4, 5, 6, 9}))


def _tuft_heart() -> Outline:
    return Outline(((208, 172), (214, 146), (230, 114), (240, 146), (238, 172), (222, 192)), frozenset({2, 5}))


def _flame() -> Outline:
    points = ((416, 352), (374, 322), (368, 262), (390, 278), (398, 222), (432, 176), (434, 238), (452, 252), (464, 228),
              (476, 284), (458, 332))  # fmt: skip
    return Outline(points, frozenset({2, 3, 5, 7, 8}))


def _flame_heart() -> Outline:
    return Outline(((418, 344), (394, 322), (398, 290), (420, 250), (436, 290), (444, 318)), frozenset({3}))
