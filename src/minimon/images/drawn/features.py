"""Paint a face: eyes with two highlights from one light, a tiny mouth, a nose, blush and brows.

Everything is drawn in the face's own frame, where half an eye is 100 units wide, and moved by the renderer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from minimon.images.drawn.face import EXPRESSIONS, Face
from minimon.images.drawn.outline import Outline, Point, open_path
from minimon.images.drawn.palette import Palette
from minimon.images.drawn.svg import Drawing, number


def paint_face(drawing: Drawing, face: Face, palette: Palette, light: int) -> None:
    """Paint blush, eyes, nose and mouth in front of what is there. The light comes from the left (1) or right (-1)."""
    expression = EXPRESSIONS[face.expression]
    x, y = face.centre
    place = f"translate({number(x)} {number(y)}) rotate({number(face.tilt)}) scale({face.eye / 100:.4f})"
    drawing.add(f'<g fill="none" stroke="{palette.eye}" stroke-width="24" transform="{place}">')
    fade = drawing.radial((palette.blush, 0.85), (palette.blush, 0.6), (palette.blush, 0.0))
    line = palette.tones[face.skin].line
    for side, kind in ((-1, expression.left), (1, expression.right)):
        wide, middle = face.wide(side), 100 * face.middle(side)
        cheek = f'cx="{middle + 80 * side * wide:.1f}" cy="155" fill="{fade}" rx="{95 * wide:.1f}" ry="60"'
        drawing.add(f'<ellipse {cheek} stroke="none"/><g transform="translate({middle:.1f} 0) scale({wide:.3f} 1)">')
        drawing.add(_EYES[kind](Eye(drawing, face, palette, light, side)))
        if expression.brows:
            drawing.add(f'<path d="{_BROWS[expression.brows, side]}" stroke="{line}"/>')
        drawing.add("</g>")
    if not face.beak:
        mouth = _mouth(expression.mouth, face.nose, line, palette.mouth, palette.blush)
        drawing.add(f'<g transform="translate({90 * face.turn:.1f} 0)">{mouth}</g>')
    drawing.add("</g>")


def _curve(*points: Point) -> str:
    return open_path(tuple(points))


_BROWS = {
    (kind, side): _curve((side * -60, inner), (side * 10, top), (side * 72, outer))
    for kind, (inner, top, outer) in {
        "keen": (-156, -188, -174),
        "soft": (-172, -196, -164),
        "high": (-175, -215, -180),
    }.items()
    for side in (-1, 1)
}


def _oval(x: float, y: float, rx: float, ry: float, paint: str) -> str:
    return f'<ellipse cx="{x:.0f}" cy="{y:.0f}" fill="{paint}" rx="{rx:.0f}" ry="{ry:.0f}" stroke="none"/>'


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye to be drawn, about (0, 0) and 100 units in half-width. ``light`` is 1 where it comes from the left."""

    drawing: Drawing
    face: Face
    palette: Palette
    light: int
    side: int


def _open(eye: Eye, aside: float = 0, size: float = 1) -> str:
    wide, tall, tilt = 100 * size, 100 * eye.face.tall * size, 28 * eye.light
    first = _oval(aside - tilt, -0.4 * tall, 42, 46, "#ffffff")
    second = _oval(aside + tilt * 1.3, 0.36 * tall, 20, 21, "#ffffff")
    return _oval(0, 0, wide, tall, eye.palette.eye) + _IRISES[eye.face.iris](eye, aside, wide, tall) + first + second


def _deep(eye: Eye, aside: float, wide: float, tall: float) -> str:
    """Return an iris that glows from below."""
    glow = eye.drawing.across((0, 0), (0, 1), eye.palette.eye, eye.palette.iris, eye.palette.glint)
    return _oval(aside, 0.4 * tall, 0.76 * wide, 0.53 * tall, glow)


def _bright(eye: Eye, aside: float, wide: float, tall: float) -> str:
    """Return a coloured iris around a pupil."""
    ring = eye.drawing.across((0, 0), (0, 1), eye.palette.iris, eye.palette.glint)
    iris = _oval(aside, 0.06 * tall, 0.84 * wide, 0.82 * tall, ring)
    return iris + _oval(aside, 0.05 * tall, 0.5 * wide, 0.54 * tall, eye.palette.eye)


_IRISES: dict[str, Callable[[Eye, float, float, float], str]] = {
    "deep": _deep,
    "bright": _bright,
    "bead": lambda *_: "",
}


def _starry(eye: Eye) -> str:
    return f'{_open(eye)}<path d="{star_path(30 * eye.light, 50, 42)}" fill="#ffffff" stroke="none"/>'


