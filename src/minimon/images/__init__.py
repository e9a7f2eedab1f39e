"""Pictures of creatures, from one of several backends."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal, Protocol, runtime_checkable

from PIL import Image

from minimon.creatures import Traits
from minimon.tallies import PictureTallies

PNG, WEBP, SVG = "image/png", "image/webp", "image/svg+xml"
WEBP_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, ready to be sent in either form. Whoever makes one encodes it once, off the event loop."""

    png: bytes
    base64: bytes
    backend: str
    """Which backend made it."""

    @classmethod
    def of(cls, png: bytes, backend: str) -> "Picture":
        """Return the picture whose file is ``png``."""
        return cls(png, base64.b64encode(png), backend)


@dataclass(frozen=True, slots=True)
class Flag:
    """What was asked of one flag of a backend, what it does, and why."""

    name: str
    requested: str
    applied: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """How a backend is."""

    state: Literal["ready", "starting", "failed"] = "ready"
    stage: str = ""
    """What it does while it is not ready."""
    percent: int = 100
    wait_seconds: float = 0.0
    """Until the pictures that are wanted now are done, by what was measured."""
    flags: tuple[Flag, ...] = ()
    facts: Mapping[str, str | int | float | None] = field(default_factory=dict)
    """Whatever else is worth knowing: the model, the device, the queue. ``size`` is that of every picture, as `WxH`."""
    fault: str = ""
    """Why it failed for good: a line with the remedy."""
    stand_in: str = ""
    """What serves in its place while it cannot."""

    @property
    def serves(self) -> bool:
        """Say whether there are pictures, whoever makes them."""
        return self.state == "ready" or bool(self.stand_in)


class ImageBackend(Protocol):
    """Makes pictures. One object serves the whole process; calls may overlap.

    A backend is opened by its factory, an asynchronous context manager that takes the settings, and closed with it.
    """

    @property
    def slow(self) -> bool:
        """A picture takes so long that its client may leave meanwhile."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures are best asked for at a time where nobody waits for them; 0 while none should be."""
        ...

    @property
    def tallies(self) -> PictureTallies:
        """What it has counted."""
        ...

    async def draw(self, traits: Traits, name: str) -> Picture:
        """Return a picture for a creature with these traits and this name. Never blocks the event loop.

        When cancelled, it stops before the work has begun; a picture that has cost much is returned all the same.
        Raises GenerationFailedError if there is none, OverloadedError or StartingError if there may be one later.
        """
        ...

    def status(self) -> Status:
        """Say how the backend is, at once."""
        ...


@runtime_checkable
class VectorBackend(ImageBackend, Protocol):
    """An image backend that has its pictures as SVG, too."""

    async def draw_svg(self, traits: Traits) -> bytes:
        """Return the picture of ``draw`` as SVG in UTF-8, under the same promises."""
        ...


def raw_forms(backend: ImageBackend) -> tuple[str, ...]:
    """Return the media types in which this backend's pictures can be had as files."""
    vector = hasattr(backend, "draw_svg")  # as a VectorBackend has: isinstance would go through all of its members
    return (PNG, WEBP, SVG) if vector else (PNG, WEBP)


async def raw(picture: Picture, form: str) -> bytes:
    """Return a picture as a file: ``form`` is PNG or WEBP."""
    return picture.png if form == PNG else await asyncio.to_thread(_webp, picture.png)


def _webp(png: bytes) -> bytes:
    """Encode a PNG as WebP, lossy: about a third of the bytes."""
    packed = BytesIO()
    with Image.open(BytesIO(png)) as image:
        image.save(packed, "WEBP", quality=WEBP_QUALITY, method=2)
    return packed.getvalue()
