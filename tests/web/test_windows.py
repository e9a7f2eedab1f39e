"""The moving window: exact, and bounded however many keys call."""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minimon.web import windows as module
from minimon.web.windows import WindowStorage

EXPIRY = 60


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def make(limit, **options):
    clock = Clock()
    return WindowStorage(limit, now=clock, **options), clock


def hit(storage, key="k", limit=3, amount=1):
    return asyncio.run(storage.acquire_entry(key, limit, EXPIRY, amount))


def test_so_many_hits_are_let_through_and_not_one_more():
    storage, _ = make(3)
    assert [hit(storage) for _ in range(5)] == [True, True, True, False, False]


def test_a_hit_leaves_the_window_exactly_when_it_has_passed():
    storage, clock = make(3)
    for second in (0, 10, 20):
        clock.time = 1000.0 + second
        assert hit(storage)
    clock.time = 1059.999
    assert not hit(storage)
    clock.time = 1060.0
    assert hit(storage)
    assert not hit(storage)
    clock.time = 1070.0
    assert hit(storage)


def test_there_is_no_burst_at_the_turn_of_a_minute():
    storage, clock = make(3)
    clock.time = 1059.0
    assert [hit(storage) for _ in range(3)] == [True] * 3
    clock.time = 1061.0
    assert not hit(storage)


def test_refused_hits_do_not_count():
    storage, clock = make(3)
    for _ in range(100):
        hit(storage)
    clock.time += EXPIRY
    assert [hit(storage) for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_share_a_window():
    storage, _ = make(3)
    assert all(hit(storage, key) for key in "ab" for _ in range(3))
    assert not hit(storage, "a")


def test_a_hit_of_several_is_let_through_whole_or_not_at_all():
    storage, _ = make(3)
    assert hit(storage, amount=2)
    assert not hit(storage, amount=2)
    assert hit(storage, amount=1)


def test_the_state_of_a_window_is_when_its_oldest_hit_was_and_how_many_it_holds():
    storage, clock = make(3)
    hit(storage)
    clock.time += 10
    hit(storage)
    assert asyncio.run(storage.get_moving_window("k", 3, EXPIRY)) == (1000.0, 2)
    clock.time += 55
    assert asyncio.run(storage.get_moving_window("k", 3, EXPIRY)) == (1010.0, 1)
    assert asyncio.run(storage.get_moving_window("new", 3, EXPIRY)) == (clock.time, 0)


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 0.5, 1, 20, 59.75, 60]), st.integers(1, 3))),
)
def test_any_run_of_hits_is_judged_as_by_looking_back_over_all_of_them(limit, calls):
    storage, clock = make(limit)
    taken = defaultdict(list)
    for key, pause, amount in calls:
        clock.time += pause
        live = [moment for moment in taken[key] if moment > clock.time - EXPIRY]
        allowed = len(live) + amount <= limit
        assert hit(storage, key, limit, amount) is allowed
        taken[key] += [clock.time] * (amount if allowed else 0)


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 1, 30, 61]))))
def test_no_more_windows_are_held_than_allowed_and_the_count_of_hits_stays_true(most, calls):
    storage, clock = make(2, most_windows=most)
    for number, pause in calls:
        clock.time += pause
        hit(storage, str(number), 2)
        assert len(storage._windows) <= most
        assert storage._hits == sum(map(len, storage._windows.values()))


def test_a_hundred_thousand_addresses_take_bounded_memory():
    storage, _ = make(60)

    async def call():
        for number in range(100_000):
            assert await storage.acquire_entry(str(number), 60, EXPIRY)

    asyncio.run(call())
    assert len(storage._windows) == storage._hits == module.MOST_WINDOWS


def test_many_hits_of_few_addresses_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(module, "MOST_HITS", 100)
    storage, _ = make(40)
    for number in range(500):
        hit(storage, str(number % 10), 40)
        assert storage._hits <= 100


def test_one_address_may_still_use_its_whole_limit_if_that_is_above_the_bound(monkeypatch):
    monkeypatch.setattr(module, "MOST_HITS", 10)
    storage, _ = make(25)
    assert [hit(storage, limit=25) for _ in range(26)] == [True] * 25 + [False]


def test_the_address_that_was_silent_longest_is_forgotten_and_a_busy_one_is_not():
    storage, _ = make(1, most_windows=3)
    for key in ("busy", "a", "b"):
        assert hit(storage, key, 1)
    assert not hit(storage, "busy", 1)  # refused, and so not silent
    assert hit(storage, "c", 1)
    assert not hit(storage, "busy", 1)
    assert hit(storage, "a", 1)


def test_windows_can_be_forgotten():
    storage, _ = make(3)
    for key in "ab":
        hit(storage, key)
    asyncio.run(storage.clear("a"))
    asyncio.run(storage.clear("never seen"))
    assert storage._hits == 1
    assert asyncio.run(storage.reset()) == 1
    assert asyncio.run(storage.reset()) == 0
    assert asyncio.run(storage.check())


@pytest.mark.parametrize("call", [lambda s: s.incr("k", 1), lambda s: s.get("k"), lambda s: s.get_expiry("k")])
def test_it_does_not_pretend_to_serve_other_strategies(call):
    with pytest.raises(NotImplementedError):
        asyncio.run(call(make(1)[0]))
