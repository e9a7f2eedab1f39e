"""What Prometheus reads."""

import asyncio
import logging
import re
from random import Random

import httpx2
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from minimon.app import create_app
from minimon.filling import AT_A_TIME
from minimon.settings import Settings

TOKEN = "of-the-operator"


def metrics_port(service):
    return next(line["metrics_port"] for line in service.log() if line["event"] == "metrics are served")


def ask(service, **headers):
    return httpx2.get(f"http://127.0.0.1:{metrics_port(service)}/metrics", headers=headers, trust_env=False)


def samples(service):
    """Return what is measured, by name and labels."""
    families = text_string_to_metric_families(ask(service, Authorization=f"Bearer {TOKEN}").text)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


@pytest.fixture
def observed(run_service):
    return run_service(MINIMON_METRICS="1", MINIMON_METRICS_PORT="0", MINIMON_METRICS_TOKEN=TOKEN)


def test_requests_creatures_and_records_are_counted(observed):
    with observed.client() as client:
        rarity = client.get("/v1/generate").json()["metadata"]["rarity"]
        client.post("/v1/certify-score", json={"score": 1})
        client.post("/v1/certify-score", json={"score": "1"})
        for path in ("/nowhere", "/", "/dex/nothing.js"):
            client.get(path)
        client.post("/v1/generate")
    found = samples(observed)

    def value(name, **labels):
        return found[name, *sorted(labels.items())]

    answers = "minimon_http_requests_total"
    assert value(answers, route="/v1/generate", method="GET", status="200") == 1
    assert value(answers, route="/v1/certify-score", method="POST", status="400") == 1
    assert value(answers, route="none", method="GET", status="404") == 1
    assert value(answers, route="/", method="GET", status="200") == 1
    assert value(answers, route="/dex/{name}", method="GET", status="404") == 1
    assert value(answers, route="/v1/generate", method="POST", status="405") == 1
    assert value("minimon_refusals_total", code="INVALID_SCORE") == 1
    assert value("minimon_refusals_total", code="NOT_FOUND") == 2
    assert value("minimon_generations_total", backend="files", rarity=rarity, outcome="HANDED_OUT") == 1
    assert value("minimon_http_request_seconds_count", route="/v1/generate") == 2
    assert value("minimon_ledger_records") == 2
    assert value("minimon_ledger_batch_records_count") == 1
    assert value("minimon_ledger_sync_seconds_count") >= 1
    assert value("minimon_stage_seconds_count", stage="name") == AT_A_TIME
    assert value("minimon_ready") == value("minimon_ledger_writable") == 1
    for certificate in ("TLS", "signing"):
        assert value("minimon_certificate_expiry_timestamp_seconds", certificate=certificate) > 1.7e9
    assert value("process_resident_memory_bytes") > 0


def test_a_limit_that_was_reached_is_counted(run_service):
    service = run_service(
        MINIMON_METRICS="1", MINIMON_METRICS_PORT="0", MINIMON_METRICS_TOKEN=TOKEN, MINIMON_RATE_LIMIT_PER_MIN="1"
    )
    with service.client() as client:
        assert [client.get(f"/v1/{path}").status_code for path in ("generate", "generate", "odds")] == [200, 429, 429]
    found = samples(service)
    assert found["minimon_refusals_total", ("code", "RATE_LIMITED")] == 2
    for route in ("/v1/generate", "/v1/odds"):
        assert found["minimon_http_requests_total", ("method", "GET"), ("route", route), ("status", "429")] == 1


def test_a_stock_and_its_stages_are_measured(run_service):
    variables = {"MINIMON_GENERATION_BACKEND": "drawn", "MINIMON_DRAWN_SIZE": "64", "MINIMON_STOCK_SIZE": "4"}
    service = run_service(MINIMON_METRICS="1", MINIMON_METRICS_PORT="0", MINIMON_METRICS_TOKEN=TOKEN, **variables)
    with service.client() as client:
        client.get("/v1/generate")
    found = samples(service)
    assert found["minimon_stock_size",] == 4
    for stage in ("queue", "draw"):
        assert found["minimon_stage_seconds_count", ("stage", stage)] >= 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_nothing_is_shown(observed, headers):
    answer = ask(observed, **headers)
    assert answer.status_code == 401
    assert "minimon" not in answer.text


def test_where_no_token_is_set_none_is_asked_for(run_service):
    service = run_service(MINIMON_METRICS="1", MINIMON_METRICS_PORT="0")
    assert ask(service).status_code == 200
    assert samples(service)


def test_the_service_itself_has_no_such_page(observed):
    with observed.client() as client:
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_a_port_that_is_taken_stops_the_start(observed, refused, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    port = str(metrics_port(observed))
    status, lines = refused(folder, {"MINIMON_METRICS": "1", "MINIMON_METRICS_PORT": port})
    assert status == 2
    assert "MINIMON_METRICS_PORT" in lines[0]


def test_it_ends_with_the_service(observed):
    port = metrics_port(observed)
    assert observed.stop() == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "PROPFIND"]
PATHS = [
    "/", "/v1/generate/", "/v1", "/health/", "/v1/ledger/records/1/2", "/docs/assets/", "/dex/", "/v1/ledger/records/"
]  # fmt: skip


def hostile(rng):
    """Return a request as somebody sends it who wants a label of his own."""
    text = "".join(chr(rng.randrange(33, 0x2FF)) for _ in range(rng.randrange(1, 40)))
    method = rng.choice([*METHODS, re.sub(r"\W", "", text.upper()) or "X"])
    path = rng.choice([*PATHS, "/"]) + text
    names = ("user-agent", "x-request-id", "traceparent", "accept", "origin", "host", "authorization")
    headers = [(name.encode(), text.encode("utf-8", "replace")) for name in rng.sample(names, 3)]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": text.encode(), "root_path": "", "headers": headers,
        "client": (f"192.0.2.{rng.randrange(256)}", 1), "server": ("localhost", 1),
    }  # fmt: skip


@pytest.fixture
def _silence():
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_silence")
def test_no_client_can_make_series_of_its_own():
    app, rng = create_app(Settings()), Random(1)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message):
        pass

    async def ask_often(count):
        for _ in range(count):
            await app(hostile(rng), receive, send)
        tallies = app.http_tallies
        return tallies.requests.counts.keys() | tallies.refusals.counts.keys() | tallies.seconds.keys()

    first = asyncio.run(ask_often(1000))
    assert asyncio.run(ask_often(9000)) == first
    templates = {"none", "/docs/assets", "/dex/{name}", "/v1/ledger/records/{index}"}
    assert {labels[0] for labels in app.http_tallies.requests.counts} == templates
    assert {labels[1] for labels in app.http_tallies.requests.counts} <= {*METHODS, "other"}
