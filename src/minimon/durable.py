"""Files that are whole or not there, also after a crash."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def create_file(path: Path, data: bytes, mode: int) -> None:
    """Write ``data`` to the new file ``path``, and its folder if need be, so that it survives a power cut.

    The file appears whole or not at all, with ``mode`` from the start. Raises FileExistsError if ``path`` exists
    (it is never overwritten) and OSError if it cannot be written.
    """
    create_files({path: (data, mode)})


def create_files(contents: Mapping[Path, tuple[bytes, int]]) -> None:
    """Make several new files that belong together: all of them, or none. As ``create_file`` in all else.

    Everything that may want room is written first; what is left for the end is to give each file its name.
    """
    drafts: dict[Path, Path] = {}
    named: list[Path] = []
    try:
        for path, (data, mode) in contents.items():
            make_folder(path.parent)
            drafts[path] = _write_draft(path, data, mode)
        for path, draft in drafts.items():
            os.link(draft, path)
            named.append(path)
    except OSError:
        for path in named:
            path.unlink()
        raise
    finally:
        for draft in drafts.values():
            draft.unlink()
    for folder in {path.parent for path in contents}:
        sync_folder(folder)


def _write_draft(path: Path, data: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        draft.unlink()
        raise
    return draft


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it, as far as they are missing, so that they survive a power cut."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


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
