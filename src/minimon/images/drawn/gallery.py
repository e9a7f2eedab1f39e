"""The pictures that are kept in the repository: six creatures for a fresh checkout, and sheets for the README.

``python -m minimon.images.drawn.gallery FOLDER SHEET LADDER`` draws the six into ``FOLDER``, all of them in one into
``SHEET``, and the ladder of rarities into ``LADDER``.
"""

import sys
from pathlib import Path

from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.raster import small_png
from minimon.images.drawn.scene import scene_svg
from minimon.images.drawn.sheets import draw_sheet

SIX = (
    Traits(10, Rarity.C, Element.WATER),
    Traits(5, Rarity.C, Element.FIRE),
    Traits(1, Rarity.C, Element.EARTH),
    Traits(9, Rarity.C, Element.WIND),
    Traits(3, Rarity.C, Element.WATER),
    Traits(12, Rarity.C, Element.FIRE),
)
"""Who is in image_00.png, image_01.png and so on."""
LADDER = tuple(
    Traits(seed, rarity, element)
    for seed, element in ((10, Element.WATER), (5, Element.FIRE), (2, Element.EARTH), (0, Element.WIND))
    for rarity in Rarity
)
"""Four creatures, each in all eight rarities."""


def draw_six(folder: Path) -> list[Path]:
    """Draw the six pictures into ``folder``, which exists, over older ones, and return their paths in order."""
    paths = [folder / f"image_{index:02}.png" for index in range(len(SIX))]
    for path, sitter in zip(paths, SIX, strict=True):
        path.write_bytes(small_png(scene_svg(sitter)))
    return paths


if __name__ == "__main__":
    draw_six(Path(sys.argv[1]))
    draw_sheet(SIX, Path(sys.argv[2]), columns=3, side=256)
    draw_sheet(LADDER, Path(sys.argv[3]), columns=8, side=128)
