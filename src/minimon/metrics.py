"""``/metrics``: what the service has counted, as Prometheus reads it, on an address of its own.

Nothing is counted here. Whatever counts keeps plain numbers (``tallies``), which are read when somebody asks.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from minimon import __version__
from minimon.errors import StartError
from minimon.keys import Pair
from minimon.protocol import SERVER_OPTIONS
from minimon.services import Services
from minimon.settings import Settings
from minimon.tallies import Spread, Tally
from minimon.web.tallies import HttpTallies

_log = structlog.get_logger(__name__)

STATES: Final = ("closed", "open", "half_open")


class Collected(Collector):
    """Reads the numbers of one process. Every label is from a set of ours."""

    def __init__(self, services: Services, http: HttpTallies, tls_pairs: Sequence[Pair]) -> None:
        self._services = services
        self._http = http
        self._tls_pairs = tls_pairs

    def collect(self) -> Iterable[Metric]:
        """Yield every family."""
        yield from self._requests()
        yield from self._creatures()
        yield from self._ledger()
        yield from self._shared()
        yield from self._operations()

    def _requests(self) -> Iterator[Metric]:
        yield counter("http_requests", "Answers.", ("route", "method", "status"), self._http.requests)
        yield counter("refusals", "Errors answered, by their code.", ("code",), self._http.refusals)
        yield histogram("http_request_seconds", "Time to an answer.", "route", self._http.seconds)

    def _creatures(self) -> Iterator[Metric]:
        generator = self._services.generator
        making, tallies, stock = generator.making, self._services.images.tallies, generator.stock
        yield counter("generations", "What became of draws.", ("backend", "rarity", "outcome"), making.outcomes)
        stages = {"name": making.name_seconds, **tallies.seconds}
        yield histogram("stage_seconds", "Time that the stages of making a creature take.", "stage", stages)
        yield histogram("batch_fill_ratio", "Slots of the engine that a step uses.", "", {"": tallies.batch_fill})
        yield gauge("stock_creatures", "Creatures that are ready.", stock.level)
        yield gauge("stock_size", "Creatures that are to be ready.", stock.size)
        level = generator.stock_level()
        yield gauge("stock_oldest_seconds", "Age of the next one.", (level and level.oldest_seconds) or 0.0)
        yield from self._names()

    def _names(self) -> Iterator[Metric]:
        tallies = self._services.generator.names.tallies
        yield counter("names", "Names given, by where they are from.", ("origin",), tallies.origins)
        yield counter("names_server_faults", "Calls that brought no name.", ("fault",), tallies.faults)

    def _ledger(self) -> Iterator[Metric]:
        ledger = self._services.ledger
        yield gauge("ledger_records", "Records, which is the size of the tree.", ledger.store.head.size)
        yield gauge("ledger_writable", "1 while it takes records.", ledger.writable)
        yield histogram("ledger_batch_records", "Requests that share a commit.", "", {"": ledger.batches})
        yield histogram("ledger_sync_seconds", "Time to make a batch durable.", "", {"": ledger.store.sync_seconds})

    def _shared(self) -> Iterator[Metric]:
        shared = self._services.shared
        if shared is None:
            return
        yield gauge("redis_up", "1 while Redis answers.", shared.link.up)
        yield counter("redis_faults", "Calls of Redis that failed.", ("fault",), shared.link.faults)
        yield histogram("redis_seconds", "Time of a call of Redis.", "", {"": shared.link.seconds})
        yield counter("limits_alone", "Requests that were counted by this replica alone.", (), shared.windows.alone)
        if shared.stock:
            yield gauge("shared_stock_creatures", "Creatures that are ready for all replicas.", shared.stock.level)
            yield counter("shared_stock_moves", "What was done with them here.", ("move",), shared.stock.moves)

    def _operations(self) -> Iterator[Metric]:
        services = self._services
        status = services.images.status()
        yield gauge("ready", "1 while the service can do its work.", services.ledger.writable and services.serves())
        for fact in ("waiting", "in_slots", "slots"):
            if isinstance(value := status.facts.get(fact), int):
                yield gauge(f"engine_{fact}", "As in /v1/backend.", value)
        breakers = GaugeMetricFamily("minimon_breaker_state", "1 for the state it is in.", labels=("server", "state"))
        for server, state in self._breakers():
            for one in STATES:
                breakers.add_metric((server, one), float(state == one))
        yield breakers
        until = GaugeMetricFamily("minimon_certificate_expiry_timestamp_seconds", "Its end.", labels=("certificate",))
        for pair in (*self._tls_pairs, services.signing_key.pair):
            if pair.certificate:
                until.add_metric((pair.files.purpose,), pair.certificate.not_valid_after_utc.timestamp())
        yield until
        info = GaugeMetricFamily("minimon_info", "Always 1.", labels=("version", "backend"))
        info.add_metric((__version__, services.settings.generation_backend), 1)
        yield info

    def _breakers(self) -> Iterator[tuple[str, str]]:
        names = self._services.generator.names.status()
        if names:
            yield "names", str(names["state"])
        if isinstance(state := self._services.images.status().facts.get("server"), str):
            yield "images", state


def counter(name: str, meaning: str, labels: tuple[str, ...], tally: Tally) -> Metric:
    """Return a tally as Prometheus reads it."""
    family = CounterMetricFamily(f"minimon_{name}", meaning, labels=labels)
    for values, count in tuple(tally.counts.items()):
        family.add_metric(values, count)
    return family


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return a number that goes up and down."""
    return GaugeMetricFamily(f"minimon_{name}", meaning, value=float(value))


