"""What a creature is: its rarity by the weights, its element, its id."""

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.creatures import Element, Rarity, Traits, draw_traits, new_id, new_seed
from minimon.settings import Settings

WEIGHTS = st.dictionaries(st.sampled_from(Rarity), st.integers(0, 1000), min_size=1).filter(
    lambda weights: any(weights.values())
)


def test_rarities_stand_in_order_from_common_to_mythic():
    assert list(Rarity) == ["F", "E", "D", "C", "B", "A", "S", "S+"]


def test_the_default_weights_are_those_of_the_contract_and_each_is_drawn_as_often_as_it_says():
    weights = Settings().rarity_weights
    assert weights == {"F": 24, "E": 20, "D": 16, "C": 12, "B": 10, "A": 8, "S": 5, "S+": 1}
    counts = Counter(draw_traits(weights, seed).rarity for seed in range(9600))
    chi_squared = sum((counts[r] - weight * 100) ** 2 / (weight * 100) for r, weight in weights.items())
    assert chi_squared < 24.3  # seven degrees of freedom, one chance in a thousand; the seeds are fixed


def test_each_element_is_as_likely_as_the_others_whatever_the_rarity():
    tiers = list(Rarity)
    counts = Counter(draw_traits({tiers[seed % 8]: 1}, seed).element for seed in range(4000))
    assert sum((counts[element] - 1000) ** 2 / 1000 for element in Element) < 16.3  # as above, three degrees


@given(WEIGHTS, st.integers(0, 2**53 - 1))
def test_a_rarity_without_weight_is_never_drawn(weights, seed):
    assert weights[draw_traits(weights, seed).rarity] > 0


@given(st.integers(0, 2**53 - 1))
def test_the_same_weights_and_seed_give_the_same_traits(seed):
    weights = Settings().rarity_weights
    assert draw_traits(weights, seed) == draw_traits(weights, seed)


def test_streams_of_different_topics_differ_and_each_repeats():
    traits = Traits(7, Rarity.B, Element.FIRE)
    assert traits.stream("name").random() == traits.stream("name").random()
    assert traits.stream("name").random() != traits.stream("picture").random()


@given(st.randoms(use_true_random=False))
def test_a_seed_is_held_exactly_by_every_json_reader(rng):
    assert 0 <= new_seed(rng) <= 2**53 - 1


@given(st.randoms(use_true_random=False))
def test_an_id_is_mnm_and_26_characters_of_base32(rng):
    assert re.fullmatch(r"mnm_[a-z2-7]{26}", new_id(rng))


def test_ids_do_not_repeat():
    rng = Random(1)
    assert len({new_id(rng) for _ in range(10_000)}) == 10_000


def test_an_id_holds_all_128_random_bits():
    class Fixed(Random):
        def randbytes(self, n):
            return bytes(range(n))

    assert new_id(Fixed()) == "mnm_abcdefghijklmnopqrstuvwxye"  # five bits of each byte, three of the last


@pytest.mark.parametrize("rarity", Rarity)
def test_a_single_rarity_can_be_asked_for(rarity):
    assert draw_traits({rarity: 1}, 3).rarity is rarity
