"""The way from the edge to a route: guards, then the short way for the routes that count, then FastAPI's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from opentelemetry.trace import get_current_span
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from minimon.errors import ProblemError
from minimon.web.guards import GUARDED, Guards
from minimon.web.problems import answer_problem


class ShortWay(NamedTuple):
    """A route that is served without FastAPI's machinery, which costs more than the rest of such a request."""

    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    """The very function that FastAPI has, too, and describes."""


class Dispatch:
    """ASGI application. Every fault that is foreseen gets its answer here."""

    def __init__(self, app: ASGIApp, guards: Guards, short_ways: Sequence[ShortWay]) -> None:
        """``app`` serves what has no short way."""
        self._app = app
        self._guards = guards
        self._short_ways: Mapping[tuple[str, str], ShortWay] = {(way.method, way.path): way for way in short_ways}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        way = self._short_ways.get((scope["method"], scope["path"]))
        if way:
            _select(scope, way)
        try:
            if scope["path"].startswith(GUARDED):
                await self._guards.check(request)
            if way is None:
                await self._app(scope, receive, send)
                return
            response = await way.endpoint(request)
        except (ProblemError, HTTPException) as error:
            response = answer_problem(request, error)
        await response(scope, receive, send)


def _select(scope: Scope, way: ShortWay) -> None:
    """Note the route for log, metrics and trace, as FastAPI does for its own."""
    scope["route"] = way
    if "fastapi.telemetry" in scope:  # a trace is recorded, from messages of the usual kind
        scope["extensions"] = {}
        span = get_current_span()
        span.update_name(f"{way.method} {way.path}")
        span.set_attribute("http.route", way.path)
