"""What a name is (contract, section 5): one definition, for names of every origin. Pure."""

import unicodedata
from typing import Final

LEAST_LETTERS: Final = 2
MOST_LETTERS: Final = 24
_MOST_MARKS: Final = 2  # on one letter: enough for Thai and Vietnamese, too few to scribble over the line
_MOST_CHARACTERS: Final = MOST_LETTERS * (2 + _MOST_MARKS)  # a bound on the work, wider than any valid name

_SEPARATORS: Final = frozenset(" -'")
_FORBIDDEN_WORD: Final = "name"
# Letters by their category, yet nothing to see: the Hangul fillers.
_INVISIBLE: Final = frozenset("\u115f\u1160\u3164\uffa0")
_TYPOGRAPHIC: Final = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'", "\u2010": "-", "\u2011": "-"})


def normalise(text: str) -> str:
    """Return ``text`` in the one spelling that a name is stored in.

    NFC; typographic apostrophes and hyphens become ASCII ones; each run of white space becomes one space, and
    none is left at the ends. Nothing else is removed, so what is no name stays no name.
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_TYPOGRAPHIC).split())


def valid_name(text: str) -> bool:
    """Say whether ``text`` is a name as it stands: normalised, 2 to 24 letters, and never the word "name".

    Letters of any script count, with the marks that belong to them. A single space, hyphen or apostrophe may
    stand between two letters. Digits, symbols, emoji and invisible characters make a text no name.
    """
    if len(text) > _MOST_CHARACTERS or text != normalise(text):
        return False
    return _well_formed(text) and LEAST_LETTERS <= count_letters(text) <= MOST_LETTERS and not _says_name(text)


def count_letters(text: str) -> int:
    """Count the letters, of any script; marks and separators are not letters."""
    if text.isalpha() and _INVISIBLE.isdisjoint(text):  # nearly every name
        return len(text)
    return sum(map(_is_letter, text))


def _well_formed(text: str) -> bool:
    """Say whether ``text`` is letters, with marks only on letters and separators only between words."""
    marks, within_word = 0, False
    for character in text:
        if _is_letter(character):
            marks, within_word = 0, True
        elif within_word and unicodedata.category(character).startswith("M"):
            marks += 1
        elif within_word and character in _SEPARATORS:
            within_word = False
        else:
            return False
        if marks > _MOST_MARKS:
            return False
    return within_word


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") and character not in _INVISIBLE


def _says_name(text: str) -> bool:
    """Say whether one of the words is "name", in whatever case or width it is written."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _FORBIDDEN_WORD in plain.replace("-", " ").replace("'", " ").split()
