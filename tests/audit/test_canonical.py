"""The verifier's own canonical form beside the one that the writer uses, and the standard's numbers."""

import struct
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from minimon.audit.canonical import canonical, canonical_score, number

NUMBERS = Path(__file__).parent.parent / "vectors/rfc8785/numbers.txt"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SCORE = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_written_alike(value):
    assert number(value) == rfc8785.dumps(value).decode()


def test_the_standards_numbers():
    rows = [line.split() for line in NUMBERS.read_text().splitlines() if line and not line.startswith("#")]
    checked = [row for row in rows if row[1] != "error"]
    for bits, text in checked:
        assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


@given(st.dictionaries(TEXT, TEXT | SCORE))
def test_every_object_is_written_alike(value):
    assert canonical(value).encode() == rfc8785.dumps(value)


LIKELY = st.integers(-(10**9), 10**9).map(lambda number: number / 1000) | st.sampled_from(
    [1e-4, 9.999999999999999e-05, 999999999999999.9, 1e15, 1000000000000000.1, -0.0, 5.0]
)


@given(SCORE | LIKELY, TEXT, TEXT, st.booleans())
def test_a_score_is_written_as_any_object(score, nonce, subject, with_subject):
    payload = {"id": "mnm_x", "score": score, "nonce": nonce, "issuedAt": "now"}
    payload |= {"subject": subject} if with_subject else {}
    assert canonical_score(payload) == canonical(payload).encode() == rfc8785.dumps(payload)


@pytest.mark.parametrize(
    "change",
    [{"score": True}, {"score": "1"}, {"score": None}, {"nonce": 5}, {"id": {}}, {"extra": "x"}, {"subject": 1}],
)
def test_what_no_score_holds_is_refused(change):
    with pytest.raises(TypeError):
        canonical_score({"id": "x", "score": 1, "nonce": "n", "issuedAt": "now"} | change)
