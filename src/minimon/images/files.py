"""The ``files`` backend: hands out the pictures of a folder, all read and checked at start."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from minimon.creatures import Traits
from minimon.errors import StartError
from minimon.images import Picture, Status
from minimon.images.png import size_of
from minimon.settings import Settings
from minimon.tallies import PictureTallies


@dataclass(frozen=True, slots=True)
class FileImages:
    """Pictures kept in memory; each is as likely as the others, whatever the traits."""

    slow = False
    batch = 1
    tallies = PictureTallies()
    pictures: Sequence[Picture]

    async def draw(self, traits: Traits, name: str) -> Picture:  # noqa: ARG002 - the picture is there already
        """Return one of the pictures."""
        return traits.stream("picture").choice(self.pictures)

    def status(self) -> Status:
        """Say that it is ready: everything is in memory."""
        sizes = {size_of(picture.png) for picture in self.pictures}
        return Status(facts={"pictures": len(self.pictures), "size": sizes.pop() if len(sizes) == 1 else None})


@asynccontextmanager
async def open_files(settings: Settings) -> AsyncIterator[FileImages]:
    """Open the backend: read and check every picture, in a thread."""
    yield await asyncio.to_thread(read_pictures, settings)


def read_pictures(settings: Settings) -> FileImages:
    """Read the pictures from the first index to the last. An index without a file is passed over. Blocks.

    Raises StartError, with a line for each file that is not a whole PNG, or if the folder holds no picture.
    """
    indices = range(settings.min_index, settings.max_index + 1)
    folder = Path(settings.images_dir)
    paths = [path for index in indices if _exists(path := folder / settings.image_pattern.format(index))]
    if not paths:
        names = f"{settings.image_pattern} for {settings.min_index} to {settings.max_index}"
        raise StartError(f"{folder}: holds no picture ({names}): put PNG files there or set MINIMON_IMAGES_DIR")
    faults = [f"{path}: {fault}" for path in paths if (fault := _fault(path))]
    if faults:
        raise StartError(*faults)
    return FileImages([Picture.of(path.read_bytes(), "files") for path in paths])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # not to be allowed to look is no absence
        raise StartError(f"{path}: cannot be read ({error.strerror}): set MINIMON_IMAGES_DIR") from error


def _fault(path: Path) -> str:
    """Say what keeps a file from being a picture, or nothing. Every checksum is compared and every pixel decoded."""
    try:
        file = io.BytesIO(path.read_bytes())
        with Image.open(file, formats=["PNG"]) as image:
            image.verify()
        with Image.open(file, formats=["PNG"]) as image:
            image.load()
    except OSError as error:
        cause = error.strerror or "it is not a whole PNG"
        return f"cannot be used ({cause}): replace it by a PNG or remove it"
    except Exception as error:  # noqa: BLE001 - what a decoder raises over foreign bytes is not ours to list
        return f"cannot be used ({error}): replace it by a PNG or remove it"
    return ""
