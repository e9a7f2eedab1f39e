"""Names fetched ahead of need, on a shelf for each kind of creature. Bounded in every direction; no input or output."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from minimon.creatures import Element, Rarity

REMEMBERED: Final = 1000
"""A name is not taken in again while it is among the last so many that were."""


class Kind(NamedTuple):
    """What a name on a shelf was asked for."""

    element: Element
    rarity: Rarity


KINDS: Final = tuple(Kind(element, rarity) for element in Element for rarity in Rarity)


class Shelf:
    """The names of one kind, and how many times one was asked for in vain since the last delivery."""

    def __init__(self) -> None:
        self.names: deque[str] = deque()
        self.missed = 0
        self.delivered = asyncio.Event()


class Stock:
    """At most ``size`` names in all, the same share for each kind, each name once."""

    def __init__(self, size: int) -> None:
        """``size`` is at least the number of kinds."""
        self._capacity = size // len(KINDS)
        self._shelves = {kind: Shelf() for kind in KINDS}
        self._recent: dict[str, None] = {}  # in order of arrival
        self._low = asyncio.Event()

    @property
    def level(self) -> int:
        """How many names there are."""
        return sum(len(shelf.names) for shelf in self._shelves.values())

    def take(self, kind: Kind) -> str | None:
        """Return the oldest name of a kind, which is gone then, or None."""
        shelf = self._shelves[kind]
        name = shelf.names.popleft() if shelf.names else None
        shelf.missed += name is None
        if len(shelf.names) <= self._capacity // 2:
            self._low.set()
        return name

    def put(self, kind: Kind, names: Iterable[str]) -> int:
        """Take in the names that are new, as far as there is room. Return how many were new, with room or without."""
        shelf = self._shelves[kind]
        fresh = [name for name in names if self._is_new(name)]
        shelf.names.extend(fresh[: self._capacity - len(shelf.names)])
        shelf.missed = 0
        delivered, shelf.delivered = shelf.delivered, asyncio.Event()
        delivered.set()
        return len(fresh)

    def _is_new(self, name: str) -> bool:
        key = name.casefold()
        if key in self._recent:
            return False
        self._recent[key] = None
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return True

    async def delivery(self, kind: Kind) -> None:
        """Return after the next ``put`` of a kind."""
        await self._shelves[kind].delivered.wait()

    async def shortage(self) -> tuple[Kind, int]:
        """Wait until a shelf is half empty; return the one that was missed most, then the emptiest, and its room."""
        while True:
            self._low.clear()
            kind, shelf = max(self._shelves.items(), key=lambda item: (item[1].missed, -len(item[1].names)))
            if len(shelf.names) <= self._capacity // 2:
                return kind, self._capacity - len(shelf.names)
            await self._low.wait()