def histogram(name: str, meaning: str, label: str, spreads: Mapping[str, Spread]) -> Metric:
    """Return spreads, by the values of a label, as a histogram."""
    family = HistogramMetricFamily(f"minimon_{name}", meaning, labels=(label,) if label else ())
    for value, spread in tuple(spreads.items()):
        family.add_metric((value,) if label else (), *_cumulative(spread))
    return family


def _cumulative(spread: Spread) -> tuple[list[tuple[str, float]], float]:
    below, buckets = 0, []
    for bound, count in zip((*spread.bounds, "+Inf"), tuple(spread.counts), strict=True):
        below += count
        buckets.append((str(bound), float(below)))
    return buckets, spread.sum


def metrics_app(collected: Collector, token: str) -> Starlette:
    """Return what answers ``GET /metrics``, to whoever has the token if there is one."""
    registry = CollectorRegistry()
    registry.register(collected)
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    wanted = f"Bearer {token}".encode()

    async def page(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        if token and not secrets.compare_digest(given, wanted):
            return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        text = await asyncio.to_thread(generate_latest, registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return Starlette(routes=[Route("/metrics", page)])


class _Server(uvicorn.Server):
    """A server beside the main one, which has the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_metrics(
    settings: Settings, services: Services, http: HttpTallies, tls_pairs: Sequence[Pair]
) -> AsyncIterator[int]:
    """Serve ``/metrics`` meanwhile; give the port. Raises StartError if it is taken."""
    app = metrics_app(Collected(services, http, tls_pairs), settings.metrics_token.get_secret_value())
    config = uvicorn.Config(
        app,
        **SERVER_OPTIONS,
    )
    server = _Server(config)
    with _listen(settings) as listener:
        port = listener.getsockname()[1]
        _log.info("metrics are served", host=settings.metrics_host, metrics_port=port)
        serving = asyncio.create_task(server.serve([listener]), name="metrics")
        try:
            yield port
        finally:
            server.should_exit = True
            await serving


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.metrics_host, settings.metrics_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"MINIMON_METRICS_HOST is {host!r}, MINIMON_METRICS_PORT is {port}: cannot listen there ({error}): "
            "set another address, or stop what has this one"
        ) from error
