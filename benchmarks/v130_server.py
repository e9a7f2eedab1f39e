"""The way of working of 1.3.0, for benchmarks/certify.py: written anew from its document, for its program is not here.

A stock FastAPI on what `pip install fastapi uvicorn` gives (asyncio's loop, h11), a middleware that counts and logs
each request, a strict model, a route in the thread pool, sorted JSON as the canonical form, and under a lock: open,
write one line, close. The document promises no sync, so none is made: a power cut may lose what it acknowledged.
Run in a folder with the pairs that ``minimon keys make`` makes.
"""

import base64
import json
import logging
import os
import secrets
import threading
import time
from collections import defaultdict, deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificate
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict

TOKEN = os.environ["MINIMON_BEARER_TOKEN"]
PER_MINUTE = int(os.environ["MINIMON_RATE_LIMIT_PER_MIN"])
LEDGER = Path("data/certified_scores.jsonl")
KEY = serialization.load_pem_private_key(Path("certs/app_signing_key.pem").read_bytes(), None)
FINGERPRINT = load_pem_x509_certificate(Path("certs/app_signing_cert.pem").read_bytes()).fingerprint(hashes.SHA256())

app = FastAPI()
log = logging.getLogger("server")
lock = threading.Lock()
calls: dict[str, deque[float]] = defaultdict(deque)


class ScoreRequest(BaseModel):
    """A score to certify."""

    model_config = ConfigDict(extra="forbid")
    score: float
    subject: str | None = None
    nonce: str | None = None


@app.middleware("http")
async def count_and_log(request: Request, call_next: Any) -> Any:
    """Hold the rate limit and write the log line."""
    began, window = time.monotonic(), calls[request.client.host if request.client else ""]
    while window and began - window[0] > 60:
        window.popleft()
    if len(window) >= PER_MINUTE:
        raise HTTPException(429)
    window.append(began)
    response = await call_next(request)
    line = {"path": request.url.path, "status": response.status_code, "ms": (time.monotonic() - began) * 1000}
    log.info(json.dumps(line))
    return response


@app.post("/v1/certify-score")
def certify_score(body: ScoreRequest, request: Request) -> dict[str, Any]:
    """Sign a score and add it to the file."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise HTTPException(401)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = {"id": f"mnm_{secrets.token_hex(8)}", "score": body.score, "issuedAt": now}
    payload |= {"nonce": body.nonce or secrets.token_hex(16), "subject": body.subject}
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    signature = KEY.sign(canonical, ec.ECDSA(hashes.SHA256()))  # type: ignore[union-attr,call-arg]  # a P-256 key
    signed = {
        "payload": payload,
        "canonicalB64": base64.b64encode(canonical).decode(),
        "signatureB64": base64.b64encode(signature).decode(),
        "algorithm": "ES256",
        "signatureFormat": "DER",
        "certificateFingerprintSHA256": FINGERPRINT.hex(),
    }
    answer = {"signed": signed, "generatedAt": now}
    with lock, LEDGER.open("a") as file:
        file.write(json.dumps(answer) + "\n")
    return answer


class Server(uvicorn.Server):
    """uvicorn's server, which says its port."""

    async def startup(self, sockets: Any = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"event": "listening", "port": port}), flush=True)


if __name__ == "__main__":
    LEDGER.parent.mkdir(exist_ok=True)
    logging.basicConfig(level=logging.INFO)
    pair = {"ssl_certfile": "certs/cert.pem", "ssl_keyfile": "certs/key.pem"}
    Server(uvicorn.Config(app, port=0, loop="asyncio", http="h11", access_log=False, **pair)).run()
