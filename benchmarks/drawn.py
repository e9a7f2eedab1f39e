"""How fast creatures are drawn: scene, raster and PNG apart, by rarity; on one core and on all; beside DiceBear.

    python -P benchmarks/drawn.py --seconds 5 --dicebear FOLDER   (-P: http.py beside it is not the standard library)

FOLDER is one in which `npm install @dicebear/core @dicebear/collection @dicebear/converter` was run. Its avatars are
made in this same run, by its own PNG converter, at the same size. The last line of the output is JSON.
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from minimon.creatures import Element, Rarity, Traits, draw_traits
from minimon.images.drawn.backend import DrawnImages
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import scene_svg

STYLES = ("adventurer", "bottts", "lorelei", "funEmoji")
WEIGHTS = dict(zip(Rarity, (24, 20, 16, 12, 10, 8, 5, 1), strict=True))
SIZE = 512


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return how many milliseconds the work took, and what it returned."""
    begin = time.perf_counter()
    result = work()
    return (time.perf_counter() - begin) * 1000, result


def split(rarity: Rarity, count: int) -> dict[str, float]:
    """Return the median milliseconds of each step for one rarity, and percentiles of the whole."""
    rows = []
    for seed in range(count + 3):
        traits = Traits(seed, rarity, list(Element)[seed % 4])
        scene, svg = timed(lambda traits=traits: scene_svg(traits))
        raster, image = timed(lambda svg=svg: pixels(svg, SIZE))
        encode, _ = timed(lambda image=image: image.save(io.BytesIO(), "PNG", compress_level=1))
        rows.append((scene, raster, encode, scene + raster + encode, len(svg) / 1024))
    names = ("scene", "raster", "encode", "whole", "svg_kib")
    found = {
        name: round(statistics.median(column), 2)
        for name, column in zip(names, zip(*rows[3:], strict=True), strict=True)
    }
    whole = sorted(row[3] for row in rows[3:])
    return found | {"p99": round(whole[int(len(whole) * 0.99)], 2)}


async def through_backend(workers: int, seconds: float) -> float:
    """Return creatures a second, drawn by the usual weights with as many processes as that."""
    images = DrawnImages(SIZE, workers)
    await images.warm()
    done, end = 0, time.perf_counter() + seconds

    async def ask(lane: int) -> None:
        nonlocal done
        seed = lane * 10**6
        while time.perf_counter() < end:
            seed += 1
            await images.draw(draw_traits(WEIGHTS, seed))
            done += 1

    begin = time.perf_counter()
    await asyncio.gather(*(ask(lane) for lane in range(2 * workers)))
    rate = done / (time.perf_counter() - begin)
    images.close()
    return round(rate, 1)


def encoders(count: int = 12) -> dict[str, dict[str, float]]:
    """Return milliseconds and KiB of each way to pack the same pictures."""
    images = [pixels(scene_svg(draw_traits(WEIGHTS, seed))) for seed in range(count)]
    ways: dict[str, dict[str, object]] = {
        f"png_{level}": {"format": "PNG", "compress_level": level} for level in (0, 1, 2, 3, 6, 9)
    }
    ways |= {f"webp_{method}": {"format": "WEBP", "quality": 90, "method": method} for method in (0, 2, 4)}
    found = {}
    for name, options in ways.items():
        sizes, times = [], []
        for image in images:
            packed = io.BytesIO()
            times.append(timed(lambda image=image, packed=packed, options=options: image.save(packed, **options))[0])
            sizes.append(len(packed.getvalue()) / 1024)
        found[name] = {"ms": round(statistics.median(times), 1), "kib": round(statistics.mean(sizes), 1)}
    return found


def dicebear(folder: str, count: int) -> dict[str, float]:
    """Return the median milliseconds of DiceBear's PNG of each style."""
    script = Path(__file__).with_name("dicebear.mjs")
    found = {}
    for style in STYLES:
        command = ["node", str(script), str(Path(folder).resolve()), style, str(count), str(SIZE)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        found[style] = round(statistics.median(json.loads(done.stdout)), 2)
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
    found["dicebear_ms"] = dicebear(given.dicebear, given.count) if given.dicebear else {}
    found["per_second"] = {workers: asyncio.run(through_backend(workers, given.seconds)) for workers in (1, 2)}
    found["encoders"] = encoders()
    for rarity, row in found["by_rarity_ms"].items():
        print(rarity, row)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
