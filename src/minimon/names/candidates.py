"""Finds what may be a name in the text of an answer, the surest places first. Pure, in linear time.

Sound JSON, broken JSON, a Python dictionary, YAML and "Name: Floraclaw" all come down to labels, values and brackets.
One scanner reads those and tracks under which label each value stands, without caring whether the brackets match;
that is why there is no repair of broken JSON first.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

_CLOSERS: Final = {
    '"': re.compile('["\n]'),
    "“": re.compile('[”"“\n]'),
    "„": re.compile('[“”"\n]'),
    "«": re.compile("[»\n]"),
    "「": re.compile("[」\n]"),
    "『": re.compile("[』\n]"),
    "‘": re.compile(r"[’‘](?!\w)|\n"),
    "'": re.compile(r"'(?!\w)|\n"),
    "`": re.compile("[`\n]"),
}
_MARKS: Final = {"：": ":", "，": ",", "、": ",", "；": ",", ";": ",", **{mark: mark for mark in "{}[]:,\n"}}
_BARE: Final = re.compile(r"""(?:[^{}\[\]:,;\n"“„«「『‘'`：，、；]|(?<=\w)['‘])+""")
_ITEM: Final = re.compile(
    r"^[ \t>]{0,12}(?:(?:[-*•‣+·]|\d{1,3}\s?[.):])[ \t]{1,4}|[・●○◆①-⑳][ \t　]{0,4})(\S[^\n]{0,200})", re.MULTILINE
)
_BOLD: Final = re.compile(r"\*\*([^*\n]{2,60})\*\*|__([^_\n]{2,60})__")
_JAPANESE: Final = re.compile(r"[ぁ-ヿ一-鿿]")
_FEW_WORDS: Final = 3


class Label(Enum):
    """What a label says of the value under it."""

    NAME = auto()
    OTHER = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A mark, or a text; ``cut`` where a quoted text ran into the end of the answer."""

    text: str
    mark: bool = False
    quoted: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may be a name, and how it was written."""

    text: str
    label: Label = Label.UNKNOWN
    quoted: bool = False
    nested: bool = False
    cut: bool = False


def by_certainty(text: str) -> Iterator[tuple[Candidate, ...]]:
    """Yield groups of candidates: under a name's label, in some list or object, as list items, marked, in talk."""
    found = tuple(labelled(text))
    yield tuple(each for each in found if each.label is Label.NAME and (each.quoted or each.nested))
    yield tuple(each for each in found if each.label is Label.UNKNOWN and each.nested)
    yield tuple(map(Candidate, _items(text)))
    yield tuple(each for each in found if each.label is Label.NAME and not each.quoted and not each.nested)
    yield tuple(Candidate(match[1] or match[2]) for match in _BOLD.finditer(text))
    yield tuple(each for each in found if each.label is Label.UNKNOWN and each.quoted and not each.nested)
    yield tuple(Candidate(match[1]) for match in _introduced().finditer(text))


def labelled(text: str) -> Iterator[Candidate]:
    """Yield every value in ``text`` with the label that it stands under, its own or that of a bracket around it."""
    above, label, answered = [Label.UNKNOWN], Label.UNKNOWN, False
    for token, following in pairwise((*scan(text), Token("\n", mark=True))):
        nested = len(above) > 1
        if not token.mark:
            if _is_label(token, following, nested=nested):
                label, answered = kind_of(token.text), False
                continue
            yield Candidate(token.text, above[-1] if label is Label.UNKNOWN else label, token.quoted, nested, token.cut)
            answered = True
        elif token.text in "{[":
            above.append(above[-1] if label is Label.UNKNOWN else label)
            label = Label.UNKNOWN
        elif token.text in "}]":
            del above[max(1, len(above) - 1) :]
            label = Label.UNKNOWN
        elif token.text == "," if nested else (token.text == "\n" and answered):
            label = Label.UNKNOWN


def scan(text: str) -> Iterator[Token]:
    """Cut ``text`` into marks, quoted texts and bare texts. Every character is looked at a fixed number of times."""
    at = 0
    while at < len(text):
        character = text[at]
        if character in _MARKS:
            yield Token(_MARKS[character], mark=True)
            at += 1
        elif closer := _CLOSERS.get(character):
            end = closer.search(text, at + 1)
            stop = end.start() if end else len(text)
            yield Token(text[at + 1 : stop].strip(), quoted=True, cut=end is None and text[-1] not in "}]")
            at = stop + 1 if end and end[0] != "\n" else stop
        elif bare := _BARE.match(text, at):
            if bare[0].strip():
                yield Token(bare[0].strip())
            at = bare.end()
        else:
            at += 1


def kind_of(label: str) -> Label:
    """Say what a label announces; in a short label the other kinds win ("name_meaning"), in a sentence the name."""
    words = [word for word in re.split(r"[\W\d_]+", label.casefold()) if word]
    name = "名" in label or not _words("name_keys").isdisjoint((*words, label.casefold()))
    other = not _words("other_keys").isdisjoint((*words, label.casefold()))
    if other and (not name or len(words) <= _FEW_WORDS):
        return Label.OTHER
    return Label.NAME if name else Label.UNKNOWN


def words_of(kind: str, text: str) -> set[str]:
    """Return the words of ``text`` that are listed under ``kind``."""
    return set(_words(kind).intersection(_fold(text).replace("-", " ").split()))


def holds(kind: str, text: str) -> bool:
    """Say whether a word listed under ``kind`` is in ``text``; a Japanese one need not stand between spaces."""
    within = any(_JAPANESE.match(word) and word in text for word in _words(kind))
    return within or bool(words_of(kind, text))


def listed(kind: str, text: str) -> bool:
    """Say whether ``text`` as a whole is listed under ``kind``, with or without a number after it."""
    return not _words(kind).isdisjoint((_fold(text), _fold(text).rstrip("0123456789 ")))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_label(token: Token, following: Token, *, nested: bool) -> bool:
    if following.mark:
        return following.text == ":" or token.text.endswith(":")
    return token.text.endswith(("=", "=>", ":")) or (nested and kind_of(token.text) is Label.NAME)


def _items(text: str) -> Iterator[str]:
    """Yield the items of a list in running text, without the description behind a colon."""
    for match in _ITEM.finditer(text):
        head, colon, _ = match[1].replace("：", ":").partition(":")
        if not colon or kind_of(head) is Label.UNKNOWN:
            yield head


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(_data()[kind].split())


@cache
def _introduced() -> re.Pattern[str]:
    phrases = "|".join(_data()["introductions"].split("\n")).strip("|")
    return re.compile(rf"\b(?i:{phrases})[ \t:]{{1,4}}[*_\"'`“„«]{{0,3}}([^\W\d_a-zß-ÿ][\w'-]{{1,30}})")


@cache
def _data() -> dict[str, str]:
    return tomllib.loads(files("minimon.names").joinpath("data/answers.toml").read_text("utf-8"))
