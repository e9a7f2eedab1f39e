"""Keeps a server that does not work from being asked all the time. A state machine, without input or output.

Whoever wants to call asks ``admits`` first, or waits out ``delay`` where there is but one caller. With an open breaker
one call at a time is admitted, the probe, so that no herd falls upon a server that has just come back.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from minimon.upstream.faults import FOR_A_PERSON, Fault, FetchError

FIRST_PAUSE_SECONDS: Final = 0.5
PROBE_SECONDS: Final = 5.0
"""Longest pause before a server is tried again after a fault that may pass by itself."""
SLOW_PROBE_SECONDS: Final = 60.0
"""Longest pause after a fault that somebody has to mend."""
LONGEST_RETRY_AFTER: Final = 600.0
"""A server may ask for a longer pause; it is tried again after this one."""


class State(StrEnum):
    """Whether the server is called."""

    CLOSED = "closed"  # it works, or was not tried yet
    OPEN = "open"  # it failed: not called for now
    HALF_OPEN = "half_open"  # it failed: one call finds out whether it works again


class Breaker:
    """Opens after ``tolerance`` faults in a row; pauses 0.5 s, 1 s … up to the probe interval before each probe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, tolerance: int = 1) -> None:
        self.state = State.CLOSED
        self.last_fault: Fault | None = None
        self._clock = clock
        self._tolerance = tolerance
        self._tried = False
        self._streak = 0
        self._open_until = 0.0

    def delay(self) -> float:
        """Return the seconds until the server may be called; 0 or less is now."""
        return self._open_until - self._clock() if self.state is State.OPEN else 0.0

    def calling(self) -> None:
        """Note that a call begins: with an open breaker, the probe."""
        if self.state is State.OPEN:
            self.state = State.HALF_OPEN

    def admits(self) -> bool:
        """Say whether a call may begin now, and note that it does. It ends with one of the three that follow."""
        if self.state is State.HALF_OPEN or self.delay() > 0:
            return False
        self.calling()
        return True

    def given_up(self) -> None:
        """Note that a call ended without saying anything about the server: it was cancelled, or was refused a turn."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN

    def succeeded(self) -> bool:
        """Close. Return whether that is news: the first success of all, or the first after a fault."""
        news = not self._tried or self.state is not State.CLOSED
        self.state, self._streak, self._tried = State.CLOSED, 0, True
        return news

    def failed(self, error: FetchError) -> bool:
        """Open until the next probe, if there were so many faults.

        Return whether that is news: it was closed, or the fault is another one than before. A call that began before
        the breaker opened changes nothing.
        """
        if self.state is State.OPEN:
            return False
        news = self.state is State.CLOSED or error.fault is not self.last_fault
        self.last_fault, self._tried = error.fault, True
        self._streak += 1
        if self._streak < self._tolerance:
            return False
        self.state = State.OPEN
        self._open_until = self._clock() + self._pause(error)
        return news

    def _pause(self, error: FetchError) -> float:
        longest = SLOW_PROBE_SECONDS if error.fault in FOR_A_PERSON else PROBE_SECONDS
        ramp = FIRST_PAUSE_SECONDS * 2.0 ** min(self._streak - self._tolerance, 10)
        return max(min(ramp, longest), min(error.retry_after_s, LONGEST_RETRY_AFTER))
