"""The composition root: settings in, application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from minimon import __version__
from minimon.errors import ProblemError
from minimon.services import open_services
from minimon.settings import Settings
from minimon.web import docs, ledger, minidex, routes
from minimon.web.cors import Cors
from minimon.web.edge import Edge
from minimon.web.guards import Guards
from minimon.web.problems import answer_problem

DESCRIPTION = """Mints collectible creatures for games and certifies players' scores.

`GET /v1/generate` returns a new creature: picture, name, rarity. `POST /v1/certify-score` signs a score and enters it
in an append-only ledger. Every error has the shape of RFC 9457 and, inside it, an `error` object with a stable code."""


def create_app(settings: Settings) -> FastAPI:
    """Return the application. Its lifespan opens everything the routes need, and closes it again."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Minimon",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # an address is right or wrong; a redirect would repeat whatever Host the client sent
        exception_handlers={ProblemError: answer_problem, HTTPException: answer_problem},
    )
    app.include_router(routes.versioned(Guards(settings), token=bool(settings.bearer_token.get_secret_value())))
    app.include_router(routes.operations)
    app.include_router(ledger.well_known)
    docs.add_docs(app)
    minidex.add_minidex(app)
    _add_middleware(app, settings)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """Add the layers; the one added last is the outermost."""
    if settings.cors_origins:
        app.add_middleware(Cors, settings=settings)
    app.add_middleware(Edge)
