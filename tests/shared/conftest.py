"""A real Redis for the tests of what replicas share."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.servers import RedisServer

from minimon.shared.link import open_link

PATIENCE = 5.0
"""Long, so that a busy machine fails nothing; tests of impatience have their own."""


@pytest.fixture(scope="module")
def redis_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def redis(redis_of_module: RedisServer) -> RedisServer:
    """An empty Redis, which the test leaves alive."""
    redis_of_module.ask("FLUSHALL")
    return redis_of_module


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Callable[..., RedisServer]]:
    """Return what starts a Redis of the test's own, to be harmed at will."""
    started: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        started.append(RedisServer(tmp_path, *options))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@asynccontextmanager
async def linked(url, patience=PATIENCE):
    async with open_link(url, patience) as link:
        yield link


async def until(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(0.01)


def run(test):
    return asyncio.run(asyncio.wait_for(test, 60))
