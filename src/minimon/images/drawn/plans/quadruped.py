"""A quadruped: a calf with a big head, stubby legs, drooping ears, horn buds and a burning tail."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette, Tone
from minimon.images.drawn.shapes import Outline, ellipse, tube

AXIS = 208.0


def quadruped(palette: Palette) -> Figure:
    """Return a calf that stands on the ground, its head towards us and its tail to the right."""
    head = _head()
    return Figure(
        back=(
            Layer((_flame(),), palette.accent, marks=(Mark(_flame_heart(), palette.pale),), depth=8),
            Layer((tube([(346, 372), (396, 376), (430, 334)], [20, 16, 12]),), palette.main, depth=7),
            Layer((_leg(284, 432),), _far(palette), depth=7),
            Layer(
                (_trunk(), _haunch(), _leg(346, 440)),
                palette.main,
                marks=(
                    Mark(ellipse((346, 462), 48, 24), palette.pale),
                    *(Mark(spot, palette.pale) for spot in _dapples()),
                ),
                creases=(((322, 352), (305, 370), (307, 392)),),
                depth=12,
            ),
            *(
                Layer((_leg(x, 442),), palette.main, marks=(Mark(ellipse((x, 464), 48, 24), palette.pale),), depth=7)
                for x in (238, 174)
            ),
            Layer((_horn(), _horn().mirrored(AXIS)), palette.pale, depth=7),
            Layer(_ears(), palette.main, depth=9, marks=tuple(Mark(inner, palette.pale) for inner in _inner_ears())),
            Layer(
                (head,),
                palette.main,
                marks=(Mark(ellipse((AXIS, 326), 72, 52), palette.pale),),
                shines=(ellipse((AXIS - 86, 184), 11, 22, 42), ellipse((AXIS - 106, 220), 6, 8)),
                depth=16,
            ),
        ),
        head=head,
        face=Face((AXIS, 256), 27, 1.25, Mouth.CAT),
        front=(Layer((_tuft(),), palette.accent, marks=(Mark(_tuft_heart(), palette.pale),), depth=7),),
    )


def _far(palette: Palette) -> Tone:
    """Legs on the far side stand in the body's shadow."""
    tone = palette.main
    return Tone(tone.shade, tone.shade, tone.shade, tone.shade, tone.line)


def _head() -> Outline:
    right = ((72, 148), (120, 196), (132, 258), (108, 314), (58, 344))
    left = tuple((-x, y) for x, y in reversed(right))
    return Outline(tuple((AXIS + x, y) for x, y in ((0, 134), *right, (0, 352), *left)))


def _trunk() -> Outline:
    return Outline(((160, 330), (250, 300), (330, 312), (384, 350), (386, 396), (330, 410), (220, 412), (156, 400)))


def _haunch() -> Outline:
    return ellipse((350, 376), 46, 44)


def _dapples() -> tuple[Outline, ...]:
    return tuple(ellipse((x, y), size, size * 0.85) for x, y, size in ((356, 338, 11), (376, 360, 7), (330, 328, 7)))


def _leg(x: float, foot: float) -> Outline:
    return tube([(x, 370), (x, foot - 20)], [30, 28])


def _ears() -> tuple[Outline, Outline]:
    points = ((-100, 176), (-140, 170), (-170, 198), (-182, 246), (-170, 278), (-142, 272), (-118, 250), (-100, 236))
    ear = Outline(tuple((AXIS + x, y) for x, y in points))
    return ear, ear.mirrored(AXIS)


def _inner_ears() -> tuple[Outline, Outline]:
    inner = ellipse((AXIS - 148, 226), 19, 36, 16)
    return inner, inner.mirrored(AXIS)


def _horn() -> Outline:
    return tube([(AXIS - 66, 172), (AXIS - 90, 130), (AXIS - 80, 98)], [24, 17, 9])


def _tuft() -> Outline:
    points = ((-32, 86), (-24, 107), (-12, 118), (-4, 88), (12, 56), (22, 86), (28, 114), (38, 108), (48, 94),
              (52, 130), (40, 166), (2, 188), (-36, 166), (-47, 126))  # fmt: skip
    return Outline(tuple((AXIS + x, y) for x, y in points), frozenset({0, 2, 4, 6, 8}))


def _tuft_heart() -> Outline:
    points = ((-18, 150), (-8, 126), (6, 100), (16, 126), (22, 150), (2, 170))
    return Outline(tuple((AXIS + x, y) for x, y in points), frozenset({2}))


def _flame() -> Outline:
    points = ((432, 362), (390, 340), (384, 300), (392, 262), (404, 226), (444, 176), (444, 242), (466, 258),
              (476, 228), (494, 288), (476, 344))  # fmt: skip
    return Outline(points, frozenset({5, 7, 8}))


def _flame_heart() -> Outline:
    return Outline(((434, 354), (410, 334), (412, 304), (436, 258), (454, 302), (460, 332)), frozenset({3}))
