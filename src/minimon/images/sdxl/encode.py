"""Pixels into a PNG (ISO/IEC 15948) with text chunks.

Of what was measured on a picture with grain, 512 by 512 pixels, one core: Pillow's default takes 60 ms for 446 kB, its
level 1 31 ms for 505 kB; rows less the row above ("Up"), compressed by runs and Huffman codes alone, 9.4 ms for 451 kB.
"""

import struct
import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
UP = 2
EIGHT_BIT_RGB = (8, 2, 0, 0, 0)
MEMORY_LEVEL = 9


def encode_png(pixels: npt.NDArray[np.uint8], texts: Mapping[str, str]) -> bytes:
    """Return the PNG of ``pixels``, shape (height, width, 3). Each text becomes an iTXt chunk, in UTF-8."""
    height, width, _ = pixels.shape
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *EIGHT_BIT_RGB))
    words = b"".join(_chunk(b"iTXt", _text(key, text)) for key, text in texts.items())
    return SIGNATURE + head + words + _chunk(b"IDAT", _compressed(pixels)) + _chunk(b"IEND", b"")


def _compressed(pixels: npt.NDArray[np.uint8]) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY_LEVEL, zlib.Z_RLE)
    return packer.compress(filtered) + packer.flush()


def _text(key: str, text: str) -> bytes:
    """Return an iTXt chunk's content: keyword, not compressed, no language, no translated keyword (11.3.3.4)."""
    return key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
