"""The moving window: exact, and bounded however many keys call."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from minimon.web import windows as module
from minimon.web.windows import Windows

EXPIRY = 60


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def make(limit, **options):
    clock = Clock()
    return Windows(limit, EXPIRY, now=clock, **options), clock


def let_through(windows, key="k"):
    return windows.hit(key) == 0


def test_so_many_hits_are_let_through_and_not_one_more():
    windows, _ = make(3)
    assert [let_through(windows) for _ in range(5)] == [True, True, True, False, False]


def test_a_hit_leaves_the_window_exactly_when_it_has_passed():
    windows, clock = make(3)
    for second in (0, 10, 20):
        clock.time = 1000.0 + second
        assert let_through(windows)
    clock.time = 1059.999
    assert not let_through(windows)
    clock.time = 1060.0
    assert let_through(windows)
    assert not let_through(windows)
    clock.time = 1070.0
    assert let_through(windows)


def test_there_is_no_burst_at_the_turn_of_a_minute():
    windows, clock = make(3)
    clock.time = 1059.0
    assert [let_through(windows) for _ in range(3)] == [True] * 3
    clock.time = 1061.0
    assert not let_through(windows)


def test_refused_hits_do_not_count():
    windows, clock = make(3)
    for _ in range(100):
        windows.hit("k")
    clock.time += EXPIRY
    assert [let_through(windows) for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_share_a_window():
    windows, _ = make(3)
    assert all(let_through(windows, key) for key in "ab" for _ in range(3))
    assert not let_through(windows, "a")


def test_who_is_refused_learns_how_long_until_there_is_room():
    windows, clock = make(2)
    windows.hit("k")
    clock.time += 10
    windows.hit("k")
    clock.time += 5
    assert windows.hit("k") == 45
    clock.time += 45
    assert let_through(windows)
    assert windows.hit("k") == 10


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 0.5, 1, 20, 59.75, 60]))),
)
def test_any_run_of_hits_is_judged_as_by_looking_back_over_all_of_them(limit, calls):
    windows, clock = make(limit)
    taken = defaultdict(list)
    for key, pause in calls:
        clock.time += pause
        live = [moment for moment in taken[key] if moment > clock.time - EXPIRY]
        allowed = len(live) < limit
        assert let_through(windows, key) is allowed
        taken[key] += [clock.time] * allowed


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 1, 30, 61]))))
def test_no_more_windows_are_held_than_allowed_and_the_count_of_hits_stays_true(most, calls):
    windows, clock = make(2, most_windows=most)
    for number, pause in calls:
        clock.time += pause
        windows.hit(str(number))
        assert len(windows._windows) <= most
        assert windows._hits == sum(map(len, windows._windows.values()))


def test_a_hundred_thousand_addresses_take_bounded_memory():
    windows, _ = make(60)
    assert all(let_through(windows, str(number)) for number in range(100_000))
    assert len(windows._windows) == windows._hits == module.MOST_WINDOWS


def test_many_hits_of_few_addresses_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(module, "MOST_HITS", 100)
    windows, _ = make(40)
    for number in range(500):
        windows.hit(str(number % 10))
        assert windows._hits <= 100


def test_one_address_may_still_use_its_whole_limit_if_that_is_above_the_bound(monkeypatch):
    monkeypatch.setattr(module, "MOST_HITS", 10)
    windows, _ = make(25)
    assert [let_through(windows) for _ in range(26)] == [True] * 25 + [False]


def test_the_address_that_was_silent_longest_is_forgotten_and_a_busy_one_is_not():
    windows, _ = make(1, most_windows=3)
    for key in ("busy", "a", "b"):
        assert let_through(windows, key)
    assert not let_through(windows, "busy")  # refused, and so not silent
    assert let_through(windows, "c")
    assert not let_through(windows, "busy")
    assert let_through(windows, "a")
