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

BLOCK = 16384
"""Texts are made as long as a multiple of this, by spaces: the binding keeps a type of its own for every length."""


class _Easel:
    """The renderer of this process, which works on the thread that calls it, and the memory that it draws into."""

    def __init__(self) -> None:
        self._engine = Engine(threads=0)
        self._canvas = SwCanvas(self._engine)
        self._side = 0

    def draw(self, svg: bytes, side: int) -> Image.Image:
        if side != self._side:
            self._canvas.set_target(side, side, cs=Colorspace.ABGR8888)
            self._side = side
        picture = Picture(self._engine)
        picture.load_data(svg, "svg", None, copy=False)
        picture.set_size(side, side)
        self._canvas.add(picture)
        self._canvas.draw(clear=True)
        self._canvas.sync()
        self._canvas.remove()
        assert self._canvas.buffer_arr is not None
        return Image.frombytes("RGB", (side, side), self._canvas.buffer_arr, "raw", "RGBX")  # type: ignore[arg-type]  # a buffer


@cache
def _easel() -> _Easel:
    return _Easel()


def pixels(svg: str, side: int = SIZE) -> Image.Image:
    """Return the picture as opaque RGB, ``side`` by ``side`` pixels. One call at a time in a process."""
    text = svg.encode()
    return _easel().draw(text.ljust(-(-len(text) // BLOCK) * BLOCK), side)


def png(svg: str, side: int = SIZE) -> bytes:
    """Return the picture as PNG, quickly encoded, for answering requests."""
    return encode_png(pixels(svg, side))


def small_png(svg: str) -> bytes:
    """Return the same pixels in fewer bytes and more time: for files that are kept."""
    packed = BytesIO()
    pixels(svg).save(packed, "PNG", optimize=True, compress_level=9)
    return packed.getvalue()
