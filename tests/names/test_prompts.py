"""The prompts: whatever a translator changes, they still demand the JSON and show sound examples."""

import json

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.names.filter import offensive
from minimon.names.local import LANGUAGES
from minimon.names.parsing import MOST_NAMES, parse_names
from minimon.names.prompts import MOST_ASKED, load, messages
from minimon.names.rules import valid_name

TRAITS = Traits(0, Rarity.S_PLUS, Element.WIND)
LETTERS_OF = {"fr": "éèàç", "en": "th", "es": "ñóíá", "de": "äöüß", "ja": "のをはに"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_system_text_demands_the_json(language: str) -> None:
    system = load(language).system.template
    assert '{"names": ["…", "…"]}' in system
    assert "JSON" in system
    assert "name" in system.replace("names", "")  # the literal word is forbidden by name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_placeholders_are_there_and_no_others(language: str) -> None:
    prompt = load(language)
    assert set(prompt.system.get_identifiers()) == {"n"}
    assert sorted(prompt.request.get_identifiers()) == ["element", "n", "rarity"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_are_sound_and_cover_every_element_from_common_to_mythic(language: str) -> None:
    examples = load(language).examples
    assert {example.traits.element for example in examples} == set(Element)
    assert {Rarity.F, Rarity.S_PLUS} <= {example.traits.rarity for example in examples}
    names = [name for example in examples for name in example.names]
    assert len(set(names)) == len(names) >= 2 * len(examples)
    assert all(valid_name(name) and not offensive(name) for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parser_reads_the_examples_as_the_model_is_shown_them(language: str) -> None:
    prompt = load(language)
    for example in prompt.examples:
        request, answer = prompt.show(example)
        assert (request["role"], answer["role"]) == ("user", "assistant")
        assert json.loads(answer["content"]) == {"names": list(example.names)}
        assert parse_names(answer["content"]).names == example.names


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_in_the_language(language: str) -> None:
    assert set(LETTERS_OF[language]) & set(load(language).system.template)
    assert len(set(load(language).elements.values())) == len(Element)
    assert len(set(load(language).rarities.values())) == len(Rarity)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_messages_end_with_the_request(language: str) -> None:
    said = messages(language, TRAITS, 7)
    assert [message["role"] for message in said] == ["system", *["user", "assistant"] * 4, "user"]
    assert "7" in said[0]["content"]
    assert all(word in said[-1]["content"] for word in ("7", "S+", load(language).elements[Element.WIND]))
    assert not any("$" in message["content"] for message in said)


def test_what_may_be_asked_is_limited() -> None:
    assert messages("en", TRAITS, MOST_ASKED)
    assert MOST_ASKED <= MOST_NAMES
    for count in (0, MOST_ASKED + 1):
        with pytest.raises(ValueError, match="names at once"):
            messages("en", TRAITS, count)
    with pytest.raises(ValueError, match="'tlh'"):
        messages("tlh", TRAITS, 1)
