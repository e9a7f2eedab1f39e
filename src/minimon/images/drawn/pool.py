"""Processes that draw: one for each core, a bounded queue before them, and new ones in place of those that die.

A scene is made in Python, which one process does on one core at a time, and the renderer shares buffers within a
process. Hence processes and not threads.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import active_children, parent_process
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from threading import Thread
from typing import TypeVar

import structlog

from minimon.errors import GenerationFailedError
from minimon.images.engine.pace import Pace
from minimon.images.refusals import overloaded

_log = structlog.get_logger(__name__)
T = TypeVar("T")
YIELDING = 5
"""How much nicer than the service its drawing processes are: on busy cores, health checks and refusals go first."""
AHEAD = 2
"""Tasks that an executor has for each process, so that none waits for the next. They are not called off: an executor of
Python 3.11 that loses a process leaves all others waiting for ever if one of its tasks was (``InvalidStateError``)."""
ROOM = 1 << 20
"""Bytes of finished pictures that wait for the service: the most that Linux allows to everybody."""


class DrawingPool:
    """Runs tasks in processes. For one event loop, which it never blocks.

    At most ``most`` tasks wait. ``warming`` is run twice as often as there are processes before the first task, and
    whenever they are replaced: each loads what it needs.
    """

    def __init__(self, workers: int, most: int, warming: Callable[[], object]) -> None:
        self.workers, self._most, self._warming = workers, most, warming
        self._open = 0
        self._ahead = asyncio.Semaphore(AHEAD * workers)
        self._pace = Pace()
        self._watched: list[int] = []
        self._rewarming: asyncio.Task[None] | None = None
        self._executor = self._new_executor()

    @property
    def waiting(self) -> int:
        """How many tasks wait for a process."""
        return max(0, self._open - self.workers)

    async def warm(self) -> None:
        """Start every process, let it load what it needs, and watch whether it lives."""
        loop, executor = asyncio.get_running_loop(), self._executor
        others = {child.pid for child in active_children()}
        warming = [loop.run_in_executor(executor, self._warming) for _ in range(AHEAD * self.workers)]
        await asyncio.gather(*map(asyncio.shield, warming))
        for child in active_children():
            if child.pid not in others:
                self._watched.append(child.sentinel)
                loop.add_reader(child.sentinel, self._replace, executor)

    async def run(self, task: Callable[..., T], *arguments: object) -> T:
        """Return what the task returns. Where a process dies, whatever killed it, it is tried once more in a new one.

        When cancelled, a task that waits is not begun; one that has begun keeps its process until it is done. Raises
        OverloadedError if too many wait, and GenerationFailedError if the second process dies, too.
        """
        if self._open >= self.workers + self._most:
            raise overloaded(self._pace.wait(self._open, 0, self.workers))
        loop, before = asyncio.get_running_loop(), self._open
        began = loop.time()
        self._open += 1
        try:
            await self._ahead.acquire()
        except BaseException:
            self._open -= 1
            raise
        done = await asyncio.shield(self._run(task, arguments))
        self._pace.called((loop.time() - began) / (1 + before // self.workers))
        return done

    def close(self) -> None:
        """Finish what is being done and end the processes. Blocks."""
        self._executor.shutdown()

    def unwatch(self) -> None:
        """Let the processes end without being replaced."""
        loop = asyncio.get_running_loop()
        while self._watched:
            loop.remove_reader(self._watched.pop())
        if self._rewarming:
            self._rewarming.cancel()

    async def _run(self, task: Callable[..., T], arguments: tuple[object, ...]) -> T:
        try:
            return await self._try_twice(task, arguments)
        finally:
            self._open -= 1
            self._ahead.release()

    async def _try_twice(self, task: Callable[..., T], arguments: tuple[object, ...]) -> T:
        executor = self._executor
        try:
            return await self._submit(executor, task, arguments)
        except BrokenProcessPool:
            self._replace(executor)
        try:
            return await self._submit(self._executor, task, arguments)
        except BrokenProcessPool as error:
            raise GenerationFailedError from error

    async def _submit(self, executor: ProcessPoolExecutor, task: Callable[..., T], arguments: tuple[object, ...]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, task, *arguments)

    def _replace(self, dead: ProcessPoolExecutor) -> None:
        """Start new processes in place of those of an executor that has lost one. Its others end by themselves."""
        if dead is not self._executor:
            return
        _log.warning("a drawing process has died; starting new ones")
        self.unwatch()
        self._executor = self._new_executor()
        dead.shutdown(wait=False)
        self._rewarming = asyncio.create_task(self._rewarm())

    async def _rewarm(self) -> None:
        try:
            await self.warm()
        except BrokenProcessPool:
            _log.warning("a drawing process has died while it was starting")

    def _new_executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, RoomySpawning(), initializer=_belong_to_the_service)


class RoomySpawning(SpawnContext):
    """Spawns processes and, on Linux, lets them go on while what they have made waits to be read.

    A pipe usually holds 64 KiB, less than a picture: the process that writes it would stand still until it is read.
    """

    def SimpleQueue(self) -> SimpleQueue[object]:  # noqa: N802 - multiprocessing names it so
        """Return a queue with room for some pictures; the usual one where a user's pipes have taken all they may."""
        queue: SimpleQueue[object] = super().SimpleQueue()
        if sys.platform == "linux":
            with suppress(OSError):
                fcntl.fcntl(queue._writer.fileno(), fcntl.F_SETPIPE_SZ, ROOM)  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
        return queue


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _belong_to_the_service() -> None:
    """Give way to the event loop; leave Ctrl+C and SIGTERM to the service, which ends its processes when it is done.

    If the service is killed, end.
    """
    os.nice(YIELDING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_the_service, daemon=True).start()


def _end_with_the_service() -> None:
    service = parent_process()
    if service:
        service.join()
        os._exit(1)
