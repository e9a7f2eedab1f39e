"""Names as each backend makes them, with how they came about, for a person who tunes prompts."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from random import SystemRandom

from minimon.creatures import Traits, draw_traits, new_seed
from minimon.names.client import NamesClient, open_client
from minimon.names.local import LocalNames
from minimon.names.parsing import parse_names
from minimon.names.remote import MOST_AT_ONCE, SCHEMA, question
from minimon.names.stock import Kind
from minimon.settings import Settings


@dataclass(frozen=True, slots=True)
class Sample:
    """What was asked for, what came, and what was made of it."""

    traits: Traits
    names: tuple[str, ...]
    answer: str = ""
    """As it came, but for the key and invisible characters; empty for local names."""
    verdict: str = ""


@asynccontextmanager
async def sample_local(settings: Settings) -> AsyncIterator[AsyncIterator[Sample]]:
    """Give local names without end, for creatures as the service would draw them."""
    async with aclosing(_local(settings)) as samples:
        yield samples


@asynccontextmanager
async def sample_remote(settings: Settings) -> AsyncIterator[AsyncIterator[Sample]]:
    """Give the answers of the names server without end; the iterator raises FetchError."""
    async with open_client(settings) as client, aclosing(_remote(settings, client)) as samples:
        yield samples


async def _local(settings: Settings) -> AsyncGenerator[Sample]:
    names = LocalNames(settings.name_language)
    while True:
        traits = _draw(settings)
        yield Sample(traits, (await names.name(traits),))


async def _remote(settings: Settings, client: NamesClient) -> AsyncGenerator[Sample]:
    while True:
        traits = _draw(settings)
        asked = question(settings.name_language, Kind(traits.element, traits.rarity), MOST_AT_ONCE)
        answer = await client.complete(asked, SCHEMA)
        parsed = parse_names(answer)
        yield Sample(traits, parsed.names, client.presentable(answer), parsed.verdict)


def _draw(settings: Settings) -> Traits:
    return draw_traits(settings.rarity_weights, new_seed(SystemRandom()))
