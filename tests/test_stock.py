"""The line of creatures that nobody has yet."""

from datetime import UTC, datetime

from minimon.creatures import Creature, Element, Rarity, Traits
from minimon.draws import Draw
from minimon.images import Picture
from minimon.stock import Place, Ready, Stock

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def ready(seed, size=300):
    traits = Traits(seed, Rarity.F, Element.FIRE)
    return Ready(Draw(seed), Creature("mnm_x", "Nébulo", traits), Picture(bytes(size), b"", "files"), NOW)


def filled(*seeds, budget=10**6):
    stock = Stock(8, budget)
    for seed in seeds:
        stock.add(Place(Draw(seed), ready=ready(seed)))
    return stock


def test_the_first_in_is_the_first_out():
    stock = filled(1, 2, 3)
    assert [stock.take().draw.seed for _ in range(3)] == [1, 2, 3]
    assert stock.take() is None


def test_what_is_put_back_is_next():
    stock = filled(1, 2)
    taken = stock.take().ready
    stock.put_back(taken)
    assert stock.first is taken
    assert stock.level == 2


def test_a_place_under_way_is_no_creature_yet_and_takes_its_turn():
    stock = filled(1)
    place = Place(Draw(2))
    stock.add(place)
    assert stock.level == 1
    assert stock.take().draw.seed == 1
    assert stock.first is None
    stock.made(place, ready(2))
    assert (stock.level, stock.first.draw.seed) == (1, 2)


def test_a_place_that_was_taken_counts_no_more_when_it_is_made():
    stock = Stock(8, 10**6)
    place = Place(Draw(1))
    stock.add(place)
    assert stock.take() is place
    stock.made(place, ready(1))
    assert (stock.level, stock.bytes) == (0, 0)


def test_it_takes_no_more_memory_than_it_may():
    stock = Stock(100, budget=1000)
    while stock.has_room(2):
        for _ in range(2):
            place = Place(Draw(1))
            stock.add(place)
            stock.made(place, ready(1, size=240))
    assert (stock.level, stock.bytes) == (4, 960)
    stock.take()
    assert not stock.has_room(2)
    stock.take()
    assert stock.has_room(2)
    assert stock.bytes == 480


def test_it_leaves_room_for_what_is_under_way():
    stock = filled(1, budget=1000)
    stock.made(Place(Draw(9)), ready(9, size=300))
    stock.add(Place(Draw(2)))
    assert stock.has_room(1)
    stock.add(Place(Draw(3)))
    assert not stock.has_room(1)


def test_it_takes_whole_batches_only():
    stock = filled(1, 2, 3, 4, 5)
    assert stock.has_room(3)
    assert not stock.has_room(4)
