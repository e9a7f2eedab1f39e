"""The process between the service and a Ray cluster: ``python -m minimon.images.ray.bridge FD ADDRESS APPLICATION``.

It is a process of its own because Ray ends the program that it is in, whatever that has open, a minute after the head
of the cluster is gone. It connects, says how the cluster is, and passes wishes on until the service hangs up. What goes
wrong with one replica is tried again with another: a seed has one picture, so nothing happens twice.
"""

import asyncio
import os
import random
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import ray
from ray import serve
from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle  # noqa: TC002 - Ray is loaded anyway

from minimon.images.ray.frames import LONGEST_LINE, NoPictureError, frame, read_frame
from minimon.images.ray.joining import join
from minimon.images.ray.knocking import knock

MOST_TRIES: Final = 5
FIRST_PAUSE: Final = 0.05
LOOK_SECONDS: Final = 2.0
AWAY_SECONDS: Final = 10.0
"""With no word from the cluster and no picture for so long, it is away, and this process ends: a new one connects anew.

A connection that is half dead does not come back to life by itself.
"""
WATCH_SECONDS: Final = 0.5
REFUSED_SECONDS: Final = 3.0
"""The same where nobody listens at its address any more. Replicas that go on without their head have made a picture."""
OF_ONE_REPLICA: Final = {"OVERLOADED", "STARTING"}
"""What an engine says of itself and not of the picture."""


