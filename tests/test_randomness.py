"""Randomness in blocks gives no byte twice."""

import os

import pytest

from minimon import randomness
from minimon.randomness import BLOCK_BYTES, BufferedRandom


def test_the_calls_get_what_the_system_gave_one_behind_the_other_and_nothing_twice(monkeypatch):
    given = []

    def urandom(count):
        given.append(os.getrandom(count))
        return given[-1]

    monkeypatch.setattr(randomness.os, "urandom", urandom)
    rng = BufferedRandom()
    taken = [rng.randbytes(16) for _ in range(BLOCK_BYTES // 16 + 1)]
    assert b"".join(taken) == b"".join(given)[: 16 * len(taken)]
    assert len(given) == 2 and len(set(taken)) == len(taken)


def test_more_than_a_block_is_as_long_as_it_was_asked_for():
    assert [len(BufferedRandom().randbytes(count)) for count in (0, 1, BLOCK_BYTES, BLOCK_BYTES + 1)] == [
        0, 1, BLOCK_BYTES, BLOCK_BYTES + 1,
    ]  # fmt: skip


@pytest.mark.parametrize("bits", [1, 8, 53, 128])
def test_a_number_has_as_many_bits_as_it_was_asked_for(bits):
    rng, seen = BufferedRandom(), 0
    for _ in range(500):
        number = rng.getrandbits(bits)
        assert 0 <= number < 1 << bits
        seen |= number
    assert seen == (1 << bits) - 1
