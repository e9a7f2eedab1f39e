"""Opens what replicas share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import gcd

from minimon.creatures import Rarity
from minimon.settings import RATE_WINDOW_SECONDS, Settings
from minimon.shared.link import Link, open_link
from minimon.shared.stock import SharedStock
from minimon.shared.windows import SharedWindows

MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Shared:
    """What this replica shares with the others."""

    link: Link
    windows: SharedWindows
    stock: SharedStock | None

    def warnings(self) -> list[str]:
        """Return what an operator should know: that Redis is away."""
        return [] if self.link.up else [f"Redis is away ({self.link.fault}): limits are each replica's own"]


@asynccontextmanager
async def open_shared(settings: Settings) -> AsyncIterator[Shared]:
    """Open everything meanwhile. Raises StartError if Redis can never be used as the settings say."""
    async with open_link(settings.redis_url.get_secret_value(), settings.redis_timeout) as link:
        windows = SharedWindows(link, settings.rate_limit_per_min, RATE_WINDOW_SECONDS)
        size, budget = settings.shared_stock_size, settings.shared_stock_memory * MEGABYTE
        odds = odds_of(settings.rarity_weights)
        yield Shared(link, windows, SharedStock(link, odds, size, budget) if size else None)


def odds_of(weights: Mapping[Rarity, int]) -> str:
    """Return a name for the odds that these weights give: the weights, from common to mythic, reduced."""
    every = [weights.get(rarity, 0) for rarity in Rarity]
    return "-".join(str(weight // gcd(*every)) for weight in every)
