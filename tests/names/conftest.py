"""A names server that fails in every way, and the ways to behave."""

import ssl
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from tests.faulty import FAILURES as COMMON
from tests.faulty import KEY, Behaviour, FaultyServer, after, answer, drip, raw, say, well

from minimon.keys import open_pair, tls_files
from minimon.settings import Settings

FAILURES: dict[str, tuple[Behaviour, str]] = COMMON | {
    "other JSON": (answer("200 OK", b'{"choices": []}'), "nonsense"),
    "no content": (say(None), "nonsense"),
    "babble": (say("I am a large language model, and I would rather talk about the weather."), "no_name"),
}
"""Every way to fail once the connection stands, and the word for it."""


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    running = FaultyServer()
    yield running
    running.stop()


@pytest.fixture
def tls_server(tmp_path, monkeypatch) -> Iterator[FaultyServer]:
    """Serve TLS with a certificate that nobody trusts."""
    pair = open_pair(tls_files(Settings(tls_cert_path=f"{tmp_path}/names.pem", tls_key_path=f"{tmp_path}/names.key")))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.files.cert_path, pair.files.key_path)
    running = FaultyServer(context)
    yield running
    running.stop()


@pytest.fixture(params=FAILURES)
def failure(request) -> tuple[Behaviour, str]:
    return FAILURES[request.param]


@pytest.fixture
def second_server() -> Iterator[FaultyServer]:
    running = FaultyServer()
    yield running
    running.stop()


@pytest.fixture
def wire() -> SimpleNamespace:
    """Return the ways to behave, for tests that put together their own."""
    return SimpleNamespace(
        answer=answer, raw=raw, drip=drip, say=say, well=well, after=after, FAILURES=FAILURES, KEY=KEY
    )


@pytest.fixture(scope="session")
def start_faulty() -> type[FaultyServer]:
    return FaultyServer
