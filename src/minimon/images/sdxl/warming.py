"""The first calls, before the first request: they cost most, and they show which numbers of rows agree to the bit."""

from collections.abc import Sequence

import structlog
import torch

from minimon.creatures import Element, Rarity, Traits
from minimon.images.engine.model import Order, Report
from minimon.images.sdxl.painter import Painter, Row

_log = structlog.get_logger(__name__)


def warm(painter: Painter, buckets: Sequence[int], *, exact: bool, compiled: bool, report: Report) -> list[int]:
    """Make the first calls; return the numbers of rows that calls may have.

    Not ``exact``: all of them. Exact: the largest, and those whose pictures had the same bits as in the largest.
    The kernels of a device often sum in another order for another number of rows, and then one seed would give
    another picture when there is less to do. A compiled UNet has one shape, for each costs minutes.
    """
    report("warming up", 0)
    _draw(painter, buckets[-1:])
    painter.finish(_draw(painter, buckets[-1:])[0])
    if not exact:
        _draw(painter, buckets)
        return list(buckets)
    if compiled:
        return [buckets[-1]]
    report("comparing numbers of rows", 0.5)
    return [bucket for bucket in buckets if bucket == buckets[-1] or _agrees(painter, bucket, buckets[-1])]


def _agrees(painter: Painter, bucket: int, largest: int) -> bool:
    """Say whether pictures come out of both numbers of rows with the same bits."""
    pairs = zip(_draw(painter, [bucket]), _draw(painter, [largest]), strict=True)
    return all(torch.equal(small.latent, large.latent) for small, large in pairs)


def _draw(painter: Painter, buckets: Sequence[int]) -> list[Row]:
    """Draw one picture of each rarity, one after the other, in calls of each of these numbers of rows."""
    rows = []
    for bucket in buckets:
        painter.use_buckets([bucket])
        for seed, rarity in enumerate((Rarity.F, Rarity.S_PLUS)):
            row = painter.begin(Order(Traits(seed, rarity, Element.WATER), ""))
            while row.left:
                painter.step([row])
            rows.append(row)
    return rows
