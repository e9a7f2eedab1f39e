"""What runs on the cluster: a replica that holds one engine, and the application that KubeRay and we deploy."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final

from ray import serve
from ray.serve import Application

from minimon import __version__
from minimon.backends import IMAGE_BACKENDS, load_factory
from minimon.creatures import Element, Rarity, Traits
from minimon.errors import ProblemError, StartError
from minimon.images import ImageBackend, Picture, Status
from minimon.images.drawn.backend import draw_once, draw_picture
from minimon.images.ray.engine_settings import engine_fields
from minimon.settings import Settings, load_settings
from minimon.tallies import PictureTallies

DEPLOYMENT: Final = "Painter"
LOOK_SECONDS: Final = 0.2
DRAIN_SECONDS: Final = 10.0
"""For what a replica has when it is to end, or when it hangs. What is left then is asked for again."""
HEALTH_SECONDS: Final = 1.0
HEALTH_TIMEOUT: Final = 3.0
"""Serve gives a replica up after three checks in a row that it does not answer: soon enough to ask another in time."""
ENGINES: Final = ("drawn", "sdxl")


class Painter:
    """One engine in one process of the cluster. It answers once its engine is ready, and not before."""

    async def __init__(self, engine: str, fields: Mapping[str, Any]) -> None:  # type: ignore[misc] # Serve awaits it
        """Open the engine with the settings in ``fields`` and wait until it is ready. Raises StartError."""
        self._engine = engine
        self._stack = AsyncExitStack()
        self._images = await self._stack.enter_async_context(open_engine(engine, Settings.model_construct(**fields)))
        while (status := self._images.status()).state == "starting":  # noqa: ASYNC110 - an engine is looked at, it tells nobody
            await asyncio.sleep(LOOK_SECONDS)
        if status.state == "failed":
            raise StartError(status.fault)

    async def paint(self, what: Mapping[str, Any]) -> bytes | str:
        """Return a PNG, or the code of the error that kept it from being made."""
        traits = Traits(what["seed"], Rarity(what["rarity"]), Element(what["element"]))
        try:
            return (await self._images.draw(traits, what["name"])).png
        except ProblemError as error:
            return error.code

    def describe(self) -> dict[str, str | int | float | None]:
        """Say what makes the pictures."""
        facts = self._images.status().facts
        return {"engine": self._engine, "size": facts.get("size"), "replica_version": f"minimon {__version__}"}

    def check_health(self) -> None:
        """Raise StartError if the engine cannot work again: Serve replaces this replica then."""
        status = self._images.status()
        if status.state == "failed":
            raise StartError(status.fault)


class OwnThread:
    """The ``drawn`` engine of a replica: one thread, as the renderer shares buffers within a process."""

    slow = True
    batch = 1

    def __init__(self, thread: ThreadPoolExecutor, side: int) -> None:
        self._thread, self._side = thread, side
        self.tallies = PictureTallies()

    async def draw(self, traits: Traits, name: str) -> Picture:  # noqa: ARG002 - the name is not in the picture
        """Return the picture that the backend ``drawn`` has of these traits, to the byte."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, draw_picture, traits, self._side)

    def status(self) -> Status:
        """Say that it is ready."""
        return Status(facts={"size": f"{self._side}x{self._side}"})


@asynccontextmanager
async def open_drawing_thread(settings: Settings) -> AsyncIterator[OwnThread]:
    """Open the engine, all loaded that it needs. A cluster has a replica for each core: no processes here."""
    with ThreadPoolExecutor(1, "draw") as thread:
        await asyncio.get_running_loop().run_in_executor(thread, draw_once)
        yield OwnThread(thread, settings.drawn_size)


def open_engine(engine: str, settings: Settings) -> AbstractAsyncContextManager[ImageBackend]:
    """Open one of ``ENGINES``."""
    return open_drawing_thread(settings) if engine == "drawn" else load_factory(IMAGE_BACKENDS, engine)(settings)


def application(_arguments: Mapping[str, str] | None = None) -> Application:
    """Return the application that the settings describe.

    For KubeRay and ``serve deploy``, which import it and pass arguments that it does not need: the settings come from
    the environment, as everywhere. Raises StartError.
    """
    return application_of(load_settings())


def application_of(settings: Settings) -> Application:
    """Return the application that these settings describe. Raises StartError."""
    least, most = settings.ray_min_replicas, settings.ray_max_replicas
    target = settings.ray_target_ongoing
    gpus = 0.0 if settings.ray_engine == "drawn" else settings.ray_replica_gpus
    deployment = serve.deployment(
        Painter,
        name=DEPLOYMENT,
        ray_actor_options={"num_cpus": settings.ray_replica_cpus, "num_gpus": gpus},
        max_ongoing_requests=2 * target,
        graceful_shutdown_timeout_s=DRAIN_SECONDS,
        health_check_period_s=HEALTH_SECONDS,
        health_check_timeout_s=HEALTH_TIMEOUT,
        autoscaling_config={
            "min_replicas": least,
            "max_replicas": most,
            "target_ongoing_requests": target,
            "upscale_delay_s": settings.ray_scale_up_after,
            "downscale_delay_s": settings.ray_scale_down_after,
            "metrics_interval_s": 1.0,
            "look_back_period_s": 5.0,
        },
    )
    return deployment.bind(settings.ray_engine, engine_fields(settings))
