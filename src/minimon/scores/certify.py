"""Certify a score: check it, sign its canonical form, enter it in the ledger."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import orjson

from minimon.clock import Clock, rfc3339
from minimon.creatures import new_id
from minimon.errors import InvalidPayloadError, InvalidScoreError, MissingScoreError
from minimon.scores.canonical import MOST_EXACT
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.ledger import Ledger
from minimon.scores.receipts import full_receipt, short_receipt
from minimon.scores.records import Entry, certificate, entry
from minimon.scores.signing import Signer, sign_payload

LONGEST_SUBJECT = 256
LONGEST_NONCE = 128
NONCE_BYTES = 16
QUICK = {"ES256", "Ed25519"}
"""Algorithms that sign in about 30 µs: so many in a row hold up the event loop less than another thread would."""


class ScoreRequest(NamedTuple):
    """What a client asks to have certified."""

    score: int | float
    subject: str = ""
    """Whose score it is; empty where none was sent."""
    nonce: str = ""
    """A value that the client uses once; empty where none was sent."""


def check_request(value: object) -> ScoreRequest:
    """Check a parsed JSON body. Raises the ProblemError of the first fault, which names the field."""
    if not isinstance(value, dict):
        raise InvalidPayloadError("object")
    score, subject = _score(value), _text(value, "subject", LONGEST_SUBJECT)
    request = ScoreRequest(score, subject, _text(value, "nonce", LONGEST_NONCE))
    for field in value:
        if field not in ScoreRequest._fields:
            raise InvalidPayloadError("extra", field=field[:64])
    return request


def _score(value: Mapping[str, Any]) -> int | float:
    if "score" not in value:
        raise MissingScoreError
    score: int | float = value["score"]
    if type(score) not in {int, float} or not -MOST_EXACT <= score <= MOST_EXACT:  # a boolean is of another type
        raise InvalidScoreError
    return score


def _text(value: Mapping[str, Any], field: str, longest: int) -> str:
    """Return a string that may be absent, never null."""
    if field not in value:
        return ""
    text = value[field]
    if not isinstance(text, str):
        raise InvalidPayloadError("string", field=field)
    if not 1 <= len(text) <= longest:
        raise InvalidPayloadError("length", field=field, most=longest)
    return text


@dataclass(frozen=True, slots=True)
class Certifier:
    """Certifies scores with one signer into one ledger. Slow signing runs in ``executor``."""

    signer: Callable[[], Signer]
    """Returns the signer of the moment: the key may be replaced while the service runs."""
    ledger: Ledger
    executor: Executor
    clock: Clock
    rng: Random
    checkpoint_key: CheckpointKey

    async def certify(self, request: ScoreRequest, request_id: str, *, client: str = "", full: bool = False) -> bytes:
        """Return the client's answer, as JSON, once its record is durable; a repetition gets the first answer again.

        ``client`` goes into the record if it is not empty; ``full`` asks for the whole receipt. Raises
        NonceReplayedError, SigningFailedError, or LedgerUnavailableError if the record could not be made durable.
        """
        signer, payload = self.signer(), self._payload(request, rfc3339(self.clock()))

        def sign() -> Entry:
            extra = {"client": client} if client else None
            return entry("score", signer, sign_payload(signer, payload), request_id, extra, new=not request.nonce)

        if signer.algorithm in QUICK:
            record = await self.ledger.append(sign)
        else:
            signed = await asyncio.get_running_loop().run_in_executor(self.executor, sign)
            record = await self.ledger.append(signed)
        receipt = full_receipt(record, self.checkpoint_key) if full else short_receipt(record)
        return b'{%b,"receipt":%b}' % (certificate(record.line), orjson.dumps(receipt))

    def _payload(self, request: ScoreRequest, issued_at: str) -> dict[str, str | int | float]:
        payload: dict[str, str | int | float] = {
            "id": new_id(self.rng),
            "score": request.score,
            "nonce": request.nonce or self.rng.randbytes(NONCE_BYTES).hex(),
            "issuedAt": issued_at,
        }
        return payload | ({"subject": request.subject} if request.subject else {})
