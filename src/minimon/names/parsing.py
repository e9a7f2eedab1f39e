"""Whatever a language model answered, made into valid names, or a verdict that says why there are none. Pure.

Never an exception, never a name that ``rules.valid_name`` or ``filter.offensive`` would not pass, and time linear
in the answer, which is read up to ``MOST_READ`` characters, and up to ``MOST_EXAMINED`` once thoughts are gone.

Broken JSON is not repaired by a library. json-repair 0.64, the best kept one, was measured on hostile input: ``{'``
repeated takes 0.5 s at 4 kB, 8 s at 16 kB and 29 s at 32 kB (it is quadratic), which would stall the event loop, and
some input raises RecursionError or ValueError. And the structure is not what is wanted, only the texts under a
name's label: ``candidates`` scans for those, whole or broken.

An answer that was cut off inside a name ({"name": "Flor) cannot be told from a shorter name. Beside whole names the
piece is dropped. Alone, it is taken if it could be a name: at least 4 letters (3 in Japanese), a vowel, and an end on
which words end ("Flor", not "Floracl"); else the verdict is ``cut``.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from minimon.names.candidates import Candidate, Label, by_certainty, holds, listed, words_of
from minimon.names.filter import offensive
from minimon.names.rules import count_letters, normalise, valid_name
from minimon.names.unwrapping import unwrap

MOST_NAMES: Final = 32  # from one answer
MOST_JUDGED: Final = 64  # candidates of one kind; the rest of a longer list is not looked at
_LONGEST_CANDIDATE: Final = 120  # characters: a longer one is a sentence
_MOST_WORDS: Final = 3
_LEAST_CUT: Final = 4
_LEAST_CUT_KANA: Final = 3

_NUMBERING: Final = re.compile(r"^\s{0,9}\d{1,3}(?:\s?[.):]|\ufe0f?\u20e3)")
_ASIDE: Final = re.compile(r"\s[-–—~]\s|\s?(?:->|[(（\[{<=→|}\]])|\s//")
_LATIN_VOWEL: Final = re.compile(r"[aeiouyàâäáåéèêëíîïóôöœúùûüæø]", re.IGNORECASE)
_CONSONANTS: Final = frozenset("bcdfghjklmnpqrstvwxz")
_FINAL_PAIRS: Final = re.compile(
    r"c[hkt]|ff|ft|l[dfklmptz]|mp|n[dgknstxz]|ph|pt|r[cdfklmnprstxz]|s[hkpst]|t[htz]|wn"
)  # consonants that end words in the five languages
_LONGEST_JAPANESE: Final = 14  # letters: longer unspaced text is a phrase
_JAPANESE_SENTENCE: Final = re.compile(
    r"を|です|ます|ました|ません|ください|という|について|名前|の名|私|あなた|だよ|には|では|[。？！]"
)
_JAPANESE: Final = re.compile(r"[ぁ-ヿ一-鿿]")
_KANA_THAT_GOES_ON: Final = re.compile(r"[ッァィゥェォっぁぃぅぇぉ]$")


class Verdict(StrEnum):
    """What became of an answer; the values are words for logs and metrics, the most telling reason first."""

    NAMED = "named"
    OFFENSIVE = "offensive"  # a name was there, and no child shall read it
    INJECTION = "injection"  # it spoke of prompts and instructions
    PLACEHOLDER = "placeholder"  # "name", "string", "unknown" …
    CUT = "cut"  # it ended inside or before the name
    UNFIT = "unfit"  # something stood where a name should, and is none by the contract
    TALK = "talk"  # sentences, and no name to be found in them
    THINKING = "thinking"  # thoughts that never came to an answer
    EMPTY = "empty"  # nothing, or data without a name


@dataclass(frozen=True, slots=True)
class Parsed:
    """The valid names of an answer, each once, in its order; ``verdict`` is ``NAMED`` exactly where there are any."""

    names: tuple[str, ...]
    verdict: Verdict


def parse_names(answer: str) -> Parsed:
    """Return the names in ``answer``, at most ``MOST_NAMES``; see the module's promises."""
    text, unfinished = unwrap(answer)
    if not text.strip():
        return Parsed((), Verdict.THINKING if unfinished else Verdict.EMPTY)
    reasons: set[Verdict] = set()
    for group in (*by_certainty(text), _whole(text)):
        judged = [judge(each) for each in group[:MOST_JUDGED]]
        if names := _chosen(group, judged):
            return Parsed(names, Verdict.NAMED)
        reasons.update(each for each in judged if isinstance(each, Verdict))
        if any(each.nested and each.label is Label.NAME for each in group):
            break  # the model named its choice; what else it said is no second choice
    return Parsed((), _reason(text, reasons))


