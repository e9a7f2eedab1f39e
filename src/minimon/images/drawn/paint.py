"""Paint a figure: line, material and light of each layer."""

from minimon.images.drawn.figure import LINE, Figure, Frame, Layer
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.outline import open_path
from minimon.images.drawn.palette import Palette, Tone
from minimon.images.drawn.svg import Drawing, number

RIMMED = 9.0
"""Layers whose shadow is at least this deep, in pixels, are large enough for a rim of light."""


class Brush:
    """Paints layers in one finish. ``light`` is 1 where the light comes from the left, else -1 (a mirrored figure)."""

    def __init__(self, drawing: Drawing, palette: Palette, finish: Finish, light: int) -> None:
        self.drawing, self.palette, self.finish, self.light = drawing, palette, finish, light

    def contour(self, figure: Figure, colour: str, width: float, opacity: float = 1.0) -> None:
        """Draw a line around the whole figure, behind it."""
        faint = f' stroke-opacity="{number(opacity)}"' if opacity < 1 else ""
        self.drawing.add(f'<g fill="none" stroke="{colour}"{faint}>')
        for layer in figure.back:
            if layer.depth > 3:
                size = layer.frame.size if layer.frame else 1
                place = _matrix(layer.frame)
                self.drawing.add(f'<use href="{self._shape(layer)}" stroke-width="{number(width / size)}"{place}/>')
        self.drawing.add("</g>")

    def layers(self, layers: list[Layer]) -> None:
        """Paint layers, back to front."""
        for layer in layers:
            place = _matrix(layer.frame)
            if place:
                self.drawing.add(f"<g{place}>")
            self._layer(layer, layer.frame.size if layer.frame else 1.0)
            if place:
                self.drawing.add("</g>")

    def _layer(self, layer: Layer, size: float) -> None:
        """Paint one layer in front of what is there: line, shade, what the light reaches, shines, creases.

        The lit part is cut by the shape itself, moved towards the light. That leaves a crescent of shade.
        """
        tone, shape = self.palette.tones[layer.tone], self._shape(layer)
        marks = [(self.drawing.shape(mark.outline.path()), self.palette.tones[mark.tone]) for mark in layer.marks]
        lit = self.drawing.clip(shape, self._lit(layer))
        shade = "".join([f'<use fill="{tone.shade}" href="{mark}"/>' for mark, tone in marks])
        plain = "".join([f'<use fill="{self._fill(tone, layer)}" href="{mark}"/>' for mark, tone in marks])
        inside = (
            f'<use fill="{tone.shade}" href="{shape}"/>{shade}{self._rim(layer, shape)}<g clip-path="{lit}">'
            f'<use fill="{self._fill(tone, layer)}" href="{shape}"/>{plain}</g>{self._shines(layer)}'
        )
        if marks or layer.depth >= RIMMED:
            inside = f'<g clip-path="{self.drawing.clip(shape)}">{inside}</g>'
        self.drawing.add(
            f'<use fill="none" href="{shape}" stroke="{tone.line}" stroke-width="{number(2 * LINE / size)}"/>{inside}'
        )
        for crease in layer.creases:
            self.drawing.line(open_path(crease), tone.line, LINE * 0.66 / size)

    def _shape(self, layer: Layer) -> str:
        return self.drawing.shape("".join([outline.path() for outline in layer.outlines]))

    def _fill(self, tone: Tone, layer: Layer) -> str:
        """Return the paint of a material: flat on the plainest, else a gradient away from the light.

        A part is light at its tip.
        """
        if not self.finish.gradient:
            return tone.base
        if layer.frame:
            return self.drawing.across((0.5, 0.0), (0.5, 1.0), *tone.sheen)
        ends = ((0.2, 0.0), (0.7, 1.0)) if self.light > 0 else ((0.8, 0.0), (0.3, 1.0))
        return self.drawing.across(*ends, *tone.sheen)

    def _lit(self, layer: Layer) -> tuple[float, float]:
        """Return how far the lit side is moved: what it leaves is a crescent of shadow at the far edge."""
        dx, dy = -0.7 * layer.depth * self.light, -layer.depth
        return layer.frame.inside(dx, dy) if layer.frame else (dx, dy)

    def _rim(self, layer: Layer, shape: str) -> str:
        """Return a rim of light inside the edge away from the light, as of a lamp behind the figure."""
        if not self.finish.rim or layer.depth < RIMMED:
            return ""
        return (
            f'<use fill="none" href="{shape}" stroke="#ffffff" stroke-opacity="{number(self.finish.rim)}" '
            'stroke-width="11"/>'
        )

    def _shines(self, layer: Layer) -> str:
        """Return the shines, on the side where the light comes from."""
        if not layer.shines or not self.finish.shine:
            return ""
        shines = layer.shines
        if self.light < 0:
            xs = [x for x, _ in layer.outlines[-1].points]
            shines = tuple([shine.mirrored((min(xs) + max(xs)) / 2) for shine in shines])
        path = "".join([shine.path() for shine in shines])
        return f'<path d="{path}" fill="#ffffff" fill-opacity="{number(self.finish.shine)}"/>'


def _matrix(frame: Frame | None) -> str:
    if frame is None:
        return ""
    a, b, c, d, e, f, _ = frame
    return f' transform="matrix({a:.3f} {b:.3f} {c:.3f} {d:.3f} {e:.1f} {f:.1f})"'
