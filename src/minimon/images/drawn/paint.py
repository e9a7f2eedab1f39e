"""Paint a figure: line, material and light of each piece."""

import math

from minimon.images.drawn.figure import LINE, Figure, Layer, Piece
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.frame import Frame
from minimon.images.drawn.outline import Point
from minimon.images.drawn.palette import Palette, Tone, mixed
from minimon.images.drawn.svg import Drawing, number

RIMMED = 9.0
"""Pieces whose shadow is at least this deep, in pixels, are large enough for a rim of light."""
RIM = 5.5
"""How far a rim of light reaches in, in pixels."""
SMALL = 5.0
"""Pieces whose shadow would be at most this deep have none: gems, bands and beads."""


class Brush:
    """Paints pieces in one finish. ``light`` is 1 where the light comes from the left, else -1 (a mirrored figure)."""

    def __init__(self, drawing: Drawing, palette: Palette, finish: Finish, light: int) -> None:
        self.drawing, self.palette, self.finish, self.light = drawing, palette, finish, light
        self._fills: dict[tuple[tuple[str, ...], bool], str] = {}

    def contour(self, figure: Figure, colour: str, width: float) -> None:
        """Show an edge of so many pixels around the whole figure, behind it: each piece once more, but larger."""
        self.drawing.add(f'<g fill="{colour}">')
        for piece in figure.back:
            if piece.depth > SMALL:
                place = piece.frame.markup() if piece.frame else ""
                by = round(width / piece.size)
                path = "".join([outline.grown_path(by) for outline in piece.layer.outlines])
                self.drawing.add(f'<path d="{path}"{place}/>')
        self.drawing.add("</g>")

    def pieces(self, pieces: list[Piece]) -> None:
        """Paint pieces, back to front. Neighbours in one frame share a group."""
        last: Frame | None = None
        for piece in pieces:
            if piece.frame is not last:
                self._enter(last, piece.frame)
                last = piece.frame
            self._piece(piece)
        self._enter(last, None)

    def _enter(self, last: Frame | None, frame: Frame | None) -> None:
        if last:
            self.drawing.add("</g>")
        if frame:
            self.drawing.add(f"<g{frame.markup()}>")

    def _piece(self, piece: Piece) -> None:
        """Paint one piece in front of what is there: line, shade, what the light reaches, shines, creases."""
        layer, drawing, size, depth = piece.layer, self.drawing, piece.size, piece.depth
        tone, shape = self.palette.tones[layer.tone], drawing.shape(layer.path)
        line = f'<use fill="none" href="{shape}" stroke="{tone.line}" stroke-width="{number(2 * LINE / size)}"/>'
        if depth <= SMALL and not layer.marks:
            fill = f'<use fill="{self._fill(tone, piece)}" href="{shape}"/>{self._shines(layer)}'
        else:
            fill = self._lit_and_shaded(piece, tone, shape, depth)
        drawing.add(line + fill)
        if layer.creases:
            drawing.line(layer.creased, tone.line, LINE * 0.66 / size)

    def _lit_and_shaded(self, piece: Piece, tone: Tone, shape: str, depth: float) -> str:
        """Return what lies inside the line.

        The lit part is cut by the shape itself, moved towards the light. That leaves a crescent of shade.
        """
        layer, drawing, moved = piece.layer, self.drawing, self._toward_light(piece, depth)
        marks = [(drawing.shape(mark.outline.path), self.palette.tones[mark.tone]) for mark in layer.marks]
        plain = "".join([f'<use fill="{self._fill(tone, piece)}" href="{mark}"/>' for mark, tone in marks])
        lit = f'<use fill="{self._fill(tone, piece)}" href="{shape}"'
        if self.finish.rim and depth >= RIMMED:
            lit += f"{_moved(*moved)}/>" + (f'<g clip-path="{drawing.clip(shape, moved)}">{plain}</g>' if marks else "")
            return self._rimmed(piece, tone, shape, moved, lit)
        lit = f'<g clip-path="{drawing.clip(shape, moved)}">{lit}/>{plain}</g>'
        shade = "".join([f'<use fill="{tone.shade}" href="{mark}"/>' for mark, tone in marks])
        inside = f'<use fill="{tone.shade}" href="{shape}"/>{shade}{lit}{self._shines(layer)}'
        return f'<g clip-path="{drawing.clip(shape)}">{inside}</g>' if marks else inside

    def _rimmed(self, piece: Piece, tone: Tone, shape: str, moved: Point, lit: str) -> str:
        """Return a piece whose crescent of shade has a rim of light, as of a lamp behind the figure.

        The shade is the shape once more, moved a little towards the light. A line along the edge would cost twice that.
        """
        share = RIM / math.hypot(*moved) / piece.size
        shade = f'<use fill="{tone.shade}" href="{shape}"{_moved(moved[0] * share, moved[1] * share)}/>'
        return (
            f'<use fill="{mixed(tone.shade, self.finish.rim)}" href="{shape}"/>'
            f'<g clip-path="{self.drawing.clip(shape)}">{shade}{lit}{self._shines(piece.layer)}</g>'
        )

    def _fill(self, tone: Tone, piece: Piece) -> str:
        """Return the paint of a material: flat on the plainest, else a gradient away from the light.

        A part is light at its tip.
        """
        if not self.finish.gradient:
            return tone.base
        known = self._fills.get((tone.sheen, piece.tip))
        if known is None:
            known = self._fills[tone.sheen, piece.tip] = self._sheen(tone, piece.tip)
        return known

    def _sheen(self, tone: Tone, tip: bool) -> str:
        if tip:
            return self.drawing.across((0.5, 0.0), (0.5, 1.0), *tone.sheen)
        ends = ((0.2, 0.0), (0.7, 1.0)) if self.light > 0 else ((0.8, 0.0), (0.3, 1.0))
        return self.drawing.across(*ends, *tone.sheen)

    def _toward_light(self, piece: Piece, depth: float) -> Point:
        """Return how far the lit side is moved: what it leaves is a crescent of shadow at the far edge."""
        dx, dy = -0.7 * depth * self.light, -depth
        return piece.frame.inside(dx, dy) if piece.frame else (dx, dy)

    def _shines(self, layer: Layer) -> str:
        """Return the shines, on the side where the light comes from."""
        if not layer.shines or not self.finish.shine:
            return ""
        shines = layer.shines
        if self.light < 0:
            xs = [x for x, _ in layer.outlines[-1].points]
            shines = tuple([shine.mirrored((min(xs) + max(xs)) / 2) for shine in shines])
        path = "".join([shine.path for shine in shines])
        return f'<path d="{path}" fill="#ffffff" fill-opacity="{number(self.finish.shine)}"/>'


def _moved(dx: float, dy: float) -> str:
    return f' transform="translate({number(dx)} {number(dy)})"'
