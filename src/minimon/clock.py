"""Time as the service writes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

RFC3339: Final = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
"""With this, orjson writes times as ``rfc3339`` does."""
Clock = Callable[[], datetime]
"""Returns the present moment, in UTC."""


def utc_now() -> datetime:
    """Return the operating system's time, in UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """A clock that never goes back, whatever the system's does: it stands still until that has caught up."""

    def __init__(self, clock: Clock, last: datetime) -> None:
        """Start no earlier than ``last``."""
        self._clock = clock
        self._last = last

    def __call__(self) -> datetime:
        """Return the present moment, or the latest that was returned before."""
        self._last = max(self._last, self._clock())
        return self._last

    def behind(self) -> timedelta:
        """Return how far the system's clock is behind what was returned before."""
        return max(self._last - self._clock(), timedelta())


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC to the second, with a ``Z`` (RFC 3339)."""
    return orjson.dumps(moment, option=RFC3339)[1:-1].decode()
