"""Names made on the spot from fragments, one data file per language, so that no generate call needs a network.

A name is the head of an element ("Aqua", "Braise") and a tail ("griffe"). ``data/<language>.toml`` holds the
fragments, and the join rules that make the border between the two sound right in that language. Tails come in
three groups, so that a common creature tends to a small name and a mythic one to a grand name.
"""

import re
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from minimon.creatures import Element, Rarity, Traits
from minimon.names.rules import count_letters
from minimon.settings import Settings
from minimon.tallies import NameTallies

LANGUAGES: Final = ("fr", "en", "es", "de", "ja")
_KNOWN_SHARE: Final = 0.05  # of all names: often enough to be met again, seldom enough to stay a surprise
_TRIES: Final = 100  # with fewer than one join in three refused, a hundred refusals in a row do not happen
_SMALL: Final = frozenset({Rarity.F, Rarity.E, Rarity.D, Rarity.C})


@dataclass(frozen=True, slots=True)
class JoinRule:
    """Respell ``find`` in ``head|tail``; with no ``put``, a join in which ``find`` occurs is refused."""

    find: re.Pattern[str]
    put: str | None


@dataclass(frozen=True, slots=True)
class Fragments:
    """What one element brings to a name."""

    known: tuple[str, ...]
    heads: tuple[str, ...]
    small: tuple[str, ...]
    """Tails for the rarities F to C."""
    grand: tuple[str, ...]
    """Tails for the others."""


@dataclass(frozen=True, slots=True)
class Language:
    """One data file, as read."""

    longest: int
    joins: tuple[JoinRule, ...]
    never: frozenset[str]
    elements: Mapping[Element, Fragments]

    def compose(self, head: str, tail: str) -> str | None:
        """Join two fragments, or return None where the result would not sound right or is on the list of nevers."""
        name = f"{head}|{tail}"
        for rule in self.joins:
            if rule.find.search(name):  # most find nothing, which Pattern.sub would take longer for
                if rule.put is None:
                    return None
                name = rule.find.sub(rule.put, name, count=1)
        name = name.replace("|", "")
        return None if count_letters(name) > self.longest or name in self.never else name


class LocalNames:
    """Draws names in one language. It does no input or output, and a name costs microseconds."""

    slow = False

    def __init__(self, language: str) -> None:
        """Read the fragments of ``language``, one of ``LANGUAGES``; raise ``ValueError`` for another one."""
        load(language)
        self._language = language

    @property
    def tallies(self) -> NameTallies:
        """Nothing: each creature has a name, and it is from here."""
        return NameTallies()

    async def name(self, traits: Traits, *, patient: bool = False) -> str:  # noqa: ARG002 - there is nothing to wait for
        """Return a valid, unoffensive name that fits the element and the rarity: the same for the same traits."""
        rng = traits.stream("name")
        fragments = load(self._language).elements[traits.element]
        if rng.random() >= _KNOWN_SHARE:
            small = traits.rarity in _SMALL
            for _ in range(_TRIES):
                if name := rng.choice(_with_head(self._language, traits.element, small, rng.choice(fragments.heads))):
                    return name
        return rng.choice(fragments.known)

    def status(self) -> Mapping[str, Any]:
        """Return nothing: there is nothing to tell."""
        return {}


@asynccontextmanager
async def open_local(settings: Settings) -> AsyncIterator[LocalNames]:
    """Open the names backend ``local``."""
    yield LocalNames(settings.name_language)


def all_names(language: str, traits: Traits) -> Iterator[str]:
    """Yield every name that ``LocalNames`` can give for ``traits``, the known ones first; some occur twice."""
    fragments = load(language).elements[traits.element]
    yield from fragments.known
    for head in fragments.heads:
        yield from filter(None, _with_head(language, traits.element, traits.rarity in _SMALL, head))


@cache
def _with_head(language: str, element: Element, small: bool, head: str) -> tuple[str | None, ...]:  # noqa: FBT001
    """Return a head's name with each tail, or None where the two do not join.

    Kept, some 4 MB once all are there: the rules cost more than all else about a creature that has its picture.
    """
    spoken = load(language)
    fragments = spoken.elements[element]
    return tuple(spoken.compose(head, tail) for tail in (fragments.small if small else fragments.grand))


@cache
def load(language: str) -> Language:
    """Read the data file of ``language``; raise ``ValueError`` where there is none."""
    if language not in LANGUAGES:
        raise ValueError(f"no names in {language!r}; there are {', '.join(LANGUAGES)}")
    data = tomllib.loads(files("minimon.names").joinpath(f"data/{language}.toml").read_text("utf-8"))
    return Language(
        longest=data["longest"],
        joins=tuple(JoinRule(re.compile(rule["find"]), rule.get("put")) for rule in data["join"]),
        never=frozenset(data["never"]),
        elements={element: _fragments(data[element], data["tails"]) for element in Element},
    )


def _fragments(section: Mapping[str, str], tails: Mapping[str, str]) -> Fragments:
    small, grand = (_words(tails["any"], tails[size], section["tails"]) for size in ("small", "grand"))
    return Fragments(_words(section["known"]), _words(section["heads"]), small, grand)


def _words(*blocks: str) -> tuple[str, ...]:
    """Split blocks of fragments, written with spaces between them; a fragment written twice counts once."""
    return tuple(dict.fromkeys(" ".join(blocks).split()))
