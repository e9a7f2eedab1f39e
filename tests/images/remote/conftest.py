"""Servers of pictures, and every way for them to fail."""

from collections.abc import Iterator

import pytest
from tests.faulty import Behaviour, FaultyServer
from tests.painters import FAILURES, paints


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    running = FaultyServer()
    running.behaviour = paints
    yield running
    running.stop()


@pytest.fixture
def second_server() -> Iterator[FaultyServer]:
    running = FaultyServer()
    running.behaviour = paints
    yield running
    running.stop()


@pytest.fixture(params=FAILURES)
def failure(request) -> tuple[Behaviour, str]:
    return FAILURES[request.param]
