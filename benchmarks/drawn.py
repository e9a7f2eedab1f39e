"""How fast creatures are drawn: scene, raster and PNG apart, by rarity; on one core and on all; beside DiceBear.

    python benchmarks/drawn.py --seconds 5 --dicebear FOLDER

FOLDER is one in which `npm install @dicebear/core @dicebear/collection @dicebear/converter` was run. Its avatars are
made in this same run, by its own PNG converter, at the same size. Milliseconds are those of the processor unless they
are called clock: others who use the machine do not count. The last line of the output is JSON.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import asyncio
import io
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image

from minimon.creatures import Element, Rarity, Traits, draw_traits
from minimon.images.drawn.backend import draw_once, draw_picture
from minimon.images.drawn.png import encode_png
from minimon.images.drawn.pool import DrawingPool
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import scene_svg

STYLES = ("adventurer", "bottts", "lorelei", "funEmoji")
T = TypeVar("T")
WEIGHTS = dict(zip(Rarity, (24, 20, 16, 12, 10, 8, 5, 1), strict=True))
SIZE = 512


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return how many milliseconds of the processor the work took, and what it returned."""
    begin = time.thread_time()
    result = work()
    return (time.thread_time() - begin) * 1000, result


def split(rarity: Rarity, count: int) -> dict[str, float]:
    """Return the median milliseconds of each step for one rarity, and of the whole by processor and by the clock.

    Raster and encode are the least of four tries for each creature: what others do to the caches only adds. The scene
    is made once, since it is cheaper the second time, after 300 others.
    """
    for seed in range(10**6, 10**6 + 300):
        scene_svg(Traits(seed, rarity, list(Element)[seed % 4]))
    rows = []
    for seed in range(count + 3):
        traits = Traits(seed, rarity, list(Element)[seed % 4])
        clock = time.perf_counter()
        scene, svg = timed(lambda traits=traits: scene_svg(traits))
        raster, image = timed(lambda svg=svg: pixels(svg, SIZE))
        encode, _ = timed(lambda image=image: encode_png(image))
        clock = (time.perf_counter() - clock) * 1000
        for _ in range(3):
            raster = min(raster, timed(lambda svg=svg: pixels(svg, SIZE))[0])
            encode = min(encode, timed(lambda image=image: encode_png(image))[0])
        rows.append((scene, raster, encode, scene + raster + encode, clock, len(svg) / 1024))
    names = ("scene", "raster", "encode", "whole", "clock_p50", "svg_kib")
    found = {
        name: round(statistics.median(column), 2)
        for name, column in zip(names, zip(*rows[3:], strict=True), strict=True)
    }
    clocks = sorted(row[4] for row in rows[3:])
    return found | {"clock_p99": round(clocks[int(len(clocks) * 0.99)], 2)}


def scenes(seconds: float) -> float:
    """Return how many scenes become SVG in a second of a processor, by the usual weights, after 2,000 others."""
    creatures = [draw_traits(WEIGHTS, seed) for seed in range(4000)]
    for traits in creatures[:2000]:
        scene_svg(traits)
    done, begin = 0, time.thread_time()
    while time.thread_time() - begin < seconds:
        scene_svg(creatures[2000 + done % 2000])
        done += 1
    return round(done / (time.thread_time() - begin), 1)


async def through_pool(workers: int, seconds: float, weights: Mapping[Rarity, int] = WEIGHTS) -> float:
    """Return pictures a second, as the service asks for them, with as many processes as that."""
    pool = DrawingPool(workers, 64, draw_once)
    await pool.warm()
    done, end = 0, time.perf_counter() + seconds

    async def ask(lane: int) -> None:
        nonlocal done
        seed = lane * 10**6
        while time.perf_counter() < end:
            seed += 1
            await pool.run(draw_picture, draw_traits(weights, seed), SIZE)
            done += 1

    begin = time.perf_counter()
    await asyncio.gather(*(ask(lane) for lane in range(2 * workers)))
    rate = done / (time.perf_counter() - begin)
    pool.unwatch()
    await asyncio.to_thread(pool.close)
    return round(rate, 1)


def encoders(count: int = 24) -> dict[str, dict[str, float]]:
    """Return milliseconds and KiB of each way to pack the same pictures."""
    images = [pixels(scene_svg(draw_traits(WEIGHTS, seed))) for seed in range(count)]
    ways: dict[str, Callable[[Image.Image], bytes]] = {"ours": encode_png}
    ways |= {f"pillow_{level}": partial(saved, format="PNG", compress_level=level) for level in (1, 6)}
    ways |= {f"webp_{method}": partial(saved, format="WEBP", quality=90, method=method) for method in (0, 2)}
    found = {}
    for name, way in ways.items():
        packed = [timed(partial(way, image)) for image in images]
        times, sizes = [took for took, _ in packed], [len(content) / 1024 for _, content in packed]
        found[name] = {"ms": round(statistics.median(times), 2), "kib": round(statistics.mean(sizes), 1)}
    return found


def saved(image: Image.Image, **options: object) -> bytes:
    """Return a picture as Pillow writes it."""
    packed = io.BytesIO()
    image.save(packed, **options)
    return packed.getvalue()


def dicebear(folder: str, count: int) -> dict[str, dict[str, float]]:
    """Return the median milliseconds of DiceBear's PNG of each style, by the clock and of the processor."""
    script = Path(__file__).with_name("dicebear.mjs")
    found = {}
    for style in STYLES:
        command = ["node", str(script), str(Path(folder).resolve()), style, str(count), str(SIZE)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        clock, processor = (
            round(statistics.median(column), 2) for column in zip(*json.loads(done.stdout), strict=True)
        )
        found[style] = {"clock": clock, "processor": processor}
    return found


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--count", type=int, default=60)
    options.add_argument("--dicebear", help="folder of an npm install")
    given = options.parse_args()
    found: dict[str, object] = {"load": os.getloadavg()[0], "size": SIZE}
    found["by_rarity_ms"] = {rarity.value: split(rarity, given.count) for rarity in Rarity}
    for rarity in Rarity:
        rate = asyncio.run(through_pool(1, given.seconds, {rarity: 1}))
        found["by_rarity_ms"][rarity.value] |= {"per_second": rate}
    first, last = (found["by_rarity_ms"][rarity] for rarity in ("F", "S+"))
    found["s_plus_for_f"] = {name: round(last[name] / first[name], 2) for name in ("whole", "clock_p50")}
    found["s_plus_for_f"]["per_second"] = round(first["per_second"] / last["per_second"], 2)
    found["dicebear_ms"] = dicebear(given.dicebear, given.count) if given.dicebear else {}
    found["scenes_per_second"] = scenes(given.seconds)
    found["per_second"] = {workers: asyncio.run(through_pool(workers, given.seconds)) for workers in (1, 2)}
    found["encoders"] = encoders()
    for rarity, row in found["by_rarity_ms"].items():
        print(rarity, row)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
