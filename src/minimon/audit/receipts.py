"""Check the receipts that clients kept against a ledger file: each says what the tree was when it was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from minimon.audit.lines import strict
from minimon.audit.notes import NoteReader
from minimon.audit.prove import records
from minimon.audit.tree import hash_leaf, root_from_path


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer of ``POST /v1/certify-score`` that a client kept."""

    name: str
    index: int
    size: int
    root: bytes
    signed: dict[str, Any]


class ReceiptError(ValueError):
    """A file that is no receipt, or one that does not agree with itself; says why."""


def read_receipts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each ``*.json`` in a folder. Raises OSError."""
    for path in sorted(folder.glob("*.json")):
        yield path.name, path.read_bytes()


def read_receipt(name: str, data: bytes, reader: NoteReader) -> Receipt:
    """Return a receipt, short or full. Raises ReceiptError."""
    try:
        answer = orjson.loads(data)
        given = answer["receipt"]
        receipt = Receipt(
            name, int(given["index"]), int(given["treeSize"]), bytes.fromhex(given["rootHash"]), answer["signed"]
        )
        if "lineB64" in given:
            _check_full(given, receipt, reader)
    except (ValueError, KeyError, TypeError) as error:
        raise ReceiptError(f"{name}: is no receipt of this ledger ({error or type(error).__name__})") from error
    return receipt


def _check_full(given: dict[str, Any], receipt: Receipt, reader: NoteReader) -> None:
    line = strict(given["lineB64"])
    path = [bytes.fromhex(node) for node in given["inclusionProof"]]
    if root_from_path(hash_leaf(line), receipt.index, receipt.size, path) != receipt.root:
        raise ValueError("its proof leads to another root")
    note = reader.read(given["checkpoint"].encode())
    if (note.size, note.root) != (receipt.size, receipt.root):
        raise ValueError("its checkpoint is of another tree")
    if orjson.loads(line)["signed"] != receipt.signed:
        raise ValueError("its line is another record")


def absent(path: Path, receipts: Sequence[Receipt]) -> Iterator[Receipt]:
    """Yield each receipt whose record does not stand in its place in the file."""
    wanted = {receipt.index: [other for other in receipts if other.index == receipt.index] for receipt in receipts}
    for number, line in records(path):
        held = wanted.pop(number, [])
        if held:
            signed = _signed(line)
            yield from (receipt for receipt in held if receipt.signed != signed)
    for held in wanted.values():
        yield from held


def _signed(line: bytes) -> object:
    try:
        return orjson.loads(line)["signed"]
    except (ValueError, KeyError, TypeError):  # a line that is damaged holds no receipt's record
        return None
