"""The shapes of the answers, for the OpenAPI description; a test holds that the real answers have them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from minimon.creatures import Element, Rarity
from minimon.errors import ProblemError
from minimon.images import PNG, SVG, WEBP
from minimon.scores.canonical import MOST_EXACT
from minimon.scores.certify import LONGEST_NONCE, LONGEST_SUBJECT
from minimon.web.problems import MEDIA_TYPE

EXAMPLE_ID = "mnm_4ztp5lkxq2m3vhd7ynf6wcaj2e"
EXAMPLE_TIME = "2026-11-12T20:41:32Z"


HEADERS = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    503: ("Retry-After",),
}
HEADER_MEANINGS = {
    "X-Request-ID": "The id under which the log knows this request.",
    "WWW-Authenticate": "`Bearer`.",
    "Retry-After": "Seconds to wait before the next try.",
    "RateLimit": 'What is left of the limit: `"default";r=0;t=<seconds>`.',
    "RateLimit-Policy": 'The limit: `"default";q=<requests>;w=<seconds>`.',
}


class Metadata(BaseModel):
    """What a creature is."""

    id: str = Field(pattern=r"^mnm_[a-z2-7]{26}$", examples=[EXAMPLE_ID])
    name: str = Field(examples=["Floraclaw"])
    rarity: Rarity = Field(examples=["B"])
    element: Element = Field(examples=["earth"])
    seed: int = Field(ge=0, lt=2**53, description="Everything but the id follows from it.", examples=[4503599627370497])
    backend: str = Field(description="What made the picture.", examples=["files"])
    mintedAt: str = Field(description="When it was made: ahead of need, perhaps.", examples=[EXAMPLE_TIME])  # noqa: N815


class Creature(BaseModel):
    """A new creature."""

    imageBase64: str = Field(description="A PNG in base64 (RFC 4648, section 4).", examples=["iVBORw0KGgo="])  # noqa: N815
    metadata: Metadata
    generatedAt: str = Field(description="When it was handed out, RFC 3339, UTC.", examples=[EXAMPLE_TIME])  # noqa: N815


SCORE_REQUEST: Mapping[str, Any] = {
    "title": "ScoreRequest",
    "description": "What a client asks to have certified.",
    "type": "object",
    "properties": {
        "score": {
            "description": "A finite number of at most 2^53 - 1 in size.",
            "type": "number",
            "minimum": -MOST_EXACT,
            "maximum": MOST_EXACT,
        },
        "subject": {
            "description": "Whose score it is.",
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_SUBJECT,
        },
        "nonce": {
            "description": "A value that the client uses once; one is made where it is absent.",
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NONCE,
        },
    },
    "required": ["score"],
    "additionalProperties": False,
    "examples": [{"score": 123.4, "subject": "player42", "nonce": "run-0007"}],
}
"""JSON Schema of what ``scores.certify.check_request`` takes."""


class Payload(BaseModel):
    """What is signed."""

    id: str = Field(pattern=r"^mnm_[a-z2-7]{26}$", examples=[EXAMPLE_ID])
    score: float = Field(examples=[123.4])
    nonce: str = Field(examples=["run-0007"])
    issuedAt: str = Field(examples=[EXAMPLE_TIME])  # noqa: N815
    subject: str | None = Field(default=None, description="As sent; absent where none was.", examples=["player42"])


class Signed(BaseModel):
    """A payload and its signature."""

    payload: Payload
    canonicalB64: str = Field(description="The RFC 8785 form of `payload`, in base64.")  # noqa: N815
    signatureB64: str = Field(description="The signature over exactly those bytes, in base64.")  # noqa: N815
    algorithm: Literal["RS256", "ES256", "ES384", "ES512", "Ed25519", "Ed448"]
    signatureFormat: Literal["RAW", "DER"]  # noqa: N815
    certificateFingerprintSHA256: str | None = Field(description="Lower-case hex; null without a certificate.")  # noqa: N815


class Receipt(BaseModel):
    """Where the record stands; the last three with `?receipt=full`."""

    index: int = Field(examples=[1])
    treeSize: int = Field(examples=[2])  # noqa: N815
    rootHash: str = Field(description="Root of the tree that ends with this record, in hex.")  # noqa: N815
    lineB64: str | None = Field(default=None, description="The ledger's line, which is the leaf.")  # noqa: N815
    inclusionProof: list[str] | None = Field(default=None, description="RFC 9162, in hex.")  # noqa: N815
    checkpoint: str | None = Field(default=None, description="C2SP signed note over `treeSize` and `rootHash`.")


class Certificate(BaseModel):
    """A certified score. It is in the ledger, on disk."""

    signed: Signed
    generatedAt: str = Field(examples=[EXAMPLE_TIME])  # noqa: N815
    receipt: Receipt


class Names(BaseModel):
    """The names server. Whatever state it is in, creatures get a name."""

    state: Literal["closed", "open", "half_open"] = Field(
        description="Of the circuit breaker: `closed` while all is well, `open` after a fault, `half_open` for a probe."
    )
    stock: int = Field(description="Names that are kept ahead of need.", examples=[256])
    lastFault: str | None = Field(default=None, description="Absent if there was none.", examples=["timeout"])  # noqa: N815


class InclusionProof(BaseModel):
    """That a record is in the tree of so many records (RFC 9162, section 2.1.3); hashes in hex."""

    index: int
    treeSize: int  # noqa: N815
    rootHash: str  # noqa: N815
    leafHash: str  # noqa: N815
    inclusionProof: list[str]  # noqa: N815


class ConsistencyProof(BaseModel):
    """That the tree of `to` records begins with that of `from` records (RFC 9162, section 2.1.4); hashes in hex."""

    first: int = Field(alias="from")
    to: int
    fromRootHash: str  # noqa: N815
    toRootHash: str  # noqa: N815
    consistencyProof: list[str]  # noqa: N815


class Check(BaseModel):
    """One check of a certificate."""

    name: Literal["form", "canonical", "signature", "ledger"]
    ok: bool
    detail: str
    index: int | None = Field(default=None, description="The record, where the ledger has it.")


class Verification(BaseModel):
    """What the checks of a certificate found."""

    valid: bool
    checks: list[Check]


class KeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]


class Stock(BaseModel):
    """Creatures that are ready before somebody asks."""

    level: int = Field(ge=0, description="How many there are.", examples=[64])
    size: int = Field(ge=0, description="How many are kept: `MINIMON_STOCK_SIZE`.", examples=[64])
    oldestSeconds: float | None = Field(description="How long the next one has waited; null if there is none.")  # noqa: N815


class SharedStock(BaseModel):
    """Creatures that replicas have made for each other. Nobody is told which they are."""

    level: int = Field(description="How many were ready when Redis was asked last.")
    size: int = Field(description="How many are to be ready.")


class Redis(BaseModel):
    """What replicas share."""

    state: Literal["up", "away"] = Field(description="While it is away, limits are each replica's own.")
    fault: str | None = Field(default=None, description="Why it is away.")
    stock: SharedStock | None = Field(default=None, description="Only where a stock is shared.")


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]
    time: str = Field(examples=[EXAMPLE_TIME])
    backend: str = Field(examples=["files"])
    names: Names | None = Field(default=None, description="Only where names come from a server.")
    stock: Stock | None = Field(default=None, description="Only where creatures are made ahead of need.")
    redis: Redis | None = Field(default=None, description="Only where replicas share something.")


class Flag(BaseModel):
    """A flag of the backend."""

    name: str = Field(examples=["SDXL_USE_COMPILE"])
    requested: str = Field(examples=["1 (default)"])
    applied: str = Field(examples=["off"])
    reason: str


class Backend(BaseModel):
    """What makes the pictures."""

    backend: str = Field(examples=["files"])
    fallback: str | None = Field(description="What stands in while it cannot; null if nothing does.")
    state: Literal["ready", "starting", "failed"] = Field(description="Of the backend itself, not of its stand-in.")
    stage: str
    percent: int = Field(ge=0, le=100)
    waitSeconds: float = Field(  # noqa: N815
        description="Until the pictures that are wanted now are done, by what was measured; 0 where none waits."
    )
    fault: str = Field(description="Why it failed, with the remedy; empty if it has not.")
    stand_in: str | None = Field(description="What makes the pictures now, because the backend cannot; null if it can.")
    flags: list[Flag]
    facts: dict[str, str | int | float | None]
    stock: Stock | None = Field(description="Null where no creature is made ahead of need.")
    redis: Redis | None = Field(description="Null where replicas share nothing.")


class Odd(BaseModel):
    """How often one rarity is drawn."""

    rarity: Rarity
    weight: int = Field(description="As in `MINIMON_RARITY_WEIGHTS`.", examples=[10])
    share: float = Field(ge=0, le=1, description="Its weight by the sum of all.", examples=[0.104])


class Odds(BaseModel):
    """How often each rarity is drawn, from F to S+."""

    rarities: list[Odd]


class PictureItem(BaseModel):
    """One picture, and what it shows."""

    b64_json: str = Field(description="A PNG in base64.", examples=["iVBORw0KGgo="])
    revised_prompt: str = Field(description="What was painted, in words.")
    rarity: Rarity
    element: Element
    seed: int = Field(ge=0, lt=2**53)


class Pictures(BaseModel):
    """Pictures in the shape of OpenAI's API."""

    created: int = Field(description="Seconds since 1970.", examples=[1795465292])
    data: list[PictureItem]
    output_format: Literal["png"]


