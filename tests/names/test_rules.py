"""The one definition of a valid name (contract, section 5)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.names.rules import count_letters, normalise, valid_name

SOUND = [
    "Io", "Voltadraco", "Nébulo", "Jean-Luc", "L'Étoile", "Aqua Rex", "Ñandú", "Glühwürmchen", "アクアドラゴ", "龍神",
    "Дракон", "ไฟ", "Δράκος", "Nameless", "Surname", "a" * 24,
]  # fmt: skip
UNSOUND = [
    "", "A", "a" * 25, "name", "Name", "NAME", "ｎａｍｅ", "name draco", "No-Name", "𝓷𝓪𝓶𝓮", "R2D2", "Flora!", "Flora🔥",
    "-Flora", "Flora-", "Flora--Claw", "Flora' Claw", " Flora", "Flora ", "Flora  Claw", "Flora\nClaw", "Flora\tClaw",
    "Flora\u202eClaw", "Flora\u200bClaw", "<b>Flora</b>", "Flora_Claw", "\u0301Flora", "F\u0334\u0335\u0336lora",
    "\u3164\u3164", "Flora.", "42", "Nébulo".encode().decode("latin-1"), unicodedata.normalize("NFD", "Nébulo"),
]  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_name_is_valid(name: str) -> None:
    assert valid_name(name)


@pytest.mark.parametrize("text", UNSOUND)
def test_what_is_no_name_is_not_valid(text: str) -> None:
    assert not valid_name(text)


def test_normalising_gives_one_spelling() -> None:
    assert normalise(" L\u2019E\u0301toile\u2011Bleue \n") == "L'Étoile-Bleue"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(st.characters(categories=("L", "M", "Zs", "Pd", "Po")), max_size=60))
def test_a_valid_name_keeps_the_contract(text: str) -> None:
    name = normalise(text)
    if valid_name(name):
        assert 2 <= count_letters(name) <= 24
        assert all(unicodedata.category(c)[0] in "LM" or c in " -'" for c in name)
        assert name[0] not in " -'" and name[-1] not in " -'"
        assert "name" not in name.casefold().split()


@given(st.text(st.sampled_from("abcdefghijklmñéüßアイウ漢字"), min_size=2, max_size=24))
def test_letters_alone_are_a_name(text: str) -> None:
    assert valid_name(normalise(text)) == (text != "name")


def test_a_megabyte_is_refused_before_it_is_read() -> None:
    assert not valid_name("a" * 1_000_000)
