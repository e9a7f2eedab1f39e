"""Write a ledger of many records without a service, for measuring verification and start. Prints seconds as JSON.

Usage: python benchmarks/ledger_file.py FILE RECORDS [same]

With ``same`` all records but their places are one, and the keys of their nonces are numbers in a row: enough for a
start, which reads no more of those that were proven, and much faster to write. A file that is there is gone on with.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or http.py would hide the standard library's

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from minimon.clock import rfc3339, utc_now
from minimon.creatures import new_id
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.nonces import KEY_BYTES
from minimon.scores.opening import open_ledger_store
from minimon.scores.public import public_key
from minimon.scores.records import Entry, entry
from minimon.scores.signing import Signer, sign_payload
from minimon.scores.store import Store
from minimon.scores.storing import Identity

BATCH = 1000


def make_identity(rng: Random) -> Identity:
    """Return the same keys in every run."""
    key = ec.derive_private_key(rng.getrandbits(250), ec.SECP256R1())
    public = public_key(key.public_key())
    assert public
    scheme = ec.ECDSA(SHA256(), deterministic_signing=True)
    signer = Signer("ES256", "DER", None, lambda data: key.sign(data, scheme), public.kid)
    checkpoint_key = CheckpointKey(Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)))
    return Identity(signer, public, checkpoint_key, utc_now, lambda: new_id(rng))


def make_entry(identity: Identity, rng: Random, number: int) -> Entry:
    """Return one signed score."""
    payload = {"id": new_id(rng), "score": number / 10, "nonce": rng.randbytes(16).hex()}
    payload |= {"issuedAt": rfc3339(utc_now()), "subject": f"player{number % 1000}"}
    return entry("score", identity.signer, sign_payload(identity.signer, payload), rng.randbytes(16).hex(), new=True)


def fill(store: Store, records: int, make: Callable[[int], Entry], batches: int) -> None:
    """Write until there are so many records, letting what follows the ledger follow once in so many batches."""
    for batch in itertools.count():
        if store.head.size >= records:
            break
        store.commit([make(store.head.size + number) for number in range(BATCH)])
        if batch % batches == 0:
            store.settle()
    store.settle()
    store.sync()


def main() -> None:
    """Write, close, open again."""
    path, records, same, rng = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["same"], Random(1)
    identity = make_identity(rng)
    began = time.perf_counter()
    store = open_ledger_store(path, identity)
    rng.seed(store.head.size)
    one = make_entry(identity, rng, 0)
    if same:
        fill(store, records, lambda number: one._replace(key=number.to_bytes(KEY_BYTES), new=True), 100)
    else:
        fill(store, records, lambda number: make_entry(identity, rng, number), 1)
    store.close()
    written = time.perf_counter()
    open_ledger_store(path, identity).close()
    opened = time.perf_counter()
    print(json.dumps({"records": records, "write_s": round(written - began, 2), "open_s": round(opened - written, 3)}))


if __name__ == "__main__":
    main()
