"""From SVG to pixels to a file. ThorVG draws, ISA-L packs."""

from functools import cache
from io import BytesIO

from PIL import Image
from thorvg_python.base import Colorspace
from thorvg_python.canvas.sw import SwCanvas
from thorvg_python.engine import Engine
from thorvg_python.paint.picture import Picture

from minimon.images.drawn.png import encode_png
from minimon.images.drawn.svg import SIZE


@cache
def _engine() -> Engine:
    """Return this process's renderer, which works on the thread that calls it."""
    return Engine(threads=0)


def pixels(svg: str, side: int = SIZE) -> Image.Image:
    """Return the picture as opaque RGB, ``side`` by ``side`` pixels. One call at a time in a process."""
    canvas = SwCanvas(_engine())
    canvas.set_target(side, side, cs=Colorspace.ABGR8888)
    picture = Picture(_engine())
    picture.load_data(svg.encode(), "svg", None, copy=False)
    picture.set_size(side, side)
    canvas.add(picture)
    canvas.draw(clear=True)
    canvas.sync()
    assert canvas.buffer_arr is not None
    image = Image.frombytes("RGB", (side, side), canvas.buffer_arr, "raw", "RGBX")  # type: ignore[arg-type]  # a buffer
    canvas.destroy()
    return image


def png(svg: str, side: int = SIZE) -> bytes:
    """Return the picture as PNG, quickly encoded, for answering requests."""
    return encode_png(pixels(svg, side).tobytes(), side)


def small_png(svg: str) -> bytes:
    """Return the same pixels in fewer bytes and more time: for files that are kept."""
    packed = BytesIO()
    pixels(svg).save(packed, "PNG", optimize=True, compress_level=9)
    return packed.getvalue()
