"""Measure what counting and tracing cost a request, in microseconds of processor time, without sockets.

The table goes to standard error; the last line of standard output is one JSON object.
Usage: python observing.py [REQUESTS]
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.responses import Response

from minimon.tallies import Spread, Tally
from minimon.web.tallies import HttpTallies

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
ROUNDS = 5
SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https", "method": "GET",
    "path": "/v1/generate", "raw_path": b"/v1/generate", "query_string": b"", "root_path": "",
    "headers": [(b"host", b"localhost"), (b"accept", b"application/json")],
    "client": ("127.0.0.1", 1), "server": ("localhost", 22222),
}  # fmt: skip


class Nowhere(SpanExporter):
    """Takes spans and drops them."""

    def export(self, _spans: Any) -> SpanExportResult:
        """Succeed."""
        return SpanExportResult.SUCCESS


def app(**telemetry: Any) -> FastAPI:
    """Return an application with one route that does nothing."""
    chosen = {"tracing": False, "metrics": False, "logs": False, **telemetry}
    made = FastAPI(telemetry=chosen)  # type: ignore[arg-type]  # a dictionary of its options

    @made.get("/v1/generate")
    async def generate() -> Response:
        return Response(b"")

    return made


async def receive() -> dict[str, Any]:
    """Return an empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(_message: Any) -> None:
    """Drop what is sent."""


def request_cost(made: FastAPI) -> float:
    """Return the microseconds of one request."""

    async def run() -> float:
        began = time.process_time()
        for _ in range(REQUESTS):
            await made(dict(SCOPE), receive, send)
        return (time.process_time() - began) / REQUESTS * 1e6

    return asyncio.run(run())


def call_cost(call: Callable[[], object]) -> float:
    """Return the microseconds of one call."""
    began = time.process_time()
    for _ in range(20 * REQUESTS):
        call()
    return (time.process_time() - began) / (20 * REQUESTS) * 1e6


def main() -> None:
    """Take turns, keep the least of each."""
    tracer = TracerProvider()
    tracer.add_span_processor(BatchSpanProcessor(Nowhere()))
    meter = MeterProvider(metric_readers=[InMemoryMetricReader()])
    apps = {
        "request, no telemetry": app(),
        "request, FastAPI's metrics": app(metrics=True, meter_provider=meter),
        "request, FastAPI's traces": app(tracing=True, tracer_provider=tracer),
    }
    http, tally, spread = HttpTallies(), Tally(), Spread()
    calls = {
        "our count of an answer": lambda: http.answered("/v1/generate", "GET", 200, 0.001, ""),
        "our count of a creature": lambda: tally.count("files", "S+", "HANDED_OUT"),
        "our measurement of a stage": lambda: spread.observe(0.001),
    }
    costs: dict[str, float] = {}
    for _ in range(ROUNDS):
        taken = {name: request_cost(made) for name, made in apps.items()}
        taken |= {name: call_cost(call) for name, call in calls.items()}
        costs = {name: round(min(cost, costs.get(name, cost)), 2) for name, cost in taken.items()}
    for name, cost in costs.items():
        print(f"{cost:8.2f} us  {name}", file=sys.stderr)
    print(json.dumps(costs))
    tracer.shutdown()


if __name__ == "__main__":
    main()
