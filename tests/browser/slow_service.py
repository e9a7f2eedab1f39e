"""The real service with one backend more: the real engine around a model whose load and steps wait for a file.

`python slow_service.py FOLDER`: it has loaded once FOLDER/loaded exists, and steps while FOLDER/working does.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from minimon.creatures import Traits
from minimon.images.drawn.raster import png
from minimon.images.drawn.scene import scene_svg
from minimon.images.engine.backend import EngineImages, running
from minimon.images.engine.worker import Worker

FOLDER = Path(sys.argv[1])
SIDE = 64
MOST_WAITING = 3


def wait_for(name: str) -> None:
    while not (FOLDER / name).exists():
        time.sleep(0.01)


class Row:
    left = 1

    def __init__(self, traits: Traits) -> None:
        self.traits = traits


class SlowModel:
    slots = 1
    decoders = 0
    flags = ()
    facts: dict[str, Any] = {}  # noqa: RUF012 - the protocol's own form

    def begin(self, order: Any) -> Row:
        return Row(order.traits)

    def step(self, rows: list[Row]) -> None:
        wait_for("working")
        time.sleep(0.2)
        for row in rows:
            row.left = 0

    def finish(self, row: Row) -> Callable[[], bytes]:
        return lambda: png(scene_svg(row.traits), SIDE)

    def shrink(self) -> bool:
        return False


def load(report: Callable[[str, float], None]) -> SlowModel:
    report("loading", 0.4)
    wait_for("loaded")
    return SlowModel()


@asynccontextmanager
async def open_slow(_: Any) -> AsyncIterator[EngineImages]:
    async with running(Worker("slow", load, most=MOST_WAITING, patience=60), lambda _: 1) as images:
        yield images


if __name__ == "__main__":
    sys.modules["slow_service"] = sys.modules["__main__"]
    from minimon import backends

    backends.IMAGE_BACKENDS["slow"] = "slow_service:open_slow"  # before the settings learn what is allowed
    backends.STOCK_SIZES["slow"] = 0
    from minimon.cli import main

    main(["serve"])
