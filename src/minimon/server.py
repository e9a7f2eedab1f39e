"""Run the service: bind, listen, drain."""

import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from minimon.app import create_app
from minimon.backends import OBSERVERS, load_factory
from minimon.errors import LedgerLostError, StartError
from minimon.heap import map_apart
from minimon.keys import Pair, open_pair, tls_context, tls_files
from minimon.outbox import RECORD_BYTES
from minimon.protocol import REQUEST_SECONDS, SERVER_OPTIONS
from minimon.services import Services, Show, until_loaded
from minimon.settings import Settings

_log = structlog.get_logger(__name__)

IDLE_SECONDS = 65
"""How long an idle connection is kept: longer than the 60 s of common proxies, which would else reuse a closed one."""
DRAIN_SECONDS = 30
BACKLOG = 2048
LARGE_BYTES = 128 * 1024
"""Of a buffer that is mapped apart. uvloop has one of 256 KiB for each TLS connection and seldom touches more than a
page of it. glibc, left alone, takes such buffers from its heap once one was freed, whose pages are in memory already.
"""

Greet = Callable[[Settings, int, Sequence[Pair]], None]
"""Called with the settings, the port and the pairs that were made, once the service answers."""


class Loop(uvloop.Loop):
    """An event loop whose servers let go of clients that begin no TLS: by default they wait for 60 s."""

    async def create_server(self, *args: Any, **options: Any) -> Any:
        """Listen."""
        if options.get("ssl"):
            options["ssl_handshake_timeout"] = REQUEST_SECONDS
        return await super().create_server(*args, **options)


class TLS(ssl.SSLObject):
    """A TLS connection that is read a record at a time.

    uvloop asks for 256 KiB at each read, which are got from the system and given back, to carry some hundred bytes.
    """

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - the base class's name
        """Return what has come, at most ``len`` bytes."""
        return super().read(min(len, RECORD_BYTES), buffer)


async def serve(settings: Settings, greet: Greet, show: Show) -> None:
    """Serve until SIGTERM or SIGINT, finish what is in flight, close everything. SIGHUP reads the signing key again.

    What makes the pictures may still load while the service answers; ``show`` is told how far it is. Raises StartError,
    or LedgerLostError once a sync of the ledger has failed.
    """
    map_apart(LARGE_BYTES)
    pairs = [await asyncio.to_thread(open_pair, tls_files(settings))] if settings.tls else []
    for pair in pairs:
        tls_context(pair)
    app = create_app(settings)
    config = uvicorn_config(app, settings)
    async with AsyncExitStack() as stack:
        sockets = bind(settings.host, settings.port)
        for listener in sockets:
            stack.callback(listener.close)
        if settings.otlp_endpoint:
            await stack.enter_async_context(load_factory(OBSERVERS, "traces")(settings))
        await stack.enter_async_context(app.router.lifespan_context(app))
        services: Services = app.services
        if settings.metrics:
            open_metrics = load_factory(OBSERVERS, "metrics")
            await stack.enter_async_context(open_metrics(settings, services, app.http_tallies, pairs))
        key, ledger = services.signing_key, services.ledger
        made = [pair for pair in (*pairs, key.pair) if pair.made]

        def ready() -> None:
            gc.freeze()  # what was loaded by now stays: to look through it took 70 ms, in the middle of a request
            _announce(settings, sockets, made)
            greet(settings, sockets[0].getsockname()[1], made)

        server = Server(config, ready, services.reload_key)
        ledger.on_failed_sync = server.end
        loading = asyncio.create_task(until_loaded(services.images, show))
        loading.add_done_callback(server.stop_on_fault)
        await server.serve(sockets)
        if ledger.sync_failed:
            raise LedgerLostError(f"{settings.score_ledger_path}: a sync failed: check the disk, then start again")
        if loading.done():
            loading.result()
        loading.cancel()


def bind(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of ``host``. Raises StartError if the port is taken or the address is not ours."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return [_listen(family, address) for family, _, _, _, address in dict.fromkeys(found)]
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"MINIMON_HOST is {host!r}, MINIMON_PORT is {port}: cannot listen there ({error}): "
            "set another address, or stop what has this one"
        ) from error


def _listen(family: int, address: tuple[Any, ...]) -> socket.socket:
    return socket.create_server((address[0], address[1]), family=family, backlog=BACKLOG)


def uvicorn_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Uvicorn's own settings. The lifespan is ours to run, so that a fault at start is one line and no traceback."""
    config = uvicorn.Config(
        app,
        **SERVER_OPTIONS,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=settings.tls_cert_path if settings.tls else None,
        ssl_keyfile=settings.tls_key_path if settings.tls else None,
    )
    config.load()
    if config.ssl:
        config.ssl.sslobject_class = TLS
    return config


def _announce(settings: Settings, sockets: Sequence[socket.socket], made: Sequence[Pair]) -> None:
    for pair in made:
        files = pair.files
        paths = {"key": str(files.key_path), "certificate": str(files.cert_path)}
        _log.info(f"{files.purpose} pair made", **paths, fingerprint_sha256=pair.fingerprint)
    port = sockets[0].getsockname()[1]
    _log.info("listening", host=settings.host, port=port, tls=settings.tls, backend=settings.generation_backend)


ReloadKey = Callable[[asyncio.AbstractEventLoop], None]


class Server(uvicorn.Server):
    """uvicorn's server, which ends with status 0 after a drained SIGTERM and tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], reload_key: ReloadKey) -> None:
        super().__init__(config)
        self._ready = ready
        self._reload_key = reload_key

    def end(self) -> None:
        """Stop accepting, finish what is in flight, return. Any thread may call."""
        self.should_exit = True

    def stop_on_fault(self, task: asyncio.Task[None]) -> None:
        """Stop serving if a task that has ended failed."""
        self.should_exit = self.should_exit or (not task.cancelled() and task.exception() is not None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals on the event loop. The base class raises them again at the end, so that the status is 143."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, self._reload_key, loop))
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)
