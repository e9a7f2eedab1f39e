"""Which web pages of other origins may call (CORS)."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from minimon.errors import BadRequestError
from minimon.settings import Settings

EXPOSED = [
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Minimon-Element",
    "X-Minimon-Seed",
    "X-Minimon-Backend",
    "X-Minimon-Generated-At",
    "X-Minimon-Minted-At",
    "X-Minimon-Id",
    "X-Minimon-Name",
    "X-Minimon-Rarity",
    "X-Request-ID",
]
"""Headers of ours that a web page may read."""


class Cors(CORSMiddleware):
    """Starlette's middleware, with a refused preflight request in our error shape. Cookies are never allowed."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=EXPOSED,
        )

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Serve a request of another origin; its answer has to come in messages that the base class can add to."""
        scope["extensions"] = {}
        await super().simple_response(scope, receive, send, request_headers)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight request. Raises BadRequestError if it asks for what is not allowed."""
        answer = super().preflight_response(request_headers)
        if answer.status_code >= BadRequestError.status:
            raise BadRequestError("preflight", headers={"Vary": "Origin"})
        return answer
