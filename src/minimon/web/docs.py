"""The API's description: ``/openapi.json``, and ``/docs``, which shows it with files that ship with the service."""

from importlib.resources import as_file, files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from minimon.web.schemas import Problem

PAGE = files("minimon.web") / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
"""Swagger UI sets style attributes and shows its icons as data; it needs nothing from elsewhere."""


def add_docs(app: FastAPI) -> None:
    """Add ``/docs`` and complete the description that FastAPI makes from the routes."""
    for path, name, media_type in (
        ("/docs", "docs.html", "text/html"),
        ("/docs/start.js", "docs.js", "text/javascript"),
    ):
        app.router.routes.append(_static(path, (PAGE / name).read_bytes(), media_type))
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount("/docs/assets", StaticFiles(directory=folder))
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]  # the way FastAPI documents


def _static(path: str, content: bytes, media_type: str) -> Route:
    async def answer(_: Request) -> Response:
        return Response(content, media_type=media_type, headers={"Content-Security-Policy": POLICY})

    return Route(path, answer, methods=["GET"], include_in_schema=False)


def _describe(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            license_info=app.license_info,
            routes=app.routes,
        )
        _add_problem(schema)
        _add_bearer(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _add_problem(schema: dict[str, Any]) -> None:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = problem.pop("$defs")
    schema["components"]["schemas"] |= {"Problem": problem, **nested}


def _add_bearer(schema: dict[str, Any]) -> None:
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    if any("security" in operation for operation in operations):
        schema["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
