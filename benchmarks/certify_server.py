"""The service for benchmarks/certify.py: as it is, or with the naive ledger; a sync may be made slower.

Arguments: ``ours`` or ``naive``, and the milliseconds by which each sync is delayed (a cloud disk's).
The naive ledger is 1.3.0's way: one thread at a time opens the file, writes the line, syncs it and closes the file.
"""

import asyncio
import os
import sys
import threading
import time

from minimon.cli import main
from minimon.clock import rfc3339
from minimon.scores import certify, journal
from minimon.scores.signing import sign_payload

LOCK = threading.Lock()


def delay_syncs(milliseconds: float) -> None:
    """Make each sync of the ledger's file take longer by so much; other threads run meanwhile."""
    sync = journal._sync  # noqa: SLF001 - the one place where the delay belongs

    def slower(descriptor: int) -> None:
        sync(descriptor)
        time.sleep(milliseconds / 1000)

    if milliseconds:
        journal._sync = slower  # noqa: SLF001


def be_naive(milliseconds: float) -> None:
    """Replace the use case by the naive one."""

    async def certify_naively(
        self: certify.Certifier, request: certify.ScoreRequest, request_id: str, **_: object
    ) -> bytes:
        return await asyncio.to_thread(certify_now, self, request, request_id)

    def certify_now(self: certify.Certifier, request: certify.ScoreRequest, request_id: str) -> bytes:
        payload = self._payload(request, rfc3339(self.clock()))
        answer = {"signed": sign_payload(self.signer(), payload), "generatedAt": payload["issuedAt"]}
        line = certify.orjson.dumps(answer | {"requestId": request_id}) + b"\n"
        with LOCK:
            descriptor = os.open("data/naive.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(descriptor, line)
            os.fsync(descriptor)
            if milliseconds:
                time.sleep(milliseconds / 1000)
            os.close(descriptor)
        return certify.orjson.dumps(answer)

    certify.Certifier.certify = certify_naively


if __name__ == "__main__":
    kind, delay = sys.argv[1], float(sys.argv[2])
    (be_naive if kind == "naive" else delay_syncs)(delay)
    main(["serve"])
