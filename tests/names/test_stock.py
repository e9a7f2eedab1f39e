"""Names kept ahead of need: never too many, never twice."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from minimon.creatures import Element, Rarity
from minimon.names.stock import KINDS, REMEMBERED, Kind, Stock

A, B = Kind(Element.WATER, Rarity.F), Kind(Element.FIRE, Rarity.S)


def test_names_come_out_in_their_order_and_once():
    stock = Stock(320)
    assert stock.put(A, ["Ondin", "Vaguelou"]) == 2
    assert [stock.take(A), stock.take(A), stock.take(A)] == ["Ondin", "Vaguelou", None]


def test_kinds_do_not_mix():
    stock = Stock(320)
    stock.put(A, ["Ondin"])
    assert stock.take(B) is None
    assert stock.take(A) == "Ondin"


def test_a_name_does_not_come_back_while_it_is_remembered():
    stock = Stock(320)
    assert stock.put(A, ["Ondin", "ONDIN"]) == 1
    assert stock.put(B, ["ondin"]) == 0
    for number in range(REMEMBERED):
        stock.put(B, [f"x{number}"])
    assert stock.put(A, ["Ondin"]) == 1


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.lists(st.text(max_size=3), max_size=20)), max_size=60))
def test_neither_names_nor_memory_grow_beyond_their_bounds(deliveries):
    stock = Stock(70)
    for kind, names in deliveries:
        stock.put(kind, names)
        assert stock.level <= 70
        assert len(stock._recent) <= REMEMBERED


def test_the_kind_that_is_missed_most_comes_first_then_the_emptiest():
    async def run():
        stock = Stock(128)
        stock.take(A), stock.take(B), stock.take(B)
        assert await stock.shortage() == (B, 4)
        stock.put(B, ["a", "b"])
        assert await stock.shortage() == (A, 4)
        stock.put(A, ["c", "d", "e"])
        for number, kind in enumerate(KINDS):
            stock.put(kind, [f"{number}{letter}" for letter in "wxyz"])
        assert stock.level == 128
        waiting = asyncio.create_task(stock.shortage())
        stock.take(A)
        await asyncio.sleep(0)
        assert not waiting.done(), "one missing name is not worth a call"
        stock.take(A)
        return await waiting

    assert asyncio.run(run()) == (A, 2)
