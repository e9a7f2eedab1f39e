"""The way to Redis of one process: bounded in time, and known to be open or not at every moment.

Nothing waits for a Redis that is away: the first call that fails says so to all others, and a task finds out when it is
back. Whoever asks meanwhile gets RedisAwayError at once and does without.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from minimon.errors import RedisAwayError, StartError
from minimon.shared.faults import FOR_A_PERSON, Fault, UnfitError, fault_of
from minimon.tallies import Spread, Tally

_log = structlog.get_logger(__name__)

PREFIX: Final = "minimon:1:"
"""Before every key. The number is that of the format: versions that do not understand each other share nothing."""
LEAST_VERSION: Final = (6, 2)
LOOK_SECONDS: Final = 0.5
"""How often it is looked whether Redis is back."""

PROBE: Final = "redis.call('SET', KEYS[1], 1, 'PX', 1000) return redis.call('TIME')"

Call = Callable[[Sequence[str], Sequence[Any]], Awaitable[Any]]
"""Runs one script with keys and arguments."""


class Link:
    """Runs scripts in Redis. For one event loop."""

    def __init__(self, url: str, patience: float) -> None:
        """``patience`` is the longest wait for an answer, in seconds."""
        self._url, self._patience = url, patience
        self.place = place_of(url)
        self.up = False
        self.fault: Fault | None = None
        """Why it is away."""
        self.run_id = ""
        """Of the server that was reached last: another one once it was started anew."""
        self.opened = 0
        """How often it was reached, so that a break can be noticed afterwards."""
        self.faults = Tally()
        self.seconds = Spread()
        self._client: Redis | None = None
        self._scripts: dict[str, Call] = {}
        self._lost = asyncio.Event()
        self._since = time.monotonic()

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script, in one round trip. Raises RedisAwayError: whether it ran is then not known.

        It may run later, too, where a server that was held goes on.
        """
        if not self.up:
            raise RedisAwayError
        began, opened = time.perf_counter(), self.opened
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._script(script)(keys, arguments)
        except (RedisError, OSError) as error:
            if opened == self.opened:  # else it is about a connection that was replaced meanwhile
                self._away(error)
            raise RedisAwayError from error
        self.seconds.observe(time.perf_counter() - began)
        return answer

    async def open(self) -> None:
        """Reach Redis for the first time, or leave it to ``keep``. Raises StartError if a person has to see to it."""
        try:
            await self._reach()
        except (RedisError, OSError, UnfitError) as error:
            fault = fault_of(error)
            if fault in FOR_A_PERSON:
                raise StartError(f"MINIMON_REDIS_URL: the Redis at {self.place} cannot be used: {error}") from error
            self._away(error)

    async def keep(self) -> None:
        """Reach it again whenever it is away, until cancelled."""
        while True:
            await self._lost.wait()
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._reach()
            except (RedisError, OSError, UnfitError) as error:
                self._away(error)
            else:
                _log.info("Redis is back", place=self.place, away_seconds=round(time.monotonic() - self._since, 1))

    def renew(self) -> None:
        """Reach Redis anew: it is not the one that was reached, as it was started again."""
        self.up = False
        self._since = time.monotonic()
        self._lost.set()

    async def close(self) -> None:
        """Hang up."""
        client, self._client, self.up = self._client, None, False
        if client:
            await client.aclose()

    def _script(self, text: str) -> Call:
        if text not in self._scripts:
            assert self._client
            self._scripts[text] = self._client.register_script(text)
        return self._scripts[text]

    async def _reach(self) -> None:
        """Connect anew, and see that what we need works: that it may be written to, too."""
        await self.close()
        self._scripts.clear()
        self._client = Redis.from_url(
            self._url, protocol=2, retry=Retry(NoBackoff(), 0), socket_connect_timeout=self._patience
        )
        async with asyncio.timeout(2 * self._patience):
            self.run_id = check_server(await self._client.info("server"))
            await self._client.eval(PROBE, 1, f"{PREFIX}probe")
        self._lost.clear()
        self.up, self.fault, self.opened = True, None, self.opened + 1

    def _away(self, error: BaseException) -> None:
        """Note that Redis is away. Told once, and again when the reason is another one."""
        fault = fault_of(error)
        self.faults.count(fault)
        if self.up or not self.opened:
            self._since = time.monotonic()
        if fault is not self.fault:
            cause = str(error) or type(error).__name__
            _log.warning("Redis is away: limits are each replica's own", place=self.place, fault=fault, cause=cause)
        self.up, self.fault = False, fault
        self._lost.set()


def check_server(facts: dict[str, Any]) -> str:
    """Return the id of a server's run, by its ``INFO server``. Raises UnfitError if we cannot use such a server."""
    version = str(facts.get("redis_version", "0"))
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < LEAST_VERSION:
        raise UnfitError(f"it is version {version}, and {'.'.join(map(str, LEAST_VERSION))} is the least")
    if (mode := facts.get("redis_mode", "standalone")) != "standalone":
        raise UnfitError(f"it is a {mode}: name a single server, or a proxy that looks like one")
    return str(facts["run_id"])


def place_of(url: str) -> str:
    """Return what may be shown of a URL: where the server is, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}{parts.path}" if parts.hostname else parts.path


@asynccontextmanager
async def open_link(url: str, patience: float) -> AsyncIterator[Link]:
    """Hold a way to Redis open meanwhile. Raises StartError if there is no way that could ever work."""
    link = Link(url, patience)
    keeping: asyncio.Task[None] | None = None
    try:
        await link.open()
        keeping = asyncio.create_task(link.keep(), name="redis")
        yield link
    finally:
        if keeping:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        await link.close()
