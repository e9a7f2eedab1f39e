"""Names from fragments, over the whole set of each language."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.names.filter import offensive
from minimon.names.local import LANGUAGES, LocalNames, all_names, load
from minimon.names.rules import valid_name

EVERY_TRAITS = [Traits(0, rarity, element) for rarity in Rarity for element in Element]
ONE_OF_EACH_SIZE = [Traits(0, rarity, element) for rarity in (Rarity.F, Rarity.S_PLUS) for element in Element]
CONTRACT_NAMES = {
    *("Voltadraco", "Aquapyre", "Floraclaw", "Terravault", "Cryosting", "Luminox"),
    *("Pyroquill", "Nébulo", "Ferromite", "Galefang", "Noctyx", "Solamar"),
}
SCRIPTS = {
    "fr": "[A-Za-zàâçéèêëîïôœùûüÉÈÊÎ]+",
    "en": "[A-Za-zé]+",
    "es": "[A-Za-záéíóúüñÁÉÍÓÚ]+",
    "de": "[A-Za-zäöüßÄÖÜé]+",
    "ja": "[ァ-ヴー]+",
}


@cache
def names_for(language: str, traits: Traits) -> frozenset[str]:
    return frozenset(all_names(language, traits))


@cache
def whole_set(language: str) -> frozenset[str]:
    return frozenset().union(*(names_for(language, traits) for traits in ONE_OF_EACH_SIZE))


def drawn(language: str, seed: int, traits: Sequence[Traits]) -> list[str]:
    names = LocalNames(language)

    async def draw() -> list[str]:
        return [await names.name(replace(each, seed=seed + index)) for index, each in enumerate(traits)]

    return asyncio.run(draw())


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_at_least_20000_names_and_each_is_valid(language: str) -> None:
    assert len(whole_set(language)) >= 20_000
    assert [name for name in whole_set(language) if not valid_name(name)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_offensive_in_any_of_the_languages(language: str) -> None:
    assert [name for name in whole_set(language) if offensive(name)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_on_the_list_of_nevers_is_never_given(language: str) -> None:
    assert load(language).never
    assert whole_set(language).isdisjoint(load(language).never)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_written_as_the_language_writes(language: str) -> None:
    alphabet = re.compile(SCRIPTS[language])
    assert [name for name in whole_set(language) if not alphabet.fullmatch(name)] == []
    if language != "ja":
        assert [name for name in whole_set(language) if name != name.capitalize()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_has_a_letter_three_times_in_a_row_or_runs_on(language: str) -> None:
    assert [name for name in whole_set(language) if re.search(r"(?i)(.)\1\1", name)] == []
    assert max(map(len, whole_set(language))) <= 14


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_drawn_is_in_the_set_of_its_traits(language: str) -> None:
    for traits, name in zip(ONE_OF_EACH_SIZE * 80, drawn(language, 1, ONE_OF_EACH_SIZE * 80), strict=True):
        assert name in names_for(language, traits)


@pytest.mark.parametrize("language", ["fr", "en", "es", "de"])
def test_the_known_names_are_all_met(language: str) -> None:
    assert set(drawn(language, 20_000, EVERY_TRAITS * 60)) >= CONTRACT_NAMES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_common_and_a_mythic_creature_draw_from_different_names(language: str) -> None:
    for element in Element:
        common, uncommon, mythic = (
            names_for(language, Traits(0, r, element)) for r in (Rarity.F, Rarity.C, Rarity.S_PLUS)
        )
        assert common == uncommon
        assert len(common - mythic) > 1000 < len(mythic - common)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_vary_and_a_seed_gives_them_again(language: str) -> None:
    names = drawn(language, 30_000, EVERY_TRAITS * 10)
    assert len(set(names)) > 0.8 * len(names)
    assert drawn(language, 30_000, EVERY_TRAITS * 10) == names


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_fits_its_element(language: str) -> None:
    heads = [set(load(language).elements[element].heads) for element in Element]
    shared = [a & b for i, a in enumerate(heads) for b in heads[i + 1 :]]
    assert max(map(len, shared)) <= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_joins_are_refused(language: str) -> None:
    """A draw tries again after a refused join, so refusals must stay the exception."""
    for traits in ONE_OF_EACH_SIZE:
        fragments = load(language).elements[traits.element]
        tails = fragments.small if traits.rarity is Rarity.F else fragments.grand
        assert len(names_for(language, traits)) > 0.66 * len(fragments.heads) * len(tails)


@pytest.mark.parametrize(
    ("language", "head", "tail", "name"),
    [
        ("fr", "Hydro", "aile", "Hydraile"),
        ("fr", "Givr", "croc", "Givricroc"),
        ("fr", "Perl", "lune", "Perlune"),
        ("fr", "Lava", "vague", None),
        ("es", "Hidro", "rayo", "Hidrorrayo"),
        ("es", "Fuego", "ito", "Fueguito"),
        ("es", "Roca", "illa", "Roquilla"),
        ("es", "Musgo", "musgo", None),
        ("en", "Terra", "otter", "Terrotter"),
        ("en", "Tide", "otter", None),
        ("en", "Frost", "tail", None),
        ("de", "Hitze", "otter", "Hitzotter"),
        ("de", "Fluss", "stern", None),
        ("ja", "ナミ", "ミズチ", "ナミズチ"),
        ("ja", "アオバ", "カメ", None),
    ],
)
def test_fragments_join_as_the_language_would(language: str, head: str, tail: str, name: str | None) -> None:
    assert load(language).compose(head, tail) == name


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'tlh'"):
        LocalNames("tlh")
