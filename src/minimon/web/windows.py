"""Moving windows in memory: who called how often of late, bounded however many addresses call."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST_WINDOWS = 16_384
MOST_HITS = 500_000
"""Both bound the memory. Forgetting an address gives it a fresh window, so somebody with more addresses than
``MOST_WINDOWS`` gains nothing: each of those already has a window of its own."""


class Windows:
    """The hits of each key within the last seconds, newest last. For one event loop."""

    def __init__(
        self,
        limit: int,
        seconds: float,
        *,
        most_windows: int = MOST_WINDOWS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``limit`` is the most hits within ``seconds``."""
        self._limit = limit
        self._seconds = seconds
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()
        self._hits = 0
        self._most_windows = most_windows
        self._most_hits = max(MOST_HITS, limit)
        self._now = now

    def hit(self, key: str) -> float:
        """Enter a hit and return 0, or return the seconds until there is room for one."""
        now = self._now()
        window = self._live_window(key, now - self._seconds)
        if len(window) >= self._limit:
            return window[0] + self._seconds - now
        window.append(now)
        self._hits += 1
        if len(self._windows) > self._most_windows or self._hits > self._most_hits:
            self._forget_one()
        return 0.0

    def _live_window(self, key: str, oldest: float) -> deque[float]:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = deque()
        else:
            self._windows.move_to_end(key)
        while window and window[0] <= oldest:
            window.popleft()
            self._hits -= 1
        return window

    def _forget_one(self) -> None:
        """Forget the key that was silent longest."""
        _, window = self._windows.popitem(last=False)
        self._hits -= len(window)