def _reason(text: str, reasons: set[Verdict]) -> Verdict:
    """Choose the most telling of ``reasons``; where nothing was even a candidate, look at what ``text`` is."""
    if _is_data(text) and text.count("{") + text.count("[") > text.count("}") + text.count("]"):
        reasons.add(Verdict.CUT)
    fallback = Verdict.EMPTY if _is_data(text) else Verdict.TALK
    return next((each for each in Verdict if each in reasons), fallback)


def judge(candidate: Candidate) -> str | Verdict:
    """Return the name that ``candidate`` is, or why it is none."""
    text = clean(candidate.text)
    if not text:
        return Verdict.CUT if candidate.cut else Verdict.PLACEHOLDER if candidate.text.strip() else Verdict.EMPTY
    if reason := _no_name(text, candidate):
        return reason
    name = _capitalised(text)
    if offensive(name):
        return Verdict.OFFENSIVE
    return name if valid_name(name) else Verdict.UNFIT


def _no_name(text: str, candidate: Candidate) -> Verdict | None:
    """Say why the cleaned ``text`` of ``candidate`` is no name, or None if it is one."""
    if holds("injection", text):
        return Verdict.INJECTION
    if listed("placeholders", text) or (_short(text) and words_of("placeholders", text) and not valid_name(text)):
        return Verdict.PLACEHOLDER
    if _is_sentence(text) or (not candidate.quoted and text[0].islower()):
        return Verdict.TALK
    if candidate.cut and not (candidate.label is Label.NAME and _could_be_whole(text)):
        return Verdict.CUT
    return None if valid_name(text) else Verdict.UNFIT


def clean(text: str) -> str:
    """Take from a candidate what is around a name: numbering, asides, symbols, emoji, invisible characters, quotes."""
    if len(text) > _LONGEST_CANDIDATE:
        return text
    kept = "".join(filter(_belongs, _NUMBERING.sub("", text).replace("・", " ").replace("_", " ")))
    kept = _ASIDE.split(kept.lstrip(" ([{<（→=>|"), maxsplit=1)[0]
    return normalise(_strip_punctuation("".join(each for each in kept if unicodedata.category(each)[0] != "S")))


def _belongs(character: str) -> bool:
    """Say whether a character may stay until asides are cut: no control, format, emoji or variation selector."""
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("So", "Sk") and character not in "\ufe0e\ufe0f\u20e3*#`~"


def _strip_punctuation(text: str) -> str:
    kept = [at for at, character in enumerate(text) if unicodedata.category(character)[0] in "LMN"]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def _chosen(group: tuple[Candidate, ...], judged: list[str | Verdict]) -> tuple[str, ...]:
    """Return the names among ``judged``, each once; a name that was cut off only where it is the only one."""
    whole = [each for each, of in zip(judged, group, strict=False) if not isinstance(each, Verdict) and not of.cut]
    names = whole or [each for each in judged if not isinstance(each, Verdict)]
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return tuple(first.values())[:MOST_NAMES]


def _whole(text: str) -> tuple[Candidate, ...]:
    """Take the answer itself as names, one a line or between commas, if nothing else is in it; or its first line."""
    lines = [line for line in text.splitlines() if line.strip()]
    parts = [part for line in lines for part in re.split("[,、，;]", line) if part.strip()]
    if len(parts) > MOST_JUDGED or _is_data(text):
        return ()
    several = tuple(Candidate(part, quoted=len(parts) == 1 and " " not in part.strip()) for part in parts)
    if len(parts) == 1 or not any(isinstance(judge(each), Verdict) for each in several):
        return several
    alone = " " not in lines[0].strip() and lines[0].strip()[-1].isalpha()
    return (Candidate(lines[0]),) if alone else ()


def _is_data(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _short(text: str) -> bool:
    return len(text.split()) <= _MOST_WORDS


def _is_sentence(text: str) -> bool:
    """Say whether ``text`` reads as talk: many words, small words, a row of words without a capital."""
    several = " " in text
    if not _short(text) or (several and (words_of("talk", text) or text == text.lower() != text.upper())):
        return True
    return bool(_JAPANESE.search(text) and (_JAPANESE_SENTENCE.search(text) or count_letters(text) > _LONGEST_JAPANESE))


def _could_be_whole(text: str) -> bool:
    if _JAPANESE.search(text):
        return count_letters(text) >= _LEAST_CUT_KANA and not _KANA_THAT_GOES_ON.search(text)
    end = text[-2:].casefold()
    half = _CONSONANTS.issuperset(end) and not _FINAL_PAIRS.fullmatch(end)
    return count_letters(text) >= _LEAST_CUT and not half and bool(_LATIN_VOWEL.search(text) or not text.isascii())


def _capitalised(text: str) -> str:
    """Write a name that is all in small letters, or shouted, as names are written."""
    shouted = text.isupper() and count_letters(text) >= _LEAST_CUT
    return normalise(text.title()) if text.islower() or shouted else text
