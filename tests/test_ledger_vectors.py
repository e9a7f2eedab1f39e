"""The vectors and the schema that docs/ledger.md hands to other implementations."""

import base64
import json
from pathlib import Path

import jsonschema
import pytest

from minimon.audit.notes import NoteReader
from minimon.audit.tree import hash_leaf, root_from_path
from minimon.audit.verify import Verification

ROOT = Path(__file__).parent.parent
VECTORS = ROOT / "tests/vectors/ledger"
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/ledger.schema.json").read_text()))
LINES = (VECTORS / "scores.jsonl").read_bytes().splitlines()[1:]


def test_the_ledger_of_the_vectors_is_sound():
    report = Verification(VECTORS / "scores.jsonl", verifier=(VECTORS / "verifier.txt").read_text()).run(
        1, lambda _: None
    )
    assert (report.status, report.records, report.signatures, report.older_lines) == (0, 9, 9, 1)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_every_record_fits_the_schema(number):
    record = json.loads(LINES[number])
    SCHEMA.validate(record)
    for field in ("v", "type", "seq", "prev", "kid", "signed", "generatedAt", "requestId"):
        assert not SCHEMA.is_valid({name: value for name, value in record.items() if name != field})
    assert not SCHEMA.is_valid(record | {"extra": 1})


def test_every_receipt_leads_to_its_checkpoint():
    reader = NoteReader((VECTORS / "verifier.txt").read_text())
    for receipt in json.loads((VECTORS / "receipts.json").read_text()):
        signed = reader.read(receipt["checkpoint"].encode())
        leaf = hash_leaf(base64.b64decode(receipt["lineB64"]))
        path = [bytes.fromhex(node) for node in receipt["inclusionProof"]]
        assert root_from_path(leaf, receipt["index"], receipt["treeSize"], path) == signed.root
        assert (signed.size, signed.root.hex()) == (receipt["treeSize"], receipt["rootHash"])
