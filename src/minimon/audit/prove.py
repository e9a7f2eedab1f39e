"""Find a record in a ledger file, and make its inclusion proof from nothing but the lines."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minimon.audit.lines import RECORD
from minimon.audit.tree import GrowingTree, hash_leaf, root_from_path


def records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number and line of every whole record."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and (found := RECORD.match(line)):
                yield int(found[2]), line[:-1]


def read_record(path: Path, index: int) -> bytes | None:
    """Return the line of a record; None where there is none."""
    return next((line for number, line in records(path) if number == index), None)


def inclusion_bundle(path: Path, index: int) -> dict[str, Any]:
    """Return a record's line, its proof in the tree of all records of the file, and that tree's root."""
    leaves = [hash_leaf(line) for _, line in records(path)]
    proof = _path(leaves, index)
    root = root_from_path(leaves[index], index, len(leaves), proof)
    line = read_record(path, index) or b""
    return {
        "index": index,
        "treeSize": len(leaves),
        "rootHash": root.hex(),
        "lineB64": base64.b64encode(line).decode(),
        "inclusionProof": [node.hex() for node in proof],
    }


def _path(leaves: list[bytes], index: int) -> list[bytes]:
    """Return the audit path by its definition (RFC 6962, section 2.1.1)."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*_path(leaves[:split], index), _root(leaves[split:])]
    return [*_path(leaves[split:], index - split), _root(leaves[:split])]


def _root(leaves: list[bytes]) -> bytes:
    tree = GrowingTree()
    tree.extend(leaves)
    return tree.root()
