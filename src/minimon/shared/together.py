"""One call for all that is asked while the call before is under way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Gathers items into calls: under load a round trip serves many. For one event loop."""

    def __init__(self, call: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int) -> None:
        """``call`` returns an answer for each item, in their order; it gets ``most`` items at a time."""
        self._call, self._most = call, most
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def ask(self, item: T) -> R:
        """Return the answer for one item. Raises what the call raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="together")
        return await future

    async def _run(self) -> None:
        while self._waiting:
            await self._call_once([self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))])
        self._running = None

    async def _call_once(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._call([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():  # whoever asked may be gone
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
