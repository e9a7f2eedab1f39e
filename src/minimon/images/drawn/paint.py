"""Paint a figure: line, material and light of each layer."""

from minimon.images.drawn.figure import LINE, Figure, Layer
from minimon.images.drawn.finish import Finish
from minimon.images.drawn.palette import Palette, Tone
from minimon.images.drawn.shapes import Outline, open_path
from minimon.images.drawn.svg import Drawing, number


class Brush:
    """Paints layers in one finish. ``light`` is 1 where the light comes from the left, else -1 (a mirrored figure)."""

    def __init__(self, drawing: Drawing, palette: Palette, finish: Finish, light: int) -> None:
        self.drawing, self.palette, self.finish, self.light = drawing, palette, finish, light

    def layers(self, layers: list[Layer]) -> None:
        """Paint layers, back to front."""
        for layer in layers:
            self.layer(layer)

    def layer(self, layer: Layer) -> None:
        """Paint one layer in front of what is there: line, colours, marks, shadow, rim light, shines, creases."""
        add, tone = self.drawing.add, self.palette.tones[layer.tone]
        shape, clip = self.drawing.shape("".join([outline.path() for outline in layer.outlines]))
        add(f'<use fill="{tone.line}" href="{shape}" stroke="{tone.line}" stroke-width="{2 * LINE:.0f}"/>')
        add(f'<g clip-path="{clip}"><g id="m{shape[2:]}"><use fill="{self.fill(tone)}" href="{shape}"/>')
        for mark in layer.marks:
            self.drawing.fill(mark.outline.path(), self.fill(self.palette.tones[mark.tone]))
        add("</g>")
        self._shade(layer, shape)
        if self.finish.shine:
            for shine in layer.shines:
                self.drawing.fill(self._lit(layer, shine), "#ffffff", self.finish.shine)
        add("</g>")
        for crease in layer.creases:
            self.drawing.line(open_path(crease), tone.line, LINE * 0.66)

    def _lit(self, layer: Layer, shine: Outline) -> str:
        """Move a shine to the side where the light comes from."""
        if self.light > 0:
            return shine.path()
        xs = [x for x, _ in layer.outlines[-1].points]
        return shine.mirrored((min(xs) + max(xs)) / 2).path()

    def fill(self, tone: Tone) -> str:
        """Return the paint of a material: flat on the plainest, else a gradient away from the light."""
        if not self.finish.gradient:
            return tone.base
        ends = ((0.2, 0.0), (0.7, 1.0)) if self.light > 0 else ((0.8, 0.0), (0.3, 1.0))
        return self.drawing.across(*ends, *tone.sheen)

    def _shade(self, layer: Layer, shape: str) -> None:
        """Darken all, light the rim, then show again what the light reaches: that leaves a crescent at the far edge."""
        dx, dy = -0.7 * layer.depth * self.light, -layer.depth
        lit = self.drawing.define("clipPath", f'<use href="{shape}" transform="translate({number(dx)} {number(dy)})"/>')
        self.drawing.add(f'<use fill="{self.palette.shadow}" fill-opacity="0.3" href="{shape}"/>')
        if self.finish.rim and layer.depth >= RIMMED:
            self.drawing.add(
                f'<use fill="none" href="{shape}" stroke="#ffffff" stroke-opacity="{number(self.finish.rim)}" '
                'stroke-width="11"/>'
            )
        self.drawing.add(f'<g clip-path="url(#{lit})"><use href="#m{shape[2:]}"/></g>')


RIMMED = 9.0
"""Layers whose shadow is at least this deep, in pixels, are large enough for a rim of light."""


def silhouette(figure: Figure) -> str:
    """Return the path data of everything in a figure, for an aura or a contour around it."""
    return "".join([outline.path() for outline in figure.outlines()])
