"""Whatever a language model answers: a corpus of answers, and promises that hold for every text."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.names import candidates
from minimon.names.filter import offensive
from minimon.names.parsing import MOST_JUDGED, MOST_NAMES, Verdict, parse_names
from minimon.names.rules import valid_name
from minimon.names.unwrapping import MOST_EXAMINED, MOST_READ, unwrap

VECTORS = Path(__file__).parents[1] / "vectors/name_answers.jsonl"
CORPUS = [json.loads(line) for line in VECTORS.read_text("utf-8").split("\n") if line]
FAMILIES = {
    *("json", "cut", "quotes", "commas", "fence", "think", "several", "keys", "talk", "plain", "placeholder"),
    *("emoji", "markup", "control", "injection", "offensive", "length", "scripts", "babble"),
}
MARKS = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    ":",
    ",",
    "=",
    "\\",
    "\n",
    "- ",
    "1. ",
    "**",
    "« ",
    " »",
    "「",
    "」",
    "・",
    " ",
    "🔥",
]
PIECES = ['{"name": "', '"}', '{"names": [', "<think>", "</think>", "```json\n", "```", "<b>", "</name>", "\\u00e9"]
WORDS = ["name", "nom", "名前", "Floraclaw", "Fuckdragon", "アクア", "s'appelle ", "is", "ignore"]
ODD = ["\u202e", "e\u0301", "\ud800", "\x00"]
BITS = st.sampled_from(MARKS + PIECES + WORDS + ODD)
HOSTILE = [
    *("a", "[", "{", '"', "{'", "'", "`", "<think>", "</think>", "</think", "<a ", '{"a":', '{"name":', "**", "1. A\n"),
    *(
        '["Aa",',
        "Aa,",
        "Aa\n",
        "named ",
        "\\u0041",
        '\\"',
        "<",
        "<|",
        "( ",
        "「",
        "\u202e",
        "name: ",
        "名",
        "e\u0301",
        " ",
    ),
]


@pytest.mark.parametrize("line", CORPUS, ids=lambda line: f"{line['family']}-{line['language']}")
def test_an_answer_of_the_corpus_gives_its_names_or_its_verdict(line: dict[str, Any]) -> None:
    parsed = parse_names(line["answer"])
    assert (list(parsed.names), parsed.verdict) == (line["names"], line["verdict"])


def test_the_corpus_is_broad(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(CORPUS) >= 300
    assert {line["family"] for line in CORPUS} == FAMILIES
    assert min(Counter(line["language"] for line in CORPUS).values()) >= 40
    verdicts = Counter(line["verdict"] for line in CORPUS)
    assert set(verdicts) == set(Verdict)
    with capsys.disabled():
        named = verdicts["named"] / len(CORPUS)
        print(f"\n{len(CORPUS)} answers: {named:.0%} named, {1 - named:.0%} none ({dict(verdicts.most_common())})")


def hold_promises(answer: str) -> None:
    parsed = parse_names(answer)
    assert all(valid_name(name) and not offensive(name) for name in parsed.names)
    assert len({name.casefold() for name in parsed.names}) == len(parsed.names) <= MOST_NAMES
    assert (parsed.verdict is Verdict.NAMED) == bool(parsed.names)


@given(st.text())
def test_any_text_gives_valid_names_or_a_verdict(answer: str) -> None:
    hold_promises(answer)


@given(st.lists(BITS | st.text(max_size=5), max_size=25).map("".join))
def test_any_jumble_of_what_models_write_gives_valid_names_or_a_verdict(answer: str) -> None:
    hold_promises(answer)


@given(st.text(), st.booleans())
def test_any_text_under_a_label_gives_a_valid_name_or_a_verdict(name: str, ascii_only: bool) -> None:
    hold_promises(json.dumps({"name": name}, ensure_ascii=ascii_only))


@given(
    st.lists(
        st.sampled_from(["Aquombre", "Glutling", "ミズルン", "L'Ombrelune", "Ñandú Azul"]), min_size=1, unique=True
    )
)
def test_names_in_correct_json_come_back_in_their_order(names: list[str]) -> None:
    assert parse_names(json.dumps({"names": names})).names == tuple(names)


@given(st.sampled_from([line["answer"] for line in CORPUS]), st.integers(min_value=0, max_value=200))
def test_an_answer_cut_off_anywhere_gives_valid_names_or_a_verdict(answer: str, at: int) -> None:
    hold_promises(answer[:at])


@pytest.mark.parametrize("bit", HOSTILE)
def test_a_megabyte_of_hostile_text_holds_the_promises(bit: str) -> None:
    hold_promises(bit * (1_000_000 // len(bit)))


@pytest.mark.parametrize("bit", HOSTILE)
def test_what_is_examined_is_bounded(bit: str) -> None:
    text, _ = unwrap(bit * (1_000_000 // len(bit)))
    assert len(text) <= 2 * MOST_EXAMINED  # a tag may become a label with a line break before it


@pytest.mark.parametrize("bit", HOSTILE)
def test_the_scanner_takes_each_character_once(bit: str) -> None:
    """Work is counted in characters that tokens cover: twice the text, at most twice the work, never its square."""
    for size in (1_000, 2_000, 4_000):
        text = bit * (size // len(bit))
        assert sum(max(1, len(token.text)) for token in candidates.scan(text)) <= len(text)


@pytest.mark.parametrize("bit", HOSTILE)
def test_no_more_candidates_are_judged_than_promised(bit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = Counter[str]()
    monkeypatch.setattr("minimon.names.parsing.clean", lambda text: judged.update(["cleaned"]) or text[:30])
    parse_names(bit * (MOST_EXAMINED // len(bit)))
    assert judged["cleaned"] <= 9 * MOST_JUDGED


def test_an_answer_behind_long_thoughts_is_found() -> None:
    thoughts = "Let me think. " * ((MOST_READ - 1_000) // 14)
    assert parse_names(f'<think>{thoughts}</think>{{"name": "Ashwhisper"}}').names == ("Ashwhisper",)


def test_a_model_that_lists_a_thousand_names_gives_no_more_than_the_limit() -> None:
    names = [f"Flora{chr(97 + i % 26)}{chr(97 + i // 26)}x" for i in range(600)]
    assert len(parse_names(json.dumps({"names": names})).names) == MOST_NAMES