class Model(BaseModel):
    """A model in the shape of OpenAI's API."""

    id: str = Field(examples=["minimon"])
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """All models."""

    object: Literal["list"]
    data: list[Model]


class Probe(BaseModel):
    """The answer of a probe."""

    status: Literal["alive", "ready"]
    warnings: list[str] = Field(default=[], description="What an operator should know: an expiry within 30 days.")


class ErrorObject(BaseModel):
    """What 1.3.0 clients read."""

    code: str
    message: str
    timestamp: str


class Problem(BaseModel):
    """An error, after RFC 9457."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="English, or French where `Accept-Language` prefers it.")
    instance: str = Field(description="The request's id, as in `X-Request-ID`.")
    error: ErrorObject


_HEADERS = {
    "X-Minimon-Id": "The creature's id.",
    "X-Minimon-Name": "Its name, as percent-encoded UTF-8.",
    "X-Minimon-Rarity": "Its rarity.",
    "X-Minimon-Element": "Its element.",
    "X-Minimon-Seed": "What decides everything about it but the id.",
    "X-Minimon-Backend": "What made the picture.",
    "X-Minimon-Minted-At": "When it was made, RFC 3339, UTC.",
    "X-Minimon-Generated-At": "When it was handed out, RFC 3339, UTC.",
}
PICTURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The creature as JSON, or its picture alone with the rest in headers, as `Accept` asks. "
        "SVG is there where the backend draws.",
        "content": {form: {"schema": {"type": "string", "format": "binary"}} for form in (PNG, WEBP, SVG)},
        "headers": {
            name: {"description": f"{text} Not with JSON.", "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        },
    }
}
"""The answers of `/v1/generate` beside JSON, for the description."""


def problem_responses(*errors: type[ProblemError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for these errors, with an example of each."""
    by_status: defaultdict[int, list[type[ProblemError]]] = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {status: _response(classes) for status, classes in by_status.items()}


