"""A witness: keeps the checkpoints that a service has shown, and accepts none that does not continue the last.

This is what notices that the ledger and its checkpoints were rolled back together: only somebody outside can.
"""

import json
import os
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path

from minimon.audit.notes import NoteError, NoteReader, SignedSize, split_notes
from minimon.audit.tree import roots_from_consistency

Fetch = Callable[[str], bytes]

SECONDS = 30
MOST_BYTES = 1 << 20


def witness(url: str, store: Path, key: str, cafile: Path | None, token: str) -> tuple[bool, str]:
    """Fetch, check and keep one checkpoint; say whether it was accepted, and why not.

    The store's first line is the public key, which must be given the first time. Raises OSError.
    """
    trust = ssl.create_default_context(cafile=cafile) if url.startswith("https://") else None

    def fetch(path: str) -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(url.rstrip("/") + path, headers=headers)  # noqa: S310 - the operator's address
        with urllib.request.urlopen(request, timeout=SECONDS, context=trust) as answer:  # noqa: S310
            data: bytes = answer.read(MOST_BYTES)
            return data

    try:
        reader, last = _stored(store, key)
        new = reader.read(fetch("/v1/ledger/checkpoint"))
        if last:
            _demand_growth(last, new, fetch)
    except (NoteError, ValueError, KeyError) as error:
        return False, f"refused: {error}"
    if last is None or new.size > last.size:
        _keep(store, new)
    return True, f"accepted: {new.size} records"


def _stored(store: Path, key: str) -> tuple[NoteReader, SignedSize | None]:
    if not store.exists():
        reader = NoteReader(key)
        store.write_text(f"{key.strip()}\n\n")
        return reader, None
    verifier, _, notes = store.read_bytes().partition(b"\n\n")
    if key and key.strip() != verifier.decode():
        raise NoteError("the store is of another key")
    reader = NoteReader(verifier.decode())
    kept, _ = split_notes(notes)
    return reader, reader.read(kept[-1]) if kept else None


def _demand_growth(last: SignedSize, new: SignedSize, fetch: Fetch) -> None:
    if new.size < last.size:
        raise NoteError(f"rolled back from {last.size} records to {new.size}")
    if last.size == 0:
        return
    path = [] if last.size == new.size else _proof(last.size, new.size, fetch)
    if roots_from_consistency(last.size, new.size, last.root, path) != (last.root, new.root):
        raise NoteError(f"the first {last.size} records are not what they were")


def _proof(first: int, second: int, fetch: Fetch) -> list[bytes]:
    answer = json.loads(fetch(f"/v1/ledger/consistency?from={first}&to={second}"))
    return [bytes.fromhex(node) for node in answer["consistencyProof"]]


def _keep(store: Path, new: SignedSize) -> None:
    with store.open("ab") as file:
        file.write(new.note + b"\n")
        file.flush()
        os.fsync(file.fileno())
