"""The real service with a names server that fails in every way: sound names all the same, and the cause is known."""

import re
import socket
import time

import pytest

from minimon.errors import StartError
from minimon.names.rules import valid_name
from minimon.settings import load_settings

KEY = "sk-a-key-that-no-log-may-show"
CALM = {"MINIMON_NAME_BACKEND": "remote", "MINIMON_RATE_LIMIT_PER_MIN": "0", "MINIMON_TLS": "0", "OPENAI_API_KEY": KEY}
PATIENCE = 30


@pytest.fixture(scope="module")
def remote(tmp_path_factory, start_faulty, start_real):
    """One service, and the server that it asks, for all tests that change what the server does."""
    names_server = start_faulty()
    variables = CALM | {"MINIMON_NAME_STOCK": "32", "OPENAI_BASE_URL": names_server.base_url, "OPENAI_TIMEOUT": "0.4"}
    service = start_real(
        tmp_path_factory.mktemp("remote"), variables | {"LOG_LEVEL": "DEBUG", "LOG_REMOTE_CONTENT": "1"}
    )
    yield service, names_server
    status = service.stop()
    names_server.stop()
    assert status == 0
    assert KEY not in service.log_text()
    assert "Traceback" not in service.log_text()


def health(client):
    return client.get("/health").raise_for_status().json()["names"]


def until(client, wanted):
    """Ask for creatures until ``/health`` is as wanted; return every name that came meanwhile."""
    end = time.monotonic() + PATIENCE
    names = []
    while not wanted(found := health(client)):
        assert time.monotonic() < end, found
        names.append(client.get("/v1/generate").raise_for_status().json()["metadata"]["name"])
        time.sleep(0.02)
    return names


def test_a_service_survives_every_failure_and_notices_the_recovery(remote, failure):
    service, names_server = remote
    sound = names_server.behaviour
    with service.client() as client:
        until(client, lambda names: names["state"] == "closed" and names["stock"])
        names_server.behaviour, word = failure
        names = until(client, lambda names: names["state"] == "open" and names["lastFault"] == word)
        names += [client.get("/v1/generate").raise_for_status().json()["metadata"]["name"] for _ in range(5)]
        assert all(map(valid_name, names))
        names_server.behaviour = sound
        until(client, lambda names: names["state"] == "closed")


def test_names_come_from_the_server_each_once(remote):
    service, _ = remote
    with service.client() as client:
        end = time.monotonic() + PATIENCE
        while health(client)["stock"] < 32 and time.monotonic() < end:
            time.sleep(0.02)
        names = [client.get("/v1/generate").raise_for_status().json()["metadata"]["name"] for _ in range(10)]
    assert len(set(names)) == len(names)
    assert any(re.fullmatch("(vel|tor|min|gal|ran|sil|ber|lom|dra|fen){4}", name.lower()) for name in names)


def broken(run_service, base_url, word, **others):
    service = run_service(**CALM, OPENAI_BASE_URL=base_url, OPENAI_TIMEOUT="2", **others)
    with service.client() as client:
        names = until(client, lambda names: names["lastFault"] == word)
        names += [client.get("/v1/generate").raise_for_status().json()["metadata"]["name"] for _ in range(5)]
    assert all(map(valid_name, names))
    assert service.stop() == 0
    fails = [line for line in service.log() if line["event"].startswith("names server")]
    assert [line["fault"] for line in fails] == [word]


def test_nobody_listens(run_service):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    broken(run_service, f"http://localhost:{port}/v1", "unreachable")


def test_a_certificate_that_nobody_trusts(run_service, tls_server):
    broken(run_service, tls_server.base_url, "tls")


def test_a_proxy_that_is_not_there(run_service, server, monkeypatch):
    """Proxies of the environment are used, as every client does."""
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    broken(run_service, "http://names.example/v1", "unreachable")


def test_it_stops_while_a_call_hangs(run_service, server, wire):
    server.behaviour = wire.after(3600, wire.answer())
    service = run_service(**CALM, OPENAI_BASE_URL=server.base_url, OPENAI_TIMEOUT="600")
    with service.client() as client:
        end = time.monotonic() + PATIENCE
        while not server.asked and time.monotonic() < end:
            time.sleep(0.01)
        assert health(client) == {"state": "closed", "stock": 0}
        assert client.get("/v1/generate").status_code == 200
    assert service.stop() == 0


def test_local_names_have_no_state(service):
    with service.client() as client:
        assert "names" not in client.get("/health").json()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_BASE_URL", "localhost:11434"),
        ("OPENAI_BASE_URL", "ftp://localhost/v1"),
        ("OPENAI_BASE_URL", "http://localhost:11434/v1/chat/completions"),
        ("OPENAI_BASE_URL", "http://localhost:11434/v1/chat/completions/"),
        ("OPENAI_BASE_URL", "http://localhost:99999/v1"),
        ("OPENAI_BASE_URL", "http://me:hidden@localhost/v1"),
        ("OPENAI_BASE_URL", "http://localhost/v1?key=hidden"),
        ("OPENAI_BASE_URL", "http://local host/v1"),
        ("OPENAI_API_KEY", "hidden\nkey"),
        ("OPENAI_TIMEOUT", "0"),
        ("MINIMON_NAME_BACKEND", "chatgpt"),
        ("MINIMON_NAME_LANGUAGE", "it"),
        ("MINIMON_NAME_STOCK", "31"),
        ("MINIMON_NAME_WAIT", "-1"),
    ],
)
def test_a_bad_setting_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(StartError) as caught:
        load_settings()
    (fault,) = caught.value.faults
    assert fault.startswith(f"{variable} is ") and "allowed is" in fault
    assert "hidden" not in fault


def test_an_address_that_cannot_be_one_stops_the_start(tmp_path, refused):
    status, lines = refused(tmp_path, CALM | {"OPENAI_BASE_URL": "http://é..b/v1"})
    assert status == 2
    assert len(lines) == 1 and "OPENAI_BASE_URL is 'http://é..b/v1'" in lines[0]
