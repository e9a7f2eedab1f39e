"""Traces: the caller's is continued, and handed on to the names server."""

import itertools
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SYLLABLES = ("vel", "tor", "min", "gal", "ran", "sil", "ber", "lom", "dra", "fen")
NAMES = ("".join(parts).title() for parts in itertools.product(SYLLABLES, repeat=3))


class Server(ThreadingHTTPServer):
    """A names server and a collector of traces."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.spans = [], []
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
            self._answer(b"")
        else:
            self.server.asked.append(self.headers["traceparent"])
            content = json.dumps({"names": list(itertools.islice(NAMES, 8))})
            self._answer(json.dumps({"choices": [{"message": {"content": content}}]}).encode())

    def _answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = Server()
    yield running
    running.shutdown()
    running.server_close()


def test_the_trace_of_a_caller_is_continued_and_handed_on(server, run_service):
    service = run_service(
        OTEL_EXPORTER_OTLP_ENDPOINT=server.url,
        MINIMON_NAME_BACKEND="remote",
        MINIMON_NAME_STOCK="32",
        MINIMON_NAME_WAIT="5",
        MINIMON_RARITY_WEIGHTS="F=1",
        OPENAI_BASE_URL=server.url + "/v1",
    )
    with service.client() as client:
        for _ in range(20):  # until a name was missed
            client.get("/v1/generate", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert service.stop() == 0
    requests = [span for span in server.spans if span.name == "GET /v1/generate"]
    assert len(requests) == 20
    assert {(span.trace_id.hex(), span.parent_span_id.hex()) for span in requests} == {(TRACE, PARENT)}
    fetches = {span.span_id.hex(): span for span in server.spans if span.name == "fetch names"}
    continued = [header.split("-")[2] for header in server.asked if header.split("-")[1] == TRACE]
    assert continued
    assert all(fetches[span].parent_span_id in {request.span_id for request in requests} for span in continued)


def test_without_a_collector_nothing_is_handed_on(server, run_service):
    service = run_service(MINIMON_NAME_BACKEND="remote", OPENAI_BASE_URL=server.url + "/v1")
    with service.client() as client:
        client.get("/v1/generate", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    service.stop()
    assert set(server.asked) <= {None}
    assert server.spans == []
