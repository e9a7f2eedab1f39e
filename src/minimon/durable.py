"""Files that are whole or not there, also after a crash."""

import os
import secrets
from pathlib import Path


def create_file(path: Path, data: bytes, mode: int) -> None:
    """Write ``data`` to the new file ``path``, and its folder if need be, so that it survives a power cut.

    The file appears whole or not at all, with ``mode`` from the start. Raises FileExistsError if ``path`` exists
    (it is never overwritten) and OSError if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable: a new file's name is lost in a power cut without this."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Put ``data`` in the place of the file ``path``, if there is one, so that a power cut leaves one or the other.

    Raises OSError if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        create_file(draft, data, mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
