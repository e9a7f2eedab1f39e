"""The parts of a PNG (ISO/IEC 15948): its chunks, and what it says about itself. Pure."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
FRAME: Final = struct.Struct(">I4s")
CHECKSUM_BYTES: Final = 4
PIXELS: Final = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
"""What the pixels need. Everything else is talk, and a stranger's."""


def size_of(png: bytes) -> str:
    """Return the width and height of a sound PNG as ``WIDTHxHEIGHT`` (11.2.1)."""
    return "{}x{}".format(*struct.unpack_from(">II", png, len(SIGNATURE) + FRAME.size))


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk with its length and checksum (5.3)."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def text_chunks(texts: Mapping[str, str]) -> bytes:
    """Return an iTXt chunk for each text: not compressed, no language, no translated keyword (11.3.3.4)."""
    contents = (key.encode("latin-1") + b"\0\0\0\0\0" + text.encode() for key, text in texts.items())
    return b"".join(chunk(b"iTXt", content) for content in contents)


def with_texts(png: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the same pixels, byte for byte, with ``texts`` and without whatever else the file said.

    ``png`` has been verified by a library: its chunks are whole.
    """
    kept = [png[begin:end] for kind, begin, end in _chunks(png) if kind in PIXELS]
    return SIGNATURE + kept[0] + text_chunks(texts) + b"".join(kept[1:])


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, and where it begins and ends, up to the last that belongs to the picture."""
    begin, kind = len(SIGNATURE), b""
    while kind != b"IEND" and begin + FRAME.size <= len(png):
        length, kind = FRAME.unpack_from(png, begin)
        end = begin + FRAME.size + length + CHECKSUM_BYTES
        yield kind, begin, end
        begin = end
