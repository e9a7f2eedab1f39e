"""The six pictures that a fresh checkout serves.

``python -m minimon.images.drawn.gallery FOLDER SHEET`` draws them into ``FOLDER``, and all in one into ``SHEET``.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from minimon.creatures import Element
from minimon.images.drawn.figure import Figure
from minimon.images.drawn.palette import Palette, palette
from minimon.images.drawn.plans.bird import bird
from minimon.images.drawn.plans.blob import blob
from minimon.images.drawn.plans.floater import floater
from minimon.images.drawn.plans.quadruped import quadruped
from minimon.images.drawn.plans.serpent import serpent
from minimon.images.drawn.plans.sprout import sprout
from minimon.images.drawn.raster import png, small_png
from minimon.images.drawn.scene import scene


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who sits for a picture: a body plan, an element, and the colours within it."""

    plan: Callable[[Palette], Figure]
    element: Element
    place: float
    accent_hue: float

    def colours(self) -> Palette:
        """Return the palette of this picture."""
        return palette(self.element, self.place, self.accent_hue)

    def svg(self) -> str:
        """Return the picture as canonical SVG."""
        colours = self.colours()
        return scene(self.plan(colours), self.element, colours)


SIX = (
    Sitter(blob, Element.WATER, 0.8, 345),
    Sitter(quadruped, Element.FIRE, 0.5, 88),
    Sitter(sprout, Element.EARTH, 0.75, 5),
    Sitter(bird, Element.WIND, 0.1, 85),
    Sitter(serpent, Element.WATER, 0.0, 55),
    Sitter(floater, Element.WIND, 0.95, 235),
)
"""Who is in image_00.png, image_01.png and so on."""


def draw_six(folder: Path) -> list[Path]:
    """Draw the six pictures into ``folder``, which exists, over older ones, and return their paths in order."""
    paths = [folder / f"image_{index:02}.png" for index in range(len(SIX))]
    for path, sitter in zip(paths, SIX, strict=True):
        path.write_bytes(small_png(sitter.svg()))
    return paths


def draw_sheet(path: Path, *, side: int = 256) -> None:
    """Draw the six pictures side by side, three in a row, each ``side`` pixels wide."""
    sheet = Image.new("RGB", (3 * side, 2 * side))
    for index, sitter in enumerate(SIX):
        with Image.open(BytesIO(png(sitter.svg()))) as picture:
            small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (index % 3 * side, index // 3 * side))
    sheet.save(path, "PNG", optimize=True)


if __name__ == "__main__":
    draw_six(Path(sys.argv[1]))
    draw_sheet(Path(sys.argv[2]))
