"""What ``minimon cluster`` does: put the application on a cluster, look at it, take it away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from threading import Thread
from typing import Final

import ray
from ray import serve
from ray.serve import Application
from ray.serve.schema import ApplicationStatusOverview

from minimon.errors import StartError
from minimon.images.ray.backend import APPLICATION
from minimon.images.ray.joining import join
from minimon.images.ray.replica import application_of
from minimon.settings import Settings

LOOK_SECONDS: Final = 0.5
REMEDY: Final = (
    "each node needs this version of minimon with the extra ray, and one has to have what a replica asks for"
)

Tell = Callable[[str], None]
"""Told each new state."""


class Cluster:
    """A cluster that this process is connected to. What blocks runs in threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def deploy(self, tell: Tell) -> None:
        """Deploy what the settings say, in place of what is there, and return when it is ready. Raises StartError.

        What is there goes on answering until the new replicas can. When cancelled, the cluster goes on by itself.
        """
        await asyncio.to_thread(serve.start, proxy_location="Disabled")
        running = Thread(target=_run, args=(application_of(self._settings),), daemon=True)
        running.start()
        said = ""
        while running.is_alive():
            await asyncio.sleep(LOOK_SECONDS)
            said = await self._tell_news(tell, said)
        await self._tell_news(tell, said)
        found = await self._application()
        if not found or found.status != "RUNNING":
            raise StartError(f"the application {APPLICATION} is not running ({_message(found)}): {REMEDY}")

    async def status(self) -> list[str]:
        """Return how the application is, a line for each thing. Raises StartError if there is none."""
        found = await self._application()
        if not found:
            raise StartError(f"the cluster has no application {APPLICATION}: minimon cluster deploy")
        replicas = [one.replica_states for one in found.deployments.values()]
        counts = ", ".join(f"{count} {state.lower()}" for states in replicas for state, count in states.items())
        return [f"{APPLICATION}: {found.status.lower()}", f"replicas: {counts or 'none'}", *_words(found)]

    async def delete(self) -> None:
        """Take the application away; its replicas finish what they have."""
        await asyncio.to_thread(serve.delete, APPLICATION)

    async def _application(self) -> ApplicationStatusOverview | None:
        return (await asyncio.to_thread(serve.status)).applications.get(APPLICATION)

    async def _tell_news(self, tell: Tell, said: str) -> str:
        found = await self._application()
        news = "; ".join(await self.status()) if found else said
        if news != said:
            tell(news)
        return news


def _run(application: Application) -> None:
    with suppress(Exception):  # whatever Serve raises: how the application is says why
        serve.run(application, name=APPLICATION, route_prefix=None)


def _words(found: ApplicationStatusOverview) -> list[str]:
    """Return what Serve says of the deployments, the last line of each: the rest is a traceback."""
    messages = [found.message, *(one.message for one in found.deployments.values())]
    return list(dict.fromkeys(line for text in messages if (line := text.strip().rpartition("\n")[2].strip())))


def _message(found: ApplicationStatusOverview | None) -> str:
    return " / ".join(_words(found)) if found else "it is gone"


@asynccontextmanager
async def open_cluster(settings: Settings) -> AsyncIterator[Cluster]:
    """Connect to the cluster. Raises StartError if it does not answer."""
    try:
        join(settings.ray_address, logging_level=logging.ERROR)
    except Exception as error:  # whatever Ray raises, it means that there is no way in
        raise StartError(
            f"MINIMON_RAY_ADDRESS is {settings.ray_address}: no cluster answers there ({error}): "
            "start one (ray start --head), correct the address, or set RAY_AUTH_MODE=token if it asks for a token"
        ) from error
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    try:
        yield Cluster(settings)
    finally:
        ray.shutdown()
