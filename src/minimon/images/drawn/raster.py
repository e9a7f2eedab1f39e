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
WIDE = 16384
"""Width of the sliver that is drawn first. The renderer's table of edges grows with the widest shape that it has met,
and stays so: 0.4 MB. A shape of more edges than the table holds is worked out again, in halves.
"""
SLIVER = f'<svg height="2" width="{WIDE}" xmlns="http://www.w3.org/2000/svg"><path d="M0 0L{WIDE} 1L0 2Z"/></svg>'


class _Easel:
    """The renderer of this process, which works on the thread that calls it, and the memory that it draws into."""

    def __init__(self) -> None:
        self._engine = Engine(threads=0)
        self._canvas = SwCanvas(self._engine)
        self._size = (0, 0)
        self._draw(SLIVER.encode(), (WIDE, 2))

    def draw(self, svg: bytes, side: int) -> Image.Image:
        self._draw(svg, (side, side))
        assert self._canvas.buffer_arr is not None
        return Image.frombytes("RGB", (side, side), self._canvas.buffer_arr, "raw", "RGBX")  # type: ignore[arg-type]  # a buffer

    def _draw(self, svg: bytes, size: tuple[int, int]) -> None:
        if size != self._size:
            self._canvas.set_target(*size, cs=Colorspace.ABGR8888)
            self._size = size
        picture = Picture(self._engine)
        picture.load_data(svg, "svg", None, copy=False)
        picture.set_size(*size)
        self._canvas.add(picture)
        self._canvas.draw(clear=True)
        self._canvas.sync()
        self._canvas.remove()


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
