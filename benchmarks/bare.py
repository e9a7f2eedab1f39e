"""A bare ASGI callable, on uvicorn as it is or as Minimon runs it, or plain FastAPI on the latter.

Usage: bare.py uvicorn|asgi|fastapi ROUTE=BYTES …   It answers each route with so many bytes, head and body together.
"""

import json
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from random import choice
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.responses import Response

from minimon.heap import map_apart
from minimon.server import LARGE_BYTES, bind, uvicorn_config
from minimon.settings import Settings, load_settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[Message, list[Message]]
BODIES = 6
"""As many as the service has pictures: what is sent again and again lies nearer to the processor than what changes."""

HEAD = "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n"
MEDIA_TYPE = "application/json"


def answer(size: int) -> Answer:
    """Return the head of an answer that is ``size`` bytes on the wire, and several bodies."""
    length = size - len(HEAD.format(MEDIA_TYPE, size))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(length).encode())]
    return (
        {"type": "http.response.start", "status": 200, "headers": headers},
        [{"type": "http.response.body", "body": bytes([48 + number]) * length} for number in range(BODIES)],
    )


def bare(answers: Mapping[str, Answer]) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return an application that takes the body of a request, if any, and sends what it has for the path."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        start, bodies = answers[scope["path"]]
        while scope["method"] == "POST" and (await receive())["more_body"]:
            pass
        await send(start)
        await send(choice(bodies))

    return app


def plain_fastapi(answers: Mapping[str, Answer]) -> FastAPI:
    """Return an application with a route for each path, written the way FastAPI's tutorial does."""
    app = FastAPI()
    for path, (_, bodies) in answers.items():
        app.get(path)(_route([body["body"] for body in bodies]))
    return app


def _route(contents: Sequence[bytes]) -> Callable[[], Awaitable[Response]]:
    async def route() -> Response:
        return Response(choice(contents), media_type=MEDIA_TYPE)

    return route


def as_it_is(app: Any, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration with its own protocol and TLS, and no log line for each request."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        ssl_certfile=settings.tls_cert_path,
        ssl_keyfile=settings.tls_key_path,
    )


async def serve(app: Any, configure: Callable[[Any, Settings], uvicorn.Config]) -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    config = configure(app, settings)
    sockets = bind(settings.host, settings.port)
    print(json.dumps({"event": "listening", "port": sockets[0].getsockname()[1]}), flush=True)
    await uvicorn.Server(config).serve(sockets)


if __name__ == "__main__":
    pairs = [argument.partition("=") for argument in sys.argv[2:]]
    answers = {route: answer(int(size)) for route, _, size in pairs}
    if sys.argv[1] == "uvicorn":
        uvloop.run(serve(bare(answers), as_it_is))
    else:
        map_apart(LARGE_BYTES)
        uvloop.run(serve({"asgi": bare, "fastapi": plain_fastapi}[sys.argv[1]](answers), uvicorn_config))
