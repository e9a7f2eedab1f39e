"""A floater: a bell that hovers on a collar of cloud, with ribbons below and a curl of wind on top."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, symmetric, tube

AXIS = 256.0


def floater(palette: Palette) -> Figure:
    """Return a bell that hovers above the ground, facing us."""
    bell = symmetric(AXIS, (0, 104), (66, 116), (112, 164), (130, 232), (128, 292), (90, 318), (0, 324))
    return Figure(
        back=(
            Layer((_ribbon(0), ), palette.accent, depth=5),
            Layer((_ribbon(-1), _ribbon(1)), palette.main, depth=6),
            Layer(_curl(), palette.main, depth=6),
            Layer(
                (bell,),
                palette.main,
                marks=tuple(Mark(ellipse((x, y), r, r), palette.pale) for x, y, r in ((316, 146, 13), (344, 174, 8), (296, 124, 6))),
                shines=(ellipse((172, 170), 12, 26, 36), ellipse((152, 212), 6, 9, 20)),
                depth=18,
            ),
        ),
        head=bell,
        face=Face((AXIS, 228), 26, 1.3, Mouth.OH, tilt=4),
        front=(Layer(_collar(), palette.pale, depth=10),),
        lift=42,
    )  # fmt: skip


def _collar() -> tuple[Outline, ...]:
    puffs = ((-124, 302, 32), (-72, 318, 37), (-4, 324, 43), (66, 320, 38), (122, 304, 33))
    return tuple(ellipse((AXIS + x, y), radius, radius * 0.86) for x, y, radius in puffs)


def _curl() -> tuple[Outline, ...]:
    return (tube([(252, 120), (240, 76), (262, 44), (298, 50), (300, 80), (280, 84)], [24, 19, 15, 13, 11, 8]),)


def _ribbon(side: int) -> Outline:
    if side == 0:
        return tube([(256, 330), (240, 372), (268, 402), (252, 428)], [24, 22, 18, 8])
    spine = [(76, 330), (92, 368), (70, 394), (96, 416)]
    return tube([(AXIS + side * x, y) for x, y in spine], [23, 20, 15, 7])
