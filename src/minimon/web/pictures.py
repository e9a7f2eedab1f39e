"""Pictures for others, in the shape of OpenAI's API: for its SDK, Open WebUI, and another Minimon.

What is given out here is a picture and no creature: it has no id, and whoever asks may name its rarity.
"""

import time
from collections.abc import Sequence
from random import SystemRandom
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from minimon.clock import utc_now
from minimon.commission import Commission, paint
from minimon.creatures import SEED_BITS, Traits
from minimon.errors import (
    BadRequestError,
    GenerationFailedError,
    InternalError,
    InvalidJSONError,
    InvalidPayloadError,
    OverloadedError,
    PayloadTooLargeError,
    StartingError,
    UnsupportedMediaTypeError,
)
from minimon.images import Picture
from minimon.images.png import size_of
from minimon.images.prompts import prompt_of
from minimon.services import Services
from minimon.web import schemas
from minimon.web.body import parse_json, read_body
from minimon.web.gone import unless_gone

MODEL: Final = "minimon"
AUTO: Final = "auto"
MOST_PICTURES: Final = 4
LONGEST_PROMPT: Final = 4000
NO_STORE: Final = {"Cache-Control": "no-store"}


def _false(value: bool) -> bool:  # noqa: FBT001 - pydantic's signature; Literal[False] would take 0 as well
    if value:
        raise ValueError
    return value


Word = Annotated[str, Field(max_length=256)]
Unstreamed = Annotated[bool, AfterValidator(_false), WithJsonSchema({"type": "boolean", "const": False})]
Ignored = Field(default=None, description="Read, and changes nothing.")


class PictureRequest(BaseModel):
    """What is asked for. Fields of OpenAI's that change nothing here are taken all the same, unknown ones are not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    prompt: str = Field(
        min_length=1,
        max_length=LONGEST_PROMPT,
        description="A hint: `water`, `fire`, `earth` or `wind` in it decides the element. "
        "A prompt that another Minimon wrote decides the rarity, too.",
        examples=["a small fire dragon"],
    )
    model: Literal["minimon"] | None = Field(default=None, description="`minimon`.")
    n: int | None = Field(default=None, ge=1, le=MOST_PICTURES, description="How many pictures; 1 if not given.")
    size: str | None = Field(
        default=None,
        description="`auto`, or the size of this service's pictures as `WIDTHxHEIGHT`: no other can be had.",
        json_schema_extra={"anyOf": [{"type": "string", "enum": [AUTO]}, {"type": "null"}]},
    )
    response_format: Literal["b64_json"] | None = Field(default=None, description="`b64_json`.")
    output_format: Literal["png"] | None = Field(default=None, description="`png`.")
    stream: Unstreamed | None = Field(default=None, description="`false`.")
    seed: int | None = Field(
        default=None, ge=0, lt=2**SEED_BITS, description="The same seed and hint give the same picture."
    )
    user: Word | None = Ignored
    quality: Word | None = Ignored
    style: Word | None = Ignored
    background: Word | None = Ignored
    moderation: Word | None = Ignored
    num_inference_steps: int | None = Ignored
    step: int | None = Ignored
    guidance_scale: float | None = Ignored


ALLOWED: Final = {
    "prompt": f"a string of 1 to {LONGEST_PROMPT} characters",
    "model": MODEL,
    "n": f"1 to {MOST_PICTURES}",
    "size": AUTO,
    "response_format": "b64_json",
    "output_format": "png",
    "stream": "false",
    "seed": f"0 to {2**SEED_BITS - 1}",
    "num_inference_steps": "a number",
    "step": "a number",
    "guidance_scale": "a number",
}
PROBLEMS = schemas.problem_responses(
    BadRequestError,
    InvalidJSONError,
    InvalidPayloadError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    GenerationFailedError,
    InternalError,
    OverloadedError,
    StartingError,
)


def add_picture_routes(router: APIRouter, security: dict[str, Any]) -> None:
    """Add the routes below ``/v1``."""
    content = {"application/json": {"schema": PictureRequest.model_json_schema()}}
    body = {"requestBody": {"required": True, "content": content}}
    router.get("/models", tags=["pictures"], response_model=schemas.Models, openapi_extra=security)(models)
    router.post(
        "/images/generations",
        tags=["pictures"],
        response_model=schemas.Pictures,
        responses=PROBLEMS,
        openapi_extra=security | body,
    )(generations)


async def models() -> schemas.Models:
    """List the one model there is, as OpenAI's clients want it."""
    return schemas.Models(object="list", data=[schemas.Model(id=MODEL, object="model", created=0, owned_by=MODEL)])


async def generations(request: Request) -> Response:
    """Make pictures, in the shape of OpenAI's API. They are no creatures: they have no id."""
    began = time.perf_counter()
    asked = check_request(parse_json(await read_body(request)))
    answer = await _made(request, request.app.services, asked)
    headers = NO_STORE | {"OpenAI-Processing-Ms": str(round(1000 * (time.perf_counter() - began)))}
    return Response(answer, headers=headers, media_type="application/json")


async def _made(request: Request, opened: Services, asked: PictureRequest) -> bytes:
    _check_size(asked.size, opened.images.status().facts.get("size"))
    seed = SystemRandom().getrandbits(SEED_BITS) if asked.seed is None else asked.seed
    wanted = Commission(asked.prompt, seed, asked.n or 1).traits(opened.settings.rarity_weights)
    pictures = await unless_gone(request, paint(opened.images, wanted))
    for picture in pictures:  # a backend that hands out pictures of several sizes says none before
        _check_size(asked.size, size_of(picture.png))
    return _answer(wanted, pictures)


def check_request(value: object) -> PictureRequest:
    """Check a parsed JSON body. Raises InvalidPayloadError for the first fault, which names the field."""
    if not isinstance(value, dict):
        raise InvalidPayloadError("object")
    try:
        return PictureRequest.model_validate(value)
    except ValidationError as error:
        fault = error.errors()[0]
        field = str(fault["loc"][0])[:64]
        if fault["type"] == "extra_forbidden":
            raise InvalidPayloadError("extra", field=field) from error
        raise InvalidPayloadError("value", field=field, allowed=ALLOWED.get(field, "a short string")) from error


def _check_size(asked: str | None, given: object) -> None:
    """Refuse a size that this service's pictures have not."""
    if asked not in {None, AUTO, given} and given is not None:
        raise InvalidPayloadError("value", field="size", allowed=f"{AUTO}, {given}")


def _answer(wanted: Sequence[Traits], pictures: Sequence[Picture]) -> bytes:
    items = [
        {
            "b64_json": orjson.Fragment(b'"' + picture.base64 + b'"'),
            "revised_prompt": prompt_of(traits),
            "rarity": traits.rarity,
            "element": traits.element,
            "seed": traits.seed,
        }
        for traits, picture in zip(wanted, pictures, strict=True)
    ]
    return orjson.dumps({"created": int(utc_now().timestamp()), "data": items, "output_format": "png"})
