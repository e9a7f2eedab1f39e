"""What counts as one nonce, and that the index loses nothing that it should have."""

import sqlite3
from contextlib import contextmanager
from itertools import combinations

import pytest

from minimon.scores.nonces import NonceIndex, nonce_key


def score(nonce, subject=None):
    return nonce_key("score", {"nonce": nonce} | ({"subject": subject} if subject else {}))


def test_no_subject_can_reach_into_the_nonces_of_another():
    keys = [
        score("c", "a\0b"),
        score("b\0c", "a"),
        score("a\0b\0c"),
        score("bc", "a"),
        score("c", "ab"),
        score("abc"),
        score("3:abc"),
        score("c", "1:"),
        nonce_key("key", {"id": "abc"}),
        nonce_key("genesis", {"id": "3:abc"}),
    ]
    assert [pair for pair in combinations(keys, 2) if pair[0] == pair[1]] == []


@pytest.fixture
def index(tmp_path):
    index = NonceIndex(tmp_path / "nonces")
    yield index
    index.close()


def key(number):
    return b"%016d" % number


def test_what_was_settled_is_there_at_the_next_opening_and_what_was_not_is_known_to_be_missing(index, tmp_path):
    index.add([key(0), key(1)], b"leaf1")
    index.settle()
    index.add([key(2)], b"leaf2")
    assert index.covered == (3, b"leaf2")
    assert index.find_all([key(9), key(2), key(1)]) == {key(1): 1, key(2): 2}
    index.close()
    other = NonceIndex(tmp_path / "nonces")
    assert (other.covered, other.find(key(1)), other.find(key(2))) == ((2, b"leaf1"), 1, None)
    other.close()


@pytest.mark.parametrize("count", [1, 2, 3, 255, 5000])
def test_any_number_of_nonces_is_found_again_with_the_numbers_of_their_records(index, count):
    for start in (0, count):
        index.add(map(key, range(start, start + count)), b"leaf")
        index.settle()
    everything = [key(number) for number in range(2 * count + 1)]
    assert index.find_all(everything) == {key(number): number for number in range(2 * count)}
    assert index.find_all([]) == {}


def test_of_two_records_with_one_nonce_the_first_counts(index):
    index.add([key(5), key(5)], b"leaf1")
    assert index.find(key(5)) == 0
    index.settle()
    index.add([key(5)], b"leaf2")
    assert index.find(key(5)) == 0
    index.settle()
    assert (index.find(key(5)), index.covered) == (0, (3, b"leaf2"))


def test_what_could_not_be_written_waits_for_the_next_settling(index, tmp_path):
    index.add([key(0)], b"leaf0")
    index.mark_key(0)
    with sqlite3.connect(tmp_path / "nonces", isolation_level=None) as other, monopoly(other):
        index._connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError):
            index.settle()
    other.close()
    index.add([key(1)], b"leaf1")
    index.settle()
    assert index.find_all([key(0), key(1)]) == {key(0): 0, key(1): 1}
    assert list(index.key_records()) == [0]


@contextmanager
def monopoly(connection):
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
