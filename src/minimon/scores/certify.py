"""Certify a score: check it, sign its canonical form, enter it in the ledger."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from minimon.clock import Clock, rfc3339
from minimon.creatures import new_id
from minimon.errors import (
    InvalidPayloadError,
    InvalidScoreError,
    MissingScoreError,
    ProblemError,
)
from minimon.scores.canonical import MOST_EXACT
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.ledger import Ledger
from minimon.scores.receipts import full_receipt, short_receipt
from minimon.scores.records import entry
from minimon.scores.signing import Signer, sign_payload

LONGEST_SUBJECT = 256
LONGEST_NONCE = 128
NONCE_BYTES = 16
QUICK = {"ES256", "Ed25519"}
"""Algorithms that sign in about 30 µs, less than it costs to hand the work to another thread."""

Score = Annotated[
    Annotated[int, Field(ge=-MOST_EXACT, le=MOST_EXACT)]  # a whole number stays one
    | Annotated[float, Field(ge=-MOST_EXACT, le=MOST_EXACT, allow_inf_nan=False)],
    WithJsonSchema({"type": "number", "minimum": -MOST_EXACT, "maximum": MOST_EXACT}),
]


def _optional(longest: int, meaning: str) -> Any:
    """Declare a string that may be absent, never null; absent reads as the empty string."""
    return Field(
        default="",
        min_length=1,
        max_length=longest,
        description=meaning,
        json_schema_extra=_without_default,
    )


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class ScoreRequest(BaseModel):
    """What a client asks to have certified."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"score": 123.4, "subject": "player42", "nonce": "run-0007"}]},
    )

    score: Score = Field(description="A finite number of at most 2^53 - 1 in size.")
    subject: str = _optional(LONGEST_SUBJECT, "Whose score it is.")
    nonce: str = _optional(LONGEST_NONCE, "A value that the client uses once; one is made where it is absent.")


def check_request(value: object) -> ScoreRequest:
    """Check a parsed JSON body. Raises the ProblemError of the first fault, which names the field."""
    if not isinstance(value, dict):
        raise InvalidPayloadError("object")
    try:
        return ScoreRequest.model_validate(value)
    except ValidationError as error:
        raise _problem(error.errors()[0]) from error


def _problem(fault: ErrorDetails) -> ProblemError:
    kind, field = fault["type"], str(fault["loc"][0])
    if kind == "extra_forbidden":
        return InvalidPayloadError("extra", field=field[:64])
    if field == "score":
        return MissingScoreError() if kind == "missing" else InvalidScoreError()
    if kind == "string_type":
        return InvalidPayloadError("string", field=field)
    return InvalidPayloadError("length", field=field, most={"subject": LONGEST_SUBJECT, "nonce": LONGEST_NONCE}[field])


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

    async def certify(
        self, request: ScoreRequest, request_id: str, *, client: str = "", full: bool = False
    ) -> dict[str, object]:
        """Return the answer to the client once its record is durable; a repetition gets the first answer again.

        ``client`` goes into the record if it is not empty; ``full`` asks for the whole receipt. Raises
        NonceReplayedError, SigningFailedError, or LedgerUnavailableError if the record could not be made durable.
        """
        signer, payload = self.signer(), self._payload(request, rfc3339(self.clock()))
        if signer.algorithm in QUICK:
            signed = sign_payload(signer, payload)
        else:
            signed = await asyncio.get_running_loop().run_in_executor(self.executor, sign_payload, signer, payload)
        extra = {"client": client} if client else None
        record = await self.ledger.append(entry("score", signer, signed, request_id, extra, new=not request.nonce))
        if record.replayed:
            signed = orjson.loads(record.line)["signed"]
        receipt = full_receipt(record, self.checkpoint_key) if full else short_receipt(record)
        return {"signed": signed, "generatedAt": signed["payload"]["issuedAt"], "receipt": receipt}

    def _payload(self, request: ScoreRequest, issued_at: str) -> dict[str, str | int | float]:
        payload: dict[str, str | int | float] = {
            "id": new_id(self.rng),
            "score": request.score,
            "nonce": request.nonce or self.rng.randbytes(NONCE_BYTES).hex(),
            "issuedAt": issued_at,
        }
        return payload | ({"subject": request.subject} if request.subject else {})
