"""RFC 8785, by its own vectors."""

import json
import struct
from pathlib import Path

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from minimon.scores.canonical import canonical_json

VECTORS = Path(__file__).parent.parent / "vectors" / "rfc8785"
NUMBERS = [line.split() for line in (VECTORS / "numbers.txt").read_text().splitlines()]
MOST_EXACT = 2**53 - 1


def from_bits(bits: str) -> float:
    return struct.unpack(">d", bytes.fromhex(bits))[0]


@pytest.mark.parametrize(("bits", "text"), [(bits, text) for bits, text in NUMBERS if text != "error"])
def test_a_number_of_appendix_b_is_written_as_the_rfc_says(bits, text):
    assert canonical_json({"n": from_bits(bits)}) == f'{{"n":{text}}}'.encode()


@pytest.mark.parametrize("bits", [bits for bits, text in NUMBERS if text == "error"])
def test_what_appendix_b_calls_an_error_is_refused(bits):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json({"n": from_bits(bits)})


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_a_document_of_the_rfcs_author_becomes_his_bytes(name):
    value = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    expected = (VECTORS / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert canonical_json({"v": value}) == b'{"v":' + expected + b"}"


def test_keys_are_ordered_by_utf_16_units_and_not_by_code_points():
    assert canonical_json({"\ufb33": 2, "\U0001f602": 1}) == '{"\U0001f602":1,"\ufb33":2}'.encode()


@pytest.mark.parametrize("number", [MOST_EXACT, -MOST_EXACT, 0, -1])
def test_a_whole_number_that_every_reader_holds_exactly_is_written_in_full(number):
    assert canonical_json({"n": number}) == f'{{"n":{number}}}'.encode()


@pytest.mark.parametrize("number", [MOST_EXACT + 1, -MOST_EXACT - 1, 10**30])
def test_a_whole_number_that_some_reader_would_round_is_refused(number):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json({"n": number})


def test_a_lone_surrogate_is_refused():
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_json({"s": "\ud800"})


VALUES = st.text() | st.integers(-MOST_EXACT, MOST_EXACT) | st.floats(-MOST_EXACT, MOST_EXACT)


@given(st.dictionaries(st.text(), VALUES))
def test_what_is_written_reads_back_as_the_same_value_and_is_its_own_canonical_form(value):
    written = canonical_json(value)
    again = json.loads(written)
    assert again == value
    assert canonical_json(again) == written


KEYS = st.sampled_from(["id", "score", "a", "A", "é", "\ufb33", "\U0001f602", "\x7f", '"', "\\"]) | st.text()


@given(st.dictionaries(KEYS, VALUES | st.booleans() | st.none() | st.lists(VALUES) | st.dictionaries(KEYS, VALUES)))
@example({"b": 1e-7, "a": -0.0, "c": 5.0, "B": '\x00\x1f\x7f\u2028"\\/'})
@example({"\ufb33": 2, "\U0001f602": 1, "é": 0})
def test_every_way_through_it_writes_the_bytes_of_the_reference(value):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_every_character_of_a_string_is_written_as_the_reference_writes_it():
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    assert canonical_json({"s": text}) == rfc8785.dumps({"s": text})
