"""The ``remote`` backend: names from any OpenAI-compatible server, fetched ahead of need.

A request takes a name from the stock, or a local one; it never calls the server. One task of the backend does, while
the stock runs low: whatever the server does, it happens beside the requests and not in them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from opentelemetry.context import Context, get_current
from opentelemetry.trace import SpanKind, get_tracer

from minimon.creatures import Traits
from minimon.names.client import Message, open_client
from minimon.names.local import LocalNames
from minimon.names.parsing import parse_names
from minimon.names.prompts import messages
from minimon.names.stock import Kind, Stock
from minimon.settings import Settings
from minimon.tallies import Labelled, NameTallies, Tally
from minimon.upstream.breaker import Breaker, State
from minimon.upstream.faults import Fault, FetchError

_log = structlog.get_logger(__name__)
_tracer = get_tracer(__name__)

MOST_AT_ONCE: Final = 8
"""A completion is asked for so many names: small models lose count beyond."""

CALLS_OF_PATIENCE: Final = 2
"""Who is patient waits as long as the call that is under way and its own may take."""

Complete = Callable[[Sequence[Message], Mapping[str, Any]], Awaitable[str]]

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"names": {"type": "array", "items": {"type": "string"}}},
    "required": ["names"],
    "additionalProperties": False,
}
"""What the prompts demand, as a JSON schema. No more than every server's grammar knows: counts are in the prompt."""


def question(language: str, kind: Kind, count: int) -> Sequence[Message]:
    """Return the messages that ask for ``count`` names of a kind."""
    return messages(language, Traits(0, kind.rarity, kind.element), count)


@dataclass(slots=True)
class Counts:
    """What happened since the start, for metrics. Only ever counted up."""

    from_stock: int = 0
    stepped_in: int = 0  # a local name was given, because the stock had none
    calls: int = 0
    fetched: int = 0
    repeats: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)


class RemoteNames:
    """Gives names from a stock, and local ones where it is empty. ``refill`` is run beside it."""

    slow = True

    def __init__(self, settings: Settings, complete: Complete, breaker: Breaker) -> None:
        self.counts = Counts()
        self._missed_by: dict[Kind, Context] = {}
        """The trace of the request that missed a name last: what fetches some for it belongs there."""
        self.stock = Stock(settings.name_stock)
        self.breaker = breaker
        self._language = settings.name_language
        self._wait = settings.name_wait
        self._patience = max(settings.name_wait, CALLS_OF_PATIENCE * settings.openai_timeout)
        self._complete = complete
        self._local = LocalNames(settings.name_language)

    @property
    def tallies(self) -> NameTallies:
        """Where names came from, and which calls brought none."""
        counts = self.counts
        origins: Labelled = {("server",): counts.from_stock, ("local",): counts.stepped_in}
        faults: Labelled = {(fault.value,): count for fault, count in counts.faults.items()}
        return NameTallies(Tally(origins), Tally(faults))

    async def name(self, traits: Traits, *, patient: bool = False) -> str:
        """Return a name that was asked for creatures like this one, or a local one. See the protocol."""
        kind = Kind(traits.element, traits.rarity)
        name = self.stock.take(kind)
        if name is None:
            self._missed_by[kind] = get_current()
        wait = self._patience if patient else self._wait
        if name is None and wait and self.breaker.state is State.CLOSED:
            name = await self._awaited(kind, wait)
        if name is None:
            self.counts.stepped_in += 1
            return await self._local.name(traits)
        self.counts.from_stock += 1
        return name

    async def _awaited(self, kind: Kind, seconds: float) -> str | None:
        """Wait so long at most for the next delivery; who comes too late for it goes without."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stock.delivery(kind)
        return self.stock.take(kind)

    def status(self) -> Mapping[str, Any]:
        """Return the state of the server and of the stock. Nothing in it is secret."""
        fault = self.breaker.last_fault
        return {"state": self.breaker.state, "stock": self.stock.level, "lastFault": fault}

    async def refill(self) -> None:
        """Keep the stock filled, until cancelled."""
        while True:
            kind, room = await self.stock.shortage()
            await asyncio.sleep(max(self.breaker.delay(), 0))
            self.breaker.calling()
            try:
                await self._fetch(kind, min(room, MOST_AT_ONCE))
            except FetchError as error:
                self._note(error)
            except Exception as error:  # noqa: BLE001 - the outermost handler: this task lives as long as the service
                _log.error("names not fetched", exc_info=error)
                self._note(FetchError(Fault.INTERNAL, type(error).__name__))
            else:
                if self.breaker.succeeded():
                    _log.info("names server works")

    async def _fetch(self, kind: Kind, count: int) -> None:
        """Put up to ``count`` names of one kind into the stock. Raises FetchError if there is not a single new one."""
        self.counts.calls += 1
        with _tracer.start_as_current_span("fetch names", self._missed_by.pop(kind, None), SpanKind.CLIENT):
            await self._fetch_traced(kind, count)

    async def _fetch_traced(self, kind: Kind, count: int) -> None:
        parsed = parse_names(await self._complete(question(self._language, kind, count), SCHEMA))
        if not parsed.names:
            raise FetchError(Fault.NO_NAME, f"the answer holds no name ({parsed.verdict})")
        fresh = self.stock.put(kind, parsed.names)
        self.counts.fetched += fresh
        self.counts.repeats += len(parsed.names) - fresh
        if not fresh:
            raise FetchError(Fault.REPEATS, "the answer holds no name that is new")

    def _note(self, error: FetchError) -> None:
        self.counts.faults[error.fault] += 1
        if self.breaker.failed(error):
            _log.warning("names server fails: local names step in", fault=error.fault, detail=error.detail)


@asynccontextmanager
async def open_remote(settings: Settings) -> AsyncIterator[RemoteNames]:
    """Open the backend: the client, and the task that fills the stock. Whether the server answers is not waited for."""
    async with open_client(settings) as client:
        names = RemoteNames(settings, client.complete, Breaker())
        task = asyncio.create_task(names.refill(), name="names")
        try:
            yield names
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
