"""The routes of the ledger: checkpoint, proofs, records, keys, and the check of a certificate."""

import asyncio
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from minimon.audit.certificate import check_certificate
from minimon.errors import InvalidPayloadError, NotFoundError
from minimon.scores.checkpoint import Checkpoint, CheckpointKey
from minimon.scores.merkle import consistency_proof, inclusion_proof, node_place, read_peaks, root_of
from minimon.scores.nonces import nonce_key
from minimon.scores.store import Store
from minimon.web import schemas
from minimon.web.body import parse_json, read_body

NO_STORE = {"Cache-Control": "no-store"}
TEXT = "text/plain; charset=utf-8"
LONGEST_NUMBER = 15

well_known = APIRouter(tags=["ledger"])


def add_ledger_routes(router: APIRouter, security: dict[str, Any]) -> None:
    """Add the routes below ``/v1``."""
    bad = schemas.problem_responses(InvalidPayloadError)
    none = schemas.problem_responses(InvalidPayloadError, NotFoundError)
    for path, route, responses in (
        ("/ledger/checkpoint", checkpoint, {}),
        ("/ledger/key", verifier_key, {}),
        ("/ledger/proof", proof, bad),
        ("/ledger/consistency", consistency, bad),
        ("/ledger/records/{index}", record, none),
        ("/keys/{kid}.pem", key_pem, none),
    ):
        router.get(path, tags=["ledger"], responses=responses, openapi_extra=security, response_model=None)(route)
    router.post("/verify-score", tags=["scores"], responses=bad, openapi_extra=security, response_model=None)(
        verify_score
    )


def _store(request: Request) -> Store:
    store: Store = request.app.state.services.ledger.store
    return store


def _number(request: Request, name: str, least: int, most: int, default: int | None = None) -> int:
    text = request.query_params.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER or not least <= int(text) <= most:
        raise InvalidPayloadError("number", field=name, least=least, most=most)
    return int(text)


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), headers=NO_STORE, media_type="application/json")


async def checkpoint(request: Request) -> Response:
    """Return the ledger's size and root, signed (C2SP tlog-checkpoint)."""
    key: CheckpointKey = request.app.state.services.certifier.checkpoint_key
    head = _store(request).head
    return Response(key.sign(Checkpoint(head.size, head.root)), headers=NO_STORE, media_type=TEXT)


async def verifier_key(request: Request) -> Response:
    """Return the public key of the checkpoints (C2SP signed-note, vkey)."""
    key: CheckpointKey = request.app.state.services.certifier.checkpoint_key
    return Response(key.verifier + "\n", headers=NO_STORE, media_type=TEXT)


async def proof(request: Request) -> Response:
    """Return the proof that record `index` is in the tree of `size` records, the present one if not given."""
    store = _store(request)
    most = store.head.size
    size = _number(request, "size", 1, most, most)
    index = _number(request, "index", 0, size - 1)

    def make() -> dict[str, Any]:
        read = store.tree.__getitem__
        return {
            "index": index,
            "treeSize": size,
            "rootHash": root_of(read_peaks(read, size)).hex(),
            "leafHash": read(node_place(0, index)).hex(),
            "inclusionProof": [node.hex() for node in inclusion_proof(read, index, size)],
        }

    return _json(await asyncio.to_thread(make))


async def consistency(request: Request) -> Response:
    """Return the proof that the tree of `to` records begins with that of `from` records."""
    store = _store(request)
    most = store.head.size
    second = _number(request, "to", 1, most, most)
    first = _number(request, "from", 1, second)

    def make() -> dict[str, Any]:
        read = store.tree.__getitem__
        return {
            "from": first,
            "to": second,
            "fromRootHash": root_of(read_peaks(read, first)).hex(),
            "toRootHash": root_of(read_peaks(read, second)).hex(),
            "consistencyProof": [node.hex() for node in consistency_proof(read, first, second)],
        }

    return _json(await asyncio.to_thread(make))


async def record(request: Request) -> Response:
    """Return a record: the exact bytes of its line."""
    index = str(request.path_params["index"])
    store = _store(request)
    if not (index.isascii() and index.isdecimal()) or len(index) > LONGEST_NUMBER or int(index) >= store.head.size:
        raise NotFoundError
    line = await asyncio.to_thread(store.record, int(index))
    return Response(line, headers=NO_STORE, media_type="application/json")


@well_known.get("/.well-known/jwks.json", response_model=None)
async def jwks(request: Request) -> Response:
    """Return every public key that ever signed scores (RFC 7517). Needs no token."""
    keys = [{**key.jwk, "kid": key.kid, "alg": key.algorithm, "use": "sig"} for key in _store(request).keys.values()]
    return Response(orjson.dumps({"keys": keys}), media_type="application/jwk-set+json")


async def key_pem(request: Request) -> Response:
    """Return one public key as PEM."""
    key = _store(request).keys.get(request.path_params["kid"])
    if key is None:
        raise NotFoundError
    return Response(key.pem(), media_type="application/x-pem-file")


async def verify_score(request: Request) -> Response:
    """Check a certificate: its form, its signature by the ledger's keys, and its place in the ledger."""
    value = parse_json(await read_body(request))
    if not isinstance(value, dict):
        raise InvalidPayloadError("object")
    store = _store(request)
    return _json(await asyncio.to_thread(_verify, store, value))


def _verify(store: Store, value: dict[str, Any]) -> dict[str, Any]:
    checks = check_certificate(value, [dict(key.jwk) for key in store.keys.values()])
    checks.append({"name": "ledger", **_in_ledger(store, value.get("signed"))})
    return {"valid": all(check["ok"] for check in checks), "checks": checks}


def _in_ledger(store: Store, signed: object) -> dict[str, Any]:
    if not isinstance(signed, dict) or not isinstance(signed.get("payload"), dict) or "nonce" not in signed["payload"]:
        return {"ok": False, "detail": "no payload to look for"}
    index = store.nonces.find(nonce_key("score", signed["payload"]))
    if index is None or index >= store.head.size:
        return {"ok": False, "detail": "not in the ledger"}
    if orjson.loads(store.record(index))["signed"] != signed:
        return {"ok": False, "detail": f"record {index} has its nonce and is another"}
    return {"ok": True, "detail": f"record {index}", "index": index}
