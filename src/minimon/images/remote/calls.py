"""Calls until there is a picture: a breaker before each, more tries after it, a second one beside a slow one."""

import asyncio
from collections.abc import Set as AbstractSet
from random import Random
from typing import Final

import structlog

from minimon.errors import GenerationFailedError, ProblemError
from minimon.images.refusals import overloaded, starting
from minimon.images.remote.client import ImagesClient, Request
from minimon.upstream.breaker import Breaker, State
from minimon.upstream.faults import Fault, FetchError

_log = structlog.get_logger(__name__)

MOST_TRIES: Final = 3
FIRST_PAUSE: Final = 0.1
TOLERANCE: Final = 5
"""Faults in a row after which a server counts as broken: one picture that fails is no outage."""
PASSING: Final = {
    Fault.UNREACHABLE,
    Fault.DNS,
    Fault.TIMEOUT,  # of connecting; at the deadline there is no time for another try
    Fault.DISCONNECTED,
    Fault.NOT_HTTP,
    Fault.SERVER_ERROR,
    Fault.RATE_LIMITED,
}
"""Faults after which another try may help. To try again is safe: a seed has one picture, and nothing is written."""


class Calls:
    """Asks one server for pictures; one breaker serves all calls. For one event loop."""

    def __init__(self, client: ImagesClient, rng: Random, hedge_after: float) -> None:
        """``rng`` spreads the pauses between tries; ``hedge_after`` is in seconds, 0 for never."""
        self.breaker = Breaker(tolerance=TOLERANCE)
        self._client = client
        self._rng = rng
        self._hedge_after = hedge_after

    async def paint(self, request: Request, deadline: float) -> bytes:
        """Return the file that the server made, by ``deadline``, a time of the loop.

        Raises StartingError while the server is known to be broken, and FetchError.
        """
        for tries in range(1, MOST_TRIES):
            try:
                return await self._hedged(request, deadline)
            except FetchError as error:
                pause = max(error.retry_after_s, self._rng.uniform(0.5, 1.0) * FIRST_PAUSE * 2**tries)
                if error.fault not in PASSING or asyncio.get_running_loop().time() + pause >= deadline:
                    raise
                _log.info("image server is asked again", fault=error.fault, detail=error.detail)
                await asyncio.sleep(pause)
        return await self._hedged(request, deadline)

    async def _hedged(self, request: Request, deadline: float) -> bytes:
        """Call; where there is no answer after a while, call once more, and take the first picture of the two."""
        calls = {asyncio.create_task(self._once(request, deadline))}
        try:
            await asyncio.wait(calls, timeout=self._hedge_after or None)
            if not any(call.done() for call in calls) and self.breaker.state is State.CLOSED:
                calls.add(asyncio.create_task(self._once(request, deadline)))
            return await _first_picture(calls)
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _once(self, request: Request, deadline: float) -> bytes:
        if not self.breaker.admits():
            raise starting(self.breaker.delay())
        try:
            async with asyncio.timeout_at(deadline):
                file = await self._client.paint(request)
        except TimeoutError as error:
            raise self._noted(FetchError(Fault.TIMEOUT, "no picture within OPENAI_IMAGE_TIMEOUT")) from error
        except FetchError as error:
            raise self._noted(error) from error.__cause__
        except asyncio.CancelledError:
            self.breaker.given_up()
            raise
        if self.breaker.succeeded():
            _log.info("image server works")
        return file

    def _noted(self, error: FetchError) -> FetchError:
        """Tell the breaker. A server that says when to come again works; it has too much to do."""
        if _asks_to_wait(error):
            self.breaker.given_up()
        elif self.breaker.failed(error):
            _log.warning("image server fails", fault=error.fault, detail=error.detail)
        return error


async def _first_picture(calls: AbstractSet[asyncio.Task[bytes]]) -> bytes:
    """Return what the first call that succeeds brings; where none does, raise what the last one raised."""
    while True:
        done, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        sound = [call for call in done if not call.exception()]
        if sound or not calls:
            return (sound or list(done))[0].result()


def problem_of(error: FetchError) -> ProblemError:
    """Return what a client of ours is told."""
    return overloaded(error.retry_after_s) if _asks_to_wait(error) else GenerationFailedError()


def _asks_to_wait(error: FetchError) -> bool:
    return error.fault is Fault.RATE_LIMITED or error.retry_after_s > 0
