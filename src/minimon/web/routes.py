"""The routes: read a request, ask a use case, send the answer. Every error is raised and answered elsewhere."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from minimon.clock import RFC3339, rfc3339, utc_now
from minimon.creatures import Rarity
from minimon.errors import (
    BadRequestError,
    GenerationFailedError,
    HeadersTooLargeError,
    InternalError,
    InvalidJSONError,
    InvalidPayloadError,
    InvalidScoreError,
    LedgerUnavailableError,
    MissingScoreError,
    NonceReplayedError,
    NotAcceptableError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitedError,
    RequestTimeoutError,
    SigningFailedError,
    StartingError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from minimon.exchange import WHOLE
from minimon.generation import Generator, Minted, MintedFile
from minimon.scores.certify import check_request
from minimon.services import Services
from minimon.web import schemas
from minimon.web.accept import prefer
from minimon.web.body import parse_json, read_body
from minimon.web.dispatch import ShortWay
from minimon.web.gone import unless_gone
from minimon.web.ledger import add_ledger_routes
from minimon.web.pictures import add_picture_routes

_log = structlog.get_logger(__name__)

NO_STORE = {"Cache-Control": "no-store"}
VARY = {"Vary": "Accept"}
JSON_HEADERS = ((b"cache-control", b"no-store"), (b"content-type", b"application/json"))

operations = APIRouter(tags=["operations"])


def services(request: Request) -> Services:
    """Return what this process holds open."""
    opened: Services = request.app.services
    return opened


@operations.get("/health", response_model_exclude_none=True)
async def health(request: Request) -> schemas.Health:
    """Say that the service answers, and which backend makes the pictures. Needs no token and has no rate limit."""
    opened = services(request)
    names = opened.generator.names.status()
    return schemas.Health(
        status="ok",
        time=rfc3339(utc_now()),
        backend=opened.settings.generation_backend,
        names=schemas.Names.model_validate(names) if names else None,
        stock=_stock(opened.generator),
        redis=_redis(opened),
    )


def _redis(opened: Services) -> schemas.Redis | None:
    if opened.shared is None:
        return None
    link = opened.shared.link
    stock = opened.shared.stock
    return schemas.Redis(
        state="up" if link.up else "away",
        fault=link.fault,
        stock=schemas.SharedStock(level=stock.level, size=stock.size) if stock else None,
    )


def _stock(generator: Generator) -> schemas.Stock | None:
    stock = generator.stock_level()
    if stock is None:
        return None
    return schemas.Stock(level=stock.level, size=stock.size, oldestSeconds=stock.oldest_seconds)


@operations.get("/livez")
async def livez() -> schemas.Probe:
    """Say that the process lives: restart it if this does not answer."""
    return schemas.Probe(status="alive")


@operations.get("/readyz", responses=schemas.problem_responses(LedgerUnavailableError, StartingError))
async def readyz(request: Request) -> schemas.Probe:
    """Say that the service can do its work: send requests elsewhere if this answers 503."""
    if not services(request).ledger.writable:
        raise LedgerUnavailableError(headers={"Retry-After": "30"})
    if not services(request).serves():
        status = services(request).images.status()
        stage = status.stage or "the shared stock is empty"
        raise StartingError("stage", stage=stage, percent=status.percent, headers={"Retry-After": "5"})
    return schemas.Probe(status="ready", warnings=services(request).warnings())


def versioned(*, token: bool) -> APIRouter:
    """Return the ``/v1`` routes; ``token`` says in the description that they ask for one."""
    refusals = schemas.problem_responses(
        RateLimitedError, HeadersTooLargeError, RequestTimeoutError, *([UnauthorizedError] if token else [])
    )
    router = APIRouter(prefix="/v1", responses=refusals)
    security: dict[str, Any] = {"security": [{"bearer": []}]} if token else {}
    router.get(
        "/generate",
        tags=["creatures"],
        response_model=schemas.Creature,
        responses=schemas.PICTURES
        | schemas.problem_responses(
            BadRequestError, NotAcceptableError, GenerationFailedError, InternalError, OverloadedError, StartingError
        ),
        openapi_extra=security,
    )(generate)
    router.get("/backend", tags=["operations"], response_model=schemas.Backend, openapi_extra=security)(backend)
    router.get("/odds", tags=["creatures"], response_model=schemas.Odds, openapi_extra=security)(odds)
    router.post(
        "/certify-score",
        tags=["scores"],
        response_model=schemas.Certificate,
        responses=CERTIFY_PROBLEMS,
        openapi_extra=security | CERTIFY_BODY | RECEIPT,
    )(certify_score)
    add_ledger_routes(router, security)
    add_picture_routes(router, security)
    return router


async def generate(request: Request) -> Response:
    """Mint a new creature: picture, name, rarity. `Accept` asks for JSON or for the picture alone."""
    opened = services(request)
    offers = ("application/json", *opened.generator.forms)
    accept = [value.decode("latin-1") for name, value in request.scope["headers"] if name == b"accept"]
    form = prefer(accept, offers)
    if form is None:
        raise NotAcceptableError(offers=", ".join(offers), headers=VARY)
    answer = _answer(opened.generator, form)
    return await (unless_gone(request, answer) if opened.generator.waits(form) else answer)


async def _answer(generator: Generator, form: str) -> Response:
    if form == "application/json":
        return _creature_response(await generator.mint())
    return _file_response(await generator.mint_file(form))


async def backend(request: Request) -> schemas.Backend:
    """Say how what makes the pictures is: its state, and for each flag what was asked, what is done, and why."""
    opened = services(request)
    status = opened.images.status()
    return schemas.Backend(
        backend=opened.settings.generation_backend,
        fallback=opened.settings.fallback_backend or None,
        state=status.state,
        stage=status.stage,
        percent=status.percent,
        fault=status.fault,
        stand_in=status.stand_in or None,
        flags=[schemas.Flag(**asdict(flag)) for flag in status.flags],
        waitSeconds=round(status.wait_seconds, 1),
        facts=dict(status.facts),
        stock=_stock(opened.generator),
        redis=_redis(opened),
    )


async def odds(request: Request) -> schemas.Odds:
    """Say how often each rarity is drawn. Each element is as likely as the others."""
    weights = services(request).settings.rarity_weights
    total = sum(weights.values())
    return schemas.Odds(
        rarities=[schemas.Odd(rarity=it, weight=weights.get(it, 0), share=weights.get(it, 0) / total) for it in Rarity]
    )


async def certify_score(request: Request) -> Response:
    """Sign a score and enter it in the ledger. A 200 is sent only when the record is on disk."""
    opened = services(request)
    body = await read_body(request)
    if opened.settings.log_request_body:
        _log.info("request body", body=body.decode("utf-8", "backslashreplace"))
    score = check_request(parse_json(body))
    client = request.client.host if opened.settings.ledger_client_address and request.client else ""
    full = bool(request.scope["query_string"]) and request.query_params.get("receipt") == "full"
    request_id = request.scope["state"]["request_id"]
    answer = await opened.certifier.certify(score, request_id, client=client, full=full)
    return PartsResponse([answer])


SHORT_WAYS = (
    ShortWay("GET", "/v1/generate", generate),
    ShortWay("POST", "/v1/certify-score", certify_score),
)

CERTIFY_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": schemas.SCORE_REQUEST}}}}
RECEIPT = {
    "parameters": [
        {
            "name": "receipt",
            "in": "query",
            "required": False,
            "description": "`full` adds the ledger's line, its inclusion proof and a signed checkpoint.",
            "schema": {"type": "string", "examples": ["full"]},
        }
    ]
}
CERTIFY_PROBLEMS = schemas.problem_responses(
    BadRequestError,
    InternalError,
    InvalidJSONError,
    InvalidPayloadError,
    MissingScoreError,
    InvalidScoreError,
    NonceReplayedError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    SigningFailedError,
    LedgerUnavailableError,
    OverloadedError,
)


def _file_response(minted: MintedFile) -> Response:
    """Send a picture as a file, what else there is to say in headers; the name is percent-encoded UTF-8."""
    creature = minted.creature
    metadata = {
        "X-Minimon-Id": creature.id,
        "X-Minimon-Name": quote(creature.name, safe=""),
        "X-Minimon-Rarity": creature.traits.rarity.value,
        "X-Minimon-Element": creature.traits.element.value,
        "X-Minimon-Seed": str(creature.traits.seed),
        "X-Minimon-Backend": minted.backend,
        "X-Minimon-Minted-At": rfc3339(minted.minted_at),
        "X-Minimon-Generated-At": rfc3339(minted.generated_at),
    }
    return Response(minted.content, headers=NO_STORE | VARY | metadata, media_type=minted.media_type)


def _creature_response(minted: Minted) -> Response:
    creature = minted.creature
    metadata = {
        "id": creature.id,
        "name": creature.name,
        "rarity": creature.traits.rarity,
        "element": creature.traits.element,
        "seed": creature.traits.seed,
        "backend": minted.picture.backend,
        "mintedAt": minted.minted_at,
    }
    rest = orjson.dumps({"metadata": metadata, "generatedAt": minted.generated_at}, option=RFC3339)
    return PartsResponse([b'{"imageBase64":"', minted.picture.base64, b'",' + rest[1:]], (b"vary", b"Accept"))


class PartsResponse(Response):
    """JSON in parts, so that a picture is not copied on its way, with the few headers that it has ready-made."""

    status_code = 200
    background = None

    def __init__(self, parts: Sequence[bytes], *headers: tuple[bytes, bytes]) -> None:
        """Not the base class's, which takes the body as one piece."""
        self._parts = parts
        self.raw_headers = [*JSON_HEADERS, *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send the head and the parts, at once where that can be."""
        if WHOLE in scope["extensions"]:
            await send({"type": WHOLE, "status": 200, "headers": self.raw_headers, "parts": self._parts})
            return
        headers = [*self.raw_headers, (b"content-length", b"%d" % sum(map(len, self._parts)))]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": part is not self._parts[-1]})
