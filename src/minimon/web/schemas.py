"""The shapes of the answers, for the OpenAPI description; a test holds that the real answers have them."""

from collections import defaultdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from minimon.creatures import Element, Rarity
from minimon.errors import ProblemError
from minimon.web.problems import MEDIA_TYPE

EXAMPLE_ID = "mnm_4ztp5lkxq2m3vhd7ynf6wcaj2e"
EXAMPLE_TIME = "2026-11-12T20:41:32Z"


class Metadata(BaseModel):
    """What a creature is."""

    id: str = Field(pattern=r"^mnm_[a-z2-7]{26}$", examples=[EXAMPLE_ID])
    name: str = Field(examples=["Floraclaw"])
    rarity: Rarity = Field(examples=["B"])
    element: Element = Field(examples=["earth"])


class Creature(BaseModel):
    """A new creature."""

    imageBase64: str = Field(description="A PNG in base64 (RFC 4648, section 4).", examples=["iVBORw0KGgo="])  # noqa: N815
    metadata: Metadata
    generatedAt: str = Field(description="RFC 3339, UTC.", examples=[EXAMPLE_TIME])  # noqa: N815


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


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]
    time: str = Field(examples=[EXAMPLE_TIME])
    backend: str = Field(examples=["files"])


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
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}}}


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


class _Placeholders(dict[str, object]):
    """Stands in for the values of any error text."""

    def __missing__(self, key: str) -> object:
        return 16384 if key == "most" else 12 if key == "seconds" else "score"
