"""Pictures of creatures, from one of several backends."""

import asyncio
import base64
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol, runtime_checkable

from PIL import Image

from minimon.creatures import Traits

PNG, WEBP, SVG = "image/png", "image/webp", "image/svg+xml"
WEBP_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, ready to be sent in either form. Whoever makes one encodes it once, off the event loop."""

    png: bytes
    base64: bytes

    @classmethod
    def of(cls, png: bytes) -> "Picture":
        """Return the picture whose file is ``png``."""
        return cls(png, base64.b64encode(png))


class ImageBackend(Protocol):
    """Makes pictures. One object serves the whole process; calls may overlap."""

    async def draw(self, traits: Traits) -> Picture:
        """Return a picture for a creature with these traits. Never blocks the event loop.

        Raises GenerationFailedError if there is none.
        """
        ...


@runtime_checkable
class VectorBackend(Protocol):
    """An image backend that has its pictures as SVG, too."""

    async def draw_svg(self, traits: Traits) -> bytes:
        """Return the picture of ``draw`` as SVG in UTF-8, under the same promises."""
        ...


def raw_forms(backend: ImageBackend) -> tuple[str, ...]:
    """Return the media types that ``raw`` can make with this backend."""
    return (PNG, WEBP, SVG) if isinstance(backend, VectorBackend) else (PNG, WEBP)


async def raw(backend: ImageBackend, traits: Traits, form: str) -> bytes:
    """Return a picture as a file; ``form`` is one of ``raw_forms``. Raises what the backend raises."""
    if form == SVG and isinstance(backend, VectorBackend):
        return await backend.draw_svg(traits)
    picture = await backend.draw(traits)
    return picture.png if form == PNG else await asyncio.to_thread(_webp, picture.png)


def _webp(png: bytes) -> bytes:
    """Encode a PNG as WebP, lossy: about a third of the bytes."""
    packed = BytesIO()
    with Image.open(BytesIO(png)) as image:
        image.save(packed, "WEBP", quality=WEBP_QUALITY, method=2)
    return packed.getvalue()