class Bridge:
    """Answers the service from a handle of the deployment. For one event loop."""

    def __init__(
        self, address: str, application: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._address, self._application = address, application
        self._reader, self._writer = reader, writer
        self._tasks: set[asyncio.Task[None]] = set()
        self._handle: DeploymentHandle | None = None
        self._heard = time.monotonic()
        self._facts: dict[str, Any] = {}
        self._lost = asyncio.Event()

    async def serve(self) -> None:
        """Pass wishes on until the service hangs up or the cluster is away; what is left then is for the next one."""
        ends = (self._look(), self._watch(), self._read(), self._lost.wait())
        ended, _ = await asyncio.wait(map(asyncio.ensure_future, ends), return_when=asyncio.FIRST_COMPLETED)
        for end in ended:
            end.result()  # a fault of ours ends this process, with a traceback

    async def _read(self) -> None:
        with suppress(EOFError, ConnectionError):
            while True:
                head, _ = await read_frame(self._reader)
                task = asyncio.create_task(self._answer(head["ask"], head["what"], head["seconds"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, number: int, what: Mapping[str, Any], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                png = await self._paint(what)
        except TimeoutError:
            self._send({"of": number, "problem": "OVERLOADED", "cause": f"no picture within {seconds:.1f} s"})
        except NoPictureError as error:
            self._send({"of": number, "problem": error.code, "cause": error.cause})
        except Exception as error:  # noqa: BLE001 - the outermost handler of a wish: none stays without an answer
            if isinstance(error, ConnectionError) or not ray.is_initialized():
                self._lost.set()
            else:
                self._send({"of": number, "problem": "GENERATION_FAILED", "cause": _brief(error)})
        else:
            self._heard = time.monotonic()
            self._send({"of": number}, png)

    async def _paint(self, what: Mapping[str, Any]) -> bytes:
        """Return a PNG, after as many tries as it takes, within bounds. Raises NoPictureError."""
        for tries in range(1, MOST_TRIES):
            try:
                return await self._once(what)
            except NoPictureError as error:
                if error.code not in OF_ONE_REPLICA:
                    raise
            except (RayError, RayServeException) as error:
                self._send({"note": "a picture is asked for again", "cause": _brief(error)})
            await asyncio.sleep(random.uniform(0.5, 1.0) * FIRST_PAUSE * 2**tries)  # noqa: S311 - to spread herds
        try:
            return await self._once(what)
        except (RayError, RayServeException) as error:
            raise NoPictureError("GENERATION_FAILED", _brief(error)) from error

    async def _once(self, what: Mapping[str, Any]) -> bytes:
        """Ask one replica. Raises NoPictureError if it has none, else what Ray says."""
        if not self._handle:
            raise NoPictureError("STARTING", "no replica yet")
        try:
            made: bytes | str = await self._handle.paint.remote(what)
        except RayTaskError as error:  # a fault within the engine: the picture would fail elsewhere, too
            raise NoPictureError("GENERATION_FAILED", _brief(error)) from error
        if isinstance(made, str):
            raise NoPictureError(made, "the engine says so")
        return made

    async def _look(self) -> None:
        """Tell the service how the cluster is, again and again; return once it or the connection is gone."""
        said = "it says nothing"
        while self._silent() < AWAY_SECONDS:
            try:
                async with asyncio.timeout(AWAY_SECONDS):
                    missing = await self._what_is_missing()
            except Exception as error:  # noqa: BLE001 - whatever Ray raises while a connection breaks is no word of it
                said = _brief(error)
            else:
                self._heard = time.monotonic()
                self._send({"ready": not missing, "detail": missing, "facts": self._facts})
            if not ray.is_initialized():
                return
            await asyncio.sleep(LOOK_SECONDS)
        self._send({"ready": False, "detail": f"the cluster does not answer ({said})", "facts": self._facts})

    async def _watch(self) -> None:
        """Return once nobody listens at the address of a cluster that says nothing."""
        while self._silent() < REFUSED_SECONDS or await asyncio.to_thread(_somebody_is_at, self._address):  # noqa: ASYNC110 - a clock and a port tell nobody
            await asyncio.sleep(WATCH_SECONDS)

    def _silent(self) -> float:
        return time.monotonic() - self._heard

    async def _what_is_missing(self) -> str:
        """Return why there are no pictures, nothing if there are some."""
        status = await asyncio.to_thread(serve.status)
        found = status.applications.get(self._application)
        if not found:
            self._handle = None
            return f"the cluster has no application {self._application!r}: minimon cluster deploy"
        counts = [one.replica_states for one in found.deployments.values()]
        self._facts["replicas"] = sum(count.get("RUNNING", 0) for count in counts)
        self._facts["replicas_starting"] = sum(count.get("STARTING", 0) for count in counts)
        if not self._handle and not self._facts["replicas"]:
            return f"{found.status.value.lower()}: {found.message or 'no replica is ready'}"
        if not self._handle:
            handle = await asyncio.to_thread(serve.get_app_handle, self._application)
            self._facts |= await handle.describe.remote()
            self._handle = handle
        return ""

    def _send(self, head: Mapping[str, Any], body: bytes = b"") -> None:
        """Write a message. The service reads all the time, so what waits here is bounded by what it asked for."""
        self._writer.write(frame(head, body))


def _somebody_is_at(address: str) -> bool:
    try:
        knock(address)
    except OSError:
        return False
    return True


def _brief(error: Exception) -> str:
    """Return what a person needs of an error of Ray's: not the traceback or the advice that it brings along."""
    cause = getattr(error, "cause", None) or error
    first, _, _ = str(cause).strip().partition("\n")
    return f"{type(cause).__name__}: {first}"


async def pass_on(line: socket.socket, address: str, application: str) -> None:
    """Serve the service at the other end of ``line``."""
    reader, writer = await asyncio.open_connection(sock=line, limit=LONGEST_LINE)
    await Bridge(address, application, reader, writer).serve()
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(1):
            await writer.drain()


def main(fd: int, address: str, application: str) -> None:
    """Connect to the cluster, then serve; say to the service why if that is not possible."""
    line = socket.socket(fileno=fd)
    try:
        join(address, configure_logging=False)
    except Exception as error:  # noqa: BLE001 - the outermost handler of this process: Ray raises what it likes
        line.sendall(frame({"ready": False, "detail": _brief(error), "facts": {}}))
        return
    asyncio.new_event_loop().run_until_complete(
        pass_on(line, address, application)
    )  # no end that waits for Ray's threads


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    os._exit(0)  # Ray's own end waits for a cluster that may be gone; nothing of ours is open
