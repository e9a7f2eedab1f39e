"""The routes of the ledger: checkpoint, proofs, records, keys, and the check of a certificate."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from minimon.audit.certificate import check_certificate
from minimon.errors import (
    InvalidJSONError,
    InvalidPayloadError,
    LedgerUnavailableError,
    NotFoundError,
    PayloadTooLargeError,
    RequestTimeoutError,
    UnsupportedMediaTypeError,
)
from minimon.scores.checkpoint import Checkpoint, CheckpointKey
from minimon.scores.merkle import ReadNode, consistency_proof, inclusion_proof, node_place, read_peaks, root_of
from minimon.scores.nonces import nonce_key
from minimon.scores.storing import LedgerStore, T
from minimon.web import schemas
from minimon.web.body import parse_json, read_body

NO_STORE = {"Cache-Control": "no-store"}
TEXT = "text/plain"
LONGEST_NUMBER = 15

well_known = APIRouter(tags=["ledger"])


class _Note(Response):
    media_type = TEXT


class _Pem(Response):
    media_type = "application/x-pem-file"


class _KeySet(JSONResponse):
    media_type = "application/jwk-set+json"


def _whole(name: str, place: str, meaning: str) -> dict[str, Any]:
    """Describe a parameter that is a whole number; one in the path has to be there."""
    schema = {"type": "integer", "minimum": 0, "maximum": 10**LONGEST_NUMBER - 1}
    return {"name": name, "in": place, "required": place == "path", "description": meaning, "schema": schema}


def _parameters(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(parameters)}


KID = {"name": "kid", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
CERTIFICATE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
INDEX = _whole("index", "query", "Which record; the first if not given.")
SIZE = _whole("size", "query", "Of how many records the tree is; of all if not given.")
FROM = _whole("from", "query", "The smaller size, at least 1; 1 if not given.")
TO = _whole("to", "query", "The larger size; all records if not given.")


def add_ledger_routes(router: APIRouter, security: dict[str, Any]) -> None:
    """Add the routes below ``/v1``."""
    bad, none, away = InvalidPayloadError, NotFoundError, LedgerUnavailableError
    problems = schemas.problem_responses
    note: dict[str, Any] = {"tags": ["ledger"], "response_class": _Note, "openapi_extra": security}
    router.get("/ledger/checkpoint", responses=problems(away), **note)(checkpoint)
    router.get("/ledger/key", **note)(verifier_key)
    for path, model, route, errors, parameters in (
        ("/ledger/proof", schemas.InclusionProof, proof, (bad, none), (INDEX, SIZE)),
        ("/ledger/consistency", schemas.ConsistencyProof, consistency, (bad, none), (FROM, TO)),
        ("/ledger/records/{index}", dict[str, Any], record, (none,), (_whole("index", "path", "Which record."),)),
    ):
        extra = security | _parameters(*parameters)
        described = {"responses": problems(*errors, away), "openapi_extra": extra}
        router.get(path, tags=["ledger"], response_model=model, **described)(route)  # type: ignore[arg-type]  # as written
    pem = {"response_class": _Pem, "responses": problems(none, away), "openapi_extra": security | _parameters(KID)}
    router.get("/keys/{kid}.pem", tags=["ledger"], **pem)(key_pem)  # type: ignore[arg-type]  # as written
    router.post(
        "/verify-score",
        tags=["scores"],
        response_model=schemas.Verification,
        response_model_exclude_none=True,
        responses=problems(
            InvalidJSONError, bad, RequestTimeoutError, PayloadTooLargeError, UnsupportedMediaTypeError, away
        ),
        openapi_extra=security | CERTIFICATE,
    )(verify_score)


async def _read(request: Request, work: Callable[[LedgerStore], T]) -> T:
    """Return what ``work`` reads in the ledger as it is now, whoever wrote to it. Blocks a thread, not the loop."""
    store: LedgerStore = request.app.services.ledger.store

    def read() -> T:
        store.refresh()
        return work(store)

    return await asyncio.to_thread(read)


def _number(request: Request, name: str) -> int | None:
    """Return a parameter, None where it is not given. Raises InvalidPayloadError for what is no whole number."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER:
        raise InvalidPayloadError("number", field=name, least=0, most=10**LONGEST_NUMBER - 1)
    return int(text)


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), headers=NO_STORE, media_type="application/json")


async def checkpoint(request: Request) -> Response:
    """Return the ledger's size and root, signed (C2SP tlog-checkpoint)."""
    key: CheckpointKey = request.app.services.certifier.checkpoint_key
    head = await _read(request, lambda store: store.head)
    return _Note(key.sign(Checkpoint(head.size, head.root)), headers=NO_STORE)


