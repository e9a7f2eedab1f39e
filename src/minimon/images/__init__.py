"""Pictures of creatures, from one of several backends."""

import base64
from dataclasses import dataclass
from typing import Protocol

from minimon.creatures import Traits


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
