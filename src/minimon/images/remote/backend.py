"""The queue before a server of pictures: what the service calls an image backend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Final

from minimon import __version__
from minimon.creatures import Traits
from minimon.images import Picture, Status
from minimon.images.engine.pace import Pace
from minimon.images.prompts import LOOKS, prompt_of
from minimon.images.refusals import overloaded, starting
from minimon.images.remote.calls import Calls, problem_of
from minimon.images.remote.client import ImagesClient, Request, address_of
from minimon.images.remote.picture import to_png
from minimon.images.shielding import finished
from minimon.settings import Settings
from minimon.tallies import PictureTallies, Spread
from minimon.upstream.client import open_upstream
from minimon.upstream.faults import FetchError

LONGEST_CONNECT: Final = 5.0


class RemoteImages:
    """Pictures from one server: so many calls at once, so many that wait, and no more. For one event loop."""

    slow = True

    def __init__(self, settings: Settings, calls: Calls) -> None:
        self._settings = settings
        self._calls = calls
        self._slots = asyncio.Semaphore(settings.openai_image_calls)
        self._waiting = 0
        self._pace = Pace()
        self.tallies = PictureTallies({"queue": Spread(), "call": Spread()})

    @property
    def batch(self) -> int:
        """As many as are asked for at once; 0 while the server is known to be broken."""
        return 0 if self._calls.breaker.delay() > 0 else self._settings.openai_image_calls

    async def draw(self, traits: Traits, name: str) -> Picture:
        """Return the picture within ``OPENAI_IMAGE_TIMEOUT``, waiting and further tries included.

        Cancelled while it waits, it costs nothing; once the server works on it, it is finished.
        """
        began = asyncio.get_running_loop().time()
        deadline = began + self._settings.openai_image_timeout
        await self._wait_for_a_slot(deadline)
        self.tallies.seconds["queue"].observe(asyncio.get_running_loop().time() - began)
        try:
            return await finished(self._paint(traits, name, deadline))
        finally:
            self._slots.release()

    def status(self) -> Status:
        """Say that it is ready: whether the server works is found out by asking it. The facts tell what was found."""
        breaker = self._calls.breaker
        facts = {
            "model": self._settings.openai_image_model,
            "size": "{}x{}".format(*self._settings.openai_image_size),
            "server": breaker.state.value,
            "last_fault": breaker.last_fault.value if breaker.last_fault else None,
            "waiting": self._waiting,
            "picture_ms": round(1000 * self._pace.call_seconds, 1),
        }
        return Status(facts=facts)

    async def _wait_for_a_slot(self, deadline: float) -> None:
        """Raise StartingError if the server is known to be broken, OverloadedError if too many wait, or too long."""
        if self._calls.breaker.delay() > 0:
            raise starting(self._calls.breaker.delay())
        seconds = self._pace.wait(self._waiting + 1, 0, self._settings.openai_image_calls)
        if self._slots.locked() and self._waiting >= self._settings.openai_image_queue:
            raise overloaded(seconds)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError as error:
            raise overloaded(seconds) from error
        finally:
            self._waiting -= 1

    async def _paint(self, traits: Traits, name: str, deadline: float) -> Picture:
        steps = max(self._settings.openai_image_steps, LOOKS[traits.rarity].steps)
        began = asyncio.get_running_loop().time()
        try:
            file = await self._calls.paint(Request(prompt_of(traits), traits.seed, steps), deadline)
            picture = await asyncio.to_thread(self._picture, file, _texts(traits, name, steps))
        except FetchError as error:
            raise problem_of(error) from error
        seconds = asyncio.get_running_loop().time() - began
        self._pace.called(seconds)
        self.tallies.seconds["call"].observe(seconds)
        return picture

    def _picture(self, file: bytes, texts: dict[str, str]) -> Picture:
        return Picture.of(to_png(file, self._settings.openai_image_size, texts), "openai")


def _texts(traits: Traits, name: str, steps: int) -> dict[str, str]:
    """Return what the PNG says about itself."""
    said = {"name": name, "rarity": traits.rarity, "element": traits.element, "seed": traits.seed, "steps": steps}
    return {key: str(value) for key, value in said.items()} | {"versions": f"minimon {__version__}"}


@asynccontextmanager
async def open_remote(settings: Settings) -> AsyncIterator[RemoteImages]:
    """Open the backend. Whether the server answers is not waited for. Raises StartError."""
    connect_timeout = min(LONGEST_CONNECT, settings.openai_image_timeout / 2)
    async with open_upstream(address_of(settings), connect_timeout) as upstream:
        client = ImagesClient(settings, upstream)
        yield RemoteImages(settings, Calls(client, SystemRandom(), settings.openai_image_hedge))