async def verifier_key(request: Request) -> Response:
    """Return the public key of the checkpoints (C2SP signed-note, vkey)."""
    key: CheckpointKey = request.app.services.certifier.checkpoint_key
    return _Note(key.verifier + "\n", headers=NO_STORE)


async def proof(request: Request) -> Response:
    """Return the proof that record `index` is in the tree of `size` records, the present one if not given."""
    chosen, index = _number(request, "size"), _number(request, "index") or 0

    def make(store: LedgerStore) -> dict[str, Any]:
        most = store.head.size
        size = most if chosen is None else chosen
        if not index < size <= most:
            raise NotFoundError
        return store.read_tree(lambda read: _inclusion(read, index, size))

    return _json(await _read(request, make))


def _inclusion(read: ReadNode, index: int, size: int) -> dict[str, Any]:
    return {
        "index": index,
        "treeSize": size,
        "rootHash": root_of(read_peaks(read, size)).hex(),
        "leafHash": read(node_place(0, index)).hex(),
        "inclusionProof": [node.hex() for node in inclusion_proof(read, index, size)],
    }


async def consistency(request: Request) -> Response:
    """Return the proof that the tree of `to` records begins with that of `from` records."""
    last, given = _number(request, "to"), _number(request, "from")

    def make(store: LedgerStore) -> dict[str, Any]:
        most = store.head.size
        first, second = 1 if given is None else given, most if last is None else last
        if not 1 <= first <= second <= most:
            raise NotFoundError
        return store.read_tree(lambda read: _consistency(read, first, second))

    return _json(await _read(request, make))


def _consistency(read: ReadNode, first: int, second: int) -> dict[str, Any]:
    return {
        "from": first,
        "to": second,
        "fromRootHash": root_of(read_peaks(read, first)).hex(),
        "toRootHash": root_of(read_peaks(read, second)).hex(),
        "consistencyProof": [node.hex() for node in consistency_proof(read, first, second)],
    }


async def record(request: Request) -> Response:
    """Return a record: the exact bytes of its line."""
    index = str(request.path_params["index"])
    if not (index.isascii() and index.isdecimal()) or len(index) > LONGEST_NUMBER:
        raise NotFoundError

    def read(store: LedgerStore) -> bytes:
        try:
            return store.record(int(index))
        except IndexError as error:
            raise NotFoundError from error

    return Response(await _read(request, read), headers=NO_STORE, media_type="application/json")


@well_known.get(
    "/.well-known/jwks.json",
    response_model=schemas.KeySet,
    response_class=_KeySet,
    responses=schemas.problem_responses(LedgerUnavailableError),
)
async def jwks(request: Request) -> Response:
    """Return every public key that ever signed scores (RFC 7517). Needs no token."""
    known = await _read(request, lambda store: store.keys)
    keys = [{**key.jwk, "kid": key.kid, "alg": key.algorithm, "use": "sig"} for key in known.values()]
    return _KeySet({"keys": keys})


async def key_pem(request: Request) -> Response:
    """Return one public key as PEM."""
    key = (await _read(request, lambda store: store.keys)).get(request.path_params["kid"])
    if key is None:
        raise NotFoundError
    return _Pem(key.pem())


async def verify_score(request: Request) -> Response:
    """Check a certificate: its form, its signature by the ledger's keys, and its place in the ledger."""
    value = parse_json(await read_body(request))
    if not isinstance(value, dict):
        raise InvalidPayloadError("object")
    return _json(await _read(request, lambda store: _verify(store, value)))


def _verify(store: LedgerStore, value: dict[str, Any]) -> dict[str, Any]:
    checks = check_certificate(value, [dict(key.jwk) for key in store.keys.values()])
    checks.append({"name": "ledger", **_in_ledger(store, value.get("signed"))})
    return {"valid": all(check["ok"] for check in checks), "checks": checks}


def _in_ledger(store: LedgerStore, signed: object) -> dict[str, Any]:
    if not isinstance(signed, dict) or not isinstance(signed.get("payload"), dict) or "nonce" not in signed["payload"]:
        return {"ok": False, "detail": "no payload to look for"}
    index = store.find(nonce_key("score", signed["payload"]))
    if index is None or index >= store.head.size:
        return {"ok": False, "detail": "not in the ledger"}
    if orjson.loads(store.record(index))["signed"] != signed:
        return {"ok": False, "detail": f"record {index} has its nonce and is another"}
    return {"ok": True, "detail": f"record {index}", "index": index}
