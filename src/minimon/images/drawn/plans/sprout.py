"""A sprout: a round seedling with two leaves for ears, a bud between them, and a skirt of leaves."""

from minimon.images.drawn.face import Face, Mouth
from minimon.images.drawn.figure import Figure, Layer, Mark
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.shapes import Outline, ellipse, leaf, symmetric, tube

AXIS = 256.0


def sprout(palette: Palette) -> Figure:
    """Return a seedling that stands on the ground, facing us."""
    head = symmetric(AXIS, (0, 160), (72, 172), (122, 216), (134, 274), (110, 328), (60, 354), (0, 362))
    return Figure(
        back=(
            Layer((_foot(), _foot().mirrored(AXIS)), palette.main, depth=6),
            Layer((_arm(), _arm().mirrored(AXIS)), palette.main, depth=6),
            Layer((symmetric(AXIS, (0, 320), (48, 340), (70, 390), (56, 432), (0, 442)),), palette.pale, depth=12),
            *(Layer((petal,), palette.main, creases=(vein,), depth=7) for petal, vein in _skirt()),
            Layer(_ears(), palette.main, depth=10, marks=tuple(Mark(blade, palette.pale) for blade in _blades())),
            Layer((_stem(),), palette.main, depth=4),
            Layer((_petal(-30), _petal(30)), palette.accent, depth=6),
            Layer((_petal(0),), palette.accent, depth=7, shines=(ellipse((246, 90), 5, 9, 20),)),
            Layer(
                (head,),
                palette.main,
                marks=(Mark(_mask(), palette.pale),),
                shines=(ellipse((172, 206), 11, 22, 50),),
                depth=15,
            ),
        ),
        head=head,
        face=Face((AXIS, 274), 26, 1.2, Mouth.SMILE, tilt=3),
    )


def _mask() -> Outline:
    """Outline a pale face that dips between the eyes like the top of a heart."""
    return symmetric(AXIS, (0, 236), (52, 214), (98, 240), (104, 290), (70, 336), (0, 346))


def _ears() -> tuple[Outline, Outline]:
    ear = leaf((208, 188), (84, 44), 100, -3)
    return ear, ear.mirrored(AXIS)


def _blades() -> tuple[Outline, Outline]:
    blade = leaf((186, 162), (108, 72), 36, -2)
    return blade, blade.mirrored(AXIS)


def _stem() -> Outline:
    return tube([(256, 176), (256, 128)], [9, 9])


def _petal(degrees: float) -> Outline:
    return leaf((256, 136), (256, 58), 50).turned(degrees, (256, 134))


def _skirt() -> list[tuple[Outline, tuple[tuple[float, float], ...]]]:
    sides = [
        leaf((232, 336), (166, 420), 58, 6),
        leaf((280, 336), (346, 420), 58, -6),
        leaf((256, 336), (256, 432), 66),
    ]
    veins = [((200, 380), (184, 400)), ((312, 380), (328, 400)), ((256, 386), (256, 410))]
    return list(zip(sides, veins, strict=True))


def _arm() -> Outline:
    return tube([(212, 356), (158, 372), (132, 350)], [14, 14, 13])


def _foot() -> Outline:
    return ellipse((222, 440), 30, 18)
