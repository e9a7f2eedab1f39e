"""The ``ray`` backend as the service sees it: a link to the cluster that is kept up, and pictures through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

import structlog

from minimon.creatures import Traits
from minimon.errors import GenerationFailedError, ProblemError
from minimon.images import Picture, Status
from minimon.images.engine.pace import Pace
from minimon.images.ray.frames import NoPictureError
from minimon.images.ray.knocking import knock
from minimon.images.ray.link import Link, LinkLostError, open_link
from minimon.images.refusals import overloaded, starting
from minimon.images.shielding import finished
from minimon.settings import Settings
from minimon.tallies import PictureTallies, Spread
from minimon.upstream.breaker import Breaker, State
from minimon.upstream.faults import Fault, FetchError

_log = structlog.get_logger(__name__)

RAY_VERSION: Final = version("ray")
"""That of the bridge. Asked for at import, so that a missing extra stops the start; Ray itself stays in the bridge."""
APPLICATION: Final = "minimon"
CONNECT_SECONDS: Final = 3.0
"""What a new link takes, about: added to the pause that a client is told."""


class RayImages:
    """Pictures from a cluster. For one event loop, which it never blocks.

    The breaker is open while the cluster cannot be reached or has no engine that is ready.
    """

    slow = True

    def __init__(self, settings: Settings) -> None:
        self.tallies = PictureTallies({"call": Spread()})
        self._settings = settings
        self._breaker = Breaker()
        self._pace = Pace()
        self._link: Link | None = None
        self._detail = "connecting to the cluster"
        self._was_ready = False
        self._changed = asyncio.Event()
        self._open = 0

    @property
    def batch(self) -> int:
        """As many as keep busy what runs: what nobody waits for calls for no more replicas. 0 while none is ready."""
        return self._places if self._link and self._link.ready else 0

    @property
    def _places(self) -> int:
        replicas = int(self._link.facts.get("replicas", 0)) if self._link else 0
        return replicas * self._settings.ray_target_ongoing

    async def draw(self, traits: Traits, name: str) -> Picture:
        """Return the picture within ``MINIMON_RAY_TIMEOUT``, further tries included. Once asked for, it is finished.

        Raises OverloadedError, too, if it takes longer, and StartingError while the cluster is away.
        """
        if self._open >= self._settings.ray_queue:
            raise overloaded(self._wait())
        self._open += 1
        try:
            return await finished(self._draw(traits, name))
        finally:
            self._open -= 1

    def status(self) -> Status:
        """Say how the cluster is."""
        link = self._link
        facts = {
            "server": self._breaker.state.value,
            "waiting": max(0, self._open - self._places),
            "under_way": self._open,
            "picture_ms": round(1000 * self._pace.call_seconds, 1),
            "address": self._settings.ray_address,
            "versions": f"ray {RAY_VERSION}",
            **(link.facts if link else {}),
        }
        if link and link.ready:
            return Status(wait_seconds=self._wait(), facts=facts)
        return Status("starting", link.detail if link else self._detail, 0, facts=facts)

    async def _draw(self, traits: Traits, name: str) -> Picture:
        loop = asyncio.get_running_loop()
        began, ahead = loop.time(), self._open
        png = await self._ask(traits, name, began + self._settings.ray_timeout)
        seconds = loop.time() - began
        self._pace.called(seconds / (1 + ahead // max(1, self._places)))
        self.tallies.seconds["call"].observe(seconds)
        return await asyncio.to_thread(Picture.of, png, "ray")

    async def _ask(self, traits: Traits, name: str, deadline: float) -> bytes:
        """Ask one link after the other until there is a picture."""
        while True:
            link = await self._ready_link(deadline)
            try:
                return await link.ask(traits, name, deadline - asyncio.get_running_loop().time())
            except LinkLostError:
                continue
            except NoPictureError as error:
                raise self._problem_of(error) from error

    async def _ready_link(self, deadline: float) -> Link:
        """Return the link, waiting for the first attempt at a new one; where that fails, raise StartingError."""
        while not (self._link and self._link.ready):
            if not self._was_ready or self._breaker.state is not State.CLOSED:
                raise starting(self._breaker.delay() + CONNECT_SECONDS)
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError as error:
                raise starting(CONNECT_SECONDS) from error
        return self._link

    def _problem_of(self, error: NoPictureError) -> ProblemError:
        if error.code == "OVERLOADED":
            return overloaded(self._wait())
        return starting(CONNECT_SECONDS) if error.code == "STARTING" else GenerationFailedError()

    def _wait(self) -> float:
        return self._pace.wait(self._open, 0, max(1, self._places))

    async def keep_linked(self) -> None:
        """Open one link after the other, with a pause after each that failed, until cancelled."""
        while True:
            try:
                await self._hold_one_link()
            except Exception as error:  # noqa: BLE001 - the outermost handler: this task lives as long as the service
                self._link, self._detail = None, f"{type(error).__name__}: {error}"
                self._failed(self._detail)
            self._notify()
            await asyncio.sleep(max(self._breaker.delay(), 0))

    async def _hold_one_link(self) -> None:
        self._breaker.calling()
        await asyncio.to_thread(knock, self._settings.ray_address)  # a bridge would need a second of a core to say so
        async with open_link(self._settings.ray_address, APPLICATION) as link:
            self._link = link
            worked = False
            async for _ in link.listen():
                worked = worked or link.ready
                self._note(link)
        if not worked:
            self._failed(link.detail)

    def _note(self, link: Link) -> None:
        """Take in what the link says of the cluster."""
        if not link.ready:
            self._failed(link.detail)
        elif self._breaker.succeeded():
            _log.info("the cluster works", address=self._settings.ray_address, **link.facts)
        self._was_ready = self._was_ready or link.ready
        self._notify()

    def _failed(self, detail: str) -> None:
        if self._breaker.failed(FetchError(Fault.UNREACHABLE, detail)):
            _log.warning("the cluster makes no pictures", address=self._settings.ray_address, detail=detail)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@asynccontextmanager
async def open_ray(settings: Settings) -> AsyncIterator[RayImages]:
    """Open the backend, which connects in the background."""
    images = RayImages(settings)
    linking = asyncio.create_task(images.keep_linked(), name="ray")
    try:
        yield images
    finally:
        linking.cancel()
        await asyncio.gather(linking, return_exceptions=True)
