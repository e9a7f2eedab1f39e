"""Pictures to order: what the hint says holds, the rest is drawn from seeds in a row."""

import asyncio

import pytest

from minimon.commission import Commission, paint
from minimon.creatures import Rarity, draw_traits
from minimon.errors import GenerationFailedError

WEIGHTS = dict.fromkeys(Rarity, 1)


def test_without_a_hint_the_traits_are_those_of_the_seeds():
    wanted = Commission("a toy", 7, 3).traits(WEIGHTS)
    assert wanted == [draw_traits(WEIGHTS, seed) for seed in (7, 8, 9)]


def test_an_element_that_is_named_holds_for_each():
    assert {one.element for one in Commission("earth", 7, 20).traits(WEIGHTS)} == {"earth"}


def test_a_foreign_fault_becomes_ours():
    class Broken:
        async def draw(self, *_):
            raise ZeroDivisionError

    with pytest.raises(GenerationFailedError) as caught:
        asyncio.run(paint(Broken(), Commission("", 7, 2).traits(WEIGHTS)))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
