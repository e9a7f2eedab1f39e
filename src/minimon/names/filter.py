"""Whether a name is offensive in one of the five languages, whichever language it was asked for. Pure after loading.

The rule, for a name that a child will read. It is folded first: small letters, no accents, katakana as hiragana,
a letter that is drawn out ("fuuu") written once. Then a name is offensive where

1. the whole name, or one of its words, is in the lists of glin-profanity (English, French, Spanish, German,
   Japanese) or in our list ``word``;
2. one of its words begins or ends with an entry of ``edge``;
3. it holds an entry of ``anywhere``, also across its hyphens and spaces where it is cut into crumbs ("F-u-c-k").

Entries of ``pardon`` are taken out before 2 and 3 look and excused from 1, so that Scunthorpe and Titania stay names.
Embedded words are judged by our lists alone: a general list matched inside words flags "assassin" and half of the
dictionary, and matched on whole words only misses every "Fuckdragon". glin-profanity gives the breadth (kept, MIT,
no heavy dependency), ``data/offensive.toml`` the positions and what it lacks. Disguises with look-alike letters of
another script are not undone.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

from glin_profanity.data.dictionary import dictionary  # type: ignore[import-untyped]  # the package has no types

_LISTS: Final = ("english", "french", "spanish", "german", "japanese")
_KATAKANA_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(ord("ァ"), ord("ヴ") + 1)}
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")
_BETWEEN_WORDS: Final = re.compile(r"[\s'\-]+")
_CRUMB: Final = 2  # letters: a name with a piece this short may be a word that was cut up


@dataclass(frozen=True, slots=True)
class Lists:
    """The words to look for, folded."""

    words: frozenset[str]
    anywhere: re.Pattern[str]
    edge: re.Pattern[str]
    pardon: re.Pattern[str]


def offensive(name: str) -> bool:
    """Say whether ``name`` must not be shown, by the rule above. Time is linear in its length."""
    lists, text = _lists(), fold(name)
    pardoned = lists.pardon.sub("·", text)
    words = _BETWEEN_WORDS.split(pardoned)
    if not lists.words.isdisjoint((*words, pardoned)) or any(map(lists.edge.search, words)):
        return True
    cut_up = len(words) > 1 and min(map(len, words)) <= _CRUMB
    return bool(lists.anywhere.search(pardoned) or (cut_up and lists.anywhere.search("".join(words))))


def fold(text: str) -> str:
    """Return ``text`` as the lists are written, so that spellings of one word compare equal."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA_TO_HIRAGANA)
    letters = "".join(map(_without_accent, plain))
    return _DRAWN_OUT.sub(r"\1", letters)


def _without_accent(character: str) -> str:
    """Take the accents off a Latin letter; elsewhere a mark makes another letter (は, ば) and stays."""
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character


@cache
def _lists() -> Lists:
    ours = tomllib.loads(files("minimon.names").joinpath("data/offensive.toml").read_text("utf-8"))
    entries = {kind: sorted({fold(word) for word in text.split()}) for kind, text in ours.items()}
    theirs = {fold(word) for word in chain.from_iterable(map(dictionary.get_words, _LISTS))}
    either = {kind: "|".join(map(re.escape, words)) for kind, words in entries.items()}
    return Lists(
        words=frozenset(theirs | set(entries["word"])) - set(entries["pardon"]),
        anywhere=re.compile(either["anywhere"]),
        edge=re.compile(f"^(?:{either['edge']})|(?:{either['edge']})$"),
        pardon=re.compile(either["pardon"]),
    )
