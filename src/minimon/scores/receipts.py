"""Receipts: what a client keeps to show later that its record is in its place.

A receipt follows from the record's place alone (the tree that ends with it), so that a repetition gets the same bytes.
"""

import base64
from typing import Any

from minimon.scores.checkpoint import Checkpoint, CheckpointKey
from minimon.scores.merkle import root_of
from minimon.scores.storing import Committed


def short_receipt(record: Committed) -> dict[str, Any]:
    """Return number, size and root of the tree that ends with this record."""
    return {"index": record.index, "treeSize": record.index + 1, "rootHash": root_of(record.after).hex()}


def full_receipt(record: Committed, key: CheckpointKey) -> dict[str, Any]:
    """Return the short receipt, the line, its proof and a signed checkpoint: all that an offline check needs."""
    short = short_receipt(record)
    checkpoint = Checkpoint(short["treeSize"], bytes.fromhex(short["rootHash"]))
    return {
        **short,
        "lineB64": base64.b64encode(record.line).decode(),
        # the last leaf's audit path is the peaks of what stands before it, the nearest first (RFC 9162, 2.1.3.1)
        "inclusionProof": [peak.hex() for peak in reversed(record.before)],
        "checkpoint": key.sign(checkpoint).decode(),
    }
