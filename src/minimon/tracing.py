"""Traces: spans of requests and of what is asked of other servers, sent to a collector.

FastAPI makes the span of a request and continues the caller's trace (W3C Trace Context). Our own spans go through
OpenTelemetry's interface, which does nothing where this module was not opened.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from minimon import __version__
from minimon.settings import Settings


@asynccontextmanager
async def open_traces(settings: Settings) -> AsyncIterator[None]:
    """Send spans meanwhile, in a thread of their own; what is left is sent at the end."""
    about = Resource({SERVICE_NAME: "minimon", SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=Resource.create().merge(about))
    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint.rstrip("/") + "/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        await asyncio.to_thread(provider.shutdown)
