"""The first calls, before the first request: they cost most, and they show which numbers of rows agree to the bit."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import structlog
import torch

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.model import Order, OutOfMemoryError, Report
from minimon.images.sdxl.device import free_cache
from minimon.images.sdxl.graphs import GraphError
from minimon.images.sdxl.painter import Painter, Row

_log = structlog.get_logger(__name__)

CALLS: Final = "calls"
DECODER: Final = "decoder"
LESS_MEMORY = "set SDXL_ENABLE_CPU_OFFLOAD=1, or smaller SDXL_WIDTH and SDXL_HEIGHT, or end what else uses the device"


def warm(painter: Painter, *, exact: bool, compiled: bool, ungraphed: Mapping[str, str], report: Report) -> None:
    """Make the first calls, and settle the numbers of rows that calls may have.

    Not ``exact``: all of them. Exact: the largest, and those that give the same bits as the largest. The kernels of a
    device often sum in another order for another number of rows, and then one seed would give another picture when
    there is less to do. A compiled UNet has one shape, for each costs minutes. Then CALLS and DECODER become graphs,
    unless ``ungraphed`` says why not. Numbers of rows that the device has no memory for are left out; raises StartError
    if it has none for one.
    """
    buckets = painter.buckets
    while True:
        try:
            kept = _agreeing(painter, buckets, exact=exact, compiled=compiled, report=report)
        except OutOfMemoryError as error:
            buckets = [bucket for bucket in buckets if bucket < painter.slots]
            if not buckets:
                raise StartError(f"the device has too little memory for one picture: {LESS_MEMORY}") from error
            _log.warning("out of memory: fewer slots", slots=buckets[-1])
        else:
            break
    painter.use_buckets(kept)
    report("capturing", 1)
    _capture(painter, ungraphed)


def _agreeing(
    painter: Painter, buckets: Sequence[int], *, exact: bool, compiled: bool, report: Report
) -> Sequence[int]:
    """Try numbers of rows, the largest first; return those to keep. Raises OutOfMemoryError."""
    tried = buckets[-1:] if compiled and exact else buckets
    drawn = {}
    for done, bucket in enumerate(reversed(tried)):
        report("compiling" if compiled else "warming up", done / len(tried))
        drawn[bucket] = _draw(painter, bucket, buckets[-1])
    kept = [bucket for bucket in tried if not exact or torch.equal(drawn[bucket], drawn[buckets[-1]])]
    _log.info("numbers of rows", used=kept, differ=[bucket for bucket in tried if bucket not in kept], exact=exact)
    return kept


def _capture(painter: Painter, without: Mapping[str, str]) -> None:
    """Make graphs of what can be one, up to the first that fails, and say why not of the rest: it is called as written.

    Another capture after one that failed is more than PyTorch promises.
    """
    rows = _rows(painter, painter.slots)
    calls = {f"{bucket} rows": partial(painter.capture, rows[:bucket]) for bucket in reversed(painter.buckets)}
    asked = ({} if CALLS in without else calls) | (
        {} if DECODER in without else {DECODER: partial(painter.capture_decoder, rows[0])}
    )
    reasons = dict(without)
    for name, capture in asked.items():
        free_cache()
        try:
            capture()
        except GraphError as error:
            reasons[name] = str(error)
            _log.warning("not a graph, so it takes longer", what=name, cause=str(error))
            break
    free_cache()  # what the calls took before they were graphs
    painter.facts["graphs_reason"] = "; ".join(f"{name}: {why}" for name, why in reasons.items()) or "all there are"


def _rows(painter: Painter, count: int) -> list[Row]:
    """Return rows of the most steps and of one step."""
    rarities = [Rarity.S_PLUS] + [Rarity.F] * (count - 1)
    return [painter.begin(Order(Traits(seed, rarity, Element.WATER), "")) for seed, rarity in enumerate(rarities)]


def _draw(painter: Painter, bucket: int, count: int) -> torch.Tensor:
    """Draw as many pictures as the largest call has rows, in calls of ``bucket`` rows; return their latents."""
    painter.use_buckets([bucket])
    rows = _rows(painter, count)
    for start in range(0, count, bucket):
        _finish(painter, rows[start : start + bucket])
    return torch.stack([row.latent for row in rows])


def _finish(painter: Painter, rows: Sequence[Row]) -> None:
    while under_way := [row for row in rows if row.left]:
        painter.step(under_way)
    painter.finish(rows[0])
