"""A program for the fault tests: appends records from many callers and says on standard output which were acknowledged.

Arguments: ledger file, callers, records (0: until it is ended). With ``--for-each-line``, a process of its own does so
for each line of standard input, with everything imported before: ``pid N`` says that it runs, ``ended`` that it does
not.
"""

import asyncio
import os
import sys
from pathlib import Path
from random import Random, SystemRandom

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minimon.clock import rfc3339, utc_now
from minimon.creatures import new_id
from minimon.errors import LedgerUnavailableError
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store
from minimon.scores.public import public_key
from minimon.scores.records import entry
from minimon.scores.signing import Signer, sign_payload
from minimon.scores.storing import Identity

KEYS = Random(11)  # the same in every run: each goes on with the ledger of the one before
RNG = SystemRandom()


def make_identity() -> Identity:
    key = Ed25519PrivateKey.from_private_bytes(KEYS.randbytes(32))
    public = public_key(key.public_key())
    signer = Signer("Ed25519", "RAW", None, key.sign, public.kid)
    checkpoint_key = CheckpointKey(Ed25519PrivateKey.from_private_bytes(KEYS.randbytes(32)))
    return Identity(signer, public, checkpoint_key, utc_now, lambda: new_id(RNG))


def make(identity: Identity, score: int):
    payload = {"id": new_id(RNG), "score": score, "nonce": RNG.randbytes(16).hex(), "issuedAt": rfc3339(utc_now())}
    return payload["id"], entry("score", identity.signer, sign_payload(identity.signer, payload), "request")


async def call(ledger: Ledger, identity: Identity, records: int) -> None:
    number = 0
    while not records or number < records:
        number += 1
        record_id, waiting = make(identity, number)
        try:
            record = await ledger.append(waiting)
        except LedgerUnavailableError:
            os.write(1, f"refused {record_id}\n".encode())
            await asyncio.sleep(0.001)
        else:
            os.write(1, f"ack {record_id} {record.index}\n".encode())


async def main(path: Path, callers: int, records: int) -> None:
    identity = make_identity()
    ledger = Ledger(open_ledger_store(path, identity))
    os.write(1, b"open\n")
    try:
        await asyncio.gather(*(call(ledger, identity, records) for _ in range(callers)))
    finally:
        ledger.close()
    os.write(1, b"failed\n" if ledger.sync_failed else b"closed\n")


def for_each_line(path: Path, callers: int, records: int) -> None:
    for _ in sys.stdin:
        if not (pid := os.fork()):
            asyncio.run(main(path, callers, records))
            os._exit(0)
        os.write(1, b"pid %d\n" % pid)
        os.waitpid(pid, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for acknowledgements alone
    options, (file, *numbers) = sys.argv[1:-3], sys.argv[-3:]
    if options:
        for_each_line(Path(file), *map(int, numbers))
    else:
        asyncio.run(main(Path(file), *map(int, numbers)))