def _response(classes: list[type[ProblemError]]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    examples = {error.code: {"value": _example(error)} for error in classes}
    description = ", ".join(f"`{error.code}`" for error in classes)
    content = {MEDIA_TYPE: {"schema": schema, "examples": examples}}
    return {"description": description, "headers": _headers(classes[0].status), "content": content}


def _headers(status: int) -> dict[str, Any]:
    names = ("X-Request-ID", *HEADERS.get(status, ()))
    return {name: {"schema": {"type": "string"}, "description": HEADER_MEANINGS[name]} for name in names}


def _example(error: type[ProblemError]) -> dict[str, Any]:
    text = next(iter(error.texts.values())).en.format_map(_Placeholders())
    return {
        "type": "about:blank",
        "title": error.title(),
        "status": error.status,
        "detail": text,
        "instance": "0b5f6a1de6a84a3c9d1be8a1d2b4c8e7",
        "error": {"code": error.code, "message": text, "timestamp": EXAMPLE_TIME},
    }


PLACEHOLDERS = {"most": 16384, "seconds": 12, "least": 0, "offers": "application/json, image/png, image/webp"}


class _Placeholders(dict[str, object]):
    """Stands in for the values of any error text."""

    def __missing__(self, key: str) -> object:
        return PLACEHOLDERS.get(key, "score")
