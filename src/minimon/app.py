"""The composition root: settings in, application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from minimon import __version__
from minimon.services import Services, open_services
from minimon.settings import Settings
from minimon.web import docs, ledger, minidex, routes
from minimon.web.addresses import Addresses
from minimon.web.cors import Cors
from minimon.web.dispatch import Dispatch
from minimon.web.edge import Edge
from minimon.web.guards import Guards
from minimon.web.tallies import HttpTallies

DESCRIPTION = """Mints collectible creatures for games and certifies players' scores.

`GET /v1/generate` returns a new creature: picture, name, rarity. `POST /v1/certify-score` signs a score and enters it
in an append-only ledger. Every error has the shape of RFC 9457 and, inside it, an `error` object with a stable code."""


class Application(FastAPI):
    """FastAPI for routes and their description; what stands around the routes is ours."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**options)
        self._settings = settings
        self.services: Services
        """What this process holds open, while the lifespan lasts."""
        self.http_tallies = HttpTallies()
        self.guards = Guards(settings)
        self.addresses = Addresses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Where nothing is traced, no layer of FastAPI's has to be asked."""
        if self._settings.otlp_endpoint or self.middleware_stack is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers, in place of FastAPI's: those catch errors, which is done by ``Dispatch`` and ``Edge``."""
        app: ASGIApp = Dispatch(AsyncExitStackMiddleware(self.router), self.guards, routes.SHORT_WAYS)
        app = Cors(app, self._settings) if self._settings.cors_origins else app
        return Edge(app, self.http_tallies, self.addresses)


def create_app(settings: Settings) -> Application:
    """Return the application. Its lifespan opens everything the routes need, and closes it again."""

    @asynccontextmanager
    async def lifespan(opened: Application) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            opened.services = services
            if services.shared:
                app.guards.share(services.shared.windows)
            yield

    app = Application(
        settings,
        title="Minimon",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": bool(settings.otlp_endpoint), "metrics": False, "logs": False},
        redirect_slashes=False,  # an address is right or wrong; a redirect would repeat whatever Host the client sent
    )
    versioned = routes.versioned(token=bool(settings.bearer_token.get_secret_value()))
    routers = (versioned, routes.operations, ledger.well_known)
    for router in routers:
        app.include_router(router)
    docs.add_docs(app)
    minidex.add_minidex(app)
    for router in (*routers, app.router):
        app.addresses.add(router.routes)
    return app
