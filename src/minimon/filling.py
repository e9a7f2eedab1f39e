"""The stock's two sides: a task that fills it, and whoever takes the creature that is next."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final, Protocol

import structlog

from minimon.draws import Draw
from minimon.errors import REFUSALS
from minimon.minting import Mint
from minimon.stock import Place, Ready, Stock

_log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether a backend that was not ready is."""
LONGEST_PAUSE: Final = 30.0
AT_A_TIME: Final = 32
"""So many creatures are made in a row where each takes microseconds. One by one, among all else that a request needs,
each would take twice as long: the processor would have to fetch the same code and data anew each time."""


class Elsewhere(Protocol):
    """Creatures that other replicas have made."""

    async def take(self) -> Ready | None:
        """Return the one that is next, or None. When cancelled, it goes back."""
        ...

    async def confirm(self, ready: Ready) -> bool:
        """Say whether one that was taken may be handed out, which it then has to be."""
        ...

    def give_back(self, ready: Ready) -> None:
        """Have one that was taken be the next again."""
        ...


class Supply:
    """Gives creatures in the order in which they were drawn, made ahead of need as far as the stock goes."""

    def __init__(self, mint: Mint, stock: Stock) -> None:
        self._mint = mint
        self.stock = stock
        self.elsewhere: Elsewhere | None = None
        """Asked where none of our own is ready."""
        self._at_hand: deque[Ready] = deque()
        """Made in a row by a quick backend: the next ones once the stock is empty."""

    async def next(self) -> Ready:
        """Return the creature that is next. It is given by ``hand_out``.

        When cancelled, the creature is kept for whoever is next, or its draw if no work was done. Raises as
        ``Mint.make`` does.
        """
        if self.elsewhere and not self.stock.first and (theirs := await self.elsewhere.take()):
            return theirs
        place = self.stock.take()
        if place is None:
            if self._at_hand:
                return self._at_hand.popleft()
            if not self._mint.images.slow:
                return await self._make_quickly()
            place = Place(self._mint.draws.next())
            self._start(place)
        return place.ready or await self._wait_for(place)

    async def hand_out(self, ready: Ready) -> bool:
        """Say whether a creature that ``next`` gave may be handed out, which it then has to be; else ask for another.

        When cancelled, it is kept.
        """
        if not ready.claim:
            self._mint.draws.handed_out(ready.draw)
            return True
        assert self.elsewhere
        confirming = asyncio.ensure_future(self.elsewhere.confirm(ready))
        try:
            return await asyncio.shield(confirming)
        except asyncio.CancelledError:
            confirming.add_done_callback(lambda done: self._keep_confirmed(ready, done))
            raise

    def give_away(self) -> Ready | None:
        """Return the creature that is next, if it is ready, for others to hand out: it is not ours any more."""
        ready = self.stock.take_ready()
        if ready:
            self._mint.draws.handed_out(ready.draw)
        return ready

    def keep(self, ready: Ready) -> None:
        """Put a creature that is ours alone to the front of our own line."""
        self._mint.draws.keep(ready.draw)
        self.stock.put_back(replace(ready, claim=""))

    async def _make_quickly(self) -> Ready:
        """Make the next one, and some more if that needs no waiting."""
        first = await self._make_now()
        if not self._mint.names.slow:
            for _ in range(AT_A_TIME - 1):
                self._at_hand.append(await self._make_now())
        return first

    async def _make_now(self) -> Ready:
        draw = self._mint.draws.next(kept=False)
        try:
            return await self._mint.make(draw)
        except BaseException as error:
            self._mint.put_back(draw, error)
            raise

    @contextmanager
    def or_put_back(self, ready: Ready) -> Iterator[None]:
        """Put a creature back if it cannot be handed out: it is next again. Meanwhile nothing is made in its place."""
        self.stock.lend(ready)
        try:
            yield
        except BaseException:
            if ready.claim and self.elsewhere:
                self.elsewhere.give_back(ready)
            else:
                self.stock.put_back(ready)
            raise
        finally:
            self.stock.settle(ready)

    async def fill(self) -> None:
        """Keep the stock filled, in whole batches of the backend, until cancelled."""
        pause = LOOK_SECONDS
        while True:
            try:
                await self._add_batch(await self._room())
                pause = LOOK_SECONDS
            except Exception as error:  # noqa: BLE001 - the outermost handler: this task lives as long as the service
                fault = None if isinstance(error, REFUSALS) else error
                _log.warning("the stock is not filled", cause=str(error), again_in_seconds=pause, exc_info=fault)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def stop(self) -> None:
        """Give up what is made ahead of need; each place that is under way ends at its next step."""
        for place in self.stock.places:
            if place.making:
                place.making.cancel()

    async def _room(self) -> int:
        """Wait until the stock has room for a batch, and the backend makes one; return how many that are."""
        while True:
            self.stock.taken.clear()
            count = min(self._mint.images.batch, self.stock.size)
            if count and self.stock.has_room(count):
                return count
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.stock.taken.wait()

    async def _add_batch(self, count: int) -> None:
        """Make so many creatures at a time. Raises what kept one of them from being made."""
        making = []
        for draw, name in await self._named(count):
            place = Place(draw)
            making.append(self._start(place, name))
            self.stock.add(place)
        await asyncio.wait(making)
        for task in making:
            if not task.cancelled():  # else a client had taken its place and left; that is no end of this task
                task.result()

    async def _named(self, count: int) -> list[tuple[Draw, str]]:
        """Return so many draws, each with its name. Nobody waits for them yet, so a names server has time."""
        draws = [self._mint.draws.next() for _ in range(count)]
        try:
            return [(draw, await self._mint.name(self._mint.traits(draw), patient=True)) for draw in draws]
        except BaseException:
            for draw in draws:
                self._mint.draws.put_back(draw)
            raise

    def _start(self, place: Place, name: str = "") -> asyncio.Task[Ready]:
        place.making = asyncio.create_task(self._make(place, name), name="mint")
        place.making.add_done_callback(lambda making: making.cancelled() or making.exception())  # now it was looked at
        return place.making

    async def _make(self, place: Place, name: str = "") -> Ready:
        with self._mint.or_put_back(place.draw):
            try:
                ready = await self._mint.make(place.draw, name)
            except BaseException:
                self.stock.remove(place)
                raise
        self.stock.made(place, ready)
        return ready

    async def _wait_for(self, place: Place) -> Ready:
        making = place.making
        assert making
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            making.cancel()
            raise

    def _keep_confirmed(self, ready: Ready, confirming: "asyncio.Future[bool]") -> None:
        """Keep a creature that became ours for a client that is gone."""
        if not confirming.cancelled() and not confirming.exception() and confirming.result():
            self.keep(ready)

    def _keep(self, making: asyncio.Task[Ready]) -> None:
        """Keep what was made for a client that is gone."""
        if not making.cancelled() and not making.exception():
            self.stock.put_back(making.result())
