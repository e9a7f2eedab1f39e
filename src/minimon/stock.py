"""The line of creatures that nobody has yet, in the order in which they were drawn. No input or output."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from minimon.creatures import Creature
from minimon.draws import Draw
from minimon.images import Picture


@dataclass(frozen=True, slots=True)
class Ready:
    """A creature and its picture, not handed out yet."""

    draw: Draw
    creature: Creature
    picture: Picture
    minted_at: datetime
    claim: str = ""
    """In whose name it was taken from the shared stock, where it may be given back until it is confirmed."""

    @property
    def bytes(self) -> int:
        """How much memory its picture takes."""
        return len(self.picture.png) + len(self.picture.base64)


@dataclass(eq=False, slots=True)
class Place:
    """A place in the line: a draw, and the creature once it is made."""

    draw: Draw
    making: asyncio.Task[Ready] | None = None
    ready: Ready | None = None


@dataclass(slots=True)
class Stock:
    """First drawn, first out, made or not: whoever takes a place under way waits for it.

    ``size`` places are filled ahead of need, as far as their pictures take no more than ``budget`` bytes.
    """

    size: int
    budget: int
    level: int = field(default=0, init=False)
    """How many creatures are ready."""
    bytes: int = field(default=0, init=False)
    taken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Set whenever there may be more room than before."""
    _line: deque[Place] = field(default_factory=deque, init=False)
    _lent: list[Ready] = field(default_factory=list, init=False)
    _largest: int = field(default=0, init=False)

    @property
    def first(self) -> Ready | None:
        """The creature that is next, if it is ready."""
        return self._line[0].ready if self._line else None

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place, the first first."""
        return tuple(self._line)

    def has_room(self, count: int) -> bool:
        """Say whether so many more fit in, each as large as the largest so far."""
        coming = len(self._line) - self.level + count
        held = self.bytes + sum(ready.bytes for ready in self._lent)
        fits = len(self._line) + len(self._lent) + count <= self.size
        return fits and held + coming * self._largest <= self.budget

    def take(self) -> Place | None:
        """Return the first place, which leaves the line, or None."""
        if not self._line:
            return None
        place = self._line.popleft()
        self._count(place, -1)
        self.taken.set()
        return place

    def take_ready(self) -> Ready | None:
        """Return the creature that is next if it is there; its place leaves the line."""
        place = self.take() if self.first else None
        return place.ready if place else None

    def add(self, place: Place) -> None:
        """Put a place at the end."""
        self._line.append(place)
        self._count(place, 1)

    def put_back(self, ready: Ready) -> None:
        """Put a creature at the front: its client has gone."""
        place = Place(ready.draw, ready=ready)
        self._line.appendleft(place)
        self._count(place, 1)

    def lend(self, ready: Ready) -> None:
        """Keep the room of a creature that was taken and may come back, until it is known whether it does."""
        self._lent.append(ready)

    def settle(self, ready: Ready) -> None:
        """Give up the room that was kept for a creature: it has come back, or will not."""
        self._lent.remove(ready)
        self.taken.set()

    def made(self, place: Place, ready: Ready) -> None:
        """Note that the creature of a place, in the line or taken, is there."""
        place.ready = ready
        self._largest = max(self._largest, ready.bytes)
        if place in self._line:
            self._count(place, 1)

    def remove(self, place: Place) -> None:
        """Take a place that comes to nothing out of the line, if it is there."""
        if place in self._line:
            self._line.remove(place)
            self.taken.set()

    def _count(self, place: Place, sign: int) -> None:
        if place.ready:
            self.level += sign
            self.bytes += sign * place.ready.bytes
