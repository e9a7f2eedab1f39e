"""Names for creatures, from one of several backends."""

from collections.abc import Mapping
from typing import Any, Protocol

from minimon.creatures import Traits
from minimon.tallies import NameTallies


class NameBackend(Protocol):
    """Makes names. One object serves the whole process; calls may overlap."""

    @property
    def slow(self) -> bool:
        """A name may have to wait for a server, so that more of them should not be asked for than are needed."""
        ...

    @property
    def tallies(self) -> NameTallies:
        """What it has counted."""
        ...

    async def name(self, traits: Traits, *, patient: bool = False) -> str:
        """Return a sound name for a creature with these traits: always, and without blocking the event loop.

        ``patient``: nobody waits for the creature, so that a slow server is given its time.
        """
        ...

    def status(self) -> Mapping[str, Any]:
        """Return what an operator should see in ``/health``, as JSON: nothing secret, and empty if there is nothing."""
        ...
