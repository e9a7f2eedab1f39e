"""Opens what replicas share, where the settings ask for it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from minimon.backends import MAKES_NONE, SHARED, load_factory
from minimon.errors import StartError
from minimon.generation import stock_size
from minimon.settings import Settings

if TYPE_CHECKING:
    from minimon.shared.opening import Shared  # needs an extra


@asynccontextmanager
async def open_shared(settings: Settings) -> AsyncIterator["Shared | None"]:
    """Open what replicas share, None if the settings name no place for it. Raises StartError."""
    if faults := list(_faults(settings)):
        raise StartError(*faults)
    if not settings.redis_url.get_secret_value():
        yield None
        return
    async with load_factory(SHARED, "redis")(settings) as shared:
        yield shared


def _faults(settings: Settings) -> Iterator[str]:
    """Yield what is asked of a shared stock and cannot be, a line each."""
    own, shared = stock_size(settings), settings.shared_stock_size
    if shared and not settings.redis_url.get_secret_value():
        yield f"MINIMON_SHARED_STOCK_SIZE is {shared}, and there is no Redis to keep them in: set MINIMON_REDIS_URL"
    if settings.fallback_backend == MAKES_NONE:
        yield f"MINIMON_FALLBACK_BACKEND is {MAKES_NONE}, which makes no pictures: name one that does"
    if settings.generation_backend != MAKES_NONE:
        if shared and not own:
            yield (
                f"MINIMON_SHARED_STOCK_SIZE is {shared}, and MINIMON_STOCK_SIZE is 0: set that, too, "
                "as it is there that creatures are made ahead of need"
            )
        return
    if not shared:
        yield (
            f"MINIMON_GENERATION_BACKEND is {MAKES_NONE}, and no stock is shared: "
            "set MINIMON_SHARED_STOCK_SIZE to that of the replicas that make creatures"
        )
    if own:
        yield f"MINIMON_STOCK_SIZE is {own}, and {MAKES_NONE} makes no creatures: leave it to the replicas that do"
