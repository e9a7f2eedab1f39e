"""What counts as one nonce, and that the index loses nothing that it should have."""

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


def enter(index, key, number):
    index.begin()
    there = index.claim(key, number)
    index.commit(number + 1, b"leaf%d" % number)
    return there


def test_what_was_settled_is_there_at_the_next_opening_and_what_was_not_is_known_to_be_missing(index, tmp_path):
    assert enter(index, b"a", 0) is None
    index.settle()
    assert enter(index, b"b", 1) is None
    assert index.covered == (2, b"leaf1")
    index.close()
    other = NonceIndex(tmp_path / "nonces")
    assert (other.covered, other.find(b"a"), other.find(b"b")) == ((1, b"leaf0"), 0, None)
    other.close()


def test_a_batch_that_is_rolled_back_leaves_what_was_settled_and_says_what_is_missing(index):
    enter(index, b"a", 0)
    index.settle()
    enter(index, b"b", 1)
    index.begin()
    assert index.claim(b"b", 2) == 1
    assert index.claim(b"c", 2) is None
    index.roll_back()
    assert (index.covered[0], index.find(b"a"), index.find(b"b"), index.find(b"c")) == (1, 0, None, None)


def test_where_sqlite_itself_rolled_back_the_index_says_so(index):
    enter(index, b"a", 0)
    index.begin()
    index.claim(b"b", 1)
    index._connection.execute("ROLLBACK")
    index.roll_back()
    assert (index.covered, index.find(b"a")) == ((0, b""), None)
    assert enter(index, b"a", 0) is None
