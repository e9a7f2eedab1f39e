"""What a language model is asked, in each language; the words are in ``data/prompts/``, for a translator to edit. Pure.

The model is shown the task as a conversation: what it must do, a few requests with sound answers, then the request.
Small models follow shown answers better than described ones.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

from minimon.creatures import Element, Rarity, Traits
from minimon.names.local import LANGUAGES

MOST_ASKED: Final = 30  # names at once; the parser takes 32 from one answer


@dataclass(frozen=True, slots=True)
class Example:
    """A request with the answer that would please."""

    traits: Traits
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One data file, as read."""

    system: Template
    request: Template
    elements: Mapping[Element, str]
    rarities: Mapping[Rarity, str]
    examples: tuple[Example, ...]

    def ask(self, traits: Traits, count: int) -> dict[str, str]:
        """Return the message that asks for ``count`` names."""
        words = {"element": self.elements[traits.element], "rarity": self.rarities[traits.rarity]}
        return {"role": "user", "content": self.request.substitute(words, n=count)}

    def show(self, example: Example) -> list[dict[str, str]]:
        """Return the request and the answer of an example."""
        answer = json.dumps({"names": example.names}, ensure_ascii=False)
        return [self.ask(example.traits, len(example.names)), {"role": "assistant", "content": answer}]


def messages(language: str, traits: Traits, count: int) -> list[dict[str, str]]:
    """Return the chat messages that ask for ``count`` names, 1 to ``MOST_ASKED``, for a creature with ``traits``.

    Each message has a ``role`` (system, user or assistant) and a ``content``. Raises ``ValueError`` for a count out of
    range and for a language that is not one of ``LANGUAGES``.
    """
    if not 1 <= count <= MOST_ASKED:
        raise ValueError(f"{count} names at once; allowed are 1 to {MOST_ASKED}")
    prompt = load(language)
    system = {"role": "system", "content": prompt.system.substitute(n=count)}
    shown = [message for example in prompt.examples for message in prompt.show(example)]
    return [system, *shown, prompt.ask(traits, count)]


@cache
def load(language: str) -> Prompt:
    """Read the prompt in ``language``; raise ``ValueError`` where there is none."""
    if language not in LANGUAGES:
        raise ValueError(f"no prompt in {language!r}; there are {', '.join(LANGUAGES)}")
    data = tomllib.loads(files("minimon.names").joinpath(f"data/prompts/{language}.toml").read_text("utf-8"))
    return Prompt(
        system=Template(data["system"].strip()),
        request=Template(data["request"]),
        elements={element: data["elements"][element] for element in Element},
        rarities={rarity: data["rarities"][rarity] for rarity in Rarity},
        examples=tuple(
            Example(Traits(0, Rarity(each["rarity"]), Element(each["element"])), tuple(each["names"]))
            for each in data["examples"]
        ),
    )
