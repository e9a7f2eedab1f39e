"""Random numbers from a name: the same each time, and fair."""

from collections import Counter

import pytest

from minimon.streams import Stream


def test_a_name_gives_the_same_numbers_each_time_and_another_name_others():
    first, again, other = (Stream(name) for name in ("7:name", "7:name", "7:picture"))
    numbers = [first.word() for _ in range(40)]
    assert numbers == [again.word() for _ in range(40)]
    assert set(numbers).isdisjoint(other.word() for _ in range(40))


def test_the_numbers_of_a_name_stay_what_they_are():
    # creatures of before would become others
    assert [Stream("7:name").word(), Stream("8:name").word()] == [2784866791, 4037835857]


def test_a_choice_is_fair():
    stream = Stream("fair")
    counts = Counter(stream.choice("abcdef") for _ in range(6000))
    assert sum((counts[letter] - 1000) ** 2 / 1000 for letter in "abcdef") < 20.5  # five degrees, one in a thousand


def test_a_random_number_is_from_0_to_1():
    numbers = [Stream(str(number)).random() for number in range(2000)]
    assert 0 <= min(numbers) < 0.01 and 0.99 < max(numbers) < 1


def test_a_weight_of_one_in_billions_is_still_drawn():
    class High(Stream):
        def word(self):
            return 2**32 - 1

    assert High("").draw({"common": 8 * 10**9, "rare": 1}) == "rare"
    assert High("").draw({"first": 1, "never": 0}) == "first"


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(ValueError, match="positive"):
        Stream("").draw({"never": 0})
