"""Pictures into files, without the service: one again by its seed, or a new set for the ``files`` backend."""

import asyncio
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from random import SystemRandom

from minimon.creatures import SEED_BITS, new_seed
from minimon.durable import create_file
from minimon.errors import OverloadedError, ProblemError, StartError
from minimon.generation import Generator
from minimon.services import Show, open_generator, until_loaded
from minimon.settings import Settings
from minimon.stock import Ready

AT_ONCE = 8
"""Orders at a time: as many as an engine can have slots."""

Tell = Callable[[int, int], None]
"""Told how many pictures are done, and of how many."""


def plan_set(settings: Settings, out: Path, seed: int | None, count: int | None) -> Mapping[Path, int]:
    """Return which seed goes into which file: one file, or a folder of ``count`` named as ``files`` reads them.

    Raises StartError if a file is there already, or the seed is too large.
    """
    if seed is not None and seed >= 1 << SEED_BITS:
        raise StartError(f"--seed is {seed}: allowed is a whole number from 0 to 2^{SEED_BITS} - 1")
    names = [settings.image_pattern.format(settings.min_index + place) for place in range(count or 0)]
    paths = [out / name for name in names] or [out]
    taken = [f"{path}: is there already: remove it or name another" for path in paths if path.exists()]
    if taken:
        raise StartError(*taken)
    rng = SystemRandom()
    return {path: new_seed(rng) if seed is None else seed for path in paths}


def how_to_serve(settings: Settings, out: Path, count: int) -> str:
    """Return the command that serves a set as it was planned."""
    variables = {
        "MINIMON_GENERATION_BACKEND": "files",
        "MINIMON_IMAGES_DIR": shlex.quote(str(out)),
        "MINIMON_MAX_INDEX": settings.min_index + count - 1,
    }
    return " ".join([*(f"{name}={value}" for name, value in variables.items()), "minimon serve"])


async def make_set(settings: Settings, seeds: Mapping[Path, int], show: Show, tell: Tell) -> dict[Path, Ready]:
    """Draw the creature of each seed into its file. Raises StartError."""
    async with open_generator(settings) as generator:
        await until_loaded(generator.images, show)
        gate = asyncio.Semaphore(AT_ONCE)
        done: dict[Path, Ready] = {}

        async def make(path: Path, seed: int) -> None:
            async with gate:
                done[path] = await _make(generator, path, seed)
            tell(len(done), len(seeds))

        await asyncio.gather(*(make(path, seed) for path, seed in seeds.items()))
    return {path: done[path] for path in seeds}


async def _make(generator: Generator, path: Path, seed: int) -> Ready:
    while True:
        try:
            minted = await generator.make(seed)
            break
        except OverloadedError:
            await asyncio.sleep(1)  # nobody waits for an answer here
        except ProblemError as error:
            raise StartError(f"{path}: {error} (seed {seed})") from error
    await asyncio.to_thread(create_file, path, minted.picture.png, 0o644)
    return minted