def _stroke(*points: Point, width: float = 24) -> str:
    wide = f' stroke-width="{width:g}"' if width != 24 else ""
    return f'<path d="{_curve(*points)}"{wide}/>'


_ARC = _stroke((-95, 35), (0, -48), (95, 35), width=34)
_SHUT = (
    _stroke((-95, 0), (0, 62), (95, 0), width=32)
    + _stroke((-62, 42), (-86, 72), width=22)
    + _stroke((62, 42), (86, 72), width=22)
)
_SQUEEZED = {
    side: _stroke((side * 75, -62), (side * -60, 0), width=32) + _stroke((side * -60, 0), (side * 75, 62), width=32)
    for side in (-1, 1)
}
_EYES: dict[str, Callable[[Eye], str]] = {
    "open": _open,
    "wide": lambda eye: _open(eye, 0, 1.06),
    "aside": lambda eye: _open(eye, 14),
    "starry": _starry,
    "arc": lambda _: _ARC,
    "shut": lambda _: _SHUT,
    "squeezed": lambda eye: _SQUEEZED[eye.side],
}

_BUTTON = Outline(((-26, 58), (0, 54), (26, 58), (20, 74), (0, 86), (-20, 74))).path
_NOSES: dict[str, Callable[[str], str]] = {
    "": lambda _: "",
    "button": lambda line: f'<path d="{_BUTTON}" fill="{line}" stroke="none"/>',
    "dots": lambda line: _oval(-17, 72, 8, 10, line) + _oval(17, 72, 8, 10, line),
}


@lru_cache(maxsize=4096)
def _mouth(kind: str, nose: str, line: str, inside: str, tongue: str) -> str:
    """Return a nose in the colour of lines and a mouth; what is ``inside`` shows where it is open."""
    return _NOSES[nose](line) + _MOUTHS[kind](inside, tongue)


def _filled(points: tuple[Point, ...], corners: tuple[int, ...], paint: str, width: float) -> str:
    path = Outline(points, frozenset(corners)).path
    return f'<path d="{path}" fill="{paint}" stroke-width="{width:g}"/>'


def _laugh(inside: str, tongue: str) -> str:
    """Return a wide open mouth: its line lies over the tongue."""
    path = Outline(((-74, 95), (0, 104), (74, 95), (50, 168), (0, 194), (-50, 168)), frozenset({0, 2})).path
    tip = _oval(0, 166, 36, 22, tongue)
    return f'<path d="{path}" fill="{inside}" stroke="none"/>{tip}<path d="{path}" stroke-width="22"/>'


def _gasp(inside: str, tongue: str) -> str:
    """Return a small open mouth that smiles."""
    edge = ((-46, 104), (0, 110), (46, 104), (34, 156), (0, 174), (-34, 156))
    return _filled(edge, (0, 2), inside, 20) + _oval(0, 152, 22, 14, tongue)


def _tongue(inside: str, tongue: str) -> str:
    tip = _filled(((-10, 120), (50, 120), (50, 162), (20, 184), (-10, 162)), (0, 1), tongue, 20)
    return tip + _stroke((-60, 100), (0, 128), (60, 100))


def _fang(inside: str, tongue: str) -> str:
    tooth = _filled(((12, 120), (46, 110), (34, 158)), (0, 1, 2), "#ffffff", 14)
    return tooth + _stroke((-68, 98), (0, 134), (68, 98))


_CAT = _stroke((-80, 100), (-42, 132), (0, 100)) + _stroke((0, 100), (42, 132), (80, 100))
_MOUTHS: dict[str, Callable[[str, str], str]] = {
    "smile": lambda *_: _stroke((-55, 100), (0, 136), (55, 100)),
    "smirk": lambda *_: _stroke((-52, 102), (6, 138), (64, 94)),
    "doze": lambda *_: _stroke((-32, 108), (0, 128), (32, 108)),
    "cat": lambda *_: _CAT,
    "laugh": _laugh,
    "gasp": _gasp,
    "tongue": _tongue,
    "fang": _fang,
}


def star_path(x: float, y: float, radius: float, pinch: float = 0.26) -> str:
    """Return a four-pointed sparkle as path data."""
    p = radius * pinch * 0.6
    return (
        f"M{x:.1f} {y - radius:.1f}Q{x + p:.1f} {y - p:.1f} {x + radius:.1f} {y:.1f}"
        f"Q{x + p:.1f} {y + p:.1f} {x:.1f} {y + radius:.1f}Q{x - p:.1f} {y + p:.1f} {x - radius:.1f} {y:.1f}"
        f"Q{x - p:.1f} {y - p:.1f} {x:.1f} {y - radius:.1f}Z"
    )
