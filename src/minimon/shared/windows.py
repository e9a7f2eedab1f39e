"""The moving windows of the rate limit, the same for all replicas."""

from collections.abc import Sequence
from typing import Final

from minimon.errors import RedisAwayError
from minimon.shared.link import PREFIX, Link
from minimon.shared.together import Together
from minimon.tallies import Tally

MOST_AT_ONCE: Final = 256
MICRO: Final = 10**6

HIT: Final = """
local time = redis.call('TIME')
local now, limit, window = time[1] * 1000000 + time[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {}
for number, key in ipairs(KEYS) do
  local first = redis.call('LINDEX', key, limit - 1)
  local wait = first and first + window - now or 0
  if wait <= 0 then
    wait = 0
    redis.call('LPUSH', key, now)
    redis.call('LTRIM', key, 0, limit - 1)
    redis.call('PEXPIRE', key, math.ceil(window / 1000))
  end
  answers[number] = wait
end
return answers
"""
"""Enters a hit for each key, or returns the microseconds until there is room for one.

A key holds the moments of its latest hits, newest first, by the clock of Redis: there is room once the one that is
``limit`` back has left the window. What it costs does not depend on the limit.
"""


class SharedWindows:
    """The hits of each key within the last seconds, on whichever replica. As ``web.windows``, for all of them."""

    def __init__(self, link: Link, limit: int, seconds: float) -> None:
        """``limit`` is the most hits within ``seconds``."""
        self._link = link
        self._arguments = (limit, int(seconds * MICRO))
        self.alone = Tally()
        """Hits that Redis was not there to count."""
        self._hits: Together[str, float] = Together(self._hit_all, MOST_AT_ONCE)

    async def hit(self, key: str) -> float:
        """Enter a hit and return 0, or return the seconds until there is room for one. Raises RedisAwayError."""
        try:
            return await self._hits.ask(key)
        except RedisAwayError:
            self.alone.count()
            raise

    async def _hit_all(self, keys: Sequence[str]) -> Sequence[float]:
        waits = await self._link.run(HIT, [f"{PREFIX}rate:{key}" for key in keys], self._arguments)
        return [wait / MICRO for wait in waits]
