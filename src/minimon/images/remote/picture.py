"""From what a stranger calls a picture to a PNG of ours. Pure; blocks for some milliseconds."""

from collections.abc import Mapping
from io import BytesIO
from typing import Final

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from minimon.images.png import with_texts
from minimon.upstream.faults import Fault, FetchError

FORMS: Final = ("PNG", "JPEG", "WEBP")


def to_png(file: bytes, size: tuple[int, int], texts: Mapping[str, str]) -> bytes:
    """Return the picture as PNG with ``texts``, and with nothing else that the server wrote into it.

    A PNG keeps its compressed pixels; another form is encoded anew. Every pixel is decoded, once the size is known to
    be the one that was asked for, and every checksum of a PNG compared. Raises FetchError.
    """
    try:
        with Image.open(BytesIO(file), formats=FORMS) as image:
            _check_size(image.size, size)
            image.load()
            if image.format != "PNG":
                return _encoded(image, texts)
        with Image.open(BytesIO(file), formats=["PNG"]) as whole:
            whole.verify()
        return with_texts(file, texts)
    except FetchError:
        raise
    except Exception as error:  # what a decoder raises over foreign bytes is not ours to list
        raise FetchError(Fault.NO_PICTURE, "what came is no whole PNG, JPEG or WebP") from error


def _check_size(found: tuple[int, int], asked: tuple[int, int]) -> None:
    if found != asked:
        shown, wanted = ("{}x{}".format(*one) for one in (found, asked))
        raise FetchError(Fault.NO_PICTURE, f"the picture is {shown}, not {wanted}: correct OPENAI_IMAGE_SIZE")


def _encoded(image: Image.Image, texts: Mapping[str, str]) -> bytes:
    words = PngInfo()
    for key, text in texts.items():
        words.add_itxt(key, text)
    packed = BytesIO()
    image.convert("RGB").save(packed, "PNG", compress_level=1, pnginfo=words)
    return packed.getvalue()
