"""The stock that replicas share: whoever makes creatures fills it, and any replica hands them out, each to one client.

A creature that was taken stays in Redis under the name of its replica until that confirms it, which is the last thing
before the answer. So a replica that dies in between loses none: its creatures go back to the front of the line. One
that was confirmed is never given again, whatever happens: it is lost where its replica dies between the confirmation
and the answer. Whether anything else was done, when an answer of Redis did not come, is settled once it is back.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

from minimon.errors import RedisAwayError
from minimon.filling import Supply
from minimon.shared import scripts
from minimon.shared.link import PREFIX, Link
from minimon.shared.parcel import pack, unpack
from minimon.stock import Ready
from minimon.tallies import Tally

_log = structlog.get_logger(__name__)

BEAT_SECONDS: Final = 0.2
SILENCE_MS: Final = 30_000
"""A session that says nothing for so long has ended, and what it had taken goes back."""
MEMORY_SHARE: Final = 0.8
"""Of what Redis may use, the stock leaves the rest to the counts of the rate limit."""


class SharedStock:
    """One replica's part in the shared stock. For one event loop."""

    def __init__(self, link: Link, odds: str, size: int, budget: int) -> None:
        """At most ``size`` creatures are kept, whose pictures take at most ``budget`` bytes, over all replicas.

        Those that draw by other ``odds`` share another stock: what a client gets follows its own replica's weights.
        """
        self.size = size
        self.level = 0
        """How many creatures were ready when Redis was asked last."""
        self.moves = Tally()
        """Creatures ``given`` to other replicas and ``taken`` from them, and those ``lost``: nobody has them now."""
        self._link, self._budget = link, budget
        self._prefix = f"{PREFIX}{odds}:"
        self._session = ""
        self._last_session = ""
        self._opened = 0
        self._unconfirmed: dict[str, Ready] = {}
        """Whether they were confirmed, Redis did not say."""
        self._sent: Ready | None = None
        """Whether it arrived, Redis did not say yet."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()

    @property
    def reachable(self) -> bool:
        """Whether creatures can be taken now, if there are any."""
        return bool(self._session) and self._link.up and self._opened == self._link.opened

    async def take(self) -> Ready | None:
        """Return the creature that is first in the line, or None. When cancelled, it goes back there."""
        taking = self._start(self._take())
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(self._undo)
            raise

    async def confirm(self, ready: Ready) -> bool:
        """Say whether a creature that was taken may be handed out, which it then has to be."""
        if not self._session or ready.claim != self._session:
            return False  # it has gone back, or will
        try:
            return bool(await self._run(scripts.CONFIRM, ready.creature.id) == scripts.DONE)
        except RedisAwayError:
            self._unconfirmed[ready.creature.id] = ready
            return False

    def give_back(self, ready: Ready) -> None:
        """Put a creature that was taken at the front of the line."""
        if ready.claim == self._session:
            self._start(self._give_back(ready))

    @asynccontextmanager
    async def serving(self, supply: Supply) -> AsyncIterator[None]:
        """Let a replica's supply take part meanwhile."""
        supply.elsewhere = self
        serving = asyncio.create_task(self._serve(supply), name="shared stock")
        try:
            yield
        finally:
            self._stopping.set()  # not cancelled, so that what is on its way arrives or comes back
            await asyncio.gather(serving, *self._tasks, return_exceptions=True)
            await self._end(supply)

    async def _serve(self, supply: Supply) -> None:
        while not self._stopping.is_set():
            try:
                await self._beat(supply)
            except RedisAwayError:
                pass  # the link tells, and looks when it is back
            except Exception:  # noqa: BLE001 - the outermost handler: this task lives as long as the service
                _log.exception("the shared stock is not kept")
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._stopping.wait()

    async def _beat(self, supply: Supply) -> None:
        if self._session and self._opened != self._link.opened:
            self._session = ""  # Redis was away: it is not known what it did last
        if not self._session:
            await self._begin(supply)
        answer = await self._run(scripts.BEAT, SILENCE_MS)
        if isinstance(answer, list):
            self.level = answer[0]
            await self._fill(supply)

    async def _begin(self, supply: Supply) -> None:
        """Begin a session, and settle what the one before has left open."""
        session, opened = secrets.token_hex(8), self._link.opened
        answer = await self._run(scripts.BEGIN, self._last_session, session=session)
        if not isinstance(answer, list):
            return
        known, pushed, back = answer
        self._session = self._last_session = session
        self._opened = opened
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for creature_id, ready in unconfirmed.items():
            if creature_id.encode() not in back:
                self._settle(supply, ready, ours=bool(known))
        sent, self._sent = self._sent, None
        if sent and pushed != sent.creature.id.encode():
            self._settle(supply, sent, ours=pushed is not None)

    async def _end(self, supply: Supply) -> None:
        """Settle what is open still, as nobody will do so later, and let go of what is still taken."""
        with suppress(RedisAwayError):
            if self._sent or self._unconfirmed:
                await self._begin(supply)
            await self._run(scripts.END)
        for ready in (*self._unconfirmed.values(), *([self._sent] if self._sent else [])):
            self._settle(supply, ready, ours=False)

    def _settle(self, supply: Supply, ready: Ready, *, ours: bool) -> None:
        """Keep a creature that is nobody else's for certain; another one might be given twice."""
        if ours:
            supply.keep(ready)
        else:
            self.moves.count("lost")
            _log.warning("a creature is given up: Redis does not know any more who has it", id=ready.creature.id)

    async def _fill(self, supply: Supply) -> None:
        """Give creatures of our own to all, as far as there is room."""
        while self.level < self.size and not self._stopping.is_set() and (ready := supply.give_away()):
            parcel = pack(ready)
            self._sent = ready
            room = (self.size, self._budget, MEMORY_SHARE)
            answer = await self._run(scripts.PUSH, ready.creature.id, parcel, *room)
            self._sent = None
            if answer != scripts.DONE:
                supply.keep(ready)
                return
            self.level += 1
            self.moves.count("given")

    async def _take(self) -> Ready | None:
        if not self._session:
            return None
        session = self._session
        try:
            answer = await self._run(scripts.TAKE)
            if not isinstance(answer, list):
                return None
            return await self._open(answer[0].decode(), answer[1], session)
        except RedisAwayError:
            return None  # what it has taken goes back when the session ends

    async def _open(self, creature_id: str, parcel: bytes, session: str) -> Ready | None:
        try:
            ready = await asyncio.to_thread(unpack, parcel, session)
        except ValueError as error:
            _log.error("a creature in Redis cannot be read: it is thrown away", id=creature_id, cause=str(error))
            await self._run(scripts.CONFIRM, creature_id)
            return None
        self.moves.count("taken")
        return ready

    async def _give_back(self, ready: Ready) -> None:
        with suppress(RedisAwayError):  # it goes back when the session ends
            await self._run(scripts.GIVE_BACK, ready.creature.id)

    def _undo(self, taking: "asyncio.Task[Ready | None]") -> None:
        if not taking.cancelled() and not taking.exception() and (ready := taking.result()):
            self.give_back(ready)

    async def _run(self, script: str, *arguments: object, session: str = "") -> Any:
        """Run a script in the name of the session; where that has ended, note it. Raises RedisAwayError."""
        name = session or self._session
        answer = await self._link.run(script, (), (self._prefix, self._link.run_id, name, *arguments))
        other_run = answer == scripts.OTHER_RUN
        if other_run:
            self._link.renew()
        if name == self._session and (other_run or answer == scripts.NO_SESSION):
            self._session = ""
        return answer

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
