"""Plain numbers, counted where things happen."""

import pytest

from minimon.tallies import Spread, Tally


def test_a_tally_counts_each_combination_of_labels():
    tally = Tally()
    for labels in (("a", "1"), ("a", "2"), ("a", "1")):
        tally.count(*labels)
    assert tally.counts == {("a", "1"): 2, ("a", "2"): 1}


@pytest.mark.parametrize(("value", "place"), [(0, 0), (1, 0), (1.01, 1), (2, 1), (9, 2)])
def test_a_measurement_belongs_to_the_first_bound_that_it_does_not_exceed(value, place):
    spread = Spread((1, 2))
    spread.observe(value)
    assert [number for number, count in enumerate(spread.counts) if count] == [place]
    assert spread.sum == value
