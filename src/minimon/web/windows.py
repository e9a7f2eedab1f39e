"""Moving windows in memory for the ``limits`` package, bounded however many addresses call.

``limits`` has a memory storage of its own. It holds every address that ever called until a background pass drops
it, and that pass sends one job to a thread for each address, over and over while requests come. This one drops what
has expired when it touches a window, and the address that has been silent longest when there are too many.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport, Storage

MOST_WINDOWS = 16_384
MOST_HITS = 500_000
"""Both bound the memory. Forgetting an address gives it a fresh window, so somebody with more addresses than
``MOST_WINDOWS`` gains nothing: each of those already has a window of its own."""


class WindowStorage(Storage, MovingWindowSupport):
    """The hits of each key within its window, newest last. For one event loop."""

    STORAGE_SCHEME = None
    base_exceptions = ValueError

    def __init__(
        self, limit: int, *, most_windows: int = MOST_WINDOWS, now: Callable[[], float] = time.monotonic
    ) -> None:
        """``limit`` is the most hits that one window may hold."""
        super().__init__()
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()
        self._hits = 0
        self._most_windows = most_windows
        self._most_hits = max(MOST_HITS, limit)
        self.now = now

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Enter ``amount`` hits if the window has room for them; say whether it had. ``expiry`` is in seconds."""
        now = self.now()
        window = self._live_window(key, now - expiry)
        if len(window) + amount > limit:
            return False
        window.extend([now] * amount)
        self._hits += amount
        self._shrink()
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """Return when the oldest hit of the window was, and how many hits it holds."""
        now = self.now()
        window = self._live_window(key, now - expiry)
        return (window[0] if window else now), len(window)

    def _live_window(self, key: str, oldest: float) -> deque[float]:
        window = self._windows.setdefault(key, deque())
        self._windows.move_to_end(key)
        while window and window[0] <= oldest:
            window.popleft()
            self._hits -= 1
        return window

    def _shrink(self) -> None:
        while len(self._windows) > self._most_windows or self._hits > self._most_hits:
            _, window = self._windows.popitem(last=False)
            self._hits -= len(window)

    async def clear(self, key: str) -> None:
        """Forget one key."""
        self._hits -= len(self._windows.pop(key, ()))

    async def reset(self) -> int | None:
        """Forget every key; return how many there were."""
        count = len(self._windows)
        self._windows.clear()
        self._hits = 0
        return count

    async def check(self) -> bool:
        """Memory is always there."""
        return True

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counters belong to other strategies than the moving window."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Counters belong to other strategies than the moving window."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Counters belong to other strategies than the moving window."""
        raise NotImplementedError
