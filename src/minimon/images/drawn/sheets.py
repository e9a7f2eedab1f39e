"""Contact sheets: many creatures in one picture."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from minimon.creatures import Traits
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import scene_svg


def draw_sheet(
    creatures: Sequence[Traits],
    path: Path,
    *,
    columns: int = 8,
    side: int = 160,
    done: Callable[[], None] = lambda: None,
) -> None:
    """Draw creatures in rows into one PNG, each ``side`` pixels wide; call ``done`` after each."""
    rows = -(-len(creatures) // columns)
    sheet = Image.new("RGB", (min(columns, len(creatures)) * side, rows * side), "white")
    for index, traits in enumerate(creatures):
        small = pixels(scene_svg(traits), 2 * side).resize((side, side), Image.Resampling.BOX)
        sheet.paste(small, (index % columns * side, index // columns * side))
        done()
    sheet.save(path, "PNG", optimize=True)
