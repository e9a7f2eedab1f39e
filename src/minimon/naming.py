"""Print names, for a person who tunes prompts."""

import sys
from typing import TYPE_CHECKING, Final

from minimon.backends import NAME_SAMPLERS, load_factory
from minimon.settings import Settings
from minimon.upstream.faults import FetchError

if TYPE_CHECKING:  # the module behind loads the HTTP client, which only this command needs
    from collections.abc import AsyncIterator

    from minimon.names.samples import Sample

PATIENCE: Final = 5
"""Answers in a row without a name, after which the rest is given up."""


async def print_names(settings: Settings, backend: str, count: int, *, explain: bool) -> int:
    """Print ``count`` names of a backend, one a line; with ``explain`` each answer before them. Return the status."""
    try:
        async with load_factory(NAME_SAMPLERS, backend)(settings) as samples:
            return await _print(samples, count, explain=explain)
    except FetchError as error:
        print(f"minimon: names server: {error.fault}: {error.detail}", file=sys.stderr)
        return 1


async def _print(samples: "AsyncIterator[Sample]", count: int, *, explain: bool) -> int:
    in_vain = 0
    async for sample in samples:
        if explain:
            _explain(sample)
        for name in sample.names[:count]:
            print(f"{name}\t{sample.traits.rarity}\t{sample.traits.element}", flush=True)
        count -= len(sample.names)
        in_vain = 0 if sample.names else in_vain + 1
        if count <= 0:
            return 0
        if in_vain == PATIENCE:
            print(f"minimon: names server: {PATIENCE} answers in a row without a name", file=sys.stderr)
            return 1
    return 0


def _explain(sample: "Sample") -> None:
    asked = f"{sample.traits.rarity} {sample.traits.element}"
    print(f"# {asked}: {sample.answer or 'composed'}")
    if sample.verdict:
        print(f"# parser: {sample.verdict}, {len(sample.names)} names")
