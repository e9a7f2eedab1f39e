"""Pixels into a PNG (ISO/IEC 15948) with text chunks.

Of what was measured on a picture with grain, 512 by 512 pixels, one core: Pillow's default takes 60 ms for 446 kB, its
level 1 31 ms for 505 kB; rows less the row above ("Up"), compressed by runs and Huffman codes alone, 9.4 ms for 451 kB.
"""

import struct
import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from minimon.images.png import SIGNATURE, chunk, text_chunks

UP = 2
EIGHT_BIT_RGB = (8, 2, 0, 0, 0)
MEMORY_LEVEL = 9


def encode_png(pixels: npt.NDArray[np.uint8], texts: Mapping[str, str]) -> bytes:
    """Return the PNG of ``pixels``, shape (height, width, 3). Each text becomes an iTXt chunk, in UTF-8."""
    height, width, _ = pixels.shape
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *EIGHT_BIT_RGB))
    return SIGNATURE + head + text_chunks(texts) + chunk(b"IDAT", _compressed(pixels)) + chunk(b"IEND", b"")


def _compressed(pixels: npt.NDArray[np.uint8]) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY_LEVEL, zlib.Z_RLE)
    return packer.compress(filtered) + packer.flush()
