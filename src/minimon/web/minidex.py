"""The Minidex: the page at ``/``, read from the package once, at start.

A file is kept plain and gzipped, each under an entity tag of its own (RFC 9110, section 8.8.3), and is asked for anew
each time, so that nobody sees a page of yesterday. The page itself exists once in each language, its text filled in
from the catalogue: it reads well before its scripts have run.
"""

import gzip
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from minimon.errors import NotFoundError
from minimon.web.problems import preferred_language

PAGE = files("minimon.web") / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script and no style stands in the page itself; a creature's picture is a blob that the page made."""
TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}
TEXT = re.compile(r'\bdata-t="([\w.]+)"[^>]*>')
LABEL = re.compile(r'\bdata-t-(label|placeholder|content)="([\w.]+)"')
ATTRIBUTES = {"label": "aria-label", "placeholder": "placeholder", "content": "content"}
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page, ready to be sent."""

    content: bytes
    media_type: str
    gzipped: bytes = field(init=False)
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        """Compress and name the content."""
        object.__setattr__(self, "gzipped", gzip.compress(self.content, mtime=0))
        object.__setattr__(self, "tag", sha256(self.content).hexdigest()[:16])

    def answer(self, request: Request, vary: str = "Accept-Encoding") -> Response:
        """Send the file, or 304 to a client that has it."""
        zipped = bool(GZIP.search(request.headers.get("accept-encoding", "")))
        tag = f'"{self.tag}{"-gzip" if zipped else ""}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": vary, "Content-Security-Policy": POLICY}
        known = request.headers.get("if-none-match", "").replace("W/", "").split(",")
        if {tag, "*"} & {name.strip() for name in known}:
            return Response(status_code=304, headers=headers)
        encoding = {"Content-Encoding": "gzip"} if zipped else {}
        return Response(self.gzipped if zipped else self.content, 200, headers | encoding, self.media_type)


def add_minidex(app: FastAPI) -> None:
    """Add ``/``, ``/dex/…`` and ``/sw.js``, which need no token and have no rate limit."""
    parts = {path.name: _read(path) for path in (PAGE / "dex").iterdir() if path.name.partition(".")[2] in TYPES}
    pages = {language: _page(language, read_words(parts[f"{language}.json"].content)) for language in ("en", "fr")}
    worker = _worker([*(f"dex/{name}" for name in sorted(parts))])

    async def page(request: Request) -> Response:
        language = preferred_language(request.headers.get("accept-language", ""))
        return pages[language].answer(request, "Accept-Encoding, Accept-Language")

    async def part(request: Request) -> Response:
        if found := parts.get(request.path_params["name"]):
            return found.answer(request)
        raise NotFoundError

    async def service_worker(request: Request) -> Response:
        return worker.answer(request)

    for path, route in (("/", page), ("/dex/{name}", part), ("/sw.js", service_worker)):
        app.router.routes.append(Route(path, route, methods=["GET"], include_in_schema=False))


def read_words(catalogue: bytes) -> dict[str, str]:
    """Return the texts of a catalogue by their keys; one in a group has the group's name before it: ``mint.title``."""
    words: dict[str, str] = {}
    for name, entry in json.loads(catalogue).items():
        words |= {name: entry} if isinstance(entry, str) else {f"{name}.{key}": text for key, text in entry.items()}
    return words


def _read(path: Traversable) -> File:
    return File(path.read_bytes(), TYPES[path.name.partition(".")[2]])


def _page(language: str, catalogue: Mapping[str, str]) -> File:
    """Return the page with every text that it names filled in."""

    def text(found: re.Match[str]) -> str:
        return found[0] + html.escape(catalogue[found[1]], quote=False)

    def label(found: re.Match[str]) -> str:
        return f'{found[0]} {ATTRIBUTES[found[1]]}="{html.escape(catalogue[found[2]])}"'

    source = (PAGE / "index.html").read_text("utf-8").replace("{language}", language)
    return File(LABEL.sub(label, TEXT.sub(text, source)).encode(), TYPES["html"])


def _worker(names: list[str]) -> File:
    """Return the service worker, told which files the page is made of."""
    source = (PAGE / "sw.js").read_text("utf-8").replace('["…"]', json.dumps(["./", *names]))
    return File(source.encode(), TYPES["js"])
